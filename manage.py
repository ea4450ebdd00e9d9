#!/usr/bin/env python3
"""Django's command line for One Thing."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 - to say it kindly if it is missing
    except ImportError:
        sys.exit("Django is not installed for this Python. Run ./run setup, then use .venv/bin/python manage.py.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
