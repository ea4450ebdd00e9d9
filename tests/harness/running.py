"""One run: file and break for a while, let everything settle, gather the evidence."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg2  # type: ignore[import-untyped]

from tests.harness import evidence as seen
from tests.harness.evidence import Evidence
from tests.harness.faults import Faults, schedule
from tests.harness.judge import Verdict, judge
from tests.harness.world import World
from tests.processes import ROOT

GAP_SECONDS = 1.5
TICK_SECONDS = 0.05
OVERTIME_SECONDS = 40.0
SETTLE_SECONDS = 120.0
CONTROL_SETTLE_SECONDS = 25.0
LONG_WAIT_SECONDS = 10.0
BOOST_FROM = 0.35
Say = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """What was asked for, and what came of it; times in seconds."""

    cases: int
    seed: int
    kills: int
    minutes: float
    control: str
    verdict: Verdict = field(default_factory=Verdict)
    phases: dict[str, float] = field(default_factory=dict)
    brought_forward: int = 0
    filed_while_broken: int = 0


class Conductor:
    """Leads a world through its faults."""

    def __init__(self, world: World, run: Run, say: Say) -> None:
        self.world, self.run, self.say = world, run, say
        self.dice = random.Random(run.seed)
        self.faults = Faults(world, self.dice)
        self._began = time.monotonic()

    def conduct(self) -> None:
        """Go through all phases; the verdict is then in the run."""
        self._phase("start", self._start)
        self._phase("faults", self._break)
        self._phase("settle", self._settle)
        self._phase("judge", self._judge)

    def _phase(self, name: str, doing: Callable[[], None]) -> None:
        began = time.monotonic()
        doing()
        self.run.phases[name] = round(time.monotonic() - began, 1)

    def _start(self) -> None:
        self.world.start_all()
        self.faults.begin()

    # Breaking

    def _break(self) -> None:
        """Give orders to file and do what the schedule says, until every crash point was hit."""
        actions = schedule(self.run.kills, self.dice)
        mean = self.run.minutes * 60 / len(actions) if self.run.minutes else GAP_SECONDS
        for number, action in enumerate(actions, start=1):
            share = number / len(actions)
            self.world.boosted = share > BOOST_FROM
            self.world.desk.order(max(0, round(self.run.cases * share) - self.world.desk.given))
            self._idle(self.dice.uniform(0.2, 2 * mean - 0.2))
            self.faults.act(action)
        self.run.filed_while_broken = len(self.world.desk.acknowledged())
        self._overtime()

    def _overtime(self) -> None:
        """Go on a little for the crash points nobody has died at yet, with new processes that are likelier to."""
        if self.run.control or not self.world.crash_points.unhit():
            return
        self.world.arm()
        self.world.restart_all()
        ends = time.monotonic() + OVERTIME_SECONDS
        while self.world.crash_points.unhit() and time.monotonic() < ends:
            self.world.desk.order(2)
            self._idle(1.0)

    def _idle(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.faults.tick()
            self._progress()
            time.sleep(TICK_SECONDS)

    def _progress(self) -> None:
        settled = 0
        with suppress(psycopg2.Error):
            settled = seen.rows(self.world.database_url, seen.COUNTS)[0][1] if self._is_time() else -1
        if settled >= 0:
            other = sum(self.faults.done.values()) - self.faults.kills
            crashes = sum(self.world.crash_points.hits().values())
            filed = len(self.world.desk.acknowledged())
            seconds = time.monotonic() - self._began
            self.say(
                f"{seconds:4.0f} s  filed {filed}, settled {settled}, kills {self.faults.kills}, "
                f"crashes {crashes}, other faults {other}"
            )

    _said = 0.0

    def _is_time(self) -> bool:
        if time.monotonic() - self._said < 2.0:
            return False
        self._said = time.monotonic()
        return True

    # Settling

    def _settle(self) -> None:
        """Let everything live, file what is lacking, and wait until machines have nothing left to do."""
        self.faults.end()
        self.world.disarm()
        self.world.restart_all()
        self._until(self._all_filed, SETTLE_SECONDS)
        if self.run.control == "outbox":
            self.world.redis.flush()
        self._until(self._is_still, CONTROL_SETTLE_SECONDS if self.run.control else SETTLE_SECONDS)

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not done():
            self._idle(0.3)

    def _all_filed(self) -> bool:
        """Order again what died with the filing process, once the orders given have all been answered."""
        lacking = self.run.cases - len(self.world.desk.acknowledged())
        if lacking > 0 and self.world.desk.is_idle():
            self.world.desk.order(lacking)
        return lacking <= 0

    def _is_still(self) -> bool:
        url = self.world.database_url
        if self.run.control != "outbox":
            self.run.brought_forward += seen.bring_forward(url, LONG_WAIT_SECONDS)
        return seen.moving(url) == 0

    # Judging

    def _judge(self) -> None:
        self.run.verdict = judge(self._gather())

    def _gather(self) -> Evidence:
        url, ledger, notes = self.world.database_url, self.world.ledger(), self.world.notes()
        return Evidence(
            acknowledged=self.world.desk.acknowledged(),
            cases=dict(seen.rows(url, seen.CASES)),
            items=seen.items(url),
            ledger=seen.ledger_by_identity(ledger),
            totals=ledger["totals"],
            late=frozenset(note["request"] for note in notes if note["kind"] == "late"),
            frozen=frozenset(note["request"] for note in notes if note["kind"] == "frozen"),
            stale=tuple(stale_text(note) for note in notes if note["kind"] == "stale"),
            broken=tuple(self._broken_chains()),
            paused=tuple(row[0] for row in seen.rows(url, seen.PAUSED)),
        )

    def _broken_chains(self) -> list[str]:
        """Return what verify_audit finds, a sentence per case; it must have looked at every case."""
        words = [sys.executable, "manage.py", "verify_audit", "--json"]
        done = subprocess.run(
            words, cwd=ROOT, env=self.world.environment, capture_output=True, text=True, check=False, timeout=300
        )
        try:
            document = json.loads(done.stdout)
        except ValueError:
            return [f"verify_audit ended with {done.returncode}: {done.stderr[-300:]}"]
        texts = [f"{reference}: {'; '.join(wrong)}" for reference, wrong in document["broken"].items()]
        count = seen.rows(self.world.database_url, seen.COUNTS)[0][0]
        return texts if document["cases"] == count else [*texts, f"only {document['cases']} of {count} were verified"]


def stale_text(note: dict[str, str]) -> str:
    """Return the finding for a write of an old claim."""
    return f"an old claim of request {note['request']} moved its item from {note['was']} to {note['now']}"
