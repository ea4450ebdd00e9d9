"""A plan or a case as stations and lines of the transit map, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal import words
from portal.templatetags.one import transit
from portal.transit import Line, Map, Mark, Station
from services.models import CaseItem
from services.plan import Plan, PlanItem
from services.results import CaseResult
from services.states import TERMINAL, ItemState

MARKS = {
    ItemState.WAITING: Mark.IDLE,
    ItemState.READY: Mark.IDLE,
    ItemState.CORRECTION: Mark.YOURS,
    ItemState.GRANTED: Mark.DONE,
    ItemState.REFUSED: Mark.REFUSED,
    ItemState.SKIPPED: Mark.OUT,
    ItemState.NOT_APPLICABLE: Mark.OUT,
    ItemState.CANCELLED: Mark.OUT,
}
"""Every other state is work under way."""


def mark_of(row: CaseItem, at: datetime) -> Mark:
    """Return what an item shows; one that is past its promise and not ended is late, unless it waits for you."""
    mark = MARKS.get(ItemState(row.state), Mark.WORKING)
    late = row.state not in TERMINAL and mark != Mark.YOURS and row.promised_at < at
    return Mark.LATE if late else mark


def plan_map(plan: Plan) -> Map:
    """Draw a plan nobody has filed yet: every station with the days its office promises."""
    stations = [_station(plan, item, Mark.IDLE, words.days(item.promised_days)) for item in plan.items]
    return transit(stations, lines(plan), show_states=False)


def case_map(result: CaseResult, at: datetime) -> Map:
    """Draw a case as it stands; every station leads to its entry below."""
    stations = [
        _station(
            result.plan, item.planned, mark_of(item.row, at), _day(item.row), href=f"#item-{item.row.position + 1}"
        )
        for item in result.items
    ]
    return transit(stations, lines(result.plan))


def lines(plan: Plan) -> list[Line]:
    """Return the departments as lines."""
    return [Line(code, words.text(name)) for code, name in plan.departments.items()]


def _station(plan: Plan, item: PlanItem, mark: Mark, days: str, href: str = "") -> Station:
    return Station(
        key=item.key,
        label=words.title(plan, item),
        line=item.department,
        state=mark,
        after=tuple(edge.item for edge in item.waits_for),
        critical=item.key in plan.critical_path,
        days=days,
        href=href,
    )


def _day(row: CaseItem) -> str:
    """Return the day an item ended, or the one it is promised for."""
    if row.state in TERMINAL:
        return date_format(localtime(row.since), _("j M"))
    return _("by %(date)s") % {"date": date_format(localtime(row.promised_at), _("j M"))}
