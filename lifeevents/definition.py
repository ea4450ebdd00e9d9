"""A published bundle version, resolved: the bundle and every element, role, evidence kind, service and department
it names. Frozen, immutable once published, loaded once per process; to and from JSON by ``services.codec``.

Element codes are ``entity.attribute`` (``person.given_name``). Services and bundles speak of roles of an entity
(``child.given_name``); a case's facts are keyed ``role[.n].attribute`` (``child.2.given_name``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from services.codec import converter
from services.conditions import Condition
from services.plan import Text, Value

ELEMENT_TYPES = (
    "text", "name", "date", "time", "integer", "decimal", "boolean", "choice",
    "phone", "email", "address", "national_id", "account", "country",
)  # fmt: skip
EVIDENCE_MODES = ("register", "e_licence", "template", "personal", "upload")
DELIVERY_CLASSES = ("keyed", "queryable", "blind")
REFUSAL_POLICIES = ("stop", "go_on", "hold")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Element:
    """One datum of the shared dictionary. ``registers`` know it; ``ask`` False: no citizen is ever asked."""

    code: str
    type: str
    label: Text
    hint: Text | None = None
    group: str = ""
    sensitive: bool = False
    registers: tuple[str, ...] = ()
    ask: bool = True
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 200


@dataclass(frozen=True, slots=True)
class RegisterLink:
    """How a register finds a role: the records standing in ``relation`` to the person whose id is the fact ``of``."""

    relation: str
    of: str


@dataclass(frozen=True, slots=True)
class Role:
    """Who or what a fact is about, e.g. the child: an ``entity`` type, and the registers that can find it."""

    code: str
    entity: str
    label: Text
    registers: dict[str, RegisterLink] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of document and how it can be had, first mode that works; a template is filled from ``elements``."""

    code: str
    label: Text
    modes: tuple[str, ...]
    register: str = ""
    template: Text | None = None
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Register:
    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Need:
    """One element a service needs; ``alternatives`` in order may stand in for it (a provisional number)."""

    element: str
    alternatives: tuple[str, ...] = ()
    when: Condition | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceNeed:
    """One document a service needs; ``about`` names a role when each instance of it needs its own."""

    evidence: str
    about: str = ""
    when: Condition | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Produce:
    element: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Fee:
    """What a service costs; nothing when ``waived_when`` holds. ``amount`` in ``currency`` units."""

    amount: Decimal = Decimal(0)
    currency: str = "CNY"
    waived_when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What one department offers. ``subject`` names the role it is about when it runs once per instance.

    ``limit_days`` (the law) and ``promised_days`` are working days in half-day steps; ``visits`` is what the
    service costs in trips when applied for by itself.
    """

    code: str
    department: str
    title: Text
    returns: Text
    limit_days: Decimal
    promised_days: Decimal
    delivery: str
    subject: str = ""
    needs: tuple[Need, ...] = ()
    evidence: tuple[EvidenceNeed, ...] = ()
    produces: tuple[Produce, ...] = ()
    fee: Fee = Fee()
    visits: int = 1
    law: str = ""


@dataclass(frozen=True, slots=True)
class After:
    """An order that is law rather than information."""

    service: str
    reason: Text
    even_if_refused: bool = False


@dataclass(frozen=True, slots=True)
class BundleItem:
    """One service of a bundle: when it applies, what it must follow by law, what its refusal does to followers."""

    service: str
    when: Condition | None = None
    after: tuple[After, ...] = ()
    even_if_refused: tuple[str, ...] = ()
    if_refused: str = "stop"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A role that may have several instances, counted by the fact ``count`` (1 to ``maximum``)."""

    role: str
    count: str
    maximum: int = 4


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page of the combined form: questions about these roles, or these element keys, in this order."""

    code: str
    title: Text
    roles: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A named set of facts to file with; ``expect`` maps item key → the state it must end in (others: granted)."""

    name: str
    facts: dict[str, Value] = field(default_factory=dict)
    registers_up: bool = True
    expect: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartPromise:
    """An earlier promise for a named part of the bundle, in working days."""

    title: Text
    services: tuple[str, ...]
    days: Decimal


@dataclass(frozen=True, slots=True)
class Bundle:
    """The services for one life event. ``promise_days`` may be longer than the plan's path, never shorter."""

    code: str
    event: str
    title: Text
    summary: Text
    items: tuple[BundleItem, ...]
    pages: tuple[PageLayout, ...]
    repeats: tuple[Repeat, ...] = ()
    promise_days: Decimal | None = None
    parts: tuple[PartPromise, ...] = ()
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Version:
    """One bundle version with all it names; ``number`` counts from 1."""

    number: int
    bundle: Bundle
    elements: dict[str, Element]
    roles: dict[str, Role]
    evidence: dict[str, Evidence]
    services: dict[str, Service]
    departments: dict[str, Department]
    registers: dict[str, Register]

    def element(self, key: str) -> Element:
        """Return the dictionary entry of a fact or wire key: ``child.2.given_name`` → ``person.given_name``."""
        role, _, attribute = key.partition(".")
        return self.elements[f"{self.roles[role].entity}.{attribute.rpartition('.')[2]}"]


def version_json(version: Version) -> bytes:
    """Return canonical JSON (sorted keys, defaults left out)."""
    return orjson.dumps(converter.unstructure(version), option=orjson.OPT_SORT_KEYS)


def version_from_json(document: Any) -> Version:
    """Build a version from parsed ``version_json`` text."""
    return converter.structure(document, Version)


def checksum(body: bytes) -> str:
    """Return the SHA-256 of canonical JSON, 64 hex characters."""
    return hashlib.sha256(body).hexdigest()
