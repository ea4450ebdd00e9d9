"""Compose what is sent: exactly the elements the plan names, sealed once, and sent byte for byte ever after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.conf import settings

from services.cases import request_id
from services.conditions import evaluate
from services.facts import load_pools, values
from services.models import Case, CaseItem, Document, ServiceRequest
from services.plan import Plan, PlanItem, Value
from services.plans import load_plan
from services.release import payload
from services.sealing import sealer

BODY = "servicerequest.sealed"
Bodies = dict[UUID, tuple[ServiceRequest, bytes]]


def bodies_for(items: Sequence[CaseItem], cases: dict[UUID, Case], *, at: datetime) -> Bodies:
    """Return each item's request and its body, composing those never sent before. At most five statements."""
    rounds = {(item.id, item.round): item for item in items}
    found: Bodies = {}
    for request in ServiceRequest.objects.filter(item_id__in={item.id for item in items}):
        item = rounds.pop((request.item_id, request.round), None)
        if item is not None:
            found[item.id] = (
                request,
                sealer(cases[item.case_id].key).open_bytes(request.sealed, place=BODY, row=request.id),
            )
    fresh = _compose(list(rounds.values()), cases, at)
    ServiceRequest.objects.bulk_create(request for request, _ in fresh.values())
    return found | fresh


def _compose(items: Sequence[CaseItem], cases: dict[UUID, Case], at: datetime) -> Bodies:
    if not items:
        return {}
    wanted = {item.case_id: cases[item.case_id] for item in items}
    pools = {case_id: values(pool) for case_id, pool in load_pools(wanted.values()).items()}
    plans = {case_id: load_plan(case.plan_id) for case_id, case in wanted.items()}
    documents = _documents(wanted.values(), plans.values())
    return {
        item.id: _request(item, wanted[item.case_id], plans[item.case_id], pools[item.case_id], documents, at)
        for item in items
    }


def _documents(cases: Iterable[Case], plans: Iterable[Plan]) -> dict[tuple[UUID, str], Document]:
    """Return the cases' documents by (case, slot), without their content. No statement when no plan sends any."""
    if not any(item.documents for plan in plans for item in plan.items):
        return {}
    rows = Document.objects.filter(case__in=list(cases)).defer("sealed").order_by("created_at")
    return {(row.case_id, row.slot): row for row in rows if row.case_id}


def _request(
    item: CaseItem,
    case: Case,
    plan: Plan,
    pool: dict[str, Value],
    documents: dict[tuple[UUID, str], Document],
    at: datetime,
) -> tuple[ServiceRequest, bytes]:
    planned = plan.by_key[item.key]
    key = request_id(case.id, item, item.round)
    body = orjson.dumps(
        {
            "request": str(key),
            "case": case.reference,
            "service": item.service,
            "subject": item.subject,
            "round": item.round,
            "bundle_version": case.bundle_version,
            "data": payload(planned, pool),
            "documents": _enclosed(planned, case.id, pool, documents),
            "reply_to": f"{settings.PORTAL_URL}/api/v1/departments/{item.lane_id}/replies",
            "due": item.promised_at.date().isoformat(),
        },
        option=orjson.OPT_SORT_KEYS,
    )
    request = ServiceRequest(
        id=key,
        item=item,
        round=item.round,
        sealed=sealer(case.key).seal_bytes(body, place=BODY, row=key),
        payload_hash=hashlib.sha256(body).hexdigest(),
        created_at=at,
    )
    return request, body


def _enclosed(
    planned: PlanItem, case_id: UUID, pool: dict[str, Value], documents: dict[tuple[UUID, str], Document]
) -> list[dict[str, str]]:
    enclosed = []
    for slot in planned.documents:
        document = documents.get((case_id, slot.slot))
        if document is not None and evaluate(slot.when, pool.get) is True:
            href = f"{settings.PORTAL_URL}/api/v1/documents/{document.id}"
            entry = {"id": str(document.id), "evidence": slot.evidence, "media_type": document.media_type}
            enclosed.append({**entry, "sha256": document.sha256, "href": href})
    return enclosed
