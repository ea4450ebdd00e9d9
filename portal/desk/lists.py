"""The desk's two tables: what needs a person, most urgent first, and the cases, newest first.

The number of statements is the same for one row and for a full page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from lifeevents.models import Bundle
from portal import words
from portal.desk.paging import page_of
from portal.plan_map import mark_of
from portal.transit import Mark
from services.models import Case, CaseItem, Department, Lane, Service, WorkItem
from services.states import CLOSED, WITH_DEPARTMENT, CaseStatus, ItemState

PAGE = 50
STATUS_MARKS = {
    CaseStatus.IN_PROGRESS: Mark.WORKING,
    CaseStatus.WAITING_FOR_YOU: Mark.YOURS,
    CaseStatus.SETTLED: Mark.DONE,
    CaseStatus.PARTLY_SETTLED: Mark.OUT,
    CaseStatus.REFUSED: Mark.REFUSED,
    CaseStatus.WITHDRAWING: Mark.WORKING,
    CaseStatus.WITHDRAWN: Mark.OUT,
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the mark of the page after them ("" at the end)."""

    rows: Sequence[object]
    after: str


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One open work item as the table shows it."""

    work: WorkItem
    kind: str
    service: str
    subject: str
    late: bool


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as the table shows it; ``waiting_for`` names who has it."""

    case: Case
    bundle: str
    mark: Mark
    status: str
    done: int
    total: int
    waiting_for: str
    late: bool


def work_page(at: datetime, *, after: str = "") -> Page:
    """Return open work, what is due first on top. Three statements."""
    rows = WorkItem.objects.filter(closed_at=None).select_related("case", "item", "claimed_by")
    found, following = page_of(rows, by="due_at", after=after, size=PAGE)
    return Page(work_rows(found, at), following)


def work_rows(found: Iterable[WorkItem], at: datetime) -> list[WorkRow]:
    """Return work items with service titles, numbered where a case has one for several children. Two statements."""
    listed = list(found)
    services = Service.objects.defer("body").in_bulk({work.item.service for work in listed if work.item})
    alike = CaseItem.objects.filter(case__in={work.case_id for work in listed}).values_list("case", "service")
    several = set(alike.annotate(count=Count("id")).filter(count__gt=1).values_list("case", "service"))
    return [_work_row(work, services, several, at) for work in listed]


def _work_row(work: WorkItem, services: dict[str, Service], several: set[tuple[UUID, str]], at: datetime) -> WorkRow:
    code = work.item.service if work.item else ""
    service = words.text(services.get(code)) or code
    numbered = work.item is not None and (work.case_id, code) in several
    subject = work.item.subject.rpartition(".")[2] if work.item and numbered else ""
    return WorkRow(
        work, words.label(work.get_kind_display()), service, subject, work.closed_at is None and work.due_at < at
    )


def case_page(at: datetime, *, status: str = "", after: str = "") -> Page:
    """Return cases, newest first, of one status or all. Four statements."""
    rows: QuerySet[Case] = Case.objects.all()
    if status in CaseStatus.values:
        rows = rows.filter(status=status)
    found, following = page_of(rows, by="filed_at", after=after, size=PAGE, newest_first=True)
    items = _items(case.id for case in found)
    departments = Department.objects.defer("body").in_bulk()
    bundles = Bundle.objects.defer("body").in_bulk({case.bundle for case in found})
    return Page([_case_row(case, items[case.id], departments, bundles, at) for case in found], following)


def _items(case_ids: Iterable[UUID]) -> dict[UUID, list[CaseItem]]:
    """Return the items of these cases, only what the table needs."""
    grouped: dict[UUID, list[CaseItem]] = defaultdict(list)
    rows = CaseItem.objects.filter(case_id__in=list(case_ids)).order_by("since", "position")
    for item in rows.only("case", "lane", "state", "since", "promised_at"):
        grouped[item.case_id].append(item)
    return grouped


def _case_row(
    case: Case, items: list[CaseItem], departments: dict[str, Department], bundles: dict[str, Bundle], at: datetime
) -> CaseRow:
    return CaseRow(
        case=case,
        bundle=words.text(bundles.get(case.bundle)) or case.bundle,
        mark=STATUS_MARKS[CaseStatus(case.status)],
        status=words.label(case.get_status_display()),
        done=sum(item.state == ItemState.GRANTED for item in items),
        total=sum(item.state != ItemState.NOT_APPLICABLE for item in items),
        waiting_for=_waiting_for(case, items, departments),
        late=case.settled_at is None and any(mark_of(item, at) == Mark.LATE for item in items),
    )


def _waiting_for(case: Case, items: list[CaseItem], departments: dict[str, Department]) -> str:
    """Name who must act next: the desk, the citizen, or the departments, who has had it longest first."""
    if case.status in CLOSED:
        return ""
    states = {item.state for item in items}
    names = [_("the desk")] if ItemState.HELD in states else []
    names += [_("the citizen")] if ItemState.CORRECTION in states else []
    moving = [item for item in items if item.state in WITH_DEPARTMENT]
    moving = moving or [item for item in items if item.state == ItemState.READY]
    names += [words.text(departments.get(code)) or code for code in dict.fromkeys(item.lane_id for item in moving)]
    return words.separator().join(names)


def paused_lanes(only: Iterable[str] | None = None) -> list[Lane]:
    """Return the departments nothing is sent to, with the reason. One statement."""
    rows = Lane.objects.exclude(paused_since=None).select_related("department").defer("department__body")
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    return list(rows.order_by("paused_since"))


def status_choices() -> list[tuple[str, str]]:
    """Return the filter's choices: everything, then each status."""
    return [("", _("All")), *((status.value, words.label(status.label)) for status in CaseStatus)]
