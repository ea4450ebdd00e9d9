"""./run test: every check in one order, for people and for the build server alike."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .chromium import ensure_chromium
from .packages import TEST_LOCK, ensure_packages
from .surroundings import Place, child_environment, make_secrets
from .trouble import say

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"
CLOSING_LINE = re.compile(rb".*\b(?:passed|failed|errors?|skipped|deselected|no tests ran)\b.* in [0-9.]+s\b")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|warnings?)")


@dataclass(frozen=True)
class Check:
    """One command of the test run; its words follow the interpreter of .venv."""

    name: str
    words: tuple[str, ...]
    is_pytest: bool = False


@dataclass(frozen=True)
class Result:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float
    counts: Counter[str]


LINT = (
    Check("ruff format", ("-m", "ruff", "format", "--check", ".")),
    Check("ruff", ("-m", "ruff", "check", ".")),
    Check("mypy", ("-m", "mypy")),
    Check("import layers", ("-c", LINT_IMPORTS)),
    Check("migrations", ("manage.py", "makemigrations", "--check", "--dry-run")),
)
PYTEST = ("-m", "pytest")
SQLITE = Check("tests on SQLite", (*PYTEST, "-m", "not browser and not postgres and not full"), is_pytest=True)
QUICK = Check(
    "quick tests on SQLite", (*PYTEST, "-m", "not browser and not postgres and not stack and not full"), is_pytest=True
)
POSTGRES = Check(
    "tests on PostgreSQL + Redis",
    ("-m", "tests.on_postgres", "{python}", *PYTEST, "-m", "not browser and not full"),
    is_pytest=True,
)
BROWSER = Check("browser tests", (*PYTEST, "-m", "browser and not full"), is_pytest=True)

TEST_WORDS: Mapping[str, tuple[Check, ...]] = {
    "all": (*LINT, SQLITE, POSTGRES, BROWSER),
    "quick": (*LINT, QUICK),
    "sqlite": (SQLITE,),
    "postgres": (POSTGRES,),
    "browser": (BROWSER,),
    "lint": LINT,
    # The long tests too: only they carry the marker `full`.
    "full": tuple(
        replace(check, words=tuple(word.replace(" and not full", "") for word in check.words))
        for check in (*LINT, SQLITE, POSTGRES, BROWSER)
    ),
}


def run_tests(place: Place, part: str) -> int:
    """Run all checks of a part, whatever fails, and list what failed; return 0 only if nothing did."""
    ensure_packages(place.root, TEST_LOCK, place.given)
    with tempfile.TemporaryDirectory(prefix="one-thing-test-") as folder:
        environment = test_environment(replace(place, var=Path(folder)))
        results = [run_check(place, check, environment) for check in TEST_WORDS[part]]
    return closing(results)


def test_environment(place: Place) -> dict[str, str]:
    """Return an environment with throw-away secrets and data, so that tests never touch an installation."""
    ours = {"DATABASE_URL", "REDIS_URL", "VAR_DIR", "PORTAL_URL"}
    given = {name: value for name, value in place.given.items() if name.removesuffix("_FILE") not in ours}
    return child_environment(replace(place, given=given), make_secrets(), place.var / "valkey.sock")


def run_check(place: Place, check: Check, environment: Mapping[str, str]) -> Result:
    """Run one check with its output streamed; the browser tests need a Chromium."""
    say(f"\n--- {check.name}")
    began = time.monotonic()
    if check.name == BROWSER.name and not ensure_chromium():
        say("Skipped: there is no Chromium, and it can only be installed by root with apt-get (apt install chromium).")
        return Result(check.name, os.environ.get("CI", "").lower() != "true", 0.0, Counter(skipped=1))
    words = [word.replace("{python}", place.python) for word in check.words]
    if check.is_pytest and sys.stdout.isatty():
        words.append("--color=yes")
    code, last = stream([place.python, *words], place.root, environment)
    return Result(check.name, code == 0, time.monotonic() - began, counted(last))


def stream(command: list[str], cwd: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command, pass its output on as it comes, and return its exit code and pytest's closing line."""
    last = line = b""
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        while piece := os.read(process.stdout.fileno(), 65536) if process.stdout else b"":
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            *lines, line = (line + piece).split(b"\n")
            last = next((whole for whole in reversed(lines) if CLOSING_LINE.match(whole)), last)
    return process.returncode, re.sub(r"\x1b\[[0-9;]*m", "", last.decode(errors="replace"))


def counted(closing_line: str) -> Counter[str]:
    """Return how many tests passed, failed and so on, from pytest's closing line."""
    return Counter(
        {
            word.removesuffix("s") if word[0] in "ew" else word: int(number)
            for number, word in COUNT.findall(closing_line)
        }
    )


def closing(results: list[Result]) -> int:
    """Print how each check ended, and last the closing line of all pytest runs together; return the exit code."""
    say("")
    for result in results:
        say(f"{'ok    ' if result.passed else 'FAILED'}  {result.name} ({result.seconds:.0f} s)")
    failed = [result.name for result in results if not result.passed]
    total = sum((result.counts for result in results), Counter[str]())
    if failed:
        say(f"Failed: {', '.join(failed)}.")
    parts = ", ".join(f"{number} {word}" for word, number in total.items()) or "no tests"
    if failed and not total["failed"]:
        parts = f"{len(failed)} of {len(results)} checks failed, {parts}"
    say(f" {parts} in {sum(result.seconds for result in results):.2f}s ".center(80, "="))
    return 1 if failed else 0
