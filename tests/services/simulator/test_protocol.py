"""The department protocol: status codes, delivery classes, what repeats do."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from services.simulator.outputs import check_character
from tests.services.simulator.world import Portal, Simulator, request

NEWBORN = {"child__given_name": "Lin", "child__birth_date": "2026-11-16", "child__sex": "female"}


def test_a_sync_service_decides_now(simulator: Simulator) -> None:
    body = request("sync-keyed", **NEWBORN)
    answer = simulator.post("health", body)
    assert answer.status == 200
    assert answer.document["status"] == "granted"
    assert answer.document["request"] == body["request"]
    assert set(answer.document) == {"request", "status", "outputs", "documents", "reasons", "department_ref"}


def test_outputs_fit_their_elements(simulator: Simulator) -> None:
    outputs = simulator.post("health", request("sync-keyed", **NEWBORN)).document["outputs"]
    number = outputs["child.personal_number"]
    assert number.startswith("99") and number[6:14] == "20261116" and int(number[16]) % 2 == 0
    assert number[17] == check_character(number[:17])
    assert 500 <= float(outputs["child.award"]) <= 900
    assert date.fromisoformat(outputs["child.paid_on"]) > date(2026, 11, 16)
    assert outputs["child.insured_from"] == "2026-11-16"
    digits = [int(digit) for digit in reversed(outputs["child.payout"])]
    assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def test_twins_get_different_numbers_and_a_service_about_all_answers_per_child(simulator: Simulator) -> None:
    first = request("sync-keyed", **NEWBORN)
    second = {**request("sync-keyed", **NEWBORN), "case": first["case"], "subject": "child.2"}
    numbers = {simulator.post("health", body).document["outputs"]["child.personal_number"] for body in (first, second)}
    assert len(numbers) == 2
    both = request("sync-keyed", child__1__birth_date="2026-11-12", child__2__birth_date="2026-11-12")
    outputs = simulator.post("health", both).document["outputs"]
    assert {"child.1.personal_number", "child.2.personal_number"} < set(outputs)


def test_a_keyed_service_repeats_its_answer_and_works_once(simulator: Simulator) -> None:
    body = request("sync-keyed")
    assert simulator.post("health", body).body == simulator.post("health", body).body
    entry = simulator.entry(body["case"])
    assert (entry["acted"], entry["posts"], entry["ends"]) == (1, 2, ["answered", "repeated"])
    assert entry["payload_hashes"] == [hashlib.sha256(json.dumps(body).encode()).hexdigest()]
    assert (entry["round"], entry["subject"], entry["status"]) == (1, "child.1", "granted")


def test_a_key_with_another_payload_is_refused(simulator: Simulator) -> None:
    body = request("sync-keyed")
    simulator.post("health", body)
    assert simulator.post("health", {**body, "data": {"child.given_name": "Other"}}).status == 422
    assert simulator.entry(body["case"])["acted"] == 1


def test_another_key_makes_a_keyed_service_act_again(simulator: Simulator) -> None:
    body = request("sync-keyed")
    simulator.post("health", body)
    simulator.post("health", body, key="another key")
    ledger = simulator.control("GET", "/ledger")
    assert ledger["entries"][0]["acted"] == 2
    assert ledger["totals"]["duplicates"] == 1


def test_a_queryable_service_does_not_honour_the_key_but_can_be_asked(simulator: Simulator) -> None:
    body = request("sync-queryable")
    first, second = simulator.post("tax", body), simulator.post("tax", body)
    assert first.status == second.status == 200
    assert simulator.entry(body["case"])["acted"] == 2
    asked = simulator.ask("GET", f"/tax/requests/{body['request']}")
    assert (asked.status, asked.document) == (200, first.document)
    assert simulator.ask("GET", "/tax/requests/never").status == 404


def test_a_blind_service_cannot_be_asked(simulator: Simulator) -> None:
    body = request("sync-blind")
    assert simulator.post("old-archive", body).status == 200
    assert simulator.post("old-archive", body).status == 200
    assert simulator.ask("GET", f"/old-archive/requests/{body['request']}").status == 405
    assert simulator.ask("GET", "/old-archive/requests/never").status == 405
    assert simulator.entry(body["case"])["acted"] == 2


def test_a_polled_service_answers_when_its_days_are_over(simulator: Simulator) -> None:
    simulator.control("PUT", "/settings", {"day_seconds": 600})
    body = request("poll-queryable")
    accepted = simulator.post("tax", body)
    assert (accepted.status, set(accepted.document)) == (202, {"request", "department_ref", "expected"})
    assert simulator.ask("GET", f"/tax/requests/{body['request']}").status == 202
    simulator.control("PUT", "/settings", {"day_seconds": 0})
    answer = simulator.ask("GET", f"/tax/requests/{body['request']}")
    assert (answer.status, answer.document["status"]) == (200, "granted")
    assert answer.document["department_ref"] == accepted.document["department_ref"]


def test_a_new_round_is_its_own_entry(simulator: Simulator) -> None:
    body = request("sync-keyed")
    simulator.post("health", body)
    simulator.post("health", {**body, "round": 2, "request": "another"})
    entries = simulator.control("GET", f"/ledger?case={body['case']}")["entries"]
    assert [(entry["round"], entry["acted"]) for entry in entries] == [(1, 1), (2, 1)]


def test_result_documents_are_fetched_with_the_token(simulator: Simulator) -> None:
    (document,) = simulator.post("health", request("sync-keyed")).document["documents"]
    path = document["href"].removeprefix(f"http://127.0.0.1:{simulator.port}")
    fetched = simulator.ask("GET", path)
    assert fetched.headers["Content-Type"].startswith(document["media_type"])
    assert hashlib.sha256(fetched.body).hexdigest() == document["sha256"]
    assert "证书" in fetched.body.decode()
    assert simulator.call("GET", path).status == 401
    assert simulator.ask("GET", "/health/documents/none").status == 404


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Basic abc"])
def test_a_wrong_token_is_401(simulator: Simulator, token: str | None) -> None:
    headers = {"Authorization": token} if token else {}
    assert simulator.call("POST", "/health/requests", request("sync-keyed"), headers).status == 401


def test_paths_methods_and_foreign_services(simulator: Simulator) -> None:
    assert simulator.post("tax", request("sync-keyed")).status == 404
    assert simulator.call("POST", "/nobody/requests", {}).status == 404
    assert simulator.ask("PUT", "/health/requests", {}).status == 405
    assert simulator.ask("DELETE", "/health/requests/x").status == 405
    assert simulator.ask("GET", "/health/requests/x/withdrawal").status == 405
    assert simulator.ask("GET", "/health/elsewhere").status == 404


@pytest.mark.parametrize(
    "change",
    [{"request": None}, {"case": 3}, {"data": []}, {"round": 0}, {"round": True}, {"subject": 1}, {"reply_to": "ftp://x/"},
     {"reply_to": "http://a b/"}, {"reply_to": "http://[/"}, {"reply_to": 5}],
)  # fmt: skip
def test_a_malformed_request_is_400_and_no_work(simulator: Simulator, change: dict[str, Any]) -> None:
    assert simulator.post("health", {**request("sync-keyed"), **change}, key="k").status == 400
    assert simulator.control("GET", "/ledger")["entries"] == []


def test_bodies_that_are_no_usable_json_are_400(simulator: Simulator) -> None:
    deep = b'{"data":' * 40 + b"1" + b"}" * 40
    for body in (b"", b"{", b"[]", b"\xff\xfe", b"NaN", deep):
        assert simulator.ask("POST", "/health/requests", body, Idempotency_Key="k").status == 400
    missing_key = simulator.ask("POST", "/health/requests", request("sync-keyed"))
    assert missing_key.status == 400


def test_a_pending_request_can_be_withdrawn_a_decided_one_not(simulator: Simulator, callbacks: Portal) -> None:
    simulator.control("PUT", "/settings", {"day_seconds": 600})
    body = request("callback-keyed", reply_to=callbacks.url)
    simulator.post("health", body)
    path = f"/health/requests/{body['request']}"
    for _ in range(2):
        withdrawn = simulator.ask("POST", f"{path}/withdrawal")
        assert (withdrawn.status, withdrawn.document["status"]) == (200, "withdrawn")
    assert simulator.ask("GET", path).document["status"] == "withdrawn"
    assert simulator.entry(body["case"])["status"] == "withdrawn"
    simulator.control("PUT", "/settings", {"day_seconds": 0})
    decided = request("sync-keyed")
    simulator.post("health", decided)
    late = simulator.ask("POST", f"/health/requests/{decided['request']}/withdrawal")
    assert (late.status, late.document["status"]) == (409, "granted")
    assert simulator.ask("POST", "/health/requests/never/withdrawal").status == 404
    assert callbacks.received.empty()


def test_a_reversal_undoes_a_granted_request_where_declared(simulator: Simulator) -> None:
    body = request("sync-keyed")
    simulator.post("health", body)
    for _ in range(2):
        reversed_ = simulator.ask("POST", f"/health/requests/{body['request']}/reversal")
        assert (reversed_.status, reversed_.document["status"]) == (200, "reversed")
    assert simulator.entry(body["case"])["reversals"] == 2
    undeclared = request("sync-queryable")
    simulator.post("tax", undeclared)
    assert simulator.ask("POST", f"/tax/requests/{undeclared['request']}/reversal").status == 409
    refused = request("sync-keyed", child__given_name="test:refuse")
    simulator.post("health", refused)
    assert simulator.ask("POST", f"/health/requests/{refused['request']}/reversal").status == 409


def test_a_batch_answers_in_order(simulator: Simulator) -> None:
    good, foreign = request("sync-keyed"), request("sync-queryable")
    ends = request("sync-keyed", child__given_name="test:error")
    batch = {"requests": [good, foreign, "nonsense", good, ends, ends]}
    replies = simulator.ask("POST", "/health/requests:batch", batch).document["replies"]
    assert [reply["status_code"] for reply in replies] == [200, 404, 400, 200, 502, 200]
    assert replies[0]["body"] == replies[3]["body"]
    assert simulator.entry(good["case"])["acted"] == 1
    assert simulator.ask("POST", "/health/requests:batch", {"requests": 1}).status == 400
