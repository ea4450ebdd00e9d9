"""Set the time budgets of every department at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from services.models import Lane


class Command(BaseCommand):
    help = "Set call budget, declared work time and in-flight cap of all departments (one by one: the admin)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--timeout", type=float, help="seconds one call may take")
        parser.add_argument("--work", type=float, help="seconds a department may work on after it stopped answering")
        parser.add_argument("--in-flight", type=int, help="calls at once")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {
            "timeout_seconds": options["timeout"],
            "work_seconds": options["work"],
            "max_in_flight": options["in_flight"],
        }
        fields = {name: value for name, value in given.items() if value is not None}
        if not fields or any(value < 0 for value in fields.values()) or fields.get("timeout_seconds") == 0:
            raise CommandError("Give --timeout (above 0), --work or --in-flight.")
        Lane.objects.update(**fields)
        self.stdout.write(f"{Lane.objects.count()} lanes tuned.")
