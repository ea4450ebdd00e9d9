"""What follows a call is a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.retries import (
    GIVE_UP_SECONDS,
    INTERVALS,
    LONGEST_RETRY_AFTER,
    POLL_GRACE,
    SETUP_WAIT,
    SHORTEST_WAIT,
    Trouble,
    backoff,
    next_step,
    poll_wait,
)
from services.states import ITEM_TRANSITIONS, CallEnd, ItemState, WorkKind

S, E = ItemState, CallEnd
SENT = Trouble(
    end=E.UNKNOWN,
    state=S.SENDING,
    delivery="keyed",
    attempts=1,
    in_state=0.0,
    in_trouble=0.0,
    absent_is_final_after=15.0,
)


@pytest.mark.parametrize(
    ("end", "state", "delivery", "next_state", "again", "work"),
    [
        # A clear "no" is for a person, whatever the department can do.
        (E.PERMANENT, S.SENDING, "keyed", S.HELD, False, WorkKind.STUCK),
        (E.PERMANENT, S.SENDING, "blind", S.HELD, False, WorkKind.STUCK),
        (E.PERMANENT, S.ACCEPTED, "queryable", S.HELD, False, WorkKind.STUCK),
        # Certainly not done: as it was before, again later. Safe for blind departments too.
        (E.TRANSIENT, S.SENDING, "keyed", S.READY, True, None),
        (E.TRANSIENT, S.SENDING, "queryable", S.READY, True, None),
        (E.TRANSIENT, S.SENDING, "blind", S.READY, True, None),
        (E.TRANSIENT, S.ACCEPTED, "keyed", S.ACCEPTED, True, None),
        (E.TRANSIENT, S.UNKNOWN, "keyed", S.UNKNOWN, True, None),
        # May be done: keyed sends the same key again, queryable asks, blind is for a person.
        (E.UNKNOWN, S.SENDING, "keyed", S.UNKNOWN, True, None),
        (E.UNKNOWN, S.SENDING, "queryable", S.UNKNOWN, True, None),
        (E.UNKNOWN, S.SENDING, "blind", S.UNKNOWN, False, WorkKind.UNKNOWN_OUTCOME),
        (E.UNKNOWN, S.ACCEPTED, "keyed", S.ACCEPTED, True, None),
        (E.UNKNOWN, S.UNKNOWN, "queryable", S.UNKNOWN, True, None),
        # "Never heard of it" about something the department had taken.
        (E.ABSENT, S.ACCEPTED, "keyed", S.UNKNOWN, True, None),
        (E.ABSENT, S.ACCEPTED, "queryable", S.HELD, False, WorkKind.STUCK),
        # Our set-up is wrong: nothing was done.
        (E.SETUP, S.SENDING, "keyed", S.READY, True, None),
        (E.SETUP, S.ACCEPTED, "keyed", S.ACCEPTED, True, None),
    ],
)
def test_the_next_step_after_a_call(end, state, delivery, next_state, again, work) -> None:
    step = next_step(replace(SENT, end=end, state=state, delivery=delivery))
    assert (step.state, step.wait is not None, step.work) == (next_state, again, work)


@pytest.mark.parametrize("end", [end for end in CallEnd if end != CallEnd.DONE])
@pytest.mark.parametrize("state", [S.SENDING, S.ACCEPTED, S.UNKNOWN])
@pytest.mark.parametrize("delivery", ["keyed", "queryable", "blind"])
def test_every_step_is_a_move_that_exists(end, state, delivery) -> None:
    step = next_step(replace(SENT, end=end, state=state, delivery=delivery))
    assert step.state == state or step.state in ITEM_TRANSITIONS[state]


@pytest.mark.parametrize("end", [E.TRANSIENT, E.UNKNOWN, E.ABSENT, E.SETUP])
def test_after_seven_days_a_person_takes_over(end) -> None:
    step = next_step(replace(SENT, end=end, state=S.UNKNOWN, in_trouble=GIVE_UP_SECONDS + 1))
    assert (step.state, step.work, step.wait) == (S.HELD, WorkKind.STUCK, None)


def test_a_wrong_set_up_pauses_the_lane() -> None:
    step = next_step(replace(SENT, end=E.SETUP))
    assert (step.pause_lane, step.wait) == (True, SETUP_WAIT)


@pytest.mark.parametrize("end", [E.TRANSIENT, E.UNKNOWN, E.ABSENT, E.PERMANENT])
def test_nothing_else_pauses_the_lane(end) -> None:
    assert not next_step(replace(SENT, end=end)).pause_lane


def test_absent_is_believed_only_after_the_call_and_the_work_time() -> None:
    asked = replace(SENT, end=E.ABSENT, state=S.UNKNOWN, delivery="queryable", absent_is_final_after=15.0)
    early, late = next_step(replace(asked, in_state=5.0)), next_step(replace(asked, in_state=15.0))
    assert (early.state, early.wait) == (S.UNKNOWN, 10.0)
    assert (late.state, late.wait) == (S.READY, 0)


@pytest.mark.parametrize("attempts", [0, 1, 2, 5, len(INTERVALS), 1000])
def test_backoff_is_drawn_below_the_interval(attempts: int) -> None:
    longest = INTERVALS[min(max(attempts, 1), len(INTERVALS)) - 1]
    waits = [backoff(attempts) for _ in range(200)]
    assert min(waits) >= SHORTEST_WAIT
    assert max(waits) <= longest
    assert len(set(waits)) > 50  # full jitter: a crowd does not come back as one


def test_the_intervals_only_grow() -> None:
    assert list(INTERVALS) == sorted(set(INTERVALS))


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (10.0, 10.0, 20.0),
        (0.0, SHORTEST_WAIT, 2 * SHORTEST_WAIT),  # "at once" is not at once
        (10**9, LONGEST_RETRY_AFTER, 2 * LONGEST_RETRY_AFTER),  # no department parks a case for years
    ],
)
def test_retry_after_is_honoured_and_clamped(asked: float, least: float, most: float) -> None:
    wait = next_step(replace(SENT, end=E.TRANSIENT, retry_after=asked)).wait
    assert wait is not None
    assert least <= wait <= most


@pytest.mark.parametrize(
    ("until_expected", "in_state", "wait"),
    [
        (30.0, 0.0, 30.0 + POLL_GRACE),  # just after the department said it would have answered
        (10**9, 0.0, LONGEST_RETRY_AFTER + POLL_GRACE),
        (None, 0.0, POLL_GRACE),
        (-5.0, 100.0, 10.0),  # overdue: a tenth of the time it has had
        (None, 10**9, INTERVALS[-1]),  # once an hour at least
    ],
)
def test_when_an_accepted_item_is_polled(until_expected, in_state, wait) -> None:
    assert poll_wait(until_expected=until_expected, in_state=in_state) == wait
