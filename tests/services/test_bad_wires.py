"""Defects that need a department on a socket: double sends, and couriers that wait for the slowest."""

from __future__ import annotations

import json
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services import clock, courier
from services.connectors.switchboard import Switchboard, switchboard
from services.courier import Courier, run_courier
from services.models import CaseItem, WorkItem
from tests.services.building import lane, open_test_case, plan_of, states, step

pytestmark = pytest.mark.django_db


class Office:
    """A department of few words: acts on every POST, knows by GET what it did, and may close its door after a POST."""

    def __init__(self) -> None:
        self.acted: Counter[str] = Counter()
        self.gets: list[str] = []
        self.called = threading.Event()
        self.answers_after: threading.Event | None = None
        self.close_after_post = False
        self.with_document = False
        self.poll_status = 0
        office = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
                length = int(lengths[0].split(b":")[1]) if lengths else 0
                body = self.rfile.read(length)
                status, answer = office.serve(head.split(b" ")[0].decode(), head.split(b" ")[1].decode(), body)
                if office.close_after_post:
                    office.server.socket.close()
                text = json.dumps(answer).encode()
                begin = b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(text))
                self.wfile.write(begin + text)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if method == "GET":
            key = path.rpartition("/")[2]
            self.gets.append(path)
            if self.poll_status:
                return self.poll_status, {}
            return (200, self.answer(key, "")) if key in self.acted else (404, {})
        request = json.loads(body)
        self.called.set()
        if self.answers_after is not None and not self.answers_after.wait(timeout=5):
            return 503, {}
        self.acted[request["request"]] += 1
        if self.poll_status:
            return 202, {"request": request["request"]}
        return 200, self.answer(request["request"], request["service"])

    def answer(self, key: str, service: str) -> dict[str, Any]:
        paper = {"evidence": "x", "title": "x", "media_type": "text/plain", "sha256": "0" * 64}
        documents = [{**paper, "href": f"{self.url}/beta/d"}]
        return {
            "request": key, "status": "granted", "outputs": {"one.number": "1"},
            "documents": documents if self.with_document else [],
        }  # fmt: skip


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    yield office
    office.server.shutdown()
    office.server.server_close()


@pytest.mark.parametrize("delivery", ["blind", "queryable"])
def test_a_document_that_cannot_be_fetched_never_sends_again(office: Office, delivery: str) -> None:
    """The department acted and restarts before its document is fetched: 'connection refused' is not 'not sent'."""
    lane("beta", base_url=f"{office.url}/beta", timeout_seconds=1, work_seconds=0)
    case = open_test_case(plan_of(step("one", delivery=delivery)))
    office.with_document = office.close_after_post = True
    run_courier()
    assert sum(office.acted.values()) == 1
    # A blind department's decision stands without its paper, and a person is told; others are asked again.
    assert states(case) == {"one": "granted" if delivery == "blind" else "unknown"}
    assert WorkItem.objects.count() == (delivery == "blind")


def test_a_courier_frozen_after_its_claim_does_not_send_any_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F21: the remaining lease is looked at right before the send. Queryable: nothing else closes it."""
    lane("beta", base_url=f"{office.url}/beta", timeout_seconds=1, work_seconds=1)
    case = open_test_case(plan_of(step("one", delivery="queryable")))
    begun: list[tuple[list[Any], Any]] = []
    monkeypatch.setattr(Switchboard, "make", lambda board, calls, results: begun.append((calls, results)))
    monkeypatch.setattr(courier, "START_WITHIN_SECONDS", 0.0)
    Courier().look()  # claims, and freezes before anything is sent
    monkeypatch.undo()
    for round_ in range(1, 10):  # meanwhile another courier finds the lease expired
        clock.travel(timedelta(seconds=5 * round_))
        run_courier()
    assert states(case) == {"one": "granted"}
    [(calls, results)] = begun
    switchboard().make(calls, results)  # thawed
    assert results.get(timeout=3).detail == "not begun in time"
    assert sum(office.acted.values()) == 1


def test_an_accepted_request_of_a_blind_department_does_not_pause_its_lane(office: Office) -> None:
    lane("beta", base_url=f"{office.url}/beta", timeout_seconds=1, work_seconds=1)
    office.poll_status = 405
    case = open_test_case(plan_of(step("one", delivery="blind")))
    run_courier()
    clock.travel(timedelta(seconds=2))
    run_courier()
    row = CaseItem.objects.select_related("lane").get(case=case)
    assert (row.state, row.lane.paused_since) == ("accepted", None), office.gets


def test_a_slow_call_keeps_nobody_waiting(office: Office) -> None:
    """A department answers only once another one, whose work comes due meanwhile, has been called."""
    quick = Office()
    office.answers_after = quick.called
    lane("beta", base_url=f"{office.url}/beta", timeout_seconds=10)
    lane("alpha", base_url=f"{quick.url}/alpha")
    slow, later = open_test_case(plan_of(step("one"))), open_test_case(plan_of(step("four")))
    CaseItem.objects.filter(case=later).update(due_at=clock.now() + timedelta(seconds=0.3))
    run_courier()
    quick.server.shutdown()
    quick.server.server_close()
    assert quick.called.is_set()
    assert states(slow) == {"one": "granted"}
