"""Lints: pages show every question once, repeats can be counted, samples can be filed, nothing lies unused. PURE."""

from __future__ import annotations

from collections.abc import Iterator

from lifeevents.dataflow import items, producers
from lifeevents.definition import Repeat, Service, Version
from lifeevents.findings import Finding, Where
from lifeevents.naming import bundle_keys, condition_keys, evidence_keys, named, role_of, service_keys

RESERVED_PAGES = frozenset({"situation", "documents", "other"})
"""Pages the form makes by itself."""

MAX_INSTANCES = 20
ENDINGS = ("granted", "refused", "skipped", "not_applicable", "cancelled", "held", "correction")
"""States a sample may end in: the final ones, and those that wait for a person."""


def wrong_pages(version: Version) -> Iterator[Finding]:
    seen: set[str] = set()
    for page in version.bundle.pages:
        where = ("bundles", version.bundle.code, "pages", page.code)
        if page.code in RESERVED_PAGES or page.code in seen:
            yield Finding("page-code", where, f"The page code '{page.code}' is taken; choose another.")
        if not page.roles and not page.elements:
            yield Finding("empty-page", where, f"The page '{page.code}' shows nothing; list 'roles' or 'elements'.")
        seen.add(page.code)
    for kind in ("roles", "elements"):
        yield from _shown_twice(version, kind)


def _shown_twice(version: Version, kind: str) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for page in version.bundle.pages:
        for name in getattr(page, kind):
            if name in first:
                where = ("bundles", version.bundle.code, "pages", page.code, kind, name)
                advice = f"'{name}' is on the page '{first[name]}' already; keep it on one page."
                yield Finding("on-two-pages", where, advice)
            first.setdefault(name, page.code)


def unshown(version: Version) -> Iterator[Finding]:
    """Check that whatever may be asked has a page; what decides the items is asked on a page of its own."""
    pages = version.bundle.pages
    shown = {role for page in pages for role in page.roles} | {key for page in pages for key in page.elements}
    shown |= {repeat.count for repeat in version.bundle.repeats}
    shown |= {key for item in version.bundle.items for key in condition_keys(item.when)}
    always = {code for item, service in items(version) if item.when is None for code in (service.code,)}
    made = {key for key, codes in producers(version).items() if always & set(codes)}
    seen: set[str] = set()
    for _, service in items(version):
        for key, where in _asked(version, service):
            if key not in shown and role_of(key) not in shown and key not in made and key not in seen:
                seen.add(key)
                advice = (
                    f"{key} can be asked, but no page of the bundle shows it; put '{role_of(key)}' or {key} on a page."
                )
                yield Finding("not-on-a-page", where, advice)


def _asked(version: Version, service: Service) -> Iterator[tuple[str, Where]]:
    """Yield the keys a service may cause to be asked: of each need the first that citizens are asked."""
    here = ("services", service.code)
    for need in service.needs:
        where = (*here, "needs", need.element)
        yield from _first_asked(version, (need.element, *need.alternatives), where)
        for key in condition_keys(need.when):
            yield from _first_asked(version, (key,), where)
    for paper in service.evidence:
        where = (*here, "evidence", paper.evidence)
        kind = version.evidence.get(paper.evidence)
        for key in (*condition_keys(paper.when), *(evidence_keys(kind) if kind else ())):
            yield from _first_asked(version, (key,), where)
    for key in condition_keys(service.fee.waived_when):
        yield from _first_asked(version, (key,), (*here, "fee"))


def _first_asked(version: Version, keys: tuple[str, ...], where: Where) -> Iterator[tuple[str, Where]]:
    for key in keys:
        element = named(version, key)
        if element is not None and element.ask:
            yield key, where
            return


def wrong_repeats(version: Version) -> Iterator[Finding]:
    repeats = version.bundle.repeats
    for repeat in repeats:
        where = ("bundles", version.bundle.code, "repeats", repeat.role)
        if not 1 <= repeat.maximum <= MAX_INSTANCES:
            advice = f"'maximum' of {repeat.role} is {repeat.maximum}; use 1 to {MAX_INSTANCES}."
            yield Finding("repeat", (*where, "maximum"), advice)
        if sum(other.role == repeat.role for other in repeats) > 1:
            yield Finding("repeat", where, f"'{repeat.role}' repeats twice; keep one line.")
        yield from _wrong_count(version, repeat, (*where, "count"))


def _wrong_count(version: Version, repeat: Repeat, where: Where) -> Iterator[Finding]:
    count = named(version, repeat.count)
    if count is None:
        return
    if count.type != "integer":
        yield Finding("repeat", where, f"{repeat.count} counts {repeat.role}, so its type must be integer.")
    if not count.ask:
        yield Finding("repeat", where, f"{repeat.count} counts {repeat.role}, so it must be possible to ask it.")
    if role_of(repeat.count) in {other.role for other in version.bundle.repeats}:
        yield Finding(
            "repeat", where, f"{repeat.count} belongs to a role that repeats itself; count by another element."
        )


def wrong_subjects(version: Version) -> Iterator[Finding]:
    """Warn of services about one instance of a role that this bundle does not repeat."""
    repeated = {repeat.role for repeat in version.bundle.repeats}
    for _, service in items(version):
        if service.subject in version.roles and service.subject not in repeated:
            advice = (
                f"{service.code} runs once: '{service.subject}' does not repeat here; add it to 'repeats' if it may."
            )
            yield Finding("subject-once", ("services", service.code, "subject"), advice)


def shared_slots(version: Version) -> Iterator[Finding]:
    """One kind of document about two roles that do not repeat would be one and the same document."""
    repeated = {repeat.role for repeat in version.bundle.repeats}
    about: dict[str, set[str]] = {}
    for _, service in items(version):
        for paper in service.evidence:
            if paper.about not in repeated:
                known = about.setdefault(paper.evidence, set())
                known.add(paper.about)
                if len(known) > 1:
                    advice = f"'{paper.evidence}' is wanted about two roles; define one kind of evidence for each."
                    yield Finding("shared-slot", ("services", service.code, "evidence", paper.evidence), advice)


def wrong_samples(version: Version) -> Iterator[Finding]:
    codes = {service.code for _, service in items(version)}
    names = [sample.name for sample in version.bundle.samples]
    for sample in version.bundle.samples:
        where = ("bundles", version.bundle.code, "samples", sample.name)
        if names.count(sample.name) > 1:
            yield Finding("duplicate-sample", where, f"There are two samples '{sample.name}'; rename one.")
        for key, state in sample.expect.items():
            if key.partition("/")[0] not in codes:
                advice = f"'{key}' is no item of this bundle; write a service, or service/child.1."
                yield Finding("sample-expect", (*where, "expect", key), advice)
            if state not in ENDINGS:
                advice = f"'{state}' is no state a sample can end in; use one of: {', '.join(ENDINGS)}."
                yield Finding("sample-expect", (*where, "expect", key), advice)


def no_samples(version: Version) -> Iterator[Finding]:
    if not version.bundle.samples:
        where = ("bundles", version.bundle.code)
        yield Finding("no-samples", where, "The bundle has no sample to try it with; add one under 'samples'.")


def unused_elements(version: Version) -> Iterator[Finding]:
    keys = {*bundle_keys(version.bundle)}
    keys.update(key for service in version.services.values() for key in service_keys(service))
    keys.update(key for kind in version.evidence.values() for key in evidence_keys(kind))
    keys.update(link.of for role in version.roles.values() for link in role.registers.values())
    used = {element.code for key in keys if (element := named(version, key)) is not None}
    for code in version.elements:
        if code not in used:
            yield Finding("unused-element", ("elements", code), f"No service of the bundle names {code}.")


def idle_pages(version: Version) -> Iterator[Finding]:
    """Warn of page entries no service of the bundle speaks of."""
    asked = {key for _, service in items(version) for key, _ in _asked(version, service)}
    asked |= {key for item in version.bundle.items for key in condition_keys(item.when)}
    asked |= {repeat.count for repeat in version.bundle.repeats}
    for page in version.bundle.pages:
        where = ("bundles", version.bundle.code, "pages", page.code)
        for key in page.elements:
            if key not in asked:
                yield Finding("never-asked", (*where, "elements", key), f"No service needs {key}; it is never asked.")
        for role in page.roles:
            if role not in {role_of(key) for key in asked}:
                yield Finding("never-asked", (*where, "roles", role), f"Nothing about '{role}' is ever asked.")


ERRORS = (wrong_pages, unshown, wrong_repeats, shared_slots, wrong_samples)
WARNINGS = (wrong_subjects, no_samples, unused_elements, idle_pages)
