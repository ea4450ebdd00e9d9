"""What goes wrong and when: a schedule drawn from the seed, and the hands that carry it out."""

from __future__ import annotations

import heapq
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.harness.proxy import FAIR, Weather
from tests.harness.world import DAY_SECONDS, LEASE, World
from tests.processes import children_of

RATES: dict[str, dict[str, Any]] = {
    "registry": {"latency_ms": 5},
    "transport": {"latency_ms": 10, "hang_after_work_rate": 0.1, "error_rate": 0.1},
    "education": {
        "latency_ms": 5,
        "duplicate_callback_rate": 0.3,
        "lost_callback_rate": 0.1,
        "early_callback_rate": 0.1,
        "forged_callback_rate": 0.3,
    },
    "water": {"latency_ms": 10, "error_rate": 0.03, "reset_rate": 0.03},
    "parking": {"latency_ms": 10, "slow_rate": 0.2, "slow_seconds": 1.6, "error_rate": 0.05, "reset_rate": 0.05},
    "grants": {"latency_ms": 5, "error_rate": 0.02, "reset_rate": 0.02},
}
AFTERWARDS: dict[str, dict[str, Any]] = {
    "education": {"duplicate_callback_rate": 0.3, "early_callback_rate": 0.1, "forged_callback_rate": 0.3},
    "parking": {"slow_rate": 0.2, "slow_seconds": 1.6},
}
"""What stays to the end, for it is how these departments are: it must delay little."""

STORM = Weather(reset_before=0.04, reset_after=0.04, slow=0.15, latency=0.25, trickle=0.1)
KILLS = {"kill_worker": 3, "kill_child": 5, "kill_web": 2}
OTHERS = {
    "postgres_restart": 10, "redis_kill": 12, "redis_flush": 12, "freeze": 5, "outage": 8, "weather": 6, "doorbells": 6,
}  # fmt: skip
"""One of these for so many kills."""

FROZEN = ((LEASE + 0.1, LEASE + 1.5), (LEASE + 1.5, LEASE + 8.0))
"""Seconds: awake again while somebody else has just taken over, or long after."""

Later = tuple[float, int, Callable[[], None]]


def schedule(kills: int, dice: random.Random) -> list[str]:
    """Return the actions of a run in order: so many kills, and everything else in proportion."""
    names, weights = list(KILLS), list(KILLS.values())
    actions = dice.choices(names, weights, k=kills)
    for name, per in OTHERS.items():
        actions += [name] * max(1, round(kills / per))
    dice.shuffle(actions)
    return actions


class Faults:
    """Does what the schedule says, and undoes in time what must not last."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world = world
        self.dice = dice
        self.done: Counter[str] = Counter()
        self._later: list[Later] = []
        self._order = 0
        self._down: dict[str, bool | str] = {}
        self._puts = 0

    def begin(self) -> None:
        """Set the departments' usual rates."""
        self._put()

    def act(self, name: str) -> None:
        """Carry out one action; it counts only if there was something to hit."""
        if getattr(self, f"_{name}")():
            self.done[name] += 1

    def tick(self) -> None:
        """Undo what has lasted long enough, wake and start again what should run."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        for pid in self.world.newly_stopped():
            self.done["freeze_at_point"] += 1
            self.world.remember_frozen(pid, now + self._nap())
        self.world.tend(now)

    def end(self) -> None:
        """Undo everything at once: nothing goes wrong any more, except what test values and bad callbacks bring."""
        while self._later:
            heapq.heappop(self._later)[2]()
        self.world.proxy.weather = FAIR
        self.world.simulator.control("PUT", "/settings", {"day_seconds": DAY_SECONDS})
        seed = self.world.seed % 1_000_000 * 1000
        rules = {code: {**rates, "seed": seed} for code, rates in AFTERWARDS.items()}
        self.world.simulator.control("PUT", "/faults", rules)

    @property
    def kills(self) -> int:
        """Return how many processes or trees were killed from outside."""
        return sum(self.done[name] for name in KILLS)

    # Kills

    def _kill_worker(self) -> bool:
        if not self.world.workers:
            return False
        self.world.workers[self.dice.randrange(len(self.world.workers))].kill_tree()
        self.world.arm()
        return True

    def _kill_child(self) -> bool:
        return self._kill_one(self.world.pool_pids())

    def _kill_web(self) -> bool:
        if self.dice.random() < 0.25 and self.world.web is not None:
            self.world.web.kill_tree()
            self.world.arm()
            return True
        return self._kill_one(self.world.web_pids())

    def _kill_one(self, pids: list[int]) -> bool:
        with suppress(ProcessLookupError):
            if pids:
                os.kill(self.dice.choice(pids), signal.SIGKILL)
                return True
        return False

    # Everything else

    def _postgres_restart(self) -> bool:
        if self.world.postgres.process is None:
            return False
        if self.dice.random() < 0.5:
            self.world.postgres.restart(immediate=True)
        else:
            self.world.postgres.kill()
            self._after(self.dice.uniform(0.3, 2.0), self._postgres_up)
        return True

    def _postgres_up(self) -> None:
        if self.world.postgres.process is None:
            self.world.postgres.start()

    def _redis_kill(self) -> bool:
        if self.world.redis.process is None:
            return False
        self.world.redis.kill()
        self._after(self.dice.uniform(0.3, 3.0), self.world.redis.start)
        return True

    def _redis_flush(self) -> bool:
        if self.world.redis.process is None:
            return False
        self.world.redis.flush()
        return True

    def _freeze(self) -> bool:
        pids = [pid for worker in self.world.workers for pid in children_of(worker.pid)]
        if pids:
            self.world.freeze(self.dice.choice(pids), time.monotonic() + self._nap())
        return bool(pids)

    def _outage(self) -> bool:
        department = self.dice.choice(list(RATES))
        self._down[department] = "reset" if self.dice.random() < 0.5 else True
        self._put()
        self._after(self.dice.uniform(0.5, 3.0), lambda: self._up_again(department))
        return True

    def _up_again(self, department: str) -> None:
        self._down.pop(department, None)
        self._put()

    def _weather(self) -> bool:
        self.world.proxy.weather = STORM
        self._after(self.dice.uniform(1.0, 4.0), self._clear_up)
        return True

    def _clear_up(self) -> None:
        self.world.proxy.weather = FAIR

    def _doorbells(self) -> bool:
        self.world.desk.ring()
        return True

    def _nap(self) -> float:
        return self.dice.uniform(*self.dice.choice(FROZEN))

    def _put(self) -> None:
        """Tell the departments; a new seed each time, or the same draws would come again."""
        self._puts += 1
        seed = self.world.seed % 1_000_000 * 1000 + self._puts
        rules = {code: {**rates, "seed": seed, "down": self._down.get(code, False)} for code, rates in RATES.items()}
        self.world.simulator.control("PUT", "/faults", rules)

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._later, (time.monotonic() + seconds, self._order, action))
