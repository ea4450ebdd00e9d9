"""Say what is done, and what is wrong, in one sentence each."""

import errno
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

LAST_LINES = 15


class StartError(Exception):
    """What went wrong and what to do about it, in one sentence; `lines` are shown below it."""

    def __init__(self, sentence: str, lines: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.lines = list(lines)


def say(line: str) -> None:
    """Print one line at once, also when the output goes to a file."""
    # A closed terminal must not keep us from stopping what we started.
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def last_lines(log: Path) -> list[str]:
    """Return the end of a log; nothing if there is none."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-LAST_LINES:]


def about_os_error(error: OSError) -> StartError:
    """Turn an error of the operating system into a sentence for people."""
    place = error.filename or "this folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StartError(
            f"Cannot write to {place} (read-only): put One Thing into a folder you may write to, or use --var."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartError(f"There is no space left on the disk of {place}: free about 500 MB and start again.")
    return StartError(f"{place}: {error.strerror or error}.")


def about_output(what: str, lines: Sequence[str]) -> StartError:
    """Explain why a command failed by what it printed, as far as that can be known."""
    text = "\n".join(lines)
    missing = re.search(r"ModuleNotFoundError: No module named '([^']+)'", text)
    if missing:
        return StartError(f"{what} failed: the Python module {missing[1]} is missing; remove .venv and start again.")
    if "No space left on device" in text or "database or disk is full" in text:
        return StartError(f"{what} failed: there is no space left on the disk; free about 500 MB.")
    return StartError(f"{what} failed; its last lines:", lines)
