"""Fill in a draft: the task list, and its pages one subject at a time."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods

from lifeevents.applications import attach, expansion_of, save_page
from lifeevents.derived import Expansion, Page
from lifeevents.forms import clean_page, page_form, page_uploads
from lifeevents.models import Application
from lifeevents.papers import PaperError
from lifeevents.publishing import load_version
from portal.citizen import answers
from portal.citizen.opening import draft_view
from portal.rendering import DateField


@require_GET
@draft_view
def tasks(request: HttpRequest, application: Application) -> HttpResponse:
    """Show every page with its state, what is known already, and how to send."""
    expansion, version = expansion_of(application), load_version(application.version_id)
    context = {
        "application": application,
        "expansion": expansion,
        "tasks": answers.tasks(application, expansion),
        "done": sum(page.complete for page in expansion.pages),
        "next": answers.next_page(expansion, ""),
        "known": answers.known_groups(version, expansion),
        "papers": [row for row in answers.paper_rows(application, version, expansion) if not row.href],
        "silent": answers.silent_registers(application, version),
    }
    return render(request, "citizen/tasks.html", context)


@require_http_methods(["GET", "POST"])
@draft_view
def page(request: HttpRequest, application: Application, code: str) -> HttpResponse:
    """Show one page and keep its answers."""
    expansion = expansion_of(application)
    shown = next((one for one in expansion.pages if one.code == code), None)
    if shown is None:
        return _gone(request, application, code)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = page_form(shown, get_language() or "en", *posted, date_field=DateField)
    if form.is_bound and (after := _save(application, shown, form)) is not None:
        return redirect(_next(request, application, after, code))
    _explain_uploads(application, shown, form)
    place = [one.code for one in expansion.pages].index(code) + 1
    context = {"application": application, "page": shown, "title": answers.page_title(shown, expansion), "form": form}
    context |= {"place": place, "pages": len(expansion.pages), "back": request.GET.get("back")}
    return render(request, "citizen/page.html", context)


def _save(application: Application, shown: Page, form: forms.Form) -> Expansion | None:
    """Keep answers and uploads; None, with the errors beside their fields, when something is wrong.

    A file that can be taken is kept even then: a browser forgets which files were chosen.
    """
    form.is_valid()
    for slot, file in page_uploads(form).items():
        try:
            attach(application_id=application.pk, slot=slot, content=file.read(), title=file.name or "")
        except PaperError as refusal:
            form.add_error(f"evidence:{slot}", str(refusal))
    if form.errors:
        return None
    given = clean_page(form)
    return save_page(application_id=application.pk, answers={q.key: given.get(q.key) for q in shown.questions})


def _explain_uploads(application: Application, shown: Page, form: forms.Form) -> None:
    """Say under each upload what can be taken, or which file is there already."""
    found = answers.uploads(application) if shown.evidence else {}
    for question in shown.evidence:
        field = form[question.key]
        field.field.widget.attrs["accept"] = ".pdf,.jpg,.jpeg,.png"
        field.help_text = gettext("PDF, JPEG or PNG, up to 10 MB. A photo of the paper will do.")
        if question.slot in found:
            here = gettext("You have uploaded “%(name)s”. Choose a file only to replace it.")
            field.help_text = here % {"name": found[question.slot].title}


def _next(request: HttpRequest, application: Application, expansion: Expansion, code: str) -> str:
    """Return where to go on: the next page with something missing, else the task list.

    A page opened from the answers leads back to them once nothing is missing.
    """
    if request.GET.get("back") == "check" and not expansion.missing:
        return reverse("check", args=[application.pk])
    following = answers.next_page(expansion, code)
    return reverse("page", args=[application.pk, following]) if following else reverse("tasks", args=[application.pk])


def _gone(request: HttpRequest, application: Application, code: str) -> HttpResponse:
    """Lead back to the task list from a page that the answers have made superfluous; 404 for one that never was."""
    layout = load_version(application.version_id).bundle.pages
    if code.partition(".")[0] not in {"situation", "documents", "other", *(one.code for one in layout)}:
        raise Http404
    messages.info(request, gettext("That page is not needed any more: your answers have changed what we have to ask."))
    return redirect("tasks", application.pk)
