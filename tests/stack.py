"""A complete real system for tests: database, Redis, simulated departments, web, workers; everything on free ports.

with Stack() as stack:
    stack.start_web()
    stack.start_workers(2)
    filed = stack.manage_json("file_case", "birth", "--sample", "married", "--wait", "60")
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from tests.postgres import administer
from tests.processes import ROOT, Process, children_of, free_port, wait_until
from tests.servers import RedisServer, SimulatorServer, answers_healthz

COMMAND_TIMEOUT = 180.0


class CommandFailedError(Exception):
    """A manage.py command ended with an error; its output is the message."""


class Stack:
    """One whole system. Entering makes its database and starts Redis and departments; web and workers come when asked.

    The database is a fresh one on the PostgreSQL server of `server_url`, or of DATABASE_URL if that names one, else a
    SQLite file. Redis is the one given, which stays the giver's to stop, or an own one.
    """

    def __init__(
        self,
        *,
        server_url: str | None = None,
        redis: RedisServer | None = None,
        day_seconds: float = 0.0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="one-thing-stack-"))
        self.server_url = server_url or os.environ.get("DATABASE_URL", "")
        self.database_name = f"stack_{secrets.token_hex(6)}"
        self.web_port = free_port()
        self.redis = redis or RedisServer()
        self.owns_redis = redis is None
        self.simulator = SimulatorServer(day_seconds=day_seconds, state_file=self.folder / "departments.jsonl")
        self.web: Process | None = None
        self.workers: list[Process] = []
        self.environment = {**os.environ, **self._settings(), **(settings or {})}

    @property
    def url(self) -> str:
        """Return the address of the portal."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def is_postgres(self) -> bool:
        """Say whether the database is PostgreSQL."""
        return self.server_url.startswith("postgres")

    @property
    def database_url(self) -> str:
        """Return the address of this stack's own database."""
        if self.is_postgres:
            return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{self.database_name}"))
        return f"sqlite:///{self.folder / 'one.sqlite3'}"

    def __enter__(self) -> Self:
        try:
            if self.owns_redis:
                self.redis.start()
            self.simulator.start()
            self._set_up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_web(self, *, threads: int = 8) -> str:
        """Start the web server and wait until it answers; return its address."""
        words = ["--worker-class", "gthread", "--threads", str(threads), "--workers", "1", "--no-control-socket"]
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", *words, "--bind", f"127.0.0.1:{self.web_port}"]
        self.web = Process(command, self.folder / "web.log", environment=self.environment)
        self.web.wait_ready(lambda: answers_healthz(self.url))
        return self.url

    def start_workers(
        self, count: int = 1, *, concurrency: int = 2, queues: str = "courier", pool: str = "prefork"
    ) -> list[Process]:
        """Start Celery workers, each a process tree of its own; they need not be ready when this returns."""
        words = ["-Q", queues, "--pool", pool, "--concurrency", str(concurrency), "--loglevel", "INFO"]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        started = []
        for _ in range(count):
            name = f"worker-{secrets.token_hex(3)}"
            command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "-n", f"{name}@%h", *words]
            started.append(Process(command, self.folder / f"{name}.log", environment=self.environment))
        self.workers += started
        return started

    def wait_workers(self, timeout: float = 30.0) -> None:
        """Wait until every started worker takes messages."""
        for worker in self.workers:
            worker.wait_ready(partial(self._is_known, worker.log.stem), timeout)

    def kill_workers(self) -> None:
        """Kill -9 every worker, masters and pools at once."""
        while self.workers:
            self.workers.pop().kill_tree()

    def stop_workers(self, grace: float = 20.0) -> None:
        """Ask every worker to finish what it does; after `grace` seconds they are killed."""
        for worker in self.workers:
            worker.send(signal.SIGTERM)
        while self.workers:
            self.workers.pop().stop(grace=grace)

    def pool_pids(self) -> list[int]:
        """Return the ids of the pool processes of all workers, for killing one of them alone."""
        return [pid for worker in self.workers for pid in children_of(worker.pid)]

    def manage(self, *words: str) -> str:
        """Run a manage.py command and return what it printed; raise CommandFailedError if it ends with an error."""
        return self._run(["manage.py", *words])

    def manage_in_one(self, *commands: Sequence[str]) -> str:
        """Run several manage.py commands in one process, which is quicker; return what the last one printed."""
        return self._run(["deploy/runner/several.py"], json.dumps(commands))

    def manage_json(self, *words: str) -> Any:
        """Run a manage.py command with --json and return its document."""
        return json.loads(self.manage(*words, "--json"))

    def ledger(self) -> Any:
        """Return what the departments really did."""
        return self.simulator.ledger()

    def wait_until(self, predicate: Callable[[], bool], timeout: float = 60.0, what: str = "the condition") -> None:
        """Wait until something is true of the system; raise TimeoutError with the ends of all logs if it never is."""
        try:
            wait_until(predicate, timeout, what, every=0.05)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.last_lines()}") from None

    def last_lines(self) -> str:
        """Return the ends of the logs of web, workers and departments."""
        processes = [self.web, self.simulator.process, *self.workers]
        return "\n".join(f"--- {one.log.name}\n{one.last_lines()}" for one in processes if one is not None)

    def stop(self) -> None:
        """Stop everything and remove database and folder; does nothing for what was never started."""
        self.kill_workers()
        if self.web is not None:
            self.web.stop()
            self.web = None
        self.simulator.stop()
        if self.owns_redis:
            self.redis.stop()
        if self.is_postgres:
            administer(self.server_url, f'DROP DATABASE IF EXISTS "{self.database_name}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)

    def _settings(self) -> dict[str, str]:
        """Return the environment of every process of this stack, with secrets of its own."""
        return {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SEALING_KEYS": f"k1:{_random_key()}",
            "INDEX_KEY": _random_key(),
            "SIMULATOR_SECRET": self.simulator.secret,
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "PORTAL_URL": self.url,
            "DEBUG": "False",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def _is_known(self, worker_name: str) -> bool:
        """Say whether this worker has joined: Redis then lists the mailbox for its orders."""
        return worker_name in self.redis.command("SMEMBERS _kombu.binding.celery.pidbox")

    def _set_up(self) -> None:
        """Make the database and fill it with catalogue, departments and demo people."""
        if self.is_postgres:
            administer(self.server_url, f'CREATE DATABASE "{self.database_name}"')
        self.manage_in_one(
            ["migrate", "--noinput"],
            ["collectstatic", "--noinput"],
            ["load_catalogue"],
            ["connect_departments", "--base-url", self.simulator.url, "--secret", self.simulator.secret],
            ["load_demo", "--json"],
        )

    def _run(self, words: Sequence[str], given: str = "") -> str:
        """Run a Python script of the product with this text as its input; return what it printed."""
        done = subprocess.run(
            [sys.executable, *words],
            input=given,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
        if done.returncode != 0:
            raise CommandFailedError(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def _random_key() -> str:
    """Return 32 random bytes in urlsafe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
