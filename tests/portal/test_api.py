"""What machines call: callbacks, documents by bearer token, and the two health pages."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta

import orjson
import pytest
from django.test import Client
from django.test.client import RequestFactory
from standardwebhooks.webhooks import Webhook

from lifeevents.papers import new_document
from portal.api import views
from services.clock import now
from services.connectors.reading import MAX_BODY
from services.inbox import SECRETS
from services.models import Case, CaseItem, Document, InboxMessage, Lane, ServiceRequest
from services.plans import load_plan
from services.sealing import portal_sealer
from tests.services.building import claim_all

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"h" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
ADDRESS = "/api/v1/departments/health/replies"
CONTENT = b"%PDF-1.4 synthetic"


@pytest.fixture
def connected(filed_case: Case) -> Case:
    """The filed birth, every department connected with a token of its own, health also with a webhook secret."""
    for lane in Lane.objects.all():
        lane.base_url = f"http://127.0.0.1:9/{lane.pk}"
        lane.token = portal_sealer().seal_bytes(f"token-{lane.pk}".encode(), place="lane.token", row=lane.pk)
        lane.save()
    set_secrets(SECRET)
    return filed_case


def set_secrets(*secrets: str) -> None:
    sealed = portal_sealer().seal_bytes("\n".join(secrets).encode(), place=SECRETS, row="health")
    Lane.objects.filter(pk="health").update(webhook_secrets=sealed)


@pytest.fixture
def body(connected: Case) -> bytes:
    """What health would call back with about its birth certificate."""
    claim_all()
    request = ServiceRequest.objects.get(item__case=connected, item__service="birth-certificate")
    answer = {"request": str(request.pk), "status": "granted", "outputs": {"birth_certificate.number": "BC-1"}}
    return orjson.dumps(answer)


def call_back(client: Client, body: bytes, *, secret: str = SECRET, address: str = ADDRESS, **changed: str) -> int:
    """Post a callback signed by the reference implementation; ``changed`` replaces headers. Returns the status."""
    at = now()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return client.post(address, body, content_type="application/json", headers=headers).status_code


def test_a_signed_callback_is_stored_and_a_repeat_is_one_row(client: Client, body: bytes) -> None:
    assert [call_back(client, body) for _ in range(3)] == [200, 200, 200]
    assert InboxMessage.objects.count() == 1


def test_a_callback_needs_no_csrf_token_and_sets_no_cookie(body: bytes) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert call_back(strict, body) == 200
    assert not strict.cookies


def test_another_secret_an_altered_body_and_a_missing_signature_are_401(client: Client, body: bytes) -> None:
    assert call_back(client, body, secret=OLD_SECRET) == 401
    right = Webhook(SECRET).sign("msg_1", now(), body.decode())
    assert call_back(client, body.replace(b"BC-1", b"BC-2"), webhook_signature=right) == 401
    assert call_back(client, body, webhook_signature="") == 401
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_time_is_401(client: Client, body: bytes, minutes: int) -> None:
    at = now() + timedelta(minutes=minutes)
    signature = Webhook(SECRET).sign("msg_1", at, body.decode())
    changed = {"webhook_timestamp": str(int(at.timestamp())), "webhook_signature": signature}
    assert call_back(client, body, **changed) == 401


def test_a_department_cannot_answer_for_another(client: Client, body: bytes) -> None:
    sealed = portal_sealer().seal_bytes(SECRET.encode(), place=SECRETS, row="tax")
    Lane.objects.filter(pk="tax").update(webhook_secrets=sealed)
    assert call_back(client, body, address="/api/v1/departments/tax/replies") == 404
    assert call_back(client, body, address="/api/v1/departments/nobody/replies") == 401


def test_an_unknown_request_is_404(client: Client, connected: Case) -> None:
    unknown = orjson.dumps({"request": str(uuid.uuid4()), "status": "granted"})
    assert call_back(client, unknown) == 404


@pytest.mark.parametrize("nonsense", [b"", b"nonsense", b"[1]", b"{}", b'{"request": "x"}'])
def test_nonsense_is_422(client: Client, connected: Case, nonsense: bytes) -> None:
    assert call_back(client, nonsense) == 422


def test_more_than_a_megabyte_is_413_before_it_is_read(client: Client, connected: Case) -> None:
    assert call_back(client, b" " * (MAX_BODY + 1)) == 413


def test_a_megabyte_is_taken(client: Client, body: bytes) -> None:
    filled = body[:-1] + b"," + b" " * (MAX_BODY - len(body) - 6) + b'"x":1}'
    assert len(filled) == MAX_BODY
    assert call_back(client, filled) == 200


def test_during_rotation_both_secrets_and_several_signatures_are_taken(client: Client, body: bytes) -> None:
    set_secrets(SECRET, OLD_SECRET)
    assert call_back(client, body, secret=OLD_SECRET) == 200
    set_secrets(SECRET)
    at = now()
    both = " ".join(Webhook(secret).sign("msg_1", at, body.decode()) for secret in (OLD_SECRET, SECRET))
    assert call_back(client, body, webhook_timestamp=str(int(at.timestamp())), webhook_signature=both) == 200


def test_only_post_is_answered(client: Client, connected: Case) -> None:
    assert client.get(ADDRESS).status_code == 405


def test_a_refusal_tells_nothing_a_stranger_could_use(client: Client, body: bytes) -> None:
    response = client.post(ADDRESS, body, content_type="application/json")
    assert response.json() == {"detail": "The signature, its time or this address is not right."}


def test_a_content_length_that_lies_is_no_way_in(connected: Case) -> None:
    request = RequestFactory().post(ADDRESS, b"{}", content_type="application/json")
    request.META["HTTP_CONTENT_LENGTH"] = request.META["CONTENT_LENGTH"] = "99999999"
    assert views.department_reply(request, "health").status_code == 413


# Documents: who-gets-what, and nothing else.


def enclosed(case: Case) -> tuple[str, str, set[str]]:
    """Return a slot some department is sent, one such department, and all departments that are sent it."""
    plan = load_plan(case.plan_id)
    takers: dict[str, set[str]] = {}
    for item in plan.items:
        for document in item.documents:
            takers.setdefault(document.slot, set()).add(item.department)
    slot = min(takers, key=lambda one: len(takers[one]))
    return slot, sorted(takers[slot])[0], takers[slot]


@pytest.fixture
def paper(connected: Case) -> Document:
    """A document of the case in a slot that not every department is sent, all requests claimed."""
    slot, _, _ = enclosed(connected)
    document = new_document(
        CONTENT, key=connected.key, slot=slot, origin="citizen", media_type="application/pdf", title="", at=now()
    )
    document.case = connected
    document.save(force_insert=True)
    CaseItem.objects.filter(case=connected).update(fence=1)
    return document


def fetch(client: Client, document: Document, token: str):
    return client.get(f"/api/v1/documents/{document.pk}", headers={"authorization": f"Bearer {token}"})


def test_a_department_gets_the_document_it_was_sent(client: Client, paper: Document, connected: Case) -> None:
    _, taker, _ = enclosed(connected)
    response = fetch(client, paper, f"token-{taker}")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, CONTENT, "application/pdf")
    assert response["Content-Disposition"] == f'attachment; filename="{paper.pk}"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_every_other_department_gets_a_404(client: Client, paper: Document, connected: Case) -> None:
    _, _, takers = enclosed(connected)
    others = set(Lane.objects.values_list("pk", flat=True)) - takers
    assert others
    assert {fetch(client, paper, f"token-{other}").status_code for other in others} == {404}


def test_before_its_request_is_sent_nobody_gets_it(client: Client, paper: Document, connected: Case) -> None:
    _, taker, _ = enclosed(connected)
    CaseItem.objects.filter(case=connected).update(fence=0)
    assert fetch(client, paper, f"token-{taker}").status_code == 404


@pytest.mark.parametrize("token", ["", "nonsense", "token-", "é" * 10])
def test_without_a_departments_token_there_is_no_document(client: Client, paper: Document, token: str) -> None:
    assert fetch(client, paper, token).status_code == 404
    assert client.get(f"/api/v1/documents/{paper.pk}").status_code == 404


def test_an_unset_token_is_nobodys(client: Client, paper: Document) -> None:
    Lane.objects.update(token=b"")
    assert fetch(client, paper, "").status_code == 404


def test_a_document_in_a_slot_nobody_is_sent_stays_here(client: Client, paper: Document, connected: Case) -> None:
    _, taker, _ = enclosed(connected)
    Document.objects.filter(pk=paper.pk).update(slot="something-else")
    assert fetch(client, paper, f"token-{taker}").status_code == 404


def test_a_drafts_document_belongs_to_no_case(client: Client, paper: Document, connected: Case) -> None:
    _, taker, _ = enclosed(connected)
    Document.objects.filter(pk=paper.pk).update(case=None)
    assert fetch(client, paper, f"token-{taker}").status_code == 404


def test_a_signed_in_citizen_is_no_department(client: Client, paper: Document, lin) -> None:
    client.force_login(lin)
    assert client.get(f"/api/v1/documents/{paper.pk}").status_code == 404


# Health


def test_it_says_that_it_is_alive_without_a_statement(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"alive": True}


def test_it_is_ready_with_nothing_to_do(client: Client) -> None:
    assert client.get("/readyz").json() == {"ready": True, "oldest_due_seconds": 0.0}


def test_it_is_not_ready_when_work_has_been_lying_about(client: Client, filed_case: Case) -> None:
    Lane.objects.update(base_url="http://127.0.0.1:9")
    CaseItem.objects.filter(due_at__isnull=False).update(due_at=now() - timedelta(minutes=5))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["oldest_due_seconds"] >= 300
