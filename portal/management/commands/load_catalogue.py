"""Load or update the catalogue from YAML."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from lifeevents.publishing import SHIPPED, load_catalogue
from lifeevents.reading import CatalogueErrors
from portal.management.printing import JsonCommand


class Command(JsonCommand):
    help = "Load elements, evidence, departments, services and bundles; all or nothing, and nothing if nothing changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "paths", nargs="*", default=[str(SHIPPED)], help="files or folders (default: the shipped ones)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_catalogue(options["paths"])
        except CatalogueErrors as errors:
            raise CommandError(f"Nothing was loaded.\n{errors}") from None
        if options["json"]:
            return self.print_json({"rows": loaded.rows, "published": loaded.published})
        rows = ", ".join(f"{count} {kind}" for kind, count in loaded.rows.items())
        self.stdout.write(f"Catalogue: {rows}")
        for bundle, number in loaded.published.items():
            self.stdout.write(f"Published {bundle} version {number}")
