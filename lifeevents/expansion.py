"""``expand``: what one life event calls for, given what is known so far. PURE: no Django, no clock, no database.

Read in this order: ``derived`` (what goes in and comes out), ``blueprint`` (what does not depend on answers),
``supply`` and ``needs`` (where everything comes from), ``planning`` (order and promise), ``benefits``.
"""

from __future__ import annotations

from collections.abc import Mapping

from lifeevents.benefits import fees, parts, reductions, who_gets_what
from lifeevents.blueprint import blueprint_for
from lifeevents.definition import Repeat, Version
from lifeevents.derived import EvidenceQuestion, EvidenceUse, Expansion, Fact, KnownFact, Lookup, Page, Question
from lifeevents.layout import DOCUMENTS
from lifeevents.needs import Gathering, gather
from lifeevents.planning import make_plan
from lifeevents.supply import Supply
from services.conditions import reads
from services.plan import Plan

__all__ = ["Expansion", "Fact", "Page", "Question", "expand"]


def expand(version: Version, facts: Mapping[str, Fact]) -> Expansion:
    """Derive form, lookups, plan, promise, fees and disclosures from a published version and the facts so far.

    1. Count the instances of repeatable roles. 2. Decide which services apply. 3. Supply their needs. 4. Order them.
    Total and deterministic: the order of ``facts`` never matters, and nothing in them can make it raise.
    """
    blueprint = blueprint_for(version, _counts(version, facts))
    supply = Supply(blueprint, facts)
    for repeat in version.bundle.repeats:
        supply.take(repeat.count, "", optional=False)
    answers = supply.decide_items()
    gathering = gather(supply, answers)
    producer_of = {output.key: leg.key for leg in gathering.legs for output in leg.draft.outputs}
    schedule = make_plan(blueprint, gathering.legs, producer_of)
    evidence = gathering.evidence
    pages = _pages(supply, evidence)
    return Expansion(
        instances={role: tuple(f"{role}.{n + 1}" for n in range(count)) for role, count in blueprint.counts.items()},
        pages=pages,
        known=_known(supply),
        evidence=evidence,
        lookups=_lookups(supply),
        undecided=tuple(supply.undecided),
        more_to_come=supply.more_to_come,
        filed=_filed(schedule.plan, gathering, evidence),
        plan=schedule.plan,
        starts_after_days=schedule.starts,
        parts=parts(version, schedule.plan),
        fees=fees(gathering.legs),
        who_gets_what=who_gets_what(blueprint, schedule.plan, evidence),
        reductions=reductions(gathering.legs, pages, schedule.plan),
        problems=(*gathering.problems, *schedule.problems),
    )


def _counts(version: Version, facts: Mapping[str, Fact]) -> dict[str, int]:
    return {repeat.role: _count(repeat, facts.get(repeat.count)) for repeat in version.bundle.repeats}


def _count(repeat: Repeat, fact: Fact | None) -> int:
    """Return how many instances there are, 1 while nobody knows."""
    if fact is None or not isinstance(fact.value, int):
        return 1
    return max(1, min(int(fact.value), repeat.maximum))


def _pages(supply: Supply, evidence: tuple[EvidenceUse, ...]) -> tuple[Page, ...]:
    """Return the questions on their pages, in the bundle's order, uploads last; a page without a question is none."""
    blueprint = supply.blueprint
    by_page: dict[str, list[str]] = {}
    for key in sorted(supply.questions, key=lambda key: blueprint.spot(key).place.rank):
        by_page.setdefault(blueprint.spot(key).place.page, []).append(key)
    pages = []
    for code, keys in by_page.items():
        place = blueprint.spot(keys[0]).place
        pages.append(Page(code, place.title, place.instance, tuple(_question(key, supply) for key in keys)))
    uploads = tuple(_upload(use, supply.facts) for use in evidence if use.mode == "upload")
    return (*pages, Page("documents", DOCUMENTS, "", (), uploads)) if uploads else tuple(pages)


def _question(key: str, supply: Supply) -> Question:
    asked = supply.questions[key]
    needed_by = tuple(draft.key for draft in supply.blueprint.drafts if draft.key in asked.needed_by)
    return Question(key, supply.blueprint.spot(key).element, supply.value(key), asked.optional, needed_by)


def _upload(use: EvidenceUse, facts: Mapping[str, Fact]) -> EvidenceQuestion:
    fact = facts.get(f"evidence:{use.slot}")
    document = None if fact is None or fact.value is None else str(fact.value)
    return EvidenceQuestion(use.slot, use.evidence, document, use.optional, use.needed_by)


def _known(supply: Supply) -> tuple[KnownFact, ...]:
    found = []
    for key, users in supply.known.items():
        fact = supply.facts[key]
        if fact.value is not None:
            element = supply.blueprint.spot(key).element
            found.append(KnownFact(key, element, fact.value, fact.source, fact.at, tuple(filter(None, users))))
    return tuple(found)


def _lookups(supply: Supply) -> tuple[Lookup, ...]:
    return tuple(
        Lookup(
            source.register, source.role, source.relation, source.of,
            ready=supply.value(source.of) is not None, keys=tuple(keys),
        )
        for source, keys in supply.lookups.items()
    )  # fmt: skip


def _filed(plan: Plan, gathering: Gathering, evidence: tuple[EvidenceUse, ...]) -> tuple[str, ...]:
    """Return the known facts a case takes along: what is sent, what guards read, what documents are written from."""
    keys: dict[str, None] = {}
    for item in plan.items:
        conditions = (item.guard, *[s.when for s in item.sends], *[d.when for d in item.documents])
        wanted = [key for send in item.sends for key in send.sources]
        wanted += [key for condition in conditions if condition is not None for key in reads(condition)]
        for key in wanted:
            # What another item will bring is filled in by its answer, never by an earlier value.
            if key not in plan.producer or plan.producer[key] == item.key:
                keys[key] = None
    keys.update((key, None) for use in evidence for key in use.elements)
    return tuple(key for key in keys if gathering.supply.value(key) is not None)
