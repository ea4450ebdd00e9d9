"""Who may see what: one function per thing that can be fetched. What is not yours does not exist (404)."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from lifeevents.models import Application
from portal.models import User
from services.clock import now
from services.models import AccessEvent, Case, Document, Person


def signed_in(request: HttpRequest) -> User:
    """Return the user of a view that requires sign-in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def my_person(request: HttpRequest) -> Person:
    """Return the person of the signed-in user; 404 for an account that is nobody (staff without a person)."""
    return get_object_or_404(Person.objects.select_related("key"), user=signed_in(request))


def my_application(request: HttpRequest, application_id: UUID) -> Application:
    """Return an application the signed-in person is a party of."""
    rows = Application.objects.select_related("key", "version__bundle", "applicant", "case").defer("version__body")
    return get_object_or_404(rows.filter(parties__person__user=signed_in(request)), pk=application_id)


def my_case(request: HttpRequest, case_id: UUID) -> Case:
    """Return a case the signed-in person is a party of."""
    rows = Case.objects.select_related("key", "applicant")
    return get_object_or_404(rows.filter(application__parties__person__user=signed_in(request)), pk=case_id)


def my_document(request: HttpRequest, document_id: UUID) -> Document:
    """Return a document of one of the signed-in person's cases or drafts."""
    mine = Application.objects.filter(parties__person__user=signed_in(request)).values("key")
    return get_object_or_404(Document.objects.select_related("key").filter(key__in=mine), pk=document_id)


def desk_case(request: HttpRequest, case_id: UUID, *, purpose: str) -> Case:
    """Return any case to someone who works the desk, and record the look."""
    user = signed_in(request)
    if not user.works_the_desk:
        raise Http404
    case = get_object_or_404(Case.objects.select_related("key", "applicant"), pk=case_id)
    record_look(user, case, purpose=purpose)
    return case


def record_look(user: User, case: Case, *, purpose: str) -> None:
    """Record that someone looked at a case's personal data: once per viewer, case, purpose and quarter of an hour."""
    at = now()
    look = AccessEvent(viewer=user, case=case, purpose=purpose, quarter=int(at.timestamp()) // 900, at=at)
    AccessEvent.objects.bulk_create([look], ignore_conflicts=True)
