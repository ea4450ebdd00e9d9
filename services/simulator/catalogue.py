"""The part of the catalogue a department simulator needs: who offers what, how it answers, what it returns.

Reads leniently (the portal's loader is the strict one), but a service that cannot be served stops the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ANSWERS = ("sync", "callback", "poll", "officer")
DELIVERIES = ("keyed", "queryable", "blind")
RESERVED = frozenset({"registers", "officer", "ledger", "faults", "settings", "healthz"})
SECTIONS = ("departments", "registers", "elements", "roles", "evidence", "services")


class CatalogueError(Exception):
    """The catalogue cannot be simulated; the text says why."""


@dataclass(frozen=True, slots=True)
class Element:
    """One datum: what type of value stands for it, and the registers that know it."""

    code: str
    type: str = "text"
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 200
    choices: tuple[Any, ...] = ()
    registers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One service of one department: its delivery class, how it answers after how many working days, its outputs."""

    code: str
    department: str
    delivery: str
    answers: str
    days: float
    produces: dict[str, Element]
    document: Mapping[str, Any] | None = None
    reversible: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``serves``: (register, relation) → attributes it may tell; ``licences``: evidence kind → its register."""

    departments: frozenset[str]
    services: dict[str, Service]
    registers: frozenset[str]
    serves: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)


def read_catalogue(folder: Path) -> Catalogue:
    """Read every YAML file under ``folder``; raise CatalogueError for a folder or service that cannot be served."""
    sections = _sections(folder)
    elements = {code: _element(code, body) for code, body in sections["elements"].items()}
    departments = frozenset(sections["departments"])
    if clash := departments & RESERVED:
        raise CatalogueError(f"A department cannot be called {', '.join(sorted(clash))}: the simulator uses that path.")
    services = {
        code: _service(code, body, sections["roles"], elements, departments)
        for code, body in sections["services"].items()
    }
    licences = {code: body.get("register", "") for code, body in sections["evidence"].items()}
    return Catalogue(departments, services, frozenset(sections["registers"]), _serves(sections, elements), licences)


def _sections(folder: Path) -> dict[str, dict[str, Any]]:
    files = sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")])
    if not files:
        raise CatalogueError(f"There is no catalogue file in {folder}.")
    merged: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for path in files:
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise CatalogueError(f"{path}: {error}") from error
        for name in SECTIONS:
            section = document.get(name) if isinstance(document, dict) else None
            merged[name].update({str(code): body or {} for code, body in (section or {}).items()})
    return merged


def _element(code: str, body: Mapping[str, Any]) -> Element:
    return Element(
        code=code,
        type=body.get("type", "text"),
        minimum=body.get("minimum"),
        maximum=body.get("maximum"),
        max_length=body.get("max_length", 200),
        choices=tuple(choice["value"] for choice in body.get("choices", ())),
        registers=tuple(body.get("registers", ())),
    )


def _service(
    code: str,
    body: Mapping[str, Any],
    roles: Mapping[str, Any],
    elements: Mapping[str, Element],
    departments: frozenset[str],
) -> Service:
    behaviour = body.get("simulator") or {}
    service = Service(
        code=code,
        department=body.get("department", ""),
        delivery=body.get("delivery", "keyed"),
        answers=behaviour.get("answers", "sync"),
        days=float(behaviour.get("days", body.get("promised_days", 0))),
        produces=dict(_produced(body, roles, elements)),
        document=behaviour.get("document"),
        reversible=bool(body.get("reversal", behaviour.get("reversal", False))),
    )
    if service.department not in departments or service.answers not in ANSWERS or service.delivery not in DELIVERIES:
        raise CatalogueError(
            f"Service {code}: department '{service.department}', answers '{service.answers}' and delivery "
            f"'{service.delivery}' must be a department of the catalogue, {'|'.join(ANSWERS)}, {'|'.join(DELIVERIES)}."
        )
    return service


def _produced(
    body: Mapping[str, Any], roles: Mapping[str, Any], elements: Mapping[str, Element]
) -> Iterator[tuple[str, Element]]:
    """Yield wire name and element of everything a service returns; an unknown element counts as text."""
    for entry in body.get("produces") or ():
        wire = entry if isinstance(entry, str) else entry["element"]
        role, _, attribute = wire.partition(".")
        code = f"{_entity(role, roles)}.{attribute}"
        yield wire, elements.get(code, Element(code))


def _entity(role: str, roles: Mapping[str, Any]) -> str:
    return str(roles.get(role, {}).get("entity", role))


def _serves(sections: Mapping[str, Any], elements: Mapping[str, Element]) -> dict[tuple[str, str], frozenset[str]]:
    """Return which attributes a register tells per relation: those of the entities whose roles it can find."""
    entities: dict[tuple[str, str], set[str]] = {}
    for body in sections["roles"].values():
        for register, link in (body.get("registers") or {}).items():
            entities.setdefault((register, link["relation"]), set()).add(body["entity"])
    return {
        (register, relation): frozenset(
            code.partition(".")[2]
            for code, element in elements.items()
            if register in element.registers and code.partition(".")[0] in found
        )
        for (register, relation), found in entities.items()
    }
