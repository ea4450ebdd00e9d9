"""Callbacks are taken only when signed as Standard Webhooks 1.0 says; the package of that name is the oracle."""

from __future__ import annotations

import base64
import hmac
import uuid
from datetime import timedelta
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from services.claim import claim_messages
from services.clock import now, travel
from services.connectors.reading import MAX_BODY
from services.inbox import MESSAGE, SECRETS, TOLERANCE_SECONDS, NotAccepted, receive, verify
from services.models import Case, CaseItem, InboxMessage, Lane, ServiceRequest
from services.sealing import portal_sealer, sealer
from tests.services.building import claim_all, lane, open_test_case, plan_of, step

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"a" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"b" * 32).decode()
ID = "msg_2026"


def signed(body: bytes, *, secret: str = SECRET, id_: str = ID, shift: timedelta = timedelta(0)) -> dict[str, str]:
    """Return the three headers as the reference implementation makes them."""
    at = now() + shift
    signature = Webhook(secret).sign(id_, at, body.decode())
    return {"webhook-id": id_, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def set_secrets(code: str, *secrets: str) -> Lane:
    row = lane(code)
    row.webhook_secrets = portal_sealer().seal_bytes("\n".join(secrets).encode(), place=SECRETS, row=row.pk)
    row.save(update_fields=["webhook_secrets"])
    return row


@pytest.fixture
def request_row() -> ServiceRequest:
    """A request that department beta has been sent."""
    open_test_case(plan_of(step("one")))
    claim_all()
    set_secrets("beta", SECRET)
    set_secrets("alpha", OTHER)
    return ServiceRequest.objects.select_related("item__case__key").get()


def body_for(request: ServiceRequest | None = None, **fields: Any) -> bytes:
    request_id = str(request.id) if request else str(uuid.uuid4())
    return orjson.dumps({"request": request_id, "status": "granted", "outputs": {"one.number": "N-1"}, **fields})


def refused(body: bytes, headers: dict[str, str], department: str = "beta") -> int:
    """Return the status a callback is refused with; nothing may have been stored."""
    with pytest.raises(NotAccepted) as caught:
        receive(department=department, headers=headers, body=body)
    assert not InboxMessage.objects.exists()
    return caught.value.status


def test_a_signed_callback_is_stored_sealed(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    receive(department="beta", headers=signed(body), body=body)
    message = InboxMessage.objects.get()
    assert (message.webhook_id, message.department_id, message.request_id) == (ID, "beta", request_row.id)
    assert b"N-1" not in bytes(message.sealed)
    assert sealer(request_row.item.case.key).open_bytes(message.sealed, place=MESSAGE, row=message.id) == body
    assert claim_messages(10, at=now()) == [message]


def test_a_repeat_is_one_row(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    for _ in range(3):
        receive(department="beta", headers=signed(body), body=body)
    assert InboxMessage.objects.count() == 1


def test_receiving_decides_nothing_by_itself(request_row: ServiceRequest) -> None:
    before = Case.objects.values("status", "version").get(), CaseItem.objects.values("state").get()
    body = body_for(request_row)
    receive(department="beta", headers=signed(body), body=body)
    assert (Case.objects.values("status", "version").get(), CaseItem.objects.values("state").get()) == before


def test_a_signature_of_another_secret_is_refused(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    assert refused(body, signed(body, secret=OTHER)) == 401


@pytest.mark.parametrize("shift", [timedelta(seconds=-TOLERANCE_SECONDS - 2), timedelta(seconds=TOLERANCE_SECONDS + 2)])
def test_a_time_more_than_five_minutes_off_is_refused(request_row: ServiceRequest, shift: timedelta) -> None:
    body = body_for(request_row)
    assert refused(body, signed(body, shift=shift)) == 401


@pytest.mark.parametrize("shift", [timedelta(seconds=-TOLERANCE_SECONDS + 5), timedelta(seconds=TOLERANCE_SECONDS - 5)])
def test_a_time_within_five_minutes_is_taken(request_row: ServiceRequest, shift: timedelta) -> None:
    body = body_for(request_row)
    receive(department="beta", headers=signed(body, shift=shift), body=body)


def test_a_recorded_callback_cannot_be_played_again_later(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    headers = signed(body)
    travel(timedelta(minutes=6))
    assert refused(body, headers) == 401


def test_an_altered_body_is_refused(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    assert refused(body.replace(b"granted", b"refused"), signed(body)) == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_an_altered_header_is_refused(request_row: ServiceRequest, name: str) -> None:
    body = body_for(request_row)
    headers = signed(body)
    assert refused(body, {**headers, name: headers[name][:-1] + "0" + headers[name][-1]}) == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", " ", "nonsense.", "１２３", "v1,", "v1,é", "9" * 5000])
def test_nonsense_in_a_header_is_refused(request_row: ServiceRequest, name: str, value: str) -> None:
    body = body_for(request_row)
    assert refused(body, {**signed(body), name: value}) == 401


def test_a_department_without_a_secret_can_send_nothing(request_row: ServiceRequest) -> None:
    set_secrets("beta")
    body = body_for(request_row)
    assert refused(body, signed(body)) == 401


def test_an_empty_secret_is_not_a_key(request_row: ServiceRequest) -> None:
    set_secrets("beta", "whsec_")
    body = body_for(request_row)
    headers = signed(body)
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    forged = "v1," + base64.b64encode(hmac.digest(b"", text, "sha256")).decode()
    assert refused(body, {**headers, "webhook-signature": forged}) == 401


def test_a_department_nobody_knows_is_refused(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    assert refused(body, signed(body), department="nobody") == 401


def test_another_departments_request_does_not_exist(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    assert refused(body, signed(body, secret=OTHER), department="alpha") == 404


def test_an_unknown_request_does_not_exist(request_row: ServiceRequest) -> None:
    body = body_for()
    assert refused(body, signed(body)) == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b"{}", b'{"request": "x", "status": "granted"}', b'{"request": 7}', b"{" * 5000],
)
def test_a_signed_body_that_is_no_answer_is_refused(request_row: ServiceRequest, body: bytes) -> None:
    assert refused(body, signed(body)) == 422


@pytest.mark.parametrize("fields", [{"status": "maybe"}, {"outputs": ["x"]}, {"documents": [{"href": "http://[x"}]}])
def test_a_signed_answer_of_the_wrong_shape_is_refused(request_row: ServiceRequest, fields: dict[str, Any]) -> None:
    body = body_for(request_row, **fields)
    assert refused(body, signed(body)) == 422


def test_more_than_a_megabyte_is_refused_before_anything_else(request_row: ServiceRequest) -> None:
    assert refused(b" " * (MAX_BODY + 1), {}) == 413


def test_during_rotation_either_secret_is_taken(request_row: ServiceRequest) -> None:
    set_secrets("beta", OTHER, SECRET)
    body = body_for(request_row)
    for id_, secret in (("msg_new", OTHER), ("msg_old", SECRET)):
        receive(department="beta", headers=signed(body, secret=secret, id_=id_), body=body)
    assert InboxMessage.objects.count() == 2


def test_one_fitting_signature_of_several_is_enough(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    wrong, right = signed(body, secret=OTHER), signed(body)
    both = f"v1a,asymmetric {wrong['webhook-signature']} {right['webhook-signature']}"
    receive(department="beta", headers={**right, "webhook-signature": both}, body=body)


def test_a_flood_of_signatures_is_cut_off(request_row: ServiceRequest) -> None:
    body = body_for(request_row)
    headers = signed(body)
    flood = " ".join(["v1,AAAA"] * 10 + [headers["webhook-signature"]])
    assert refused(body, {**headers, "webhook-signature": flood}) == 401


def test_the_oracle_agrees_with_what_we_verify() -> None:
    body = b'{"a": 1}'
    headers = signed(body)
    Webhook(SECRET).verify(body, headers)
    verify([SECRET], headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"], body)


def test_storing_takes_five_statements_at_most(request_row: ServiceRequest, django_assert_max_num_queries) -> None:
    body = body_for(request_row)
    headers = signed(body)
    with django_assert_max_num_queries(5):  # lane, request with its key, savepoint, insert, release
        receive(department="beta", headers=headers, body=body)
