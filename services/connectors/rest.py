"""Department protocol v1 over HTTP (docs/department-protocol.md). Runs in the event loop; touches no database."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import logging
import os
import time
from datetime import UTC, datetime

import aiohttp

from services.connectors.base import Call, CallResult, GarbageError, ReplyDocument
from services.connectors.reading import MAX_BODY, read_accepted, read_answer, read_object, read_retry_after
from services.crash_points import crash_point
from services.states import CallEnd

log = logging.getLogger(__name__)

MAX_DOCUMENT = 10_485_760
MAX_DOCUMENTS = 20_971_520
"""Bytes of all documents of one answer together."""
SETUP_STATUSES = frozenset({401, 403, 404, 405})


def new_session() -> aiohttp.ClientSession:
    """Return a session that keeps connections, follows no redirect, stores no cookie and trusts no proxy setting."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


async def perform(session: aiohttp.ClientSession, call: Call) -> CallResult:
    """Make one call within its budget and say how it ended. Never raises for what the department or network does."""
    result = CallResult(call, CallEnd.UNKNOWN, time.time(), 0)
    started = time.perf_counter()
    if time.monotonic() > call.start_by:
        # Frozen between claim and send: somebody else may hold the claim by now (design: F21).
        return dataclasses.replace(result, end=CallEnd.TRANSIENT, detail="not begun in time")
    crash_point("before_http")
    try:
        async with asyncio.timeout(call.target.timeout):
            result = await _KINDS[call.kind](session, result)
        crash_point("after_http")
    except aiohttp.ClientConnectorError:
        # Nothing was sent: the one network failure that is certainly "not done".
        result = dataclasses.replace(result, end=CallEnd.TRANSIENT, detail="no connection")
    except TimeoutError:
        result = dataclasses.replace(result, detail="no answer in time")
    except GarbageError as error:
        result = dataclasses.replace(result, detail=str(error))
    except (aiohttp.ClientError, OSError) as error:
        result = dataclasses.replace(result, detail=f"connection lost ({type(error).__name__})")
    except Exception as error:
        # A result must come back whatever happens: the courier counts on it.
        log.exception("a call to %s failed in a way nobody thought of", call.target.lane)
        result = dataclasses.replace(result, detail=f"failed here ({type(error).__name__})")
    result = dataclasses.replace(result, milliseconds=int((time.perf_counter() - started) * 1000))
    return await _with_documents(session, result)


async def _send(session: aiohttp.ClientSession, result: CallResult) -> CallResult:
    call = result.call
    headers = {
        **_headers(call),
        "Content-Type": "application/json",
        "Idempotency-Key": str(call.request),
        # One span per sending, so that a department's trace can be laid beside ours (W3C Trace Context).
        "traceparent": f"00-{call.request.hex}-{os.urandom(8).hex()}-01",
    }
    if call.delivery == "blind":
        headers["Connection"] = (
            "close"  # a kept connection may die under us, and we could not tell whether it was heard
        )
    url = f"{call.target.base_url}/requests"
    async with session.post(url, data=call.body, headers=headers, allow_redirects=False) as response:
        return await _read(result, response)


async def _ask(session: aiohttp.ClientSession, result: CallResult) -> CallResult:
    call = result.call
    url = f"{call.target.base_url}/requests/{call.request}"
    async with session.get(url, headers=_headers(call), allow_redirects=False) as response:
        return await _read(result, response)


async def _fetch(session: aiohttp.ClientSession, result: CallResult) -> CallResult:
    return dataclasses.replace(result, end=CallEnd.DONE, answer=result.call.answer)


_KINDS = {"send": _send, "ask": _ask, "fetch": _fetch}


def _headers(call: Call) -> dict[str, str]:
    return {"Authorization": f"Bearer {call.target.token}", "Accept": "application/json"}


async def _read(result: CallResult, response: aiohttp.ClientResponse) -> CallResult:
    call, status = result.call, response.status
    result = dataclasses.replace(result, status_code=status)
    if status not in (200, 202):
        retry_after = read_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        end = status_end(status, kind=call.kind, safe=call.target.safe_statuses, blind=call.delivery == "blind")
        return dataclasses.replace(result, end=end, retry_after=retry_after, detail=f"status {status}")
    document = read_object(await read_body(response, MAX_BODY))
    if status == 202:
        accepted = read_accepted(document, request=str(call.request))
        return dataclasses.replace(result, end=CallEnd.DONE, accepted=accepted)
    answer = read_answer(document, request=str(call.request), base_url=call.target.base_url)
    return dataclasses.replace(result, end=CallEnd.DONE, answer=answer)


def status_end(status: int, *, kind: str, safe: frozenset[int], blind: bool) -> CallEnd:
    """Say what a status other than 200 and 202 means for the work."""
    if kind == "ask" and status == 404:
        return CallEnd.ABSENT
    if status in (429, 503):
        return CallEnd.UNKNOWN if blind and kind == "send" and status not in safe else CallEnd.TRANSIENT
    if status in (400, 413, 415, 422):
        return CallEnd.PERMANENT
    if status in SETUP_STATUSES:
        return CallEnd.SETUP
    return CallEnd.UNKNOWN


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the whole body; GarbageError when it is larger than ``limit`` bytes."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise GarbageError(f"the answer is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


async def _with_documents(session: aiohttp.ClientSession, result: CallResult) -> CallResult:
    """Fetch what a decision brought, in a budget of its own: the decision stands, whatever becomes of its papers."""
    if result.answer is None or not result.answer.documents:
        return result
    documents, left = [], MAX_DOCUMENTS
    ends = time.monotonic() + result.call.target.timeout
    for document in result.answer.documents:
        fetched = await _fetched(session, result.call, document, min(left, MAX_DOCUMENT), ends)
        left -= len(fetched.content)
        documents.append(fetched)
    return dataclasses.replace(result, answer=dataclasses.replace(result.answer, documents=tuple(documents)))


async def _fetched(
    session: aiohttp.ClientSession, call: Call, document: ReplyDocument, limit: int, ends: float
) -> ReplyDocument:
    """Return the document with its content, or as it was if that cannot be had."""
    try:
        async with (
            asyncio.timeout(max(ends - time.monotonic(), 0)),
            session.get(document.href, headers=_headers(call), allow_redirects=False) as response,
        ):
            if response.status != 200:
                return document
            content = await read_body(response, limit)
    except Exception as error:  # noqa: BLE001 - as for the call itself: a result must come back whatever happens
        log.warning("a document of %s could not be fetched (%s)", call.target.lane, type(error).__name__)
        return document
    fits = hashlib.sha256(content).hexdigest() == document.sha256
    return dataclasses.replace(document, content=content) if fits else document
