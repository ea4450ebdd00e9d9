"""`python -m tests.harness`: exit 0 if nothing was lost, done twice or left, and every crash point was hit; else 1."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from tests.harness.controls import CONTROLS
from tests.harness.report import document, lines
from tests.harness.running import Conductor, Run
from tests.harness.world import World
from tests.postgres import PostgresServer

CASES, KILLS = 170, 40


def read_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness", description="Break the system and judge it.")
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases of six services to file (default {CASES})")
    parser.add_argument("--seed", type=int, default=0, help="of a run to repeat (default: a new one, printed)")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"kill -9 from outside (default {KILLS})")
    parser.add_argument("--minutes", type=float, default=0.0, help="how long faults go on (default: by --kills)")
    parser.add_argument("--freezes", type=float, default=1.0, help="how many times likelier processes freeze (1)")
    parser.add_argument("--control", choices=sorted(CONTROLS), default="", help="take one safeguard away")
    parser.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the JSON report here as well")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all processes here")
    return parser.parse_args(words)


def perform(chosen: argparse.Namespace) -> dict[str, Any]:
    """Do one run with everything of its own, and return its report; stops what it started, whatever happens."""
    seed = chosen.seed or random.SystemRandom().randrange(1, 1 << 32)
    run = Run(chosen.cases, seed, chosen.kills, chosen.minutes, chosen.control)
    say(f"seed {seed}")
    freezes = chosen.freezes * (CONTROLS[run.control].freezes if run.control else 1.0)
    wanted = {"seed": seed, "cases": run.cases, "control": run.control, "freezes": freezes}
    with PostgresServer() as postgres, World(postgres, **wanted) as world:
        conductor = Conductor(world, run, say)
        try:
            conductor.conduct()
            return document(run, world, conductor.faults)
        finally:
            if chosen.logs:
                keep(world.folder, chosen.logs)


def keep(folder: Path, place: Path) -> None:
    """Copy the logs of a run."""
    place.mkdir(parents=True, exist_ok=True)
    for log in [*folder.glob("*.log"), *folder.glob("*.jsonl")]:
        shutil.copy(log, place)


def say(text: str) -> None:
    """Show progress on standard error: one line that changes, where there is a terminal."""
    end = "\r" if sys.stderr.isatty() else "\n"
    sys.stderr.write(f"\x1b[K{text}{end}" if sys.stderr.isatty() else f"{text}{end}")
    sys.stderr.flush()


def main(words: list[str] | None = None) -> int:
    """Run, report, and return the exit code."""
    chosen = read_arguments(words)
    # TERM ends a run as Ctrl-C does: everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        report = perform(chosen)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    text = json.dumps(report, indent=1, ensure_ascii=False)
    if chosen.report:
        chosen.report.write_text(text + "\n")
    sys.stdout.write((text if chosen.json else "\n".join(lines(report))) + "\n")
    return 1 if report["red"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
