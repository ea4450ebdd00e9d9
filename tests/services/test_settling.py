"""Settling: answers move items, release followers and derive the case, in bulk and behind fences."""

from __future__ import annotations

import dataclasses

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from services.audit import verify_chain
from services.cases import request_id
from services.connectors.base import Answer, CallResult
from services.models import Attempt, Case, CaseEvent, CaseItem, Reply, WorkItem
from services.settle import rederive, settle_calls
from services.states import CallEnd, WorkKind
from tests.services.building import (
    accepted,
    answered,
    by_key,
    claim_all,
    diamond,
    failed,
    granted,
    lanes,
    numbered,
    open_test_case,
    plan_of,
    states,
    step,
)
from tests.services.test_opening import LIMIT, counted

pytestmark = pytest.mark.django_db


def settle(*results: CallResult) -> int:
    return settle_calls(results, lanes())


def run_to_end() -> None:
    while items := claim_all():
        settle(*(granted(item) for item in items))


def test_answers_release_followers_until_the_case_is_settled() -> None:
    case = open_test_case(diamond())
    settle(granted(claim_all()[0]))
    assert states(case) == {"one": "granted", "two": "ready", "three": "ready", "four": "waiting"}
    run_to_end()
    case.refresh_from_db()
    assert set(states(case).values()) == {"granted"}
    assert case.status == "settled"
    assert case.settled_at is not None
    assert verify_chain(case, CaseEvent.objects.filter(case=case).order_by("seq")) == []


def statements_for(answers: int) -> int:
    per_case = 5
    for _ in range(answers // per_case):
        open_test_case(plan_of(*numbered(per_case), *(step(f"f{n}", f"s{n:03}") for n in range(per_case))))
    results = [granted(item) for item in claim_all()]
    assert len(results) == answers
    rows = lanes()
    with CaptureQueriesContext(connection) as captured:
        assert settle_calls(results, rows) == 2 * answers
    run_to_end()
    return len(counted(captured))


def test_five_hundred_answers_take_as_few_statements_as_five() -> None:
    warm = statements_for(5)
    assert statements_for(5) == statements_for(500) <= LIMIT
    assert warm <= LIMIT + 1  # the first batch of a process also loads the plan


def test_an_answer_to_an_old_claim_is_refused_by_its_fence() -> None:
    case = open_test_case(plan_of(step("one")))
    late = granted(claim_all()[0])
    CaseItem.objects.update(fence=2)
    assert settle(late) == 0
    assert states(case) == {"one": "sending"}
    assert not Reply.objects.exists()


def test_the_same_answer_twice_is_one_move() -> None:
    open_test_case(plan_of(step("one")))
    item = claim_all()[0]
    assert settle(granted(item)) == 1
    assert settle(granted(item)) == 0
    assert Reply.objects.count() == 1


def test_two_different_answers_are_a_conflict_and_the_first_stands() -> None:
    case = open_test_case(plan_of(step("one")))
    item = claim_all()[0]
    settle(granted(item))
    settle(answered(item, "refused"))
    assert states(case) == {"one": "granted"}
    assert WorkItem.objects.get().kind == WorkKind.CONFLICT
    assert list(Reply.objects.order_by("at").values_list("outcome", "applied")) == [
        ("granted", True),
        ("refused", False),
    ]


def test_an_answer_of_an_older_round_is_recorded_and_not_applied() -> None:
    case = open_test_case(plan_of(step("one")))
    late = granted(claim_all()[0])
    CaseItem.objects.update(round=2)
    assert settle(late) == 0
    assert states(case) == {"one": "sending"}
    assert not Reply.objects.get().applied


def test_a_grant_that_lacks_what_followers_need_goes_to_a_person() -> None:
    case = open_test_case(plan_of(step("one"), step("two", "one")))
    result = dataclasses.replace(granted(claim_all()[0]), answer=Answer("granted", {}))
    settle(result)
    assert states(case) == {"one": "held", "two": "waiting"}
    assert WorkItem.objects.get().reason == "granted without one.number"


def test_followers_of_a_refused_request_are_skipped() -> None:
    case = open_test_case(plan_of(step("one"), step("two", "one"), step("three", "two"), step("apart")))
    items = by_key(claim_all())
    settle(answered(items["one"], "refused"), granted(items["apart"]))
    case.refresh_from_db()
    assert states(case) == {"one": "refused", "two": "skipped", "three": "skipped", "apart": "granted"}
    assert case.status == "partly_settled"


def test_followers_are_held_for_a_clerk_where_the_bundle_says_so() -> None:
    case = open_test_case(plan_of(step("one", if_refused="hold"), step("two", "one")))
    settle(answered(claim_all()[0], "refused"))
    assert states(case)["two"] == "held"
    assert WorkItem.objects.get().kind == WorkKind.HELD_BY_POLICY


def test_a_correction_waits_for_the_citizen() -> None:
    case = open_test_case(plan_of(step("one")))
    settle(answered(claim_all()[0], "correction"))
    case.refresh_from_db()
    assert (states(case)["one"], case.status) == ("correction", "waiting_for_you")
    assert WorkItem.objects.get().kind == WorkKind.CORRECTION


def test_a_receipt_waits_for_the_answer_and_is_never_a_step_back() -> None:
    case = open_test_case(plan_of(step("one")))
    item = claim_all()[0]
    settle(accepted(item))
    row = CaseItem.objects.get(case=case)
    assert (row.state, row.attempts) == ("accepted", 0)
    assert row.due_at is not None
    settle(granted(item))
    settle(accepted(item))  # the late 202 of an early callback
    assert states(case) == {"one": "granted"}


@pytest.mark.parametrize(
    ("delivery", "end", "state", "work"),
    [
        ("keyed", CallEnd.TRANSIENT, "ready", None),
        ("blind", CallEnd.TRANSIENT, "ready", None),
        ("keyed", CallEnd.UNKNOWN, "unknown", None),
        ("queryable", CallEnd.UNKNOWN, "unknown", None),
        ("blind", CallEnd.UNKNOWN, "unknown", WorkKind.UNKNOWN_OUTCOME),
        ("keyed", CallEnd.PERMANENT, "held", WorkKind.STUCK),
    ],
)
def test_a_call_without_answer_leads_where_its_delivery_class_says(
    delivery: str, end: CallEnd, state: str, work: WorkKind | None
) -> None:
    case = open_test_case(plan_of(step("one", delivery=delivery)))
    settle(failed(claim_all()[0], end))
    row = CaseItem.objects.get(case=case)
    assert row.state == state
    assert list(WorkItem.objects.values_list("kind", flat=True)) == ([work] if work else [])
    assert (row.due_at is None) == (work is not None)
    assert Attempt.objects.get().end == end


def test_a_wrong_set_up_pauses_the_lane_and_the_item_stays_ready() -> None:
    case = open_test_case(plan_of(step("one")))
    settle(failed(claim_all()[0], CallEnd.SETUP))
    assert states(case) == {"one": "ready"}
    assert lanes()["beta"].paused_since is not None


def test_a_release_that_was_lost_is_derived_again() -> None:
    case = open_test_case(plan_of(step("one"), step("two", "one")))
    settle(granted(claim_all()[0]))
    CaseItem.objects.filter(case=case, key="two").update(state="waiting", due_at=None)
    assert rederive([case.pk]) == 1
    assert states(case)["two"] == "ready"


def test_a_request_id_never_changes() -> None:
    case = open_test_case(plan_of(step("one")))
    item = CaseItem.objects.get(case=case)
    assert request_id(case.pk, item, 1) == request_id(case.pk, item, 1) != request_id(case.pk, item, 2)


def test_every_stored_status_is_the_derived_one() -> None:
    for plan in (diamond(), plan_of(step("one"), step("two", "one"))):
        open_test_case(plan)
    settle(*(answered(item, "refused") for item in claim_all()))
    for case in Case.objects.all():
        assert case.status == "refused"
        assert case.settled_at
