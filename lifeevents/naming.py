"""Which fact keys and codes an entry of the catalogue names, and what a key stands for. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lifeevents.definition import Bundle, Element, Evidence, Role, Service, Version
from services.conditions import Condition, reads

EVIDENCE_PREFIX = "evidence:"
"""Starts the sample facts that say which paper is at hand: ``evidence:household-book``."""


def element_of(elements: Mapping[str, Element], roles: Mapping[str, Role], key: str) -> Element | None:
    """Return the element a wire or fact key stands for, or None when its role or element is unknown."""
    role, _, attribute = key.partition(".")
    if role not in roles or not attribute:
        return None
    return elements.get(f"{roles[role].entity}.{attribute.rpartition('.')[2]}")


def named(version: Version, key: str) -> Element | None:
    """Return the element a key stands for in a version, or None when something of it is unknown."""
    return element_of(version.elements, version.roles, key)


def role_of(key: str) -> str:
    return key.partition(".")[0]


def known_to_register(version: Version, key: str) -> str:
    """Return the register that can tell a key: the element's first that can find the role; else empty."""
    role, element = version.roles.get(role_of(key)), named(version, key)
    if role is None or element is None:
        return ""
    return next((register for register in element.registers if register in role.registers), "")


def condition_keys(condition: Condition | None) -> Iterator[str]:
    if condition is not None:
        yield from reads(condition)


def service_keys(service: Service) -> Iterator[str]:
    """Yield every key a service names, repeats included."""
    for need in service.needs:
        yield from (need.element, *need.alternatives, *condition_keys(need.when))
    for paper in service.evidence:
        yield from condition_keys(paper.when)
    yield from (output.element for output in service.produces)
    yield from condition_keys(service.fee.waived_when)


def evidence_keys(kind: Evidence) -> Iterator[str]:
    yield from kind.elements


def bundle_keys(bundle: Bundle) -> Iterator[str]:
    """Yield every key a bundle names itself, sample facts included."""
    for item in bundle.items:
        yield from condition_keys(item.when)
    yield from (repeat.count for repeat in bundle.repeats)
    for page in bundle.pages:
        yield from page.elements
    for sample in bundle.samples:
        yield from (key for key in sample.facts if not key.startswith(EVIDENCE_PREFIX))


def bundle_services(bundle: Bundle) -> Iterator[str]:
    """Yield the services that are items of a bundle, in order."""
    yield from (item.service for item in bundle.items)
