"""My cases: the list, the confirmation, the case page and its live part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.http import parse_etags
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from lifeevents.applications import expansion_of
from lifeevents.benefits import parts
from lifeevents.models import Application, ApplicationState
from lifeevents.publishing import pinned_version
from portal import words
from portal.access import my_case, signed_in
from portal.citizen.case_page import case_page
from portal.truth import Truth, truth
from services.clock import now
from services.models import Case, CaseItem
from services.plans import load_plan
from services.working_days import promise


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with how far it is."""

    application: Application
    title: str
    done: int
    pages: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A case with its whole truth."""

    case: Case
    title: str
    truth: Truth


@login_required
@require_GET
def my_cases(request: HttpRequest) -> HttpResponse:
    """List my drafts with their expiry, and my cases with their first sentence."""
    mine = Application.objects.filter(parties__person__user=signed_in(request))
    usable = mine.filter(state=ApplicationState.DRAFT, expires_at__gt=now()).order_by("-changed_at")
    rows = usable.select_related("key", "version__bundle").defer("version__body", "version__bundle__body")
    filed = Case.objects.filter(application__in=mine.values("pk")).order_by("-filed_at")
    context = {"drafts": [_draft(row) for row in rows], "cases": _listed(list(filed))}
    return render(request, "citizen/my_cases.html", context)


def _draft(application: Application) -> Draft:
    pages = expansion_of(application).pages
    title = words.text(application.version.bundle)
    return Draft(application, title, sum(page.complete for page in pages), len(pages))


def _listed(cases: Sequence[Case]) -> list[Listed]:
    """Return the cases with their truth. Two statements, however many cases."""
    at = now()
    items: dict[UUID, list[CaseItem]] = {case.pk: [] for case in cases}
    for item in CaseItem.objects.filter(case__in=items).order_by("case", "position"):
        items[item.case_id].append(item)
    plans = {case.pk: load_plan(case.plan_id) for case in cases}
    return [
        Listed(case, words.text(plans[case.pk].title), truth(case, plans[case.pk], items[case.pk], at=at))
        for case in cases
    ]


@login_required
@require_GET
def sent(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Confirm: the reference, the promise, and what happens next."""
    row = my_case(request, case_id)
    plan = load_plan(row.plan_id)
    early = [
        (words.text(part.title), promise(row.filed_at, part.days))
        for part in parts(pinned_version(row.bundle, row.bundle_version), plan)
    ]
    first = [item for item in plan.items if not item.waits_for]
    offices = words.listed(dict.fromkeys(words.text(plan.departments[item.department]) for item in first))
    context = {"case": row, "title": words.text(plan.title), "early": early, "offices": offices, "plan": plan}
    return render(request, "citizen/sent.html", context)


@login_required
@require_GET
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case whole; with JavaScript it stays up to date by itself."""
    row = my_case(request, case_id)
    return render(request, "citizen/case.html", {**case_page(row), "etag": _etag(row)})


@login_required
@require_GET
def progress(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give the live part of the case page, or 304 without looking further when nothing has changed."""
    row = my_case(request, case_id)
    etag = _etag(row)
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers={"ETag": etag})
    response = render(request, "citizen/_case.html", case_page(row))
    response["ETag"] = etag
    return response


def _etag(row: Case) -> str:
    """Name what is shown: the case's version, the language, and the day, for "today" and "late" change at midnight."""
    return f'"{row.version}-{get_language()}-{localdate(now())}"'
