"""What there is to judge by: the ledger, the citizens' own log, the database, the watchers' notes. Values only."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from services.states import TERMINAL

Identity = tuple[str, str, str, int]
"""Case reference, service, subject, round."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item as the database has it; `work` the kinds of its open work items."""

    case: str
    key: str
    service: str
    subject: str
    delivery: str
    state: str
    round: int
    due_at: datetime | None
    since: datetime
    outputs: int
    work: frozenset[str]
    request: str
    payload_hash: str
    composed_at: datetime | None
    messages: int
    unread: int
    applied: int

    @property
    def identity(self) -> Identity:
        return (self.case, self.service, self.subject, self.round)

    @property
    def is_open(self) -> bool:
        return self.state not in TERMINAL


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run's end. `ledger` by identity; `late`, `frozen` request ids sent after their lease; `stale` writes."""

    acknowledged: list[str]
    cases: dict[str, str]
    items: list[Item]
    ledger: dict[Identity, dict[str, Any]]
    totals: dict[str, int]
    late: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    stale: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    by_case: dict[str, list[Item]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grouped: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            grouped[item.case].append(item)
        self.by_case.update(grouped)


CASES = "SELECT reference, status FROM services_case"
PAUSED = "SELECT department_id FROM services_lane WHERE paused_since IS NOT NULL"
ITEMS = """
SELECT c.reference, i.key, i.service, i.subject, i.delivery, i.state, i.round, i.due_at, i.since,
  jsonb_array_length(i.outputs),
  ARRAY(SELECT w.kind FROM services_workitem w WHERE w.item_id = i.id AND w.closed_at IS NULL),
  coalesce(r.id::text, ''), coalesce(r.payload_hash, ''), r.created_at,
  (SELECT count(*) FROM services_inboxmessage m WHERE m.request_id = r.id),
  (SELECT count(*) FROM services_inboxmessage m WHERE m.request_id = r.id AND m.settled_at IS NULL),
  (SELECT count(*) FROM services_reply a WHERE a.request_id = r.id AND a.applied)
FROM services_caseitem i JOIN services_case c ON c.id = i.case_id
LEFT JOIN services_servicerequest r ON r.item_id = i.id AND r.round = i.round
ORDER BY c.reference, i.position
"""
MOVING = """
SELECT (SELECT count(*) FROM services_caseitem WHERE due_at IS NOT NULL),
  (SELECT count(*) FROM services_inboxmessage WHERE settled_at IS NULL)
"""
COUNTS = """
SELECT count(*), count(*) FILTER (WHERE settled_at IS NOT NULL) FROM services_case
"""
BRING_FORWARD = """
UPDATE services_caseitem SET due_at = now()
WHERE state IN ('ready', 'unknown', 'accepted') AND due_at > now() + make_interval(secs => %s)
"""


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Return what a statement finds."""
    with closing(psycopg2.connect(url, connect_timeout=5)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def moving(url: str) -> int:
    """Return how many items and callbacks a machine has still to do something about."""
    return int(sum(rows(url, MOVING)[0]))


def bring_forward(url: str, seconds: float) -> int:
    """Make due now what waits longer than this for its next try; returns how many.

    The waits are the product's own (up to an hour after many tries): a run cannot sit them out, a clerk could neither.
    """
    with closing(psycopg2.connect(url, connect_timeout=5)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(BRING_FORWARD, [seconds])
        return int(cursor.rowcount)


def items(url: str) -> list[Item]:
    """Return every item of every case."""
    found = []
    for row in rows(url, ITEMS):
        values: Any = (*row[:10], frozenset(row[10]), *row[11:])
        found.append(Item(*values))
    return found


def ledger_by_identity(ledger: Any) -> dict[Identity, dict[str, Any]]:
    """Return the departments' entries by what they are about."""
    return {(e["case"], e["service"], e["subject"], e["round"]): e for e in ledger["entries"]}
