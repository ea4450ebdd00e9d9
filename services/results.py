"""One case as people see it: every item with its state and outcome, what came out, what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from services.clock import now
from services.facts import REPLY, PoolFact, load_pools
from services.forecast import Standing, expected_at
from services.models import Attempt, Case, CaseEvent, CaseItem, Document, Reply
from services.plan import Plan, PlanItem, Text, Value
from services.plans import load_plan
from services.sealing import Sealer, sealer
from services.states import TERMINAL, WITH_DEPARTMENT, ItemState


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item: ``outputs`` by fact key, ``reasons`` in the department's own words, ``documents`` it returned."""

    row: CaseItem
    planned: PlanItem
    department: Text
    attempts: int
    outputs: dict[str, Value]
    reasons: tuple[dict[str, Any], ...]
    documents: tuple[Document, ...]

    @property
    def state(self) -> ItemState:
        return ItemState(self.row.state)

    @property
    def ended(self) -> bool:
        return self.row.state in TERMINAL

    @property
    def with_department(self) -> bool:
        return self.row.state in WITH_DEPARTMENT


@dataclass(frozen=True, slots=True)
class EventView:
    """One entry of the timeline; ``parameters`` opened."""

    seq: int
    at: datetime
    kind: str
    item: PlanItem | None
    actor: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Everything one page needs about a case."""

    case: Case
    plan: Plan
    items: tuple[ItemView, ...]
    events: tuple[EventView, ...]
    expected_at: datetime

    @property
    def done(self) -> int:
        return sum(item.state == ItemState.GRANTED for item in self.items)

    @property
    def waiting_for(self) -> tuple[ItemView, ...]:
        """The items departments are working on, longest first."""
        return tuple(sorted((item for item in self.items if item.with_department), key=lambda item: item.row.since))


def case_result(case: Case) -> CaseResult:
    """Read a case. The number of statements does not depend on its size."""
    plan = load_plan(case.plan_id)
    rows = list(CaseItem.objects.filter(case=case).order_by("position"))
    opener = sealer(case.key)
    pool = load_pools([case])[case.id]
    attempts = dict(
        Attempt.objects.filter(request__item__case=case).values_list("request__item").annotate(count=Count("id"))
    )
    documents = list(
        Document.objects.filter(case=case, origin__startswith="service:").defer("sealed").order_by("created_at")
    )
    reasons = _reasons(case, opener)
    items = tuple(_item(row, plan, attempts.get(row.id, 0), pool, reasons, documents) for row in rows)
    standings = {row.key: Standing(row.state, row.since) for row in rows}
    return CaseResult(case, plan, items, _events(case, plan, opener), expected_at(plan, standings, at=now()))


def _item(
    row: CaseItem,
    plan: Plan,
    attempts: int,
    pool: dict[str, PoolFact],
    reasons: dict[Any, tuple[dict[str, Any], ...]],
    documents: list[Document],
) -> ItemView:
    mine = [doc for doc in documents if doc.origin == f"service:{row.service}" and _subject(doc) == row.subject]
    return ItemView(
        row=row,
        planned=plan.by_key[row.key],
        department=plan.departments[row.lane_id],
        attempts=attempts,
        outputs={key: pool[key].value for key in row.outputs if key in pool},
        reasons=reasons.get(row.id, ()),
        documents=tuple(mine),
    )


def _subject(document: Document) -> str:
    return document.slot.partition("/")[2]


def _reasons(case: Case, opener: Sealer) -> dict[Any, tuple[dict[str, Any], ...]]:
    """Return what departments said about refusals and corrections, by item id; the latest applied answer counts."""
    replies = Reply.objects.filter(case=case, applied=True).exclude(outcome="granted").order_by("at")
    return {
        reply.request.item_id: tuple(opener.open(reply.sealed, place=REPLY, row=reply.id)["reasons"])
        for reply in replies.select_related("request")
    }


def _events(case: Case, plan: Plan, opener: Sealer) -> tuple[EventView, ...]:
    return tuple(
        EventView(
            seq=event.seq,
            at=event.at,
            kind=event.kind,
            item=plan.by_key.get(event.item_key),
            actor=event.actor,
            parameters=opener.open(event.sealed, place="event.sealed", row=f"{case.id}/{event.seq}")
            if event.sealed
            else {},
        )
        for event in CaseEvent.objects.filter(case=case).order_by("seq")
    )


def case_document(result: CaseResult) -> dict[str, Any]:
    """Return the JSON document of ``show_case`` (docs: Commands)."""
    case = result.case
    return {
        "reference": case.reference,
        "status": case.status,
        "bundle": case.bundle,
        "bundle_version": case.bundle_version,
        "filed_at": case.filed_at.isoformat(),
        "promised_for": case.promised_at.isoformat(),
        "expected_for": result.expected_at.isoformat(),
        "settled_at": case.settled_at.isoformat() if case.settled_at else None,
        "items": [_item_document(item) for item in result.items],
        "events": [_event_document(event) for event in result.events],
    }


def _item_document(item: ItemView) -> dict[str, Any]:
    row = item.row
    return {
        "service": row.service,
        "subject": row.subject,
        "department": row.lane_id,
        "state": row.state,
        "since": row.since.isoformat(),
        "rounds": row.round,
        "attempts": item.attempts,
        "outputs": item.outputs,
        "reasons": list(item.reasons),
    }


def _event_document(event: EventView) -> dict[str, Any]:
    item = event.item.key if event.item else None
    return {"seq": event.seq, "at": event.at.isoformat(), "kind": event.kind, "item": item, "actor": event.actor}
