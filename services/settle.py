"""The one door for answers, whichever way they came: response, poll, callback.

A batch of answers is applied in one transaction: cases locked in id order (so two siblings settled at once both see
the truth), items moved, followers released, everything recorded. The number of statements does not grow with the
batch.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import Exists, OuterRef

from services.batch import WORK_DUE, Batch
from services.clock import now
from services.connectors.base import Call, CallResult
from services.crash_points import crash_point
from services.models import Attempt, Case, CaseItem, InboxMessage, Lane
from services.retries import Step, Trouble, next_step, poll_wait
from services.states import TERMINAL, CallEnd, ItemState, WorkKind

log = logging.getLogger(__name__)

DOCUMENTS_WITHIN = timedelta(hours=1)
"""A decision waits this long for its documents, then stands without them and a person is told."""
DATABASE_WAITS = (0.2, 1.0)

CHANNELS = {"send": "response", "ask": "poll", "fetch": "callback"}


def settle_calls(results: Sequence[CallResult], lanes: dict[str, Lane]) -> int:
    """Apply how these calls ended; returns how many items moved. A late result of an old claim changes nothing."""
    at = now()
    pauses: dict[str, str] = {}
    with transaction.atomic():
        moved = _settle(results, lanes, pauses, at)
    # Afterwards, and in order: two couriers that pause the same lanes must not wait for each other.
    for code in sorted(pauses):
        pause_lane(lanes[code], at=at, reason=pauses[code])
    return moved


def _settle(results: Sequence[CallResult], lanes: dict[str, Lane], pauses: dict[str, str], at: datetime) -> int:
    batch = Batch({result.call.case for result in results}, at=at)
    closed = [result.call.message for result in results if _apply(batch, result, lanes, pauses, at)]
    Attempt.objects.bulk_create(_attempt(result, at) for result in results if result.call.kind != "fetch")
    moved = batch.write()
    _close_messages(filter(None, closed), at)
    crash_point("after_result_before_commit")
    return moved


def settle_sparing(results: Sequence[CallResult], lanes: dict[str, Lane]) -> int:
    """Settle a batch; one result that cannot be settled is handed to a person and spares the others.

    If the database stays away, the results are given up: leases decide, once it is back.
    """
    try:
        return _patiently(results, lanes)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a batch of %s results could not be settled", len(results))
        if len(results) == 1:
            quarantine(results[0].call)
            return 0
    return sum(settle_sparing([result], lanes) for result in results)


def _patiently(results: Sequence[CallResult], lanes: dict[str, Lane]) -> int:
    """Settle, and try again after a deadlock or while the database restarts: finished answers are worth a second."""
    for wait in DATABASE_WAITS:
        try:
            return settle_calls(results, lanes)
        except (OperationalError, InterfaceError) as error:
            log.warning("the database did not take %s results (%s)", len(results), type(error).__name__)
            close_old_connections()
            time.sleep(wait)
    return settle_calls(results, lanes)


@transaction.atomic
def quarantine(call: Call) -> None:
    """Stop an item whose results break us, and tell a person."""
    at = now()
    batch = Batch({call.case}, at=at)
    detail = "its answers cannot be processed; see the log"
    batch.step(call.item, call.fence, Step(ItemState.HELD), due=None, detail=detail)
    batch.need_person(WorkKind.QUARANTINED, batch.items[call.item], reason=detail)
    batch.write()
    _close_messages([call.message] if call.message else [], at)


def _apply(batch: Batch, result: CallResult, lanes: dict[str, Lane], pauses: dict[str, str], at: datetime) -> bool:
    """Apply one result; False if it must be tried again by itself (a callback whose documents are not there yet)."""
    call = result.call
    if result.answer is not None and not _worth_another_try(result, at):
        batch.answer(call.item, call.request, CHANNELS[call.kind], result.answer, fence=_fence(result))
    elif call.kind == "fetch":
        return False
    elif result.accepted is not None:
        batch.accept(call.item, call.request, call.fence, result.accepted, due=_ask_at(batch, result, at))
    else:
        _trouble(batch, result, lanes, pauses, at)
    return True


def _worth_another_try(result: CallResult, at: datetime) -> bool:
    """True for a decision whose documents could not be fetched, if asking again is safe and it is not an hour old."""
    call = result.call
    if result.answer is None or not any(document.missing for document in result.answer.documents):
        return False
    repeatable = call.kind == "fetch" or call.delivery != "blind"
    return repeatable and at - call.composed_at < DOCUMENTS_WITHIN


def _ask_at(batch: Batch, result: CallResult, at: datetime) -> datetime:
    """Return when an accepted item is looked at next: polled, or at a blind department found to be late."""
    call, item, accepted = result.call, batch.items[result.call.item], result.accepted
    if call.delivery == "blind":
        return max(item.promised_at, at + WORK_DUE)
    until = (accepted.expected - at).total_seconds() if accepted and accepted.expected else None
    in_state = (at - item.since).total_seconds() if call.state == ItemState.ACCEPTED else 0.0
    return at + timedelta(seconds=poll_wait(until_expected=until, in_state=in_state))


def _fence(result: CallResult) -> int | None:
    """A callback's documents were fetched under no claim; everything else must still hold its claim."""
    return None if result.call.kind == "fetch" else result.call.fence


def _trouble(batch: Batch, result: CallResult, lanes: dict[str, Lane], pauses: dict[str, str], at: datetime) -> None:
    call, lane, item = result.call, lanes[result.call.target.lane], batch.items[result.call.item]
    step = next_step(
        Trouble(
            # A decision without its documents is as good as none, and asked for again.
            end=CallEnd.UNKNOWN if result.end == CallEnd.DONE else result.end,
            state=call.state,
            delivery=call.delivery,
            attempts=item.attempts,
            in_state=(at - item.since).total_seconds(),
            in_trouble=(at - (item.trouble_since or at)).total_seconds(),
            absent_is_final_after=lane.timeout_seconds + lane.work_seconds,
            retry_after=result.retry_after,
        )
    )
    if step.pause_lane:
        pauses[lane.pk] = f"{call.kind} answered {result.detail}; check address, token and services"
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
    """Return open cases unchanged since ``before`` in which nothing moves and nobody is asked."""
    moving = CaseItem.objects.filter(case=OuterRef("pk")).exclude(state__in=[*TERMINAL, ItemState.WAITING])
    quiet = Case.objects.filter(~Exists(moving), settled_at=None, changed_at__lt=before)
    return list(quiet.order_by("changed_at").values_list("id", flat=True)[:limit])
