"""Lints: everything a service needs can be had, nothing is made twice or overwritten, promises hold. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from lifeevents.dataflow import Flow, countable, exclusive, implies, items, producers, trace
from lifeevents.definition import BundleItem, Need, Service, Version
from lifeevents.findings import Finding, Where
from lifeevents.lint_values import conditions
from lifeevents.naming import condition_keys, known_to_register, named, role_of
from services.conditions import All, Condition


def cycles(version: Version) -> Iterator[Finding]:
    flow = trace(version)
    if flow.cycle:
        first, second = flow.cycle[0], flow.cycle[1]
        where = _edge(version, first, second)
        circle = " → ".join(flow.cycle)
        advice = (
            f"These services wait for each other: {circle}; take away one of the needs, or let a citizen supply it."
        )
        yield Finding("cycle", where, advice)


def _edge(version: Version, follower: str, leader: str) -> Where:
    """Return the need, condition or order by which one service waits for another."""
    service = version.services[follower]
    made = {output.element for output in version.services[leader].produces}
    for need in service.needs:
        if made & {need.element, *need.alternatives, *condition_keys(need.when)}:
            return ("services", follower, "needs", need.element)
    for paper in service.evidence:
        kind = version.evidence.get(paper.evidence)
        if made & {*condition_keys(paper.when), *(kind.elements if kind else ())}:
            return ("services", follower, "evidence", paper.evidence)
    return ("bundles", version.bundle.code, "items", follower)


def two_producers(version: Version) -> Iterator[Finding]:
    entries = {service.code: item for item, service in items(version)}
    for key, codes in producers(version).items():
        for first, second in combinations(codes, 2):
            where = ("services", second, "produces", key)
            if first == second:
                yield Finding("two-producers", where, f"{second} produces {key} twice; delete one.")
            elif not exclusive(entries[first].when, entries[second].when):
                advice = (
                    f"{key} is produced by both {first} and {second}; let one of them produce another element, "
                    "or give the two items conditions that exclude each other."
                )
                yield Finding("two-producers", where, advice)


def shared_outputs(version: Version) -> Iterator[Finding]:
    """A service that runs once per child cannot produce something there is only one of."""
    repeated = {repeat.role for repeat in version.bundle.repeats}
    for _, service in items(version):
        for output in service.produces:
            if service.subject in repeated and role_of(output.element) not in repeated:
                advice = (
                    f"{service.code} runs once per {service.subject}, so several of them would produce "
                    f"{output.element}; produce an element of '{service.subject}'."
                )
                yield Finding("two-producers", ("services", service.code, "produces", output.element), advice)


def overwritten(version: Version) -> Iterator[Finding]:
    """Outputs are new records: they never replace what a register, a citizen or another item goes by."""
    counts = {repeat.count for repeat in version.bundle.repeats}
    for item, service in items(version):
        read = {key for need in service.needs for key in (need.element, *need.alternatives)}
        for output in service.produces:
            key, register = output.element, known_to_register(version, output.element)
            element = named(version, key)
            reason = ""
            if key in read:
                reason = f"{service.code} itself reads it"
            elif register:
                reason = f"the register {register} knows it as it was"
            elif key in counts:
                reason = "it counts how often a role repeats"
            elif element is not None and element.ask and item.when is None:
                reason = f"{element.code} is also asked of citizens"
            if reason:
                advice = f"{service.code} produces {key}, but {reason}; produce a new element with ask: false."
                yield Finding("overwrite", ("services", service.code, "produces", key), advice)


def unsuppliable(version: Version) -> Iterator[Finding]:
    """Check that every need can be had from another service, a register or the citizen."""
    made = producers(version)
    entries = {service.code: item for item, service in items(version)}
    for item, service in items(version):
        for need, where in _needs(version, service):
            keys = (need.element, *need.alternatives)
            if all(named(version, key) is not None for key in keys) and not _obtainable(version, keys):
                makers = [code for key in keys for code in made.get(key, ()) if code != service.code]
                text = _lack(item, need, makers, entries, service)
                if text:
                    yield Finding("nobody-supplies", where, text)


def _needs(version: Version, service: Service) -> Iterator[tuple[Need, Where]]:
    """Yield what a service needs, what its templates are written from included."""
    for need in service.needs:
        yield need, ("services", service.code, "needs", need.element)
    for paper in service.evidence:
        kind = version.evidence.get(paper.evidence)
        for key in kind.elements if kind is not None and "template" in kind.modes else ():
            need = Need(key, when=paper.when, optional=paper.optional)
            yield need, ("services", service.code, "evidence", paper.evidence)


def _obtainable(version: Version, keys: tuple[str, ...]) -> bool:
    """Say whether a register or the citizen can supply one of the keys."""
    elements = [named(version, key) for key in keys]
    asked = any(element is not None and element.ask for element in elements)
    return asked or any(known_to_register(version, key) for key in keys)


def _lack(item: BundleItem, need: Need, makers: list[str], entries: dict[str, BundleItem], service: Service) -> str:
    """Return why a need can go unmet although nobody can be asked, or nothing if it cannot."""
    if not makers:
        return (
            f"Nobody can supply {need.element} to {service.code}: no other service of the bundle produces it, no "
            "register knows it and it is not asked; add its producer or let it be asked."
        )
    held = [condition for condition in (item.when, need.when) if condition is not None]
    together: Condition | None = All(tuple(held)) if held else None
    if need.optional or any(implies(together, entries[code].when) for code in makers):
        return ""
    return (
        f"{service.code} needs {need.element} from {makers[0]}, which does not always apply; give both the same "
        "condition, name an alternative, or let it be asked."
    )


def blind_conditions(version: Version) -> Iterator[Finding]:
    """A condition must read something that somebody can tell."""
    made = producers(version)
    inside = {service.code for _, service in items(version)}
    for condition, where in conditions(version):
        if where[0] == "services" and where[1] not in inside:
            continue
        me = where[1] if where[0] == "services" else where[3]
        for key in dict.fromkeys(condition_keys(condition)):
            others = set(made.get(key, ())) - {me}
            if named(version, key) is not None and not others and not _obtainable(version, (key,)):
                advice = f"The condition reads {key}, which nobody can tell; let it be asked or name another element."
                yield Finding("nobody-supplies", where, advice)


def short_promises(version: Version) -> Iterator[Finding]:
    """A published promise is never shorter than the path it stands for."""
    flow, bundle = trace(version), version.bundle
    if not flow.days:
        return
    longest = max(flow.days.values())
    if bundle.promise_days is not None and countable(bundle.promise_days) < longest:
        advice = (
            f"The bundle promises {bundle.promise_days} working days, but {' → '.join(flow.path)} takes {longest}; "
            "promise that many, or leave promise_days out."
        )
        yield Finding("promise-shorter-than-path", ("bundles", bundle.code, "promise_days"), advice)
    yield from _short_parts(version, flow)


def _short_parts(version: Version, flow: Flow) -> Iterator[Finding]:
    for number, part in enumerate(version.bundle.parts):
        inside = [code for code in part.services if code in flow.days]
        last = max(inside, key=lambda code: flow.days[code], default=None)
        if last is not None and countable(part.days) < flow.days[last]:
            advice = (
                f"'{part.title.en}' is promised in {part.days} working days, but {last} is done after "
                f"{flow.days[last]}; promise that many, or take {last} out."
            )
            where = ("bundles", version.bundle.code, "parts", str(number), "days")
            yield Finding("part-shorter-than-path", where, advice)


def no_needs(version: Version) -> Iterator[Finding]:
    for _, service in items(version):
        if not service.needs and not service.evidence:
            yield Finding(
                "no-needs", ("services", service.code), f"{service.code} needs nothing; is something missing?"
            )


def register_only(version: Version) -> Iterator[Finding]:
    """Warn of what cannot be filed while a register is down."""
    made = producers(version)
    seen: set[str] = set()
    for _, service in items(version):
        for need, where in _needs(version, service):
            keys = (need.element, *need.alternatives)
            elements = [named(version, key) for key in keys]
            alone = all(e is not None and not e.ask for e in elements) and not any(made.get(key) for key in keys)
            if alone and need.element not in seen and not need.optional and _obtainable(version, keys):
                seen.add(need.element)
                advice = f"While its register is down nobody can tell {need.element}; let it be asked as well."
                yield Finding("register-only", where, advice)


ERRORS = (cycles, two_producers, shared_outputs, overwritten, unsuppliable, blind_conditions, short_promises)
WARNINGS = (no_needs, register_only)
