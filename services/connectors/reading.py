"""Read what a department said, trusting nothing: size, depth, shape, and that it speaks of our request."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from services.connectors.base import Accepted, Answer, GarbageError, ReplyDocument
from services.plan import Value

MAX_BODY = 1_048_576
MAX_DEPTH = 32
OUTCOMES = ("granted", "refused", "correction")


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; GarbageError when it is too big, too deep or no object."""
    if len(body) > MAX_BODY:
        raise GarbageError("the answer is larger than 1 MB")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise GarbageError("the answer is not JSON") from None
    if not isinstance(document, dict):
        raise GarbageError("the answer is not a JSON object")
    _check_depth(document)
    return document


def _check_depth(document: dict[str, Any]) -> None:
    layer: list[dict[str, Any] | list[Any]] = [document]
    for _ in range(MAX_DEPTH):
        inner = (child for node in layer for child in (node.values() if isinstance(node, dict) else node))
        layer = [child for child in inner if isinstance(child, dict | list)]
        if not layer:
            return
    raise GarbageError(f"the answer nests deeper than {MAX_DEPTH}")


def read_answer(document: dict[str, Any], *, request: str, base_url: str) -> Answer:
    """Return the decision in a reply; it must echo ``request`` and keep its documents under ``base_url``."""
    if document.get("request") != request:
        raise GarbageError("the answer is about another request")
    status = document.get("status")
    if status not in OUTCOMES:
        raise GarbageError("the answer's status is none of granted, refused, correction")
    return Answer(
        outcome=status,
        outputs=_outputs(document.get("outputs") or {}),
        reasons=tuple(_reason(reason) for reason in _list(document, "reasons")),
        documents=tuple(_document(entry, base_url) for entry in _list(document, "documents")),
        department_ref=_text(document, "department_ref", 120),
    )


def read_accepted(document: dict[str, Any], *, request: str) -> Accepted:
    """Return the receipt in a 202; an ``expected`` that cannot be read counts as not given."""
    if document.get("request") != request:
        raise GarbageError("the receipt is about another request")
    return Accepted(_text(document, "department_ref", 120), _moment(document.get("expected")))


def _text(entry: dict[str, Any], name: str, length: int) -> str:
    """Return a short text fit for a column and a header: control characters (NUL stops PostgreSQL) are dropped."""
    return "".join(character for character in str(entry.get(name) or "") if character.isprintable())[:length]


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _outputs(outputs: object) -> dict[str, Value]:
    if not isinstance(outputs, dict):
        raise GarbageError("outputs is not an object")
    values: dict[str, Value] = {}
    for key, value in outputs.items():
        if isinstance(value, float):
            value = str(value)
        if not isinstance(value, str | int | bool) or (isinstance(value, str) and len(value) > 2000):
            raise GarbageError(f"output {ascii(key[:60])} is not a short text, a number, true or false")
        values[key] = value
    return values


def _list(document: dict[str, Any], name: str) -> list[Any]:
    entries = document.get(name) or []
    if not isinstance(entries, list) or len(entries) > 100:
        raise GarbageError(f"{name} is not a list of at most 100")
    return entries


def _reason(reason: object) -> dict[str, Any]:
    if not isinstance(reason, dict):
        raise GarbageError("a reason is not an object")
    return {name: str(reason[name])[:1000] for name in ("element", "evidence", "code", "text") if reason.get(name)}


def _document(entry: object, base_url: str) -> ReplyDocument:
    if not isinstance(entry, dict):
        raise GarbageError("a document is not an object")
    href, digest = str(entry.get("href", "")), str(entry.get("sha256", ""))
    try:
        base, link = urlsplit(base_url), urlsplit(href)
    except ValueError:
        raise GarbageError("a document's address is no address") from None
    inside = link.path.startswith(f"{base.path.rstrip('/')}/")
    if (link.scheme, link.netloc) != (base.scheme, base.netloc) or not inside:
        raise GarbageError("a document lies outside the department's address")
    if len(digest) != 64:
        raise GarbageError("a document has no sha256")
    evidence, title, media_type = (
        _text(entry, "evidence", 70),
        _text(entry, "title", 200),
        _text(entry, "media_type", 80),
    )
    return ReplyDocument(evidence, title, media_type, digest, href)


def read_retry_after(text: str | None, *, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for (a number or an HTTP date); None when it says nothing usable."""
    if not text:
        return None
    try:
        return max(float(int(text)), 0.0)
    except OverflowError:
        return None
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
