"""Conditions before filing: fold away what is decided, find what to ask next, keep what services will tell. PURE."""

from __future__ import annotations

from services.conditions import ELEMENT_TESTS, All, AnyOf, Compare, Condition, Known, Not, evaluate, reads

Answer = bool | Condition | None
"""A rule's answer: decided; a guard, on other items' outputs alone; None: something must be answered first."""


class _Nothing:
    """What nobody can ever tell: it equals nothing, so tests for a value fail and tests against one hold."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


NOTHING = _Nothing()


def fold(condition: Condition, known: Known) -> bool | Condition:
    """Return True, False, or what is left of the condition once its decided parts are gone."""
    match condition:
        case Compare():
            return _fold_compare(condition, known)
        case Not(part):
            inner = fold(part, known)
            return Not(inner) if isinstance(inner, Condition) else not inner
        case All(parts) | AnyOf(parts):
            settling = isinstance(condition, AnyOf)  # one true part settles any, one false part settles all
            left: list[Condition] = []
            for part in parts:
                inner = fold(part, known)
                if isinstance(inner, Condition):
                    left.append(inner)
                elif inner is settling:
                    return settling
            return type(condition)(tuple(left)) if len(left) > 1 else left[0] if left else not settling
    raise TypeError(f"not a condition: {condition!r}")


def _fold_compare(condition: Compare, known: Known) -> bool | Condition:
    """Decide one comparison; against what nobody can tell it is decided before the other side is known."""
    if condition.op in ELEMENT_TESTS and NOTHING is known(condition.value):
        return condition.op == "differs_from"
    if known(condition.element) is NOTHING and condition.op in ELEMENT_TESTS:
        return condition.op == "differs_from"
    answer = evaluate(condition, known)
    return condition if answer is None else answer


def next_unknown(condition: Condition, known: Known, outputs: set[str]) -> tuple[str, ...]:
    """Return the unknown keys of a folded condition to find out next; ``outputs`` are not to be had before filing.

    Of several parts that must all hold only the first open one is asked: nobody is asked about the other parent
    before having said that there is one.
    """
    match condition:
        case All(parts):
            return next((keys for part in parts if (keys := next_unknown(part, known, outputs))), ())
        case AnyOf(parts):
            return tuple(dict.fromkeys(key for part in parts for key in next_unknown(part, known, outputs)))
        case Not(part):
            return next_unknown(part, known, outputs)
    return tuple(dict.fromkeys(key for key in reads(condition) if known(key) is None and key not in outputs))
