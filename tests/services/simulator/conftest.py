"""One simulator for all tests of the folder, wiped before each; a fresh portal per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.simulator.world import Portal, Simulator, portal, running


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    with running("--day-seconds", "0") as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    running_simulator.control("PUT", "/faults", {})
    running_simulator.control("PUT", "/settings", {"day_seconds": 0})
    running_simulator.control("DELETE", "/ledger")
    return running_simulator


@pytest.fixture
def callbacks() -> Iterator[Portal]:
    with portal() as taken:
        yield taken
