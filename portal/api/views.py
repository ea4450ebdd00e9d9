"""What machines call: departments' callbacks and the documents we sent them a link to."""

from __future__ import annotations

import hmac
from uuid import UUID

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from lifeevents.papers import open_document
from services.claim import oldest_due
from services.clock import now
from services.inbox import NotAccepted, receive
from services.models import CaseItem, Document, Lane
from services.plans import load_plan
from services.sealing import SealError, open_portal_secret

READY_IF_DUE_WITHIN_SECONDS = 60


@csrf_exempt  # signed instead (Standard Webhooks); the only exempt view
@require_POST
def department_reply(request: HttpRequest, department: str) -> HttpResponse:
    """Take a signed callback: 200 stored (also for a repeat), 401, 404, 413 or 422."""
    try:
        receive(department=department, headers=_headers(request), body=_body(request))
    except NotAccepted as refusal:
        return JsonResponse({"detail": _WORDS[refusal.status]}, status=refusal.status)
    return JsonResponse({"detail": "stored"})


_WORDS = {
    401: "The signature, its time or this address is not right.",
    404: "This department has no such request.",
    413: "The body is larger than 1 MB.",
    422: "The body is not an answer as the protocol describes it.",
}


def _headers(request: HttpRequest) -> dict[str, str]:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {name: request.headers.get(name, "") for name in names}


def _body(request: HttpRequest) -> bytes:
    if int(request.headers.get("Content-Length") or 0) > 1_048_576:
        raise NotAccepted(413, "larger than 1 MB")
    return request.body


@require_GET
def department_document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Give a department a document it was sent: only to a bearer whose lane has a request in that case naming it."""
    rows = Document.objects.select_related("key", "case").filter(case__isnull=False)
    document, lane = get_object_or_404(rows, pk=document_id), _bearer(request)
    if lane is None or not _was_sent(document, lane):
        raise Http404
    response = HttpResponse(open_document(document), content_type=document.media_type)
    response["Content-Disposition"] = f'attachment; filename="{document.id}"'
    return response


def _was_sent(document: Document, lane: Lane) -> bool:
    """True if a request of this lane, claimed at least once, encloses the document by the case's plan."""
    if document.case is None:
        return False
    plan = load_plan(document.case.plan_id)
    claimed = CaseItem.objects.filter(case=document.case, lane=lane, fence__gt=0).values_list("key", flat=True)
    return any(slot.slot == document.slot for key in claimed for slot in plan.by_key[key].documents)


def _bearer(request: HttpRequest) -> Lane | None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    for lane in Lane.objects.all():
        try:
            known = open_portal_secret(lane.token, place="lane.token", row=lane.pk).encode()
        except SealError:
            continue  # that lane is out of service until its token is set again; the others are not
        if known and hmac.compare_digest(known, token):
            return lane
    return None


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return JsonResponse({"alive": True})


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database answers and nothing due has been left lying for a minute."""
    connection.ensure_connection()
    oldest = oldest_due()
    late = (now() - oldest).total_seconds() if oldest else 0.0
    ready = late < READY_IF_DUE_WITHIN_SECONDS
    return JsonResponse({"ready": ready, "oldest_due_seconds": round(max(late, 0.0), 1)}, status=200 if ready else 503)
