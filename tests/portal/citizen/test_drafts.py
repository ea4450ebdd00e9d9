"""Filling in a draft: task list, pages, uploads, two tabs, expiry, and whose it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lifeevents.applications import expansion_of, facts_of
from lifeevents.models import Application
from portal.sample_filing import PAPER
from services import clock
from services.models import Document

pytestmark = pytest.mark.django_db

SITUATION = {
    "birth.number_of_children": "1",
    "birth.claims_maternity_benefit": "true",
    "household.wants_follow_up": "false",
    "tax_claim.wanted": "true",
}


def page_of(draft: Application, code: str) -> str:
    return reverse("page", args=[draft.pk, code])


def value(draft: Application, key: str) -> object:
    draft.refresh_from_db()
    fact = facts_of(draft).get(key)
    return fact.value if fact else None


def test_the_task_list_shows_every_page_and_what_cannot_start_yet(lins_browser: Client, draft: Application) -> None:
    page = lins_browser.get(reverse("tasks", args=[draft.pk])).content.decode()
    for one in expansion_of(draft).pages:
        assert page_of(draft, one.code) in page
    assert "Cannot start yet" in page
    assert "from your sign-in" in page


def test_a_register_that_is_down_is_named(lins_browser: Client, draft: Application) -> None:
    assert "We could not reach: " in lins_browser.get(reverse("tasks", args=[draft.pk])).content.decode()


def test_a_page_is_saved_and_leads_to_the_next_open_one(lins_browser: Client, draft: Application) -> None:
    answer = lins_browser.post(page_of(draft, "situation"), SITUATION)
    assert answer.headers["Location"] == page_of(draft, "family")
    assert value(draft, "tax_claim.wanted") is True
    assert (
        'value="true" id="id_tax_claim.wanted_0" checked'
        in lins_browser.get(page_of(draft, "situation")).content.decode()
    )


def test_the_form_page_says_which_page_it_is(lins_browser: Client, draft: Application) -> None:
    total = len(expansion_of(draft).pages)
    assert f"page 1 of {total}" in lins_browser.get(page_of(draft, "situation")).content.decode()


def test_an_invalid_page_saves_nothing_and_names_each_error_twice(lins_browser: Client, draft: Application) -> None:
    page = lins_browser.post(page_of(draft, "situation"), {**SITUATION, "tax_claim.wanted": ""}).content.decode()
    assert page.count("Choose an answer for “Does a parent want") == 2
    assert 'href="#id_tax_claim.wanted_0"' in page
    assert value(draft, "birth.claims_maternity_benefit") is None


def test_saving_a_page_twice_changes_nothing_more(lins_browser: Client, draft: Application) -> None:
    lins_browser.post(page_of(draft, "situation"), SITUATION)
    draft.refresh_from_db()
    before = facts_of(draft)
    lins_browser.post(page_of(draft, "situation"), SITUATION)
    draft.refresh_from_db()
    assert facts_of(draft) == before


def test_two_tabs_keep_both_pages_answers(lins_browser: Client, draft: Application) -> None:
    lins_browser.get(page_of(draft, "situation"))
    lins_browser.get(page_of(draft, "you"))
    lins_browser.post(page_of(draft, "situation"), SITUATION)
    given = {f"applicant.birth_date_{at}": part for at, part in enumerate(("12", "3", "1994"))}
    given |= {"applicant.nationality": "CN", "applicant.ethnicity": "汉族", "applicant.phone": "199 0000 0001"}
    given |= {"applicant.family_name": "林", "applicant.given_name": "伟"}
    assert lins_browser.post(page_of(draft, "you"), given).status_code == 302
    assert value(draft, "applicant.phone") == "19900000001"
    assert value(draft, "applicant.birth_date") == "1994-03-12"
    assert value(draft, "tax_claim.wanted") is True


def test_twins_get_a_page_each(lins_browser: Client, draft: Application) -> None:
    lins_browser.post(page_of(draft, "situation"), {**SITUATION, "birth.number_of_children": "2"})
    page = lins_browser.get(reverse("tasks", args=[draft.pk])).content.decode()
    assert "Your child (1)" in page
    assert "Your child (2)" in page
    assert lins_browser.get(page_of(draft, "child.2")).status_code == 200


def test_a_page_no_longer_needed_leads_back_with_a_word(lins_browser: Client, draft: Application) -> None:
    lins_browser.post(page_of(draft, "situation"), {**SITUATION, "birth.number_of_children": "1"})
    answer = lins_browser.get(page_of(draft, "child.2"), follow=True)
    assert "not needed any more" in answer.content.decode()
    assert lins_browser.get(page_of(draft, "nonsense")).status_code == 404


def test_an_upload_of_a_wrong_type_is_refused_beside_its_field(lins_browser: Client, draft: Application) -> None:
    lins_browser.post(page_of(draft, "situation"), SITUATION)
    wrong = {"evidence:household-book": SimpleUploadedFile("book.pdf", b"MZ this is a program")}
    page = lins_browser.post(page_of(draft, "documents"), wrong).content.decode()
    assert page.count("The file is not a PDF, JPEG or PNG.") == 2
    assert not Document.objects.filter(origin="citizen").exists()


def test_a_good_file_is_kept_when_another_is_missing(lins_browser: Client, draft: Application) -> None:
    lins_browser.post(page_of(draft, "situation"), SITUATION)
    good = {"evidence:household-book": SimpleUploadedFile("book.pdf", PAPER)}
    page = lins_browser.post(page_of(draft, "documents"), good).content.decode()
    assert "You have uploaded “book.pdf”" in page
    assert Document.objects.get(origin="citizen").slot == "household-book"


def test_an_upload_is_kept_and_named_when_the_page_is_opened_again(lins_browser: Client, draft: Application) -> None:
    given = {
        paper.key: SimpleUploadedFile(f"{paper.slot}.pdf", PAPER) for paper in expansion_of(draft).pages[-1].evidence
    }
    assert lins_browser.post(page_of(draft, "documents"), given).status_code == 302
    assert "You have uploaded “household-book.pdf”" in lins_browser.get(page_of(draft, "documents")).content.decode()
    assert lins_browser.post(page_of(draft, "documents"), {}).status_code == 302  # nothing new is needed


def test_a_change_from_the_answers_leads_back_to_them(lins_browser: Client, complete_draft: Application) -> None:
    check = reverse("check", args=[complete_draft.pk])
    assert f"{page_of(complete_draft, 'handover')}?back=check" in lins_browser.get(check).content.decode()
    given = {"card.bank": "farmers", "results.method": "collect"}
    answer = lins_browser.post(f"{page_of(complete_draft, 'handover')}?back=check", given)
    assert answer.headers["Location"] == check
    assert "Farmers&#x27; Bank" in lins_browser.get(check).content.decode()


@pytest.mark.parametrize("name", ["tasks", "check", "who", "declare"])
def test_someone_elses_draft_does_not_exist(zhaos_browser: Client, draft: Application, name: str) -> None:
    assert zhaos_browser.get(reverse(name, args=[draft.pk])).status_code == 404
    assert zhaos_browser.get(page_of(draft, "situation")).status_code == 404
    assert zhaos_browser.post(page_of(draft, "situation"), SITUATION).status_code == 404
    assert value(draft, "tax_claim.wanted") is None


@pytest.mark.parametrize("name", ["tasks", "check", "who", "declare"])
def test_an_anonymous_visitor_is_asked_to_sign_in(client: Client, draft: Application, name: str) -> None:
    address = reverse(name, args=[draft.pk])
    assert client.get(address).headers["Location"] == f"{reverse('sign_in')}?next={address}"


def test_an_expired_draft_says_so_and_takes_nothing(lins_browser: Client, draft: Application) -> None:
    clock.travel(timedelta(days=31))
    answer = lins_browser.post(page_of(draft, "situation"), SITUATION)
    assert answer.status_code == 409
    assert "This draft has expired" in answer.content.decode()
    assert "This draft has expired" in lins_browser.get(reverse("tasks", args=[draft.pk])).content.decode()


def test_personal_pages_are_never_stored_by_caches(lins_browser: Client, draft: Application) -> None:
    assert "no-store" in lins_browser.get(reverse("tasks", args=[draft.pk])).headers["Cache-Control"]
