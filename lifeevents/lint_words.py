"""Lints: labels in both languages, words of closed lists, numbers that make sense. PURE."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from lifeevents.dataflow import countable
from lifeevents.definition import (
    DELIVERY_CLASSES,
    ELEMENT_TYPES,
    EVIDENCE_MODES,
    REFUSAL_POLICIES,
    Element,
    Evidence,
    Version,
)
from lifeevents.findings import Finding, Where
from lifeevents.shaping import LANGUAGES, NAMES
from services.plan import Text

SKIPPED_FIELDS = frozenset({"when", "waived_when", "facts", "expect", "words"})
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
MAX_DAYS = 1000
MAX_FEE = 10**9


def missing_labels(version: Version) -> Iterator[Finding]:
    for name in ("elements", "roles", "evidence", "services", "departments", "registers"):
        for code, entry in getattr(version, name).items():
            yield from blank_texts(entry, (name, code))
    yield from blank_texts(version.bundle, ("bundles", version.bundle.code))


def blank_texts(value: Any, where: Where) -> Iterator[Finding]:
    """Yield every text below ``value`` that is blank in a language."""
    if isinstance(value, Text):
        for language, called in LANGUAGES.items():
            if not getattr(value, language).strip():
                advice = f"{where[1]} has no {called} {where[-1]}; add {where[-1]}: {{{language}: …}}."
                yield Finding("missing-label", where, advice)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in SKIPPED_FIELDS:
                yield from blank_texts(getattr(value, field.name), (*where, field.name))
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from blank_texts(part, (*where, _named(part, str(number))))


def _named(value: Any, otherwise: str) -> str:
    names = (getattr(value, name, None) for name in NAMES)
    return next((name for name in names if isinstance(name, str)), otherwise)


def wrong_words(version: Version) -> Iterator[Finding]:
    for element in version.elements.values():
        yield from _word(element.type, ELEMENT_TYPES, ("elements", element.code, "type"))
    for service in version.services.values():
        yield from _word(service.delivery, DELIVERY_CLASSES, ("services", service.code, "delivery"))
    for kind in version.evidence.values():
        for mode in kind.modes:
            yield from _word(mode, EVIDENCE_MODES, ("evidence", kind.code, "modes", mode))
    for item in version.bundle.items:
        if item.if_refused not in REFUSAL_POLICIES:
            where = ("bundles", version.bundle.code, "items", item.service, "if_refused")
            advice = f"'{item.if_refused}' is not a policy; use one of: {', '.join(REFUSAL_POLICIES)}."
            yield Finding("wrong-word", where, advice)


def _word(word: str, allowed: Collection[str], where: Where) -> Iterator[Finding]:
    if word not in allowed:
        advice = f"'{word}' is not one of the words for '{where[2]}'; use one of: {', '.join(allowed)}."
        yield Finding("wrong-word", where, advice)


def wrong_elements(version: Version) -> Iterator[Finding]:
    """Check choices and bounds of elements."""
    for element in version.elements.values():
        where = ("elements", element.code)
        values = [choice.value for choice in element.choices]
        if element.type == "choice" and len(values) < 2:
            yield Finding("choices", where, f"{element.code} is a choice; list at least two 'choices'.")
        if element.type != "choice" and values:
            yield Finding("choices", (*where, "choices"), f"{element.code} has choices; make its type 'choice'.")
        for value in sorted({value for value in values if values.count(value) > 1}):
            advice = f"The choice '{value}' of {element.code} stands there twice; keep one."
            yield Finding("choices", (*where, "choices", value), advice)
        yield from _bounds(element, where)


def _bounds(element: Element, where: Where) -> Iterator[Finding]:
    if element.minimum is not None and element.maximum is not None and element.minimum > element.maximum:
        advice = (
            f"The minimum {element.minimum} of {element.code} is above its maximum {element.maximum}; exchange them."
        )
        yield Finding("bounds", (*where, "minimum"), advice)
    if element.max_length < 1:
        yield Finding("bounds", (*where, "max_length"), f"'max_length' of {element.code} must be at least 1.")


def wrong_evidence(version: Version) -> Iterator[Finding]:
    """Check that every mode of a document has what it works with."""
    for kind in version.evidence.values():
        where = ("evidence", kind.code)
        if not kind.modes:
            yield Finding(
                "no-mode", (*where, "modes"), f"{kind.code} cannot be had; list at least one mode, such as upload."
            )
        for mode in sorted({mode for mode in kind.modes if kind.modes.count(mode) > 1}):
            yield Finding("duplicate-mode", (*where, "modes", mode), f"The mode '{mode}' stands there twice; keep one.")
        if "register" in kind.modes and not kind.register:
            advice = f"{kind.code} is checked in a register, but none is named; add register: …."
            yield Finding("no-register", (*where, "modes", "register"), advice)
        if "template" in kind.modes:
            yield from _template(kind, where)


def _template(kind: Evidence, where: Where) -> Iterator[Finding]:
    if kind.template is None:
        advice = f"{kind.code} is written from a template; add template: {{en: …, zh: …}}."
        yield Finding("no-template", (*where, "modes", "template"), advice)
        return
    for text in (kind.template.en, kind.template.zh):
        for key in PLACEHOLDER.findall(text):
            if key not in kind.elements:
                advice = f"The template of {kind.code} uses {{{key}}}; add {key} to its 'elements'."
                yield Finding("template-element", (*where, "template"), advice)


def wrong_numbers(version: Version) -> Iterator[Finding]:
    for service in version.services.values():
        where = ("services", service.code)
        for name in ("limit_days", "promised_days"):
            yield from _days(name, getattr(service, name), (*where, name))
        if service.visits < 0:
            yield Finding("visits", (*where, "visits"), "'visits' cannot be below 0.")
        if not _payable(service.fee.amount):
            yield Finding("fee", (*where, "fee", "amount"), "A fee is 0 or more, with two decimals at most.")
        if not re.fullmatch("[A-Z]{3}", service.fee.currency):
            yield Finding("fee", (*where, "fee", "currency"), "A currency is three capital letters such as CNY.")
    bundle = version.bundle
    if bundle.promise_days is not None:
        yield from _days("promise_days", bundle.promise_days, ("bundles", bundle.code, "promise_days"))
    for number, part in enumerate(bundle.parts):
        yield from _days("days", part.days, ("bundles", bundle.code, "parts", str(number), "days"))


def whole_half(days: Decimal) -> bool:
    """Say whether days are zero or more in half-day steps."""
    return days.is_finite() and 0 <= days <= MAX_DAYS and days * 2 % 1 == 0


def _payable(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount <= MAX_FEE and amount * 100 % 1 == 0


def _days(name: str, days: Decimal, where: Where) -> Iterator[Finding]:
    if not whole_half(days):
        yield Finding("days", where, f"'{name}' is {days}; use working days from 0 to {MAX_DAYS} in steps of 0.5.")


def over_limit(version: Version) -> Iterator[Finding]:
    for service in version.services.values():
        if countable(service.promised_days) > countable(service.limit_days):
            advice = (
                f"{service.code} promises {service.promised_days} working days, but the law allows "
                f"{service.limit_days}; promise less."
            )
            yield Finding("promise-over-limit", ("services", service.code, "promised_days"), advice)


def no_slack(version: Version) -> Iterator[Finding]:
    for service in version.services.values():
        if countable(service.promised_days) == countable(service.limit_days) > 0:
            advice = (
                f"{service.code} promises exactly its limit of {service.limit_days} working days: there is no slack."
            )
            yield Finding("promise-equals-limit", ("services", service.code, "promised_days"), advice)


def no_fallback(version: Version) -> Iterator[Finding]:
    for kind in version.evidence.values():
        if kind.modes and not {"upload", "template"} & set(kind.modes):
            advice = f"If no {' or '.join(kind.modes)} has {kind.code}, nobody can file; add the mode upload."
            yield Finding("no-fallback", ("evidence", kind.code, "modes"), advice)


def no_law(version: Version) -> Iterator[Finding]:
    for service in version.services.values():
        if not service.law:
            yield Finding("no-law", ("services", service.code), f"{service.code} names no legal source; add law: ….")


ERRORS = (missing_labels, wrong_words, wrong_elements, wrong_evidence, wrong_numbers, over_limit)
WARNINGS = (no_slack, no_fallback, no_law)
