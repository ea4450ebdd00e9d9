"""The HTTP the simulator speaks: kept connections, pipelining, and what it refuses."""

from __future__ import annotations

import json
import socket

import pytest

from services.simulator.tokens import department_token
from tests.services.simulator.world import SECRET, Simulator, request


def exchange(simulator: Simulator, *pieces: bytes) -> bytes:
    """Send raw pieces and return all that comes until the simulator closes or half a second of silence."""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=2) as plug:
        for piece in pieces:
            plug.sendall(piece)
        plug.settimeout(0.5)
        received = b""
        try:
            while data := plug.recv(65_536):
                received += data
        except TimeoutError:
            pass
        return received


def raw_post(case: str) -> bytes:
    body = json.dumps({**request("sync-keyed"), "case": case, "request": case}).encode()
    head = (
        f"POST /health/requests HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {case}\r\n"
        f"Authorization: Bearer {department_token(SECRET, 'health')}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def test_pipelined_requests_are_answered_in_order(simulator: Simulator) -> None:
    received = exchange(simulator, raw_post("one") + raw_post("two") + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.index(b'"request":"one"') < received.index(b'"request":"two"') < received.index(b'{"status":"ok"}')


def test_pipelined_requests_wait_for_a_slow_one(simulator: Simulator) -> None:
    simulator.faults(latency_ms=100)
    received = exchange(simulator, raw_post("slow") + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert received.index(b'"request":"slow"') < received.index(b'{"status":"ok"}')


def test_a_request_may_come_byte_by_byte(simulator: Simulator) -> None:
    received = exchange(simulator, *(bytes([byte]) for byte in raw_post("drip")))
    assert received.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\nEvil: y\r\n\r\n", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000, 431),
    ],
)
def test_what_is_not_proper_http_is_refused(simulator: Simulator, sent: bytes, status: int) -> None:
    assert exchange(simulator, sent).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_body_of_just_1_mb_is_read_and_more_is_413(simulator: Simulator) -> None:
    assert simulator.ask("POST", "/health/requests", b" " * 1_048_576).status == 400
    head = b"POST /health/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    assert exchange(simulator, head, b"x" * 200_000).startswith(b"HTTP/1.1 413 ")


def test_expect_continue_and_http_1_0(simulator: Simulator) -> None:
    head, _, body = raw_post("expect").partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=2) as plug:
        plug.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert plug.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        plug.sendall(body)
        assert plug.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in exchange(simulator, b"GET /healthz HTTP/1.0\r\n\r\n")


def test_control_needs_the_secret(simulator: Simulator) -> None:
    for path in ("/ledger", "/faults", "/settings"):
        assert simulator.call("GET", path).status == 401
        assert simulator.call("GET", path, headers={"X-Simulator-Secret": "wrong"}).status == 401
    assert simulator.call("GET", "/healthz").status == 200
    assert simulator.call("GET", "/").status == 404
