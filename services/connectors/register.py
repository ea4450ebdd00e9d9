"""Base registers: ``GET {base}/records?relation=child&national_id=…``. Many at once, one short budget for all.

A register that is down, slow or talks nonsense is ``unavailable``; one that does not know the person is ``unknown``.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from services.connectors.base import GarbageError
from services.connectors.reading import MAX_BODY, read_object
from services.connectors.rest import new_session, read_body

BUDGET_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: the records standing in ``relation`` to a person."""

    base_url: str
    token: str
    relation: str
    national_id: str


@dataclass(frozen=True, slots=True)
class Licence:
    """An electronic licence a register holds."""

    evidence: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Records:
    """What a register said: ``state`` known, unknown or unavailable; the n-th record is the n-th instance."""

    state: str
    records: tuple[dict[str, Any], ...] = ()
    licences: tuple[Licence, ...] = field(default=())


UNAVAILABLE = Records("unavailable")
UNKNOWN = Records("unknown")


def ask_registers(queries: Sequence[Query]) -> list[Records]:
    """Ask all at once and return the answers in order; takes two seconds at most and never raises for a register."""
    return asyncio.run(_ask_all(queries)) if queries else []


async def _ask_all(queries: Sequence[Query]) -> list[Records]:
    async with new_session() as session:
        return list(await asyncio.gather(*(_ask(session, query) for query in queries)))


async def _ask(session: aiohttp.ClientSession, query: Query) -> Records:
    if not query.base_url:
        return UNAVAILABLE
    parameters = {"relation": query.relation, "national_id": query.national_id}
    headers = {"Authorization": f"Bearer {query.token}", "Accept": "application/json"}
    url = f"{query.base_url}/records"
    try:
        async with (
            asyncio.timeout(BUDGET_SECONDS),
            session.get(url, params=parameters, headers=headers, allow_redirects=False) as response,
        ):
            if response.status == 404:
                return UNKNOWN
            if response.status != 200:
                return UNAVAILABLE
            return read_records(read_object(await read_body(response, MAX_BODY)))
    except (aiohttp.ClientError, OSError, TimeoutError, GarbageError):
        return UNAVAILABLE


def read_records(document: dict[str, Any]) -> Records:
    """Return what a register answered; GarbageError when it is not as agreed."""
    records, licences = document.get("records"), document.get("documents") or []
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise GarbageError("records is not a list of objects")
    try:
        found = tuple(
            Licence(str(entry["evidence"]), str(entry["media_type"]), base64.b64decode(entry["content"]))
            for entry in licences
        )
    except (KeyError, TypeError, ValueError):  # a binascii.Error is a ValueError
        raise GarbageError("documents are not as agreed") from None
    return Records("known", tuple(records), found)
