"""Start real processes for tests and end exactly those, with all they started."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
READY_TIMEOUT = 30.0
PR_SET_PDEATHSIG = 1
LINES_SHOWN = 30


class NotReadyError(Exception):
    """A server ended or did not answer in time; the end of its log is in the message."""


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(predicate: Callable[[], bool], timeout: float, what: str = "the condition", every: float = 0.02) -> None:
    """Return as soon as the predicate is true; raise TimeoutError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {timeout:.0f} s")
        time.sleep(every)


def die_with_parent(number: int) -> Callable[[], None] | None:
    """Return what a child runs before its program, so that it gets this signal if the test run is killed (Linux only).

    The system means the starting thread by parent: start servers from a thread that lives as long as they do.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, number)


class Process:
    """One program in a session of its own, so that all it starts can be ended with it; output goes to a log."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        user: int | None = None,
        group: int | None = None,
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
                preexec_fn=die_with_parent(orphan_signal),  # noqa: PLW1509 - nothing but a system call
            )

    @property
    def pid(self) -> int:
        """Return the id of the program, which is also that of its session."""
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        """Say whether the program itself still runs."""
        return self.popen.poll() is None

    def wait_ready(self, ready: Callable[[], bool], timeout: float = READY_TIMEOUT) -> None:
        """Wait until the server answers; raise NotReadyError with the end of its log if it ends or takes too long."""
        try:
            wait_until(lambda: not self.is_alive or ready(), timeout)
        except TimeoutError:
            raise NotReadyError(f"no answer within {timeout:.0f} s\n{self.last_lines()}") from None
        if not self.is_alive:
            raise NotReadyError(f"ended with {self.popen.returncode}\n{self.last_lines()}")

    def last_lines(self) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LINES_SHOWN:])

    def send(self, number: signal.Signals) -> None:
        """Signal the program alone; nothing happens if it has ended."""
        self.popen.send_signal(number)

    def kill_tree(self) -> None:
        """Kill the program and all it started at once, and wait until none of them runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()
        wait_until(lambda: not session_members(self.pid), 10, f"the end of session {self.pid}")

    def stop(self, number: signal.Signals = signal.SIGTERM, grace: float = 10.0) -> None:
        """End the program politely, and after `grace` seconds without mercy; what it started ends with it."""
        self.send(number)
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(grace)
        self.kill_tree()


def session_members(session: int) -> list[int]:
    """Return the ids of the running processes of a session; a zombie does not run. Empty where there is no /proc."""
    return [pid for pid in running_pids() if stat_of(pid)[2:3] == [str(session)]]


def children_of(parent: int) -> list[int]:
    """Return the ids of the running direct children of a process, for example of a worker's pool."""
    return [pid for pid in running_pids() if stat_of(pid)[:1] == [str(parent)]]


def running_pids() -> list[int]:
    """Return the ids of all processes of this machine."""
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def stat_of(pid: int) -> list[str]:
    """Return parent, group, session … of a running process (proc(5), stat from field 4); nothing for a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    # The name in the second field may hold spaces and brackets: all after its last bracket is plain.
    state, *rest = text.rpartition(")")[2].split()
    return [] if state in ("Z", "X") else rest


class Server(ABC):
    """A process with an address; a context manager that starts it and stops it."""

    process: Process | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address, which stays the same over restarts."""

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it and remove what it kept."""

    def kill(self) -> None:
        """Kill it as a power cut would, if it runs; `start` brings it back at the same address."""
        if self.process is not None:
            self.process.kill_tree()
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
