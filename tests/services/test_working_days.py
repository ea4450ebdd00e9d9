"""Promises count working days: weekends and public holidays rest, weekend days worked in exchange count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.working_days import first_day, is_working_day, promise, working_days_between

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def china(settings) -> None:
    settings.REGION, settings.TIME_ZONE, settings.CUT_OFF_HOUR = "CN", "Asia/Shanghai", 16


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def day_of(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-23", True),  # a Monday
        ("2026-11-28", False),  # a Saturday
        ("2026-11-29", False),  # a Sunday
        ("2026-10-01", False),  # National Day, a Thursday
        ("2026-02-17", False),  # Spring Festival, a Tuesday
        ("2026-02-14", True),  # a Saturday worked in exchange for the Spring Festival
        ("2026-10-10", True),  # a Saturday worked in exchange for National Day
        ("2026-09-20", True),  # a Sunday worked in exchange for National Day
    ],
)
def test_what_is_a_working_day(day: str, works: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("filed", "counts_from"),
    [
        ("2026-11-23T09:00", "2026-11-23"),
        ("2026-11-23T15:59:59", "2026-11-23"),
        ("2026-11-23T16:00", "2026-11-24"),  # the cut-off itself is too late
        ("2026-11-27T18:00", "2026-11-30"),  # Friday evening: Monday
        ("2026-11-28T09:00", "2026-11-30"),  # a Saturday: Monday
        ("2026-09-30T17:00", "2026-10-08"),  # the evening before the holidays
        ("2026-02-14T09:00", "2026-02-14"),  # the worked Saturday itself
    ],
)
def test_a_filing_counts_from_its_first_working_day(filed: str, counts_from: str) -> None:
    assert first_day(local(filed)) == date.fromisoformat(counts_from)


def test_the_cut_off_is_local_time_whatever_zone_the_moment_is_in() -> None:
    assert first_day(datetime(2026, 11, 23, 7, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert first_day(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("days", "over"),
    [
        ("0", "2026-11-23"),
        ("0.5", "2026-11-24"),  # half a day is rounded up once, at the end
        ("1", "2026-11-24"),
        ("1.5", "2026-11-25"),
        ("4", "2026-11-27"),
        ("5", "2026-11-30"),  # over a weekend
        ("14", "2026-12-11"),
    ],
)
def test_a_promise_is_the_end_of_the_last_working_day(days: str, over: str) -> None:
    promised = promise(local("2026-11-23T10:00"), Decimal(days))
    assert day_of(promised) == date.fromisoformat(over)
    assert promised.astimezone(SHANGHAI).strftime("%H:%M:%S") == "23:59:59"
    assert promised.tzinfo is UTC


def test_a_promise_over_the_spring_festival_rests_and_makes_up() -> None:
    # 13 February is a Friday; Saturday the 14th is worked, the 16th to the 20th and the 23rd are holidays.
    assert day_of(promise(local("2026-02-13T10:00"), Decimal(2))) == date(2026, 2, 24)


def test_another_region_has_its_own_calendar(settings) -> None:
    settings.REGION = "DE"
    assert is_working_day(date(2026, 10, 1))
    assert not is_working_day(date(2026, 10, 3))


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-11-23T10:00", "2026-11-23T23:00", 0),
        ("2026-11-23T23:00", "2026-11-24T01:00", 1),
        ("2026-11-27T10:00", "2026-11-30T10:00", 1),
        ("2026-11-30T10:00", "2026-11-27T10:00", 0),  # the end is earlier
        ("2026-11-23T10:00", "2026-12-11T10:00", 14),
    ],
)
def test_how_many_working_days_have_passed(start: str, end: str, days: int) -> None:
    assert working_days_between(local(start), local(end)) == days
