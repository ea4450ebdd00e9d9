"""``python -m services.simulator``: serve the simulated departments and registers until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

from services.simulator.application import Application
from services.simulator.callbacks import Caller
from services.simulator.catalogue import Catalogue, CatalogueError, read_catalogue
from services.simulator.desk import Desk
from services.simulator.faults import Faults
from services.simulator.journal import Journal
from services.simulator.wire import Connection


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; secret and day length may come from SIMULATOR_SECRET and SIMULATOR_DAY_SECONDS."""
    parser = argparse.ArgumentParser(prog="python -m services.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--secret", default=os.environ.get("SIMULATOR_SECRET", ""), help="shared with the portal")
    parser.add_argument("--catalogue", type=Path, required=True, metavar="DIR")
    parser.add_argument("--day-seconds", type=float, default=float(os.environ.get("SIMULATOR_DAY_SECONDS", "2")))
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep ledger and answers over restarts")
    chosen = parser.parse_args(arguments)
    if not chosen.secret:
        parser.error("give --secret or set SIMULATOR_SECRET")
    return chosen


async def serve(chosen: argparse.Namespace, catalogue: Catalogue) -> None:
    """Listen, say so in one line, and stay until SIGTERM or SIGINT; then drop every connection and end."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    connections: set[Connection] = set()
    faults = Faults()
    caller, journal = Caller(chosen.secret, faults), Journal(chosen.state)
    # The application needs the port for its documents' addresses, so it is made once the socket is bound.
    handlers: list[Application] = []
    server = await loop.create_server(
        lambda: Connection(handlers[0].handle, connections), chosen.host, chosen.port, backlog=1024, start_serving=False
    )
    base_url = f"http://{chosen.host}:{server.sockets[0].getsockname()[1]}"
    desk = Desk(chosen.secret, base_url, chosen.day_seconds, faults, journal, caller)
    desk.restore()
    handlers.append(Application(catalogue, desk, chosen.secret))
    # Hardly anything here is cyclic; walking a big ledger over and over would cost more than it frees.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    await server.start_serving()
    sys.stdout.write(f"simulator ready on {base_url}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    for connection in list(connections):
        connection.abort()
    await desk.stop()
    caller.close()
    journal.close()


def main() -> int:
    """Return 0 after a clean end, 2 with one sentence when it cannot start."""
    chosen = read_arguments()
    try:
        catalogue = read_catalogue(chosen.catalogue)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve(chosen, catalogue))
    except (CatalogueError, OSError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
