"""From what every item sends to the plan: edges, order, longest path. PURE."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from lifeevents.blueprint import Blueprint
from lifeevents.definition import After
from lifeevents.derived import Problem
from lifeevents.needs import Leg
from services.plan import Edge, Plan, PlanItem


@dataclass(slots=True)
class Schedule:
    """Days and order of the items; ``problem`` names a circle if there is one."""

    plan: Plan
    starts: dict[str, Decimal]
    problems: list[Problem] = field(default_factory=list)


def make_plan(blueprint: Blueprint, legs: list[Leg], producer_of: Mapping[str, str]) -> Schedule:
    """Order the active items and compute the promise; ``producer_of`` maps fact keys to the item that brings them."""
    laws = {leg.key: _laws(blueprint, leg, legs) for leg in legs}
    before = {leg.key: {*leg.via, *laws[leg.key]} for leg in legs}
    _prefer_fallbacks(legs, before, producer_of)
    order, problems = _order([leg.key for leg in legs], before)
    rank = {key: index for index, key in enumerate(order)}
    by_key = {leg.key: leg for leg in legs}
    items: dict[str, PlanItem] = {}
    starts: dict[str, Decimal] = {}
    for key in order:
        edges = _edges(by_key[key], laws[key], rank)
        starts[key] = max((items[edge.item].done_after_days for edge in edges), default=Decimal(0))
        items[key] = _item(by_key[key], edges, starts[key], rank, producer_of)
    return Schedule(_plan(blueprint, items), starts, problems)


def _laws(blueprint: Blueprint, leg: Leg, legs: list[Leg]) -> dict[str, After]:
    """Return the items this one comes after by law, those of this case only."""
    after = blueprint.followers[leg.key]
    if not after:
        return {}
    active = {other.key for other in legs}
    return {key: law for key, law in after if key in active}


def _prefer_fallbacks(legs: list[Leg], before: dict[str, set[str]], producer_of: Mapping[str, str]) -> None:
    """Put the producers of stand-in sources first where that closes no circle: only what comes earlier may stand in."""
    for leg in legs:
        for send in leg.sends if leg.stand_ins else ():
            for key in send.sources[1:]:
                producer = producer_of.get(key)
                if producer not in (None, leg.key) and leg.key not in _ancestors(producer, before):
                    before[leg.key].add(producer)


def _ancestors(key: str | None, before: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    stack = [key] if key else []
    while stack:
        for other in before[stack.pop()]:
            if other not in found:
                found.add(other)
                stack.append(other)
    return found


def _order(keys: list[str], before: Mapping[str, set[str]]) -> tuple[list[str], list[Problem]]:
    """Return a topological order, the bundle's own order where it is free; a circle is named and cut."""
    position = {key: index for index, key in enumerate(keys)}
    waiting = {key: len(before[key]) for key in keys}
    after: dict[str, list[str]] = {key: [] for key in keys}
    for key in keys:
        for other in before[key]:
            after[other].append(key)
    ready = [position[key] for key in keys if not waiting[key]]
    order: list[str] = []
    problems: list[Problem] = []
    while len(order) < len(keys):
        if not ready:
            circle = _circle(waiting, before, keys)
            problems.append(Problem("cycle", circle[0], circle))
            ready.append(position[circle[0]])
        key = keys[heapq.heappop(ready)]
        del waiting[key]
        order.append(key)
        for other in after[key]:
            if other in waiting:
                waiting[other] -= 1
                if not waiting[other]:
                    heapq.heappush(ready, position[other])
    return order, problems


def _circle(waiting: Mapping[str, int], before: Mapping[str, set[str]], keys: list[str]) -> tuple[str, ...]:
    """Return items that wait for each other, each for the next."""
    path: list[str] = []
    key = next(key for key in keys if key in waiting)
    while key not in path:
        path.append(key)
        key = min(other for other in before[key] if other in waiting)
    return tuple(path[path.index(key) :])


def _edges(leg: Leg, laws: Mapping[str, After], rank: Mapping[str, int]) -> tuple[Edge, ...]:
    """Return one edge per item waited for, in plan order; what a circle put later is left out."""
    edges = []
    for key in sorted({*leg.via, *laws}, key=rank.__getitem__):
        if rank[key] < rank[leg.key]:
            law = laws.get(key)
            via = tuple(leg.via.get(key, ()))
            go_on = key.partition("/")[0] in leg.draft.entry.even_if_refused
            if law is None:
                edges.append(Edge(key, via, None, go_on))
            else:
                edges.append(Edge(key, via, law.reason, go_on or law.even_if_refused))
    return tuple(edges)


def _item(
    leg: Leg, edges: tuple[Edge, ...], start: Decimal, rank: Mapping[str, int], producer_of: Mapping[str, str]
) -> PlanItem:
    service = leg.draft.service
    sends = tuple(leg.sends)
    if leg.stand_ins:
        # A stand-in that comes later could wait for us while we wait for it.
        late = {key for key, producer in producer_of.items() if rank[producer] > rank[leg.key]}
        sends = tuple(replace(s, sources=(s.sources[0], *(k for k in s.sources[1:] if k not in late))) for s in sends)
    return PlanItem(
        key=leg.key, service=service.code, subject=leg.draft.subject, title=service.title,
        department=service.department, delivery=service.delivery,
        promised_days=service.promised_days, limit_days=service.limit_days,
        sends=sends, documents=tuple(leg.documents), outputs=leg.draft.outputs, waits_for=edges,
        guard=leg.guard, if_refused=leg.draft.entry.if_refused, done_after_days=start + service.promised_days,
    )  # fmt: skip


def _plan(blueprint: Blueprint, items: dict[str, PlanItem]) -> Plan:
    version = blueprint.version
    last = max(items.values(), key=lambda item: item.done_after_days, default=None)
    path: list[str] = []
    item = last
    while item is not None:
        path.append(item.key)
        earlier = [items[edge.item] for edge in item.waits_for]
        item = max(earlier, key=lambda other: other.done_after_days, default=None)
    promise = max(last.done_after_days if last else Decimal(0), version.bundle.promise_days or Decimal(0))
    codes = dict.fromkeys(item.department for item in items.values())
    return Plan(
        bundle=version.bundle.code, version=version.number, title=version.bundle.title,
        departments={code: version.departments[code].name for code in codes},
        items=tuple(items.values()), promise_days=promise, critical_path=tuple(reversed(path)),
    )  # fmt: skip
