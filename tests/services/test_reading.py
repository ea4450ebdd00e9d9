"""What a department says is read with no trust: size, depth, shape, and that it speaks of our request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from services.connectors.base import GarbageError
from services.connectors.reading import (
    MAX_BODY,
    MAX_DEPTH,
    read_accepted,
    read_answer,
    read_object,
    read_retry_after,
)
from services.connectors.register import UNAVAILABLE, read_records

BASE = "http://department.example:8100/health"
REQUEST = "5f0c6f0e-8a41-4c7a-9c3b-0d1f6f1b2a3c"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAPER = {"evidence": "certificate", "title": "Certificate", "media_type": "application/pdf", "sha256": "a" * 64}


def answer(**fields: Any) -> Any:
    return read_answer({"request": REQUEST, "status": "granted", **fields}, request=REQUEST, base_url=BASE)


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_a_megabyte_is_read_and_a_byte_more_is_not() -> None:
    body = b'{"a":"' + b"x" * (MAX_BODY - 8) + b'"}'
    assert len(body) == MAX_BODY
    assert read_object(body)
    with pytest.raises(GarbageError, match="larger than 1 MB"):
        read_object(body + b" ")


def test_thirty_two_levels_are_read_and_one_more_is_not() -> None:
    assert read_object(nested(MAX_DEPTH))
    with pytest.raises(GarbageError, match="deeper than 32"):
        read_object(nested(MAX_DEPTH + 1))
    with pytest.raises(GarbageError):
        read_object(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"\xff\xfe", b"[]", b'"granted"', b"null", b'{"a":NaN}', b'{"a":"\\ud800"}']
)
def test_what_is_no_json_object_is_garbage(body: bytes) -> None:
    with pytest.raises(GarbageError):
        read_object(body)


def test_an_answer_is_read() -> None:
    read = answer(outputs={"birth_certificate.number": "BC-1", "ok": True, "n": 3}, department_ref="H-1")
    assert read.outcome == "granted"
    assert read.outputs == {"birth_certificate.number": "BC-1", "ok": True, "n": 3}
    assert read.department_ref == "H-1"


def test_a_decimal_is_kept_as_text() -> None:
    assert answer(outputs={"amount": 12.5}).outputs == {"amount": "12.5"}


@pytest.mark.parametrize(
    "fields",
    [
        {"request": "another"},
        {"request": None},
        {"status": "done"},
        {"status": ["granted"]},
        {"outputs": ["x"]},
        {"outputs": {"x": None}},
        {"outputs": {"x": {"y": 1}}},
        {"outputs": {"x": "y" * 2001}},
        {"reasons": {"code": "x"}},
        {"reasons": ["x"]},
        {"reasons": [{}] * 101},
        {"documents": ["x"]},
        {"documents": [{**PAPER, "href": f"{BASE}/1", "sha256": "short"}]},
        {"documents": [{**PAPER, "href": "http://elsewhere.example/1"}]},
        {"documents": [{**PAPER, "href": "https://department.example:8100/1"}]},  # another scheme
        {"documents": [{**PAPER, "href": "http://department.example/1"}]},  # another port
        {"documents": [{**PAPER, "href": "http://[broken"}]},
        {"documents": [{**PAPER, "href": "/relative"}]},
        {"documents": [PAPER]},
    ],
)
def test_an_answer_that_is_not_as_agreed_is_garbage(fields: dict[str, Any]) -> None:
    with pytest.raises(GarbageError):
        answer(**fields)


def test_a_document_under_the_departments_address_is_kept() -> None:
    (paper,) = answer(documents=[{**PAPER, "href": f"{BASE}/papers/1"}]).documents
    assert (paper.evidence, paper.media_type, paper.href) == ("certificate", "application/pdf", f"{BASE}/papers/1")


def test_what_no_column_or_header_can_hold_is_dropped() -> None:
    entry = {**PAPER, "href": f"{BASE}/1", "title": "Cert\x00ificate", "media_type": "text/html\r\nX: y"}
    read = answer(department_ref="H\x00-1\n", documents=[entry])
    assert read.department_ref == "H-1"
    assert (read.documents[0].title, read.documents[0].media_type) == ("Certificate", "text/htmlX: y")


def test_a_reason_keeps_only_what_the_protocol_names() -> None:
    (reason,) = answer(
        status="refused", reasons=[{"code": "late", "text": "Too late.", "extra": "x", "element": ""}]
    ).reasons
    assert reason == {"code": "late", "text": "Too late."}


@pytest.mark.parametrize(
    ("expected", "read"),
    [
        ("2026-12-01T08:00:00+00:00", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-12-01T08:00:00", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("soon", None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_when_a_receipt_expects_an_answer(expected: object, read: datetime | None) -> None:
    assert read_accepted({"request": REQUEST, "expected": expected}, request=REQUEST).expected == read


def test_a_receipt_about_another_request_is_garbage() -> None:
    with pytest.raises(GarbageError):
        read_accepted({"request": "another"}, request=REQUEST)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("-5", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 400, None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
    ],
)
def test_what_retry_after_asks_for(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, now=NOW) == seconds


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"records": {}},
        {"records": ["x"]},
        {"records": [], "documents": [{"evidence": "a"}]},
        {"records": [], "documents": [{"evidence": "a", "media_type": "b", "content": "not base64!"}]},
        {"records": [], "documents": [{"evidence": "a", "media_type": "b", "content": "林"}]},
        {"records": [], "documents": 3},
    ],
)
def test_a_register_that_talks_nonsense_is_garbage(document: dict[str, Any]) -> None:
    with pytest.raises(GarbageError):
        read_records(document)


def test_a_registers_records_and_licences_are_read() -> None:
    licence = {"evidence": "household-book", "media_type": "application/pdf", "content": "JVBERi0="}
    read = read_records(orjson.loads(orjson.dumps({"records": [{"given_name": "Lin"}], "documents": [licence]})))
    assert read != UNAVAILABLE
    assert read.records == ({"given_name": "Lin"},)
    assert read.licences[0].content == b"%PDF-"
