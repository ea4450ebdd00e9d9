"""The desk: who may open it, what its tables show, and that a full page costs no more than one row."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.desk import lists
from portal.desk.paging import mark_of, page_of
from portal.models import User
from services.clock import now
from services.models import AccessEvent, Case, CaseItem, Lane, WorkItem
from services.references import new_reference
from services.states import CaseStatus, ItemState, WorkKind

pytestmark = pytest.mark.django_db


def copies(case: Case, count: int) -> list[Case]:
    """File ``count`` more cases like this one, a minute apart, each with its items and one open work item."""
    items = list(CaseItem.objects.filter(case=case))
    made = []
    for number in range(count):
        at = case.filed_at + timedelta(minutes=number + 1)
        copy = Case.objects.get(pk=case.pk)
        copy.pk, copy.reference, copy.filed_at = uuid.uuid4(), new_reference(), at
        copy.save(force_insert=True)
        mine = [CaseItem.objects.get(pk=item.pk) for item in items]
        for item in mine:
            item.pk, item.case = uuid.uuid4(), copy
        CaseItem.objects.bulk_create(mine)
        WorkItem.objects.create(kind=WorkKind.LATE, case=copy, item=mine[0], opened_at=at, due_at=at)
        made.append(copy)
    return made


def page(client: Client, address: str = "/desk/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def references(html: str) -> list[str]:
    """Return the references in the table of cases, in order."""
    return re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z](?=</a>)", html[html.index('id="cases"') :])


def test_anonymous_is_sent_to_sign_in(client: Client) -> None:
    response = client.get("/desk/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/desk/")


@pytest.mark.parametrize("who", ["lin", "author", "publisher"])
def test_for_everybody_else_there_is_no_desk(client: Client, people: dict[str, User], who: str) -> None:
    client.force_login(people[who])
    assert client.get("/desk/").status_code == 404
    assert client.post("/desk/find/", {"reference": "7KQ4-M2XD-9R3T-5"}).status_code == 404


@pytest.mark.parametrize("who", ["clerk", "supervisor", "operator"])
def test_staff_open_it(client: Client, people: dict[str, User], who: str) -> None:
    client.force_login(people[who])
    assert "No case needs a person now" in page(client)


def test_a_clerk_who_was_deactivated_is_out(desk: Client, clerk: User) -> None:
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert desk.get("/desk/").status_code == 302


def test_a_case_is_listed_with_status_count_promise_and_who_has_it(desk: Client, filed_case: Case) -> None:
    html = page(desk)
    assert references(html) == [filed_case.reference]
    assert "0 of 10" in html
    assert "In progress" in html
    assert "Health Commission" in html
    CaseItem.objects.filter(case=filed_case, service="vaccination-record").update(state=ItemState.GRANTED, due_at=None)
    assert "1 of 10" in page(desk)


def test_who_must_act_is_named(desk: Client, filed_case: Case) -> None:
    items = CaseItem.objects.filter(case=filed_case)
    items.update(state=ItemState.WAITING, due_at=None)
    items.filter(position=0).update(state=ItemState.CORRECTION)
    assert "the citizen" in page(desk)
    items.filter(position=1).update(state=ItemState.HELD)
    assert "the desk, the citizen" in page(desk)


def test_open_work_is_listed_by_urgency_and_closed_work_is_not(
    desk: Client, overdue: WorkItem, filed_case: Case
) -> None:
    second = CaseItem.objects.filter(case=filed_case).order_by("position")[1]
    at = now()
    for kind, due, closed in (("late", 9, None), ("conflict", 2, None), ("low_rating", 1, at)):
        WorkItem.objects.create(
            kind=kind, case=filed_case, item=second, opened_at=at, due_at=at + timedelta(hours=due), closed_at=closed
        )
    html = page(desk)
    order = [html.index(word) for word in ("Cannot be delivered", "Two different answers", "<strong>Late</strong>")]
    assert order == sorted(order)
    assert "Low rating" not in html
    assert "Late by" in html
    assert "status 422" in html


def test_who_has_claimed_work_is_shown(desk: Client, overdue: WorkItem, people: dict[str, User]) -> None:
    assert "nobody" in page(desk)
    overdue.claimed_by = people["supervisor"]
    overdue.save(update_fields=["claimed_by"])
    assert "Counter supervisor" in page(desk)


def test_a_paused_department_stands_on_top_with_its_reason(desk: Client, filed_case: Case) -> None:
    Lane.objects.filter(pk="tax").update(paused_since=now(), pause_reason="send answered status 401; check the token")
    html = page(desk)
    assert html.index("Nothing is being sent to the Tax Office.") < html.index("Needs a person")
    assert "send answered status 401" in html
    assert "/admin/" not in html  # a clerk cannot mend it


def test_only_one_status_is_shown_when_asked(desk: Client, filed_case: Case) -> None:
    settled = copies(filed_case, 1)[0]
    Case.objects.filter(pk=settled.pk).update(status=CaseStatus.SETTLED, settled_at=now())
    assert references(page(desk, "/desk/?status=settled")) == [settled.reference]
    assert references(page(desk, "/desk/?status=in_progress")) == [filed_case.reference]
    assert "No case has this status" in page(desk, "/desk/?status=refused")
    assert len(references(page(desk, "/desk/?status=nonsense"))) == 2


def test_pages_of_cases_follow_each_other_without_gap_or_repeat(desk: Client, filed_case: Case, monkeypatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 3)
    made = copies(filed_case, 7)
    Case.objects.update(filed_at=made[0].filed_at)  # the worst case: all at the same moment
    address, seen = "/desk/", []
    for _ in range(3):
        html = page(desk, address)
        seen += references(html)
        older = re.search(r'href="(\?status=&amp;after=[^"#]+)', html)
        address = "/desk/" + older[1].replace("&amp;", "&") if older else ""
    assert address == ""
    assert len(seen) == len(set(seen)) == 8


def test_cases_come_newest_first(desk: Client, filed_case: Case) -> None:
    made = copies(filed_case, 3)
    assert references(page(desk)) == [case.reference for case in [*reversed(made), filed_case]]


@pytest.mark.parametrize("after", ["nonsense", "1.2", "9" * 40 + "." + "0" * 32, "-1." + "0" * 32, "%00"])
def test_a_broken_mark_starts_at_the_beginning(desk: Client, filed_case: Case, after: str) -> None:
    assert page(desk, f"/desk/?after={after}&work={after}")


def test_a_mark_holds_nothing_but_a_moment_and_an_id(filed_case: Case) -> None:
    assert re.fullmatch(r"\d+\.[0-9a-f]{32}", mark_of(filed_case.filed_at, filed_case.pk))
    found, after = page_of(Case.objects.all(), by="filed_at", after="", size=1)
    assert (found, after) == ([filed_case], "")


def test_a_reference_leads_to_its_case_however_it_is_written(desk: Client, filed_case: Case) -> None:
    for written in (
        filed_case.reference,
        filed_case.reference.lower().replace("-", " "),
        filed_case.reference.replace("-", ""),
    ):
        response = desk.post("/desk/find/", {"reference": written})
        assert (response.status_code, response["Location"]) == (302, f"/desk/cases/{filed_case.pk}/")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "Enter a reference"),
        ("林伟", "This is not a reference"),
        ("0000-0000-0000-1", "This is not a reference"),
        ("0000-0000-0000-0", "There is no case with this reference"),
        ("x" * 500, "at most 40"),
    ],
)
def test_what_is_wrong_with_a_reference_is_said_beside_the_field(
    desk: Client, filed_case: Case, written: str, says: str
) -> None:
    html = desk.post("/desk/find/", {"reference": written}).content.decode()
    assert says in html
    assert "There is a problem" in html


def test_what_is_typed_never_stands_in_an_address(desk: Client) -> None:
    html = page(desk)
    form = html[html.index('action="/desk/find/"') - 80 :]
    assert 'method="post"' in form[:120]
    assert desk.get("/desk/find/?reference=x").status_code == 405


def test_reading_the_lists_writes_nothing(desk: Client, overdue: WorkItem) -> None:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        page(desk)
    assert not [query["sql"] for query in caught if not query["sql"].startswith("SELECT")]
    assert not AccessEvent.objects.exists()  # references and states are no look at a person's data


def test_a_full_page_takes_as_many_statements_as_one_row(desk: Client, overdue: WorkItem, filed_case: Case) -> None:
    page(desk)
    with CaptureQueriesContext(connection) as one:
        page(desk)
    copies(filed_case, lists.PAGE + 5)
    with CaptureQueriesContext(connection) as many:
        assert len(references(page(desk))) == lists.PAGE
    assert len(many) == len(one) <= 12


def test_it_speaks_chinese(desk: Client, filed_case: Case) -> None:
    html = desk.get("/desk/", headers={"accept-language": "zh-hans"}).content.decode()
    assert 'lang="zh-Hans"' in html
    assert "卫生" in html or "卫健" in html or "健康" in html
