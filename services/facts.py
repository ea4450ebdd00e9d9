"""A case's facts: append-only sheets (from the application, later corrections) and what departments returned.

The pool is their merge in time order; the newest value of a key is the case's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
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


class SealedPool(NamedTuple):
    """A case's sheets and replies as stored, oldest first, not opened yet."""

    case: Case
    sheets: list[FactSheet]
    replies: list[Reply]

    def open(self) -> dict[str, PoolFact]:
        """Return the pool; SealError if something in it cannot be opened."""
        opener = sealer(self.case.key)
        pool: dict[str, PoolFact] = {}
        for sheet in self.sheets:
            opened = opener.open(sheet.sealed, place=SHEET, row=sheet.id)
            pool.update({key: PoolFact(**fact) for key, fact in opened.items()})
        for reply in self.replies:
            outputs = opener.open(reply.sealed, place=REPLY, row=reply.id)["outputs"]
            source, at = f"service:{reply.request.item.service}", reply.at.isoformat()
            pool.update({key: PoolFact(value, source, at) for key, value in outputs.items()})
        return pool


def sealed_pools(cases: Iterable[Case]) -> dict[UUID, SealedPool]:
    """Return each case's pool, unopened. Two statements, however many cases; the cases' keys must be loaded."""
    pools = {case.id: SealedPool(case, [], []) for case in cases}
    for sheet in FactSheet.objects.filter(case_id__in=pools).order_by("at", "id"):
        pools[sheet.case_id].sheets.append(sheet)
    replies = Reply.objects.filter(case_id__in=pools, applied=True, outcome="granted").order_by("at", "id")
    for reply in replies.select_related("request__item"):
        pools[reply.case_id].replies.append(reply)
    return pools


def load_pools(cases: Iterable[Case]) -> dict[UUID, dict[str, PoolFact]]:
    """Return each case's pool of facts. Two statements."""
    return {case_id: pool.open() for case_id, pool in sealed_pools(cases).items()}


def values(pool: dict[str, PoolFact]) -> dict[str, Value]:
    """Return the pool without its sources."""
    return {key: fact.value for key, fact in pool.items()}
