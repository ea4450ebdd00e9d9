"""The birth bundle as shipped: the published figures, eight data edges, every label, every sample fileable."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from lifeevents.dataflow import trace
from lifeevents.definition import Sample, Version
from lifeevents.expansion import Expansion, Fact, expand
from lifeevents.lints import check_entries, check_version
from lifeevents.naming import EVIDENCE_PREFIX, known_to_register
from lifeevents.reading import Catalogue, read_catalogue, resolve

SHIPPED = Path(__file__).parents[2] / "lifeevents" / "catalogue"
CATALOGUE = read_catalogue([SHIPPED])
BIRTH = resolve(CATALOGUE, "birth", 1)

# Service, department, limit and promise in working days: the published figures for this bundle.
FIGURES = [
    ("birth-certificate", "health", 5, 1),
    ("vaccination-record", "health", 1, 0),
    ("birth-registration", "civil-registry", 10, 3),
    ("child-health-insurance", "health-insurance", 1, 1),
    ("first-premium", "tax", 1, 0),
    ("social-security-card", "social-insurance", 30, 10),
    ("maternity-benefit", "health-insurance", 20, 10),
    ("child-allowance", "family-benefits", 30, 5),
    ("child-follow-up", "health", 15, 0),
    ("tax-dependant", "tax", 10, 0),
]
EDGES = {
    ("birth-certificate", "birth-registration"),
    ("birth-certificate", "maternity-benefit"),
    ("birth-certificate", "child-follow-up"),
    ("birth-registration", "child-health-insurance"),
    ("birth-registration", "social-security-card"),
    ("birth-registration", "child-allowance"),
    ("birth-registration", "tax-dependant"),
    ("child-health-insurance", "first-premium"),
}
SAMPLES = {sample.name: sample for sample in BIRTH.bundle.samples}


def facts_of(version: Version, sample: Sample) -> dict[str, Fact]:
    """Return the sample's facts, those a register can tell as told by it when registers are up."""
    facts = {}
    for key, value in sample.facts.items():
        wire = re.sub(r"\.\d+\.", ".", key)
        told = not key.startswith(EVIDENCE_PREFIX) and known_to_register(version, wire)
        facts[key] = Fact(value, f"register:{told}" if told and sample.registers_up else "citizen", "")
    return facts


def expansion_of(name: str) -> Expansion:
    return expand(BIRTH, facts_of(BIRTH, SAMPLES[name]))


def asked(expansion: Expansion) -> list[str]:
    return [question.key for page in expansion.pages for question in page.questions]


def without(name: str, *keys: str, **changed: object) -> Expansion:
    """Expand a sample with some facts left out and some changed (``_`` of the first dot written ``__``)."""
    facts = facts_of(BIRTH, SAMPLES[name])
    for key in keys:
        del facts[key]
    for key, value in changed.items():
        facts[key.replace("__", ".")] = Fact(value, "citizen", "")  # type: ignore[arg-type]
    return expand(BIRTH, facts)


def test_the_catalogue_has_no_errors() -> None:
    assert check_version(BIRTH).errors == ()
    assert check_entries(CATALOGUE).errors == ()
    assert check_entries(CATALOGUE).warnings == ()


def test_the_only_warning_is_the_service_that_promises_its_whole_limit() -> None:
    warnings = check_version(BIRTH).warnings
    assert [(w.code, w.where[1]) for w in warnings] == [("promise-equals-limit", "child-health-insurance")]


@pytest.mark.parametrize(("code", "department", "limit", "promise"), FIGURES)
def test_services_have_the_published_figures(code: str, department: str, limit: int, promise: int) -> None:
    service = BIRTH.services[code]
    assert (service.department, service.limit_days, service.promised_days) == (department, limit, promise)
    assert service.law


def test_it_has_ten_services_of_six_departments() -> None:
    assert [item.service for item in BIRTH.bundle.items] == [code for code, *_ in FIGURES]
    assert len(BIRTH.departments) == 6
    assert BIRTH.bundle.event in CATALOGUE.events


def test_exactly_eight_edges_come_out_of_the_data() -> None:
    flow = trace(BIRTH)
    assert {(before, code) for code, waits in flow.edges.items() for before in waits} == EDGES
    assert not any(item.after for item in BIRTH.bundle.items)


def test_the_plan_has_the_same_edges_and_takes_fourteen_days() -> None:
    plan = expansion_of("married").plan
    found = {(e.item.partition("/")[0], item.service) for item in plan.items for e in item.waits_for}
    assert found == EDGES
    assert plan.promise_days == 14
    assert [BIRTH.services[key.partition("/")[0]].promised_days for key in plan.critical_path] == [1, 3, 10]


def test_the_papers_are_promised_in_five_days() -> None:
    (part,) = BIRTH.bundle.parts
    assert part.days == 5 == max(trace(BIRTH).days[code] for code in part.services)


def test_serial_limits_add_up_as_published() -> None:
    assert sum((service.limit_days for service in BIRTH.services.values()), Decimal(0)) == 123


def test_there_are_about_forty_elements_all_labelled_in_both_languages() -> None:
    assert 40 <= len(BIRTH.elements) <= 55
    for element in BIRTH.elements.values():
        for text in (element.label, element.hint, *(choice.label for choice in element.choices)):
            assert text is None or (text.en.strip() and re.search(r"[一-鿿]", text.zh)), element.code


def test_numbers_given_by_services_are_never_asked() -> None:
    for service in BIRTH.services.values():
        for output in service.produces:
            assert not BIRTH.element(output.element).ask


def test_every_evidence_mode_is_in_use() -> None:
    modes = {mode for kind in BIRTH.evidence.values() for mode in kind.modes}
    assert modes == {"register", "e_licence", "template", "personal", "upload"}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_can_be_filed_at_once(name: str) -> None:
    expansion = expansion_of(name)
    assert expansion.missing == ()
    assert expansion.problems == ()
    assert expansion.undecided == ()
    assert expansion.plan.promise_days == 14


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_can_be_filed_with_every_register_down(name: str) -> None:
    typed = {key: Fact(value, "citizen", "") for key, value in SAMPLES[name].facts.items()}
    down = {f"register:{code}": Fact(None, "", "", "unavailable") for code in BIRTH.registers}
    expansion = expand(BIRTH, typed | down)
    assert expansion.missing == ()
    assert expansion.lookups == ()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_expects_only_items_of_its_plan(name: str) -> None:
    assert set(SAMPLES[name].expect) <= set(expansion_of(name).plan.by_key)


def test_the_golden_sample_comes_first_and_runs_all_ten() -> None:
    assert BIRTH.bundle.samples[0].name == "married"
    assert len(expansion_of("married").plan.items) == 10


def test_a_married_citizen_is_asked_at_most_twenty_five_fields() -> None:
    assert len(asked(expansion_of("married"))) == 13


def test_with_no_facts_it_asks_three_situation_questions() -> None:
    situation = expand(BIRTH, {}).pages[0]
    assert situation.code == "situation"
    keys = {question.key for question in situation.questions}
    assert keys == {"birth.claims_maternity_benefit", "household.wants_follow_up", "tax_claim.wanted"}


def test_before_any_answer_the_promise_is_fourteen_days() -> None:
    assert expand(BIRTH, {}).plan.promise_days == 14


def test_a_single_parent_is_asked_nothing_about_another_parent() -> None:
    keys = asked(expansion_of("single"))
    assert not [key for key in keys if key.startswith("other_parent.")]
    assert "tax_claim.claimed_by" not in keys
    assert "household.child_joins" not in keys


def test_low_income_waives_the_premium_and_asks_for_no_mandate() -> None:
    expansion = expansion_of("low_income")
    assert "payout.debit_consent" not in asked(expansion)
    premium = expansion.plan.by_key["first-premium/child.1"]
    assert "payout.account_number" not in {send.wire for send in premium.sends}
    assert [(line.waived, line.amount) for line in expansion.fees.lines] == [(True, 0)]


def test_the_premium_costs_four_hundred_otherwise() -> None:
    assert [line.amount for line in expansion_of("married").fees.lines] == [400]


def test_twins_are_one_application_with_every_service_once_per_child() -> None:
    plan = expansion_of("twins").plan
    assert len(plan.items) == 9 * 2 + 1
    benefit = plan.by_key["maternity-benefit"]
    assert {edge.item for edge in benefit.waits_for} == {"birth-certificate/child.1", "birth-certificate/child.2"}
    assert "child.2.birth_certificate_number" in {send.wire for send in benefit.sends}


def test_the_childs_ethnic_group_is_asked_only_when_the_parents_differ() -> None:
    assert "child.2.ethnicity_follows" in asked(expansion_of("twins"))
    assert "child.1.ethnicity_follows" not in asked(expansion_of("married"))


def test_follow_up_and_deduction_are_left_out_on_request() -> None:
    changed = without("married", household__wants_follow_up=False, tax_claim__wanted=False)
    services = {item.service for item in changed.plan.items}
    assert not services & {"child-follow-up", "tax-dependant"}
    assert "tax_claim.claimed_by" not in asked(changed)


def test_a_father_brings_the_mothers_authorisation() -> None:
    as_father = without("married", applicant__parent_role="father")
    slots = {use.slot: use.mode for use in as_father.evidence}
    assert slots["mother-authorisation"] == "template"
    assert "mother-authorisation" not in {use.slot for use in expansion_of("married").evidence}


def test_vaccination_needs_nothing_from_the_citizen() -> None:
    needs = BIRTH.services["vaccination-record"].needs
    assert all(known_to_register(BIRTH, need.element) for need in needs)


def test_insurance_falls_back_on_the_certificate_number() -> None:
    item = expansion_of("married").plan.by_key["child-health-insurance/child.1"]
    (number,) = [send for send in item.sends if send.wire == "child.personal_number"]
    assert number.sources == ("child.1.personal_number", "child.1.birth_certificate_number")


def test_reading_twice_gives_the_same_version() -> None:
    again: Catalogue = read_catalogue([SHIPPED])
    assert resolve(again, "birth", 1) == BIRTH
