"""One request a department has acted on, and the bodies that tell of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.simulator.catalogue import Service
from services.simulator.ledger import Identity
from services.simulator.outputs import department_prefix, draw, identity_key, make_outputs
from services.simulator.testvalues import Marks

CALLS_BACK = ("callback", "officer")


@dataclass(slots=True)
class Message:
    """A request as it was posted: ``digest`` is the SHA-256 of the raw body, ``key`` empty where none is honoured."""

    service: Service
    identity: Identity
    request: str
    data: Mapping[str, Any]
    reply_to: str
    key: str
    digest: str
    marks: Marks


@dataclass(slots=True)
class Work:
    """Work done. ``answer`` is made at once and told once ``days`` are over (or, ``officer``, when a person decided).

    ``accepted_at`` is seconds since 1970, ``copies`` the callbacks owed, ``sheet`` the data an officer reads,
    ``end`` is "withdrawn" or "reversed" once it is, ``contents`` the documents by id.
    """

    department: str
    service: str
    request: str
    identity: Identity
    mode: str
    accepted_at: float
    days: float
    answer: dict[str, Any]
    reply_to: str = ""
    copies: int = 0
    waits_for_officer: bool = False
    sheet: dict[str, Any] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    end: str = ""

    def due(self, day_seconds: float) -> float:
        return self.accepted_at + self.days * day_seconds

    def decided(self, now: float, day_seconds: float) -> bool:
        """Say whether the answer may be told."""
        return not self.waits_for_officer and (self.mode == "sync" or now >= self.due(day_seconds))

    def body(self) -> dict[str, Any]:
        """Return the 200 body, which a callback carries as well."""
        if self.end:
            return {"request": self.request, "status": self.end, "department_ref": self.answer["department_ref"]}
        return self.answer

    def receipt(self, day_seconds: float) -> dict[str, Any]:
        """Return the 202 body."""
        expected = datetime.fromtimestamp(self.due(day_seconds), UTC).isoformat()
        return {"request": self.request, "department_ref": self.answer["department_ref"], "expected": expected}


WORK_FIELDS = tuple(item.name for item in fields(Work))


def work_event(work: Work) -> dict[str, Any]:
    """Return a work as plain JSON."""
    return {name: getattr(work, name) for name in WORK_FIELDS}


def work_from_event(event: Mapping[str, Any]) -> Work:
    return Work(**{**event, "identity": tuple(event["identity"])})


def make_work(message: Message, *, secret: str, base_url: str, now: float) -> Work:
    """Decide a request: its answer, how and when that is told, and the documents it comes with."""
    service, marks, key = message.service, message.marks, identity_key(secret, message.identity[1:])
    mode, days = service.answers, service.days
    if "late" in marks:
        mode, days = "callback" if mode == "sync" else mode, 10 * max(days, 1.0)
    if "early" in marks:
        days = 0.0
    copies = (mode in CALLS_BACK or "early" in marks) + ("twice" in marks)
    work = Work(
        department=service.department,
        service=service.code,
        request=message.request,
        identity=message.identity,
        mode=mode,
        accepted_at=now,
        days=days,
        answer=_answer(message, key),
        reply_to=message.reply_to,
        copies=0 if "lost" in marks or not message.reply_to else copies,
        waits_for_officer=mode == "officer" and "early" not in marks,
        sheet=dict(message.data) if mode == "officer" else {},
    )
    if service.document and work.answer["status"] == "granted":
        _add_document(work, service.document, key, base_url)
    return work


def _answer(message: Message, key: bytes) -> dict[str, Any]:
    department = message.service.department
    prefix = department_prefix(department)
    digits = str(draw(key, "department_ref") % 10**8).zfill(8)
    answer: dict[str, Any] = {
        "request": message.request, "status": "granted", "outputs": {}, "documents": [], "reasons": [],
        "department_ref": f"{prefix}-{digits[:4]}-{digits[4:]}",
    }  # fmt: skip
    if "refuse" in message.marks:
        refuse(answer, "refused", message.marks["refuse"], "The test value asks for a refusal.")
    elif "correct" in message.marks:
        refuse(answer, "correction", message.marks["correct"], "The test value asks to correct this answer.")
    else:
        answer["outputs"] = make_outputs(key, prefix, message.service.produces, message.data)
    return answer


def refuse(answer: dict[str, Any], status: str, elements: tuple[str, ...], text: str) -> None:
    """Turn an answer into a refusal or a demand for correction of these wire names."""
    code = "test-value" if text.startswith("The test value") else "officer"
    reasons = [{"element": element, "code": code, "text": text} for element in elements] or [
        {"code": code, "text": text}
    ]
    answer |= {"status": status, "outputs": {}, "documents": [], "reasons": reasons}


def _add_document(work: Work, wanted: Mapping[str, Any], key: bytes, base_url: str) -> None:
    """Add the result document the catalogue promises, plain text with the outputs in it."""
    _, case, service, subject, _ = work.identity
    title = wanted.get("title", wanted["evidence"])
    titles = list(title.values()) if isinstance(title, Mapping) else [title]
    lines = [
        *titles,
        "",
        f"Case: {case}",
        f"Service: {service} {subject}".rstrip(),
        f"Reference: {work.answer['department_ref']}",
    ]
    lines += [f"{wire}: {value}" for wire, value in work.answer["outputs"].items()]
    text = "\n".join(map(str, lines)) + "\nSynthetic document of a simulated department.\n"
    document = str(UUID(int=draw(key, "document") >> 128, version=4))
    work.contents[document] = text
    work.answer["documents"] = [{
        "id": document,
        "evidence": wanted["evidence"],
        "media_type": "text/plain",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "href": f"{base_url}/{work.department}/documents/{document}",
    }]  # fmt: skip
