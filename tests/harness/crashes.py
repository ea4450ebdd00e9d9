"""The named crash points: how likely each is to end a process now, and how often each did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

USUAL_CASES = 170
CHANCES = {
    "in_expand": 0.015,
    "mid_filing_transaction": 0.015,
    "after_filing_commit": 0.015,
    "after_claim": 0.006,
    "before_http": 0.002,
    "after_http": 0.002,
    "after_result_before_commit": 0.005,
    "in_settle": 0.005,
    "after_commit_before_ack": 0.02,
    "in_callback_before_inbox": 0.02,
    "after_inbox_before_apply": 0.02,
    "in_sweep": 0.006,
}
"""Chance per passage in a run of the usual size, so that each is hit a few times."""

FREEZES = {
    "after_claim": 0.006,
    "before_http": 0.0015,
    "after_http": 0.0005,
    "in_settle": 0.001,
    "after_result_before_commit": 0.001,
    "after_inbox_before_apply": 0.002,
    "in_callback_before_inbox": 0.002,
}
"""Chance per passage that a process stands still past its lease."""

LEAST, MOST = 0.25, 4.0
BOOST = 10.0
HIGHEST = 0.3


class CrashPoints:
    """What the log says, and the chances that follow from it."""

    def __init__(self, log: Path, cases: int, freezes: float = 1.0) -> None:
        self.log = log
        self._freezes = freezes
        self._scale = min(max(USUAL_CASES / max(cases, 1), LEAST), MOST)

    def hits(self) -> Counter[str]:
        """Return how often each point ended a process; 0 for those it never did."""
        lines = self.log.read_text().split() if self.log.exists() else []
        return Counter({name: lines.count(name) for name in CHANCES})

    def unhit(self) -> list[str]:
        """Return the points no process has died at yet."""
        return [name for name, count in self.hits().items() if not count]

    def chances(self, *, boosted: bool) -> str:
        """Return CRASH_POINTS for a process started now; `boosted` makes those never hit more likely."""
        missing = self.unhit() if boosted else []
        likely = {name: chance * (BOOST if name in missing else 1) for name, chance in CHANCES.items()}
        return written(likely, self._scale)

    def freezes(self) -> str:
        """Return HARNESS_FREEZES for a process started now."""
        return written(FREEZES, self._scale * self._freezes)


def written(chances: Mapping[str, float], scale: float) -> str:
    """Return chances as the environment wants them."""
    return ",".join(f"{name}={min(chance * scale, HIGHEST):.5f}" for name, chance in chances.items())
