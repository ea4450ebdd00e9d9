"""When everything will be over, as things stand: the critical path over what is left. PURE but for the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.plan import Plan
from services.states import TERMINAL, ItemState
from services.working_days import promise, working_days_between


@dataclass(frozen=True, slots=True)
class Standing:
    """How one item stands: its state and since when."""

    state: str
    since: datetime


def remaining_days(plan: Plan, standings: Mapping[str, Standing], *, at: datetime) -> Decimal:
    """Return the working days the rest of the plan needs if every department keeps its promised days from here."""
    finish: dict[str, Decimal] = {}
    for item in plan.items:
        standing = standings[item.key]
        if standing.state in TERMINAL:
            finish[item.key] = Decimal(0)
            continue
        start = max((finish[edge.item] for edge in item.waits_for), default=Decimal(0))
        left = item.promised_days
        if standing.state not in (ItemState.WAITING, ItemState.READY):
            left = max(left - working_days_between(standing.since, at), Decimal(0))
        finish[item.key] = start + left
    return max(finish.values(), default=Decimal(0))


def expected_at(plan: Plan, standings: Mapping[str, Standing], *, at: datetime) -> datetime:
    """Return the forecast: the end of the day by which the rest should be done."""
    return promise(at, remaining_days(plan, standings, at=at))
