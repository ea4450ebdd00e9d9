"""Hypothesis strategies: small made-up versions, with everything a real one may have, and facts to go with them.

Services s0 … sn depend only on earlier ones, so there is no circle. Every element is produced by one service, or
asked, or known to a register, and the names say nothing: people, rings and stars.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from lifeevents.definition import (
    After,
    Bundle,
    BundleItem,
    Choice,
    Department,
    Element,
    Evidence,
    EvidenceNeed,
    Fee,
    Need,
    PageLayout,
    Produce,
    Register,
    RegisterLink,
    Repeat,
    Role,
    Service,
    Version,
)
from lifeevents.derived import Expansion, Fact, Question
from services.conditions import All, AnyOf, Compare, Condition, Not
from services.plan import Text, Value

MAXIMUM = 3
COUNT = "family.stars"
ID = "applicant.national_id"
REASON = Text("The law says so.", "法律规定。")


def text(word: str) -> Text:
    return Text(word, word)


@dataclass(frozen=True)
class Pool:
    """What services may speak of: wire names that can be asked or looked up, and those that decide conditions."""

    supplied: tuple[str, ...]
    deciding: tuple[str, ...]


@st.composite
def conditions(draw: st.DrawFn, readable: tuple[str, ...]) -> Condition:
    leaf = st.builds(Compare, st.sampled_from(readable), st.just("is"), st.sampled_from([True, False])) | st.builds(
        Compare, st.sampled_from(readable), st.just("differs_from"), st.sampled_from(readable)
    )
    parts = st.lists(leaf, min_size=1, max_size=3).map(tuple)
    return draw(leaf | st.builds(All, parts) | st.builds(AnyOf, parts) | st.builds(Not, leaf))


def element(code: str, *, ask: bool, register: str = "", kind: str = "boolean") -> Element:
    return Element(code, kind, text(code), ask=ask, registers=(register,) if register else ())


@st.composite
def elements(draw: st.DrawFn) -> dict[str, Element]:
    """Return asked and register-known elements of three entities; the person's id and the count are always there."""
    found = {
        "person.national_id": element("person.national_id", ask=True, kind="national_id"),
        "group.stars": element("group.stars", ask=True, kind="integer", register=draw(st.sampled_from(["", "sky"]))),
    }
    for entity in ("person", "group", "star"):
        for number in range(draw(st.integers(2, 4))):
            code = f"{entity}.a{number}"
            register = draw(st.sampled_from(["", "", "sky", "sea"]))
            found[code] = element(code, ask=not register or draw(st.booleans()), register=register)
    return found


ROLES = {
    "applicant": Role("applicant", "person", text("You"), {"sky": RegisterLink("self", ID)}),
    "other": Role("other", "person", text("Other"), {"sea": RegisterLink("spouse", ID)}),
    "family": Role("family", "group", text("Family"), {"sky": RegisterLink("household", ID)}),
    "child": Role("child", "star", text("Child"), {"sea": RegisterLink("child", ID)}),
    "payout": Role("payout", "payment", text("Payout")),
}
EVIDENCE = {
    "paper": Evidence("paper", text("Paper"), ("upload",)),
    "licence": Evidence("licence", text("Licence"), ("e_licence", "upload"), register="sky"),
    "checked": Evidence("checked", text("Checked"), ("register", "upload"), register="sea"),
    "own": Evidence("own", text("Own"), ("personal", "upload")),
    "letter": Evidence("letter", text("Letter"), ("template",), elements=("applicant.national_id", "child.a0")),
}


def wires(found: dict[str, Element], roles: Iterable[str] = ROLES) -> tuple[str, ...]:
    """Return every element of every role; a role without a register for an element that is never asked is left out."""
    names = []
    for role in roles:
        for code, entry in found.items():
            entity, _, attribute = code.partition(".")
            linked = any(register in ROLES[role].registers for register in entry.registers)
            if ROLES[role].entity == entity and (entry.ask or linked) and f"{role}.{attribute}" != COUNT:
                names.append(f"{role}.{attribute}")
    return tuple(names)


@st.composite
def services(draw: st.DrawFn, number: int, pool: Pool, made: dict[str, bool]) -> Service:
    """Return one service that needs supplied elements and outputs of earlier services, and produces one or two.

    ``made`` holds the outputs of earlier services → whether the citizen can be asked for them instead.
    """
    code = f"s{number}"
    subject = draw(st.sampled_from(["", "child"]))
    needs = []
    for wire in draw(st.lists(st.sampled_from(pool.supplied), max_size=4, unique=True)):
        others = draw(st.lists(st.sampled_from(pool.supplied), max_size=1)) if draw(st.booleans()) else []
        when = draw(st.none() | conditions(pool.deciding))
        needs.append(Need(wire, tuple(o for o in others if o != wire), when, draw(st.booleans())))
    for wire in draw(st.lists(st.sampled_from(list(made)), max_size=3, unique=True)) if made else []:
        others = draw(st.lists(st.sampled_from([*made, *pool.supplied]), max_size=2)) if draw(st.booleans()) else []
        # Where the producer may be left out of the case, a follower needs something that can be had without it.
        last_resort = [] if made[wire] or draw(st.integers(0, 2)) else ["applicant.national_id"]
        stand_ins = tuple(dict.fromkeys([*(o for o in others if o != wire), *last_resort]))
        needs.append(Need(wire, stand_ins, None, draw(st.booleans())))
    role = subject or "family"
    produced = [f"{role}.o{number}_{index}" for index in range(draw(st.integers(0, 2)))]
    made.update((wire, draw(st.booleans())) for wire in produced)
    half_days = st.integers(0, 20).map(lambda n: Decimal(n) / 2)
    return Service(
        code=code, department=f"d{number % 3}", title=text(code), returns=text(code), limit_days=Decimal(30),
        promised_days=draw(half_days), delivery="keyed", subject=subject, needs=tuple(needs),
        evidence=tuple(draw(st.lists(evidence_needs(pool), max_size=2, unique_by=lambda need: need.evidence))),
        produces=tuple(Produce(wire) for wire in produced),
        fee=Fee(Decimal(draw(st.integers(0, 5))), waived_when=draw(st.none() | conditions(pool.deciding))),
    )  # fmt: skip


def evidence_needs(pool: Pool) -> st.SearchStrategy[EvidenceNeed]:
    when = st.none() | conditions(pool.deciding)
    return st.builds(EvidenceNeed, st.sampled_from(list(EVIDENCE)), st.sampled_from(["", "child"]), when, st.booleans())


@st.composite
def bundle_items(draw: st.DrawFn, made_by: list[Service], pool: Pool) -> tuple[BundleItem, ...]:
    items = []
    for number, service in enumerate(made_by):
        outputs = [produce.element for other in made_by[:number] for produce in other.produces]
        # Conditions on other services' outputs alone, often: they become guards.
        readable = tuple(outputs) if outputs and draw(st.booleans()) else pool.deciding
        earlier = draw(st.lists(st.sampled_from(made_by[:number]), max_size=1)) if number else []
        items.append(
            BundleItem(
                service.code,
                when=draw(conditions(readable))
                if readable != pool.deciding
                else draw(st.none() | conditions(readable)),
                after=tuple(After(other.code, REASON, draw(st.booleans())) for other in earlier),
                even_if_refused=tuple(other.code for other in made_by[:number] if draw(st.integers(0, 5)) == 0),
                if_refused=draw(st.sampled_from(["stop", "stop", "go_on", "hold"])),
            )
        )
    return tuple(items)


@st.composite
def versions(draw: st.DrawFn) -> Version:
    found = draw(elements())
    supplied = wires(found)
    pool = Pool(supplied, tuple(wire for wire in supplied if not wire.endswith("national_id")))
    made: dict[str, bool] = {}
    made_by = [draw(services(number, pool, made)) for number in range(draw(st.integers(1, 6)))]
    for wire, ask in made.items():
        code = f"{ROLES[wire.partition('.')[0]].entity}.{wire.partition('.')[2]}"
        found[code] = element(code, ask=ask)
    bundle = Bundle(
        code="made-up", event="made-up", title=text("Made up"), summary=text("Made up"),
        items=draw(bundle_items(made_by, pool)),
        pages=(PageLayout("all", text("All"), ("applicant", "other")), PageLayout("child", text("C"), ("child",))),
        repeats=(Repeat("child", COUNT, MAXIMUM),),
    )  # fmt: skip
    return Version(
        number=1, bundle=bundle, elements=found, roles=ROLES, evidence=EVIDENCE,
        services={service.code: service for service in made_by},
        departments={f"d{n}": Department(f"d{n}", text(f"D{n}")) for n in range(3)},
        registers={code: Register(code, text(code)) for code in ("sky", "sea")},
    )  # fmt: skip


CHOICE = Choice("yes", text("Yes"))


@st.composite
def answers(draw: st.DrawFn, question: Question) -> Value:
    """Return something a citizen might answer."""
    if question.element.type == "integer":
        return draw(st.integers(0, MAXIMUM + 1))
    if question.element.type == "national_id":
        return "990101199403120026"
    return draw(st.booleans())


@st.composite
def told(draw: st.DrawFn, expansion: Expansion, facts: dict[str, Fact]) -> dict[str, Fact]:
    """Return the facts and what the pending lookups bring: values, nothing, or a register that is down."""
    facts = dict(facts)
    for lookup in expansion.lookups:
        for key in lookup.keys if lookup.ready else ():
            state = draw(st.sampled_from(["known", "known", "unknown", "unavailable"]))
            value = draw(st.booleans()) if state == "known" else None
            if key == COUNT and value is not None:
                value = draw(st.integers(1, MAXIMUM))
            facts[key] = Fact(value, f"register:{lookup.register}", "2026-11-20", state)
    return facts
