"""The one door for answers, whichever way they came: response, poll, callback.

A batch of answers is applied in one transaction: cases locked in id order (so two siblings settled at once both see
the truth), items moved, followers released, everything recorded. The number of statements does not grow with the
batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from services.batch import Batch
from services.clock import now
from services.connectors.base import Call, CallResult
from services.crash_points import crash_point
from services.models import Attempt, Case, InboxMessage, Lane
from services.retries import Step, Trouble, next_step, poll_wait
from services.states import CallEnd, ItemState, WorkKind

log = logging.getLogger(__name__)

CHANNELS = {"send": "response", "ask": "poll", "fetch": "callback"}


@transaction.atomic
def settle_calls(results: Sequence[CallResult], lanes: dict[str, Lane]) -> int:
    """Apply how these calls ended; returns how many items moved. A late result of an old claim changes nothing."""
    at = now()
    batch = Batch({result.call.case for result in results}, at=at)
    for result in results:
        _apply(batch, result, lanes, at)
    Attempt.objects.bulk_create(_attempt(result, at) for result in results if result.call.kind != "fetch")
    moved = batch.write()
    fetched = [result.call.message for result in results if result.call.message and result.end == CallEnd.DONE]
    _close_messages(fetched, at)
    crash_point("after_result_before_commit")
    return moved


def settle_sparing(results: Sequence[CallResult], lanes: dict[str, Lane]) -> int:
    """Settle a batch; one result that cannot be settled is handed to a person and spares the others.

    Trouble with the database itself is not caught: leases decide, once it is back.
    """
    try:
        return settle_calls(results, lanes)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a batch of %s results could not be settled", len(results))
        if len(results) == 1:
            quarantine(results[0].call)
            return 0
    return sum(settle_sparing([result], lanes) for result in results)


@transaction.atomic
def quarantine(call: Call) -> None:
    """Stop an item whose results break us, and tell a person."""
    at = now()
    batch = Batch({call.case}, at=at)
    step = Step(ItemState.HELD, work=WorkKind.QUARANTINED)
    batch.step(call.item, call.fence, step, due=None, detail="its answers cannot be processed; see the log")
    batch.write()
    _close_messages([call.message] if call.message else [], at)


def _apply(batch: Batch, result: CallResult, lanes: dict[str, Lane], at: datetime) -> None:
    call = result.call
    if result.end == CallEnd.DONE and result.answer is not None:
        batch.answer(call.item, call.request, CHANNELS[call.kind], result.answer, fence=_fence(result))
    elif call.kind == "fetch":
        log.warning("documents of a callback could not be fetched: %s", result.detail)
    elif result.end == CallEnd.DONE and result.accepted is not None:
        until = (result.accepted.expected - at).total_seconds() if result.accepted.expected else None
        item = batch.items[call.item]
        in_state = (at - item.since).total_seconds() if call.state == ItemState.ACCEPTED else 0.0
        due = at + timedelta(seconds=poll_wait(until_expected=until, in_state=in_state))
        batch.accept(call.item, call.request, call.fence, result.accepted, due=due)
    else:
        _trouble(batch, result, lanes, at)


def _fence(result: CallResult) -> int | None:
    """A callback's documents were fetched under no claim; everything else must still hold its claim."""
    return None if result.call.kind == "fetch" else result.call.fence


def _trouble(batch: Batch, result: CallResult, lanes: dict[str, Lane], at: datetime) -> None:
    call, lane, item = result.call, lanes[result.call.target.lane], batch.items[result.call.item]
    step = next_step(
        Trouble(
            end=result.end,
            state=call.state,
            delivery=call.delivery,
            attempts=item.attempts,
            in_state=(at - item.since).total_seconds(),
            age=(at - call.composed_at).total_seconds(),
            absent_is_final_after=lane.timeout_seconds + lane.work_seconds,
            retry_after=result.retry_after,
        )
    )
    if step.pause_lane:
        pause_lane(lane, at=at, reason=f"{call.kind} answered {result.detail}; check address, token and services")
    due = at + timedelta(seconds=step.wait) if step.wait is not None else None
    batch.step(call.item, call.fence, step, due=due, detail=result.detail)


def pause_lane(lane: Lane, *, at: datetime, reason: str) -> None:
    """Stop sending to a department until an operator has mended the set-up. Nothing happens if it is paused."""
    if Lane.objects.filter(pk=lane.pk, paused_since=None).update(paused_since=at, pause_reason=reason[:300]):
        log.error("lane %s paused: %s", lane.pk, reason)


def _attempt(result: CallResult, at: datetime) -> Attempt:
    return Attempt(
        request_id=result.call.request,
        kind=result.call.kind,
        at=at - timedelta(milliseconds=result.milliseconds),
        milliseconds=result.milliseconds,
        status_code=result.status_code,
        end=result.end,
        detail=result.detail[:200],
    )


def _close_messages(messages: Iterable[UUID], at: datetime) -> None:
    if ids := list(messages):
        InboxMessage.objects.filter(id__in=ids).update(settled_at=at)


@transaction.atomic
def rederive(case_ids: Iterable[UUID]) -> int:
    """Release again whatever these cases' states allow; a safety net that normally finds nothing."""
    batch = Batch(set(case_ids), at=now())
    for case_id in batch.cases:
        batch.touch(case_id)
    return batch.write()


def overlooked_cases(*, before: datetime, limit: int = 100) -> list[UUID]:
    """Return open cases in which nothing is due and nothing has changed since ``before``."""
    quiet = Case.objects.filter(settled_at=None, changed_at__lt=before)
    return list(quiet.exclude(items__due_at__isnull=False).order_by("changed_at").values_list("id", flat=True)[:limit])
