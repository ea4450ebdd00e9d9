"""With --state the ledger, the answers and the callbacks owed survive a restart; without, nothing does."""

from __future__ import annotations

from pathlib import Path

from tests.services.simulator.world import Portal, request, running, until


def test_answers_and_ledger_survive_a_restart(tmp_path: Path) -> None:
    state = ("--day-seconds", "0", "--state", str(tmp_path / "state.jsonl"))
    body = request("sync-keyed")
    with running(*state) as simulator:
        first = simulator.post("health", body)
        (document,) = first.document["documents"]
        simulator.ask("POST", f"/health/requests/{body['request']}/reversal")
        before = simulator.control("GET", "/ledger")
    with running(*state, port=simulator.port) as simulator:
        assert simulator.control("GET", "/ledger") == before
        assert simulator.post("health", body).document["status"] == "reversed"
        assert simulator.entry(body["case"])["acted"] == 1
        assert simulator.post("health", {**body, "data": {}}).status == 422
        assert simulator.ask("GET", f"/health/documents/{document['id']}").status == 200


def test_callbacks_owed_are_sent_after_a_restart(tmp_path: Path, callbacks: Portal) -> None:
    state = ("--state", str(tmp_path / "state.jsonl"))
    body = request("callback-keyed", reply_to=callbacks.url)
    with running(*state, "--day-seconds", "600") as simulator:
        assert simulator.post("health", body).status == 202
    assert callbacks.received.empty()
    with running(*state, "--day-seconds", "0") as simulator:
        assert callbacks.next().document["request"] == body["request"]
        until(lambda: simulator.entry(body["case"])["callbacks_accepted"] == 1)
    with running(*state, "--day-seconds", "0") as simulator:
        assert simulator.entry(body["case"])["callbacks_accepted"] == 1
    assert callbacks.received.empty()


def test_an_officers_queue_survives_a_restart(tmp_path: Path, callbacks: Portal) -> None:
    state = ("--day-seconds", "0", "--state", str(tmp_path / "state.jsonl"))
    body = request("officer-keyed", reply_to=callbacks.url)
    with running(*state) as simulator:
        simulator.post("health", body)
    with running(*state) as simulator:
        assert body["case"] in simulator.call("GET", "/officer/").body.decode()


def test_a_line_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    body, after = request("sync-keyed"), request("sync-keyed")
    with running("--state", str(path)) as simulator:
        simulator.post("health", body)
    with path.open("ab") as file:
        file.write(b'{"do":"work","departm')
    for _ in range(2):
        with running("--state", str(path)) as simulator:
            simulator.post("health", after)
            assert simulator.entry(body["case"])["acted"] == simulator.entry(after["case"])["acted"] == 1


def test_reset_forgets_the_file_as_well(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    with running("--state", str(path)) as simulator:
        simulator.post("health", request("sync-keyed"))
        simulator.control("DELETE", "/ledger")
    assert path.read_bytes() == b""
    with running("--state", str(path)) as simulator:
        assert simulator.control("GET", "/ledger")["entries"] == []


def test_a_busy_first_call_stays_spent_over_a_restart(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.jsonl"))
    body = request("sync-keyed", child__name="test:busy")
    with running(*state) as simulator:
        assert simulator.post("health", body).status == 503
    with running(*state) as simulator:
        assert simulator.post("health", body).status == 200


def test_a_ledger_of_many_entries_adds_up(tmp_path: Path) -> None:
    count = 200
    with running("--state", str(tmp_path / "state.jsonl")) as simulator:
        for _ in range(count):
            simulator.post("health", request("sync-keyed"))
        totals = simulator.control("GET", "/ledger")["totals"]
        assert (totals["entries"], totals["acted"], totals["granted"], totals["duplicates"]) == (count, count, count, 0)
