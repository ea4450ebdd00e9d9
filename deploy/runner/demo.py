"""Start the whole portal, file one case, show its way to the end, and stay or stop."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .children import Children
from .packages import RUNTIME_LOCK, ensure_packages
from .portal_setup import Person, manage_json, set_up
from .servers import start_portal, start_redis, start_simulator
from .surroundings import (
    Place,
    child_environment,
    kept_secrets,
    kept_simulator_port,
    make_folders,
    only_one,
    require_free,
    socket_path,
)
from .trouble import say

SAMPLES = {"birth": "married"}  # of any other bundle the first sample is taken


@dataclass(frozen=True)
class Prepared:
    """What every start needs: the children's environment, the socket of the embedded Redis, the simulator's port."""

    place: Place
    environment: dict[str, str]
    redis_socket: Path
    simulator_port: int


def prepare(place: Place) -> Prepared:
    """Make .venv, secrets and ports; does nothing that is done already."""
    ensure_packages(place.root, RUNTIME_LOCK, place.given)
    redis_socket = socket_path(place)
    environment = child_environment(place, kept_secrets(place.var / "secrets.env"), redis_socket)
    for name in ("DATABASE_URL", "REDIS_URL"):
        if place.gives(name):
            say(f"Using {name} of your environment.")
    return Prepared(place, environment, redis_socket, kept_simulator_port(place))


def only_set_up(place: Place) -> int:
    """Set up and start nothing."""
    began = time.monotonic()
    make_folders(place)
    with only_one(place.var):
        prepared = prepare(place)
        set_up(place, prepared.environment, prepared.simulator_port)
    say(f"Set up in {time.monotonic() - began:.1f} s; ./run starts it.")
    return 0


def start_and_stay(place: Place) -> int:
    """Start everything, file a birth and show it, then stay until Ctrl-C."""
    with everything_running(place) as (prepared, children, people):
        show_one_case(prepared, children, "birth", people)
        say_where(place, people)
        try:
            children.stay()
        except KeyboardInterrupt:
            say("\nStopping ...")
    say(f"Stopped. The data stays in {place.var}.")
    return 0


def start_once(place: Place, bundle: str) -> int:
    """Start everything, file a sample case, show it, stop; return 0 only if it settled as its sample says."""
    with everything_running(place) as (prepared, children, people):
        code = show_one_case(prepared, children, bundle, people)
    say("Stopped." if code == 0 else "Stopped. The case did not settle as its sample says.")
    return code


@contextmanager
def everything_running(place: Place) -> Iterator[tuple[Prepared, Children, list[Person]]]:
    """Set up what is needed and start all processes; stop them at the end, whatever happened."""
    began = time.monotonic()
    require_free(place.port)
    make_folders(place)
    with only_one(place.var):
        prepared = prepare(place)
        try:
            with Children(place.root, prepared.environment) as children:
                await_redis = start_redis(place, children, prepared.redis_socket)
                say("Starting the simulated departments ...")
                await_simulator = start_simulator(place, children, prepared.simulator_port)
                people = set_up(place, prepared.environment, prepared.simulator_port)
                await_redis()
                await_simulator()
                say("Starting the portal and its worker ...")
                start_portal(place, children)
                say(f"The portal is open at {place.address} (set up and started in {time.monotonic() - began:.1f} s).")
                yield prepared, children, people
        finally:
            if prepared.redis_socket.parent != place.var:
                shutil.rmtree(prepared.redis_socket.parent, ignore_errors=True)


def show_one_case(prepared: Prepared, children: Children, bundle: str, people: list[Person]) -> int:
    """File one sample case as the first demo citizen and show its way; return 0 if it ended as expected."""
    words = ["--sample", SAMPLES[bundle]] if bundle in SAMPLES else []
    citizen = next((person for person in people if person.role == "citizen"), None)
    words += ["--as", citizen.username] if citizen else []
    reference = manage_json(prepared.place, prepared.environment, "file_case", bundle, *words)["reference"]
    say(f"Filed one {bundle} as {citizen.name if citizen else 'a citizen'} would: case {reference}")
    return children.show([prepared.place.python, "manage.py", "watch_case", reference])


def say_where(place: Place, people: list[Person]) -> None:
    """Print the address and who can sign in."""
    rows = [("sign in as", "password", "role", "name")]
    rows += [(person.username, person.password, person.role, person.name) for person in people]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    say(f"\nOpen {place.address} in a browser. All people and departments are made up.")
    for row in rows:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        say("  " + "  ".join([*padded, row[3]]))
    say(f"Logs are in {place.var / 'log'}. Ctrl-C stops everything.\n")
