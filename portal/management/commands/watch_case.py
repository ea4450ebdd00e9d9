"""Show a case's way to its end in the terminal."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.management.commands.show_case import find_case
from services.models import Case
from services.results import CaseResult, ItemView, case_result
from services.states import CLOSED, CaseStatus, ItemState

LOOK_EVERY_SECONDS = 0.2
MARKS = {
    ItemState.GRANTED: "✔",
    ItemState.REFUSED: "✖",
    ItemState.WAITING: "○",
    ItemState.READY: "◌",
    ItemState.SKIPPED: "–",
    ItemState.HELD: "!",
    ItemState.CORRECTION: "!",
}


class Command(BaseCommand):
    help = "Watch a case until it is settled; exit 0 if everything that applies was granted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference")
        parser.add_argument("--timeout", type=float, default=120, help="seconds (default 120)")

    def handle(self, *args: Any, **options: Any) -> None:
        case = find_case(options["reference"])
        ends, version, drawn = time.monotonic() + options["timeout"], 0, list[str]()
        while True:
            case = Case.objects.select_related("key").get(pk=case.pk)
            if case.version != version:
                version, drawn = case.version, self._draw(_lines(case_result(case)), drawn)
            if case.status in CLOSED:
                break
            if time.monotonic() > ends:
                raise CommandError(f"Not settled within {options['timeout']:g} seconds; the case goes on by itself.")
            time.sleep(LOOK_EVERY_SECONDS)
        if case.status != CaseStatus.SETTLED:
            raise CommandError(f"The case ended {case.get_status_display()}.")

    def _draw(self, lines: list[str], drawn: list[str]) -> list[str]:
        """Draw over the last picture in a terminal; elsewhere print just the lines that are new."""
        if sys.stdout.isatty():
            over = f"\x1b[{len(drawn)}A\x1b[J" if drawn else ""
            self.stdout.write(over + "\n".join(lines))
        else:
            self.stdout.write("\n".join(line for line in lines if line not in drawn))
        self.stdout.flush()
        return lines


def _lines(result: CaseResult) -> list[str]:
    several = len({item.row.subject for item in result.items if item.row.subject}) > 1
    lines = [_line(item, result.case.filed_at, several) for item in result.items]
    return [*lines, f"{result.done} of {len(result.items)} granted · {result.case.get_status_display()}"]


def _line(item: ItemView, filed_at: datetime, several: bool) -> str:
    mark = MARKS.get(item.state, "●")
    after = (item.row.since - filed_at).total_seconds()
    subject = f" ({item.row.subject})" if several and item.row.subject else ""
    title = f"{item.planned.title.en}{subject}"
    return f"  {mark} {title:<46} {item.department.en:<26} {item.state.label!s:<30} {after:6.1f} s"
