"""The fault harness, small: a run that must be green, and one negative control that must be red."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.harness.controls import CONTROLS
from tests.processes import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.full]

CASES, KILLS = 60, 12
SEED = 20261123
LONGEST_SECONDS = 300
# Without the fence a small run goes red by one or two writes only, and not every time: run that control by hand.
ROTATION = sorted(set(CONTROLS) - {"fence"})


def harness(*words: str) -> tuple[int, dict[str, Any]]:
    """Run the harness as its users do; return its exit code and report."""
    environment = {**os.environ, "DATABASE_URL": "", "REDIS_URL": ""}
    command = [sys.executable, "-m", "tests.harness", "--json", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    assert done.stdout, done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout)


def test_nothing_is_lost_or_done_twice_whatever_is_killed(record_property: Callable[[str, object], None]) -> None:
    code, report = harness("--cases", str(CASES), "--kills", str(KILLS), "--seed", str(SEED))
    record_property("seed", report["seed"])
    assert report["red"] == []
    assert code == 0
    assert report["cases"] >= CASES
    assert report["kills"] >= KILLS - 2
    assert all(report["crash_points"].values())


def test_without_one_safeguard_the_run_goes_red(record_property: Callable[[str, object], None]) -> None:
    control = ROTATION[datetime.now(UTC).toordinal() % len(ROTATION)]
    record_property("control", control)
    code, report = harness("--cases", "40", "--kills", "6", "--control", control)
    assert code == 1
    assert report[CONTROLS[control].red] > 0, report
