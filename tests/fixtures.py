"""Named people, the shipped catalogue, and a filed birth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation
from pytest_django import DjangoDbBlocker, Settings

from lifeevents.models import BundleVersion
from lifeevents.publishing import latest_version, load_catalogue, load_version, pinned_version
from portal.demo import enter_demo_people
from portal.models import User
from portal.sample_filing import file_sample
from services import clock
from services.models import Case
from services.plans import load_plan


@pytest.fixture(autouse=True)
def light_settings(settings: Settings) -> None:
    """Hash passwords cheaply and serve static files unhashed; real processes (tests/stack.py) do both in earnest."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    """Forget what a process remembers of rows that this test's transaction will take away."""
    yield
    for cached in (load_version, pinned_version, load_plan):
        cached.cache_clear()
    clock.travel(timedelta(0))
    translation.deactivate()  # a page in Chinese must not make the next test's sentences Chinese


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Load the shipped catalogue once: reading and checking it for every test would take most of the time."""
    with django_db_blocker.unblock():
        load_catalogue()


@pytest.fixture
def catalogue(db: None) -> BundleVersion:
    """The shipped catalogue, loaded; returns the published birth version."""
    version = latest_version("birth")
    if version is None:  # a test with real transactions has emptied the tables
        load_catalogue()
        version = latest_version("birth")
    assert version is not None
    return version


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """The demonstration's people by user name."""
    enter_demo_people()
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def lin(people: dict[str, User]) -> User:
    return people["lin"]


@pytest.fixture
def zhao(people: dict[str, User]) -> User:
    return people["zhao"]


@pytest.fixture
def clerk(people: dict[str, User]) -> User:
    return people["clerk"]


@pytest.fixture
def operator(people: dict[str, User]) -> User:
    return people["operator"]


@pytest.fixture
def filed_case(catalogue: BundleVersion, lin: User) -> Case:
    """A birth that Lin has filed; no register is connected, so everything was asked."""
    version = load_version(catalogue.pk)
    sample = next(sample for sample in version.bundle.samples if sample.name == "married")
    return file_sample(version=catalogue, sample=sample, user=lin)
