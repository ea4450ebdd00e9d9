"""The safety net in every worker: whatever the doorbell missed is rung again; releases are derived again.

Any number of sweeps may run: they only ring, and a courier's claim decides.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections

from services.claim import work_is_due
from services.clock import now
from services.crash_points import crash_point
from services.doorbell import ring
from services.settle import overlooked_cases, rederive

log = logging.getLogger(__name__)

QUIET = timedelta(minutes=1)


def sweep() -> bool:
    """Ring if anything is due, then release what was overlooked; True if something was due."""
    at = now()
    crash_point("in_sweep")
    due = work_is_due(at)
    if due:
        ring()
    if overlooked := overlooked_cases(before=at - QUIET):
        rederive(overlooked)
    return due


def sweep_forever(stop: threading.Event) -> None:
    """Sweep every SWEEP_SECONDS until told to stop, whatever goes wrong in between."""
    while not stop.wait(settings.SWEEP_SECONDS):
        try:
            close_old_connections()
            sweep()
        except Exception:
            log.exception("sweep failed; trying again")


def start_sweeping() -> threading.Event:
    """Start the sweep in a thread of this process; returns the event that stops it."""
    stop = threading.Event()
    threading.Thread(target=sweep_forever, args=(stop,), name="sweep", daemon=True).start()
    return stop
