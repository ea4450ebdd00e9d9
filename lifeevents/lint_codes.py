"""Lints: every code and key a version names must lead somewhere. PURE."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from lifeevents.definition import After, Need, Service, Version
from lifeevents.findings import Finding, Where
from lifeevents.naming import condition_keys, role_of


def unknown_departments(version: Version) -> Iterator[Finding]:
    for service in version.services.values():
        yield from _known("department", service.department, version.departments, _at(service, "department"))


def unknown_registers(version: Version) -> Iterator[Finding]:
    for element in version.elements.values():
        for code in element.registers:
            yield from _known("register", code, version.registers, ("elements", element.code, "registers", code))
    for role in version.roles.values():
        for code in role.registers:
            yield from _known("register", code, version.registers, ("roles", role.code, "registers", code))
    for kind in version.evidence.values():
        if kind.register:
            yield from _known("register", kind.register, version.registers, ("evidence", kind.code, "register"))


def unknown_evidence(version: Version) -> Iterator[Finding]:
    for service in version.services.values():
        for need in service.evidence:
            yield from _known("evidence kind", need.evidence, version.evidence, _at(service, "evidence", need.evidence))
            if need.about:
                yield from _known("role", need.about, version.roles, _at(service, "evidence", need.evidence, "about"))


def unknown_keys(version: Version) -> Iterator[Finding]:
    """Check every key of services, templates and registers' links."""
    for service in version.services.values():
        for key, where in _service_keys(service):
            yield from _key(version, key, where)
        if service.subject:
            yield from _known("role", service.subject, version.roles, _at(service, "subject"))
    for kind in version.evidence.values():
        for key in kind.elements:
            yield from _key(version, key, ("evidence", kind.code, "elements", key))
    for role in version.roles.values():
        for register, link in role.registers.items():
            yield from _key(version, link.of, ("roles", role.code, "registers", register, "of"))


def empty_entities(version: Version) -> Iterator[Finding]:
    entities = {code.partition(".")[0] for code in version.elements}
    for role in version.roles.values():
        if role.entity not in entities:
            near = _near(role.entity, entities)
            advice = f"No element belongs to the entity '{role.entity}'{near}; define one, such as {role.entity}.name."
            yield Finding("unknown-entity", ("roles", role.code, "entity"), advice)


def unknown_bundle_keys(version: Version) -> Iterator[Finding]:
    bundle = version.bundle
    here = ("bundles", bundle.code)
    for item in bundle.items:
        for key in condition_keys(item.when):
            yield from _key(version, key, (*here, "items", item.service, "when"))
    for repeat in bundle.repeats:
        yield from _known("role", repeat.role, version.roles, (*here, "repeats", repeat.role))
        yield from _key(version, repeat.count, (*here, "repeats", repeat.role, "count"))
    for page in bundle.pages:
        for role in page.roles:
            yield from _known("role", role, version.roles, (*here, "pages", page.code, "roles", role))
        for key in page.elements:
            yield from _key(version, key, (*here, "pages", page.code, "elements", key))


def unknown_services(version: Version) -> Iterator[Finding]:
    """Check the services a bundle names: its items in the catalogue, all others among its items."""
    bundle, seen = version.bundle, set[str]()
    inside = [item.service for item in bundle.items]
    for item in bundle.items:
        where = ("bundles", bundle.code, "items", item.service)
        yield from _known("service", item.service, version.services, where)
        if item.service in seen:
            yield Finding("duplicate-item", where, f"'{item.service}' is in this bundle twice; delete one.")
        seen.add(item.service)
        for code, place in (*_followed(item.after), *((c, ("even_if_refused", c)) for c in item.even_if_refused)):
            yield from _inside(code, inside, (*where, *place))
    for number, part in enumerate(bundle.parts):
        for code in part.services:
            yield from _inside(code, inside, ("bundles", bundle.code, "parts", str(number), "services", code))


def no_items(version: Version) -> Iterator[Finding]:
    if not version.bundle.items:
        where = ("bundles", version.bundle.code, "items")
        yield Finding("no-items", where, "The bundle has no services; name at least one under 'items'.")


def _followed(after: tuple[After, ...]) -> Iterator[tuple[str, tuple[str, str]]]:
    yield from ((one.service, ("after", one.service)) for one in after)


def _service_keys(service: Service) -> Iterator[tuple[str, Where]]:
    for need in service.needs:
        yield from _need_keys(need, _at(service, "needs", need.element))
    for paper in service.evidence:
        yield from ((key, _at(service, "evidence", paper.evidence, "when")) for key in condition_keys(paper.when))
    for output in service.produces:
        yield output.element, _at(service, "produces", output.element)
    yield from ((key, _at(service, "fee", "waived_when")) for key in condition_keys(service.fee.waived_when))


def _need_keys(need: Need, where: Where) -> Iterator[tuple[str, Where]]:
    yield need.element, where
    yield from ((key, (*where, "or", key)) for key in need.alternatives)
    yield from ((key, (*where, "when")) for key in condition_keys(need.when))


def _key(version: Version, key: str, where: Where) -> Iterator[Finding]:
    """Check one role.attribute: the role, the form, the element."""
    role, _, attribute = key.partition(".")
    if not attribute or "." in attribute:
        advice = f"'{key}' is not a role and an attribute; write one like child.given_name, without a number."
        yield Finding("unknown-element", where, advice)
    elif role not in version.roles:
        yield from _known("role", role, version.roles, where)
    else:
        entity = version.roles[role].entity
        code = f"{entity}.{attribute}"
        if code not in version.elements:
            siblings = [other.partition(".")[2] for other in version.elements if role_of(other) == entity]
            near = _near(attribute, siblings, f"{role}.")
            yield Finding(
                "unknown-element", where, f"There is no element {code} for '{key}'{near}; define it or name another."
            )


def _known(what: str, code: str, codes: Collection[str], where: Where) -> Iterator[Finding]:
    if code not in codes:
        advice = f"There is no {what} '{code}'{_near(code, codes)}; define it or name another."
        yield Finding(f"unknown-{what.partition(' ')[0]}", where, advice)


def _inside(code: str, inside: Collection[str], where: Where) -> Iterator[Finding]:
    if code not in inside:
        advice = f"'{code}' is not a service of this bundle{_near(code, inside)}; add it to 'items' or name another."
        yield Finding("outside-bundle", where, advice)


def _near(word: str, words: Collection[str], prefix: str = "") -> str:
    near = difflib.get_close_matches(word, sorted(words), 1, 0.6)
    return f" (did you mean '{prefix}{near[0]}'?)" if near else ""


def _at(service: Service, *more: str) -> Where:
    return ("services", service.code, *more)


ENTRY_ERRORS = (unknown_departments, unknown_registers, unknown_evidence, unknown_keys, empty_entities)
BUNDLE_ERRORS = (no_items, unknown_services, unknown_bundle_keys)
