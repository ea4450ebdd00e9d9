"""Open a case: the one moment at which everything a citizen sent becomes rows, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from services.audit import Happening, chain
from services.clock import now
from services.crash_points import crash_point
from services.doorbell import ring_after_commit
from services.facts import SHEET
from services.models import Case, CaseEvent, CaseItem, DataKey, Document, FactSheet, Person, PersonIndex
from services.plan import Plan, PlanItem
from services.plans import store_plan
from services.references import new_reference
from services.release import initial_states
from services.sealing import index_hash, sealer
from services.states import CaseStatus, ItemState
from services.working_days import promise


@dataclass(frozen=True, slots=True)
class Identity:
    """Something a person can be found by, kept only as a keyed hash."""

    role: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Filing:
    """What lifeevents hands down: who, the plan, the facts ``{key: {"value", "source", "at"}}``, the documents."""

    applicant: Person
    key: DataKey
    plan: Plan
    facts: dict[str, dict[str, Any]]
    actor: str
    documents: Sequence[Document] = ()
    identities: Sequence[Identity] = field(default=())


@transaction.atomic
def open_case(filing: Filing) -> Case:
    """Write the case, its items, facts and first event, and ring after commit. 9 statements, whatever the size."""
    at = now()
    case = _case(filing, at)
    states = initial_states(filing.plan, lambda key: filing.facts.get(key, {}).get("value"))
    items = [_item(case, item, position, states[item.key], at) for position, item in enumerate(filing.plan.items)]
    happening = Happening("filed", filing.actor, parameters={"items": [item.key for item in filing.plan.items]})
    events = chain(case, [happening], at=at, sealer=sealer(filing.key))
    case.save(force_insert=True)
    CaseItem.objects.bulk_create(items)
    crash_point("mid_filing_transaction")
    _store_facts(case, filing, at)
    CaseEvent.objects.bulk_create(events)
    PersonIndex.objects.bulk_create(
        PersonIndex(case=case, role=who.role, kind=who.kind, hmac=index_hash(who.kind, who.value))
        for who in filing.identities
    )
    ring_after_commit()
    return case


def _case(filing: Filing, at: datetime) -> Case:
    plan = filing.plan
    return Case(
        id=uuid.uuid4(),
        reference=new_reference(),
        bundle=plan.bundle,
        bundle_version=plan.version,
        plan_id=store_plan(plan),
        key=filing.key,
        applicant=filing.applicant,
        status=CaseStatus.IN_PROGRESS,
        filed_at=at,
        changed_at=at,
        promised_at=promise(at, plan.promise_days),
    )


def _item(case: Case, item: PlanItem, position: int, state: str, at: datetime) -> CaseItem:
    return CaseItem(
        id=item_id(case.id, item.key),
        case=case,
        key=item.key,
        position=position,
        service=item.service,
        subject=item.subject,
        lane_id=item.department,
        delivery=item.delivery,
        state=state,
        due_at=at if state == ItemState.READY else None,
        since=at,
        promised_at=promise(at, item.done_after_days),
    )


def _store_facts(case: Case, filing: Filing, at: datetime) -> None:
    sheet = FactSheet(id=uuid.uuid4(), case=case, origin="application", at=at)
    sheet.sealed = sealer(filing.key).seal(filing.facts, place=SHEET, row=sheet.id)
    sheet.save(force_insert=True)
    for document in filing.documents:
        document.case = case
    Document.objects.bulk_create(filing.documents)
    Document.objects.filter(key=filing.key, case=None).update(case=case)


def item_id(case_id: uuid.UUID, key: str) -> uuid.UUID:
    """Return an item's id, the same after any restore."""
    return uuid.uuid5(case_id, key)


def request_id(case_id: uuid.UUID, item: CaseItem, round_: int) -> uuid.UUID:
    """Return the id of one sending, which is its idempotency key: a restore can never mint another."""
    return uuid.uuid5(case_id, f"{item.service}|{item.subject}|{round_}")
