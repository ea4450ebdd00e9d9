"""Evidence in ``expand``: fetched, checked, written or asked for, in the order of its modes."""

from __future__ import annotations

from lifeevents.definition import Evidence
from lifeevents.derived import Fact
from lifeevents.expansion import expand
from tests.lifeevents.small_catalogue import SIGNED_IN, asked, paper, service, typed, version, words

LICENCE = Evidence("id-card", words("ID"), ("e_licence", "upload"), register="town")


def test_an_e_licence_is_fetched_and_an_upload_asked_only_without_it() -> None:
    made = version(service("card", papers=("id-card",)), evidence=(LICENCE,))
    made.roles["applicant"] = made.roles["you"]
    waiting = expand(made, SIGNED_IN)
    assert waiting.lookups[0].keys == ("evidence:id-card",) and not waiting.pages
    found = expand(made, SIGNED_IN | {"evidence:id-card": Fact("doc-1", "register:town")})
    assert found.complete and not found.pages and found.plan.items[0].documents[0].slot == "id-card"
    assert (found.evidence[0].mode, found.evidence[0].state) == ("e_licence", "on_hand")
    missing = expand(made, SIGNED_IN | {"evidence:id-card": Fact(None, "register:town", state="unknown")})
    assert asked(missing) == {"documents": ["evidence:id-card"]}
    uploaded = expand(made, SIGNED_IN | {"evidence:id-card": Fact("doc-2")})
    assert uploaded.complete and uploaded.pages[0].evidence[0].document == "doc-2"


def test_what_is_checked_in_a_register_does_not_travel() -> None:
    kind = Evidence("record", words("Record"), ("register", "upload"), register="town")
    made = version(service("card", papers=("record",)), evidence=(kind,))
    expansion = expand(made, {})
    assert expansion.complete and not expansion.plan.items[0].documents
    assert (expansion.evidence[0].state, expansion.evidence[0].register) == ("checked", "town")
    down = {"register:town": Fact(None, "register:town", state="unavailable")}
    assert asked(expand(made, down)) == {"documents": ["evidence:record"]}


def test_a_template_is_written_from_answers_once_per_child() -> None:
    kind = Evidence("naming", words("Naming"), ("template",), elements=("child.name", "you.name"))
    made = version(service("birth", about="child", papers=("naming",)), evidence=(kind,), children=True)
    expansion = expand(made, typed(home__children=2))
    assert set(expansion.missing) == {"child.1.name", "child.2.name", "you.name"}
    assert [use.slot for use in expansion.evidence] == ["naming/child.1", "naming/child.2"]
    assert expansion.evidence[1].elements == ("child.2.name", "you.name")
    assert not expansion.plan.items[0].sends
    filled = expand(made, typed(home__children=1, child__1__name=True, you__name=True))
    assert set(filled.filed) == {"child.1.name", "you.name"}


def test_one_upload_serves_every_service_and_may_be_left_out_only_if_all_can_do_without() -> None:
    kind = Evidence("photo", words("Photo"), ("personal", "upload"))
    first, second = service("one", papers=(paper("photo", optional=True),)), service("two", papers=("photo",))
    expansion = expand(version(first, second, evidence=(kind,)), {})
    question = expansion.pages[0].evidence[0]
    assert (question.needed_by, question.optional) == (("one", "two"), False)
    alone = expand(version(first, evidence=(kind,)), {})
    assert alone.complete and not alone.plan.items[0].documents
