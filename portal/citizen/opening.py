"""Open a draft for a view, or say why it cannot be opened: sent already, expired, or not yours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lifeevents.applications import NotFileable
from lifeevents.models import Application, ApplicationState
from portal.access import my_application
from services.clock import now

View = Callable[..., HttpResponse]


def draft_view(view: View) -> View:
    """Give the view the draft in place of its id; whatever is no draft any more gets its own page."""

    @wraps(view)
    def opened(request: HttpRequest, application_id: UUID, **rest: Any) -> HttpResponse:
        application = my_application(request, application_id)
        if not is_open(application):
            return _closed(request, application)
        try:
            return view(request, application, **rest)
        except NotFileable as refusal:
            return _refused(request, application_id, refusal)

    return login_required(opened)


def is_open(application: Application) -> bool:
    """Say whether the application can still be changed and sent."""
    return application.state == ApplicationState.DRAFT and application.expires_at >= now()


def _refused(request: HttpRequest, application_id: UUID, refusal: NotFileable) -> HttpResponse:
    """Show what has become of the draft while the page was open."""
    application = my_application(request, application_id)
    if not is_open(application):
        return _closed(request, application)
    messages.error(request, str(refusal))
    return redirect("tasks", application.pk)


def _closed(request: HttpRequest, application: Application) -> HttpResponse:
    """Show that an application was sent, with its reference, or that a draft has expired. 409 answers a write."""
    template = "citizen/already_sent.html" if application.case else "citizen/expired.html"
    context = {"application": application, "event": application.version.bundle.event_id, "case": application.case}
    return render(request, template, context, status=409 if request.method == "POST" else 200)
