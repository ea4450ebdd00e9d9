"""``expand`` rule by rule, on small catalogues; the shipped birth is in test_birth_catalogue."""

from __future__ import annotations

from decimal import Decimal

from lifeevents.definition import After, PageLayout, PartPromise
from lifeevents.derived import Fact, Problem
from lifeevents.expansion import expand
from services.conditions import All, Compare
from services.plan import Send
from tests.lifeevents.small_catalogue import (
    SIGNED_IN,
    asked,
    edges,
    item,
    need,
    service,
    told,
    typed,
    version,
    words,
)

YES = {"element": "you.wants", "is": True}
LAW = words("the law")


def test_an_undecided_item_asks_its_situation_and_nothing_else() -> None:
    made = version(service("card", "you.name"), items=(item("card", YES),))
    before = expand(made, {})
    assert asked(before) == {"situation": ["you.wants"]}
    assert (before.undecided, before.plan.items, before.more_to_come) == (("card",), (), True)
    assert asked(expand(made, typed(you__wants=True))) == {"other": ["you.name"]}
    out = expand(made, typed(you__wants=False))
    assert out.complete and not out.plan.items


def test_an_answer_keeps_its_place_and_value_so_that_it_can_be_changed() -> None:
    made = version(service("card", "you.name"), items=(item("card", YES),))
    questions = expand(made, typed(you__wants=True, you__name=False)).questions
    assert {key: question.value for key, question in questions.items()} == {"you.wants": True, "you.name": False}
    assert questions["you.name"].needed_by == ("card",)


def test_what_a_service_brings_is_never_asked_and_makes_an_edge() -> None:
    made = version(service("first", brings="job.number", days=2), service("second", "job.number", days=0.5))
    expansion = expand(made, {})
    assert expansion.complete and edges(expansion) == {("first", "second")}
    assert expansion.plan.by_key["second"].waits_for[0].via == ("job.number",)
    assert expansion.plan.promise_days == Decimal("2.5")
    assert expansion.plan.critical_path == ("first", "second")
    assert expansion.starts_after_days == {"first": Decimal(0), "second": Decimal(2)}


def test_an_alternative_fills_in_when_its_producer_is_not_in_the_case() -> None:
    second = service("second", need("job.number", "job.provisional"))
    items = (item("first", YES), item("second"))
    made = version(service("first", brings="job.number"), second, items=items)
    assert asked(expand(made, {})) == {"situation": ["you.wants"]}
    assert asked(expand(made, typed(you__wants=False))) == {"other": ["job.provisional"]}
    assert not asked(expand(made, typed(you__wants=True)))


def test_stand_ins_are_only_what_comes_earlier() -> None:
    made = version(
        service("third", need("job.three", "job.one", "job.late"), brings="job.done"),
        service("last", "job.done", brings="job.late"),
        service("second", "job.one", brings="job.three"),
        service("first", brings="job.one"),
    )
    expansion = expand(made, {})
    assert expansion.plan.by_key["third"].sends == (Send("job.three", ("job.three", "job.one")),)


def test_one_question_serves_needs_with_alternatives() -> None:
    made = version(service("first", need("you.a", "you.b")), service("second", "you.b"))
    expansion = expand(made, {})
    assert list(expansion.questions) == ["you.b"]
    assert expansion.questions["you.b"].needed_by == ("first", "second")


def test_a_required_need_does_not_lean_on_an_optional_question() -> None:
    made = version(service("first", need("you.a", "you.b")), service("second", need("you.b", optional=True)))
    expansion = expand(made, {})
    assert {key: q.optional for key, q in expansion.questions.items()} == {"you.a": False, "you.b": True}
    assert expansion.missing == ("you.a",)


def test_a_question_is_optional_only_if_everybody_can_do_without() -> None:
    required, optional = service("one", "you.a"), service("two", need("you.a", optional=True))
    for services in ((required, optional), (optional, required)):
        assert not expand(version(*services), {}).questions["you.a"].optional
    assert expand(version(optional), {}).questions["you.a"].optional


def test_a_register_is_asked_before_the_citizen() -> None:
    made = version(service("card", "you.name", "home.size"), registers={"you.name": "town", "home.size": "town"})
    before = expand(made, {})
    assert [(look.role, look.relation, look.ready) for look in before.lookups] == [
        ("you", "self", False),
        ("home", "household", False),
    ]
    assert asked(before) == {"other": ["you.id"]}
    signed_in = expand(made, SIGNED_IN)
    assert signed_in.missing == () and not signed_in.complete and all(look.ready for look in signed_in.lookups)
    after = expand(made, SIGNED_IN | told("town", you__name=True, home__size=None))
    assert asked(after) == {"other": ["home.size"]} and not after.lookups
    assert [(fact.key, fact.source, fact.at) for fact in after.known] == [("you.name", "register:town", "2026-11-20")]


def test_a_register_marked_as_down_is_not_asked() -> None:
    made = version(service("card", "you.name"), registers={"you.name": "town"})
    down = {"register:town": Fact(None, "register:town", state="unavailable")}
    assert asked(expand(made, SIGNED_IN | down)) == {"other": ["you.name"]}


def test_nobody_is_asked_about_what_may_not_exist() -> None:
    both = {"all": [YES, {"element": "home.size", "is": True}]}
    made = version(service("card", need("you.name", when=both)))
    assert expand(made, {}).missing == ("you.wants",)
    assert expand(made, typed(you__wants=True)).missing == ("home.size",)
    assert expand(made, typed(you__wants=False)).complete


def test_a_condition_nobody_can_answer_fails_and_its_opposite_holds() -> None:
    poor = {"element": "home.poor", "is": True}
    made = version(
        service("waiver", need("you.a", when=poor), need("you.b", when={"not": poor})),
        registers={"home.poor": "town"}, never_ask=("home.poor",),
    )  # fmt: skip
    assert asked(expand(made, SIGNED_IN | told("town", home__poor=None))) == {"other": ["you.b"]}


def test_a_condition_on_an_output_is_a_guard() -> None:
    made = version(
        service("check", brings="job.fit", days=2), service("grant", "you.name"),
        items=(item("check"), item("grant", {"element": "job.fit", "is": True})),
    )  # fmt: skip
    expansion = expand(made, typed(you__name=True))
    assert expansion.complete and expansion.plan.by_key["grant"].guard == Compare("job.fit", "is", True)
    assert edges(expansion) == {("check", "grant")} and expansion.plan.promise_days == 3
    assert expansion.who_gets_what[0].items[1].only_if is not None


def test_a_guard_keeps_only_what_services_will_tell() -> None:
    fit, rich = {"element": "job.fit", "is": True}, {"element": "home.rich", "is": True}
    made = version(
        service("check", brings="job.fit"),
        service("grant"),
        service("other", brings="job.score"),
        items=(
            item("check"),
            item("grant", {"all": [YES, fit, {"any": [rich, fit]}, {"not": rich}]}),
            item("other", {"element": "job.fit", "differs_from": "job.never"}),
        ),
        never_ask=("home.rich", "job.never"),
    )
    plan = expand(made, typed(you__wants=True)).plan
    fit_condition = Compare("job.fit", "is", True)
    assert plan.by_key["grant"].guard == All((fit_condition, fit_condition))
    assert plan.by_key["other"].guard is None  # it differs from what nobody can tell, whatever it will be


def test_a_need_that_hangs_on_an_output_is_asked_before_and_sent_only_if() -> None:
    made = version(
        service("check", brings="job.fit"), service("grant", need("you.name", when={"element": "job.fit", "is": True}))
    )
    assert expand(made, {}).missing == ("you.name",)
    sends = expand(made, typed(you__name=True)).plan.by_key["grant"].sends
    assert sends == (Send("you.name", ("you.name",), when=Compare("job.fit", "is", True)),)
    assert edges(expand(made, {})) == {("check", "grant")}


def test_twins_get_each_service_about_a_child_once_each() -> None:
    made = version(
        service("birth", "child.name", "you.name", brings="child.number", about="child"),
        service("card", "child.number", about="child"),
        service("benefit", "child.number"),
        pages=(PageLayout("child", words("Child"), ("child",)),), children=True,
    )  # fmt: skip
    assert asked(expand(made, {}))["situation"] == ["home.children"]
    twins = expand(made, typed(home__children=2))
    assert asked(twins) == {"child.1": ["child.1.name"], "child.2": ["child.2.name"], "other": ["you.name"]}
    assert [page.instance for page in twins.pages] == ["", "child.1", "child.2", ""]
    assert edges(twins) == {
        ("birth/child.1", "card/child.1"), ("birth/child.2", "card/child.2"),
        ("birth/child.1", "benefit"), ("birth/child.2", "benefit"),
    }  # fmt: skip
    assert twins.plan.by_key["card/child.2"].sends == (Send("child.number", ("child.2.number",)),)
    assert [send.wire for send in twins.plan.by_key["benefit"].sends] == ["child.1.number", "child.2.number"]


def test_the_number_of_instances_is_kept_within_bounds() -> None:
    made = version(service("card", "child.name", about="child"), children=True)
    for count, instances in ((0, 1), (3, 3), (99, 4), ("many", 1)):
        assert len(expand(made, typed(home__children=count)).instances["child"]) == instances


def test_a_condition_about_children_means_any_of_them() -> None:
    ill = {"element": "child.ill", "is": True}
    made = version(service("aid", "you.name"), items=(item("aid", ill),), children=True)
    expansion = expand(made, typed(home__children=2, child__1__ill=False))
    assert asked(expansion) == {"situation": ["child.2.ill"]}
    assert expand(made, typed(home__children=2, child__2__ill=True)).plan.items


def test_order_by_law_follows_the_same_child() -> None:
    items = (item("one"), item("two", after=(After("one", LAW, even_if_refused=True),)))
    made = version(service("one", about="child"), service("two", about="child"), items=items, children=True)
    expansion = expand(made, typed(home__children=2))
    assert edges(expansion) == {("one/child.1", "two/child.1"), ("one/child.2", "two/child.2")}
    edge = expansion.plan.by_key["two/child.1"].waits_for[0]
    assert (edge.reason, edge.even_if_refused, edge.via) == (LAW, True, ())


def test_an_item_can_go_on_even_if_what_it_waits_for_is_refused() -> None:
    items = (item("one"), item("two", even_if_refused=("one",)))
    made = version(service("one", brings="job.number"), service("two", "job.number"), items=items)
    assert expand(made, {}).plan.by_key["two"].waits_for[0].even_if_refused


def test_circles_and_gaps_are_named_not_raised() -> None:
    round_trip = version(service("one", "job.b", brings="job.a"), service("two", "job.a", brings="job.b"))
    expansion = expand(round_trip, {})
    assert expansion.problems == (Problem("cycle", "one", ("one", "two")),) and not expansion.complete
    gap = version(service("one", "job.x"), never_ask=("job.x",))
    assert expand(gap, {}).problems == (Problem("unsuppliable", "one", ("job.x",)),)
    assert expand(version(service("one", need("job.x", optional=True)), never_ask=("job.x",)), {}).complete


def test_fees_are_waived_by_their_condition_and_added_up() -> None:
    made = version(service("one", fee=400, waived={"element": "home.poor", "is": True}), service("two", fee=5))
    assert asked(expand(made, {})) == {"other": ["home.poor"]}
    assert expand(made, typed(home__poor=True)).fees.totals == {"CNY": Decimal(5)}
    assert expand(made, typed(home__poor=False)).fees.totals == {"CNY": Decimal(405)}


def test_published_promises_may_be_longer_than_the_path_never_shorter() -> None:
    part = PartPromise(words("Papers"), ("one",), Decimal(1))
    first, second = service("one", brings="job.a", days=3), service("two", "job.a", days=2)
    assert expand(version(first, second, promise_days=Decimal(9)), {}).plan.promise_days == 9
    short = expand(version(first, second, promise_days=Decimal(1), parts=(part,)), {})
    assert (short.plan.promise_days, short.parts[0].days) == (5, 3)


def test_the_reductions_compare_office_by_office_with_one_form() -> None:
    made = version(
        service("one", "you.name", "you.phone", brings="job.a", visits=2), service("two", "you.name", "job.a"),
    )  # fmt: skip
    saved = expand(made, typed(you__name=True)).reductions
    assert (saved.forms.separate, saved.forms.together) == (2, 1)
    assert (saved.fields.separate, saved.fields.together) == (4, 2)
    assert (saved.visits.separate, saved.visits.together) == (3, 0)
    assert (saved.days.separate, saved.days.together) == (60, 2)


def test_departments_are_told_apart_and_only_what_is_used_is_filed() -> None:
    made = version(
        service("one", "you.name", department="health"), service("two", "you.phone", department="tax"),
    )  # fmt: skip
    expansion = expand(made, typed(you__name=True, you__phone=True, home__size=True))
    wires = {entry.department: [e.wire for i in entry.items for e in i.elements] for entry in expansion.who_gets_what}
    assert wires == {"health": ["you.name"], "tax": ["you.phone"]}
    assert set(expansion.filed) == {"you.name", "you.phone"}


def test_an_answer_gives_way_to_a_service_that_will_know() -> None:
    items = (item("first", YES), item("second"))
    made = version(
        service("first", brings="job.number"), service("second", need("job.number", "job.other")), items=items
    )
    facts = typed(you__wants=True, job__other=True)
    assert "job.other" not in expand(made, facts).questions
    assert expand(made, facts).plan.by_key["second"].sends[0].sources == ("job.number",)


def test_pages_follow_the_layout_named_elements_first() -> None:
    pages = (
        PageLayout("money", words("Money"), ("job",), ("you.phone",)),
        PageLayout("you", words("You"), ("you",)),
    )
    made = version(service("one", "you.name", "job.pay", "you.phone", "home.size"), pages=pages)
    assert asked(expand(made, {})) == {"money": ["you.phone", "job.pay"], "you": ["you.name"], "other": ["home.size"]}
