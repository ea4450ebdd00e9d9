"""Run several manage.py commands, read as JSON from standard input, in one process: each Django start costs a second.

Runs in .venv and is not imported by the runner, which has no Django. Only the last command prints to standard output.
"""

import json
import os
import sys

import django
from django.core.management import CommandError, call_command


def main() -> int:
    """Run the commands in order until one fails; return the exit code."""
    commands = json.load(sys.stdin)
    sys.path.insert(0, os.getcwd())
    django.setup()
    for number, words in enumerate(commands, start=1):
        sys.stderr.write(f"running manage.py {words[0]}\n")
        try:
            call_command(*words, stdout=sys.stdout if number == len(commands) else sys.stderr)
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
