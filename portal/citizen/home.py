"""From "what has happened?" to a draft: home, the event's page, the start."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from lifeevents.applications import start_application
from lifeevents.models import Application, ApplicationState, LifeEvent
from portal.access import my_person, signed_in
from portal.citizen.finding import find_events
from portal.citizen.forms import StartForm
from portal.citizen.offers import Offer, by_stage, offers
from portal.plan_map import plan_map
from services.clock import now


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Ask what has happened, and show the events, found or all."""
    query = request.GET.get("q", "").strip()[:200]
    found = offers(find_events(query, LifeEvent.objects.all()))
    context = {"query": query, "found": found, "stages": by_stage(found) if not query else []}
    if query and not found:
        context["stages"] = by_stage(offers(LifeEvent.objects.all()))
    return render(request, "citizen/home.html", context)


@require_GET
def event(request: HttpRequest, code: str) -> HttpResponse:
    """Show what an event's application covers, how long it takes, what it needs and what it saves."""
    offer = _offer(code)
    return render(request, "citizen/event.html", {"offer": offer, "map": plan_map(offer.typical.plan)})


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether registers may be looked up, then begin a draft."""
    offer = _offer(code)
    if not hasattr(signed_in(request), "person"):
        return render(request, "citizen/no_person.html", {"offer": offer}, status=403)
    form = StartForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        application = start_application(
            version=offer.row,
            person=my_person(request),
            filed_by=signed_in(request),
            lookup_consent=form.cleaned_data["lookup"] == "yes",
        )
        return redirect("tasks", application.pk)
    open_draft = _open_draft(request, offer)
    return render(request, "citizen/start.html", {"offer": offer, "form": form, "open_draft": open_draft})


def _offer(code: str) -> Offer:
    found = offers([get_object_or_404(LifeEvent, pk=code)])
    if not found:
        raise Http404
    return found[0]


def _open_draft(request: HttpRequest, offer: Offer) -> Application | None:
    """Return the draft of the same bundle the person changed last, if one is still open."""
    mine = Application.objects.filter(parties__person__user=signed_in(request), version__bundle=offer.row.bundle)
    usable = mine.filter(state=ApplicationState.DRAFT, expires_at__gt=now())
    return usable.defer("sealed").order_by("-changed_at").first()
