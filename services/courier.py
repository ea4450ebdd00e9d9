"""The courier: claim what is due over all lanes, send it concurrently, settle what has ended, until nothing is due.

One per worker process. A ring while it runs finds it running. Nothing here is remembered: if the process is killed at
any line, leases run out and another courier asks before it sends again.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from services.batch import Batch
from services.bulk import update_rows
from services.claim import Room, claim_items, claim_messages, work_is_due
from services.clock import now
from services.compose import bodies_for
from services.connectors.base import Call, GarbageError, Target, answered
from services.connectors.reading import read_answer
from services.connectors.switchboard import Results, switchboard
from services.crash_points import crash_point
from services.inbox import MESSAGE
from services.models import Case, CaseItem, InboxMessage, Lane, ServiceRequest
from services.retries import Step
from services.sealing import SealError, open_portal_secret, sealer
from services.settle import settle_sparing
from services.states import ItemState, WorkKind
from services.stopping import stop_requested

log = logging.getLogger(__name__)

SETTLE_EVERY_SECONDS = 0.02
LOOK_EVERY_SECONDS = 0.05
LANES_EVERY_SECONDS = 1.0
START_WITHIN_SECONDS = 1.5
"""A call begins this soon after its claim or not at all; the lease has two seconds to spare."""

_running = threading.Lock()


def run_courier() -> None:
    """Carry everything due, then return. Returns at once if this process is already at it."""
    if not _running.acquire(blocking=False):
        return
    try:
        Courier().run()
        crash_point("after_commit_before_ack")
    finally:
        _running.release()


class Courier:
    """One run: what is in the air, and the lanes as they were a second ago."""

    def __init__(self) -> None:
        self._board = switchboard()
        self._results: Results = queue.SimpleQueue()
        self.in_air: Counter[str] = Counter()
        self._lanes: dict[str, Lane] = {}
        self._targets: dict[str, Target] = {}
        self._lanes_read = 0.0
        self._looked = 0.0

    def run(self) -> None:
        """Work until nothing is due and nothing is in the air; when the worker is to stop, take nothing new."""
        busy = True
        while busy or self.in_air.total():
            settled = self._settle()
            if stop_requested():
                busy = False
            elif settled or self._time_to_look():
                busy = self.look()

    def _time_to_look(self) -> bool:
        return time.monotonic() - self._looked >= LOOK_EVERY_SECONDS or not self.in_air.total()

    def _settle(self) -> int:
        """Settle every call that has ended, waiting for the first one a moment; returns how many."""
        if not self.in_air.total():
            return 0
        try:
            results = [self._results.get(timeout=SETTLE_EVERY_SECONDS)]
        except queue.Empty:
            return 0
        while len(results) < settings.COURIER_BATCH and not self._results.empty():
            results.append(self._results.get())
        self.in_air.subtract(result.call.target.lane for result in results)
        settle_sparing(results, self._lanes)
        return len(results)

    def look(self) -> bool:
        """Take in callbacks and claim what is due; True if there was anything."""
        self._looked = time.monotonic()
        self._read_lanes()
        at = now()
        # An empty look on SQLite must not take the write lock others wait for.
        if connection.vendor == "sqlite" and not work_is_due(at):
            return False
        messages = self._take_in(at)
        claimed = self._claim(at)
        return bool(messages or claimed)

    def _make(self, calls: list[Call]) -> None:
        self.in_air.update(call.target.lane for call in calls)
        self._board.make(calls, self._results)

    def _read_lanes(self) -> None:
        if time.monotonic() - self._lanes_read < LANES_EVERY_SECONDS:
            return
        self._lanes_read = time.monotonic()
        self._lanes = {lane.pk: lane for lane in Lane.objects.all()}
        self._targets = {lane.pk: target for lane in self._lanes.values() if (target := _target(lane))}

    def rooms(self) -> list[Room]:
        """Return how much may be claimed now: fair shares of a batch, and no lane beyond its own cap.

        What is in the air elsewhere never takes room from a lane: slow departments cannot stop the others.
        """
        lanes = [lane for lane in self._lanes.values() if lane.pk in self._targets and lane.paused_since is None]
        share = max(settings.COURIER_BATCH // max(len(lanes), 1), 1)
        caps = {lane.pk: max(lane.max_in_flight // settings.COURIERS, 1) for lane in lanes}
        return [Room(lane, min(caps[lane.pk] - self.in_air[lane.pk], share)) for lane in lanes]

    def _claim(self, at: datetime) -> int:
        """Claim due items, compose what they send, and start the calls; returns how many items were claimed.

        Nothing is sent before the claim has committed.
        """
        start_by = time.monotonic() + START_WITHIN_SECONDS
        with transaction.atomic():
            items = claim_items(self.rooms(), at=at)
            if not items:
                return 0
            cases = _cases(item.case_id for item in items)
            calling = [item for item in items if not _beyond_asking(item)]
            composed = bodies_for(calling, cases, at=at)
        crash_point("after_claim")
        ready = [item for item in calling if item.id in composed.bodies]
        self._make([self._call(item, *composed.bodies[item.id], start_by) for item in ready])
        # A transaction of its own: settling locks cases before items, claiming locks items first.
        _hand_to_people(items, composed.broken, at)
        return len(items)

    def _call(self, item: CaseItem, request: ServiceRequest, body: bytes, start_by: float) -> Call:
        state = ItemState(item.state)
        asks = state == ItemState.ACCEPTED or (state == ItemState.UNKNOWN and item.delivery == "queryable")
        return Call(
            kind="ask" if asks else "send",
            item=item.id,
            case=item.case_id,
            request=request.id,
            state=state,
            fence=item.fence,
            delivery=item.delivery,
            target=self._targets[item.lane_id],
            composed_at=request.created_at,
            start_by=start_by,
            body=b"" if asks else body,
        )

    def _take_in(self, at: datetime) -> int:
        """Settle stored callbacks; those that name documents are settled once these are fetched.

        A message is leased like an item: if this process ends before it is settled, another takes it up.
        """
        unreadable: list[InboxMessage] = []
        with transaction.atomic():
            messages = claim_messages(settings.COURIER_BATCH, at=at)
            if not messages:
                return 0
            calls = self._opened(messages, unreadable)
            _lease_messages(messages, calls, at)
        _report_unreadable(unreadable, at)
        crash_point("after_inbox_before_apply")
        plain = [call for call in calls if call.answer and not call.answer.documents]
        if plain:
            settle_sparing([answered(call) for call in plain], self._lanes)
        self._make([call for call in calls if call.answer and call.answer.documents])
        return len(messages)

    def _opened(self, messages: list[InboxMessage], unreadable: list[InboxMessage]) -> list[Call]:
        """Return the answers in the messages as calls, and note those that cannot be read."""
        requests = ServiceRequest.objects.filter(id__in={message.request_id for message in messages})
        by_id = {request.id: request for request in requests.defer("sealed").select_related("item__case__key")}
        calls = []
        for message in messages:
            message.request = by_id[message.request_id]
            try:
                calls.append(self._fetch_call(message, message.request))
            except (SealError, GarbageError, KeyError):
                log.exception("callback %s cannot be read", message.id)
                unreadable.append(message)
        return calls

    def _fetch_call(self, message: InboxMessage, request: ServiceRequest) -> Call:
        item = request.item
        body = sealer(item.case.key).open_bytes(message.sealed, place=MESSAGE, row=message.id)
        target = self._targets[item.lane_id]
        answer = read_answer(orjson.loads(body), request=str(request.id), base_url=target.base_url)
        state = ItemState(item.state)
        return Call(
            kind="fetch",
            item=item.id,
            case=item.case_id,
            request=request.id,
            state=state,
            fence=item.fence,
            delivery=item.delivery,
            target=target,
            composed_at=message.received_at,
            answer=answer,
            message=message.id,
        )


def _lease_messages(messages: list[InboxMessage], calls: list[Call], at: datetime) -> None:
    """Put the messages off: by one call's time at least, and the longer the older they are."""
    longest = max((2 * call.target.timeout for call in calls), default=0.0) + 2
    for message in messages:
        message.due_at = at + max(timedelta(seconds=longest), (at - message.received_at) / 4)
    rows = [{"id": message.id, "due_at": message.due_at} for message in messages]
    update_rows(InboxMessage, rows, match=("id",), assign=("due_at",))


def _report_unreadable(messages: list[InboxMessage], at: datetime) -> None:
    """Close callbacks that nobody can read, and tell a person: the department may have decided."""
    for message in messages:
        item = message.request.item
        with transaction.atomic():
            batch = Batch({item.case_id}, at=at)
            batch.need_person(WorkKind.STUCK, batch.items[item.id], reason="a callback cannot be read")
            batch.write()
            InboxMessage.objects.filter(id=message.id).update(settled_at=at)


def _beyond_asking(item: CaseItem) -> bool:
    """True for a blind department's item that was or may have been sent: no machine can ask or send again."""
    return item.delivery == "blind" and item.state in (ItemState.UNKNOWN, ItemState.ACCEPTED)


def _cases(case_ids: Iterable[UUID]) -> dict[UUID, Case]:
    return {case.id: case for case in Case.objects.filter(id__in=set(case_ids)).select_related("key")}


def _hand_to_people(items: list[CaseItem], broken: dict[UUID, str], at: datetime) -> None:
    """Stop what no machine may go on with; one that cannot even be stopped spares the others."""
    for item in items:
        if item.id not in broken and not _beyond_asking(item):
            continue
        step, detail = _last_step(item, broken.get(item.id))
        try:
            with transaction.atomic():
                batch = Batch({item.case_id}, at=at)
                batch.step(item.id, item.fence, step, due=None, detail=detail)
                batch.write()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("item %s could not be handed to a person", item.id)


def _last_step(item: CaseItem, broken: str | None) -> tuple[Step, str]:
    if broken:
        return Step(ItemState.HELD, work=WorkKind.QUARANTINED), broken
    if item.state == ItemState.ACCEPTED:
        return Step(ItemState.ACCEPTED, work=WorkKind.LATE), "no answer by the promised day, and it cannot be asked"
    return Step(ItemState.UNKNOWN, work=WorkKind.UNKNOWN_OUTCOME), "the call was interrupted"


def _target(lane: Lane) -> Target | None:
    """Return how the lane is reached; None while it has no address or its token cannot be opened."""
    if not lane.base_url:
        return None
    try:
        token = open_portal_secret(lane.token, place="lane.token", row=lane.pk)
    except SealError as error:
        log.error("lane %s cannot be used: %s", lane.pk, error)
        return None
    return Target(lane.pk, lane.base_url.rstrip("/"), token, lane.timeout_seconds, frozenset(lane.safe_statuses))
