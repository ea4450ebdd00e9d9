"""The contract of a connector: calls in, results out. Values only, so that no database is needed beside the wire."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.plan import Value
from services.states import CallEnd, ItemState


@dataclass(frozen=True, slots=True)
class Target:
    """Where a department is reached; ``timeout`` is the whole call's budget in seconds."""

    lane: str
    base_url: str
    token: str
    timeout: float
    safe_statuses: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ReplyDocument:
    """A document a department returned; ``content`` is there once fetched and checked against ``sha256``."""

    evidence: str
    title: str
    media_type: str
    sha256: str
    href: str
    content: bytes = b""

    @property
    def missing(self) -> bool:
        """True if the content could not be fetched."""
        return hashlib.sha256(self.content).hexdigest() != self.sha256


@dataclass(frozen=True, slots=True)
class Answer:
    """A department's decision: granted, refused or correction. ``outputs`` by wire name."""

    outcome: str
    outputs: dict[str, Value] = field(default_factory=dict)
    reasons: tuple[dict[str, Any], ...] = ()
    documents: tuple[ReplyDocument, ...] = ()
    department_ref: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The department has it and will decide later, by ``expected`` if it said so."""

    department_ref: str = ""
    expected: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make for an item as it was claimed: ``kind`` send, ask or fetch (an answer's documents)."""

    kind: str
    item: UUID
    case: UUID
    request: UUID
    state: ItemState
    fence: int
    delivery: str
    target: Target
    composed_at: datetime
    start_by: float = math.inf
    """Monotonic time after which the call must not begin any more, for its lease may run out."""
    body: bytes = b""
    answer: Answer | None = None
    message: UUID | None = None
    """The inbox message whose answer is being fetched."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """How a call ended. With ``end`` done there is an ``answer`` or an ``accepted``."""

    call: Call
    end: CallEnd
    started_at: float
    """Unix time, for the attempt row only."""
    milliseconds: int
    status_code: int | None = None
    answer: Answer | None = None
    accepted: Accepted | None = None
    retry_after: float | None = None
    detail: str = ""


def answered(call: Call) -> CallResult:
    """Return the result of a call whose answer is there already: a callback without documents."""
    return CallResult(call, CallEnd.DONE, time.time(), 0, answer=call.answer)


class GarbageError(Exception):
    """An answer that is not what the protocol allows; the text says what is wrong with it."""
