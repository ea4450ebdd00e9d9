"""One case as staff see it: every item with its calls, every fact with its source, everything that happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lifeevents.definition import Version
from lifeevents.naming import named, role_of
from lifeevents.publishing import pinned_version
from portal import words
from portal.desk.lists import STATUS_MARKS, WorkRow, work_rows
from portal.plan_map import case_map, mark_of
from portal.transit import Map, Mark
from services.facts import PoolFact, load_pools
from services.models import Case, WorkItem
from services.plan import Plan, Value
from services.results import CaseResult, EventView, ItemView, case_result
from services.states import CaseStatus


@dataclass(frozen=True, slots=True)
class Names:
    """What the keys and codes of one case are called, in the reader's language."""

    plan: Plan
    version: Version
    several: frozenset[str]
    """Roles of which this case has more than one."""

    def fact(self, key: str) -> str:
        """Return whose fact it is and what it is called; the key itself if this version does not name it."""
        element, role = named(self.version, key), self.version.roles.get(role_of(key))
        if element is None or role is None:
            return key
        whose = _("Applicant") if role_of(key) == "applicant" else words.text(role.label)
        if role_of(key) in self.several:
            whose = f"{whose} {key.split('.')[1]}"
        return f"{whose} · {words.text(element.label)}"

    def value(self, key: str, value: Value) -> str:
        element = named(self.version, key)
        return words.value(element, value) if element else str(value)

    def paper(self, slot: str) -> str:
        """Return what a document is called; its kind if this version does not name it."""
        kind = slot.partition("/")[0]
        evidence = self.version.evidence.get(kind)
        return words.text(evidence.label) if evidence else words.label(kind.replace("-", " "))

    def source(self, source: str) -> str:
        """Return where a fact came from: the citizen, sign-in, a register, or the service that returned it."""
        kind, _colon, code = source.partition(":")
        if kind == "register" and code in self.version.registers:
            return words.label(words.text(self.version.registers[code].name))
        if kind == "service":
            return next((words.text(item.title) for item in self.plan.items if item.service == code), code)
        plain = {
            "citizen": _("The citizen's answers"),
            "sign-in": _("Sign-in"),
            "personal": _("The citizen's own documents"),
        }
        return plain.get(kind, source)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item: ``outputs`` label and value, ``said`` the department's own words."""

    view: ItemView
    number: int
    title: str
    department: str
    mark: Mark
    state: str
    outputs: tuple[tuple[str, str], ...]
    papers: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact; ``source`` only where its group has several."""

    label: str
    value: str
    source: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts that came from one source, or from the departments."""

    source: str
    rows: tuple[FactRow, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: all kinds, also those the citizen is not shown."""

    seq: int
    what: str
    who: str
    at: datetime
    more: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything the page of one case shows."""

    result: CaseResult
    title: str
    mark: Mark
    status: str
    total: int
    items: tuple[ItemRow, ...]
    facts: tuple[FactGroup, ...]
    events: tuple[Entry, ...]
    work: tuple[WorkRow, ...]
    map: Map


def dossier(case: Case, at: datetime) -> Dossier:
    """Read a case for the desk. The number of statements does not depend on its size."""
    result = case_result(case)
    pool = load_pools([case])[case.id]
    several = frozenset(role_of(key) for key in pool if key.split(".")[1] == "2")
    names = Names(result.plan, pinned_version(case.bundle, case.bundle_version), several)
    work = (
        WorkItem.objects.filter(case=case).select_related("case", "item", "claimed_by").order_by("closed_at", "due_at")
    )
    return Dossier(
        result=result,
        title=words.text(result.plan.title),
        mark=STATUS_MARKS[CaseStatus(case.status)],
        status=words.label(case.get_status_display()),
        total=sum(item.state != "not_applicable" for item in result.items),
        items=tuple(_item(number, view, names, at) for number, view in enumerate(result.items, 1)),
        facts=_facts(pool, names),
        events=tuple(_entry(event, result.plan) for event in reversed(result.events)),
        work=tuple(sorted(work_rows(work, at), key=lambda row: row.work.closed_at is not None)),
        map=case_map(result, at),
    )


def _item(number: int, view: ItemView, names: Names, at: datetime) -> ItemRow:
    return ItemRow(
        view=view,
        number=number,
        title=words.title(names.plan, view.planned),
        department=words.text(view.department),
        mark=mark_of(view.row, at),
        state=words.label(view.state.label),
        outputs=tuple((names.fact(key), names.value(key, value)) for key, value in view.outputs.items()),
        papers=tuple(document.title or names.paper(document.slot) for document in view.documents),
        said=tuple(text for reason in view.reasons if (text := _said(reason, names))),
    )


def _said(reason: Mapping[str, Any], names: Names) -> str:
    """Return a department's reason in its own words, with what it is about in front."""
    text = str(reason.get("text") or reason.get("code") or "")
    if reason.get("element"):
        return f"{names.fact(str(reason['element']))}: {text}"
    return f"{names.paper(str(reason['evidence']))}: {text}" if reason.get("evidence") else text


def _facts(pool: Mapping[str, PoolFact], names: Names) -> tuple[FactGroup, ...]:
    """Return the facts by source, in the order the sources first appear; what departments returned is one group."""
    groups: dict[str, list[FactRow]] = defaultdict(list)
    for key, fact in pool.items():
        returned = fact.source.startswith("service:")
        group = _("Returned by departments") if returned else names.source(fact.source)
        at = parse_datetime(fact.at) if fact.at else None
        source = names.source(fact.source) if returned else ""
        groups[group].append(FactRow(names.fact(key), names.value(key, fact.value), source, at))
    return tuple(FactGroup(source, tuple(rows)) for source, rows in groups.items())


HAPPENED: Mapping[str, str | Promise] = {
    "filed": gettext_lazy("Application sent"),
    "released": gettext_lazy("may be sent now"),
    "accepted": gettext_lazy("taken in by the department"),
    "granted": gettext_lazy("granted"),
    "refused": gettext_lazy("refused"),
    "correction": gettext_lazy("correction asked"),
    "skipped": gettext_lazy("cannot be done any more"),
    "not_applicable": gettext_lazy("turned out not to be needed"),
    "held": gettext_lazy("held for a person"),
    "unknown": gettext_lazy("outcome unclear, being checked"),
    "late_answer": gettext_lazy("an answer to an older round came and was only recorded"),
    "needs_person": gettext_lazy("needs a person"),
    "withdrawing": gettext_lazy("the department was asked to stop"),
    "cancelled": gettext_lazy("withdrawn"),
    "settled": gettext_lazy("Everything granted: settled"),
    "partly_settled": gettext_lazy("Everything decided, not all granted"),
    "withdrawn": gettext_lazy("Application withdrawn"),
}


def _entry(event: EventView, plan: Plan) -> Entry:
    sentence = str(HAPPENED.get(event.kind, event.kind))
    title = words.title(plan, event.item) if event.item else ""
    what = f"{title}: {sentence}" if title else words.label(sentence)
    return Entry(event.seq, what, _who(event.actor, plan), event.at, _more(event))


def _who(actor: str, plan: Plan) -> str:
    """Name who did it by what they are; ids of people stay out of the page."""
    kind, _colon, code = actor.partition(":")
    if kind == "department":
        return words.text(plan.departments.get(code)) or code
    return {"citizen": _("the citizen"), "clerk": _("a clerk"), "courier": _("the portal")}.get(kind, kind)


def _more(event: EventView) -> str:
    """Return what else is worth knowing: why, by which way, how many items."""
    given = event.parameters
    if event.kind == "filed":
        count = len(given.get("items", ()))
        return ngettext("%(count)s service", "%(count)s services", count) % {"count": count}
    parts = [str(given[name]) for name in ("reason", "channel", "work") if given.get(name)]
    return " · ".join([*parts, *(str(code) for code in given.get("codes", ()) if code)])
