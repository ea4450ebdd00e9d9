"""``expand`` measured: every bundle of the shipped catalogue, over all its samples, registers up and down."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lifeevents.definition import Version
from lifeevents.derived import Fact
from lifeevents.expansion import expand
from lifeevents.reading import read_catalogue, resolve
from lifeevents.samples import sample_facts

CATALOGUE = Path(__file__).parents[2] / "lifeevents" / "catalogue"
ROUNDS = 300


def bench_expand() -> dict[str, dict[str, float]]:
    """Return bundle → p50 and p95 of one ``expand`` in milliseconds, caches warm."""
    catalogue = read_catalogue([CATALOGUE])
    found = {}
    for code in catalogue.bundles:
        version = resolve(catalogue, code, 1)
        times = sorted(took for facts in _cases(version) for took in _measure(version, facts))
        found[code] = {"p50_ms": _at(times, 0.5), "p95_ms": _at(times, 0.95)}
    return found


def _cases(version: Version) -> list[dict[str, Fact]]:
    """Return what to expand with: nothing known, and every sample with registers up and down."""
    samples = [replace(sample, registers_up=up) for sample in version.bundle.samples for up in (True, False)]
    return [{}, *(sample_facts(version, sample) for sample in samples)]


def _measure(version: Version, facts: Mapping[str, Fact]) -> list[float]:
    expand(version, facts)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        expand(version, facts)
        times.append(time.perf_counter() - start)
    return times


def _at(times: list[float], share: float) -> float:
    return round(times[int(len(times) * share)] * 1000, 3)
