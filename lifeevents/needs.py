"""What every active item sends, and where each piece comes from. PURE.

Two passes: first what services, facts and registers supply; then the citizen is asked for the rest, so that one
question can serve several needs with alternatives.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lifeevents.blueprint import BoundEvidence, BoundNeed, Draft
from lifeevents.derived import EvidenceUse, Problem
from lifeevents.folding import Answer
from lifeevents.supply import ASK, KNOWN, NEVER, Supply
from services.conditions import Condition, reads
from services.plan import Send, SendDocument

SOURCE_MODES = {"register": "e_licence", "personal": "personal"}
"""Source of a document's fact, up to the colon → the mode it came by; anything else was uploaded."""


@dataclass(slots=True)
class Choice:
    """One need of one item on its way to a Send; ``key`` is the chosen source, None while undecided or lacking."""

    need: BoundNeed
    when: Condition | None
    key: str | None = None


@dataclass(slots=True)
class Leg:
    """One active item being planned."""

    key: str
    draft: Draft
    guard: Condition | None
    choices: list[Choice] = field(default_factory=list)
    documents: list[SendDocument] = field(default_factory=list)
    papers: int = 0
    """Documents an office of its own would ask for."""
    via: dict[str, dict[str, None]] = field(default_factory=dict)
    """Item it waits for → the keys it needs from there."""
    sends: list[Send] = field(default_factory=list)
    stand_ins: bool = False
    """Whether some send has more than one source."""
    waived: bool = False

    def wait_for(self, producer: str, key: str) -> None:
        self.via.setdefault(producer, {})[key] = None


@dataclass(slots=True)
class _Use:
    """A document being gathered over all items that need it."""

    bound: BoundEvidence
    mode: str
    state: str
    optional: bool = True
    needed_by: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Gathering:
    """What the needs of all active items come to."""

    supply: Supply
    legs: list[Leg] = field(default_factory=list)
    uses: dict[str, _Use] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    to_ask: list[tuple[Leg, Choice, list[str]]] = field(default_factory=list)

    @property
    def evidence(self) -> tuple[EvidenceUse, ...]:
        return tuple(
            EvidenceUse(
                slot, use.bound.kind, use.mode, use.state, use.optional, tuple(use.needed_by),
                use.bound.elements if use.mode == "template" else (),
            )
            for slot, use in self.uses.items()
        )  # fmt: skip


def gather(supply: Supply, answers: dict[str, Answer]) -> Gathering:
    """Supply every active item's needs; ``answers`` say which items are guarded. Questions land in ``supply``."""
    gathering = Gathering(supply)
    for draft in supply.active_drafts():
        leg = Leg(draft.key, draft, _guard(answers[draft.key]))
        gathering.legs.append(leg)
        _wait_for_outputs(leg, leg.guard, supply)
        for need in draft.needs:
            _supply_need(gathering, leg, need)
        for evidence in draft.evidence:
            _supply_evidence(gathering, leg, evidence)
        leg.waived = draft.waiver is not None and supply.judge(draft.waiver, leg.key, optional=False) is True
    _ask(gathering)
    for leg in gathering.legs:
        leg.sends = [_send(choice, leg, supply) for choice in leg.choices if choice.key is not None]
    return gathering


def _guard(answer: Answer) -> Condition | None:
    return answer if isinstance(answer, Condition) else None


def _wait_for_outputs(leg: Leg, guard: Condition | None, supply: Supply) -> None:
    for key in reads(guard) if guard else ():
        producer = supply.producer(key, leg.key)
        if producer is not None and supply.told(key, leg.key) is None:
            leg.wait_for(producer, key)


def _supply_need(gathering: Gathering, leg: Leg, need: BoundNeed) -> None:
    """Find the first supply that is not the citizen; leave the rest for ``_ask``."""
    supply = gathering.supply
    choice = Choice(need, None)
    if need.rule is not None:
        answer = supply.judge(need.rule, leg.key, need.optional)
        if not answer:
            return
        choice.when = _guard(answer)
        _wait_for_outputs(leg, choice.when, supply)
    leg.choices.append(choice)
    for key in need.keys:
        if key in supply.blueprint.producers:
            producer = supply.producer(key, leg.key)
            if producer is not None:
                choice.key = key
                leg.wait_for(producer, key)
                return
            if supply.pending(key, leg.key):
                choice.key = key
                return
        if supply.value(key) is not None or supply.access(key) not in (ASK, NEVER):
            choice.key = key
            supply.take(key, leg.key, need.optional)
            return
    gathering.to_ask.append((leg, choice, [key for key in need.keys if supply.access(key) == ASK]))


def _ask(gathering: Gathering) -> None:
    """Ask for what is left: needs with one way first, so that those with alternatives can share a question."""
    supply = gathering.supply
    waiting = sorted(gathering.to_ask, key=lambda entry: (entry[1].need.optional, len(entry[2]) > 1))
    for leg, choice, keys in waiting:
        if keys:
            choice.key = next((key for key in keys if _asked(supply, key, choice.need.optional)), keys[0])
            supply.take(choice.key, leg.key, choice.need.optional)
        elif not choice.need.optional:
            gathering.problems.append(Problem("unsuppliable", leg.key, choice.need.keys))


def _asked(supply: Supply, key: str, optional: bool) -> bool:
    """Say whether a need may lean on a question: a required one not on an optional one."""
    asked = supply.questions.get(key)
    return asked is not None and (optional or not asked.optional)


def _send(choice: Choice, leg: Leg, supply: Supply) -> Send:
    """Return the Send of a need: the chosen source, then the alternatives this case also has."""
    need = choice.need
    if len(need.keys) == 1 and choice.when is None:
        return need.plain
    sources = [key for key in need.keys if key == choice.key]
    for key in need.keys:
        if key != choice.key and (supply.producer(key, leg.key) or _on_hand(key, supply)):
            sources.append(key)
            leg.stand_ins = True
            if supply.producer(key, leg.key) is None:
                supply.take(key, leg.key, need.optional)
    return Send(need.wire, tuple(sources), need.optional, choice.when)


def _on_hand(key: str, supply: Supply) -> bool:
    """Say whether a fact may stand in: known from elsewhere, or answered for another need anyway."""
    fact = supply.facts.get(key)
    return fact is not None and fact.value is not None and (fact.source != "citizen" or key in supply.questions)


def _supply_evidence(gathering: Gathering, leg: Leg, bound: BoundEvidence) -> None:
    """Find the first mode that works, the same for every item that needs this document."""
    supply = gathering.supply
    answer = supply.judge(bound.rule, leg.key, bound.optional)
    if not answer:
        return
    leg.papers += 1
    mode, state = _mode(bound, leg.key, supply)
    if not mode:
        if not bound.optional:
            gathering.problems.append(Problem("unsuppliable", leg.key, (f"evidence:{bound.slot}",)))
        return
    use = gathering.uses.setdefault(bound.slot, _Use(bound, mode, state))
    use.optional = use.optional and bound.optional
    use.needed_by[leg.key] = None
    for element in bound.elements if state == "generated" else ():
        supply.take(element, leg.key, bound.optional)
    if mode == "e_licence" and state == "lookup" and bound.source is not None:
        supply.look_up(bound.source, f"evidence:{bound.slot}", leg.key, bound.optional)
    # A document that may be left out and is not there yet travels only once it is: nothing to disclose until then.
    if mode != "register" and not (state in ("asked", "lookup") and bound.optional):
        when = _guard(answer)
        leg.documents.append(SendDocument(bound.kind.code, bound.slot, when))
        _wait_for_outputs(leg, when, supply)


def _mode(bound: BoundEvidence, me: str, supply: Supply) -> tuple[str, str]:
    """Return mode and state of a document, ("", "") if it cannot be had."""
    fact = supply.facts.get(f"evidence:{bound.slot}")
    if fact is not None and fact.value is not None:
        return SOURCE_MODES.get(fact.source.partition(":")[0], "upload"), "on_hand"
    for mode in bound.kind.modes:
        marker = supply.facts.get(f"register:{bound.kind.register}")
        up = fact is None and (marker is None or marker.value is not None)
        if mode == "register" and up:
            return mode, "checked"
        if mode == "e_licence" and up and bound.source is not None and supply.reachable(bound.source):
            return mode, "lookup"
        if mode == "template" and all(_fills(key, me, supply) for key in bound.elements):
            return mode, "pending" if any(supply.pending(key, me) for key in bound.elements) else "generated"
        if mode == "upload":
            return mode, "asked"
    return "", ""


def _fills(key: str, me: str, supply: Supply) -> bool:
    """Say whether a fact can be had before filing, when documents are generated."""
    return supply.access(key) != NEVER and (supply.access(key) == KNOWN or supply.producer(key, me) is None)
