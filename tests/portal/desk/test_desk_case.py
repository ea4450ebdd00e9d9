"""One case as staff see it: everything about it, and every look on record."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.models import User
from services.batch import Batch
from services.clock import now, travel
from services.connectors.base import Answer
from services.models import (
    AccessEvent,
    Attempt,
    Case,
    CaseEvent,
    CaseItem,
    Document,
    Lane,
    Reply,
    ServiceRequest,
    WorkItem,
)
from tests.services.building import claim_all

pytestmark = pytest.mark.django_db


def page(client: Client, case: Case) -> str:
    response = client.get(f"/desk/cases/{case.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def answer(case: Case, service: str, reply: Answer) -> None:
    """Let a department answer a request it has been sent."""
    claim_all()
    request = ServiceRequest.objects.select_related("item").get(item__case=case, item__service=service)
    Attempt.objects.create(request=request, kind="send", at=now(), milliseconds=12, status_code=200, end="done")
    batch = Batch([case.pk], at=now())
    batch.answer(request.item_id, request.pk, "response", reply, fence=request.item.fence)
    batch.write()


def refuse_vaccination(case: Case) -> None:
    reason = {"element": "child.given_name", "code": "unreadable", "text": "The name cannot be read."}
    answer(case, "vaccination-record", Answer("refused", reasons=(reason,)))


@pytest.fixture
def connected(filed_case: Case) -> Case:
    Lane.objects.update(base_url="http://127.0.0.1:9")
    return filed_case


def test_anonymous_is_sent_to_sign_in(client: Client, filed_case: Case) -> None:
    assert client.get(f"/desk/cases/{filed_case.pk}/")["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("who", ["lin", "author", "publisher"])
def test_for_everybody_else_it_does_not_exist(
    client: Client, people: dict[str, User], filed_case: Case, who: str
) -> None:
    client.force_login(people[who])
    assert client.get(f"/desk/cases/{filed_case.pk}/").status_code == 404
    assert not AccessEvent.objects.exists()


def test_an_unknown_case_is_not_found_and_not_recorded(desk: Client) -> None:
    assert desk.get(f"/desk/cases/{uuid.uuid4()}/").status_code == 404
    assert not AccessEvent.objects.exists()


def test_every_look_is_recorded_once_a_quarter_of_an_hour(desk: Client, clerk: User, filed_case: Case) -> None:
    page(desk, filed_case)
    page(desk, filed_case)
    look = AccessEvent.objects.get()
    assert (look.viewer, look.case, look.purpose) == (clerk, filed_case, "desk")
    travel(timedelta(minutes=16))
    page(desk, filed_case)
    assert AccessEvent.objects.count() == 2


def test_a_look_writes_only_its_own_record(desk: Client, filed_case: Case) -> None:
    with CaptureQueriesContext(connection) as caught:
        page(desk, filed_case)
    writes = [query["sql"] for query in caught if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(writes) == 1
    assert "services_accessevent" in writes[0]


def test_every_service_stands_there_with_its_department_and_state(desk: Client, filed_case: Case) -> None:
    html = page(desk, filed_case)
    assert html.count('id="item-') == 10
    for words in (filed_case.reference, "Birth registration", "Civil Registry", "About to be sent", "0 of 10"):
        assert words in html


def test_facts_stand_under_their_source(desk: Client, filed_case: Case) -> None:
    html = page(desk, filed_case)
    known = html[html.index('id="facts"') :]
    assert known.index("The citizen&#x27;s answers") < known.index("Date of birth")
    assert "Sign-in" in known
    assert "Applicant · Family name" in known
    assert "990101199403120026" in known


def test_a_departments_words_and_calls_are_shown(desk: Client, connected: Case) -> None:
    refuse_vaccination(connected)
    html = page(desk, connected)
    assert "The name cannot be read." in html
    assert "Your child · Given name: The name cannot be read." in html
    assert "Vaccination record: refused" in html
    assert "unreadable" in html  # the code, in the timeline


def test_what_a_department_returned_is_shown_with_where_it_came_from(desk: Client, connected: Case) -> None:
    answer(connected, "birth-certificate", Answer("granted", {"child.birth_certificate_number": "BC-777"}))
    html = page(desk, connected)
    assert html.count("BC-777") == 2  # with its service, and among the facts
    assert "Returned by departments" in html
    assert "1 of 10" in html


def test_work_stands_above_the_services_open_before_closed(desk: Client, overdue: WorkItem, filed_case: Case) -> None:
    at = now()
    item = CaseItem.objects.filter(case=filed_case)[3]
    WorkItem.objects.create(kind="conflict", case=filed_case, item=item, opened_at=at, due_at=at, closed_at=at)
    html = page(desk, filed_case)
    assert html.index("Cannot be delivered") < html.index("Two different answers") < html.index('id="items"')


def test_only_this_cases_paused_departments_are_named(desk: Client, filed_case: Case) -> None:
    Lane.objects.filter(pk="tax").update(paused_since=now(), pause_reason="status 403")
    assert "Nothing is being sent to the Tax Office." in page(desk, filed_case)


def test_an_operator_is_led_to_the_set_up(client: Client, operator: User, filed_case: Case) -> None:
    client.force_login(operator)
    Lane.objects.filter(pk="tax").update(paused_since=now(), pause_reason="status 403")
    assert "/admin/services/lane/tax/change/" in page(client, filed_case)


def test_the_map_of_the_case_is_drawn(desk: Client, filed_case: Case) -> None:
    html = page(desk, filed_case)
    assert "one-map--wide" in html
    assert 'href="#item-1"' in html


def test_the_page_is_not_kept_by_any_cache(desk: Client, filed_case: Case) -> None:
    assert "no-store" in desk.get(f"/desk/cases/{filed_case.pk}/")["Cache-Control"]


def test_more_of_everything_takes_no_more_statements(desk: Client, connected: Case, overdue: WorkItem) -> None:
    refuse_vaccination(connected)
    page(desk, connected)
    with CaptureQueriesContext(connection) as few:
        page(desk, connected)
    _much_more_of_everything(connected)
    with CaptureQueriesContext(connection) as many:
        page(desk, connected)
    assert len(many) == len(few) <= 25


def _much_more_of_everything(case: Case) -> None:
    """Add work, calls, repeated answers, papers and events to a case, past its own chain."""
    at = now()
    reply = Reply.objects.get(case=case)
    request = reply.request
    kinds = ("conflict", "late", "duplicate", "low_rating")
    WorkItem.objects.bulk_create(
        WorkItem(kind=kind, case=case, item=item, opened_at=at, due_at=at)
        for kind in kinds
        for item in CaseItem.objects.filter(case=case)
    )
    Attempt.objects.bulk_create(
        Attempt(request=request, kind="send", at=at, milliseconds=1, end="transient") for _ in range(50)
    )
    Document.objects.bulk_create(
        Document(
            key=case.key, case=case, slot=f"paper/{n}", origin="service:tax", media_type="x", size=1, created_at=at
        )
        for n in range(20)
    )
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, seq=1000 + n, at=at, kind="released", actor="courier", hash=b"") for n in range(50)
    )


def test_it_speaks_chinese(desk: Client, filed_case: Case) -> None:
    html = desk.get(f"/desk/cases/{filed_case.pk}/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "出生登记" in html or "户口" in html
