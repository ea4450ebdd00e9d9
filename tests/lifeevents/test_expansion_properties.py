"""What must hold for every catalogue and every citizen: checked on made-up catalogues and random answers."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lifeevents.blueprint import bind
from lifeevents.definition import Version
from lifeevents.derived import Expansion, Fact
from lifeevents.expansion import expand
from services.conditions import evaluate
from services.plan import Value
from services.release import ENDED, initial_states, payload, release
from tests.lifeevents.random_catalogues import COUNT, answers, told, versions

ROUNDS = 200
thorough = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
Facts = dict[str, Fact]


def keys_of(expansion: Expansion) -> list[str]:
    return [q.key for page in expansion.pages for q in (*page.questions, *page.evidence)]


def answer_one(data: st.DataObject, expansion: Expansion, facts: Facts, key: str) -> Facts:
    question = expansion.questions.get(key)
    value: Value = "document-1" if question is None else data.draw(answers(question), label=key)
    return {**facts, key: Fact(value)}


def walk(data: st.DataObject, version: Version, start: Facts | None = None) -> list[tuple[Facts, Expansion]]:
    """Look everything up and answer one question at a time until nothing is missing; return every step."""
    facts = dict(start or {})
    steps = [(facts, expand(version, facts))]
    for _ in range(ROUNDS):
        expansion = steps[-1][1]
        if any(lookup.ready for lookup in expansion.lookups):
            facts = data.draw(told(expansion, facts))
        elif expansion.missing:
            key = data.draw(st.sampled_from(expansion.missing))
            facts = answer_one(data, expansion, facts, key)
        else:
            return steps
        steps.append((facts, expand(version, facts)))
    raise AssertionError(f"still missing after {ROUNDS} rounds: {expansion.missing}")


def complete(data: st.DataObject, version: Version) -> tuple[Facts, Expansion]:
    facts, expansion = walk(data, version)[-1]
    assume(not expansion.problems)  # an unlucky register answer may leave a need that nobody can supply
    return facts, expansion


@thorough
@given(versions(), st.data())
def test_no_element_is_asked_twice(version: Version, data: st.DataObject) -> None:
    for _, expansion in walk(data, version):
        assert all(count == 1 for count in Counter(keys_of(expansion)).values())
        codes = Counter(page.code for page in expansion.pages)
        assert all(count == 1 for count in codes.values())
        assert all(page.questions or page.evidence for page in expansion.pages)


@thorough
@given(versions(), st.data())
def test_nothing_is_asked_that_a_register_or_another_service_supplies(version: Version, data: st.DataObject) -> None:
    for facts, expansion in walk(data, version):
        for key, question in expansion.questions.items():
            assert key not in expansion.plan.producer
            if question.value is None and key not in facts:
                role = version.roles[key.partition(".")[0]]
                assert not any(code in role.registers for code in question.element.registers)
            if question.value is not None:
                assert facts[key].source == "citizen"


@thorough
@given(versions(), st.data())
def test_what_another_service_of_the_case_brings_is_taken_from_there(version: Version, data: st.DataObject) -> None:
    for _, expansion in walk(data, version):
        for item in expansion.plan.items:
            before = {edge.item for edge in item.waits_for}
            for send in item.sends:
                producer = expansion.plan.producer.get(own_key(send.wire, item.subject))
                if producer not in (None, item.key):
                    assert send.sources[0] == own_key(send.wire, item.subject)
                    assert producer in before


def own_key(wire: str, subject: str) -> str:
    role, _, attribute = wire.partition(".")
    return f"{subject}.{attribute}" if role == subject.partition(".")[0] else wire


@thorough
@given(versions(), st.data())
def test_answering_all_questions_makes_it_complete(version: Version, data: st.DataObject) -> None:
    expansion = walk(data, version)[-1][1]
    assert expansion.complete or expansion.problems
    assert not expansion.undecided
    assert {problem.code for problem in expansion.problems} <= {"unsuppliable"}


@thorough
@given(versions(), st.data())
def test_answers_only_shrink_what_is_missing_once_all_is_decided(version: Version, data: st.DataObject) -> None:
    steps = walk(data, version)
    for (facts, before), (later, after) in zip(steps, steps[1:], strict=False):
        answered = {key for key in later if later[key] != facts.get(key)} & set(before.missing)
        if not before.more_to_come and not before.lookups and COUNT not in answered:
            assert set(after.missing) == set(before.missing) - answered
            assert not after.more_to_come


@thorough
@given(versions(), st.data())
def test_what_was_decided_stays_decided(version: Version, data: st.DataObject) -> None:
    steps = walk(data, version)
    for (_, before), (_, after) in zip(steps, steps[1:], strict=False):
        if before.instances == after.instances:
            known_before = {item.key for item in before.plan.items if item.guard is None}
            assert known_before <= {item.key for item in after.plan.items}
            assert set(after.undecided) <= set(before.undecided)


@thorough
@given(versions(), st.data(), st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_give_the_same_expansion(
    version: Version, data: st.DataObject, shuffler: random.Random
) -> None:
    for facts, expansion in walk(data, version):
        pairs = list(facts.items())
        shuffler.shuffle(pairs)
        assert expand(version, dict(pairs)) == expansion


@thorough
@given(versions(), st.data())
def test_the_plan_has_no_circle_and_its_promise_is_its_longest_path(version: Version, data: st.DataObject) -> None:
    for _, expansion in walk(data, version):
        plan = expansion.plan
        position = {item.key: index for index, item in enumerate(plan.items)}
        for index, item in enumerate(plan.items):
            assert all(position[edge.item] < index for edge in item.waits_for)
            start = max((plan.by_key[edge.item].done_after_days for edge in item.waits_for), default=0)
            assert item.done_after_days == start + item.promised_days
            assert expansion.starts_after_days[item.key] == start
        assert plan.promise_days == max((item.done_after_days for item in plan.items), default=0)
        assert sum(plan.by_key[key].promised_days for key in plan.critical_path) == plan.promise_days


def pool_of(facts: Facts, expansion: Expansion) -> dict[str, Value]:
    pool = {key: facts[key].value for key in expansion.filed}
    return {key: value for key, value in pool.items() if value is not None}


def out_of_case(version: Version, expansion: Expansion, pool: dict[str, Value]) -> set[str]:
    """Return the items whose own condition is false with what is known now."""
    counts = {role: len(instances) for role, instances in expansion.instances.items()}
    conditions = {entry.service: entry.when for entry in version.bundle.items}
    found = set()
    for item in expansion.plan.items:
        when = conditions[item.service]
        env = {"child": int(item.subject.partition(".")[2])} if item.subject else {}
        if when is not None and evaluate(bind(when, env, counts), pool.get) is False:
            found.add(item.key)
    return found


def settle(
    version: Version, expansion: Expansion, pool: dict[str, Value], data: st.DataObject, ends: list[str]
) -> dict[str, str]:
    """Play a case through: answer the items that went out in random order, release what follows."""
    plan = expansion.plan
    states = initial_states(plan, pool.get)
    outputs: dict[str, frozenset[str]] = {}
    sent: dict[str, dict[str, Value]] = {}
    for _ in range(len(plan.items) + 1):
        out = [key for key, state in states.items() if state == "ready"]
        if not out:
            break
        key = data.draw(st.sampled_from(out), label="answers")
        item = plan.by_key[key]
        sent[key] = payload(item, pool)
        assert key not in out_of_case(version, expansion, pool), f"{key} was sent though its condition is false"
        required = {send.wire for send in item.sends if not send.optional and send.when is None}
        excused = {edge.item for edge in item.waits_for if edge.even_if_refused}
        lacking = {
            send.wire for send in item.sends
            if send.wire in required - set(sent[key]) and not {plan.producer.get(k) for k in send.sources} & excused
        }  # fmt: skip
        assert not lacking, f"{key} was sent without {lacking}"
        states[key] = data.draw(st.sampled_from(ends), label=key)
        if states[key] == "granted":
            outputs[key] = frozenset(output.key for output in item.outputs)
            pool.update((output.key, data.draw(st.booleans())) for output in item.outputs)
        states.update(release(plan, states, outputs, pool.get))
    return states


@thorough
@given(versions(), st.data())
def test_every_need_is_met_before_a_service_starts(version: Version, data: st.DataObject) -> None:
    facts, expansion = complete(data, version)
    states = settle(version, expansion, pool_of(facts, expansion), data, ["granted"])
    assert set(states.values()) <= {"granted", "not_applicable", "skipped"}
    for key, state in states.items():
        if state == "skipped":  # only where something it needs turned out not to apply
            assert any(states[edge.item] in ("not_applicable", "skipped") for edge in _waits(expansion, key))


def _waits(expansion: Expansion, key: str) -> tuple:  # type: ignore[type-arg]
    return expansion.plan.by_key[key].waits_for


@thorough
@given(versions(), st.data())
def test_no_refusal_leaves_an_item_waiting_for_ever(version: Version, data: st.DataObject) -> None:
    facts, expansion = complete(data, version)
    states = settle(version, expansion, pool_of(facts, expansion), data, ["granted", "refused"])
    waiting = {key for key, state in states.items() if state not in ENDED and state != "held"}
    held = {key for key, state in states.items() if state == "held"}
    for key in waiting:  # a person decides about what is held; only what hangs on that may wait
        item = expansion.plan.by_key[key]
        producers = {expansion.plan.producer.get(k) for send in item.sends for k in send.sources}
        assert (producers | {edge.item for edge in item.waits_for}) & (held | waiting)


@thorough
@given(versions(), st.data())
def test_who_gets_what_is_what_is_sent(version: Version, data: st.DataObject) -> None:
    facts, expansion = complete(data, version)
    plan, pool = expansion.plan, pool_of(facts, expansion)
    pool.update((key, True) for key in plan.producer)
    told_to = {entry.item: entry for department in expansion.who_gets_what for entry in department.items}
    assert set(told_to) == {item.key for item in plan.items}
    for item in plan.items:
        disclosed = {element.wire: element for element in told_to[item.key].elements}
        sent = payload(item, pool)
        assert set(sent) <= set(disclosed)
        assert all(element.optional or element.only_if for wire, element in disclosed.items() if wire not in sent)
        assert all(value in [pool.get(key) for key in disclosed[wire].keys] for wire, value in sent.items())
        declared = {need.element.partition(".")[0] + need.element for need in version.services[item.service].needs}
        assert len(disclosed) <= len(declared) * len(expansion.instances.get("child", ("",))) or not disclosed
        assert {(d.evidence, d.slot) for d in told_to[item.key].documents} == {
            (document.evidence, document.slot) for document in item.documents
        }


@thorough
@given(versions(), st.data())
def test_twins_get_every_child_service_once_each(version: Version, data: st.DataObject) -> None:
    assume(not any(version.elements["group.stars"].registers))
    for facts, expansion in walk(data, version, {COUNT: Fact(2)}):
        assert facts[COUNT].value == 2
        assert expansion.instances["child"] == ("child.1", "child.2")
        per_service = Counter(item.service for item in expansion.plan.items)
        for code, count in per_service.items():
            assert count <= (2 if version.services[code].subject == "child" else 1)
        assert len({item.key for item in expansion.plan.items}) == len(expansion.plan.items)
        for item in expansion.plan.items:
            twin = item.subject.replace("1", "x").replace("2", "1").replace("x", "2")
            if item.subject:
                others = [k for s in item.sends for k in s.sources if k.startswith(f"{twin}.")]
                assert not others, f"{item.key} is sent the other child's {others}"
