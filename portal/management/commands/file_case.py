"""File one case from the command line, as a citizen would."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import CommandError, CommandParser

from lifeevents.applications import NotFileable
from lifeevents.definition import Sample
from lifeevents.models import BundleVersion
from lifeevents.publishing import latest_version, load_version
from portal.management.printing import JsonCommand
from portal.models import User
from portal.sample_filing import SampleError, file_sample
from services.models import Case
from services.results import case_document, case_result
from services.states import CLOSED

LOOK_EVERY_SECONDS = 0.1


def sample_of(version: BundleVersion, options: dict[str, Any]) -> Sample:
    """Return the sample that --sample names or --facts holds; CommandError says which there are."""
    if options["facts"]:
        try:
            facts = yaml.safe_load(Path(options["facts"]).read_text())
        except (OSError, yaml.YAMLError) as error:
            raise CommandError(f"{options['facts']} cannot be read: {error}") from None
        if not isinstance(facts, dict):
            raise CommandError(f"{options['facts']} must map fact keys to values, e.g. applicant.parent_role: mother")
        return Sample(name=options["facts"], facts=facts)
    samples = load_version(version.pk).bundle.samples
    wanted = options["sample"] or (samples[0].name if samples else "")
    for sample in samples:
        if sample.name == wanted:
            return sample
    names = ", ".join(sample.name for sample in samples)
    raise CommandError(f"There is no sample '{wanted}'. There are: {names}.")


def published(bundle: str) -> BundleVersion:
    version = latest_version(bundle)
    if version is None:
        raise CommandError(f"No bundle '{bundle}' is published. Run manage.py load_catalogue first.")
    return version


class Command(JsonCommand):
    help = "File a case from a sample or a file of facts; with --wait, stay until it is settled and show it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("bundle")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--facts", help="YAML or JSON file: fact key → value")
        source.add_argument("--sample", help="a named sample of the bundle (default: the first)")
        parser.add_argument("--as", dest="username", default="", help="file as this user")
        parser.add_argument(
            "--wait", type=float, default=0, metavar="SECONDS", help="wait until settled, this long at most"
        )
        parser.add_argument("--count", type=int, default=1, help="file this many alike")

    def handle(self, *args: Any, **options: Any) -> None:
        version = published(options["bundle"])
        sample, user = sample_of(version, options), self._user(options["username"])
        try:
            cases = [file_sample(version=version, sample=sample, user=user) for _ in range(options["count"])]
        except (SampleError, NotFileable) as error:
            raise CommandError(str(error)) from None
        settled = self._wait(cases, options["wait"]) if options["wait"] else True
        self._show(cases, options)
        if not settled:
            raise CommandError(f"Not settled within {options['wait']:g} seconds.")

    def _user(self, username: str) -> User:
        """Return the user to file as; without a name, an account nobody can sign in to."""
        if not username:
            return User.objects.get_or_create(
                username="command-line", defaults={"name": "Command line", "password": "!"}
            )[0]
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user '{username}'. Run manage.py load_demo for the demonstration's users.")
        return user

    def _wait(self, cases: list[Case], seconds: float) -> bool:
        ends = time.monotonic() + seconds
        wanted = [case.pk for case in cases]
        while time.monotonic() < ends:
            if Case.objects.filter(pk__in=wanted, status__in=CLOSED).count() == len(wanted):
                return True
            time.sleep(LOOK_EVERY_SECONDS)
        return False

    def _show(self, cases: list[Case], options: dict[str, Any]) -> None:
        documents = [case_document(case_result(case)) for case in self._fresh(cases)]
        if options["json"]:
            self.print_json(documents[0] if options["count"] == 1 else documents)
            return
        for document in documents:
            self.stdout.write(f"{document['reference']}  {document['status']}")

    def _fresh(self, cases: list[Case]) -> list[Case]:
        return list(Case.objects.select_related("key").filter(pk__in=[case.pk for case in cases]).order_by("filed_at"))
