"""The first sentence of a case page: how far it is, who has it, whether you must act, and by when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import words
from services.forecast import Standing, expected_at
from services.models import Case, CaseItem
from services.plan import Plan
from services.states import CLOSED, WITH_DEPARTMENT, CaseStatus, ItemState


@dataclass(frozen=True, slots=True)
class Truth:
    """``tone`` colours it (``done``, ``yours``, ``late`` or nothing); ``lead`` is the count, ``lines`` the rest."""

    tone: str
    lead: str
    lines: tuple[str, ...]

    @property
    def rest(self) -> str:
        """Return everything after the count, as one text."""
        return ("" if words.in_chinese() else " ").join(self.lines)


def truth(case: Case, plan: Plan, rows: Sequence[CaseItem], *, at: datetime) -> Truth:
    """Say the whole truth about a case in three or four short sentences."""
    states = [row.state for row in rows]
    if case.status in CLOSED:
        return _closed(case, states, at)
    expected = expected_at(plan, {row.key: Standing(row.state, row.since) for row in rows}, at=at)
    late = localtime(max(expected, at)).date() > localtime(case.promised_at).date()
    tone = "yours" if ItemState.CORRECTION in states else "late" if late else ""
    lines = (_who(plan, rows, at), _you(plan, rows), _when(case, expected, late, at))
    return Truth(tone, _count(states), tuple(line for line in lines if line))


def _count(states: Sequence[str]) -> str:
    total = sum(state != ItemState.NOT_APPLICABLE for state in states)
    parts = [_("%(done)s of %(total)s done") % {"done": states.count(ItemState.GRANTED), "total": total}]
    if refused := states.count(ItemState.REFUSED):
        parts.append(ngettext("%(n)s refused", "%(n)s refused", refused) % {"n": refused})
    if skipped := states.count(ItemState.SKIPPED):
        parts.append(ngettext("%(n)s cannot be done", "%(n)s cannot be done", skipped) % {"n": skipped})
    if cancelled := states.count(ItemState.CANCELLED):
        parts.append(ngettext("%(n)s withdrawn", "%(n)s withdrawn", cancelled) % {"n": cancelled})
    return words.separator().join(parts) + words.full_stop()


def _who(plan: Plan, rows: Sequence[CaseItem], at: datetime) -> str:
    """Say who has had it longest; or where it is on its way to, or that a clerk is looking."""
    waiting = sorted((row for row in rows if row.state in WITH_DEPARTMENT), key=lambda row: row.since)
    if waiting:
        first = words.text(plan.departments[waiting[0].lane_id])
        others = len({row.lane_id for row in waiting} - {waiting[0].lane_id})
        named = {"department": first, "since": words.since(waiting[0].since, at), "others": others}
        if not others:
            return _("The %(department)s has had your application %(since)s.") % named
        sentence = ngettext(
            "The %(department)s has had your application %(since)s; %(others)s other office is working on it too.",
            "The %(department)s has had your application %(since)s; %(others)s other offices are working on it too.",
            others,
        )
        return sentence % named
    if any(row.state == ItemState.HELD for row in rows):
        return _("A clerk is looking at your application.")
    ready = next((row for row in rows if row.state == ItemState.READY), None)
    if ready is None:
        return ""
    return _("Your application is on its way to the %(department)s.") % {
        "department": words.text(plan.departments[ready.lane_id])
    }


def _you(plan: Plan, rows: Sequence[CaseItem]) -> str:
    asked = next((row for row in rows if row.state == ItemState.CORRECTION), None)
    if asked is None:
        return _("You do not need to do anything.")
    return _("The %(department)s asks you to mend something: see “%(title)s” below.") % {
        "department": words.text(plan.departments[asked.lane_id]),
        "title": words.title(plan, plan.by_key[asked.key]),
    }


def _when(case: Case, expected: datetime, late: bool, at: datetime) -> str:
    promised = words.day(case.promised_at, at)
    if not late:
        return _("Everything by %(date)s.") % {"date": promised}
    if expected <= case.promised_at:
        return _("We promised everything by %(date)s. We are late, and the desk has been told.") % {"date": promised}
    return _("We promised everything by %(date)s. It will probably take until %(expected)s.") % {
        "date": promised,
        "expected": words.day(expected, at),
    }


def _closed(case: Case, states: Sequence[str], at: datetime) -> Truth:
    ended = {"date": words.day(case.settled_at or case.changed_at, at), "total": len(states)}
    if case.status == CaseStatus.SETTLED:
        total = sum(state == ItemState.GRANTED for state in states)
        lead = _("All %(total)s done.") % {"total": total}
        return Truth("done", lead, (_("Settled on %(date)s. You do not need to do anything.") % ended,))
    ending = {
        CaseStatus.PARTLY_SETTLED: _(
            "The case ended on %(date)s. Below you read who decided what, and what you can do."
        ),
        CaseStatus.REFUSED: _("The case ended on %(date)s. Below you read who decided, why, and what you can do."),
        CaseStatus.WITHDRAWN: _("Your application was withdrawn. The case ended on %(date)s."),
    }[CaseStatus(case.status)]
    return Truth("", _count(states), (ending % ended,))
