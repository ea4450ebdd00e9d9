"""What is not yours does not exist."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest

from lifeevents.models import Application
from lifeevents.papers import new_document
from portal.access import desk_case, my_application, my_case, my_document, my_person, record_look, signed_in
from portal.models import User
from services.clock import now, travel
from services.models import AccessEvent, Case, Document

pytestmark = pytest.mark.django_db


def asked_by(user: User | AnonymousUser) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request


@pytest.fixture
def document(filed_case: Case) -> Document:
    paper = new_document(
        b"%PDF-", key=filed_case.key, slot="x", origin="citizen", media_type="application/pdf", title="", at=now()
    )
    paper.case = filed_case
    paper.save(force_insert=True)
    return paper


def test_nobody_is_nobody() -> None:
    with pytest.raises(Http404):
        signed_in(asked_by(AnonymousUser()))


def test_mine_is_found(filed_case: Case, document: Document, lin: User) -> None:
    request = asked_by(lin)
    assert my_person(request).user == lin
    assert my_case(request, filed_case.pk) == filed_case
    assert my_application(request, Application.objects.get().pk).case == filed_case
    assert my_document(request, document.pk) == document


@pytest.mark.parametrize("who", ["zhao", "chen", "clerk", "operator"])
def test_anothers_does_not_exist(filed_case: Case, document: Document, people: dict[str, User], who: str) -> None:
    request = asked_by(people[who])
    for fetch, row in ((my_case, filed_case), (my_application, Application.objects.get()), (my_document, document)):
        with pytest.raises(Http404):
            fetch(request, row.pk)


def test_what_nobody_has_does_not_exist_either(filed_case: Case, lin: User) -> None:
    for fetch in (my_case, my_application, my_document):
        with pytest.raises(Http404):
            fetch(asked_by(lin), uuid4())


def test_a_party_sees_the_case_though_another_filed_it(filed_case: Case, people: dict[str, User]) -> None:
    application = Application.objects.get()
    application.parties.create(role="other_parent", person=people["chen"].person, invited_at=now())
    assert my_case(asked_by(people["chen"]), filed_case.pk) == filed_case


def test_an_account_without_a_person_has_nothing(people: dict[str, User]) -> None:
    with pytest.raises(Http404):
        my_person(asked_by(people["operator"]))


@pytest.mark.parametrize("who", ["clerk", "supervisor", "operator"])
def test_the_desk_opens_any_case_and_is_recorded(filed_case: Case, people: dict[str, User], who: str) -> None:
    assert desk_case(asked_by(people[who]), filed_case.pk, purpose="desk") == filed_case
    assert AccessEvent.objects.get().viewer == people[who]


@pytest.mark.parametrize("who", ["lin", "author", "publisher"])
def test_nobody_else_opens_it_through_the_desk(filed_case: Case, people: dict[str, User], who: str) -> None:
    with pytest.raises(Http404):
        desk_case(asked_by(people[who]), filed_case.pk, purpose="desk")
    assert not AccessEvent.objects.exists()


def test_a_case_that_does_not_exist_leaves_no_record(people: dict[str, User]) -> None:
    with pytest.raises(Http404):
        desk_case(asked_by(people["clerk"]), UUID(int=1), purpose="desk")
    assert not AccessEvent.objects.exists()


def test_looks_are_kept_once_per_viewer_purpose_and_quarter(filed_case: Case, people: dict[str, User]) -> None:
    clerk, supervisor = people["clerk"], people["supervisor"]
    for user, purpose in ((clerk, "desk"), (clerk, "desk"), (supervisor, "desk"), (clerk, "export")):
        record_look(user, filed_case, purpose=purpose)
    assert AccessEvent.objects.count() == 3
    travel(timedelta(minutes=15))
    record_look(clerk, filed_case, purpose="desk")
    assert AccessEvent.objects.count() == 4


def test_recording_a_look_takes_one_statement(filed_case: Case, clerk: User, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        record_look(clerk, filed_case, purpose="desk")
