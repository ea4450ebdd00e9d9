"""What lifeevents hands down: the plan of one case, frozen.

A plan names fact keys, never values, so it holds nothing personal and many cases share one row.
Fact keys are ``role[.n].attribute`` (``child.2.given_name``); wire names leave the instance out
(``child.given_name``) because a department sees one subject at a time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson

from services.codec import converter
from services.conditions import Condition

Value = str | int | bool
"""A fact's value: dates ISO 8601, decimals as text, never None."""


@dataclass(frozen=True, slots=True)
class Text:
    """A label in the product's two languages: English and Simplified Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Send:
    """One element that leaves the portal: ``wire`` is filled from the first of ``sources`` the case knows.

    ``when`` is set if only another item's output tells whether the element is needed: sent when it turns out true.
    """

    wire: str
    sources: tuple[str, ...]
    optional: bool = False
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class SendDocument:
    """One document that leaves the portal; ``slot`` names it in the case (``kind`` or ``kind/child.2``)."""

    evidence: str
    slot: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One element the department returns: ``wire`` in its reply becomes the fact ``key``."""

    wire: str
    key: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """This item waits for ``item``: for the elements ``via``, or by law for ``reason``."""

    item: str
    via: tuple[str, ...] = ()
    reason: Text | None = None
    even_if_refused: bool = False


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One service for one subject. ``key`` is ``service`` or ``service/child.2`` and unique in the plan."""

    key: str
    service: str
    subject: str
    title: Text
    department: str
    delivery: str
    promised_days: Decimal
    limit_days: Decimal
    sends: tuple[Send, ...] = ()
    documents: tuple[SendDocument, ...] = ()
    outputs: tuple[Output, ...] = ()
    waits_for: tuple[Edge, ...] = ()
    guard: Condition | None = None
    if_refused: str = "stop"
    done_after_days: Decimal = Decimal(0)
    """Working days from filing to this item's own promise: the longest path that ends here."""


@dataclass(frozen=True)
class Plan:
    """A case's plan; items stand in topological order, so followers come after what they wait for."""

    bundle: str
    version: int
    title: Text
    departments: dict[str, Text]
    items: tuple[PlanItem, ...]
    promise_days: Decimal
    critical_path: tuple[str, ...]

    @cached_property
    def by_key(self) -> dict[str, PlanItem]:
        return {item.key: item for item in self.items}

    @cached_property
    def reads_outputs(self) -> bool:
        """True if some condition waits for another item's output, so that releasing needs values, not only states."""
        return any(
            item.guard or any(send.when for send in item.sends) or any(slot.when for slot in item.documents)
            for item in self.items
        )

    @cached_property
    def producer(self) -> dict[str, str]:
        """Fact key → key of the item that produces it."""
        return {output.key: item.key for item in self.items for output in item.outputs}


def plan_json(plan: Plan) -> bytes:
    """Return canonical JSON (sorted keys, no spaces), the text that ``plan_checksum`` hashes."""
    return orjson.dumps(converter.unstructure(plan), option=orjson.OPT_SORT_KEYS)


def plan_checksum(body: bytes) -> str:
    """Return the SHA-256 of a plan's canonical JSON, 64 hex characters."""
    return hashlib.sha256(body).hexdigest()


def plan_from_json(document: Any) -> Plan:
    """Build a plan from what ``plan_json`` wrote, parsed."""
    return converter.structure(document, Plan)
