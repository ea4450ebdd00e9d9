"""The desk's pages, for those who work it. Reading only: what a person decides comes through the domain, never here."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from portal.access import desk_case, signed_in
from portal.desk.dossier import dossier
from portal.desk.lists import case_page, paused_lanes, status_choices, work_page
from services.clock import now
from services.models import Case
from services.references import normalise_reference


class FindForm(forms.Form):
    """Find a case by its reference. Sent by POST: whatever is typed here stays out of addresses and logs."""

    reference = forms.CharField(
        label=_("Find a case by its reference"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "7KQ4-M2XD-9R3T-5"}),
        error_messages={"required": _("Enter a reference, such as 7KQ4-M2XD-9R3T-5.")},
    )

    def clean_reference(self) -> Case:
        """Return the case; ValidationError when the text is no reference or there is no such case."""
        reference = normalise_reference(self.cleaned_data["reference"])
        if reference is None:
            raise ValidationError(_("This is not a reference. One looks like 7KQ4-M2XD-9R3T-5; check each character."))
        found = Case.objects.filter(reference=reference).first()
        if found is None:
            raise ValidationError(_("There is no case with this reference."))
        return found


@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show what needs a person, and the cases."""
    return _tables(request, FindForm())


@login_required
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Go to the case with the reference that was typed, or say what is wrong with it."""
    form = FindForm(request.POST)
    _staff_only(request)
    if not form.is_valid():
        return _tables(request, form)
    return redirect("desk_case", case_id=form.cleaned_data["reference"].pk)


@login_required
@require_GET
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case as staff see it; the look is recorded."""
    found = desk_case(request, case_id, purpose="desk")
    at = now()
    shown = dossier(found, at)
    paused = paused_lanes(shown.result.plan.departments)
    return render(request, "desk/case.html", {"dossier": shown, "case": found, "paused": paused, "now": at})


def _tables(request: HttpRequest, form: FindForm) -> HttpResponse:
    _staff_only(request)
    at, status = now(), request.GET.get("status", "")
    context = {
        "work": work_page(at, after=request.GET.get("work", "")),
        "cases": case_page(at, status=status, after=request.GET.get("after", "")),
        "paused": paused_lanes(),
        "statuses": status_choices(),
        "status": status,
        "further": bool(request.GET.get("after")),
        "work_further": bool(request.GET.get("work")),
        "form": form,
        "now": at,
    }
    return render(request, "desk/desk.html", context)


def _staff_only(request: HttpRequest) -> None:
    if not signed_in(request).works_the_desk:
        raise Http404
