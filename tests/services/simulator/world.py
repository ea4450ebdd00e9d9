"""What the simulator's tests talk with: the process, a client for its protocol, and a portal that takes callbacks."""

from __future__ import annotations

import http.client
import itertools
import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from services.simulator.tokens import department_token

ROOT = Path(__file__).resolve().parents[3]
SMALL_CATALOGUE = Path(__file__).parent
REAL_CATALOGUE = ROOT / "lifeevents" / "catalogue"
SECRET = "a secret of the tests"
NUMBERS = itertools.count(1)


@dataclass
class Answer:
    """A response: ``document`` is the parsed JSON, or None where the body is none."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Simulator:
    """A running simulator; one connection per call, so that a hung or reset one harms no other."""

    port: int
    process: subprocess.Popen[str]
    secret: str = SECRET

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Call and read the whole answer; raises what the socket raises, TimeoutError after two seconds."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call with the token of the department (or register) the path names."""
        code = path.split("/")[2 if path.startswith("/registers/") else 1]
        token = {"Authorization": f"Bearer {department_token(self.secret, code)}"}
        return self.call(method, path, body, token | {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, department: str, body: Any, key: str | None = None) -> Answer:
        """Post a request, keyed with its own id unless another key is given."""
        return self.ask("POST", f"/{department}/requests", body, Idempotency_Key=key or body["request"])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body, {"X-Simulator-Secret": self.secret})
        assert answer.status == 200, answer.body
        return answer.document

    def entry(self, case: str) -> dict[str, Any]:
        """Return the one ledger entry of a case."""
        (entry,) = self.control("GET", f"/ledger?case={case}")["entries"]
        found: dict[str, Any] = entry
        return found

    def faults(self, **rates: Any) -> None:
        """Put fault rules in force at every department."""
        self.control("PUT", "/faults", {"*": rates})


def request(service: str, *, reply_to: str = "", **data: Any) -> dict[str, Any]:
    """Return a new request body with its own case; ``data`` names use __ for the dot."""
    number = next(NUMBERS)
    return {
        "request": str(UUID(int=number, version=4)), "case": f"CASE-{number}", "service": service,
        "subject": "child.1", "round": 1, "bundle_version": 1,
        "data": {name.replace("__", "."): value for name, value in data.items()} or {"child.given_name": "Lin"},
        "documents": [], "reply_to": reply_to, "due": "2026-12-01",
    }  # fmt: skip


@contextmanager
def running(*arguments: str, catalogue: Path = SMALL_CATALOGUE, port: int = 0) -> Iterator[Simulator]:
    """Run a simulator and end it with SIGTERM; it must end cleanly within five seconds."""
    command = [sys.executable, "-m", "services.simulator", "--port", str(port), "--secret", SECRET]
    command += ["--catalogue", str(catalogue), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"simulator ready on http://127\.0\.0\.1:(\d+)\n", line)
        assert match is not None, line
        yield Simulator(int(match[1]), process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(5) == 0
        finally:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()


@dataclass
class Callback:
    """One callback as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Portal:
    """Takes callbacks; answers the statuses put in ``answers`` first, then 200."""

    url: str
    received: queue.Queue[Callback] = field(default_factory=queue.Queue)
    answers: queue.Queue[int] = field(default_factory=queue.Queue)

    def next(self) -> Callback:
        """Wait for a callback, five seconds at most."""
        return self.received.get(timeout=5)


@contextmanager
def portal() -> Iterator[Portal]:
    """Run a portal that takes callbacks on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.received.put(Callback(self.path, dict(self.headers), body))
            status = 200 if taken.answers.empty() else taken.answers.get()
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken = Portal(f"http://127.0.0.1:{server.server_address[1]}/replies")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something another process does and does not announce; fail when it does not come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
