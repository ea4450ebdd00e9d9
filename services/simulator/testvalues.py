"""Test values, like a payment provider's test cards: words inside any text of the data that decide the answer.

``test:<behaviour>`` concerns every service that receives the text, ``test:<behaviour>:<service>`` only that one.
Documented for people in docs/test-values.md; the table here is what that page must list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

BEHAVIOURS: dict[str, str] = {
    "refuse": "refused, with a reason",
    "correct": "asks to correct exactly the element that carries the words",
    "late": "answers after ten times its days",
    "hang": "does the work, then never answers that call",
    "drop": "does the work, then resets the connection",
    "error": "does the work, then answers 502",
    "busy": "answers 503 with Retry-After: 1 the first time, without doing the work",
    "garbage": "does the work, then answers 200 with nonsense; a repeat gets the right answer",
    "twice": "sends its callback twice",
    "lost": "never sends its callback; asking tells",
    "early": "sends its callback before it answers the call",
    "wrong": "does the work, then echoes another request's id",
}
# How the first call for an identity ends; a repeat is answered properly.
CALL_ENDS = ("hang", "drop", "error", "garbage", "wrong")
WORDS = re.compile(rf"test[:：]({'|'.join(BEHAVIOURS)})(?![a-z])(?:[:：]([a-z0-9]+(?:-[a-z0-9]+)*))?", re.IGNORECASE)


Marks = Mapping[str, tuple[str, ...]]
"""The behaviours asked of one service, each with the wire names whose text carries it, in the order they came."""

NO_MARKS: Marks = {}


def call_end(marks: Marks) -> str:
    """Return how the first call shall end, or an empty text."""
    return next((end for end in CALL_ENDS if end in marks), "") if marks else ""


def read_marks(service: str, data: Mapping[str, Any], body: bytes) -> Marks:
    """Return the behaviours ``data`` asks of ``service``; ``body`` is the raw text it was parsed from."""
    # A cheap look first: hardly any body carries a test value.
    if b"test" not in body.lower():
        return NO_MARKS
    found: dict[str, tuple[str, ...]] = {}
    for wire, value in data.items():
        for behaviour, only in WORDS.findall(value) if isinstance(value, str) else ():
            if not only or only.lower() == service:
                found[behaviour.lower()] = (*found.get(behaviour.lower(), ()), wire)
    return found
