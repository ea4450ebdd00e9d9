"""File a sample as a citizen would: the same domain functions, page by page, to the reference number."""

from __future__ import annotations

from lifeevents.applications import (
    attach,
    expansion_of,
    save_page,
    sign_application,
    start_application,
    submit_application,
)
from lifeevents.definition import Sample
from lifeevents.derived import Expansion
from lifeevents.models import Application, BundleVersion
from portal.models import User
from services.models import Case, Person
from services.people import enter_person, find_person

# The smallest thing that is a PDF by content; a sample's papers say nothing.
PAPER = b"%PDF-1.4\n% a synthetic paper of a demonstration\n%%EOF\n"


class SampleError(Exception):
    """The sample does not answer everything it is asked; the text lists what it lacks."""


def file_sample(*, version: BundleVersion, sample: Sample, user: User) -> Case:
    """File the sample for ``user``; raises SampleError, or what the domain functions raise."""
    person = _person(sample, user)
    application = start_application(version=version, person=person, filed_by=user, lookup_consent=sample.registers_up)
    expansion = expansion_of(application)
    while not expansion.complete:
        missing = expansion.missing
        expansion = answer_page(application, sample, expansion)
        if expansion.missing == missing:
            raise SampleError(f"Sample {sample.name} has no answer for: {', '.join(missing) or expansion.lookups}")
    sign_application(application_id=application.pk, person=person)
    return submit_application(application_id=application.pk, actor=f"citizen:{person.pk}")


def _person(sample: Sample, user: User) -> Person:
    """Return the person of the user, or of the sample's applicant, entered now if nobody knows them."""
    mine = Person.objects.select_related("key").filter(user=user).first()
    if mine is not None:
        return mine
    names = ("national_id", "given_name", "family_name")
    identity = {name: str(sample.facts[f"applicant.{name}"]) for name in names if f"applicant.{name}" in sample.facts}
    known = find_person(identity["national_id"]) if "national_id" in identity else None
    return known or enter_person(identity=identity)


def answer_page(application: Application, sample: Sample, expansion: Expansion) -> Expansion:
    """Answer every open question of every page the sample has an answer for."""
    for page in expansion.pages:
        for paper in page.evidence:
            if paper.document is None and paper.key in sample.facts:
                attach(
                    application_id=application.pk, slot=paper.slot, content=PAPER, title=str(sample.facts[paper.key])
                )
    answers = {key: sample.facts[key] for key in expansion.questions if key in sample.facts}
    return save_page(application_id=application.pk, answers=answers)
