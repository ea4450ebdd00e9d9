"""One clock: the database's, plus what a test adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from services import clock


@pytest.mark.django_db
def test_now_is_the_present_in_utc() -> None:
    moment = clock.now()
    assert moment.tzinfo is not None
    assert moment.utcoffset() == timedelta(0)
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.django_db
def test_it_never_goes_back() -> None:
    moments = [clock.now() for _ in range(100)]
    assert moments == sorted(moments)


@pytest.mark.django_db
def test_a_test_travels_and_returns() -> None:
    clock.travel(timedelta(days=3))
    assert clock.now() - datetime.now(UTC) > timedelta(days=2, hours=23)
    clock.travel(timedelta(0))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.django_db
def test_a_hundred_looks_cost_one_statement_at_most(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(0 if connection.vendor == "sqlite" else 1):
        for _ in range(100):
            clock.now()
