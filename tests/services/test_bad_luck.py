"""Bad luck of one case, lane or moment stops nobody else, and never makes a machine do a thing twice."""

from __future__ import annotations

import dataclasses
import json
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from services import clock
from services import sweep as sweeping
from services.connectors.base import Answer, CallResult
from services.courier import Courier, run_courier
from services.facts import load_pools
from services.inbox import MESSAGE
from services.models import Attempt, Case, CaseItem, InboxMessage, Plan, ServiceRequest, WorkItem
from services.retries import Trouble, next_step
from services.sealing import SealError, sealer
from services.settle import settle_calls
from services.states import CallEnd, ItemState, WorkKind
from tests.services.building import (
    accepted,
    answered,
    call_for,
    claim_all,
    diamond,
    lane,
    lanes,
    open_test_case,
    plan_of,
    states,
    step,
)

pytestmark = pytest.mark.django_db


def test_undeclared_outputs_never_reach_the_pool() -> None:
    """A service that declares no output cannot overwrite what the citizen said."""
    silent = dataclasses.replace(step("one"), outputs=())
    case = open_test_case(plan_of(silent, step("two")))
    item = next(item for item in claim_all() if item.key == "one")
    answer = Answer("granted", {"person.name": "Somebody Else"})
    settle_calls([CallResult(call_for(item), CallEnd.DONE, 0.0, 5, 200, answer=answer)], lanes())
    assert load_pools([case])[case.id]["person.name"].value == "Test Person"


def test_a_stored_callback_whose_department_moved_stops_nobody() -> None:
    """A document lies at the department's old address; the operator has entered the new one meanwhile."""
    case = open_test_case(plan_of(step("one")))
    claim_all()
    request = ServiceRequest.objects.get()
    message = InboxMessage(id=uuid.uuid4(), department_id="beta", webhook_id="m1", request=request)
    message.received_at = message.due_at = clock.now()
    document = {"evidence": "x", "title": "x", "media_type": "x", "sha256": "0" * 64}
    document["href"] = "http://127.0.0.1:9/beta/d"
    body = {"request": str(request.id), "status": "granted", "outputs": {"one.number": "1"}, "documents": [document]}
    message.sealed = sealer(case.key).seal_bytes(json.dumps(body).encode(), place=MESSAGE, row=message.id)
    message.save(force_insert=True)
    lane("beta", base_url="http://127.0.0.2:9/beta")
    run_courier()


def test_one_lane_whose_token_cannot_be_opened_stops_nobody() -> None:
    open_test_case(plan_of(step("one")))
    lane("alpha", token=b"sealed by a key that is gone, 1234567890")
    run_courier()


def test_one_case_whose_key_cannot_be_opened_stops_nobody() -> None:
    broken = open_test_case(plan_of(step("one")))
    broken.key.wrapped_by = "a key that left the settings"
    broken.key.save()
    well = open_test_case(plan_of(step("one")))
    for _ in range(3):
        run_courier()
    assert CaseItem.objects.get(case=well).attempts == 1


@pytest.mark.parametrize("end", [CallEnd.TRANSIENT, CallEnd.UNKNOWN])
def test_one_failed_poll_in_the_second_week_is_no_dead_end(end: CallEnd) -> None:
    week = 8 * 24 * 3600.0
    trouble = Trouble(end, ItemState.ACCEPTED, "keyed", 1, week, week, 15)
    assert next_step(trouble).state == ItemState.ACCEPTED


def test_a_blind_department_is_never_asked() -> None:
    """It accepted and will call back; it has no address to ask at, so 405 pauses the lane and 404 holds the item."""
    case = open_test_case(plan_of(step("one", delivery="blind")))
    settle_calls([accepted(claim_all()[0])], lanes())
    for days in range(1, 10):
        clock.travel(timedelta(days=days))
        run_courier()
    row = CaseItem.objects.get(case=case)
    assert (row.state, row.due_at) == ("accepted", None)
    assert not Attempt.objects.filter(kind="ask").exists()
    assert WorkItem.objects.get().kind == WorkKind.LATE


def test_slow_departments_leave_room_for_others() -> None:
    for number in range(10):
        lane(f"d{number}")
    courier = Courier()
    courier.in_air.update({f"d{number}": settings.COURIER_BATCH for number in range(4)})  # full lanes
    courier.look()
    rooms = {room.lane.pk: room.rows for room in courier.rooms()}
    assert rooms["d0"] <= 0 < rooms["d9"]


def test_the_safety_net_sees_past_a_hundred_waiting_cases() -> None:
    held = [open_test_case(plan_of(step("one"))) for _ in range(101)]
    settle_calls([answered(item, "correction") for item in claim_all()], lanes())
    overlooked = open_test_case(diamond())
    CaseItem.objects.filter(case=overlooked).update(due_at=None, state="waiting")
    Case.objects.filter(pk=overlooked.pk).update(changed_at=clock.now() + timedelta(seconds=1))
    clock.travel(timedelta(hours=1))
    for _ in range(10):
        sweeping.sweep()
    assert states(overlooked)["one"] == "ready", len(held)


def test_a_second_grant_with_another_number_is_a_conflict() -> None:
    case = open_test_case(plan_of(step("one")))
    item = claim_all()[0]
    for number in ("1", "2"):
        answer = Answer("granted", {"one.number": number})
        settle_calls([CallResult(call_for(item), CallEnd.DONE, 0.0, 5, 200, answer=answer)], lanes())
    assert WorkItem.objects.filter(case=case, kind="conflict").exists()


def carry(times: int = 1) -> None:
    for _ in range(times):
        run_courier()


def test_a_key_missing_from_settings_spares_a_blind_neighbour() -> None:
    """The wrapping key left SEALING_KEYS for one case; its neighbour of a blind department was never called."""
    broken = open_test_case(plan_of(step("one")))
    broken.key.wrapped_by = "gone"
    broken.key.save()
    well = open_test_case(plan_of(step("one", delivery="blind")))
    carry()
    clock.travel(timedelta(seconds=60))
    carry(3)
    assert states(well) == {"one": "ready"}  # nobody listens: certainly not sent, tried again


def test_a_plan_that_cannot_be_read_spares_others() -> None:
    """A worker of yesterday meets a plan of today with a field it does not know (F22)."""
    new = open_test_case(plan_of(step("one")))
    row = new.plan
    text = bytes(row.body).replace(b'"bundle":"test"', b'"bundle":"test","colour":"red"')
    Plan.objects.create(checksum="x" * 64, body=text)
    Case.objects.filter(pk=new.pk).update(plan_id="x" * 64)
    well = open_test_case(plan_of(step("one")))
    carry()
    assert CaseItem.objects.get(case=well).attempts == 1


def test_a_held_item_stays_held_when_its_call_times_out() -> None:
    """The department called back without the declared output (held, a person told); then our own call times out."""
    case = open_test_case(plan_of(step("one")))
    item = claim_all()[0]
    callback = dataclasses.replace(call_for(item), kind="fetch")
    settle_calls([CallResult(callback, CallEnd.DONE, 0.0, 5, 200, answer=Answer("granted"))], lanes())
    assert states(case) == {"one": "held"}
    settle_calls([CallResult(call_for(item), CallEnd.UNKNOWN, 0.0, 5)], lanes())
    assert states(case) == {"one": "held"}


def test_pausing_a_lane_takes_one_statement(django_assert_max_num_queries: Any) -> None:
    for _ in range(50):
        open_test_case(plan_of(step("one")))
    items = claim_all()
    with django_assert_max_num_queries(20):
        settle_calls([CallResult(call_for(item), CallEnd.SETUP, 0.0, 5, 401) for item in items], lanes())


def test_the_sweep_survives_whatever_one_case_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring first, then look for what was overlooked; and no exception ends the thread."""
    rings: list[int] = []
    open_test_case(plan_of(step("one")))
    monkeypatch.setattr(sweeping, "ring", lambda: rings.append(1))

    def broken(*_: object, **__: object) -> None:
        raise SealError("a case that cannot be opened")

    monkeypatch.setattr(sweeping, "overlooked_cases", broken)
    stop = threading.Event()
    turns = iter([False, True])
    monkeypatch.setattr(stop, "wait", lambda timeout: next(turns))
    monkeypatch.setattr(sweeping, "close_old_connections", lambda: None)
    sweeping.sweep_forever(stop)
    assert rings


def test_a_paused_lane_does_not_make_the_portal_unready(client: Any) -> None:
    open_test_case(plan_of(step("one")))
    lane("beta", paused_since=clock.now())
    clock.travel(timedelta(minutes=5))
    assert client.get("/readyz").status_code == 200
