"""Claim what is due: one statement that takes rows fairly over all lanes and gives each a lease.

The same function with two SQL texts. A claim is not a move of the case (a retry by a dead worker leaves no trace but
the attempt count), so it writes no event: the attempt row and its answer do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from services.models import CaseItem, InboxMessage, Lane

# An expired lease of a row being sent means the outcome is unknown: it may have been sent.
_SET = """
  fence = t.fence + 1,
  attempts = t.attempts + 1,
  due_at = room.lease_end,
  since = CASE WHEN t.state IN ('ready', 'sending') THEN room.claimed_at ELSE t.since END,
  state = CASE t.state WHEN 'ready' THEN 'sending' WHEN 'sending' THEN 'unknown' ELSE t.state END
"""
_RETURNING = "id, case_id, key, lane_id, service, subject, delivery, state, fence, round, attempts, since, promised_at"

_POSTGRESQL = """
WITH room(lane, room, lease_end, claimed_at) AS (VALUES {rows}),
due AS (
  SELECT found.id, room.lease_end, room.claimed_at FROM room, LATERAL (
    SELECT id FROM services_caseitem
    WHERE lane_id = room.lane AND due_at <= room.claimed_at
    ORDER BY due_at LIMIT room.room FOR UPDATE SKIP LOCKED
  ) AS found
)
UPDATE services_caseitem AS t SET {set} FROM due AS room WHERE t.id = room.id
RETURNING {returning}
"""
_SQLITE = """
WITH room(lane, room, lease_end, claimed_at) AS (VALUES {rows}),
due(id) AS ({due})
UPDATE services_caseitem AS t SET {set} FROM room
WHERE t.lane_id = room.lane AND t.id IN (SELECT id FROM due)
RETURNING {returning}
"""
_SQLITE_LANE = (
    "SELECT id FROM (SELECT id FROM services_caseitem WHERE lane_id = %s AND due_at <= %s ORDER BY due_at LIMIT %s)"
)


@dataclass(frozen=True, slots=True)
class Room:
    """How many more rows of a lane a courier may take now."""

    lane: Lane
    rows: int


def claim_items(rooms: Sequence[Room], *, at: datetime) -> list[CaseItem]:
    """Lease due items of these lanes to the caller, oldest first in each lane. One statement.

    A returned item's state says what to do: sending (send it), unknown (ask, or send again by its delivery class),
    accepted (poll). Rows another courier holds are passed over.
    """
    rooms = [room for room in rooms if room.rows > 0]
    if not rooms:
        return []
    sql, parameters = _postgresql(rooms, at) if connection.vendor == "postgresql" else _sqlite(rooms, at)
    return list(CaseItem.objects.raw(sql, parameters))


def _postgresql(rooms: Sequence[Room], at: datetime) -> tuple[str, list[Any]]:
    rows = ", ".join(["(%s::varchar, %s::integer, %s::timestamptz, %s::timestamptz)"] * len(rooms))
    returning = ", ".join(f"t.{name}" for name in _RETURNING.split(", "))
    return _POSTGRESQL.format(rows=rows, set=_SET, returning=returning), _values(rooms, at)


def _sqlite(rooms: Sequence[Room], at: datetime) -> tuple[str, list[Any]]:
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(rooms))
    due = " UNION ALL ".join([_SQLITE_LANE] * len(rooms))
    moment = connection.ops.adapt_datetimefield_value(at)
    limits = [value for room in rooms for value in (room.lane.pk, moment, room.rows)]
    return _SQLITE.format(rows=rows, due=due, set=_SET, returning=_RETURNING), [*_values(rooms, at), *limits]


def _values(rooms: Sequence[Room], at: datetime) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [
        value
        for room in rooms
        for value in (room.lane.pk, room.rows, adapt(at + timedelta(seconds=room.lane.lease_seconds)), adapt(at))
    ]


def claim_messages(limit: int, *, at: datetime) -> list[InboxMessage]:
    """Lock the oldest callbacks to be settled now, until the surrounding transaction ends; others pass them over."""
    open_ones = InboxMessage.objects.filter(settled_at=None, due_at__lte=at).order_by("due_at")[:limit]
    return list(open_ones.select_for_update(skip_locked=True))


def work_is_due(at: datetime) -> bool:
    """True if a courier would find something now. At most two index look-ups."""
    return (
        CaseItem.objects.filter(due_at__lte=at, lane__in=_in_service()).exists()
        or InboxMessage.objects.filter(settled_at=None, due_at__lte=at).exists()
    )


def oldest_due() -> datetime | None:
    """Return since when the longest overdue row of a lane in service waits; None when nothing is due at all."""
    earliest = CaseItem.objects.filter(lane=OuterRef("pk"), due_at__isnull=False).order_by("due_at").values("due_at")
    lanes = _in_service().annotate(oldest=Subquery(earliest[:1])).filter(oldest__isnull=False)
    message = InboxMessage.objects.filter(settled_at=None).order_by("due_at").values_list("due_at", flat=True).first()
    dues = [*lanes.values_list("oldest", flat=True), *([message] if message else [])]
    return min(dues, default=None)


def _in_service() -> QuerySet[Lane]:
    """Lanes a courier may use: with an address, and not paused."""
    return Lane.objects.filter(paused_since=None).exclude(base_url="")
