"""Lint bundle files against the catalogue."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from lifeevents.derived import Fact
from lifeevents.expansion import expand
from lifeevents.lints import check_version
from lifeevents.publishing import read_beside_stored
from lifeevents.reading import Catalogue, CatalogueErrors, resolve
from lifeevents.samples import sample_facts
from portal.management.derived_json import promise_json
from portal.management.printing import JsonCommand


class Command(JsonCommand):
    help = "Check bundle files against the loaded catalogue; exit 1 if one could not be published."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        report = self._report(options["files"])
        if options["json"]:
            self.print_json(report)
        for kind in ("errors", "warnings"):
            for finding in report[kind] if not options["json"] else ():
                self.stdout.write(f"{kind[:-1]} {finding['where']}: {finding['text']}")
        if report["errors"]:
            raise CommandError(f"{len(report['errors'])} errors; nothing can be published.")
        if not options["json"]:
            self.stdout.write(f"Can be published. Promise: {report.get('promise_days')} working days.")

    def _report(self, files: list[str]) -> dict[str, Any]:
        try:
            catalogue = read_beside_stored(files)
        except CatalogueErrors as errors:
            found = [{"code": e.code, "where": f"{e.file}:{e.line}", "text": e.text} for e in errors.errors]
            return {"errors": found, "warnings": []}
        report: dict[str, Any] = {"errors": [], "warnings": []}
        for code in _bundles_in(catalogue):
            _check(catalogue, code, report)
        return report


def _bundles_in(catalogue: Catalogue) -> list[str]:
    """Return the bundles these files define; all that are known if the files define none."""
    here = [code for code in catalogue.bundles if ("bundles", code) in catalogue.where]
    return here or list(catalogue.bundles)


def _check(catalogue: Catalogue, code: str, report: dict[str, Any]) -> None:
    version = resolve(catalogue, code, 1)
    found = check_version(version)
    for kind, findings in (("errors", found.errors), ("warnings", found.warnings)):
        for finding in findings:
            where = catalogue.locate(finding)
            report[kind].append({"code": finding.code, "where": f"{where.file}:{where.line}", "text": finding.text})
    if not found.errors:
        samples = version.bundle.samples
        facts: dict[str, Fact] = sample_facts(version, samples[0]) if samples else {}
        report.update(promise_json(expand(version, facts)))
