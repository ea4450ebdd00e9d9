"""The main job with real processes: one birth filed, ten services granted, each done exactly once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.looking import differences, statuses
from tests.stack import CommandFailedError, Stack

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as running:
        running.start_web()
        running.start_workers(1)
        running.wait_workers()
        yield running


def test_a_birth_is_filed_and_every_service_granted_exactly_once(stack: Stack) -> None:
    case = stack.manage_json("file_case", "birth", "--sample", "married", "--wait", "60")
    assert case["status"] == "settled"
    assert [item["state"] for item in case["items"]] == ["granted"] * 10
    mine = [entry for entry in stack.ledger()["entries"] if entry["case"] == case["reference"]]
    assert len(mine) == 10
    assert {entry["acted"] for entry in mine} == {1}
    assert "1 cases verified" in stack.manage("verify_audit", case["reference"])


def test_twins_are_one_case_with_each_child_served_once(stack: Stack) -> None:
    case = stack.manage_json("file_case", "birth", "--sample", "twins", "--wait", "60")
    per_child = [item for item in case["items"] if item["subject"]]
    assert case["status"] == "settled"
    assert sorted({item["subject"] for item in per_child}) == ["child.1", "child.2"]
    assert len(case["items"]) == 19


def test_a_refusal_stops_its_followers_and_nothing_else(stack: Stack) -> None:
    with pytest.raises(CommandFailedError):
        stack.manage("file_case", "birth", "--sample", "no-such-sample")
    case = stack.manage_json("file_case", "birth", "--sample", "registration_refused", "--wait", "60")
    ended = {item["service"]: item["state"] for item in case["items"]}
    assert case["status"] == "partly_settled"
    assert ended["birth-registration"] == "refused"
    assert ended["social-security-card"] == ended["tax-dependant"] == "skipped"
    assert ended["child-health-insurance"] == ended["maternity-benefit"] == "granted"


def test_nothing_was_done_that_nobody_asked_for(stack: Stack) -> None:
    done = {(e["case"], e["service"]) for e in stack.ledger()["entries"]}
    assert statuses(stack)["in_progress"] == 0
    assert not any(difference.endswith("times") for difference in differences(stack, [key[0] for key in done], 0))
