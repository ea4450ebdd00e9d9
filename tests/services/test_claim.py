"""Claiming: fair over lanes, leased on the database clock, never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services import clock
from services.claim import Room, claim_items, oldest_due, work_is_due
from services.clock import now
from services.models import CaseItem, Lane
from tests.services.building import lane, lanes, numbered, open_test_case, plan_of, step

pytestmark = pytest.mark.django_db


def claim(rows: int = 100) -> list[CaseItem]:
    return claim_items([Room(row, rows) for row in lanes().values()], at=now())


def test_a_claimed_item_is_leased_and_not_claimed_again() -> None:
    open_test_case(plan_of(step("one")))
    [item] = claim()
    assert (item.state, item.fence, item.attempts) == ("sending", 1, 1)
    assert claim() == []
    row = CaseItem.objects.get()
    assert row.due_at == pytest.approx(
        now() + timedelta(seconds=lanes()["beta"].lease_seconds), abs=timedelta(seconds=5)
    )


def test_an_expired_lease_means_the_outcome_is_unknown() -> None:
    open_test_case(plan_of(step("one")))
    claim()
    clock.travel(timedelta(seconds=lanes()["beta"].lease_seconds + 1))
    [item] = claim()
    assert (item.state, item.fence) == ("unknown", 2)


def test_a_claim_leaves_an_accepted_item_accepted() -> None:
    open_test_case(plan_of(step("one")))
    CaseItem.objects.update(state="accepted")
    [item] = claim()
    assert (item.state, item.fence) == ("accepted", 1)


def test_no_lane_gets_more_than_its_room_and_the_oldest_go_first() -> None:
    open_test_case(plan_of(*numbered(6), step("odd")))
    per_lane: dict[str, int] = {}
    for item in claim(rows=2):
        per_lane[item.lane_id] = per_lane.get(item.lane_id, 0) + 1
    assert per_lane == {"alpha": 2, "beta": 1} or per_lane == {"beta": 2}


def test_a_lane_without_room_is_passed_over() -> None:
    open_test_case(plan_of(step("one"), step("four")))
    items = claim_items([Room(lane("alpha"), 5), Room(lane("beta"), 0)], at=now())
    assert {item.lane_id for item in items} == {"alpha"}


def test_work_of_a_paused_lane_is_not_due() -> None:
    open_test_case(plan_of(step("one")))
    assert work_is_due(now())
    Lane.objects.update(paused_since=now())
    assert not work_is_due(now())


def test_oldest_due_tells_since_when_work_lies() -> None:
    assert oldest_due() is None
    case = open_test_case(plan_of(step("one")))
    assert oldest_due() == case.filed_at
