"""What only two connections at once can show; PostgreSQL only, for SQLite lets one write at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from lifeevents import applications
from lifeevents.applications import sign_application, submit_application
from lifeevents.models import Application, BundleVersion
from lifeevents.publishing import load_version
from portal.models import User
from portal.sample_filing import file_sample
from services import settle
from services.connectors.base import CallResult
from services.models import Case, Lane
from services.states import CallEnd
from tests.processes import wait_until
from tests.services.building import call_for, claim_all, lanes, open_test_case, plan_of, step

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("__import__('django.db').db.connection.vendor != 'postgresql'", reason="PostgreSQL only"),
]


def at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each job in a thread with a connection of its own; returns what they return, or raises what they raise."""

    def run(job: Callable[[], Any]) -> Any:
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_the_second_click_waits_and_is_given_the_first_ones_case(
    catalogue: BundleVersion, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = load_version(catalogue.pk)
    sample = next(sample for sample in version.bundle.samples if sample.name == "married")
    application = file_sample(version=catalogue, sample=sample, user=lin).application
    Application.objects.filter(pk=application.pk).update(state="draft", case=None)
    sign_application(application_id=application.pk, person=lin.person)
    before, locked, expand = Case.objects.count(), threading.Event(), applications.expand

    def first() -> str:
        return submit_application(application_id=application.pk, actor="citizen:test").reference

    def second() -> str:
        locked.wait(timeout=10)
        return submit_application(application_id=application.pk, actor="citizen:test").reference

    def expand_when_somebody_waits(*given: Any) -> Any:
        """Called with the row's lock held: go on only once the other click is waiting for it."""
        locked.set()
        wait_until(somebody_waits_for_a_lock, 10, "the second click to wait")
        return expand(*given)

    monkeypatch.setattr(applications, "expand", expand_when_somebody_waits)
    references = at_once([first, second])
    assert len(set(references)) == 1
    assert Case.objects.count() == before + 1


def test_two_couriers_pause_two_lanes_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        open_test_case(plan_of(step("one"), step("four")))
    items = sorted(claim_all(), key=lambda item: (str(item.case_id), item.key))
    results = [CallResult(call_for(item), CallEnd.SETUP, 0.0, 5, 401) for item in items]
    known = lanes()
    at_once([lambda: settle.settle_sparing(results[:2], known), lambda: settle.settle_sparing(results[:1:-1], known)])
    assert Lane.objects.filter(pk__in=["alpha", "beta"], paused_since__isnull=False).count() == 2
