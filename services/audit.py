"""The record of a case: events chained by SHA-256, each over the hash before it and the stored ciphertext.

``verify_chain`` needs only the rows, so anyone holding an export can check it; a changed, missing, moved or added
event is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from services.models.cases import Case
from services.models.record import CaseEvent
from services.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to record: who did what to which item, with parameters that may be personal."""

    kind: str
    actor: str
    item_key: str = ""
    parameters: dict[str, Any] | None = None


def event_hash(previous: bytes, *, case_id: UUID, event: CaseEvent) -> bytes:
    """Return the 32-byte link of one event."""
    stored = hashlib.sha256(bytes(event.sealed)).hexdigest()
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = orjson.dumps([str(case_id), event.seq, at, event.kind, event.item_key, event.actor, stored])
    return hashlib.sha256(previous + text).digest()


def chain(case: Case, happenings: Iterable[Happening], *, at: datetime, sealer: Sealer | None) -> list[CaseEvent]:
    """Return unsaved events that continue the case's chain, and move ``case.seq`` and ``case.head`` on.

    The caller holds the case's row lock and saves both in the same transaction. Without a sealer (the case's data was
    erased) parameters are left out; what happened, when and by whom still goes on record.
    """
    events = []
    for happening in happenings:
        seq = case.seq + 1
        parameters = happening.parameters if sealer else None
        sealed = sealer.seal(parameters, place="event.sealed", row=f"{case.id}/{seq}") if sealer and parameters else b""
        event = CaseEvent(
            case=case,
            seq=seq,
            at=at,
            kind=happening.kind,
            item_key=happening.item_key,
            actor=happening.actor,
            sealed=sealed,
        )
        event.hash = event_hash(bytes(case.head), case_id=case.id, event=event)
        case.seq, case.head = seq, event.hash
        events.append(event)
    return events


def verify_chain(case: Case, events: Iterable[CaseEvent]) -> list[str]:
    """Return what is wrong with a case's record, one sentence each; empty when it is whole. Events in seq order."""
    head, expected = b"", 1
    for event in events:
        if event.seq != expected:
            return [f"event {expected} is missing (event {event.seq} follows)"]
        if event_hash(head, case_id=case.id, event=event) != bytes(event.hash):
            return [f"event {event.seq} ({event.kind}) was changed, or the one before it"]
        head, expected = bytes(event.hash), expected + 1
    if expected - 1 != case.seq or head != bytes(case.head):
        return [f"the case ends at event {case.seq}, the record at event {expected - 1}"]
    return []
