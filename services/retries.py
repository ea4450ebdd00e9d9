"""What to do after a call: a pure function of how it ended. Nothing here sleeps, writes or asks the time."""

from __future__ import annotations

import random
from dataclasses import dataclass

from services.states import CallEnd, ItemState, WorkKind

INTERVALS = (
    1,  # a hiccup
    2,
    5,
    15,
    60,  # a restart
    300,
    900,
    1800,
    3600,  # a day, a weekend: once an hour
)
"""Longest wait in seconds before try n+1; the real one is drawn below it (full jitter)."""

GIVE_UP_SECONDS = 7 * 24 * 3600
SHORTEST_WAIT = 0.1
LONGEST_RETRY_AFTER = 24 * 3600
SETUP_WAIT = 60.0
POLL_GRACE = 0.5
"""A department that calls back is polled this long after it said it would have answered."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call that brought no answer. Seconds throughout: ``in_state`` since the item's state began, ``in_trouble``
    since calls for it first failed in a row."""

    end: CallEnd
    state: ItemState
    delivery: str
    attempts: int
    in_state: float
    in_trouble: float
    absent_is_final_after: float
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The item's next state; due again after ``wait`` seconds, or not by itself (None); a person's ``work``, if any."""

    state: ItemState
    wait: float | None = None
    work: WorkKind | None = None
    pause_lane: bool = False


def backoff(attempts: int) -> float:
    """Return a random wait below the interval for this many attempts, in seconds."""
    longest = INTERVALS[min(max(attempts, 1), len(INTERVALS)) - 1]
    return max(SHORTEST_WAIT, random.uniform(0, longest))  # noqa: S311 - jitter, not a secret


def next_step(trouble: Trouble) -> Step:
    """Decide after a call without an answer."""
    if trouble.end == CallEnd.PERMANENT:
        return Step(ItemState.HELD, work=WorkKind.STUCK)
    # What a department has accepted is never given up: it may well take longer than a week.
    if trouble.in_trouble > GIVE_UP_SECONDS and trouble.state != ItemState.ACCEPTED:
        return Step(ItemState.HELD, work=WorkKind.STUCK)
    if trouble.end == CallEnd.SETUP:
        return Step(_before(trouble.state), wait=SETUP_WAIT, pause_lane=True)
    if trouble.end == CallEnd.TRANSIENT:
        return Step(_before(trouble.state), wait=_retry_wait(trouble))
    if trouble.end == CallEnd.ABSENT:
        return _after_absent(trouble)
    return _after_unknown(trouble)


def _before(state: ItemState) -> ItemState:
    """A call that certainly did nothing leaves the item as it was before: a send is ready again."""
    return ItemState.READY if state == ItemState.SENDING else state


def _retry_wait(trouble: Trouble) -> float:
    if trouble.retry_after is None:
        return backoff(trouble.attempts)
    asked = min(max(trouble.retry_after, SHORTEST_WAIT), LONGEST_RETRY_AFTER)
    return asked + min(backoff(trouble.attempts), asked)


def _after_unknown(trouble: Trouble) -> Step:
    """Sent or asked without a clear end: ask (queryable) or send the same key again (keyed); blind goes to a person."""
    if trouble.delivery == "blind":
        return Step(ItemState.UNKNOWN, work=WorkKind.UNKNOWN_OUTCOME)
    state = ItemState.UNKNOWN if trouble.state == ItemState.SENDING else trouble.state
    return Step(state, wait=backoff(trouble.attempts))


def _after_absent(trouble: Trouble) -> Step:
    """Believe "never heard of it" only once the department cannot be working on our call any more."""
    if trouble.state == ItemState.UNKNOWN:
        left = trouble.absent_is_final_after - trouble.in_state
        return Step(ItemState.READY, wait=0) if left <= 0 else Step(ItemState.UNKNOWN, wait=left)
    if trouble.delivery == "keyed":
        return Step(ItemState.UNKNOWN, wait=backoff(trouble.attempts))  # the same key again is safe
    return Step(ItemState.HELD, work=WorkKind.STUCK)


def poll_wait(*, until_expected: float | None, in_state: float) -> float:
    """Return seconds until an accepted item is polled: at the promised moment, later ever more rarely, 1 h at most."""
    if until_expected is not None and until_expected > 0:
        return min(until_expected, LONGEST_RETRY_AFTER) + POLL_GRACE
    return min(max(in_state / 10, POLL_GRACE), INTERVALS[-1])
