"""Check, who gets what, declare, send: once, by the right person, exactly what was shown."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lifeevents.applications import expansion_of, facts_of, save_page
from lifeevents.models import Application, Signature
from lifeevents.signing import root
from services.models import Case
from services.sealing import sealer

pytestmark = pytest.mark.django_db


def declaration(draft: Application) -> dict[str, str]:
    draft.refresh_from_db()
    return {"agree": "on", "root": root(facts_of(draft), sealer(draft.key))}


def declare_page(draft: Application) -> str:
    return reverse("declare", args=[draft.pk])


def test_the_answers_to_check_hold_everything_with_sources(lins_browser: Client, complete_draft: Application) -> None:
    page = lins_browser.get(reverse("check", args=[complete_draft.pk])).content.decode()
    for shown in ("By post to my home address", "16 November 2026", "from your sign-in", "Written from your answers"):
        assert shown in page, shown


def test_who_gets_what_names_every_element_that_leaves(lins_browser: Client, complete_draft: Application) -> None:
    page = lins_browser.get(reverse("who", args=[complete_draft.pk])).content.decode()
    for department in expansion_of(complete_draft).who_gets_what:
        assert department.name.en in page
        for item in department.items:
            assert item.title.en.replace("'", "&#x27;") in page
    assert "comes from “Birth certificate”" in page


def test_an_incomplete_draft_cannot_be_sent(lins_browser: Client, draft: Application) -> None:
    assert "Some questions are not answered yet" in lins_browser.get(declare_page(draft)).content.decode()
    page = lins_browser.post(declare_page(draft), declaration(draft)).content.decode()
    assert "Some questions are not answered yet" in page
    assert not Case.objects.exists()


def test_the_declaration_shows_the_fingerprint_of_what_is_signed(
    lins_browser: Client, complete_draft: Application
) -> None:
    assert declaration(complete_draft)["root"] in lins_browser.get(declare_page(complete_draft)).content.decode()


def test_without_the_tick_nothing_is_signed_or_sent(lins_browser: Client, complete_draft: Application) -> None:
    given = {**declaration(complete_draft), "agree": ""}
    page = lins_browser.post(declare_page(complete_draft), given).content.decode()
    assert page.count("Tick the box to declare") == 2
    assert not Signature.objects.exists()


def test_sending_leads_to_the_reference_and_the_promise(lins_browser: Client, complete_draft: Application) -> None:
    answer = lins_browser.post(declare_page(complete_draft), declaration(complete_draft), follow=True)
    case = Case.objects.get()
    assert answer.redirect_chain == [(reverse("sent", args=[case.pk]), 302)]
    page = answer.content.decode()
    assert case.reference in page
    assert "What happens next" in page
    assert Signature.objects.get().root == Signature.objects.get(voided_at=None).root


def test_sending_twice_makes_one_case_and_says_so(lins_browser: Client, complete_draft: Application) -> None:
    given = declaration(complete_draft)
    lins_browser.post(declare_page(complete_draft), given)
    again = lins_browser.post(declare_page(complete_draft), given)
    case = Case.objects.get()
    assert "already been sent" in again.content.decode()
    assert case.reference in again.content.decode()


def test_answers_changed_in_another_tab_must_be_checked_again(
    lins_browser: Client, complete_draft: Application
) -> None:
    given = declaration(complete_draft)
    save_page(application_id=complete_draft.pk, answers={"card.bank": "farmers"})
    page = lins_browser.post(declare_page(complete_draft), given).content.decode()
    assert "Your answers have changed since this page was opened" in page
    assert not Case.objects.exists()
    assert lins_browser.post(declare_page(complete_draft), declaration(complete_draft)).status_code == 302


def test_after_sending_the_draft_shows_the_reference_and_takes_no_change(
    lins_browser: Client, complete_draft: Application
) -> None:
    lins_browser.post(declare_page(complete_draft), declaration(complete_draft))
    complete_draft.refresh_from_db()
    facts, reference = facts_of(complete_draft), Case.objects.get().reference
    for name in ("tasks", "check", "who", "declare"):
        assert reference in lins_browser.get(reverse(name, args=[complete_draft.pk])).content.decode()
    handover = reverse("page", args=[complete_draft.pk, "handover"])
    answer = lins_browser.post(handover, {"card.bank": "farmers", "results.method": "collect"})
    assert answer.status_code == 409
    assert reference in answer.content.decode()
    complete_draft.refresh_from_db()
    assert facts_of(complete_draft) == facts
