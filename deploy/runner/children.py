"""Start processes without a shell, wait for them, and stop every one of them again."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .trouble import StartError, last_lines, say

READY_TIMEOUT = 60.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child runs before its program, so that the system ends it if we are killed (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # killed between fork and here
            os._exit(1)

    return prepare


@dataclass
class Child:
    """A process that should run until we stop it."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    grace: float  # seconds between TERM and KILL


class Children:
    """The processes of one start, in the order they were started. Leaving the context stops them in reverse."""

    def __init__(self, cwd: Path, environment: Mapping[str, str]) -> None:
        self.cwd = cwd
        self.environment = dict(environment)
        self.running: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], log: Path, grace: float = 5.0) -> Child:
        """Start a process with its output in a log; its readiness is awaited apart."""
        with log.open("wb") as output:
            process = self.spawn(command, output.fileno())
        child = Child(name, process, log, grace)
        self.running.append(child)
        return child

    def spawn(self, command: Sequence[str], output: int | None) -> subprocess.Popen[bytes]:
        """Start a process in its own session: Ctrl-C in the terminal reaches us only, and we stop it in order."""
        return subprocess.Popen(
            command,
            cwd=self.cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - we have one thread only
        )

    def wait_ready(self, child: Child, ready: Callable[[], bool], timeout: float = READY_TIMEOUT) -> None:
        """Wait until a process answers; stop with a sentence if any process ends or it takes too long."""
        deadline = time.monotonic() + timeout
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                sentence = f"The {child.name} did not answer within {timeout:.0f} s; the end of {child.log}:"
                raise StartError(sentence, last_lines(child.log))
            time.sleep(0.02)

    def require_alive(self) -> None:
        """Stop with a sentence if a process has ended by itself."""
        for child in self.running:
            code = child.process.poll()
            if code is not None:
                sentence = f"The {child.name} ended by itself ({ending(code)}); the end of {child.log}:"
                raise StartError(sentence, last_lines(child.log))

    def show(self, command: Sequence[str]) -> int:
        """Run a command in the terminal and return its exit code; stops with a sentence if a process ends meanwhile."""
        process = self.spawn(command, None)
        try:
            while process.poll() is None:
                wait_for_any_child()
                self.require_alive()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        return process.returncode

    def stay(self) -> None:
        """Wait until a process ends by itself, which is the StartError raised, or until a signal interrupts."""
        while True:
            self.require_alive()
            wait_for_any_child()

    def stop(self) -> None:
        """Stop everything in reverse order, TERM first and KILL after a grace; a second Ctrl-C kills at once."""
        while self.running:
            child = self.running.pop()
            try:
                child.process.terminate()
                child.process.wait(child.grace)
            except subprocess.TimeoutExpired:
                say(f"The {child.name} did not stop within {child.grace:.0f} s and is killed.")
            except KeyboardInterrupt:
                say("Killing what is left.")
                for other in self.running:
                    other.grace = 0.0
            finally:
                kill_session(child.process)


def wait_for_any_child() -> None:
    """Sleep until some child of ours has ended, without taking its exit code away."""
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process and of all it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ending(code: int) -> str:
    """Say in words how a process ended."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
