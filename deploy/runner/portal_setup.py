"""Set up the portal: database, catalogue, departments, demo people. Once per change of what it is made from."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .surroundings import Place, write_private
from .trouble import LAST_LINES, StartError, about_output, say

STAMP = "setup.json"
SOURCES = ("portal", "lifeevents", "services", "static", "deploy/requirements.lock", "manage.py")


@dataclass(frozen=True)
class Person:
    """Someone who can sign in to the demonstration."""

    username: str
    password: str
    role: str
    name: str


def set_up(place: Place, environment: Mapping[str, str], simulator_port: int) -> list[Person]:
    """Run the set-up commands if anything they depend on has changed; return who can sign in."""
    simulator = f"http://127.0.0.1:{simulator_port}"
    inputs = fingerprint(place, environment, simulator)
    kept = kept_people(place, inputs)
    if kept is not None:
        return kept
    say("Setting up the database, the catalogue, the departments and the demo people ...")
    secret = environment["SIMULATOR_SECRET"]
    commands = [
        ["migrate", "--noinput", "--verbosity=0"],
        ["collectstatic", "--noinput", "--verbosity=0"],
        ["load_catalogue", "--verbosity=0"],
        ["connect_departments", "--base-url", simulator, "--secret", secret],
        ["load_demo", "--json"],
    ]
    people = document_in(run_in_one(place, environment, commands))["people"]
    write_private(place.var / STAMP, json.dumps({"inputs": inputs, "people": people}) + "\n")
    return [as_person(row) for row in people]


def as_person(row: Mapping[str, str]) -> Person:
    """Read one row of `load_demo --json`; a field of a later version is ignored."""
    return Person(row["username"], row["password"], row["role"], row["name"])


def kept_people(place: Place, inputs: str) -> list[Person] | None:
    """Return the people of the last set-up if it still holds, else None."""
    if not database_is_there(place):
        return None
    try:
        stamp = json.loads((place.var / STAMP).read_text())
        return [as_person(row) for row in stamp["people"]] if stamp["inputs"] == inputs else None
    except (OSError, ValueError, KeyError):
        return None


def database_is_there(place: Place) -> bool:
    """Say whether the embedded database and the static files exist; a database server is always set up anew."""
    return not place.gives("DATABASE_URL") and (place.var / "one.sqlite3").exists() and (place.var / "static").exists()


def fingerprint(place: Place, environment: Mapping[str, str], simulator: str) -> str:
    """Return a hash of all that the result of the set-up depends on."""
    total = hashlib.sha256()
    names = ("DATABASE_URL", "PORTAL_URL", "SIMULATOR_SECRET", "SEALING_KEYS", "INDEX_KEY", "SECRET_KEY")
    total.update(json.dumps([simulator, *(environment[name] for name in names)]).encode())
    for file in source_files(place.root):
        total.update(f"{file.relative_to(place.root)}\n".encode())
        total.update(file.read_bytes())
    return total.hexdigest()


def source_files(root: Path) -> Iterator[Path]:
    """Yield the files of the product in a fixed order, without what Python compiles beside them."""
    for name in SOURCES:
        source = root / name
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def run_in_one(place: Place, environment: Mapping[str, str], commands: list[list[str]]) -> str:
    """Run several manage.py commands in one process and return what they printed."""
    script = str(Path(__file__).with_name("several.py"))
    done = subprocess.run(
        [place.python, script],
        input=json.dumps(commands),
        cwd=place.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    started = re.findall(r"(?m)^running (manage\.py \w+)$", done.stderr)
    return printed_by(place, started[-1] if started else "The set-up", done)


def manage_json(place: Place, environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    """Run a manage.py command that prints one JSON object."""
    command = [place.python, "manage.py", *words, "--json"]
    done = subprocess.run(command, cwd=place.root, env=environment, capture_output=True, text=True, check=False)
    return document_in(printed_by(place, f"manage.py {words[0]}", done))


def printed_by(place: Place, what: str, done: subprocess.CompletedProcess[str]) -> str:
    """Log and return what a command printed; its last lines are in the StartError if it failed."""
    with place.log("setup").open("a") as log:
        log.write(f"{done.stdout}{done.stderr}")
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).splitlines()
        raise about_output(what, [line for line in lines if line.strip()][-LAST_LINES:])
    return done.stdout


def document_in(printed: str) -> dict[str, Any]:
    """Return the one JSON object that was printed."""
    try:
        return dict(json.loads(printed))
    except ValueError:
        raise StartError("A set-up command printed something else than JSON:", printed.splitlines()[-3:]) from None
