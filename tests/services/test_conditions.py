"""Conditions: three answers, never an exception, and a written form that reads back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conditions import (
    All,
    AnyOf,
    Compare,
    Condition,
    ConditionError,
    Not,
    condition_json,
    evaluate,
    parse_condition,
    reads,
    rename,
    undecided,
)

A, B = Compare("a", "is", True), Compare("b", "is", True)


@pytest.mark.parametrize(
    ("have", "op", "want", "answer"),
    [
        (True, "is", True, True),
        (1, "is", True, False),
        ("x", "is_not", "y", True),
        ("x", "in", ("x", "y"), True),
        ("x", "not_in", ("x", "y"), False),
        (6, "less_than", 7, True),
        ("10", "more_than", 9, True),
        ("2026-11-02", "at_least", "2026-11-02", True),
        ("2026-11-02", "less_than", "2026-11-10", True),
        ("tall", "at_most", 3, False),
        ("NaN", "at_most", 3, False),
        (None, "is", True, None),
    ],
)
def test_one_element_against_a_value(have: Any, op: str, want: Any, answer: bool | None) -> None:
    assert evaluate(Compare("a", op, want), {"a": have}.get) is answer


@pytest.mark.parametrize(
    ("facts", "all_of", "any_of"),
    [
        ({"a": True, "b": True}, True, True),
        ({"a": True, "b": False}, False, True),
        ({"a": True}, None, True),
        ({"a": False}, False, None),
        ({}, None, None),
    ],
)
def test_the_unknown_decides_only_where_it_matters(
    facts: dict[str, bool], all_of: bool | None, any_of: bool | None
) -> None:
    assert evaluate(All((A, B)), facts.get) is all_of
    assert evaluate(AnyOf((A, B)), facts.get) is any_of
    assert evaluate(Not(All((A, B))), facts.get) is (None if all_of is None else not all_of)


def test_two_elements_are_compared_once_both_are_known() -> None:
    differ = Compare("a", "differs_from", "b")
    assert evaluate(differ, {"a": "CN"}.get) is None
    assert evaluate(differ, {"a": "CN", "b": "FR"}.get) is True
    assert undecided(differ, {"a": "CN"}.get) == ("b",)


def test_what_cannot_change_the_answer_is_not_asked_for() -> None:
    assert undecided(AnyOf((A, B)), {"a": True}.get) == ()
    assert undecided(All((A, Not(B))), {"a": True}.get) == ("b",)


def test_no_condition_holds() -> None:
    assert evaluate(None, {}.get) is True


def test_renaming_reaches_both_sides_of_a_comparison() -> None:
    renamed = rename(All((Compare("a", "same_as", "b"), Not(A))), lambda key: f"child.1.{key}")
    assert list(reads(renamed)) == ["child.1.a", "child.1.b", "child.1.a"]


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, {"element": "a"}, {"element": "a", "equals": 1}, {"element": "a", "is": 1, "in": [1]},
        {"element": 3, "is": 1}, {"element": "a", "in": "abc"}, {"element": "a", "is": None}, {"all": []},
        {"all": [{}]}, {"element": "a", "same_as": 3}, {"not": {"not": 4}},
    ],
)  # fmt: skip
def test_what_is_outside_the_grammar_is_refused_in_words(document: Any) -> None:
    with pytest.raises(ConditionError, match=r"\w+"):
        parse_condition(document)


def test_a_bottomless_condition_is_refused() -> None:
    document: Any = {"element": "a", "is": True}
    for _ in range(40):
        document = {"not": document}
    with pytest.raises(ConditionError, match="deep"):
        parse_condition(document)


values = st.booleans() | st.integers() | st.text(max_size=5)
leaves = st.builds(Compare, st.sampled_from("ab"), st.sampled_from(["is", "is_not", "less_than", "at_least"]), values)
pairs = st.builds(Compare, st.sampled_from("ab"), st.sampled_from(["same_as", "differs_from"]), st.sampled_from("ab"))
lists = st.builds(Compare, st.just("a"), st.sampled_from(["in", "not_in"]), st.lists(values, max_size=3).map(tuple))
trees = st.recursive(
    leaves | pairs | lists,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


@given(trees)
def test_the_written_form_reads_back(condition: Condition) -> None:
    assert parse_condition(condition_json(condition)) == condition


@given(trees, st.dictionaries(st.sampled_from("ab"), values))
def test_any_condition_on_any_values_has_an_answer(condition: Condition, facts: dict[str, Any]) -> None:
    answer = evaluate(condition, facts.get)
    assert answer in (True, False, None)
    assert bool(undecided(condition, facts.get)) is (answer is None)


@given(trees, st.dictionaries(st.sampled_from("ab"), values), values)
def test_a_decided_condition_stays_decided_when_more_becomes_known(
    condition: Condition, facts: dict[str, Any], more: Any
) -> None:
    answer = evaluate(condition, facts.get)
    if answer is not None:
        assert evaluate(condition, {"a": more, "b": more, **facts}.get) is answer
