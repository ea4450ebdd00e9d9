"""Home, the event's page, sign-in and the start."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lifeevents.models import Application, BundleVersion, LifeEvent
from portal.citizen.finding import find_events
from portal.demo import PASSWORD
from portal.models import User

pytestmark = pytest.mark.django_db


def event_page() -> str:
    return reverse("event", args=["having-a-child"])


def start_page() -> str:
    return reverse("start", args=["having-a-child"])


def test_home_shows_the_event_with_the_number_that_matters(client: Client, catalogue: BundleVersion) -> None:
    page = client.get("/", headers={"accept-language": "en"}).content.decode()
    assert "What has happened?" in page
    assert "Having a child" in page
    assert "10 services, 6 offices" in page
    assert "1 form" in page


def test_home_says_so_when_nothing_is_published(client: Client) -> None:
    BundleVersion.objects.all().delete()
    assert "No life event is open" in client.get("/", headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize("query", ["baby", "We had a baby!", "Twins", "生孩子", "我家宝宝要落户", "maternity"])
def test_search_finds_the_birth_by_what_people_say(client: Client, catalogue: BundleVersion, query: str) -> None:
    page = client.get("/", {"q": query}, headers={"accept-language": "en"}).content.decode()
    assert "1 life event fits" in page
    assert event_page() in page


def test_search_without_a_hit_shows_everything_all_the_same(client: Client, catalogue: BundleVersion) -> None:
    page = client.get("/", {"q": "zebra<script>"}, headers={"accept-language": "en"}).content.decode()
    assert "Nothing fits “zebra&lt;script&gt;”" in page
    assert event_page() in page


def test_the_better_match_comes_first() -> None:
    marriage = LifeEvent(code="m", title_en="Getting married", title_zh="结婚", body={"words": {"en": ["wedding"]}})
    birth = LifeEvent(code="b", title_en="Having a child", title_zh="出生", body={"words": {"en": ["baby", "child"]}})
    assert [event.code for event in find_events("baby after the wedding, one child", [marriage, birth])] == ["b", "m"]
    assert find_events("  ", [marriage, birth]) == [marriage, birth]


def test_the_event_page_tells_what_how_long_and_what_it_saves(client: Client, catalogue: BundleVersion) -> None:
    page = client.get(event_page(), headers={"accept-language": "en"}).content.decode()
    for told in (
        "14 working days",
        "5 working days",
        "Birth registration",
        "Civil Registry",
        "¥400",
        "one-transit--quiet",
    ):
        assert told in page, told


def test_an_unknown_event_is_not_found(client: Client, catalogue: BundleVersion) -> None:
    assert client.get("/events/winning-the-lottery/").status_code == 404


def test_starting_needs_sign_in_and_comes_back(client: Client, catalogue: BundleVersion, lin: User) -> None:
    answer = client.get(start_page())
    assert answer.headers["Location"] == f"{reverse('sign_in')}?next={start_page()}"
    credentials = {"username": "lin", "password": PASSWORD, "next": start_page()}
    assert client.post(reverse("sign_in"), credentials).headers["Location"] == start_page()


def test_sign_in_never_leads_to_another_site(client: Client, lin: User) -> None:
    credentials = {"username": "lin", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post(reverse("sign_in"), credentials).headers["Location"] == "/"


def test_a_wrong_password_is_said_in_the_error_summary(client: Client, lin: User) -> None:
    answer = client.post(reverse("sign_in"), {"username": "lin", "password": "no"}, headers={"accept-language": "en"})
    assert "There is a problem" in answer.content.decode()
    assert "do not fit together" in answer.content.decode()


def test_signing_out_takes_a_post(lins_browser: Client) -> None:
    assert lins_browser.get(reverse("sign_out")).status_code == 405
    lins_browser.post(reverse("sign_out"))
    assert lins_browser.get(reverse("my_cases")).status_code == 302


def test_starting_without_a_choice_starts_nothing(lins_browser: Client, catalogue: BundleVersion) -> None:
    page = lins_browser.post(start_page(), {}).content.decode()
    assert "Choose whether we may look up" in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(("choice", "consent"), [("yes", True), ("no", False)])
def test_starting_makes_a_draft_with_the_chosen_consent(
    lins_browser: Client, catalogue: BundleVersion, choice: str, consent: bool
) -> None:
    answer = lins_browser.post(start_page(), {"lookup": choice})
    draft = Application.objects.get()
    assert answer.headers["Location"] == reverse("tasks", args=[draft.pk])
    assert draft.lookup_consent is consent


def test_the_start_page_names_every_register_and_an_open_draft(lins_browser: Client, draft: Application) -> None:
    page = lins_browser.get(start_page()).content.decode()
    for register in (
        "Population register",
        "Civil-status register",
        "Hospital delivery register",
        "Low-income register",
    ):
        assert register in page
    assert reverse("tasks", args=[draft.pk]) in page


def test_an_account_of_the_desk_is_told_it_cannot_apply(clerk: User, catalogue: BundleVersion, browser_of) -> None:
    answer = browser_of(clerk).get(start_page())
    assert answer.status_code == 403
    assert "This account cannot apply" in answer.content.decode()


def test_the_language_is_switched_and_kept(client: Client, catalogue: BundleVersion) -> None:
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="zh-Hans"' in page
    assert "出生一件事" in page
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert "Having a child" in client.get("/").content.decode()
