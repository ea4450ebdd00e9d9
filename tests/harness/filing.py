"""Files cases as citizens would, in a process of its own: `python -m tests.harness.filing FIFO LOG SEED`.

Every byte read from the fifo is an order: F files one case and writes its reference to LOG (the client's own log of
what was acknowledged), D rings the doorbell three times over. A filing that fails is written as `-` and its reason.
"""

from __future__ import annotations

import array
import fcntl
import os
import random
import sys
import termios
import time
from pathlib import Path
from typing import Any

import django

BUNDLE = "moving"
FILE, DOORBELLS = b"F", b"D"
PLAIN_SHARE = 0.6


def main(fifo: str, log: Path, seed: str) -> None:
    """Obey until killed."""
    django.setup()
    from tests.harness.citizen import Filer  # noqa: PLC0415 - models can be imported only once Django is set up

    filer = Filer(random.Random(f"{seed}:{os.getpid()}"))
    orders = os.open(fifo, os.O_RDWR)
    while True:
        order = os.read(orders, 1)
        write(log, filer.file()) if order == FILE else filer.ring()


def write(log: Path, line: str) -> None:
    """Add a line in one write: this process may be killed at any moment."""
    with log.open("a") as file:
        file.write(line + "\n")


class Desk:
    """The harness's side: gives orders, reads what was acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.fifo, self.log = folder / "orders", folder / "filed.log"
        os.mkfifo(self.fifo)
        self.log.touch()
        # Open for reading too, so that orders wait in the pipe while the filing process is dead.
        self._orders = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.given = 0

    def command(self, seed: int) -> list[str | Path]:
        """Return the command of the filing process."""
        return [sys.executable, "-m", "tests.harness.filing", self.fifo, self.log, str(seed)]

    def order(self, count: int) -> None:
        """Ask for so many cases."""
        os.write(self._orders, FILE * count)
        self.given += count

    def is_idle(self) -> bool:
        """Say whether no order waits in the pipe; one may still be under way."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self._orders, termios.FIONREAD, waiting)
        return waiting[0] == 0

    def ring(self) -> None:
        """Ask for needless doorbells."""
        os.write(self._orders, DOORBELLS)

    def lines(self) -> list[list[str]]:
        """Return what was written: reference and milliseconds, or `-` and why it failed."""
        return [line.split(" ", 1) for line in self.log.read_text().splitlines() if " " in line]

    def acknowledged(self) -> list[str]:
        """Return every reference a citizen holds."""
        return [words[0] for words in self.lines() if words[0] != "-"]

    def failed(self) -> int:
        """Return how many filings ended with an error and no reference."""
        return sum(words[0] == "-" for words in self.lines())

    def milliseconds(self) -> list[float]:
        """Return how long each acknowledged filing took, in order."""
        return sorted(float(words[1]) for words in self.lines() if words[0] != "-")

    def close(self) -> None:
        """Let go of the fifo."""
        os.close(self._orders)


def timed(file: Any) -> str:
    """Call `file`; return its reference and the milliseconds it took, or `-` and the error's name."""
    began = time.perf_counter()
    try:
        reference = file()
    except Exception as error:  # noqa: BLE001 - whatever happens, the citizen gets no reference
        return f"- {type(error).__name__}"
    return f"{reference} {(time.perf_counter() - began) * 1000:.1f}"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
