"""A version in one line: ``version(service("pass", "you.name", brings="pass.number"))`` and everything else follows.

Elements are booleans anybody may be asked for, except: what a service brings; ``ask`` and ``registers`` by argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lifeevents.definition import (
    Bundle,
    BundleItem,
    Department,
    Element,
    Evidence,
    EvidenceNeed,
    Fee,
    Need,
    PageLayout,
    Produce,
    Register,
    RegisterLink,
    Repeat,
    Role,
    Service,
    Version,
)
from lifeevents.derived import Expansion, Fact
from services.conditions import parse_condition, reads
from services.plan import Text

ID = "you.id"
SIGNED_IN = {ID: Fact("990101199403120026", "sign-in")}
ROLES = {
    "you": {"town": RegisterLink("self", ID)},
    "home": {"town": RegisterLink("household", ID)},
    "child": {"clinic": RegisterLink("child", ID)},
    "job": {},
}


def words(text: str) -> Text:
    return Text(text, text)


def need(element: str, *others: str, when: Any = None, optional: bool = False) -> Need:
    return Need(element, others, parse_condition(when) if when else None, optional)


def paper(kind: str, about: str = "", when: Any = None, optional: bool = False) -> EvidenceNeed:
    return EvidenceNeed(kind, about, parse_condition(when) if when else None, optional)


def service(
    code: str, *needs: str | Need, brings: str = "", days: float = 1, about: str = "", waived: Any = None, **more: Any
) -> Service:
    return Service(
        code=code, department=more.pop("department", "office"), title=words(code), returns=words(code),
        limit_days=Decimal(30), promised_days=Decimal(str(days)), delivery="keyed", subject=about,
        needs=tuple(n if isinstance(n, Need) else need(n) for n in needs),
        evidence=tuple(paper(e) if isinstance(e, str) else e for e in more.pop("papers", ())),
        produces=tuple(Produce(wire) for wire in brings.split()),
        fee=Fee(Decimal(more.pop("fee", 0)), waived_when=parse_condition(waived) if waived else None), **more,
    )  # fmt: skip


def item(code: str, when: Any = None, **more: Any) -> BundleItem:
    return BundleItem(code, parse_condition(when) if when else None, **more)


def version(
    *services: Service,
    items: tuple[BundleItem, ...] = (),
    pages: tuple[PageLayout, ...] = (),
    registers: Mapping[str, str] | None = None,
    never_ask: tuple[str, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    children: bool = False,
    **bundle: Any,
) -> Version:
    """Return the version; ``registers`` maps wire names to registers, ``children`` lets the child repeat."""
    known = dict(registers or {})
    brought = {produce.element for entry in services for produce in entry.produces}
    items = items or tuple(item(entry.code) for entry in services)
    wires = {ID, "home.children", *brought, *known, *never_ask}
    for entry in services:
        conditions = [n.when for n in (*entry.needs, *entry.evidence)] + [entry.fee.waived_when]
        wires.update(key for condition in conditions if condition for key in reads(condition))
        wires.update(wire for n in entry.needs for wire in (n.element, *n.alternatives))
    wires.update(key for entry in items if entry.when for key in reads(entry.when))
    wires.update(wire for kind in evidence for wire in kind.elements)
    elements = {
        wire: Element(
            wire, "boolean", words(wire), ask=wire not in brought and wire not in never_ask,
            registers=(known[wire],) if wire in known else (),
        )
        for wire in wires
    }  # fmt: skip
    return Version(
        number=1,
        bundle=Bundle(
            "small", "small", words("small"), words("small"), items, pages,
            repeats=(Repeat("child", "home.children", 4),) if children else (), **bundle,
        ),
        elements=elements,
        roles={code: Role(code, code, words(code), links) for code, links in ROLES.items()},
        evidence={kind.code: kind for kind in evidence},
        services={entry.code: entry for entry in services},
        departments={code: Department(code, words(code)) for code in {entry.department for entry in services}},
        registers={code: Register(code, words(code)) for code in ("town", "clinic")},
    )  # fmt: skip


def typed(**values: Any) -> dict[str, Fact]:
    """Return citizen facts; ``__`` stands for the dot: ``typed(you__name=True)``."""
    return {key.replace("__", "."): Fact(value) for key, value in values.items()}


def told(register: str, **values: Any) -> dict[str, Fact]:
    """Return facts a register told; None is what it does not know."""
    found = {}
    for key, value in values.items():
        state = "unknown" if value is None else "known"
        found[key.replace("__", ".")] = Fact(value, f"register:{register}", "2026-11-20", state)
    return found


def asked(expansion: Expansion) -> dict[str, list[str]]:
    """Return page code → keys still to answer."""
    return {page.code: list(page.missing) for page in expansion.pages if page.missing}


def edges(expansion: Expansion) -> set[tuple[str, str]]:
    return {(edge.item, entry.key) for entry in expansion.plan.items for edge in entry.waits_for}
