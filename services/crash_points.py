"""Named places at which the fault harness kills a process. Off unless CRASH_POINTS is set; never set in production."""

from __future__ import annotations

import os
import random
from pathlib import Path

from django.conf import settings

EXIT_CODE = 137


def crash_point(name: str) -> None:
    """End this process at once, as kill -9 would, with the chance the harness gave this place; else do nothing."""
    chances: dict[str, float] = settings.CRASH_POINTS
    if chances and random.random() < chances.get(name, 0.0):  # noqa: S311 - not a secret
        with Path(settings.CRASH_LOG).open("a") as log:
            log.write(f"{name}\n")
        os._exit(EXIT_CODE)
