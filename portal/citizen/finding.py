"""Find life events by what people say happened: both languages, server-side, no index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lifeevents.models import LifeEvent


@dataclass(frozen=True, slots=True)
class Found:
    event: LifeEvent
    score: int


def find_events(query: str, events: Iterable[LifeEvent]) -> list[LifeEvent]:
    """Return the events that fit the query, best first; all of them, in order, for an empty query."""
    plain = _plain(query)
    if not plain:
        return list(events)
    found = [Found(event, _score(plain, event)) for event in events]
    return [one.event for one in sorted(found, key=lambda one: -one.score) if one.score]


def _score(query: str, event: LifeEvent) -> int:
    """Count the event's words in the query (three each) and the query's words in its texts."""
    words = _event_words(event)
    body = event.body
    texts = [event.title_en, event.title_zh, *body.get("summary", {}).values(), *words]
    text = " ".join(_plain(one) for one in texts)
    spoken = sum(_contains(query, word) for word in words)
    tokens = set(re.findall(r"\w+", query))
    return 3 * spoken + sum(_contains(text, token) for token in tokens if len(token) > 3 or not token.isascii())


def _event_words(event: LifeEvent) -> Sequence[str]:
    """Return the event's search words; a list written with Chinese commas counts as several."""
    listed = [word for words in event.body.get("words", {}).values() for word in words]
    return [part for word in listed for part in re.split(r"[,，、]\s*", _plain(word)) if part]


def _contains(text: str, word: str) -> bool:
    """Say whether a word stands in a text: as a whole word, or anywhere if it is Chinese."""
    if not word.isascii():
        return word in text
    return re.search(rf"\b{re.escape(word)}\b", text) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
