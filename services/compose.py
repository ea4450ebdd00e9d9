"""Compose what is sent: exactly the elements the plan names, sealed once, and sent byte for byte ever after."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from services.cases import request_id
from services.conditions import evaluate
from services.facts import sealed_pools, values
from services.models import Case, CaseItem, Document, ServiceRequest
from services.plan import Plan, PlanItem, Value
from services.plans import load_plan
from services.release import payload
from services.sealing import sealer

BODY = "servicerequest.sealed"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """Item id → its request and body, and apart from them what is wrong with the items that have none."""

    bodies: dict[UUID, tuple[ServiceRequest, bytes]]
    broken: dict[UUID, str]

    @contextmanager
    def sparing(self, item: CaseItem) -> Iterator[None]:
        """Note an item that fails in here as broken and go on with the others."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on
            log.exception("item %s cannot be composed", item.id)
            self.broken[item.id] = f"cannot be composed ({type(error).__name__})"


def bodies_for(items: Sequence[CaseItem], cases: dict[UUID, Case], *, at: datetime) -> Composed:
    """Return each item's request and its body, composing those never sent before. At most five statements.

    An item that cannot be composed (its key was destroyed, its plan names what is not there) is returned apart, so
    that it stops nobody else.
    """
    composed = Composed({}, {})
    rounds = {(item.id, item.round): item for item in items}
    for request in ServiceRequest.objects.filter(item_id__in={item.id for item in items}):
        item = rounds.pop((request.item_id, request.round), None)
        if item is not None:
            with composed.sparing(item):
                body = sealer(cases[item.case_id].key).open_bytes(request.sealed, place=BODY, row=request.id)
                composed.bodies[item.id] = (request, body)
    fresh = _compose(list(rounds.values()), cases, composed, at)
    ServiceRequest.objects.bulk_create(fresh)
    return composed


def _compose(
    items: Sequence[CaseItem], cases: dict[UUID, Case], composed: Composed, at: datetime
) -> list[ServiceRequest]:
    if not items:
        return []
    wanted = {item.case_id: cases[item.case_id] for item in items}
    sealed = sealed_pools(wanted.values())
    documents = _documents(wanted)
    pools: dict[UUID, dict[str, Value]] = {}
    fresh = []
    for item in items:
        with composed.sparing(item):
            if item.case_id not in pools:
                pools[item.case_id] = values(sealed[item.case_id].open())
            case = wanted[item.case_id]
            made = _request(item, case, load_plan(case.plan_id), pools[item.case_id], documents, at)
            composed.bodies[item.id] = made
            fresh.append(made[0])
    return fresh


def _documents(cases: dict[UUID, Case]) -> dict[tuple[UUID, str], Document]:
    """Return what the citizens enclosed, by (case, slot), without content; what departments issued is not passed on."""
    rows = Document.objects.filter(case__in=list(cases)).exclude(origin__startswith="service:")
    rows = rows.defer("sealed").order_by("created_at")
    return {(row.case_id, row.slot): row for row in rows if row.case_id}


def _request(
    item: CaseItem,
    case: Case,
    plan: Plan,
    pool: dict[str, Value],
    documents: dict[tuple[UUID, str], Document],
    at: datetime,
) -> tuple[ServiceRequest, bytes]:
    key = request_id(case.id, item, item.round)
    body = orjson.dumps(_document_of(item, case, plan, pool, documents), option=orjson.OPT_SORT_KEYS)
    request = ServiceRequest(id=key, item=item, round=item.round, created_at=at)
    request.sealed = sealer(case.key).seal_bytes(body, place=BODY, row=key)
    request.payload_hash = hashlib.sha256(body).hexdigest()
    return request, body


def _document_of(
    item: CaseItem, case: Case, plan: Plan, pool: dict[str, Value], documents: dict[tuple[UUID, str], Document]
) -> dict[str, Any]:
    """Return what is sent, as in docs/department-protocol.md."""
    planned = plan.by_key[item.key]
    return {
        "request": str(request_id(case.id, item, item.round)),
        "case": case.reference,
        "service": item.service,
        "subject": item.subject,
        "round": item.round,
        "bundle_version": case.bundle_version,
        "data": payload(planned, pool),
        "documents": _enclosed(planned, case.id, pool, documents),
        "reply_to": f"{settings.PORTAL_URL}/api/v1/departments/{item.lane_id}/replies",
        "due": item.promised_at.date().isoformat(),
    }


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
