"""Faults by rate: what each one does to a call, repeatable by seed; and calls that are in flight."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any

import pytest

from services.simulator.faults import FaultError, Faults, Trouble
from services.simulator.tokens import department_token
from tests.services.simulator.test_callbacks import verify
from tests.services.simulator.world import Portal, Simulator, request, until

RESET = (ConnectionResetError, http.client.RemoteDisconnected)


def test_a_department_that_is_down_does_nothing(simulator: Simulator) -> None:
    body = request("sync-keyed")
    simulator.faults(down=True)
    assert simulator.post("health", body).status == 503
    assert simulator.ask("GET", f"/health/requests/{body['request']}").status == 503
    simulator.faults(down="reset")
    with pytest.raises(RESET):
        simulator.post("health", body)
    entry = simulator.entry(body["case"])
    assert (entry["acted"], entry["posts"], entry["ends"]) == (0, 2, ["down", "reset"])
    simulator.control("PUT", "/faults", {"tax": {"down": True}})
    assert simulator.post("health", body).status == 200


@pytest.mark.parametrize(("rate", "ends"), [("error_rate", {"error"}), ("reset_rate", {"reset"})])
def test_errors_and_resets_strike_before_and_after_the_work(simulator: Simulator, rate: str, ends: set[str]) -> None:
    simulator.faults(**{rate: 1.0, "seed": 4})
    acted = []
    for _ in range(12):
        body = request("sync-keyed")
        try:
            assert simulator.post("health", body).status == 502
        except RESET:
            assert rate == "reset_rate"
        entry = simulator.entry(body["case"])
        acted.append(entry["acted"])
        assert set(entry["ends"]) == ends
    assert set(acted) == {0, 1}


def test_hang_after_work(simulator: Simulator) -> None:
    simulator.faults(hang_after_work_rate=1)
    body = request("sync-keyed")
    with pytest.raises(TimeoutError):
        simulator.post("health", body)
    simulator.control("PUT", "/faults", {})
    assert simulator.post("health", body).status == 200
    assert simulator.entry(body["case"])["acted"] == 1


def test_a_key_in_flight_is_409_and_the_slow_work_is_done_though_the_client_left(simulator: Simulator) -> None:
    simulator.faults(slow_rate=1, slow_seconds=0.6)
    body = request("sync-keyed")
    token = department_token(simulator.secret, "health")
    head = f"POST /health/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    data = json.dumps(body).encode()
    head += f"Idempotency-Key: {body['request']}\r\nContent-Length: {len(data)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port)) as leaver:
        leaver.sendall(head.encode() + data)
        until(lambda: simulator.post("health", body).status == 409)
    assert simulator.entry(body["case"])["acted"] == 0
    until(lambda: simulator.entry(body["case"])["acted"] == 1)
    repeat = simulator.post("health", body)
    assert (repeat.status, repeat.document["status"]) == (200, "granted")
    assert simulator.entry(body["case"])["acted"] == 1


def test_slow_queryable_work_is_not_heard_of_until_it_is_done(simulator: Simulator) -> None:
    simulator.faults(slow_rate=1, slow_seconds=0.5)
    body = request("sync-queryable")
    worker = threading.Thread(target=lambda: simulator.post("tax", body))
    worker.start()
    assert simulator.ask("GET", f"/tax/requests/{body['request']}").status == 404
    worker.join()
    assert simulator.ask("GET", f"/tax/requests/{body['request']}").status == 200


def test_lost_duplicated_and_forged_callbacks(simulator: Simulator, callbacks: Portal) -> None:
    simulator.faults(lost_callback_rate=1)
    lost = request("callback-keyed", reply_to=callbacks.url)
    simulator.post("health", lost)
    until(lambda: simulator.entry(lost["case"])["callbacks_lost"] == 1)
    simulator.faults(duplicate_callback_rate=1)
    simulator.post("health", request("callback-keyed", reply_to=callbacks.url))
    assert callbacks.next().body == callbacks.next().body
    simulator.faults(forged_callback_rate=1)
    for _ in range(6):
        callbacks.answers.put(401)
        body = request("callback-keyed", reply_to=callbacks.url)
        simulator.post("health", body)
        forged, genuine = callbacks.next(), callbacks.next()
        with pytest.raises(Exception, match=r"signature|timestamp"):
            verify(forged)
        verify(genuine)
        until(lambda body=body: simulator.entry(body["case"])["callbacks_accepted"] == 1)  # type: ignore[misc]
    totals = simulator.control("GET", "/ledger")["totals"]
    assert (totals["forged_sent"], totals["forged_accepted"]) == (6, 0)


def test_an_accepted_forgery_is_counted(simulator: Simulator, callbacks: Portal) -> None:
    simulator.faults(forged_callback_rate=1)
    simulator.post("health", request("callback-keyed", reply_to=callbacks.url))
    until(lambda: bool(simulator.control("GET", "/ledger")["totals"]["forged_accepted"] == 1))


def test_early_callbacks_by_rate(simulator: Simulator, callbacks: Portal) -> None:
    simulator.control("PUT", "/settings", {"day_seconds": 600})
    simulator.faults(early_callback_rate=1)
    assert simulator.post("health", request("callback-keyed", reply_to=callbacks.url)).status == 202
    assert callbacks.received.get_nowait().document["status"] == "granted"


def test_the_same_seed_brings_the_same_troubles() -> None:
    def draw(seed: int) -> list[Trouble]:
        faults = Faults()
        faults.replace({"*": {"error_rate": 0.3, "reset_rate": 0.2, "slow_rate": 0.5, "seed": seed}})
        return [faults.trouble("health") for _ in range(50)]

    assert draw(1) == draw(1) != draw(2)


@pytest.mark.parametrize(
    "rules",
    [[], {"*": []}, {"*": {"eror_rate": 1}}, {"*": {"error_rate": 2}}, {"*": {"error_rate": True}},
     {"*": {"down": "often"}}, {"*": {"latency_ms": -1}}, {"*": {"seed": "x"}}],
)  # fmt: skip
def test_wrong_rules_are_refused_and_change_nothing(simulator: Simulator, rules: Any) -> None:
    headers = {"X-Simulator-Secret": simulator.secret}
    assert simulator.call("PUT", "/faults", rules, headers).status == 400
    assert simulator.control("GET", "/faults") == {}
    with pytest.raises(FaultError):
        Faults().replace(rules)


@pytest.mark.parametrize("setting", [{}, {"day_seconds": -1}, {"day_seconds": "2"}, [1]])
def test_wrong_settings_are_refused(simulator: Simulator, setting: Any) -> None:
    assert simulator.call("PUT", "/settings", setting, {"X-Simulator-Secret": simulator.secret}).status == 400
