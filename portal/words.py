"""Texts, values, sources, days and moments in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext

from lifeevents.countries import COUNTRIES
from lifeevents.definition import Element, Version
from services.models.catalogue import Entry
from services.plan import Plan, PlanItem, Text, Value

DAY = "l j F"
DATE = "j F Y"


def in_chinese() -> bool:
    """Say whether the reader's language is Chinese."""
    return (get_language() or "en").startswith("zh")


def text(of: Text | Entry | Mapping[str, str] | None) -> str:
    """Return a text of the catalogue in the reader's language; nothing for nothing."""
    if of is None:
        return ""
    if isinstance(of, Entry):
        return of.title_zh if in_chinese() else of.title_en
    if isinstance(of, Mapping):
        return str(of.get("zh" if in_chinese() else "en", ""))
    return of.zh if in_chinese() else of.en


def value(element: Element, of: Value) -> str:
    """Return a fact's value as people read it: a choice by its label, yes or no, a date in words."""
    for choice in element.choices:
        if choice.value == of:
            return text(choice.label)
    if isinstance(of, bool):
        return gettext("Yes") if of else gettext("No")
    if element.type == "date" and (day := parse_date(str(of))):
        return date_format(day, gettext(DATE))
    if element.type == "country" and (country := COUNTRIES.get(str(of))):
        return text(country)
    return str(of)


def source(version: Version, of: str, at: str) -> str:
    """Return where a fact comes from and since when it is known: ``population register, 23 November 2026``."""
    code = of.removeprefix("register:")
    if of == "sign-in":
        name = gettext("from your sign-in")
    elif code in version.registers:
        name = gettext("from the %(register)s") % {"register": text(version.registers[code].name)}
    else:
        name = gettext("from your own documents")
    when = parse_datetime(at) if at else None
    return f"{name}{separator()}{date_format(localtime(when), gettext(DATE))}" if when else name


def separator() -> str:
    """Return what stands between two parts of an enumeration."""
    return "，" if in_chinese() else ", "


def listed(names: Iterable[str]) -> str:
    """Return names as an enumeration."""
    return ("、" if in_chinese() else ", ").join(names)


def full_stop() -> str:
    """Return what ends a sentence."""
    return "。" if in_chinese() else "."


def days(of: Decimal) -> str:
    """Return a number of working days in words."""
    if not of:
        return gettext("the same day")
    number = str(int(of)) if of == of.to_integral_value() else str(of.normalize())
    return ngettext("%(number)s working day", "%(number)s working days", 1 if of == 1 else 2) % {"number": number}


def day(moment: datetime, at: datetime) -> str:
    """Return the day of a moment as people say it, with the year when it is not this one."""
    there, here = localtime(moment), localtime(at)
    return date_format(there, gettext(DAY) if there.year == here.year else gettext("l j F Y"))


def since(moment: datetime, at: datetime) -> str:
    """Return since when: the time today, the weekday this week, else the day."""
    there, here = localtime(moment), localtime(at)
    passed = (here.date() - there.date()).days
    if passed <= 0:
        return gettext("since %(time)s today") % {"time": date_format(there, "H:i")}
    if passed < 7:
        return gettext("since %(weekday)s") % {"weekday": date_format(there, "l")}
    return gettext("since %(date)s") % {"date": date_format(there, gettext("j F"))}


def title(plan: Plan, item: PlanItem) -> str:
    """Return an item's title, numbered when the plan has the same service for several children."""
    name = text(item.title)
    alike = [other for other in plan.items if other.service == item.service]
    if len(alike) == 1:
        return name
    return gettext("%(title)s (%(number)s)") % {"title": name, "number": item.subject.rpartition(".")[2]}


def role(version: Version, instance: str, instances: Mapping[str, tuple[str, ...]]) -> str:
    """Return what a role or instance is called: ``Your child``, or ``Your child (2)`` where there are several."""
    code, _, number = instance.partition(".")
    name = text(version.roles[code].label)
    if len(instances.get(code, ())) < 2:
        return name
    return gettext("%(title)s (%(number)s)") % {"title": name, "number": number}


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency: ``¥400``."""
    number = f"{amount:,.2f}".removesuffix(".00")
    return f"¥{number}" if currency == "CNY" else f"{number} {currency}"


def size(count: int) -> str:
    """Return a file's size in KB or MB."""
    return f"{count / 1_048_576:.1f} MB" if count >= 1_048_576 else f"{max(1, round(count / 1024))} KB"


KINDS: Mapping[str, str] = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}


def kind(media_type: str) -> str:
    """Return what a file is called by people."""
    return KINDS.get(media_type, gettext("Text") if media_type.startswith("text/") else gettext("File"))


def label(of: Any) -> str:
    """Return a word with its first letter large, for a pill or a heading."""
    word = str(of)
    return word[:1].upper() + word[1:]
