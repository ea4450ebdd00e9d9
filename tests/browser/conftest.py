"""One whole system and one Chromium for all browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.stack import Stack

CHROMIUM = "/usr/bin/chromium"
DAY_SECONDS = 0.25
"""Slow enough that a case is seen on its way, quick enough that it ends within seconds."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack(day_seconds=DAY_SECONDS) as system:
        system.start_web()
        system.start_workers(1)
        system.wait_workers()
        yield system


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
