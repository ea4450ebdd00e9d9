"""Print what expand derives from a bundle and some facts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from lifeevents.derived import Fact
from lifeevents.expansion import expand
from lifeevents.publishing import load_version
from lifeevents.samples import sample_facts
from portal.management.commands.file_case import published, sample_of
from portal.management.derived_json import expansion_json
from portal.management.printing import JsonCommand


class Command(JsonCommand):
    help = "Show pages, known facts, evidence, plan, who gets what, promise, fees and reductions."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("bundle")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--facts", help="YAML or JSON file: fact key → value")
        source.add_argument("--sample", help="a named sample of the bundle")

    def handle(self, *args: Any, **options: Any) -> None:
        row = published(options["bundle"])
        version = load_version(row.pk)
        given = options["facts"] or options["sample"]
        facts: dict[str, Fact] = sample_facts(version, sample_of(row, options)) if given else {}
        document = expansion_json(expand(version, facts))
        if options["json"]:
            return self.print_json(document)
        self._print(document)

    def _print(self, document: dict[str, Any]) -> None:
        for page in document["pages"]:
            self.stdout.write(
                f"{page['title']} {page['instance']}\n  " + "\n  ".join(page["elements"] + page["evidence"])
            )
        self.stdout.write(f"Promise {document['promise_days']} working days: {' → '.join(document['critical_path'])}")
        for item in document["plan"]:
            needs = ", ".join(need["service"] for need in item["needs"]) or "nothing"
            self.stdout.write(f"  {item['service']} {item['subject']} ({item['department']}) needs {needs}")
        for department, items in document["who_gets_what"].items():
            self.stdout.write(
                f"{department}: " + "; ".join(f"{i['item']} gets {len(i['elements'])} elements" for i in items)
            )
