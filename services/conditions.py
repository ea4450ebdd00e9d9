"""When a service, a need or a guard applies: a closed grammar, total, three-valued (Kleene 1952), no code execution.

Written form (YAML or JSON)::

    {element: household.low_income, is: true}
    {element: applicant.nationality, differs_from: other_parent.nationality}
    {element: child.age, less_than: 7}        also: more_than, in: [..], known: true
    {all: [..]}   {any: [..]}   {not: {..}}

The answer is True, False or None (undetermined: an element it reads is unknown).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_DEPTH = 20


class ConditionError(ValueError):
    """A condition outside the grammar; the text says what to write instead."""


class Condition:
    """Base of the four shapes below."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """One element against a value, a list of values, or another element."""

    element: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class All(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    part: Condition


Known = Callable[[str], Any]
"""Element key → its value, or None when it is not known."""


def _ordered(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1, numbers as numbers and dates as ISO text; None when the two cannot be ordered."""
    try:
        first, second = Decimal(str(left)), Decimal(str(right))
    except InvalidOperation:
        if not (isinstance(left, str) and isinstance(right, str)):
            return None
        return (left > right) - (left < right)
    if first.is_nan() or second.is_nan():
        return None
    return (first > second) - (first < second)


VALUE_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda have, want: type(have) is type(want) and have == want,
    "is_not": lambda have, want: not (type(have) is type(want) and have == want),
    "in": lambda have, want: have in want,
    "not_in": lambda have, want: have not in want,
    "less_than": lambda have, want: _ordered(have, want) == -1,
    "more_than": lambda have, want: _ordered(have, want) == 1,
    "at_most": lambda have, want: _ordered(have, want) in (-1, 0),
    "at_least": lambda have, want: _ordered(have, want) in (0, 1),
}
ELEMENT_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "same_as": lambda have, other: bool(have == other),
    "differs_from": lambda have, other: bool(have != other),
}


def reads(condition: Condition) -> Iterator[str]:
    """Yield every element the condition reads, in order, repeats included."""
    match condition:
        case Compare(element, op, value):
            yield element
            if op in ELEMENT_TESTS:
                yield value
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from reads(part)
        case Not(part):
            yield from reads(part)


def rename(condition: Condition, name: Callable[[str], str]) -> Condition:
    """Return the same condition with every element key passed through ``name``."""
    match condition:
        case Compare(element, op, value):
            return Compare(name(element), op, name(value) if op in ELEMENT_TESTS else value)
        case All(parts):
            return All(tuple(rename(part, name) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(rename(part, name) for part in parts))
        case Not(part):
            return Not(rename(part, name))
    raise TypeError(f"not a condition: {condition!r}")


def evaluate(condition: Condition | None, known: Known) -> bool | None:
    """Decide a condition; None when it depends on something unknown. No condition is True. Never raises."""
    match condition:
        case None:
            return True
        case Compare(element, op, value):
            return _compare(known(element), op, value, known)
        case All(parts):
            answers = [evaluate(part, known) for part in parts]
            return False if False in answers else None if None in answers else True
        case AnyOf(parts):
            answers = [evaluate(part, known) for part in parts]
            return True if True in answers else None if None in answers else False
        case Not(part):
            answer = evaluate(part, known)
            return None if answer is None else not answer
    raise TypeError(f"not a condition: {condition!r}")


def _compare(have: Any, op: str, value: Any, known: Known) -> bool | None:
    if have is None:
        return None
    if op in VALUE_TESTS:
        return VALUE_TESTS[op](have, value)
    other = known(value)
    return None if other is None else ELEMENT_TESTS[op](have, other)


def undecided(condition: Condition | None, known: Known) -> tuple[str, ...]:
    """Return the unknown elements to learn next, in reading order; empty once the condition is decided."""
    if condition is None or evaluate(condition, known) is not None:
        return ()
    match condition:
        case Compare():
            return tuple(key for key in reads(condition) if known(key) is None)
        case All(parts) | AnyOf(parts):
            # The first open part only: its answer may make the others needless.
            return next(keys for part in parts if (keys := undecided(part, known)))
        case Not(part):
            return undecided(part, known)
    raise TypeError(f"not a condition: {condition!r}")


def parse_condition(document: Any, depth: int = 0) -> Condition:
    """Read the written form; raises ConditionError that names what is wrong and what is allowed."""
    if depth > MAX_DEPTH:
        raise ConditionError(f"A condition may nest {MAX_DEPTH} deep at most; split it.")
    if not isinstance(document, Mapping):
        raise ConditionError("A condition is a mapping such as {element: household.low_income, is: true}.")
    if set(document) == {"not"}:
        return Not(parse_condition(document["not"], depth + 1))
    for word, kind in (("all", All), ("any", AnyOf)):
        if set(document) == {word}:
            parts = document[word]
            if not isinstance(parts, list | tuple) or not parts:
                raise ConditionError(f"'{word}' takes a list of conditions that is not empty.")
            return kind(tuple(parse_condition(part, depth + 1) for part in parts))
    return _parse_compare(document)


def _parse_compare(document: Mapping[str, Any]) -> Compare:
    tests = [word for word in document if word != "element"]
    allowed = ", ".join([*VALUE_TESTS, *ELEMENT_TESTS])
    if "element" not in document or len(tests) != 1 or tests[0] not in {*VALUE_TESTS, *ELEMENT_TESTS}:
        raise ConditionError(f"A comparison is 'element' and one of: {allowed}; or use all, any, not.")
    op, value = tests[0], document[tests[0]]
    if not isinstance(document["element"], str):
        raise ConditionError("'element' names an element such as household.low_income.")
    if op in ("in", "not_in"):
        if not isinstance(value, list | tuple) or not all(isinstance(v, str | int | bool) for v in value):
            raise ConditionError(f"'{op}' takes a list of values.")
        value = tuple(value)
    elif not isinstance(value, str | int | bool):
        raise ConditionError(f"'{op}' takes one text, whole number, true or false.")
    elif op in ELEMENT_TESTS and not isinstance(value, str):
        raise ConditionError(f"'{op}' names another element.")
    return Compare(document["element"], op, value)


def condition_json(condition: Condition) -> dict[str, Any]:
    """Return the written form that ``parse_condition`` reads back to an equal condition."""
    match condition:
        case Compare(element, op, value):
            return {"element": element, op: list(value) if isinstance(value, tuple) else value}
        case All(parts):
            return {"all": [condition_json(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [condition_json(part) for part in parts]}
        case Not(part):
            return {"not": condition_json(part)}
    raise TypeError(f"not a condition: {condition!r}")
