"""Release: what goes when, what a refusal takes along, and exactly what is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.conditions import All, Compare
from services.plan import Edge, Output, Plan, PlanItem, Send, Text
from services.release import ENDED, initial_states, payload, release
from services.states import TERMINAL

LAW = Text("By law.", "依法。")


def item(key: str, *sends: Send, brings: str = "", after: tuple[Edge, ...] = (), **more: Any) -> PlanItem:
    return PlanItem(
        key=key, service=key, subject="", title=Text(key, key), department="d", delivery="keyed",
        promised_days=Decimal(1), limit_days=Decimal(2), sends=sends, waits_for=after,
        outputs=(Output(brings, brings),) if brings else (), **more,
    )  # fmt: skip


def plan(*items: PlanItem) -> Plan:
    return Plan("b", 1, Text("b", "b"), {}, items, Decimal(1), ())


def need(*sources: str, **more: Any) -> Send:
    return Send(sources[0], sources, **more)


def outputs_of(case: Plan, states: dict[str, str]) -> dict[str, frozenset[str]]:
    return {i.key: frozenset(o.key for o in i.outputs) for i in case.items if states[i.key] == "granted"}


def settle(case: Plan, known: dict[str, Any] | None = None, **answers: str) -> dict[str, str]:
    """Answer the named items and release what follows; the others wait."""
    states = {i.key: "waiting" for i in case.items} | answers
    return states | release(case, states, outputs_of(case, states), (known or {}).get)


def test_the_ended_states_are_the_terminal_states_of_an_item() -> None:
    assert ENDED == TERMINAL


def test_what_needs_only_known_facts_is_ready_at_once() -> None:
    case = plan(item("first", need("name"), brings="number"), item("second", need("number")))
    assert initial_states(case) == {"first": "ready", "second": "waiting"}


def test_a_follower_goes_when_what_it_needs_is_there() -> None:
    case = plan(item("first", brings="number"), item("second", need("number")))
    assert settle(case, first="accepted")["second"] == "waiting"
    assert settle(case, first="granted")["second"] == "ready"


@pytest.mark.parametrize("end", ["refused", "cancelled", "skipped"])
def test_followers_are_skipped_all_the_way_down_in_one_call(end: str) -> None:
    case = plan(
        item("first", brings="one"), item("second", need("one"), brings="two"), item("third", need("two")),
        item("apart", need("name")),
    )  # fmt: skip
    assert settle(case, first=end) == {"first": end, "second": "skipped", "third": "skipped", "apart": "ready"}


def test_a_refusal_with_the_policy_hold_holds_followers_for_a_person() -> None:
    case = plan(
        item("first", brings="one", if_refused="hold"),
        item("second", need("one"), brings="two"),
        item("third", need("two")),
    )
    assert settle(case, first="refused") == {"first": "refused", "second": "held", "third": "waiting"}
    assert settle(case, first="cancelled")["second"] == "skipped"


def test_the_next_source_stands_in_when_the_first_is_refused() -> None:
    case = plan(item("first", brings="one"), item("other", brings="two"), item("third", need("one", "two")))
    assert settle(case, other="granted", first="sending")["third"] == "waiting"
    assert settle(case, first="refused", other="sending")["third"] == "waiting"
    assert settle(case, first="refused", other="granted")["third"] == "ready"
    assert settle(case, first="refused", other="refused")["third"] == "skipped"


def test_a_fact_known_at_filing_stands_in_at_once() -> None:
    case = plan(item("first", brings="one"), item("second", need("one", "provisional")))
    assert settle(case, first="refused")["second"] == "ready"


def test_a_grant_without_the_promised_output_is_no_supply() -> None:
    case = plan(item("first", brings="one"), item("second", need("one")))
    states = {"first": "granted", "second": "waiting"}
    assert release(case, states, {"first": frozenset()}) == {"second": "skipped"}


def test_an_optional_element_is_waited_for_and_then_done_without() -> None:
    case = plan(item("first", brings="one"), item("second", need("one", optional=True)))
    assert settle(case, first="sending")["second"] == "waiting"
    assert settle(case, first="refused")["second"] == "ready"


def test_even_if_refused_goes_on_without_the_element() -> None:
    edge = Edge("first", ("one",), even_if_refused=True)
    case = plan(item("first", brings="one"), item("second", need("one"), after=(edge,)))
    assert settle(case, first="accepted")["second"] == "waiting"
    assert settle(case, first="refused")["second"] == "ready"


@pytest.mark.parametrize(
    ("end", "policy", "even", "verdict"),
    [
        ("accepted", "stop", False, "waiting"),
        ("granted", "stop", False, "ready"),
        ("refused", "stop", False, "skipped"),
        ("refused", "hold", False, "held"),
        ("refused", "go_on", False, "ready"),
        ("refused", "stop", True, "ready"),
        ("not_applicable", "stop", False, "ready"),
    ],
)
def test_an_order_by_law(end: str, policy: str, even: bool, verdict: str) -> None:
    edge = Edge("first", reason=LAW, even_if_refused=even)
    case = plan(item("first", if_refused=policy), item("second", after=(edge,)))
    assert settle(case, first=end)["second"] == verdict


def test_go_on_gives_no_data_to_who_needs_it() -> None:
    case = plan(item("first", brings="one", if_refused="go_on"), item("second", need("one")))
    assert settle(case, first="refused")["second"] == "skipped"


GUARDED = plan(
    item("check", brings="eligible"),
    item("benefit", guard=Compare("eligible", "is", True), after=(Edge("check", ("eligible",)),), brings="award"),
    item("payment", need("award")),
)


def test_a_guard_is_judged_when_its_answer_is_there() -> None:
    assert initial_states(GUARDED)["benefit"] == "waiting"
    assert settle(GUARDED, {"eligible": True}, check="granted")["benefit"] == "ready"
    settled = settle(GUARDED, {"eligible": False}, check="granted")
    assert (settled["benefit"], settled["payment"]) == ("not_applicable", "skipped")


def test_a_guard_that_can_never_be_judged_skips() -> None:
    assert settle(GUARDED, check="refused")["benefit"] == "skipped"


def test_only_what_did_not_come_decides_what_becomes_of_a_guarded_item() -> None:
    both = All((Compare("one", "is", True), Compare("two", "is", True)))
    edges = (Edge("first", ("one",), even_if_refused=True), Edge("second", ("two",)))
    case = plan(
        item("first", brings="one", if_refused="hold"),
        item("second", brings="two"),
        item("third", guard=both, after=edges),
    )
    assert settle(case, {"one": True}, first="granted", second="refused")["third"] == "skipped"


def test_an_element_is_sent_only_if_its_condition_turns_out_true() -> None:
    when = Compare("eligible", "is", True)
    benefit = item("benefit", need("income", when=when), need("name"))
    case = plan(item("check", brings="eligible"), benefit)
    assert settle(case, check="accepted")["benefit"] == "waiting"
    assert settle(case, {"eligible": False}, check="granted")["benefit"] == "ready"
    pool: dict[str, Any] = {"income": 5, "name": "Lin", "eligible": True}
    assert payload(benefit, pool) == {"income": 5, "name": "Lin"}
    assert payload(benefit, pool | {"eligible": False}) == {"name": "Lin"}


def test_the_payload_is_the_declared_elements_under_their_wire_names() -> None:
    sender = item("s", Send("child.name", ("child.2.name",)), need("number", "provisional"), need("fax", optional=True))
    pool: dict[str, Any] = {"child.1.name": "Chen", "child.2.name": "Xi", "provisional": "P1", "secret": "no"}
    assert payload(sender, pool) == {"child.name": "Xi", "number": "P1"}
    assert payload(sender, pool | {"number": "N1"})["number"] == "N1"


def test_items_that_do_not_wait_are_left_alone() -> None:
    case = plan(item("first", brings="one"), item("second", need("one")))
    assert release(case, {"first": "refused", "second": "held"}, {}) == {}
