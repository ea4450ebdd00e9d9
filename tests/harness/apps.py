"""Loaded into every process of the system under test, last, so that all of it is there to be watched."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from tests.harness.controls import CONTROLS


class HarnessConfig(AppConfig):
    """Watches sends and settlements; takes away one safeguard if a negative control is wanted."""

    name = "tests.harness"
    label = "harness"

    def ready(self) -> None:
        """Install the watcher and the control."""
        from tests.harness import watcher  # noqa: PLC0415 - it imports models, which can be had only now

        control: str = getattr(settings, "HARNESS_CONTROL", "")
        if control:
            CONTROLS[control].take_away()
        watcher.install()
