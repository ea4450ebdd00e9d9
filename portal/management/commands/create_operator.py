"""Make the first operator of a fresh install."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.models import StaffRole, User


class Command(BaseCommand):
    help = "Create an operator, who may then make every other account in the admin. Asks for the password twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the name shown on pages (default: the user name)")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from the first line of stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User(
            username=User.normalize_username(options["username"]), name=options["name"], staff_role=StaffRole.OPERATOR
        )
        _check_name(user)
        password = _first_line() if options["password_stdin"] else _asked_twice()
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError("The password cannot be used. " + " ".join(error.messages)) from None
        user.set_password(password)
        user.save(force_insert=True)
        self.stdout.write(f"Operator '{user.username}' can sign in now.")


def _check_name(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise CommandError(f"'{user.username}' cannot be used. " + " ".join(error.messages)) from None
    if User.objects.filter(username=user.username).exists():
        raise CommandError(
            f"There is already a user '{user.username}'. Choose another name, or change the role in the admin."
        )


def _first_line() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("There is no password on stdin. Write it as the first line.")
    return password


def _asked_twice() -> str:
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask for the password. Use --password-stdin and write it to stdin.")
    try:
        password, again = getpass("Password: "), getpass("The same again: ")
    except (EOFError, KeyboardInterrupt):
        raise CommandError("Nothing was created.") from None
    if password != again:
        raise CommandError("The two passwords differ. Nothing was created.")
    return password
