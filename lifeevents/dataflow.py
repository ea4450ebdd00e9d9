"""Which service of a version waits for which, and how long that takes, with every item of the bundle active. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lifeevents.definition import BundleItem, Need, Service, Version
from lifeevents.naming import condition_keys
from services.conditions import All, Compare, Condition


@dataclass(frozen=True, slots=True)
class Flow:
    """``edges``: service → the services it waits for. ``days``: working days from filing to a service's promise.

    ``cycle`` names the services of one circle, the first again at the end; then ``days`` and ``path`` are empty.
    """

    edges: Mapping[str, tuple[str, ...]]
    cycle: tuple[str, ...]
    days: Mapping[str, Decimal]
    path: tuple[str, ...]


def producers(version: Version) -> dict[str, tuple[str, ...]]:
    """Return wire key → the bundle's services that produce it, in item order."""
    found: dict[str, tuple[str, ...]] = {}
    for _, service in items(version):
        for output in service.produces:
            found[output.element] = (*found.get(output.element, ()), service.code)
    return found


def items(version: Version) -> Iterator[tuple[BundleItem, Service]]:
    """Yield the items whose service is known, each service once."""
    for code in dict.fromkeys(item.service for item in version.bundle.items):
        if code in version.services:
            yield (next(item for item in version.bundle.items if item.service == code), version.services[code])


def trace(version: Version) -> Flow:
    """Return who waits for whom and the longest path; names that lead nowhere are passed over."""
    made = producers(version)
    edges = {service.code: tuple(_chosen(item, service, made, version)) for item, service in items(version)}
    every = {service.code: tuple(_possible(item, service, made, version)) for item, service in items(version)}
    cycle = _cycle(every)
    if cycle:
        return Flow(edges, cycle, {}, ())
    days, before = _longest(version, edges)
    path: list[str] = []
    last = max(days, key=lambda code: days[code], default=None)
    while last is not None:
        path.insert(0, last)
        last = before[last]
    return Flow(edges, (), days, tuple(path))


def countable(days: Decimal) -> Decimal:
    """Return days that can be added and compared: 0 for what is no number."""
    return days if days.is_finite() else Decimal(0)


def exclusive(first: Condition | None, second: Condition | None) -> bool:
    """Say whether two conditions can never hold together, as far as their plain tests of one element show."""
    for one in _tests(first):
        for other in _tests(second):
            if one.element == other.element and _contradict(one, other):
                return True
    return False


def implies(first: Condition | None, second: Condition | None) -> bool:
    """Say whether ``second`` surely holds where ``first`` does: each of its parts is a part of the other."""
    return second is None or set(_parts(second)) <= set(_parts(first))


def _chosen(item: BundleItem, service: Service, made: Mapping[str, tuple[str, ...]], version: Version) -> Iterator[str]:
    """Yield what a service waits for when all are active: the first producer of each need, guards and law."""
    yield from dict.fromkeys(
        code
        for keys in (*(_sources(need) for need in _all_needs(service, version)), *_read_keys(item, service, version))
        for code in _first(keys, made, service.code)
    )
    yield from (after.service for after in item.after if after.service in version.services)


def _possible(
    item: BundleItem, service: Service, made: Mapping[str, tuple[str, ...]], version: Version
) -> Iterator[str]:
    """Yield what a service may ever wait for: a refused source sends it to the next alternative."""
    for keys in (*(_sources(need) for need in _all_needs(service, version)), *_read_keys(item, service, version)):
        yield from (code for key in keys for code in made.get(key, ()) if code != service.code)
    yield from (after.service for after in item.after if after.service in version.services)


def _all_needs(service: Service, version: Version) -> Iterator[Need]:
    """Yield the needs of a service, those of the templates it has filled included."""
    yield from service.needs
    for paper in service.evidence:
        kind = version.evidence.get(paper.evidence)
        if kind is not None and "template" in kind.modes:
            yield from (Need(key, when=paper.when) for key in kind.elements)


def _sources(need: Need) -> tuple[str, ...]:
    return (need.element, *need.alternatives)


def _read_keys(item: BundleItem, service: Service, version: Version) -> Iterator[tuple[str, ...]]:
    """Yield, each by itself, the keys that the conditions of an item and of its needs read."""
    conditions = [item.when, *(need.when for need in service.needs), *(paper.when for paper in service.evidence)]
    for condition in conditions:
        yield from ((key,) for key in condition_keys(condition))


def _first(keys: tuple[str, ...], made: Mapping[str, tuple[str, ...]], me: str) -> list[str]:
    return next(([c for c in made[key] if c != me] for key in keys if any(c != me for c in made.get(key, ()))), [])


def _cycle(edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return one circle of services, or nothing; a service that waits for itself is one too."""
    done: set[str] = set()
    for start in edges:
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        while trail:
            following = next(trail[-1][1], None)
            names = [name for name, _ in trail]
            if following is None:
                done.add(trail.pop()[0])
            elif following in names:
                return (*names[names.index(following) :], following)
            elif following not in done and following in edges:
                trail.append((following, iter(edges[following])))
    return ()


def _longest(
    version: Version, edges: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Decimal], dict[str, str | None]]:
    """Return per service the days to its promise and the service that decides when it starts."""
    days: dict[str, Decimal] = {}
    before: dict[str, str | None] = {}
    pending = list(edges)
    while pending:
        code = pending.pop(0)
        waits = [other for other in edges[code] if other in edges]
        if any(other not in days for other in waits):
            pending.append(code)
            continue
        before[code] = max(waits, key=lambda other: days[other], default=None)
        last = before[code]
        days[code] = countable(version.services[code].promised_days) + (days[last] if last else Decimal(0))
    return days, before


def _parts(condition: Condition | None) -> Iterator[Condition]:
    """Yield what must all hold, with nested 'all' taken apart."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _parts(part)
    elif condition is not None:
        yield condition


def _tests(condition: Condition | None) -> Iterator[Compare]:
    yield from (part for part in _parts(condition) if isinstance(part, Compare))


def _contradict(one: Compare, other: Compare) -> bool:
    allowed = [_values(one), _values(other)]
    if all(values is not None for values in allowed):
        return not set(allowed[0] or ()) & set(allowed[1] or ())
    for given, refused in ((one, other), (other, one)):
        values = _values(given)
        if values is not None and refused.op in ("is_not", "not_in"):
            banned = refused.value if refused.op == "not_in" else (refused.value,)
            return set(values) <= set(banned)
    return False


def _values(test: Compare) -> tuple[object, ...] | None:
    """Return the values a test lets through, or None when it does not list them."""
    if test.op == "is":
        return (test.value,)
    return tuple(test.value) if test.op == "in" else None
