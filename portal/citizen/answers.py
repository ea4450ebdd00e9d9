"""What an application holds, as rows to read: known facts, the citizen's answers, documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from lifeevents.applications import facts_of
from lifeevents.definition import Version
from lifeevents.derived import EvidenceUse, Expansion, Page
from lifeevents.models import Application
from portal import words
from portal.transit import Mark
from services.models import Document


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a summary list; ``href`` is where the answer can be changed, ``source`` who told us."""

    label: str
    value: str
    source: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: list[Row]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the task list; no ``href``: it cannot be started yet."""

    label: str
    mark: Mark
    word: str
    href: str = ""
    hint: str = ""


def page_title(page: Page, expansion: Expansion) -> str:
    """Return a page's title, with the number of the child where there are several."""
    code, _dot, number = page.instance.partition(".")
    title = words.text(page.title)
    if len(expansion.instances.get(code, ())) < 2:
        return title
    return _("%(title)s (%(number)s)") % {"title": title, "number": number}


def tasks(application: Application, expansion: Expansion) -> list[Task]:
    """Return the pages as tasks."""
    return [
        Task(
            label=page_title(page, expansion),
            mark=Mark.DONE if page.complete else Mark.IDLE,
            word=_("Done") if page.complete else _("Continue") if _begun(page) else _("Start"),
            href=reverse("page", args=[application.pk, page.code]),
        )
        for page in expansion.pages
    ]


def _begun(page: Page) -> bool:
    asked = len([q for q in page.questions if not q.optional]) + len([p for p in page.evidence if not p.optional])
    return len(page.missing) < asked


def known_groups(version: Version, expansion: Expansion) -> list[Group]:
    """Return what nobody had to type, by who or what it is about, each with its source and date."""
    groups: dict[str, list[Row]] = {}
    for fact in expansion.known:
        role, _dot, rest = fact.key.partition(".")
        number, _dot, _attribute = rest.rpartition(".")
        title = words.role(version, f"{role}.{number}" if number else role, expansion.instances)
        source = words.source(version, fact.source, fact.at)
        row = Row(words.text(fact.element.label), words.value(fact.element, fact.value), source)
        groups.setdefault(title, []).append(row)
    return [Group(title, rows) for title, rows in groups.items()]


def silent_registers(application: Application, version: Version) -> str:
    """Name the registers that could not be reached, so that the citizen knows why more is asked."""
    facts = facts_of(application).values()
    codes = {fact.source.removeprefix("register:") for fact in facts if fact.state == "unavailable"}
    return words.listed(words.text(register.name) for code, register in version.registers.items() if code in codes)


def answer_groups(application: Application, expansion: Expansion) -> list[Group]:
    """Return the citizen's answers page by page, each with where to change it."""
    groups = []
    for page in expansion.pages:
        href = reverse("page", args=[application.pk, page.code]) + "?back=check"
        rows = [
            Row(
                label=words.text(question.element.label),
                value="" if question.value is None else words.value(question.element, question.value),
                href=href,
            )
            for question in page.questions
        ]
        if rows:
            groups.append(Group(page_title(page, expansion), rows, href))
    return groups


def paper_rows(application: Application, version: Version, expansion: Expansion) -> list[Row]:
    """Return every document the application needs and how it is had."""
    titles = uploads(application)
    return [
        Row(words.text(use.evidence.label), *_paper(use, version, titles), href=_upload_href(application, use))
        for use in expansion.evidence
        if use.state != "pending"
    ]


def uploads(application: Application) -> Mapping[str, Document]:
    """Return the application's newest document of every slot, without content."""
    rows = Document.objects.filter(key=application.key_id).defer("sealed").order_by("created_at")
    return {row.slot: row for row in rows}


def _paper(use: EvidenceUse, version: Version, found: Mapping[str, Document]) -> tuple[str, str]:
    """Return how a document is had, and from where."""
    register = words.text(version.registers[use.register].name) if use.register in version.registers else ""
    document = found.get(use.slot)
    if use.state == "checked":
        return _("Checked in the %(register)s") % {"register": register}, _("You need not bring it; nothing is sent.")
    if use.state == "generated":
        return _("Written from your answers"), _("You sign it together with the application.")
    if document is None:
        return "", ""
    name = f"{words.kind(document.media_type)}{words.separator()}{words.size(document.size)}"
    if document.origin == "citizen":
        return document.title or name, _("Uploaded by you (%(file)s)") % {"file": name}
    return _("From the %(register)s") % {"register": register}, name


def _upload_href(application: Application, use: EvidenceUse) -> str:
    if use.mode != "upload":
        return ""
    return reverse("page", args=[application.pk, "documents"]) + "?back=check"


def next_page(expansion: Expansion, after: str) -> str:
    """Return the code of the next page with something missing, looking on from ``after``, then from the start."""
    codes = [page.code for page in expansion.pages]
    start = codes.index(after) + 1 if after in codes else 0
    ordered = [*expansion.pages[start:], *expansion.pages[:start]]
    return next((page.code for page in ordered if page.missing), "")
