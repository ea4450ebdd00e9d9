"""Small cases for engine tests: plans of any shape over departments that exist only here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID, uuid4

from services.cases import Filing, open_case, request_id
from services.claim import Room, claim_items
from services.clock import now
from services.compose import bodies_for
from services.connectors.base import Accepted, Answer, Call, CallResult, Target
from services.models import Case, CaseItem, Department, Lane
from services.people import enter_person
from services.plan import Edge, Output, Plan, PlanItem, Send, Text
from services.sealing import new_data_key
from services.states import CallEnd, ItemState

DEPARTMENTS = ("alpha", "beta")


def lane(code: str, **fields: object) -> Lane:
    """Return the lane of a test department, made if it is not there yet."""
    Department.objects.get_or_create(code=code, defaults={"title_en": code, "title_zh": code, "body": {}})
    return Lane.objects.update_or_create(
        department_id=code, defaults={"base_url": f"http://127.0.0.1:9/{code}", **fields}
    )[0]


def step(key: str, *after: str, delivery: str = "keyed", if_refused: str = "stop", optional: bool = False) -> PlanItem:
    """Return an item that needs what each of ``after`` produces, and produces ``<key>.number`` itself."""
    return PlanItem(
        key=key,
        service=key,
        subject="",
        title=Text(key, key),
        department=DEPARTMENTS[len(key) % 2],
        delivery=delivery,
        promised_days=Decimal(1),
        limit_days=Decimal(2),
        sends=(
            Send("person.name", ("person.name",)),
            *(Send(f"{a}.number", (f"{a}.number",), optional) for a in after),
        ),
        outputs=(Output(f"{key}.number", f"{key}.number"),),
        waits_for=tuple(Edge(a, via=(f"{a}.number",)) for a in after),
        if_refused=if_refused,
        done_after_days=Decimal(1),
    )


def plan_of(*items: PlanItem) -> Plan:
    departments = {item.department: Text(item.department, item.department) for item in items}
    return Plan("test", 1, Text("Test", "测试"), departments, tuple(items), Decimal(3), (items[0].key,))


def diamond(delivery: str = "keyed") -> Plan:
    """1 → (2, 3) → 4: the smallest plan in which two answers release one item."""
    return plan_of(
        step("one", delivery=delivery),
        step("two", "one", delivery=delivery),
        step("three", "one", delivery=delivery),
        step("four", "two", "three", delivery=delivery),
    )


def filing_of(plan: Plan) -> Filing:
    """Return a filing on a plan, with one fact and its departments connected to nothing."""
    for code in plan.departments:
        if not Lane.objects.filter(pk=code).exists():
            lane(code)
    person = enter_person(identity={"given_name": "Test", "family_name": "Person"})
    key = new_data_key(now())
    key.save(force_insert=True)
    facts = {"person.name": {"value": "Test Person", "source": "citizen", "at": now().isoformat()}}
    return Filing(applicant=person, key=key, plan=plan, facts=facts, actor="citizen:test")


def open_test_case(plan: Plan) -> Case:
    return open_case(filing_of(plan))


def claim_all() -> list[CaseItem]:
    """Claim everything due, as a courier would, requests composed."""
    items = claim_items([Room(lane, 10_000) for lane in Lane.objects.all()], at=now())
    cases = {case.id: case for case in Case.objects.filter(id__in={i.case_id for i in items}).select_related("key")}
    bodies_for(items, cases, at=now())
    return items


def call_for(item: CaseItem, kind: str = "send") -> Call:
    return Call(
        kind=kind,
        item=item.id,
        case=item.case_id,
        request=request_id(item.case_id, item, item.round),
        state=ItemState(item.state),
        fence=item.fence,
        delivery=item.delivery,
        target=Target(item.lane_id, f"http://127.0.0.1:9/{item.lane_id}", "", 10),
        composed_at=now(),
    )


def granted(item: CaseItem, kind: str = "send") -> CallResult:
    """Return the result of a call that was answered with what the item should produce."""
    answer = Answer("granted", {f"{item.key}.number": f"N-{item.key}"})
    return CallResult(call_for(item, kind), CallEnd.DONE, 0.0, 5, 200, answer=answer)


def answered(item: CaseItem, outcome: str) -> CallResult:
    answer = Answer(outcome, reasons=({"code": "test", "text": "Because of the test"},))
    return CallResult(call_for(item), CallEnd.DONE, 0.0, 5, 200, answer=answer)


def accepted(item: CaseItem) -> CallResult:
    return CallResult(call_for(item), CallEnd.DONE, 0.0, 5, 202, accepted=Accepted("REF-1"))


def failed(item: CaseItem, end: CallEnd, kind: str = "send") -> CallResult:
    return CallResult(call_for(item, kind), end, 0.0, 5, None, detail="test")


def lanes() -> dict[str, Lane]:
    return {row.pk: row for row in Lane.objects.all()}


def states(case: Case) -> dict[str, str]:
    return dict(CaseItem.objects.filter(case=case).values_list("key", "state"))


def by_key(items: Iterable[CaseItem]) -> Mapping[str, CaseItem]:
    return {item.key: item for item in items}


def some_id() -> UUID:
    return uuid4()


def numbered(count: int) -> Sequence[PlanItem]:
    return [step(f"s{number:03}") for number in range(count)]
