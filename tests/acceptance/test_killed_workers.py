"""Workers killed -9, the broker flushed: cases are only delayed, and nothing is done twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import pytest

from tests.acceptance.looking import differences, item_states, posts, statuses
from tests.stack import Stack

pytestmark = pytest.mark.stack

CASES = 50
KILLS = 6


@pytest.fixture
def stack() -> Iterator[Stack]:
    # Short leases and a quick sweep, so that what a killed worker held is looked for soon.
    with Stack(day_seconds=0.05, settings={"SWEEP_SECONDS": "0.5"}) as running:
        running.manage("tune_lanes", "--timeout", "2", "--work", "1")
        running.start_web()
        yield running


def file(stack: Stack, count: int) -> list[str]:
    documents = stack.manage_json("file_case", "birth", "--sample", "married", "--count", str(count))
    return [document["reference"] for document in documents]


def more_posts_than(stack: Stack, count: int) -> bool:
    return posts(stack.ledger()) > count


def all_settled(stack: Stack, count: int) -> bool:
    return statuses(stack)["settled"] == count


def test_fifty_cases_survive_every_worker_being_killed(stack: Stack, record_property: pytest.RecordProperty) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    record_property("seed", seed)
    dice = random.Random(seed)
    references = file(stack, CASES)
    for _ in range(KILLS):
        stack.start_workers(2, concurrency=1)
        goal = posts(stack.ledger()) + dice.randrange(1, CASES)
        stack.wait_until(partial(more_posts_than, stack, goal), 60, f"more than {goal} calls (seed {seed})")
        stack.kill_workers()
    stack.start_workers(1)
    stack.wait_until(partial(all_settled, stack, CASES), 120, f"{CASES} settled cases (seed {seed})")
    assert differences(stack, references, 10) == [], f"seed {seed}"
    assert set(item_states(stack)) == {"granted"}
    assert f"{CASES} cases verified" in stack.manage("verify_audit")


def test_losing_every_broker_message_only_delays(stack: Stack) -> None:
    references = file(stack, 10)
    stack.start_workers(1)
    for goal in (5, 25, 60):
        stack.wait_until(partial(more_posts_than, stack, goal), 60, f"more than {goal} calls")
        stack.redis.flush()
    stack.wait_until(partial(all_settled, stack, 10), 120, "10 settled cases")
    assert differences(stack, references, 10) == []


def test_filing_works_while_the_broker_is_down(stack: Stack) -> None:
    stack.redis.kill()
    references = file(stack, 3)
    stack.redis.start()
    stack.start_workers(1)
    stack.wait_until(partial(all_settled, stack, 3), 60, "3 settled cases")
    assert differences(stack, references, 10) == []
