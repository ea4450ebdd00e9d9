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

from services.connectors.base import Answer, Call, CallResult, GarbageError, ReplyDocument
from services.connectors.reading import MAX_BODY, read_accepted, read_answer, read_object, read_retry_after
from services.crash_points import crash_point
from services.states import CallEnd

log = logging.getLogger(__name__)

MAX_DOCUMENT = 10_485_760
SETUP_STATUSES = frozenset({401, 403, 404, 405})


def new_session() -> aiohttp.ClientSession:
    """Return a session that keeps connections, follows no redirect, stores no cookie and trusts no proxy setting."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


async def perform(session: aiohttp.ClientSession, call: Call) -> CallResult:
    """Make one call within its budget and say how it ended. Never raises for what the department or network does."""
    result = CallResult(call, CallEnd.UNKNOWN, time.time(), 0)
    started = time.perf_counter()
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
    return dataclasses.replace(result, milliseconds=int((time.perf_counter() - started) * 1000))


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
        return await _read(session, result, response)


async def _ask(session: aiohttp.ClientSession, result: CallResult) -> CallResult:
    call = result.call
    url = f"{call.target.base_url}/requests/{call.request}"
    async with session.get(url, headers=_headers(call), allow_redirects=False) as response:
        return await _read(session, result, response)


async def _fetch(session: aiohttp.ClientSession, result: CallResult) -> CallResult:
    if result.call.answer is None:
        raise ValueError("a fetch call carries the answer whose documents it fetches")
    return await _with_documents(session, dataclasses.replace(result, end=CallEnd.DONE), result.call.answer)


_KINDS = {"send": _send, "ask": _ask, "fetch": _fetch}


def _headers(call: Call) -> dict[str, str]:
    return {"Authorization": f"Bearer {call.target.token}", "Accept": "application/json"}


async def _read(session: aiohttp.ClientSession, result: CallResult, response: aiohttp.ClientResponse) -> CallResult:
    call, status = result.call, response.status
    result = dataclasses.replace(result, status_code=status)
    if status not in (200, 202):
        retry_after = read_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        end = status_end(status, kind=call.kind, safe=call.target.safe_statuses, blind=call.delivery == "blind")
        return dataclasses.replace(result, end=end, retry_after=retry_after, detail=f"status {status}")
    document = read_object(await _body(response, MAX_BODY))
    if status == 202:
        accepted = read_accepted(document, request=str(call.request))
        return dataclasses.replace(result, end=CallEnd.DONE, accepted=accepted)
    answer = read_answer(document, request=str(call.request), base_url=call.target.base_url)
    return await _with_documents(session, dataclasses.replace(result, end=CallEnd.DONE), answer)


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


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise GarbageError(f"the answer is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


async def _with_documents(session: aiohttp.ClientSession, result: CallResult, answer: Answer) -> CallResult:
    documents = [await _fetched(session, result.call, document) for document in answer.documents]
    return dataclasses.replace(result, answer=dataclasses.replace(answer, documents=tuple(documents)))


async def _fetched(session: aiohttp.ClientSession, call: Call, document: ReplyDocument) -> ReplyDocument:
    async with session.get(document.href, headers=_headers(call), allow_redirects=False) as response:
        if response.status != 200:
            raise GarbageError(f"a document answered status {response.status}")
        content = await _body(response, MAX_DOCUMENT)
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise GarbageError("a document does not match its sha256")
    return dataclasses.replace(document, content=content)
