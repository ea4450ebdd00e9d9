"""Watches a process from inside: sends after the lease had ended, writes of old claims, freezes at crash points.

It changes nothing. What it sees goes to HARNESS_WATCH, one JSON object a line: {"kind", "request" or "pid", …}.
Kinds: `late` (a send begun though the lease was over: a look at the clock would have told), `frozen` (begun in time,
but the process stood still between that and the bytes), `stale` (an old claim moved an item), `stopped` (froze itself).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from django.conf import settings as django_settings

from lifeevents import applications
from services import courier, inbox, settle, sweep
from services.connectors import switchboard
from services.connectors.base import Call, CallResult
from services.crash_points import crash_point

settings: Any = django_settings  # the harness has settings of its own beside the product's


@dataclass(slots=True)
class Sending:
    """One call: the moment (monotonic) its lease ends, and whether it began after that."""

    request: UUID
    deadline: float
    late: bool


_deadlines: dict[tuple[UUID, int], float] = {}
_sending: ContextVar[Sending | None] = ContextVar("sending", default=None)


def install() -> None:
    """Put the watcher around claim, send, settle and the crash points of this process."""
    _watch_claims()
    _watch_sends()
    _watch_settling()
    if settings.HARNESS_FREEZES:
        # They have imported it by name.
        for name, module in list(sys.modules.items()):
            ours = name.startswith(("services.", "lifeevents.")) and name != crash_point.__module__
            if ours and vars(module).get("crash_point") is crash_point:
                vars(module)["crash_point"] = freeze_or_crash


def note(kind: str, **what: Any) -> None:
    """Add a line to the log that all processes share; one write, so that lines never mix."""
    with Path(settings.HARNESS_WATCH).open("a") as log:
        log.write(json.dumps({"kind": kind, **what}) + "\n")


def freeze_or_crash(name: str) -> None:
    """Stand still here until the harness wakes this process, with the chance HARNESS_FREEZES gives; or crash."""
    if random.random() < settings.HARNESS_FREEZES.get(name, 0.0):
        note("stopped", pid=os.getpid(), at=name)
        os.kill(os.getpid(), signal.SIGSTOP)
    crash_point(name)


def _watch_claims() -> None:
    claim = vars(courier)["claim_items"]

    def watched(rooms: Sequence[Any], *, at: Any) -> list[Any]:
        began = time.monotonic()
        leases = {room.lane.pk: room.lane.lease_seconds for room in rooms}
        items: list[Any] = claim(rooms, at=at)
        for item in items:
            _deadlines[item.id, item.fence] = began + leases[item.lane_id]
        return items

    vars(courier)["claim_items"] = watched


def _watch_sends() -> None:
    perform, new_session = vars(switchboard)["perform"], vars(switchboard)["new_session"]

    async def watched(session: aiohttp.ClientSession, call: Call, *rest: Any) -> CallResult:
        deadline = _deadlines.pop((call.item, call.fence), float("inf"))
        if call.kind == "send":
            _sending.set(Sending(call.request, deadline, time.monotonic() > deadline))
        result: CallResult = await perform(session, call, *rest)
        return result

    def watched_session() -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = new_session()
        trace = aiohttp.TraceConfig()
        trace.on_request_chunk_sent.append(_bytes_go)
        trace.freeze()
        session._trace_configs.append(trace)
        return session

    vars(switchboard).update(perform=watched, new_session=watched_session)


async def _bytes_go(*_: Any) -> None:
    sending = _sending.get()
    if sending is not None and time.monotonic() > sending.deadline:
        note("late" if sending.late else "frozen", request=str(sending.request))


def _watch_settling() -> None:
    apply = settle._apply

    def watched(batch: Any, result: CallResult, *rest: Any) -> Any:
        item = batch.items[result.call.item]
        stale = result.call.kind != "fetch" and result.call.fence != item.fence
        before = (item.state, item.due_at)
        outcome = apply(batch, result, *rest)
        if stale and (item.state, item.due_at) != before:
            note("stale", request=str(result.call.request), was=before[0], now=item.state)
        return outcome

    vars(settle)["_apply"] = watched


__all__ = ["applications", "inbox", "install", "sweep"]
