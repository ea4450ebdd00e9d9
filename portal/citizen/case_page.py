"""A case as its citizen reads it: every item by department, the map, the dates and the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from lifeevents.definition import Version
from lifeevents.publishing import pinned_version
from portal import words
from portal.citizen.answers import Row
from portal.plan_map import case_map, mark_of
from portal.timeline import timeline
from portal.transit import Mark
from portal.truth import truth
from services.clock import now
from services.models import Case, Document
from services.results import CaseResult, ItemView, case_result
from services.states import CLOSED, ItemState


@dataclass(frozen=True, slots=True)
class Download:
    document: Document
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One item: ``note`` says where it stands, ``means`` what its refusal means for the rest."""

    anchor: str
    title: str
    mark: Mark
    word: str
    note: str
    outputs: list[Row]
    downloads: list[Download]
    reasons: list[str]
    means: str


@dataclass(frozen=True, slots=True)
class Office:
    name: str
    items: list[Shown]


def case_page(case: Case) -> dict[str, Any]:
    """Return everything the case page and its live part show. The number of statements does not grow with the case."""
    result, at = case_result(case), now()
    version = pinned_version(case.bundle, case.bundle_version)
    rows = [item.row for item in result.items]
    marks = [mark_of(row, at) for row in rows if row.state != ItemState.NOT_APPLICABLE]
    return {
        "case": case,
        "title": words.text(result.plan.title),
        "truth": truth(case, result.plan, rows, at=at),
        "marks": sorted(marks, key=_PROGRESS.index),
        "map": case_map(result, at),
        "offices": _offices(result, version, at),
        "closed": case.status in CLOSED,
        "expected": None if case.status in CLOSED else result.expected_at,
        "timeline": timeline(result.events, result.plan),
    }


_PROGRESS = (Mark.DONE, Mark.REFUSED, Mark.OUT, Mark.LATE, Mark.YOURS, Mark.WORKING, Mark.IDLE)


def _offices(result: CaseResult, version: Version, at: datetime) -> list[Office]:
    offices: dict[str, list[Shown]] = {}
    for item in result.items:
        offices.setdefault(words.text(item.department), []).append(_shown(item, result, version, at))
    return [Office(name, items) for name, items in offices.items()]


def _shown(item: ItemView, result: CaseResult, version: Version, at: datetime) -> Shown:
    mark = mark_of(item.row, at)
    return Shown(
        anchor=f"item-{item.row.position + 1}",
        title=words.title(result.plan, item.planned),
        mark=mark,
        word=words.label(_("late") if mark == Mark.LATE else item.state.label),
        note=_note(item, result, at),
        outputs=[
            Row(words.text(element.label), words.value(element, value))
            for key, value in item.outputs.items()
            for element in (version.element(key),)
        ],
        downloads=[_download(document, item, result, version) for document in item.documents],
        reasons=[text for reason in item.reasons if (text := str(reason.get("text") or reason.get("code") or ""))],
        means=_means(item, result),
    )


def _download(document: Document, item: ItemView, result: CaseResult, version: Version) -> Download:
    """Name a document as the department did, else by its kind, else by the service that issued it."""
    kind = version.evidence.get(document.slot.partition("/")[0])
    title = document.title or (words.text(kind.label) if kind else words.title(result.plan, item.planned))
    about = f"{words.kind(document.media_type)}{words.separator()}{words.size(document.size)}"
    return Download(document, title, about)


def _note(item: ItemView, result: CaseResult, at: datetime) -> str:
    """Say in one sentence where an item stands and by when it is promised."""
    said = {
        "since": words.since(item.row.since, at),
        "on": words.day(item.row.since, at),
        "by": words.day(item.row.promised_at, at),
    }
    if item.ended:
        ends = {
            ItemState.GRANTED: _("Done on %(on)s."),
            ItemState.REFUSED: _("Decided on %(on)s."),
            ItemState.SKIPPED: _("It needs something that will not come."),
            ItemState.NOT_APPLICABLE: _("It turned out not to be needed."),
            ItemState.CANCELLED: _("Withdrawn on %(on)s."),
        }
        return ends[item.state] % said
    if item.state == ItemState.WAITING:
        waits = words.listed(_open_titles(item, result))
        return _("Starts when this is done: %(titles)s. Promised by %(by)s.") % {**said, "titles": waits}
    if item.with_department:
        return _("With the office %(since)s. Promised by %(by)s.") % said
    return _("Promised by %(by)s.") % said


def _open_titles(item: ItemView, result: CaseResult) -> list[str]:
    """Name what an item still waits for."""
    states = {one.row.key: one for one in result.items}
    waited = [states[edge.item] for edge in item.planned.waits_for]
    return [words.title(result.plan, one.planned) for one in waited if not one.ended]


def _means(item: ItemView, result: CaseResult) -> str:
    """Say what a refusal means for the rest: what cannot be done without it, or that the rest goes on."""
    if item.state != ItemState.REFUSED:
        return ""
    lost = [words.title(result.plan, one.planned) for one in _followers(item, result.items)]
    if not lost:
        return _("This changes nothing for the other services: they go on.")
    return _("Because of this, the following cannot be done: %(titles)s. Everything else goes on.") % {
        "titles": words.listed(lost)
    }


def _followers(item: ItemView, items: Sequence[ItemView]) -> list[ItemView]:
    """Return the skipped items that need this one, directly or through another skipped one."""
    lost = {item.row.key}
    found = []
    for one in items:  # in topological order
        if one.state == ItemState.SKIPPED and any(edge.item in lost for edge in one.planned.waits_for):
            lost.add(one.row.key)
            found.append(one)
    return found
