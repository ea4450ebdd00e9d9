"""Lints: conditions and sample facts only hold values their elements can have. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from lifeevents.definition import Element, Version
from lifeevents.findings import Finding, Where
from lifeevents.naming import EVIDENCE_PREFIX, named, role_of
from services.conditions import ELEMENT_TESTS, All, AnyOf, Compare, Condition, Not

ORDERED = frozenset({"less_than", "more_than", "at_most", "at_least"})
ORDERED_TYPES = frozenset({"integer", "decimal", "date", "time"})
INSTANCE = re.compile(r"([a-z][a-z0-9_]*)\.(?:([1-9][0-9]?)\.)?([a-z][a-z0-9_]*)")


def wrong_conditions(version: Version) -> Iterator[Finding]:
    """Check every comparison of every condition against the element it reads."""
    for condition, where in conditions(version):
        for test in comparisons(condition):
            element = named(version, test.element)
            if element is not None:
                for text in _wrong_test(version, element, test):
                    yield Finding("condition-value", where, text)


def conditions(version: Version) -> Iterator[tuple[Condition, Where]]:
    """Yield every condition of a version with its place."""
    for service in version.services.values():
        here = ("services", service.code)
        for need in service.needs:
            if need.when is not None:
                yield need.when, (*here, "needs", need.element, "when")
        for paper in service.evidence:
            if paper.when is not None:
                yield paper.when, (*here, "evidence", paper.evidence, "when")
        if service.fee.waived_when is not None:
            yield service.fee.waived_when, (*here, "fee", "waived_when")
    for item in version.bundle.items:
        if item.when is not None:
            yield (item.when, ("bundles", version.bundle.code, "items", item.service, "when"))


def comparisons(condition: Condition) -> Iterator[Compare]:
    match condition:
        case Compare():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part):
            yield from comparisons(part)


def _wrong_test(version: Version, element: Element, test: Compare) -> Iterator[str]:
    if test.op in ELEMENT_TESTS:
        other = named(version, test.value)
        if other is not None and other.type != element.type:
            yield f"{test.element} is a {element.type} and {test.value} a {other.type}; compare elements of one type."
        return
    if test.op in ORDERED and element.type not in ORDERED_TYPES:
        yield f"{test.element} is a {element.type}, which has no order; use 'is' or 'in' instead of '{test.op}'."
        return
    for value in test.value if test.op in ("in", "not_in") else (test.value,):
        problem = misfit(element, value)
        if problem:
            yield f"{test.element} is compared with {_shown(value)}, but {problem}."


def misfit(element: Element, value: Any) -> str:
    """Return why the element cannot have this value, as half a sentence; empty if it can."""
    if element.type == "boolean":
        return "" if isinstance(value, bool) else "it is true or false, without quotes"
    if element.type == "integer":
        return _misfit_integer(element, value)
    if element.type == "choice":
        allowed = [choice.value for choice in element.choices]
        return "" if value in allowed and isinstance(value, str) else f"its choices are: {', '.join(allowed)}"
    if element.type == "decimal":
        return _misfit_decimal(value)
    if not isinstance(value, str):
        return "it is a text; put quotes around it"
    if element.type in ("date", "time"):
        return _misfit_clock(element.type, value)
    return "" if len(value) <= element.max_length else f"it has {element.max_length} characters at most"


def _misfit_integer(element: Element, value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "it is a whole number"
    if element.minimum is not None and value < element.minimum:
        return f"its minimum is {element.minimum}"
    if element.maximum is not None and value > element.maximum:
        return f"its maximum is {element.maximum}"
    return ""


def _misfit_decimal(value: Any) -> str:
    try:
        fits = not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        fits = False
    return "" if fits else 'it is a number in quotes, such as "12.50"'


def _misfit_clock(kind: str, value: str) -> str:
    try:
        date.fromisoformat(value) if kind == "date" else time.fromisoformat(value)
    except ValueError:
        return "it is a date such as 2026-11-30" if kind == "date" else "it is a time such as 04:35"
    return ""


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def wrong_facts(version: Version) -> Iterator[Finding]:
    """Check the facts of every sample: known keys, the right instances, values that fit."""
    maxima = {repeat.role: repeat.maximum for repeat in version.bundle.repeats}
    for sample in version.bundle.samples:
        for key, value in sample.facts.items():
            problem = _wrong_fact(version, maxima, key, value)
            if problem:
                where = ("bundles", version.bundle.code, "samples", sample.name, "facts", key)
                yield Finding("sample-fact", where, problem)


def _wrong_fact(version: Version, maxima: dict[str, int], key: str, value: Any) -> str:
    if key.startswith(EVIDENCE_PREFIX):
        kind = key.removeprefix(EVIDENCE_PREFIX).partition("/")[0]
        return (
            ""
            if kind in version.evidence
            else f"No service of this bundle needs the evidence '{kind}'; delete this fact."
        )
    found = INSTANCE.fullmatch(key)
    element = named(version, key) if found else None
    if found is None or element is None:
        return f"No service of this bundle knows '{key}'; delete this fact or correct the name."
    role, number = role_of(key), found.group(2)
    if role in maxima and (number is None or int(number) > maxima[role]):
        return f"'{role}' repeats; write its number, 1 to {maxima[role]}: {role}.1.{found.group(3)}."
    if role not in maxima and number is not None:
        return f"'{role}' does not repeat; write {role}.{found.group(3)}."
    problem = misfit(element, value)
    return f"{key} is {_shown(value)}, but {problem}." if problem else ""


ERRORS = (wrong_conditions, wrong_facts)
