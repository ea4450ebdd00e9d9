"""Check, see who gets what, declare and send."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from lifeevents.applications import NotFileable, expansion_of, facts_of, sign_application, submit_application
from lifeevents.models import Application
from lifeevents.publishing import load_version
from lifeevents.signing import root
from portal import words
from portal.access import my_application, my_person
from portal.citizen import answers
from portal.citizen.disclosures import disclosures
from portal.citizen.forms import DeclarationForm
from portal.citizen.opening import draft_view, is_open
from services.models import Case
from services.sealing import sealer


@require_GET
@draft_view
def check(request: HttpRequest, application: Application) -> HttpResponse:
    """Show every answer with where to change it, every known fact with its source, every document."""
    expansion, version = expansion_of(application), load_version(application.version_id)
    context = {
        "application": application,
        "expansion": expansion,
        "answers": answers.answer_groups(application, expansion),
        "papers": answers.paper_rows(application, version, expansion),
        "known": answers.known_groups(version, expansion),
        "next": answers.next_page(expansion, ""),
    }
    return render(request, "citizen/check.html", context)


@require_GET
@draft_view
def who(request: HttpRequest, application: Application) -> HttpResponse:
    """Show per department and service every element and document that leaves, why, and what comes back."""
    expansion = expansion_of(application)
    shown = disclosures(load_version(application.version_id), expansion, facts_of(application))
    return render(
        request, "citizen/who.html", {"application": application, "departments": shown, "expansion": expansion}
    )


@require_http_methods(["GET", "POST"])
@draft_view
def declare(request: HttpRequest, application: Application) -> HttpResponse:
    """Show the declaration and the hash of what is signed; take it, send, and lead to the confirmation."""
    signed = root(facts_of(application), sealer(application.key))
    form = DeclarationForm(request.POST if request.method == "POST" else None, root=signed)
    if form.is_valid():
        try:
            return redirect("sent", _send(request, application, signed).pk)
        except NotFileable as refusal:
            if not is_open(my_application(request, application.pk)):
                raise
            form.add_error(None, str(refusal))
    expansion = expansion_of(application)
    fees = [
        (words.text(line.title), words.money(line.amount, line.currency), line.waived) for line in expansion.fees.lines
    ]
    context = {"application": application, "expansion": expansion, "form": form, "root": signed, "fees": fees}
    return render(request, "citizen/declare.html", context)


def _send(request: HttpRequest, application: Application, signed: str) -> Case:
    """Sign what the citizen had before them, and send it."""
    person = my_person(request)
    sign_application(application_id=application.pk, person=person, shown=signed)
    return submit_application(application_id=application.pk, actor=f"citizen:{person.pk}")
