"""Faults by rate: what may go wrong at each department, set over ``PUT /faults``, drawn from a seeded generator."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from services.simulator.wire import Exchange, problem

Answer = tuple[int, Any]


class FaultError(ValueError):
    """The fault settings are not usable; the text says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may go wrong at one department. Rates are chances 0 to 1 per call or callback, times are in the name's unit.

    ``error_rate`` (502) and ``reset_rate`` strike before or after the work, half of the time each;
    ``down`` answers every call 503, or resets it when it is the text "reset". No work is done then.
    """

    error_rate: float = 0.0
    reset_rate: float = 0.0
    hang_after_work_rate: float = 0.0
    duplicate_callback_rate: float = 0.0
    lost_callback_rate: float = 0.0
    early_callback_rate: float = 0.0
    forged_callback_rate: float = 0.0
    slow_rate: float = 0.0
    slow_seconds: float = 1.0
    latency_ms: float = 0.0
    down: bool | str = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls one call ``before`` or ``after`` the work: "error", "reset", "hang", "down"; and how long it takes.

    ``latency`` and ``work`` are seconds; only calls that do work take the latter.
    """

    before: str = ""
    after: str = ""
    latency: float = 0.0
    work: float = 0.0


CALM = Trouble()


@dataclass(slots=True)
class Faults:
    """The rules in force, by department or register code; ``*`` is for all without rules of their own."""

    rules: dict[str, Rules] = field(default_factory=dict)
    _generators: dict[str, random.Random] = field(default_factory=dict)

    def replace(self, document: Any) -> None:
        """Put new rules in force and restart every generator; raise FaultError, changing nothing, if one is wrong."""
        if not isinstance(document, Mapping):
            raise FaultError("Send a mapping of department code (or *) to its rates.")
        self.rules = {str(code): read_rules(str(code), body) for code, body in document.items()}
        self._generators = {}

    def of(self, code: str) -> Rules | None:
        """Return the rules for a department or register, None when nothing can go wrong there."""
        return self.rules.get(code) or self.rules.get("*")

    def strikes(self, code: str, rate: float) -> bool:
        """Draw whether something with this chance happens now; a chance of 0 draws nothing."""
        return rate > 0 and self._generator(code).random() < rate

    def trouble(self, code: str) -> Trouble:
        """Draw what befalls one call."""
        rules = self.of(code)
        if rules is None:
            return CALM
        if rules.down:
            return Trouble(before="reset" if rules.down == "reset" else "down")
        latency = rules.latency_ms / 1000
        work = rules.slow_seconds if self.strikes(code, rules.slow_rate) else 0.0
        for word, rate in (("error", rules.error_rate), ("reset", rules.reset_rate)):
            if self.strikes(code, rate):
                if self._generator(code).random() < 0.5:
                    return Trouble(before=word, latency=latency, work=work)
                return Trouble(after=word, latency=latency, work=work)
        after = "hang" if self.strikes(code, rules.hang_after_work_rate) else ""
        return Trouble(after=after, latency=latency, work=work)

    def _generator(self, code: str) -> random.Random:
        if code not in self._generators:
            rules = self.of(code)
            seed = f"{rules.seed if rules else 0}:{code}"
            self._generators[code] = random.Random(seed)  # noqa: S311 - repeatable faults, no secret
        return self._generators[code]


def read_rules(code: str, body: Any) -> Rules:
    """Check one department's settings; raise FaultError with the allowed words or bounds."""
    allowed = [item.name for item in fields(Rules)]
    if not isinstance(body, Mapping) or not set(body) <= set(allowed):
        raise FaultError(f"{code}: only {', '.join(allowed)} can be set.")
    for name, value in body.items():
        if name == "down":
            usable = isinstance(value, bool) or value == "reset"
        elif name == "seed":
            usable = isinstance(value, int)
        else:
            top = 1.0 if name.endswith("_rate") else 3_600_000.0
            usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= top
        if not usable:
            raise FaultError(f"{code}: {name} cannot be {value!r}.")
    return Rules(**body)


def fail(exchange: Exchange, word: str) -> None:
    """End a call badly: "error", "down", "reset", or "hang" (no answer until the client gives up)."""
    if word == "error":
        exchange.reply(502, problem("The department's own system did not answer."))
    elif word == "down":
        exchange.reply(503, problem("The department is down."))
    elif word == "reset":
        exchange.reset()


def attend(exchange: Exchange, trouble: Trouble, act: Callable[[], Answer]) -> None:
    """Run ``act`` and send its answer, with the trouble of this call. A request's POST has its own way (intake)."""

    def finish() -> None:
        status, document = act()
        if trouble.after:
            fail(exchange, trouble.after)
        else:
            exchange.reply(status, document)

    if trouble.before:
        fail(exchange, trouble.before)
    elif trouble.latency:
        asyncio.get_running_loop().call_later(trouble.latency, finish)
    else:
        finish()
