"""The words of ./run."""

import argparse
import signal
from collections.abc import Callable
from pathlib import Path

from .checks import TEST_WORDS, run_tests
from .demo import only_set_up, start_and_stay, start_once
from .surroundings import Place
from .trouble import StartError, about_os_error, say

ROOT = Path(__file__).resolve().parent.parent.parent
INTERRUPTED = 130  # what a shell reports for Ctrl-C

DESCRIPTION = """One Thing: one life event, one application, one tracked case.

  ./run                set up if needed, start everything, file a birth, show it, stay until Ctrl-C
  ./run setup          only set up: .venv, database, catalogue, demo people
  ./run once [BUNDLE]  start, file one sample case, show it to its end, stop; exit 0 if it settled as it should
  ./run test [PART]    set up and run every test, or one part: """

SETTINGS = """DATABASE_URL and REDIS_URL in the environment choose PostgreSQL and a Redis server
instead of the embedded ones; so does every other setting named there."""


def main(words: list[str]) -> int:
    """Do what the words say; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return chosen(words)()
    except StartError as trouble:
        return give_up(trouble)
    except OSError as error:
        return give_up(about_os_error(error))
    except KeyboardInterrupt:
        say("\nStopped before the end.")
        return INTERRUPTED


def chosen(words: list[str]) -> Callable[[], int]:
    """Return what the words ask for."""
    given = parser().parse_args(words)
    place = Place(ROOT, given.var.absolute(), given.port)
    match given.word, given.part:
        case None, None:
            return lambda: start_and_stay(place)
        case "setup", None:
            return lambda: only_set_up(place)
        case "once", bundle:
            return lambda: start_once(place, bundle or "birth")
        case "test", part if part is None or part in TEST_WORDS:
            return lambda: run_tests(place, part or "all")
        case word, part:
            raise StartError(f"./run {word} {part or ''} means nothing: see ./run --help.".replace("  ", " "))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the words and options."""
    parts = " ".join(TEST_WORDS)
    reader = argparse.ArgumentParser("run", None, DESCRIPTION + parts, SETTINGS, allow_abbrev=False)
    reader.formatter_class = argparse.RawDescriptionHelpFormatter
    reader.add_argument("word", nargs="?", choices=("setup", "once", "test"), help="nothing: start and stay")
    reader.add_argument("part", nargs="?", help="of once: the bundle; of test: the part")
    reader.add_argument("--port", type=int, default=8000, help="of the portal (8000)")
    reader.add_argument("--var", type=Path, default=ROOT / "var", help="folder for the data (./var)")
    return reader


def give_up(trouble: StartError) -> int:
    """Print what is wrong, and the lines that show it; return the exit code."""
    say(trouble.sentence)
    for line in trouble.lines:
        say(f"    {line}")
    return 1
