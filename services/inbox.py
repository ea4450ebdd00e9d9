"""Signed callbacks: verify, store, answer; a courier settles what is stored.

Standard Webhooks 1.0: HMAC-SHA256 over ``id.timestamp.body``, several signatures and secrets for rotation, five
minutes both ways.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from services.clock import now
from services.connectors.base import GarbageError
from services.connectors.reading import MAX_BODY, read_answer, read_object
from services.crash_points import crash_point
from services.doorbell import ring_after_commit
from services.models import InboxMessage, Lane, ServiceRequest
from services.sealing import open_portal_secret, sealer

TOLERANCE_SECONDS = 300
MESSAGE = "inboxmessage.sealed"
SECRETS = "lane.webhook_secrets"


class NotAccepted(Exception):
    """A callback that is not taken; ``status`` is the HTTP status that says why, the text stays out of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def receive(*, department: str, headers: Mapping[str, str], body: bytes) -> None:
    """Store one callback, or do nothing if its id is known. Raises NotAccepted: 401, 404, 413 or 422."""
    if len(body) > MAX_BODY:
        raise NotAccepted(413, "larger than 1 MB")
    lane = Lane.objects.filter(pk=department).first()
    if lane is None:
        raise NotAccepted(401, "no such department")
    webhook_id = headers.get("webhook-id", "")
    secrets = open_portal_secret(lane.webhook_secrets, place=SECRETS, row=lane.pk).split()
    verify(secrets, webhook_id, headers.get("webhook-timestamp", ""), headers.get("webhook-signature", ""), body)
    request = _request(lane, body)
    crash_point("in_callback_before_inbox")
    _store(lane, request, webhook_id, body)


def verify(secrets: Sequence[str], webhook_id: str, timestamp: str, signatures: str, body: bytes) -> None:
    """Raise NotAccepted(401) unless one of the signatures was made with one of the ``whsec_`` secrets, lately."""
    if (
        not webhook_id
        or len(webhook_id) > 120
        or "." in webhook_id
        or not timestamp.isascii()
        or not timestamp.isdigit()
    ):
        raise NotAccepted(401, "headers missing or malformed")
    if abs(now().timestamp() - int(timestamp[:15])) > TOLERANCE_SECONDS:
        raise NotAccepted(401, "timestamp outside five minutes: check the clocks")
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    given = [part.removeprefix("v1,") for part in signatures.split() if part.startswith("v1,")][:10]
    expected = [_sign(secret, signed) for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), other) for one in given if one.isascii() for other in expected):
        raise NotAccepted(401, "no signature fits")


def _sign(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except binascii.Error:
        raise NotAccepted(401, "the lane's webhook secret is not base64") from None
    if not key:
        raise NotAccepted(401, "the lane's webhook secret is empty: anyone could sign with it")
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def _request(lane: Lane, body: bytes) -> ServiceRequest:
    """Return the request the callback is about; 404 unless it is this department's, 422 if the body is no answer."""
    try:
        document = read_object(body)
        request_id = UUID(str(document.get("request")))
        read_answer(document, request=str(request_id), base_url=lane.base_url)
    except (GarbageError, ValueError) as error:
        raise NotAccepted(422, str(error)) from None
    rows = ServiceRequest.objects.select_related("item__case__key").defer("sealed")
    request = rows.filter(pk=request_id, item__lane=lane).first()
    if request is None:
        raise NotAccepted(404, "not this department's request")
    return request


@transaction.atomic
def _store(lane: Lane, request: ServiceRequest, webhook_id: str, body: bytes) -> None:
    at = now()
    message = InboxMessage(id=uuid.uuid4(), department_id=lane.pk, webhook_id=webhook_id, request=request)
    message.received_at = message.due_at = at
    message.sealed = sealer(request.item.case.key).seal_bytes(body, place=MESSAGE, row=message.id)
    InboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    ring_after_commit()
