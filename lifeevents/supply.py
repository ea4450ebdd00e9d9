"""Where every need of a case is had from: another service, a known fact, a register, the citizen. PURE.

One ``Supply`` lives for one expansion and notes what it hands out, so that each element is asked once at most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lifeevents.blueprint import Blueprint, Draft, Rule, Source
from lifeevents.derived import Fact
from lifeevents.folding import NOTHING, Answer, fold, next_unknown
from services.conditions import Condition
from services.plan import Value

KNOWN, LOOKUP, ASK, NEVER = "known", "lookup", "ask", "never"
"""How a key can be had, other services apart: on hand, in a register not yet asked, from the citizen, not at all."""


@dataclass(slots=True)
class Asked:
    """A question being gathered: optional as long as everybody who needs it can do without."""

    optional: bool
    needed_by: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Supply:
    blueprint: Blueprint
    facts: Mapping[str, Fact]
    active: set[str] = field(default_factory=set)
    undecided: dict[str, None] = field(default_factory=dict)
    questions: dict[str, Asked] = field(default_factory=dict)
    lookups: dict[Source, dict[str, None]] = field(default_factory=dict)
    known: dict[str, dict[str, None]] = field(default_factory=dict)
    """Facts in use that the citizen did not type → the items that use them."""
    found_by_typed: set[str] = field(default_factory=set)
    """Those a register found by an id that the citizen typed."""
    more_to_come: bool = False
    """Whether some rule is open."""

    def value(self, key: str) -> Value | None:
        fact = self.facts.get(key)
        return None if fact is None else fact.value

    def producer(self, key: str, me: str) -> str | None:
        """Return the active item other than ``me`` that produces the key."""
        for item in self.blueprint.producers.get(key, ()):
            if item in self.active and item != me:
                return item
        return None

    def pending(self, key: str, me: str) -> bool:
        """Say whether an item that would produce the key is itself still undecided."""
        return any(item in self.undecided and item != me for item in self.blueprint.producers.get(key, ()))

    def access(self, key: str, path: tuple[str, ...] = ()) -> str:
        """Say how the key can be had apart from other services; the citizen is the last resort.

        ``path`` names the keys whose lookup needs this one: they cannot be looked up by it in turn.
        """
        fact = self.facts.get(key)
        if fact is not None and fact.value is not None:
            return KNOWN
        spot = self.blueprint.spot(key)
        if fact is None and spot.source is not None and self.reachable(spot.source, (*path, key)):
            return LOOKUP
        return ASK if spot.element.ask else NEVER

    def reachable(self, source: Source, path: tuple[str, ...] = ()) -> bool:
        """Say whether a register is up and the id it searches by is known or can be had; ``path`` guards circles."""
        marker = self.facts.get(f"register:{source.register}")
        if source.of in path or (marker is not None and marker.value is None):
            return False
        if self.value(source.of) is not None:
            return True
        spot = self.blueprint.spot(source.of)
        if source.of not in self.facts and spot.source and self.reachable(spot.source, (*path, source.of)):
            return True
        return spot.element.ask

    def take(self, key: str, me: str, optional: bool, path: tuple[str, ...] = ()) -> None:
        """Note that ``me`` uses the key: as a known fact, a lookup or a question. Does nothing if it cannot be had."""
        users = self.known.get(key)
        if users is not None and key not in self.found_by_typed:
            users[me] = None
            return
        access = self.access(key, path)
        source = self.blueprint.spot(key).source
        if access == LOOKUP and source is not None:
            self.look_up(source, key, me, optional, path)
        elif access == ASK or (access == KNOWN and self._typed(key)):
            asked = self.questions.get(key)
            if asked is None:
                asked = self.questions[key] = Asked(optional)
            asked.optional = asked.optional and optional
            if me:
                asked.needed_by[me] = None
        elif access == KNOWN:
            self._take_known(key, me, optional, path)

    def look_up(self, source: Source, key: str, me: str, optional: bool, path: tuple[str, ...] = ()) -> None:
        """Note a lookup, and the question it may take to make it: the id the register searches by."""
        self.lookups.setdefault(source, {})[key] = None
        if self.value(source.of) is None or self._typed(source.of):
            self.take(source.of, me, optional, (*path, key))

    def _typed(self, key: str) -> bool:
        fact = self.facts.get(key)
        return fact is not None and fact.source == "citizen" and self.blueprint.spot(key).element.ask

    def _take_known(self, key: str, me: str, optional: bool, path: tuple[str, ...]) -> None:
        users = self.known.setdefault(key, {})
        source = self.blueprint.spot(key).source
        # The id a register searched by was perhaps typed: then it keeps its place on the page.
        if source is not None and source.of not in path and self._typed(source.of):
            self.found_by_typed.add(key)
            self.take(source.of, me, optional, (*path, key))
        users[me] = None

    def judge(self, rule: Rule | None, me: str, optional: bool) -> Answer:
        """Decide a rule for an item; take what it reads and, while it is open, what has to be told next."""
        if rule is None:
            return True
        known = self._known_to(me)
        for key in rule.reads:
            if self.told(key, me) is not None:
                self.take(key, me, optional)
        left = fold(rule.condition, known)
        if not isinstance(left, Condition):
            return left
        missing = next_unknown(left, known, {key for key in rule.reads if self.producer(key, me) is not None})
        for key in missing:
            if not self.pending(key, me):
                self.take(key, me, optional)
        if missing:
            self.more_to_come = True
        return None if missing else left

    def told(self, key: str, me: str) -> Value | None:
        """Return the value a rule may go by: what the citizen once typed gives way to a service that will know."""
        value = self.value(key)
        if value is not None and self._typed(key) and (self.producer(key, me) or self.pending(key, me)):
            return None
        return value

    def _known_to(self, me: str) -> Callable[[str], Any]:
        def known(key: str) -> Any:
            value = self.told(key, me)
            if value is not None or self.producer(key, me) or self.pending(key, me):
                return value
            return NOTHING if self.access(key) == NEVER else None

        return known

    def decide_items(self) -> dict[str, Answer]:
        """Judge every item; returns item key → its answer. An open item is neither in nor out for now."""
        answers: dict[str, Answer] = {}
        for draft in self.blueprint.judging_order:
            answer = answers[draft.key] = self.judge(draft.rule, draft.key, optional=False)
            if answer is None:
                self.undecided[draft.key] = None
            elif answer is not False:
                self.active.add(draft.key)
        return answers

    def active_drafts(self) -> tuple[Draft, ...]:
        """Return the drafts of this case in bundle order."""
        return tuple(draft for draft in self.blueprint.drafts if draft.key in self.active)
