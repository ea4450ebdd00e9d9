"""One clock: the database's time, plus an offset that only tests set.

Workers on several machines must agree on leases and due times, so their own clocks never decide. The difference to the
database is measured once a minute; between measurements the monotonic clock carries on.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

MEASURE_EVERY_SECONDS = 60.0

_lock = threading.Lock()
_base: datetime | None = None
_measured = 0.0
_offset = timedelta(0)


def now() -> datetime:
    """Return the present, timezone-aware UTC. One statement a minute on PostgreSQL, none on SQLite."""
    global _base, _measured
    if connection.vendor == "sqlite":
        return datetime.now(UTC) + _offset
    with _lock:
        tick = time.monotonic()
        if _base is None or tick - _measured > MEASURE_EVERY_SECONDS:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                _base = cursor.fetchone()[0]
            _measured = tick = time.monotonic()
        return _base + timedelta(seconds=tick - _measured) + _offset


def _fresh_lock() -> None:
    """Give a forked child a lock of its own: the parent's may have been held at that moment."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_fresh_lock)


def travel(offset: timedelta) -> None:
    """Move the clock; for tests only. ``travel(timedelta(0))`` returns to the present."""
    global _offset
    _offset = offset
