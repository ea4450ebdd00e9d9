"""From "start" to "sent": the only writer of applications, parties and signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from lifeevents.derived import Expansion, Fact
from lifeevents.expansion import expand
from lifeevents.lookups import EVIDENCE, Found, decline_lookups, make_lookups
from lifeevents.models import Application, ApplicationState, BundleVersion, Party, Signature
from lifeevents.papers import evidence_title, new_document, sniff, write_statement
from lifeevents.publishing import load_version
from lifeevents.signing import root
from services.cases import Filing, Identity, open_case
from services.clock import now
from services.crash_points import crash_point
from services.models import Case, Document, Person
from services.people import read_person
from services.plan import Value
from services.sealing import new_data_key, sealer

FACTS = "application.sealed"
DRAFT_LIFE = timedelta(days=30)
APPLICANT = "applicant"
MAX_LOOKUP_ROUNDS = 4
"""A register's answer may make another look-up possible; chains are short."""


class NotFileable(Exception):
    """The application cannot be changed or sent as it is; the text tells the citizen why and what to do."""


def start_application(*, version: BundleVersion, person: Person, filed_by: Any, lookup_consent: bool) -> Application:
    """Begin a draft, with what sign-in tells, and look up what registers know if the person agrees."""
    at = now()
    with transaction.atomic():
        key = new_data_key(at)
        key.save(force_insert=True)
        application = Application(id=uuid4(), version=version, applicant=person, filed_by=filed_by, key=key)
        application.lookup_consent = lookup_consent
        application.started_at = application.changed_at = at
        application.expires_at = at + DRAFT_LIFE
        _seal(application, _sign_in_facts(person, version, at.isoformat()))
        application.save(force_insert=True)
        Party.objects.create(application=application, role=APPLICANT, person=person, invited_at=at)
    look_up(application.id)
    return Application.objects.select_related("key", "version").get(pk=application.pk)


def _sign_in_facts(person: Person, version: BundleVersion, at: str) -> dict[str, Fact]:
    """Return what the signed-in person's identity tells about the role that files."""
    if APPLICANT not in load_version(version.pk).roles:
        return {}
    identity = read_person(person)
    return {f"{APPLICANT}.{name}": Fact(value, "sign-in", at) for name, value in identity.items() if value}


def facts_of(application: Application) -> dict[str, Fact]:
    """Return every fact of the application so far."""
    opened = sealer(application.key).open(application.sealed, place=FACTS, row=application.id)
    return {key: Fact(*fact) for key, fact in opened.items()}


def expansion_of(application: Application) -> Expansion:
    """Return what follows from the application's facts now."""
    return expand(load_version(application.version_id), facts_of(application))


def _seal(application: Application, facts: Mapping[str, Fact]) -> None:
    content = {key: [fact.value, fact.source, fact.at, fact.state] for key, fact in facts.items()}
    application.sealed = sealer(application.key).seal(content, place=FACTS, row=application.id)


def look_up(application_id: UUID) -> None:
    """Fetch what registers know and nobody has asked them yet; the calls run outside any transaction."""
    for _round in range(MAX_LOOKUP_ROUNDS):
        application = Application.objects.select_related("key").get(pk=application_id)
        facts = facts_of(application)
        lookups = [lookup for lookup in expand(load_version(application.version_id), facts).lookups if lookup.ready]
        if not lookups or application.state != ApplicationState.DRAFT:
            return
        at = now().isoformat()
        if application.lookup_consent:
            found = make_lookups(lookups, facts, at=at)
        else:
            registers = load_version(application.version_id).registers
            found = Found(decline_lookups(lookups, registers, at=at), {})
        _keep_found(application_id, found)


@transaction.atomic
def _keep_found(application_id: UUID, found: Found) -> None:
    """Store what registers said; a value the citizen has given meanwhile stays."""
    application = _locked_draft(application_id)
    facts, at = facts_of(application), now()
    documents = []
    for slot, (register, licence) in found.licences.items():
        document = new_document(
            licence.content,
            key=application.key,
            slot=slot,
            origin=f"register:{register}",
            media_type=licence.media_type,
            title=licence.evidence,
            at=at,
        )
        documents.append(document)
        found.facts[f"{EVIDENCE}{slot}"] = Fact(str(document.id), f"register:{register}", at.isoformat())
    Document.objects.bulk_create(documents)
    _change(application, {**found.facts, **facts})


def _locked_draft(application_id: UUID) -> Application:
    """Return the draft under lock; NotFileable if it was sent or has expired."""
    rows = Application.objects.select_related("key").select_for_update(of=("self",))
    application = rows.get(pk=application_id)
    if application.state == ApplicationState.FILED:
        raise NotFileable(_("This application has been sent and can no longer be changed."))
    if application.state == ApplicationState.EXPIRED or application.expires_at < now():
        raise NotFileable(_("This draft has expired. Start a new application; it takes a few minutes."))
    return application


def _change(application: Application, facts: Mapping[str, Fact]) -> None:
    """Store changed facts: the next revision, and every signature void, for it was given to other facts."""
    _seal(application, facts)
    application.revision += 1
    application.changed_at = now()
    application.expires_at = application.changed_at + DRAFT_LIFE
    application.save(update_fields=["sealed", "revision", "changed_at", "expires_at"])
    Signature.objects.filter(party__application=application, voided_at=None).update(voided_at=application.changed_at)


def save_page(*, application_id: UUID, answers: Mapping[str, Value | None]) -> Expansion:
    """Store a page's answers (None takes one back) and return what follows from them now.

    Only what is asked can be answered: other keys are ignored. Other pages' answers stay, also from another tab.
    """
    with transaction.atomic():
        application = _locked_draft(application_id)
        facts = facts_of(application)
        asked = expand(load_version(application.version_id), facts).questions
        at = now().isoformat()
        for key in asked.keys() & answers.keys():
            value = answers[key]
            if value is None:
                facts.pop(key, None)
            elif key not in facts or facts[key].value != value:
                facts[key] = Fact(value, "citizen", at)
        _change(application, facts)
    look_up(application_id)
    return expansion_of(Application.objects.select_related("key").get(pk=application_id))


@transaction.atomic
def attach(*, application_id: UUID, slot: str, content: bytes, title: str) -> Document:
    """Keep an uploaded paper for every service that needs it; PaperError if it cannot be taken."""
    media_type = sniff(content)
    application = _locked_draft(application_id)
    facts, at = facts_of(application), now()
    document = new_document(
        content, key=application.key, slot=slot, origin="citizen", media_type=media_type, title=title, at=at
    )
    document.save(force_insert=True)
    facts[f"{EVIDENCE}{slot}"] = Fact(str(document.id), "citizen", at.isoformat())
    _change(application, facts)
    return document


@transaction.atomic
def sign_application(*, application_id: UUID, person: Person, shown: str = "") -> Signature:
    """Sign the application as it is now; signing the same revision again changes nothing.

    ``shown`` is the root the person had before them: if the answers have changed since, nothing is signed.
    """
    application = _locked_draft(application_id)
    signed = root(facts_of(application), sealer(application.key))
    if shown and shown != signed:
        raise NotFileable(_("Your answers have changed since this page was opened. Check them again, then send."))
    party = Party.objects.get(application=application, person=person)
    standing = Signature.objects.filter(party=party, voided_at=None).first()
    if standing:
        return standing
    return Signature.objects.create(party=party, root=signed, revision=application.revision, signed_at=now())


def submit_application(*, application_id: UUID, actor: str) -> Case:
    """Send a complete and signed application; sending it again returns the same case.

    Raises NotFileable when something is missing, unsigned or expired. One transaction, 12 statements at most.
    """
    with transaction.atomic():
        # Not joined with its case: PostgreSQL re-reads a row it had to wait for, but not what is joined to it.
        rows = Application.objects.select_related("key", "applicant", "version").select_for_update(of=("self",))
        application = rows.get(pk=application_id)
        if application.case is not None:
            return application.case
        if application.state != ApplicationState.DRAFT or application.expires_at < now():
            raise NotFileable(_("This draft has expired. Start a new application; it takes a few minutes."))
        facts = facts_of(application)
        expansion = expand(load_version(application.version_id), facts)
        crash_point("in_expand")
        _check_ready(application, facts, expansion)
        case = open_case(_filing(application, facts, expansion, actor))
        application.state, application.case = ApplicationState.FILED, case
        application.changed_at = case.filed_at
        application.save(update_fields=["state", "case", "changed_at"])
    crash_point("after_filing_commit")
    return case


def _check_ready(application: Application, facts: Mapping[str, Fact], expansion: Expansion) -> None:
    if not expansion.complete:
        raise NotFileable(_("Some questions are not answered yet. The task list shows which."))
    expected = root(facts, sealer(application.key))
    parties = Party.objects.filter(application=application, must_sign=True)
    signatures = Signature.objects.filter(party__in=parties, voided_at=None, root=expected)
    # One statement: parties that have not signed just these facts.
    if parties.exclude(signatures__in=signatures).exists():
        raise NotFileable(_("Not everybody has signed these answers. Check them and sign again."))


def _filing(application: Application, facts: Mapping[str, Fact], expansion: Expansion, actor: str) -> Filing:
    version, at = load_version(application.version_id), now()
    used = {key: facts[key] for key in expansion.filed if not key.startswith(EVIDENCE)}
    statements = [
        new_document(
            write_statement(use, version, facts).encode(),
            key=application.key,
            slot=use.slot,
            origin="template",
            media_type="text/plain; charset=utf-8",
            title=evidence_title(use.evidence),
            at=at,
        )
        for use in expansion.evidence
        if use.state == "generated"
    ]
    return Filing(
        applicant=application.applicant,
        key=application.key,
        plan=expansion.plan,
        facts={key: {"value": fact.value, "source": fact.source, "at": fact.at} for key, fact in used.items()},
        actor=actor,
        documents=statements,
        identities=[
            Identity(key.rpartition(".")[0], "national_id", str(fact.value))
            for key, fact in used.items()
            if version.element(key).type == "national_id"
        ],
    )
