"""The system under test: web, workers, filing process, Redis, PostgreSQL, and the departments behind bad weather."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from services.crash_points import EXIT_CODE
from tests.harness.controls import CONTROLS
from tests.harness.crashes import CrashPoints
from tests.harness.filing import Desk
from tests.harness.proxy import FaultProxy
from tests.postgres import PostgresServer, administer
from tests.processes import ROOT, Process, children_of, stat_of
from tests.stack import Stack

CATALOGUE = ROOT / "tests" / "harness" / "catalogue"
WORKERS = 3
WEB_WORKERS = 2
DAY_SECONDS = 0.3
TIMEOUT, WORK = 1.0, 2.0
LEASE = TIMEOUT + WORK + 2
SHORT_TIMEOUT, NO_WORK = 0.3, 0.0


class World(Stack):
    """Everything but the database server, which is given. What dies is started again by `tend`."""

    def __init__(
        self, postgres: PostgresServer, *, seed: int, cases: int, control: str = "", freezes: float = 1.0
    ) -> None:
        days = CONTROLS[control].day_seconds if control else DAY_SECONDS
        super().__init__(server_url=postgres.url, day_seconds=days)
        self.postgres = postgres
        self.seed = seed
        self.control = control
        self.simulator.catalogue = CATALOGUE
        self.proxy = FaultProxy(self.simulator.port, seed)
        self.desk = Desk(self.folder)
        self.crash_points = CrashPoints(self.folder / "crashes.log", cases, freezes)
        self.watch = self.folder / "watch.jsonl"
        self.filer: Process | None = None
        self.boosted = False
        self.restarts = 0
        self.gave_up = 0
        self._wakes: dict[int, float] = {}
        self._watched = 0
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.harness.settings",
            "HARNESS_CONTROL": control,
            "HARNESS_WATCH": str(self.watch),
            "CRASH_LOG": str(self.crash_points.log),
            "SWEEP_SECONDS": "1",
            "LOG_LEVEL": "WARNING",
        }
        self.arm()

    # Starting and ending

    def arm(self) -> None:
        """Let processes started from now on crash and freeze at the named points."""
        self.environment["CRASH_POINTS"] = self.crash_points.chances(boosted=self.boosted)
        self.environment["HARNESS_FREEZES"] = self.crash_points.freezes()

    def disarm(self) -> None:
        """Let processes started from now on live."""
        self.environment |= {"CRASH_POINTS": "", "HARNESS_FREEZES": ""}

    def start_all(self) -> None:
        """Start web, workers and filing process."""
        self.start_web()
        self.tend(0.0)
        self.wait_workers()

    def start_web(self, *, threads: int = 4) -> str:
        """Start the web server with two processes; it need not be ready when this returns."""
        words = ["--worker-class", "gthread", "--threads", str(threads), "--workers", str(WEB_WORKERS)]
        words += ["--no-control-socket", "--bind", f"127.0.0.1:{self.web_port}"]
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", *words]
        self.web = Process(command, self.folder / "web.log", environment=self.environment)
        return self.url

    def restart_all(self) -> None:
        """Wake, end and start again everything that may carry crash points."""
        self.wake_all()
        self.stop_workers(grace=3)
        for process in (self.web, self.filer):
            if process is not None:
                process.stop(grace=3)
        self.web = self.filer = None
        self.tend(0.0)

    def stop(self) -> None:
        """Stop everything, in whatever state it is."""
        self.wake_all()
        if self.filer is not None:
            self.filer.kill_tree()
            self.filer = None
        with suppress(OSError):
            self.desk.close()
        if not self.postgres.process or not self.postgres.process.is_alive:
            with suppress(Exception):
                self.postgres.start()
        super().stop()
        self.proxy.__exit__(None, None, None)

    # Keeping alive

    def tend(self, now: float) -> None:
        """Start again what has died and wake what has stood still long enough; `now` is monotonic seconds."""
        for worker in [worker for worker in self.workers if not worker.is_alive]:
            self.gave_up += worker.popen.returncode not in (-signal.SIGKILL, EXIT_CODE)
            worker.kill_tree()
            self.workers.remove(worker)
        if missing := WORKERS - len(self.workers):
            self.start_workers(missing, concurrency=2)
            self.restarts += missing
        if self.web is None or not self.web.is_alive:
            self._reap(self.web)
            self.start_web()
        if self.filer is None or not self.filer.is_alive:
            self._reap(self.filer)
            self.filer = Process(self.desk.command(self.seed), self.folder / "filing.log", environment=self.environment)
        self._wake_due(now)

    def freeze(self, pid: int, until: float) -> None:
        """Stop a process until a monotonic moment."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self._wakes[pid] = until

    def newly_stopped(self) -> list[int]:
        """Return processes that froze themselves at a named point since the last look."""
        lines = self.watch.read_text().splitlines() if self.watch.exists() else []
        fresh, self._watched = lines[self._watched :], len(lines)
        notes = [json.loads(line) for line in fresh]
        return [note["pid"] for note in notes if note["kind"] == "stopped" and note["pid"] not in self._wakes]

    def remember_frozen(self, pid: int, until: float) -> None:
        """Wake this process, which has stopped itself, at a monotonic moment."""
        self._wakes[pid] = until

    def wake_all(self) -> None:
        """Wake every process that stands still."""
        self.remember_all_stopped()
        self._wake_due(float("inf"))

    def remember_all_stopped(self) -> None:
        for pid in self.newly_stopped():
            self._wakes.setdefault(pid, 0.0)

    def web_pids(self) -> list[int]:
        """Return the ids of the web server's own workers."""
        return children_of(self.web.pid) if self.web is not None else []

    def notes(self) -> list[dict[str, Any]]:
        """Return everything the watchers saw."""
        return [json.loads(line) for line in self.watch.read_text().splitlines()] if self.watch.exists() else []

    def _wake_due(self, now: float) -> None:
        for pid in [pid for pid, until in self._wakes.items() if until <= now]:
            del self._wakes[pid]
            # Only what is still ours: the system may have given the number to somebody else.
            if self._is_ours(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _is_ours(self, pid: int) -> bool:
        processes = [*self.workers, self.web, self.filer]
        sessions = {str(process.pid) for process in processes if process is not None}
        return stat_of(pid)[2:3] != [] and stat_of(pid)[2] in sessions

    def _reap(self, process: Process | None) -> None:
        if process is not None:
            process.kill_tree()
            self.restarts += 1

    # Setting up

    def _set_up(self) -> None:
        self.proxy.__enter__()
        administer(self.server_url, f'CREATE DATABASE "{self.database_name}"')
        (self.folder / "static").mkdir()
        timeout, work = (SHORT_TIMEOUT, NO_WORK) if self.control == "lease" else (TIMEOUT, WORK)
        self.manage_in_one(
            ["migrate", "--noinput"],
            ["load_catalogue", str(CATALOGUE)],
            ["connect_departments", "--base-url", self.proxy.url, "--secret", self.simulator.secret],
            ["tune_lanes", "--timeout", str(timeout), "--work", str(work)],
        )
