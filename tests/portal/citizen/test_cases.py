"""The list, the case page, its live part, its documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lifeevents.models import Application, BundleVersion
from lifeevents.publishing import load_version
from portal.models import User
from portal.sample_filing import file_sample
from services import clock
from services.models import Case, CaseItem, Document
from services.sealing import sealer

pytestmark = pytest.mark.django_db

WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)", re.IGNORECASE)


@contextmanager
def no_writes() -> Iterator[None]:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        assert not WRITES.match(sql), sql
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


def case_page(case: Case) -> str:
    return reverse("case", args=[case.pk])


def progress_of(case: Case) -> str:
    return reverse("progress", args=[case.pk])


def move(case: Case, key: str, state: str) -> None:
    """Put an item into a state, as settling would."""
    CaseItem.objects.filter(case=case, key=key).update(state=state, due_at=None, since=clock.now())
    case.version += 1
    case.save(update_fields=["version"])


def test_the_first_sentence_is_the_whole_truth(lins_browser: Client, filed_case: Case) -> None:
    move(filed_case, "birth-certificate/child.1", "accepted")
    page = lins_browser.get(case_page(filed_case)).content.decode()
    assert "0 of 10 done." in page
    assert re.search(r"The Health Commission has had your application since \d\d:\d\d today\.", page)
    assert "You do not need to do anything." in page
    assert "Everything by " in page
    assert filed_case.reference in page


def test_a_late_case_says_so(lins_browser: Client, filed_case: Case) -> None:
    clock.travel(timedelta(days=60))
    page = lins_browser.get(case_page(filed_case)).content.decode()
    assert "We promised everything by" in page
    assert "one-truth--late" in page


def test_a_correction_is_said_first(lins_browser: Client, filed_case: Case) -> None:
    move(filed_case, "birth-certificate/child.1", "correction")
    page = lins_browser.get(case_page(filed_case)).content.decode()
    assert "The Health Commission asks you to mend something: see “Birth certificate” below." in page
    assert "one-truth--yours" in page


def test_a_refusal_says_what_it_means_for_the_rest(lins_browser: Client, filed_case: Case) -> None:
    move(filed_case, "birth-registration/child.1", "refused")
    move(filed_case, "social-security-card/child.1", "skipped")
    page = lins_browser.get(case_page(filed_case)).content.decode()
    assert "0 of 10 done, 1 refused, 1 cannot be done." in page
    assert "Because of this, the following cannot be done: Social-security card." in page


def test_the_live_part_is_the_same_as_in_the_page(lins_browser: Client, filed_case: Case) -> None:
    page, part = lins_browser.get(case_page(filed_case)), lins_browser.get(progress_of(filed_case))
    assert part.content.decode().strip() in page.content.decode()
    assert "<html" not in part.content.decode()


def test_an_unchanged_case_answers_304_with_three_statements(lins_browser: Client, filed_case: Case) -> None:
    etag = lins_browser.get(progress_of(filed_case)).headers["ETag"]
    with CaptureQueriesContext(connection) as statements:
        answer = lins_browser.get(progress_of(filed_case), headers={"if-none-match": etag})
    assert answer.status_code == 304
    assert answer.headers["ETag"] == etag
    assert len(statements) <= 3  # session, user, case


def test_a_changed_case_and_another_language_answer_anew(lins_browser: Client, filed_case: Case) -> None:
    etag = lins_browser.get(progress_of(filed_case)).headers["ETag"]
    chinese = {"if-none-match": etag, "accept-language": "zh-hans"}
    assert lins_browser.get(progress_of(filed_case), headers=chinese).status_code == 200
    move(filed_case, "birth-certificate/child.1", "accepted")
    assert lins_browser.get(progress_of(filed_case), headers={"if-none-match": etag}).status_code == 200


def test_the_page_takes_as_many_statements_for_two_children_as_for_one(
    lins_browser: Client, filed_case: Case, catalogue: BundleVersion, lin: User
) -> None:
    twins = next(sample for sample in load_version(catalogue.pk).bundle.samples if sample.name == "twins")
    bigger = file_sample(version=catalogue, sample=twins, user=lin)
    counts = []
    for case in (filed_case, bigger):
        lins_browser.get(case_page(case))  # plans and versions are loaded once per process
        with CaptureQueriesContext(connection) as statements:
            lins_browser.get(case_page(case))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12


def test_my_applications_list_drafts_and_cases_in_constant_statements(
    lins_browser: Client, filed_case: Case, draft: Application, catalogue: BundleVersion, lin: User
) -> None:
    address = reverse("my_cases")
    page = lins_browser.get(address).content.decode()
    assert reverse("tasks", args=[draft.pk]) in page
    assert case_page(filed_case) in page
    assert "Kept until" in page
    assert "0 of 10 done." in page
    with CaptureQueriesContext(connection) as one:
        lins_browser.get(address)
    married = next(sample for sample in load_version(catalogue.pk).bundle.samples if sample.name == "married")
    file_sample(version=catalogue, sample=married, user=lin)
    with CaptureQueriesContext(connection) as two:
        lins_browser.get(address)
    assert len(one) == len(two)


@pytest.mark.parametrize("name", ["case", "sent", "progress"])
def test_someone_elses_case_does_not_exist(zhaos_browser: Client, client: Client, filed_case: Case, name: str) -> None:
    address = reverse(name, args=[filed_case.pk])
    assert zhaos_browser.get(address).status_code == 404
    assert client.get(address).status_code == 302


def test_a_document_is_downloaded_by_its_owner_only(
    lins_browser: Client, zhaos_browser: Client, filed_case: Case
) -> None:
    paper = Document.objects.filter(case=filed_case, slot="household-book").get()
    address = reverse("document", args=[paper.pk])
    answer = lins_browser.get(address)
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="household-book.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert zhaos_browser.get(address).status_code == 404


def test_what_a_department_issued_is_named_by_the_service(lins_browser: Client, filed_case: Case) -> None:
    paper = Document(key=filed_case.key, case=filed_case, slot="birth-certificate/child.1", size=5, sha256="")
    paper.origin, paper.media_type, paper.created_at = "service:birth-certificate", "text/plain", clock.now()
    paper.sealed = sealer(filed_case.key).seal_bytes(b"paper", place="document.sealed", row=paper.id)
    paper.save()
    page = lins_browser.get(case_page(filed_case)).content.decode()
    assert f'href="{reverse("document", args=[paper.pk])}" download>Birth certificate</a>' in page
    assert lins_browser.get(reverse("document", args=[paper.pk])).content == b"paper"


def test_reading_never_writes(lins_browser: Client, filed_case: Case, complete_draft: Application) -> None:
    drafts = [reverse(name, args=[complete_draft.pk]) for name in ("tasks", "check", "who", "declare")]
    cases = [reverse(name, args=[filed_case.pk]) for name in ("case", "sent", "progress")]
    others = ["/", "/?q=baby", reverse("event", args=["having-a-child"]), reverse("start", args=["having-a-child"])]
    page = reverse("page", args=[complete_draft.pk, "handover"])
    sent = reverse("tasks", args=[Application.objects.get(case=filed_case).pk])
    with no_writes():
        for address in (*drafts, *cases, *others, page, sent, reverse("my_cases"), reverse("sign_in")):
            assert lins_browser.get(address).status_code in (200, 302), address


def test_the_short_address_of_cases_leads_to_the_list(lins_browser: Client) -> None:
    assert lins_browser.get("/cases/").headers["Location"] == reverse("my_cases")
