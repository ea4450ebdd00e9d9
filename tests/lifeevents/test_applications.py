"""From start to sent: what is saved, what voids a signature, and that sending twice makes one case."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, connections

from lifeevents.applications import (
    NotFileable,
    attach,
    expansion_of,
    facts_of,
    save_page,
    sign_application,
    start_application,
    submit_application,
)
from lifeevents.definition import Sample
from lifeevents.models import Application, BundleVersion, Signature
from lifeevents.papers import PaperError
from lifeevents.publishing import load_version
from portal.models import User
from portal.sample_filing import PAPER, file_sample
from services import clock
from services.models import Case, CaseEvent, Document, FactSheet, PersonIndex
from services.sealing import index_hash
from tests.servers import SimulatorServer

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer() as server:
        yield server


@pytest.fixture
def married(catalogue: BundleVersion) -> Sample:
    return next(sample for sample in load_version(catalogue.pk).bundle.samples if sample.name == "married")


def started(version: BundleVersion, user: User, *, consent: bool = False) -> Application:
    return start_application(version=version, person=user.person, filed_by=user, lookup_consent=consent)


def answer_all(application: Application, sample: Sample) -> None:
    """Answer every page, and hand in every paper, until nothing is missing."""
    while not (expansion := expansion_of(Application.objects.get(pk=application.pk))).complete:
        for page in expansion.pages:
            for paper in page.evidence:
                attach(application_id=application.pk, slot=paper.slot, content=PAPER, title="paper.pdf")
        save_page(application_id=application.pk, answers={key: sample.facts[key] for key in expansion.questions})


@pytest.fixture
def ready(catalogue: BundleVersion, married: Sample, lin: User) -> Application:
    """Lin's application, everything answered, nothing signed."""
    application = started(catalogue, lin)
    answer_all(application, married)
    return Application.objects.get(pk=application.pk)


def submit(application: Application) -> Case:
    return submit_application(application_id=application.pk, actor="citizen:test")


def test_who_files_is_known_from_signing_in(catalogue: BundleVersion, lin: User) -> None:
    facts = facts_of(started(catalogue, lin))
    assert (facts["applicant.family_name"].value, facts["applicant.family_name"].source) == ("林", "sign-in")


def test_only_what_is_asked_can_be_answered(catalogue: BundleVersion, lin: User) -> None:
    application = started(catalogue, lin)
    save_page(application_id=application.pk, answers={"child.1.personal_number": "forged", "no.such_key": 1})
    facts = facts_of(Application.objects.get(pk=application.pk))
    assert "child.1.personal_number" not in facts
    assert "no.such_key" not in facts


def test_an_answer_can_be_taken_back(ready: Application) -> None:
    save_page(application_id=ready.pk, answers={"applicant.phone": None})
    assert "applicant.phone" in expansion_of(Application.objects.get(pk=ready.pk)).missing


def test_two_tabs_lose_nothing(catalogue: BundleVersion, lin: User) -> None:
    application = started(catalogue, lin)
    first = expansion_of(application).pages[0].questions
    for question in first[:2]:  # each tab knows only its own answer
        save_page(application_id=application.pk, answers={question.key: True})
    facts = facts_of(Application.objects.get(pk=application.pk))
    assert [facts[question.key].value for question in first[:2]] == [True, True]


def test_an_incomplete_application_is_not_sent(catalogue: BundleVersion, lin: User) -> None:
    application = started(catalogue, lin)
    sign_application(application_id=application.pk, person=lin.person)
    with pytest.raises(NotFileable):
        submit(application)


def test_nothing_leaves_before_it_is_signed(ready: Application) -> None:
    with pytest.raises(NotFileable, match="signed"):
        submit(ready)
    assert not Case.objects.exists()


def test_an_edit_voids_the_signature(ready: Application, lin: User) -> None:
    sign_application(application_id=ready.pk, person=lin.person)
    save_page(application_id=ready.pk, answers={"applicant.phone": "19911112222"})
    assert Signature.objects.get().voided_at is not None
    with pytest.raises(NotFileable, match="signed"):
        submit(ready)


def test_signing_twice_is_one_signature(ready: Application, lin: User) -> None:
    first = sign_application(application_id=ready.pk, person=lin.person)
    assert sign_application(application_id=ready.pk, person=lin.person) == first


def test_sending_twice_makes_one_case(ready: Application, lin: User) -> None:
    sign_application(application_id=ready.pk, person=lin.person)
    assert submit(ready) == submit(ready)
    assert Case.objects.count() == FactSheet.objects.count() == CaseEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_case(ready: Application, lin: User) -> None:
    sign_application(application_id=ready.pk, person=lin.person)

    def send(_: int) -> str:
        try:
            return submit(ready).reference
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as threads:
        references = set(threads.map(send, range(20)))
    assert len(references) == Case.objects.count() == 1


def test_a_sent_application_cannot_be_changed(ready: Application, lin: User) -> None:
    sign_application(application_id=ready.pk, person=lin.person)
    submit(ready)
    with pytest.raises(NotFileable, match="sent"):
        save_page(application_id=ready.pk, answers={"applicant.phone": "19911112222"})


def test_an_expired_draft_says_so(ready: Application) -> None:
    clock.travel(timedelta(days=31))
    with pytest.raises(NotFileable, match="expired"):
        save_page(application_id=ready.pk, answers={})


def test_a_case_takes_along_what_is_sent_and_nothing_else(ready: Application, lin: User) -> None:
    sign_application(application_id=ready.pk, person=lin.person)
    case = submit(ready)
    assert set(Document.objects.filter(case=case).values_list("origin", flat=True)) == {"citizen", "template"}
    assert PersonIndex.objects.filter(case=case, hmac=index_hash("national_id", "990101199403120026")).exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 an archive", b"<svg onload=alert(1)>", b"x" * 10_485_761])
def test_a_paper_that_cannot_be_taken_is_refused_with_a_sentence(
    catalogue: BundleVersion, lin: User, content: bytes
) -> None:
    with pytest.raises(PaperError, match="file"):
        attach(application_id=started(catalogue, lin).pk, slot="identity-card", content=content, title="x")
    assert not Document.objects.exists()


def connect(simulator: SimulatorServer) -> None:
    call_command("connect_departments", base_url=simulator.url, secret=simulator.secret)


def test_what_registers_know_is_not_asked(catalogue: BundleVersion, lin: User, simulator: SimulatorServer) -> None:
    connect(simulator)
    application = started(catalogue, lin, consent=True)
    facts = facts_of(application)
    assert facts["household.address"].source == "register:population"
    asked = expansion_of(application).questions
    assert "household.address" not in asked
    licences = Document.objects.filter(key=application.key, origin="register:population")
    assert {facts[f"evidence:{slot}"].value for slot in ("identity-card", "household-book")} == {
        str(licence.pk) for licence in licences
    }


def test_without_consent_no_register_is_asked(catalogue: BundleVersion, lin: User, simulator: SimulatorServer) -> None:
    connect(simulator)
    application = started(catalogue, lin, consent=False)
    assert facts_of(application)["household.address"].state == "unknown"
    assert "household.address" in expansion_of(application).questions


def test_a_register_that_is_down_never_blocks(catalogue: BundleVersion, lin: User, simulator: SimulatorServer) -> None:
    connect(simulator)
    simulator.control("PUT", "/faults", {"population": {"down": True}})
    try:
        application = started(catalogue, lin, consent=True)
    finally:
        simulator.control("PUT", "/faults", {})
    assert facts_of(application)["household.address"].state == "unavailable"
    assert "household.address" in expansion_of(application).questions


def test_no_transaction_is_open_while_a_register_is_asked(
    catalogue: BundleVersion, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    outside = len(connection.savepoint_ids)  # the test's own transaction

    def watching(queries: object) -> list[object]:
        seen.append(len(connection.savepoint_ids) - outside)
        return []

    monkeypatch.setattr("lifeevents.lookups.ask_registers", watching)
    with pytest.raises(ValueError, match="zip"):
        started(catalogue, lin, consent=True)
    assert seen == [0]


@pytest.mark.parametrize("name", ["married", "single", "low_income", "twins", "refused"])
def test_every_sample_can_be_filed_with_every_register_down(catalogue: BundleVersion, lin: User, name: str) -> None:
    sample = next(sample for sample in load_version(catalogue.pk).bundle.samples if sample.name == name)
    case = file_sample(version=catalogue, sample=sample, user=lin)
    assert case.items.count() in (9, 10, 19)
