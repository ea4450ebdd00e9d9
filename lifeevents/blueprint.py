"""What of an expansion does not depend on answers: items per instance, needs bound to fact keys, pages. PURE, cached.

A blueprint is made once per version and number of instances; ``expand`` then only walks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from lifeevents.definition import After, BundleItem, Element, Evidence, EvidenceNeed, Need, Service, Version
from lifeevents.derived import DisclosedElement
from lifeevents.layout import Place, Places
from services.conditions import All, AnyOf, Compare, Condition, Not, reads, rename
from services.plan import Output, Send

Env = Mapping[str, int]
"""Repeatable role → the instance meant here."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition bound to fact keys, and the keys it reads, once each."""

    condition: Condition
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoundNeed:
    """One element of one item: ``keys`` in order of preference may fill ``wire``."""

    wire: str
    keys: tuple[str, ...]
    rule: Rule | None
    optional: bool
    plain: Send
    """What it comes to when it has one source and no open condition: nearly always."""


@dataclass(frozen=True, slots=True)
class BoundEvidence:
    """One document of one item; ``elements`` fill its template."""

    kind: Evidence
    slot: str
    elements: tuple[str, ...]
    source: Source | None
    rule: Rule | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """One service for one subject, before anybody knows whether it applies."""

    key: str
    subject: str
    service: Service
    entry: BundleItem
    rule: Rule | None
    needs: tuple[BoundNeed, ...]
    evidence: tuple[BoundEvidence, ...]
    outputs: tuple[Output, ...]
    waiver: Rule | None


@dataclass(frozen=True, slots=True)
class Source:
    """The register that may know a key, and how it finds the record: ``relation`` to the person with id ``of``."""

    register: str
    role: str
    relation: str
    of: str


@dataclass(frozen=True, slots=True)
class Spot:
    """What the dictionary and the bundle say about one fact key."""

    element: Element
    source: Source | None
    place: Place


@dataclass
class Blueprint:
    """A version with its repeatable roles spread out; ``spots`` fills as keys are asked for."""

    version: Version
    counts: dict[str, int]
    places: Places
    drafts: tuple[Draft, ...] = ()
    producers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Fact key → the items that may produce it, in bundle order."""
    judging_order: tuple[Draft, ...] = ()
    """The drafts, each after those whose outputs its own condition reads."""
    followers: dict[str, tuple[tuple[str, After], ...]] = field(default_factory=dict)
    """Item key → the items it comes after by law."""
    spots: dict[str, Spot] = field(default_factory=dict)
    disclosed: dict[tuple[str, str, tuple[str, ...], bool], DisclosedElement] = field(default_factory=dict)
    """Service, wire name, sources, optional → that line of who gets what; fills as lines are needed."""

    def spot(self, key: str) -> Spot:
        found = self.spots.get(key)
        if found is None:
            found = self.spots[key] = Spot(self.version.element(key), self._source(key), self.places.place(key))
        return found

    def _source(self, key: str) -> Source | None:
        role_code, attribute = key.split(".", 1)
        role = self.version.roles[role_code]
        element = self.version.element(key)
        register = next((code for code in element.registers if code in role.registers), None)
        if register is None:
            return None
        instance = attribute.partition(".")[0]
        env = {role_code: int(instance)} if role_code in self.counts else {}
        link = role.registers[register]
        return Source(register, role_code, link.relation, names(link.of, env, self.counts)[0])


def names(key: str, env: Env, counts: Env) -> tuple[str, ...]:
    """Return the fact keys a wire name stands for: one, or one per instance of a repeatable role not in ``env``."""
    role, _, attribute = key.partition(".")
    if role not in counts:
        return (key,)
    numbers = (env[role],) if role in env else range(1, counts[role] + 1)
    return tuple(f"{role}.{number}.{attribute}" for number in numbers)


def bind(condition: Condition, env: Env, counts: Env) -> Condition:
    """Return the condition on fact keys; about a repeatable role not in ``env`` it means: for any instance."""
    match condition:
        case Compare():
            roles = dict.fromkeys(key.partition(".")[0] for key in reads(condition))
            loose = [role for role in roles if role in counts and role not in env]
            choices = product(*(range(1, counts[role] + 1) for role in loose))
            envs = [{**env, **dict(zip(loose, numbers, strict=True))} for numbers in choices]
            parts = tuple(_renamed(condition, inner, counts) for inner in envs)
            return parts[0] if len(parts) == 1 else AnyOf(parts)
        case All(parts):
            return All(tuple(bind(part, env, counts) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(bind(part, env, counts) for part in parts))
        case Not(part):
            return Not(bind(part, env, counts))
    raise TypeError(f"not a condition: {condition!r}")


def _renamed(condition: Condition, env: Env, counts: Env) -> Condition:
    return rename(condition, lambda key: names(key, env, counts)[0])


def _rule(condition: Condition | None, env: Env, counts: Env) -> Rule | None:
    if condition is None:
        return None
    bound = bind(condition, env, counts)
    return Rule(bound, tuple(dict.fromkeys(reads(bound))))


def _needs(need: Need, env: Env, counts: Env) -> Iterator[BoundNeed]:
    """Yield one need, or one per instance of a repeatable role the item is not about."""
    role = need.element.partition(".")[0]
    loose = role in counts and role not in env
    for number in range(1, counts[role] + 1) if loose else (0,):
        inner = {**env, role: number} if loose else env
        key = names(need.element, inner, counts)[0]
        others = (name for element in need.alternatives for name in names(element, inner, counts))
        keys = tuple(dict.fromkeys((key, *others)))
        wire = key if loose else need.element
        plain = Send(wire, keys[:1], need.optional)
        yield BoundNeed(wire, keys, _rule(need.when, inner, counts), need.optional, plain)


def _evidence(blueprint: Blueprint, need: EvidenceNeed, env: Env) -> Iterator[BoundEvidence]:
    """Yield one document, or one per instance of the role it is about.

    A template about the item's own subject is that subject's document even if nobody said so: its text differs.
    """
    counts = blueprint.counts
    kind = blueprint.version.evidence[need.evidence]
    roles = {element.partition(".")[0] for element in kind.elements} if "template" in kind.modes else set()
    about = need.about or next((role for role in env if role in roles), "")
    numbers = (0,) if about not in counts else (env[about],) if about in env else range(1, counts[about] + 1)
    for number in numbers:
        inner = {**env, about: number} if number else env
        slot = f"{kind.code}/{about}.{number}" if number else kind.code
        elements = tuple(dict.fromkeys(name for e in kind.elements for name in names(e, inner, counts)))
        source = _licence_source(blueprint, kind, need.about, inner)
        yield BoundEvidence(kind, slot, elements, source, _rule(need.when, inner, counts), need.optional)


def _licence_source(blueprint: Blueprint, kind: Evidence, about: str, env: Env) -> Source | None:
    """Return how an e-licence is found: through the role it is about, else the applicant."""
    for code in (about, "applicant"):
        role = blueprint.version.roles.get(code)
        if role is not None and kind.register in role.registers:
            link = role.registers[kind.register]
            return Source(kind.register, code, link.relation, names(link.of, env, blueprint.counts)[0])
    return None


def _drafts(blueprint: Blueprint, entry: BundleItem) -> Iterator[Draft]:
    service, counts = blueprint.version.services[entry.service], blueprint.counts
    repeated = service.subject in counts
    for number in range(1, counts[service.subject] + 1) if repeated else (0,):
        env = {service.subject: number} if repeated else {}
        subject = f"{service.subject}.{number}" if repeated else ""
        yield Draft(
            key=f"{service.code}/{subject}" if repeated else service.code,
            subject=subject,
            service=service,
            entry=entry,
            rule=_rule(entry.when, env, counts),
            needs=tuple(bound for need in service.needs for bound in _needs(need, env, counts)),
            evidence=tuple(bound for need in service.evidence for bound in _evidence(blueprint, need, env)),
            outputs=tuple(
                Output(produce.element if produce.element.partition(".")[0] in env else name, name, produce.optional)
                for produce in service.produces
                for name in names(produce.element, env, counts)
            ),
            waiver=_rule(service.fee.waived_when, env, counts),
        )


def make_blueprint(version: Version, counts: dict[str, int]) -> Blueprint:
    """Bind a version to a number of instances per repeatable role."""
    blueprint = Blueprint(version, counts, Places(version, counts))
    blueprint.drafts = tuple(draft for entry in version.bundle.items for draft in _drafts(blueprint, entry))
    for draft in blueprint.drafts:
        for output in draft.outputs:
            blueprint.producers[output.key] = (*blueprint.producers.get(output.key, ()), draft.key)
    by_key = {draft.key: draft for draft in blueprint.drafts}
    order: dict[str, Draft] = {}
    for draft in blueprint.drafts:
        _visit(draft, by_key, blueprint.producers, order, set())
    blueprint.judging_order = tuple(order.values())
    blueprint.followers = {draft.key: tuple(_after(draft, blueprint.drafts)) for draft in blueprint.drafts}
    return blueprint


def _visit(
    draft: Draft,
    by_key: Mapping[str, Draft],
    producers: Mapping[str, tuple[str, ...]],
    order: dict[str, Draft],
    open_drafts: set[str],
) -> None:
    """Append the draft to ``order`` behind what its condition reads; a circle is cut where it closes."""
    if draft.key in order or draft.key in open_drafts:
        return
    open_drafts.add(draft.key)
    for key in draft.rule.reads if draft.rule else ():
        for producer in producers.get(key, ()):
            _visit(by_key[producer], by_key, producers, order, open_drafts)
    order[draft.key] = draft


def _after(draft: Draft, drafts: tuple[Draft, ...]) -> Iterator[tuple[str, After]]:
    """Yield what the draft follows by law: the same subject's item if there is one, else every item of the service."""
    for after in draft.entry.after:
        items = [other for other in drafts if other.service.code == after.service and other.key != draft.key]
        same = [other for other in items if other.subject == draft.subject]
        for other in same or items:
            yield other.key, after


_MADE: dict[tuple[int, tuple[int, ...]], Blueprint] = {}
_KEPT = 256


def blueprint_for(version: Version, counts: dict[str, int]) -> Blueprint:
    """Return the blueprint of a version, made once per process and number of instances."""
    key = (id(version), tuple(counts.values()))
    found = _MADE.get(key)
    if found is None:
        if len(_MADE) >= _KEPT:
            _MADE.clear()
        # The blueprint holds its version, so the id cannot be given to another one while it is kept.
        found = _MADE[key] = make_blueprint(version, counts)
    return found
