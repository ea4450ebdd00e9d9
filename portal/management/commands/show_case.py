"""Show one case."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from portal.management.printing import JsonCommand
from services.models import Case
from services.references import normalise_reference
from services.results import case_document, case_result


def find_case(reference: str) -> Case:
    """Return the case with this reference; CommandError says what is wrong with it."""
    stored = normalise_reference(reference)
    if stored is None:
        raise CommandError(f"'{reference}' is not a reference. One looks like 7KQ4-M2XD-9R3T-5.")
    case = Case.objects.select_related("key").filter(reference=stored).first()
    if case is None:
        raise CommandError(f"There is no case {stored}.")
    return case


class Command(JsonCommand):
    help = "Show a case: status, promise, every item, every event."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("reference")

    def handle(self, *args: Any, **options: Any) -> None:
        document = case_document(case_result(find_case(options["reference"])))
        if options["json"]:
            return self.print_json(document)
        self.stdout.write(
            f"{document['reference']}  {document['status']}  promised for {document['promised_for'][:10]}"
        )
        for item in document["items"]:
            outputs = ", ".join(f"{key}={value}" for key, value in item["outputs"].items())
            name = f"{item['service']}/{item['subject']}" if item["subject"] else item["service"]
            self.stdout.write(f"  {name:<36} {item['department']:<18} {item['state']:<12} {outputs}")
