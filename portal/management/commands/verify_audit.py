"""Verify the hash chain of one case or all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from portal.management.commands.show_case import find_case
from portal.management.printing import JsonCommand
from services.audit import verify_chain
from services.models import Case, CaseEvent


class Command(JsonCommand):
    help = "Recompute every event's hash; exit 1 and name the event if a record was altered."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("reference", nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        cases: Iterable[Case] = [find_case(options["reference"])] if options["reference"] else Case.objects.iterator()
        checked, findings = 0, {}
        for case in cases:
            checked += 1
            if wrong := verify_chain(case, CaseEvent.objects.filter(case=case).order_by("seq")):
                findings[case.reference] = wrong
        if options["json"]:
            self.print_json({"cases": checked, "broken": findings})
        if findings:
            raise CommandError("\n".join(f"{reference}: {'; '.join(wrong)}" for reference, wrong in findings.items()))
        if not options["json"]:
            self.stdout.write(f"{checked} cases verified, every chain whole.")
