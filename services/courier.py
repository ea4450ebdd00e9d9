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
from django.db import connection, transaction

from services.batch import Batch
from services.claim import Room, claim_items, claim_messages, work_is_due
from services.clock import now
from services.compose import bodies_for
from services.connectors.base import Call, GarbageError, Target, answered
from services.connectors.reading import read_answer
from services.connectors.switchboard import Results, switchboard
from services.crash_points import crash_point
from services.doorbell import ring
from services.inbox import MESSAGE
from services.models import Case, CaseItem, InboxMessage, Lane, ServiceRequest
from services.retries import Step
from services.sealing import SealError, open_portal_secret, sealer
from services.settle import settle_sparing
from services.states import ItemState, WorkKind

log = logging.getLogger(__name__)

SETTLE_EVERY_SECONDS = 0.02
LOOK_EVERY_SECONDS = 0.05
LANES_EVERY_SECONDS = 1.0
RUN_SECONDS = 20.0
"""A courier hands over after this long, so that a worker can be stopped gently."""

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
        self._in_air: Counter[str] = Counter()
        self._lanes: dict[str, Lane] = {}
        self._targets: dict[str, Target] = {}
        self._lanes_read = 0.0
        self._looked = 0.0

    def run(self) -> None:
        """Work until nothing is due and nothing is in the air, or the run is long enough."""
        ends = time.monotonic() + RUN_SECONDS
        busy = True
        while busy or self._in_air.total():
            settled = self._settle()
            closing = time.monotonic() > ends
            busy = not closing and (self._look() if settled or self._time_to_look() else busy)
        if time.monotonic() > ends and work_is_due(now()):
            ring()

    def _time_to_look(self) -> bool:
        return time.monotonic() - self._looked >= LOOK_EVERY_SECONDS or not self._in_air.total()

    def _settle(self) -> int:
        """Settle every call that has ended, waiting for the first one a moment; returns how many."""
        if not self._in_air.total():
            return 0
        try:
            results = [self._results.get(timeout=SETTLE_EVERY_SECONDS)]
        except queue.Empty:
            return 0
        while len(results) < settings.COURIER_BATCH and not self._results.empty():
            results.append(self._results.get())
        self._in_air.subtract(result.call.target.lane for result in results)
        settle_sparing(results, self._lanes)
        return len(results)

    def _look(self) -> bool:
        """Take in callbacks and claim what is due; True if there was anything."""
        self._looked = time.monotonic()
        self._read_lanes()
        at = now()
        # An empty look on SQLite must not take the write lock others wait for.
        if connection.vendor == "sqlite" and not work_is_due(at):
            return False
        messages = self._take_in(at)
        calls = self._claim(at)
        self._make(calls)
        return bool(messages or calls)

    def _make(self, calls: list[Call]) -> None:
        self._in_air.update(call.target.lane for call in calls)
        self._board.make(calls, self._results)

    def _read_lanes(self) -> None:
        if time.monotonic() - self._lanes_read < LANES_EVERY_SECONDS:
            return
        self._lanes_read = time.monotonic()
        self._lanes = {lane.pk: lane for lane in Lane.objects.all()}
        self._targets = {code: _target(lane) for code, lane in self._lanes.items()}

    def _rooms(self) -> list[Room]:
        free = max(settings.COURIER_BATCH - self._in_air.total(), 0)
        lanes = [lane for lane in self._lanes.values() if lane.paused_since is None and lane.base_url]
        share = max(free // max(len(lanes), 1), 1) if free else 0
        return [Room(lane, min(lane.max_in_flight - self._in_air[lane.pk], share)) for lane in lanes]

    def _claim(self, at: datetime) -> list[Call]:
        """Claim due items and compose what they send, in one transaction; nothing is sent before it commits."""
        with transaction.atomic():
            items = claim_items(self._rooms(), at=at)
            if not items:
                return []
            cases = _cases(item.case_id for item in items)
            calling = [item for item in items if not _lost_in_the_dark(item)]
            composed = bodies_for(calling, cases, at=at)
        crash_point("after_claim")
        # A transaction of its own: settling locks cases before items, claiming locks items first.
        _hand_to_people(items, composed.broken, at)
        return [self._call(item, *composed.bodies[item.id]) for item in calling if item.id in composed.bodies]

    def _call(self, item: CaseItem, request: ServiceRequest, body: bytes) -> Call:
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
            body=b"" if asks else body,
        )

    def _take_in(self, at: datetime) -> int:
        """Settle stored callbacks; those that name documents are settled once these are fetched.

        A message is leased like an item: if this process ends before it is settled, another takes it up.
        """
        with transaction.atomic():
            messages = claim_messages(settings.COURIER_BATCH, at=at)
            if not messages:
                return 0
            calls = self._opened(messages, at)
            longest = max((call.target.timeout for call in calls), default=0.0)
            again = at + timedelta(seconds=longest + 2)
            InboxMessage.objects.filter(id__in=[call.message for call in calls]).update(due_at=again)
        crash_point("after_inbox_before_apply")
        plain = [call for call in calls if call.answer and not call.answer.documents]
        if plain:
            settle_sparing([answered(call) for call in plain], self._lanes)
        self._make([call for call in calls if call.answer and call.answer.documents])
        return len(messages)

    def _opened(self, messages: list[InboxMessage], at: datetime) -> list[Call]:
        """Return the answers in the messages as calls; one that cannot be read is closed, and polling will tell."""
        requests = ServiceRequest.objects.filter(id__in={message.request_id for message in messages})
        by_id = {request.id: request for request in requests.defer("sealed").select_related("item__case__key")}
        calls = []
        for message in messages:
            try:
                calls.append(self._fetch_call(message, by_id[message.request_id]))
            except (SealError, GarbageError, KeyError):
                log.exception("callback %s cannot be read; the department will be asked instead", message.id)
                InboxMessage.objects.filter(id=message.id).update(settled_at=at)
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
            composed_at=request.created_at,
            answer=answer,
            message=message.id,
        )


def _lost_in_the_dark(item: CaseItem) -> bool:
    """True for a blind department's item that may have been sent: it is never sent again by a machine."""
    return item.state == ItemState.UNKNOWN and item.delivery == "blind"


def _cases(case_ids: Iterable[UUID]) -> dict[UUID, Case]:
    return {case.id: case for case in Case.objects.filter(id__in=set(case_ids)).select_related("key")}


def _hand_to_people(items: list[CaseItem], broken: dict[UUID, str], at: datetime) -> None:
    """Stop what no machine may go on with: a blind call that was interrupted, and what cannot even be composed."""
    lost = Step(ItemState.UNKNOWN, work=WorkKind.UNKNOWN_OUTCOME)
    spoilt = Step(ItemState.HELD, work=WorkKind.QUARANTINED)
    steps = [(item, spoilt, broken[item.id]) for item in items if item.id in broken]
    steps += [(item, lost, "the call was interrupted") for item in items if _lost_in_the_dark(item)]
    if steps:
        with transaction.atomic():
            batch = Batch({item.case_id for item, _, _ in steps}, at=at)
            for item, step, detail in steps:
                batch.step(item.id, item.fence, step, due=None, detail=detail)
            batch.write()


def _target(lane: Lane) -> Target:
    token = open_portal_secret(lane.token, place="lane.token", row=lane.pk)
    return Target(lane.pk, lane.base_url.rstrip("/"), token, lane.timeout_seconds, frozenset(lane.safe_statuses))
