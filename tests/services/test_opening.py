"""Opening a case: everything in one transaction, in a number of statements that size does not change."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lifeevents.applications import sign_application, submit_application
from lifeevents.models import Application, BundleVersion
from lifeevents.publishing import load_version
from portal.models import User
from portal.sample_filing import file_sample
from services.cases import open_case
from services.models import Case, CaseEvent, CaseItem, FactSheet
from services.plan import Plan
from tests.services.building import filing_of, numbered, open_test_case, plan_of, states, step

pytestmark = pytest.mark.django_db

LIMIT = 12


def counted(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements, transaction control aside."""
    control = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(control)]


def opening(plan: Plan) -> list[str]:
    filing = filing_of(plan)
    with CaptureQueriesContext(connection) as captured:
        open_case(filing)
    return counted(captured)


def test_sixty_items_take_no_more_statements_than_one() -> None:
    opening(plan_of(step("warm")))
    assert len(opening(plan_of(*numbered(60)))) == len(opening(plan_of(*numbered(10)))) <= LIMIT


@pytest.mark.parametrize("name", ["married", "twins"])
def test_sending_a_birth_takes_twelve_statements_at_most(catalogue: BundleVersion, lin: User, name: str) -> None:
    version = load_version(catalogue.pk)
    sample = next(sample for sample in version.bundle.samples if sample.name == name)
    first = file_sample(version=catalogue, sample=sample, user=lin)
    application = ready_copy(first, lin)
    with CaptureQueriesContext(connection) as captured:
        submit_application(application_id=application.pk, actor="citizen:test")
    assert len(counted(captured)) <= LIMIT, "\n".join(counted(captured))


def ready_copy(case: Case, user: User) -> Application:
    """Take a sent application back to signed, as if its sending had never been."""
    application = case.application
    Application.objects.filter(pk=application.pk).update(state="draft", case=None)
    sign_application(application_id=application.pk, person=user.person)
    return application


def test_followers_wait_and_the_rest_is_due_at_once() -> None:
    case = open_test_case(plan_of(step("one"), step("two", "one")))
    assert states(case) == {"one": "ready", "two": "waiting"}
    assert CaseItem.objects.get(case=case, key="one").due_at == case.filed_at
    assert CaseItem.objects.get(case=case, key="two").due_at is None


def test_a_failure_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(CaseEvent.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        open_test_case(plan_of(step("one")))
    assert not Case.objects.exists()
    assert not CaseItem.objects.exists()
    assert not FactSheet.objects.exists()


def test_alike_cases_share_one_stored_plan() -> None:
    first, second = open_test_case(plan_of(step("one"))), open_test_case(plan_of(step("one")))
    assert first.plan_id == second.plan_id
    assert first.reference != second.reference
