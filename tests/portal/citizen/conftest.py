"""A citizen's browser, and a draft at every stage of its way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client

from lifeevents.applications import attach, expansion_of, save_page, start_application
from lifeevents.models import Application, BundleVersion
from lifeevents.publishing import load_version
from portal.models import User
from portal.sample_filing import PAPER
from services.models import Person


@pytest.fixture(autouse=True)
def place_for_static_files(settings: LazySettings) -> None:
    """Make the folder that WhiteNoise looks for."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """Return a browser in which this user is signed in, in English."""

    def signed_in(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def lins_browser(lin: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(lin)


@pytest.fixture
def zhaos_browser(zhao: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(zhao)


@pytest.fixture
def draft(catalogue: BundleVersion, lin: User) -> Application:
    """A birth that Lin has just begun; no register is connected, so everything is asked."""
    person = Person.objects.get(user=lin)
    return start_application(version=catalogue, person=person, filed_by=lin, lookup_consent=True)


@pytest.fixture
def complete_draft(draft: Application, catalogue: BundleVersion) -> Application:
    """Lin's birth with every question answered, not yet sent."""
    sample = next(sample for sample in load_version(catalogue.pk).bundle.samples if sample.name == "married")
    expansion = expansion_of(draft)
    while not expansion.complete:
        for paper in (one for page in expansion.pages for one in page.evidence if one.document is None):
            attach(application_id=draft.pk, slot=paper.slot, content=PAPER, title=str(sample.facts[paper.key]))
        answers = {key: sample.facts[key] for key in expansion.questions if key in sample.facts}
        expansion = save_page(application_id=draft.pk, answers=answers)
    draft.refresh_from_db()
    return draft
