"""Test values: each word does what docs/test-values.md promises, and the page lists every word."""

from __future__ import annotations

import http.client
import time

import pytest

from services.simulator.testvalues import BEHAVIOURS, read_marks
from tests.services.simulator.world import ROOT, Portal, Simulator, request


def test_the_page_lists_every_behaviour() -> None:
    page = (ROOT / "docs" / "test-values.md").read_text()
    assert [word for word in BEHAVIOURS if f"`test:{word}`" not in page] == []


@pytest.mark.parametrize(
    ("text", "service", "found"),
    [
        ("test:refuse", "a-b", True),
        ("Lin test:refuse:a-b", "a-b", True),
        ("Lin test:refuse:a-b.", "a-b", True),
        ("Test:Refuse:A-B and more", "a-b", True),
        ("怡test:refuse:a-b怡", "a-b", True),
        ("test：refuse：a-b", "a-b", True),
        ("test:refuse:a", "a-b", False),
        ("test:refuse:a-b-c", "a-b", False),
        ("test:refused", "a-b", False),
        ("refuse", "a-b", False),
    ],
)
def test_words_survive_being_embedded(text: str, service: str, found: bool) -> None:
    data = {"child.given_name": text, "child.age": 3}
    assert ("refuse" in read_marks(service, data, f"{data}".encode())) is found


def test_refuse_is_for_the_named_service_only(simulator: Simulator) -> None:
    name = "Lin test:refuse:sync-keyed"
    refused = simulator.post("health", request("sync-keyed", child__given_name=name)).document
    assert (refused["status"], refused["outputs"], refused["documents"]) == ("refused", {}, [])
    assert refused["reasons"] == [
        {"element": "child.given_name", "code": "test-value", "text": "The test value asks for a refusal."}
    ]
    assert simulator.post("tax", request("sync-queryable", child__given_name=name)).document["status"] == "granted"


def test_correct_names_exactly_the_elements_that_carry_it_and_the_next_round_is_granted(simulator: Simulator) -> None:
    body = request("sync-keyed", child__given_name="test:correct", child__family_name="Chen")
    answer = simulator.post("health", body).document
    assert (answer["status"], [reason["element"] for reason in answer["reasons"]]) == (
        "correction",
        ["child.given_name"],
    )
    again = {**body, "request": "second", "round": 2, "data": {"child.given_name": "Lin"}}
    assert simulator.post("health", again).document["status"] == "granted"


def test_late_takes_ten_times_as_long(simulator: Simulator, callbacks: Portal) -> None:
    simulator.control("PUT", "/settings", {"day_seconds": 0.05})
    start = time.monotonic()
    simulator.post("health", request("callback-keyed", reply_to=callbacks.url, child__name="test:late"))
    callbacks.next()
    assert time.monotonic() - start > 10 * 3 * 0.05 * 0.9
    sync = request("sync-keyed", reply_to=callbacks.url, child__name="test:late")
    assert simulator.post("health", sync).status == 202
    assert callbacks.next().document["request"] == sync["request"]


@pytest.mark.parametrize(
    ("word", "ends"), [("hang", TimeoutError), ("drop", (ConnectionResetError, http.client.RemoteDisconnected))]
)
def test_hang_and_drop_do_the_work_and_tell_at_the_repeat(
    simulator: Simulator, word: str, ends: type[Exception] | tuple[type[Exception], ...]
) -> None:
    body = request("sync-keyed", child__name=f"test:{word}")
    with pytest.raises(ends):
        simulator.post("health", body)
    assert simulator.entry(body["case"])["acted"] == 1
    assert simulator.post("health", body).document["status"] == "granted"
    assert (simulator.entry(body["case"])["acted"], simulator.entry(body["case"])["ends"]) == (1, [word, "repeated"])


@pytest.mark.parametrize("service", ["sync-keyed", "callback-keyed"])
def test_error_does_the_work(simulator: Simulator, callbacks: Portal, service: str) -> None:
    body = request(service, reply_to=callbacks.url, child__name="test:error")
    assert simulator.post("health", body).status == 502
    assert simulator.post("health", body).status == 200
    assert simulator.entry(body["case"])["acted"] == 1


def test_a_queryable_service_that_errs_can_be_asked(simulator: Simulator) -> None:
    body = request("sync-queryable", child__name="test:error")
    assert simulator.post("tax", body).status == 502
    assert simulator.ask("GET", f"/tax/requests/{body['request']}").document["status"] == "granted"
    assert simulator.entry(body["case"])["acted"] == 1


def test_busy_does_no_work_the_first_time(simulator: Simulator) -> None:
    body = request("sync-keyed", child__name="test:busy")
    busy = simulator.post("health", body)
    assert (busy.status, busy.headers["Retry-After"]) == (503, "1")
    assert simulator.entry(body["case"])["acted"] == 0
    assert simulator.post("health", body).status == 200
    assert simulator.entry(body["case"])["acted"] == 1


def test_garbage_is_nonsense_once(simulator: Simulator) -> None:
    body = request("sync-keyed", child__name="test:garbage")
    garbage = simulator.post("health", body)
    assert garbage.status == 200
    with pytest.raises(ValueError, match="Expecting"):
        assert garbage.document
    assert simulator.post("health", body).document["status"] == "granted"


def test_wrong_echoes_another_request_once(simulator: Simulator) -> None:
    body = request("sync-keyed", child__name="test:wrong")
    assert simulator.post("health", body).document["request"] != body["request"]
    assert simulator.post("health", body).document["request"] == body["request"]


def test_twice_calls_back_twice_under_one_id(simulator: Simulator, callbacks: Portal) -> None:
    simulator.post("health", request("callback-keyed", reply_to=callbacks.url, child__name="test:twice"))
    first, second = callbacks.next(), callbacks.next()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_lost_never_calls_back_but_can_be_asked(simulator: Simulator, callbacks: Portal) -> None:
    body = request("callback-keyed", reply_to=callbacks.url, child__name="test:lost")
    simulator.post("health", body)
    assert simulator.ask("GET", f"/health/requests/{body['request']}").document["status"] == "granted"
    other = request("callback-keyed", reply_to=callbacks.url)
    simulator.post("health", other)
    assert callbacks.next().document["request"] == other["request"]
    assert simulator.entry(body["case"])["callbacks_sent"] == 0


def test_early_calls_back_before_it_answers(simulator: Simulator, callbacks: Portal) -> None:
    simulator.control("PUT", "/settings", {"day_seconds": 600})
    body = request("callback-keyed", reply_to=callbacks.url, child__name="test:early")
    assert simulator.post("health", body).status == 202
    assert callbacks.received.get_nowait().document["request"] == body["request"]
