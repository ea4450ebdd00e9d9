"""Which waiting items may go now, and what each of them sends. PURE: plan, states and output keys in; moves out.

An item goes when every element it must send is at hand, every service it follows by law has ended well, and its
guard holds. What can never be had any more ends it at once: skipped, or held for a person if the policy of the
refused service says so. Optional elements wait for their producer too, and are left out if it brought nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.conditions import Condition, evaluate, reads
from services.plan import Edge, Plan, PlanItem, Send, Value

ENDED = frozenset({"granted", "refused", "skipped", "not_applicable", "cancelled"})
"""Item states that nothing leaves."""

Verdict = str
"""``waiting``, ``ready``, ``skipped``, ``held`` or ``not_applicable``."""

_NO_OUTPUTS: frozenset[str] = frozenset()


def _nothing_known(key: str) -> None:
    return None


@dataclass(slots=True)
class _View:
    """One case while it is being looked at; ``moved`` holds this call's own verdicts, so skips cascade."""

    plan: Plan
    states: Mapping[str, str]
    outputs: Mapping[str, frozenset[str]]
    known: Callable[[str], Any]
    moved: dict[str, Verdict] = field(default_factory=dict)

    def state(self, item: str) -> str:
        return self.moved.get(item) or self.states[item]

    def blocked(self, producer: str) -> Verdict:
        """Return what befalls an item that can no longer get what ``producer`` should have brought.

        Only a department's own answer can hold followers; what was skipped or cancelled simply takes them along.
        """
        answered = self.state(producer) in ("refused", "granted")
        return "held" if answered and self.plan.by_key[producer].if_refused == "hold" else "skipped"


def release(
    plan: Plan,
    states: Mapping[str, str],
    outputs: Mapping[str, frozenset[str]],
    known: Callable[[str], Any] = _nothing_known,
) -> dict[str, Verdict]:
    """Return the items of ``plan`` that leave ``waiting`` now: item key → ready, skipped, held or not_applicable.

    ``states`` has every item of the plan; ``outputs`` the fact keys each granted item brought; ``known`` returns a
    fact's value or None and is only called for conditions. Empty when nothing moves.
    """
    view = _View(plan, states, outputs, known)
    # Items stand in topological order, so one pass is the fixed point.
    for item in plan.items:
        if states[item.key] == "waiting" and (verdict := _verdict(item, view)) != "waiting":
            view.moved[item.key] = verdict
    return view.moved


def initial_states(plan: Plan, known: Callable[[str], Any] = _nothing_known) -> dict[str, str]:
    """Return the state every item of a case starts in, by item key."""
    waiting = {item.key: "waiting" for item in plan.items}
    return waiting | release(plan, waiting, {}, known)


def payload(item: PlanItem, pool: Mapping[str, Value]) -> dict[str, Value]:
    """Return exactly what the department of ``item`` is sent, by wire name; what the pool lacks is left out."""
    data: dict[str, Value] = {}
    for send in item.sends:
        if send.when is None or evaluate(send.when, pool.get) is True:
            source = next((key for key in send.sources if key in pool), None)
            if source is not None:
                data[send.wire] = pool[source]
    return data


def _verdict(item: PlanItem, view: _View) -> Verdict:
    """Decide one waiting item. The guard comes first, so the order of answers never changes the end."""
    edges = {edge.item: edge for edge in item.waits_for}
    verdict = _guard(item, edges, view)
    if verdict != "ready":
        return verdict
    verdicts = {_supply(item, send, edges, view) for send in item.sends}
    verdicts.update(_order(edge, view) for edge in item.waits_for if edge.reason is not None)
    for verdict in ("skipped", "held", "waiting"):
        if verdict in verdicts:
            return verdict
    return "ready"


def _guard(item: PlanItem, edges: Mapping[str, Edge], view: _View) -> Verdict:
    """Judge the item's condition on other items' outputs; ready when it has none."""
    decided = evaluate(item.guard, view.known)
    if item.guard is None or decided is not None:
        return "not_applicable" if decided is False else "ready"
    producers = _producers(item, item.guard, view)
    if any(view.state(producer) not in ENDED for producer in producers):
        return "waiting"
    return _without(producers, edges, view)


def _producers(item: PlanItem, condition: Condition, view: _View) -> list[str]:
    """Return the other items that should bring what the condition reads and nobody knows yet."""
    found = (view.plan.producer.get(key) for key in reads(condition) if view.known(key) is None)
    return [producer for producer in found if producer is not None and producer != item.key]


def _without(producers: list[str], edges: Mapping[str, Edge], view: _View) -> Verdict:
    """Return what becomes of an item whose producers have all ended and not brought what it needs."""
    if any(edges[producer].even_if_refused for producer in producers if producer in edges):
        return "ready"
    return "held" if any(view.blocked(producer) == "held" for producer in producers) else "skipped"


def _supply(item: PlanItem, send: Send, edges: Mapping[str, Edge], view: _View) -> Verdict:
    """Say whether one element can be sent: ready (also if left out), waiting, or what its lack does to the item."""
    if send.when is not None:
        wanted = evaluate(send.when, view.known)
        pending = (view.state(producer) not in ENDED for producer in _producers(item, send.when, view))
        if wanted is not True:
            return "waiting" if wanted is None and any(pending) else "ready"
    lacking: list[str] = []
    for key in send.sources:
        producer = view.plan.producer.get(key)
        if producer is None or producer == item.key:
            return "ready"
        state = view.state(producer)
        if state not in ENDED:
            return "waiting"
        if state == "granted" and key in view.outputs.get(producer, _NO_OUTPUTS):
            return "ready"
        lacking.append(producer)
    return "ready" if send.optional else _without(lacking, edges, view)


def _order(edge: Edge, view: _View) -> Verdict:
    """Judge an order that is law: the other item must have ended, and granted unless a policy says go on."""
    state = view.state(edge.item)
    if state not in ENDED:
        return "waiting"
    # A guard that turned false takes its item out of the case, as a condition that was false at filing would have.
    if state in ("granted", "not_applicable") or edge.even_if_refused:
        return "ready"
    if view.plan.by_key[edge.item].if_refused == "go_on":
        return "ready"
    return view.blocked(edge.item)
