"""A case's facts: append-only sheets (from the application, later corrections) and what departments returned.

The pool is their merge in time order; the newest value of a key is the case's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.models import Case, FactSheet, Reply
from services.plan import Value
from services.sealing import sealer

SHEET = "factsheet.sealed"
REPLY = "reply.sealed"


@dataclass(frozen=True, slots=True)
class PoolFact:
    """One value of the pool, where it came from and when (ISO 8601)."""

    value: Value
    source: str
    at: str


def load_pools(cases: Iterable[Case]) -> dict[UUID, dict[str, PoolFact]]:
    """Return each case's pool of facts. Two statements, however many cases; the cases' keys must be loaded."""
    by_id = {case.id: case for case in cases}
    pools: dict[UUID, dict[str, PoolFact]] = {case_id: {} for case_id in by_id}
    for sheet in FactSheet.objects.filter(case_id__in=by_id).order_by("at", "id"):
        opened = sealer(by_id[sheet.case_id].key).open(sheet.sealed, place=SHEET, row=sheet.id)
        pools[sheet.case_id].update({key: PoolFact(**fact) for key, fact in opened.items()})
    replies = Reply.objects.filter(case_id__in=by_id, applied=True, outcome="granted").order_by("at", "id")
    for reply in replies.select_related("request__item"):
        opened = sealer(by_id[reply.case_id].key).open(reply.sealed, place=REPLY, row=reply.id)
        source = f"service:{reply.request.item.service}"
        pools[reply.case_id].update(_reply_facts(opened, source, reply.at))
    return pools


def _reply_facts(opened: dict[str, Any], source: str, at: datetime) -> dict[str, PoolFact]:
    moment = at.isoformat()
    return {key: PoolFact(value, source, moment) for key, value in opened["outputs"].items()}


def values(pool: dict[str, PoolFact]) -> dict[str, Value]:
    """Return the pool without its sources."""
    return {key: fact.value for key, fact in pool.items()}
