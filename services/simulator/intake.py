"""Reading and answering ``POST {department}/requests``: who may be repeated, what is in flight, how the call ends."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import orjson

from services.simulator.catalogue import Service
from services.simulator.desk import Desk, Keyed
from services.simulator.faults import Answer, Trouble, fail
from services.simulator.testvalues import call_end, read_marks
from services.simulator.wire import Exchange, problem
from services.simulator.work import CALLS_BACK, Message, Work

MAX_DEPTH = 32
WEB_ADDRESS = re.compile(r"https?://[!-~]{1,2000}")
MAX_BATCH = 500
ANOTHER_REQUEST = "00000000-0000-4000-8000-000000000000"
NONSENSE = b'{"status": "granted", "outputs": <html>'
UNANSWERED = {"hang": 504, "drop": 502, "reset": 502, "error": 502, "garbage": 502, "wrong": 502}


class RefusalError(Exception):
    """A POST that is not taken: the HTTP status and the sentence that goes back."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def parse_json(body: bytes) -> dict[str, Any]:
    """Return a JSON object at most MAX_DEPTH deep; raise RefusalError 400 for anything else."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusalError(400, f"The body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RefusalError(400, "The body is a JSON object.")
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(document) > MAX_DEPTH:
        raise RefusalError(400, f"The body is nested deeper than {MAX_DEPTH}.")
    return document


def _depth(document: Any) -> int:
    level, depth = [document], 0
    while level:
        depth += 1
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return depth


def read_message(
    document: Mapping[str, Any], body: bytes, *, key: str, department: str, services: Mapping[str, Service]
) -> Message:
    """Check a request; raise RefusalError 400 for what is malformed, 404 for a service of another department."""
    for name in ("request", "case", "service"):
        value = document.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 200:
            raise RefusalError(400, f"'{name}' is missing or not a text.")
    service = services.get(document["service"])
    if service is None or service.department != department:
        raise RefusalError(404, f"This department does not offer '{document['service']}'.")
    data, number = document.get("data"), document.get("round", 1)
    subject, reply_to = document.get("subject") or "", document.get("reply_to") or ""
    if not isinstance(data, dict) or not isinstance(subject, str):
        raise RefusalError(400, "'data' is an object and 'subject' a text.")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise RefusalError(400, "'round' is a whole number from 1.")
    if not (isinstance(reply_to, str) and _usable(reply_to)) and (reply_to or service.answers in CALLS_BACK):
        raise RefusalError(400, "'reply_to' is an http address.")
    if service.delivery == "keyed" and not 0 < len(key) <= 255:
        raise RefusalError(400, "Send an Idempotency-Key of at most 255 characters.")
    return Message(
        service=service,
        identity=(department, document["case"], service.code, subject, number),
        request=document["request"],
        data=data,
        reply_to=reply_to,
        key=key if service.delivery == "keyed" else "",
        digest=hashlib.sha256(body).hexdigest(),
        marks=read_marks(service.code, data, body),
    )


@lru_cache(maxsize=1024)
def _usable(url: str) -> bool:
    if WEB_ADDRESS.fullmatch(url) is None:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Intake:
    """Takes messages for the desk and ends their calls as faults and test values want."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def take(self, exchange: Exchange, message: Message, trouble: Trouble) -> None:
        """Answer one POST, at once or after the latency and working time that ``trouble`` says."""
        if trouble.before:
            self._desk.receive(message, trouble.before)
            fail(exchange, trouble.before)
            return
        known = self._repeat(message)
        wait = trouble.latency + (trouble.work if known is None else 0.0)
        if known is None and message.key:
            self._desk.keys[message.service.department, message.key] = Keyed(message.digest)
        if wait:
            asyncio.get_running_loop().call_later(wait, self._finish, exchange, message, trouble, known)
        else:
            self._finish(exchange, message, trouble, known)

    def take_in_batch(self, message: Message) -> Answer:
        """Answer one message of a batch; a test value that would end the call ends as 502 or 504 here."""
        known = self._repeat(message)
        if known is not None:
            self._desk.receive(message, _repeat_end(known))
            return known
        end = self._first_end(message)
        if end == "busy":
            self._desk.receive(message, "busy", spent=True)
            return 503, problem("Busy. Try again.")
        work = self._desk.act(message, end or "answered")
        return (UNANSWERED[end], problem("No answer.")) if end else self._first_answer(work)

    def told(self, work: Work) -> Answer:
        """Return what may be said of a work now: 200 with its answer, or 202."""
        if work.end or work.decided(time.time(), self._desk.day_seconds):
            return 200, work.body()
        return 202, work.receipt(self._desk.day_seconds)

    def _first_answer(self, work: Work) -> Answer:
        return (200, work.body()) if work.mode == "sync" else (202, work.receipt(self._desk.day_seconds))

    def _repeat(self, message: Message) -> Answer | None:
        """Return the answer to a key that was used before, None for a new one or where keys are not honoured."""
        known = self._desk.keys.get((message.service.department, message.key)) if message.key else None
        if known is None:
            return None
        if known.digest != message.digest:
            return 422, problem("This Idempotency-Key was used with another payload.")
        if known.work is None:
            return 409, problem("A call with this Idempotency-Key is in flight.")
        return self.told(known.work)

    def _first_end(self, message: Message) -> str:
        """Return how a test value ends the first call of an identity: busy, hang, drop …, or an empty text."""
        entry = self._desk.ledger.entries.get(message.identity)
        if entry is not None and entry.spent:
            return ""
        return "busy" if "busy" in message.marks else call_end(message.marks)

    def _finish(self, exchange: Exchange, message: Message, trouble: Trouble, known: Answer | None) -> None:
        if known is not None:
            self._desk.receive(message, trouble.after or _repeat_end(known))
            self._end(exchange, trouble.after, known)
            return
        mark = self._first_end(message)
        if mark == "busy":
            self._desk.keys.pop((message.service.department, message.key), None)
            self._desk.receive(message, "busy", spent=True)
            exchange.reply(503, problem("Busy. Try again."), {"Retry-After": "1"})
            return
        end = mark or trouble.after
        early = self._made_early(message)
        work = self._desk.act(message, end or "answered", early=early)
        if early and work.copies:
            self._desk.start(self._end_late(exchange, end, work))
        else:
            self._end(exchange, end, self._first_answer(work))

    def _made_early(self, message: Message) -> bool:
        """Say whether the callback goes before the answer: by test value, or drawn from the fault rate."""
        rules = self._desk.faults.of(message.service.department)
        rate = rules.early_callback_rate if rules and message.service.answers == "callback" else 0.0
        if "early" not in message.marks and self._desk.faults.strikes(message.service.department, rate):
            message.marks = {**message.marks, "early": ()}
        return "early" in message.marks

    async def _end_late(self, exchange: Exchange, end: str, work: Work) -> None:
        await self._desk.tell_early(work)
        self._end(exchange, end, self._first_answer(work))

    def _end(self, exchange: Exchange, end: str, answer: Answer) -> None:
        """End a call: properly, or as a fault or test value wants."""
        status, document = answer
        if end == "garbage":
            exchange.reply(200, NONSENSE)
        elif end == "wrong":
            exchange.reply(status, {**document, "request": ANOTHER_REQUEST})
        elif end:
            fail(exchange, "reset" if end == "drop" else end)
        else:
            exchange.reply(status, document)


def _repeat_end(answer: Answer) -> str:
    return {409: "in flight", 422: "other payload"}.get(answer[0], "repeated")
