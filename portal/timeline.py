"""What happened in a case, in the reader's words: services record kinds and parameters, this says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal import words
from portal.transit import Mark
from services.plan import Plan
from services.results import EventView


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: what happened, who did it, when."""

    mark: Mark
    what: str
    who: str
    at: datetime


SAID: Mapping[str, tuple[Mark, str | Promise]] = {
    "filed": (Mark.DONE, _("You sent your application")),
    "accepted": (Mark.WORKING, _("%(title)s: the office has started")),
    "granted": (Mark.DONE, _("%(title)s: done")),
    "refused": (Mark.REFUSED, _("%(title)s: refused")),
    "correction": (Mark.YOURS, _("%(title)s: the office asks you to mend something")),
    "skipped": (Mark.OUT, _("%(title)s: cannot be done, because something it needs will not come")),
    "not_applicable": (Mark.OUT, _("%(title)s: turned out not to be needed")),
    "held": (Mark.WORKING, _("%(title)s: a clerk is looking at it")),
    "unknown": (Mark.WORKING, _("%(title)s: we are asking the office whether it has arrived")),
    "withdrawing": (Mark.WORKING, _("%(title)s: the office has been asked to stop")),
    "cancelled": (Mark.OUT, _("%(title)s: withdrawn")),
    "settled": (Mark.DONE, _("Everything is done")),
    "partly_settled": (Mark.OUT, _("Everything has been decided; not all of it was granted")),
    "withdrawn": (Mark.OUT, _("Your application was withdrawn")),
}
"""What concerns the citizen; other kinds (released, needs_person, late_answer) are the desk's."""


def timeline(events: tuple[EventView, ...], plan: Plan) -> list[Entry]:
    """Return the entries a citizen reads, newest first."""
    return [_entry(event, plan) for event in reversed(events) if event.kind in SAID]


def _entry(event: EventView, plan: Plan) -> Entry:
    mark, sentence = SAID[event.kind]
    if event.item is None and event.kind == "refused":
        return Entry(Mark.REFUSED, str(_("Nothing of your application was granted")), "", event.at)
    title = words.title(plan, event.item) if event.item else ""
    code = event.actor.removeprefix("department:")
    who = words.text(plan.departments.get(code)) if event.item else ""
    return Entry(mark, str(sentence) % {"title": title}, who, event.at)
