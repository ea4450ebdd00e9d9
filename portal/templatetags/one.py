"""Tags of our own parts: the state pill, the transit map and its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from portal.transit import Line, Map, Mark, Station, Words, draw_map

register = template.Library()

STATE_WORDS: Mapping[Mark, Promise] = {
    Mark.IDLE: pgettext_lazy("state", "Not started"),
    Mark.WORKING: pgettext_lazy("state", "In progress"),
    Mark.YOURS: pgettext_lazy("state", "Waiting for you"),
    Mark.LATE: pgettext_lazy("state", "Late"),
    Mark.REFUSED: pgettext_lazy("state", "Refused"),
    Mark.DONE: pgettext_lazy("state", "Done"),
    Mark.OUT: pgettext_lazy("state", "Not going ahead"),
}


def transit_words(*, show_states: bool = True) -> Words:
    """Return the words of a drawing in the language now active."""
    return Words({mark: str(word) for mark, word in STATE_WORDS.items()}, show_states)


def transit(stations: Sequence[Station], lines: Sequence[Line], *, show_states: bool = True) -> Map:
    """Draw the map in the language now active, for a view to hand to ``{% transit_map %}``."""
    return draw_map(stations, lines, transit_words(show_states=show_states))


@register.inclusion_tag("shared/_state.html")
def state(mark: str, word: str = "") -> dict[str, Any]:
    """Show a state as a pill; ``word`` replaces its usual word."""
    return {"mark": str(mark), "word": word or STATE_WORDS[Mark(mark)]}


@register.inclusion_tag("shared/_transit.html")
def transit_map(drawn: Map, title: str, uid: str = "map", quiet: bool = False) -> dict[str, Any]:
    """Show a drawn map; ``quiet`` in grey, for a plan nobody has filed yet. ``uid`` keeps ids apart on one page."""
    return {"map": drawn, "title": title, "uid": uid, "quiet": quiet}


@register.inclusion_tag("shared/_transit_list.html")
def transit_list(drawn: Map, quiet: bool = False) -> dict[str, Any]:
    """Show the same content as a list."""
    return {"map": drawn, "quiet": quiet}
