"""Promises in working days of the region, counted from filing; rounded up once, at the end."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings


@lru_cache(maxsize=8)
def _calendar(region: str) -> holidays.HolidayBase:
    return holidays.country_holidays(region)


def is_working_day(day: date) -> bool:
    """True for a day offices work: not a weekend or public holiday, or a weekend day worked in exchange."""
    return _calendar(settings.REGION).is_working_day(day)


@lru_cache(maxsize=4096)
def _nth_after(day: date, count: int) -> date:
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def first_day(moment: datetime) -> date:
    """Return the day a filing counts from: today before the cut-off hour of a working day, else the next one."""
    local = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
    if is_working_day(local.date()) and local.hour < settings.CUT_OFF_HOUR:
        return local.date()
    return _nth_after(local.date(), 1)


def promise(filed: datetime, days: Decimal) -> datetime:
    """Return the instant by which ``days`` working days after filing are over: the end of that day, UTC."""
    day = _nth_after(first_day(filed), math.ceil(days))
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)


def working_days_between(start: datetime, end: datetime) -> int:
    """Return how many working days passed after ``start`` up to ``end``; 0 when end is not later."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    count = 0
    while day < last:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count
