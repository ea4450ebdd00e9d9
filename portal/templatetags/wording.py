"""Filters that say things in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template

from portal import words
from services.models.catalogue import Entry
from services.plan import Text

register = template.Library()


@register.filter(name="words")
def in_words(of: Text | Entry | Mapping[str, str] | None) -> str:
    """Show a text of the catalogue in the reader's language."""
    return words.text(of)


@register.filter
def days(of: Decimal) -> str:
    """Show a number of working days in words."""
    return words.days(of)


@register.filter
def number(of: Decimal) -> str:
    """Show a decimal without idle zeros."""
    return str(int(of)) if of == of.to_integral_value() else str(of.normalize())


@register.filter
def plain(of: Text) -> str:
    """Show a label inside a list of things: without the mark of a question."""
    return words.text(of).rstrip("?？")
