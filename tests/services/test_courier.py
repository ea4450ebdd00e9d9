"""The courier against departments over real sockets: each delivery class through each bad end of a call."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services import clock
from services.cases import open_case
from services.courier import run_courier
from services.facts import load_pools
from services.models import Attempt, Case, CaseItem, Document, ServiceRequest, WorkItem
from services.plan import Output, PlanItem, Send, Text
from services.sealing import portal_sealer
from services.states import CLOSED, WorkKind
from tests.servers import SimulatorServer
from tests.services.building import filing_of, lane, plan_of

pytestmark = pytest.mark.django_db

CATALOGUE = Path(__file__).parent / "small_departments"
ROUNDS = 40
STEP = timedelta(seconds=2)


@pytest.fixture(scope="module")
def departments() -> Iterator[SimulatorServer]:
    with SimulatorServer(catalogue=CATALOGUE) as server:
        yield server


@pytest.fixture
def alpha(departments: SimulatorServer, db: None) -> SimulatorServer:
    """The departments, known to the portal as lane alpha: calls may take half a second."""
    departments.control("DELETE", "/ledger")
    token = hmac.digest(departments.secret.encode(), b"token:alpha", hashlib.sha256).hex().encode()
    webhook = b"whsec_" + base64.b64encode(hmac.digest(departments.secret.encode(), b"webhook:alpha", hashlib.sha256))
    lane(
        "alpha",
        base_url=f"{departments.url}/alpha",
        token=portal_sealer().seal_bytes(token, place="lane.token", row="alpha"),
        webhook_secrets=portal_sealer().seal_bytes(webhook, place="lane.webhook_secrets", row="alpha"),
        timeout_seconds=0.5,
        work_seconds=0.5,
    )
    return departments


def item(service: str, delivery: str) -> PlanItem:
    return PlanItem(
        key=service,
        service=service,
        subject="",
        title=Text(service, service),
        department="alpha",
        delivery=delivery,
        promised_days=Decimal(1),
        limit_days=Decimal(2),
        sends=(Send("person.name", ("person.name",)),),
        outputs=(Output("person.number", "person.number"),),
        done_after_days=Decimal(1),
    )


def file(service: str, delivery: str, name: str = "Ada") -> Case:
    """File a case of one service; the name may carry a test value (docs/test-values.md)."""
    filing = filing_of(plan_of(item(service, delivery)))
    filing.facts["person.name"]["value"] = name
    return open_case(filing)


def carry(case: Case, *, until: Any = None) -> CaseItem:
    """Run couriers, the clock two seconds later each time, until the case is closed or ``until`` says so."""
    for round_ in range(ROUNDS):
        clock.travel(STEP * round_)
        run_courier()
        row = CaseItem.objects.get(case=case)
        case.refresh_from_db()
        if case.status in CLOSED or (until and until(row)):
            return row
    raise AssertionError(
        f"still {row.state} after {ROUNDS} rounds: {list(Attempt.objects.values('kind', 'end', 'detail'))}"
    )


def ledger_entry(departments: SimulatorServer, case: Case) -> dict[str, Any]:
    [entry] = [entry for entry in departments.ledger()["entries"] if entry["case"] == case.reference]
    return dict(entry)


@pytest.mark.parametrize(
    ("service", "delivery"),
    [
        ("keyed-sync", "keyed"),
        ("queryable-sync", "queryable"),
        ("blind-sync", "blind"),
        ("queryable-poll", "queryable"),
    ],
)
def test_a_request_is_granted_and_what_came_out_is_a_fact(alpha: SimulatorServer, service: str, delivery: str) -> None:
    case = file(service, delivery)
    row = carry(case)
    assert (row.state, row.outputs) == ("granted", ["person.number"])
    assert load_pools([case])[case.pk]["person.number"].source == f"service:{service}"
    assert ledger_entry(alpha, case)["acted"] == 1


def test_a_callback_that_never_comes_costs_only_time(alpha: SimulatorServer) -> None:
    case = file("keyed-callback", "keyed", "Ada test:lost")
    assert carry(case).state == "granted"
    assert set(Attempt.objects.values_list("kind", flat=True)) == {"send", "ask"}


@pytest.mark.parametrize("behaviour", ["hang", "drop", "error", "garbage", "wrong"])
@pytest.mark.parametrize(("service", "delivery"), [("keyed-sync", "keyed"), ("queryable-sync", "queryable")])
def test_an_unclear_end_is_settled_without_doing_the_work_twice(
    alpha: SimulatorServer, service: str, delivery: str, behaviour: str
) -> None:
    case = file(service, delivery, f"Ada test:{behaviour}")
    assert carry(case).state == "granted"
    assert ledger_entry(alpha, case)["acted"] == 1
    kinds = list(Attempt.objects.order_by("id").values_list("kind", flat=True))
    assert kinds[:2] == (["send", "send"] if delivery == "keyed" else ["send", "ask"])


@pytest.mark.parametrize("behaviour", ["hang", "drop", "error", "garbage", "wrong"])
def test_an_unclear_end_at_a_blind_department_goes_to_a_person_and_is_never_sent_again(
    alpha: SimulatorServer, behaviour: str
) -> None:
    case = file("blind-sync", "blind", f"Ada test:{behaviour}")
    row = carry(case, until=lambda row: row.state == "unknown")
    assert row.due_at is None
    assert WorkItem.objects.get().kind == WorkKind.UNKNOWN_OUTCOME
    clock.travel(timedelta(days=2))
    run_courier()
    entry = ledger_entry(alpha, case)
    assert (entry["acted"], entry["posts"]) == (1, 1)


def test_busy_means_not_done_and_is_tried_again(alpha: SimulatorServer) -> None:
    case = file("keyed-sync", "keyed", "Ada test:busy")
    assert carry(case).state == "granted"
    assert list(Attempt.objects.order_by("id").values_list("status_code", flat=True)) == [503, 200]


def test_a_refusal_ends_the_case(alpha: SimulatorServer) -> None:
    case = file("keyed-sync", "keyed", "Ada test:refuse")
    assert carry(case).state == "refused"
    assert case.status == "refused"


def test_the_same_bytes_are_sent_every_time(alpha: SimulatorServer) -> None:
    case = file("keyed-sync", "keyed", "Ada test:error")
    carry(case)
    entry = ledger_entry(alpha, case)
    assert entry["posts"] == 2
    assert entry["payload_hashes"] == [ServiceRequest.objects.get().payload_hash]


def test_nobody_listening_means_not_done(alpha: SimulatorServer) -> None:
    case = file("blind-sync", "blind")
    lane("alpha", base_url="http://127.0.0.1:9/alpha")
    run_courier()
    assert (CaseItem.objects.get(case=case).state, Attempt.objects.get().end) == ("ready", "transient")
    assert not WorkItem.objects.exists()


def test_a_wrong_token_pauses_the_lane(alpha: SimulatorServer) -> None:
    lane(
        "alpha", base_url=lane_address(alpha), token=portal_sealer().seal_bytes(b"no", place="lane.token", row="alpha")
    )
    case = file("keyed-sync", "keyed")
    run_courier()
    assert CaseItem.objects.get(case=case).state == "ready"
    assert lane("alpha", base_url=lane_address(alpha)).paused_since is not None


def lane_address(departments: SimulatorServer) -> str:
    return f"{departments.url}/alpha"


def test_a_document_is_fetched_checked_and_sealed(alpha: SimulatorServer) -> None:
    case = file("with-document", "keyed")
    assert carry(case).state == "granted"
    document = Document.objects.get(case=case)
    assert document.origin == "service:with-document"
    assert document.size > 0


def test_a_call_that_hangs_delays_nobody_else(alpha: SimulatorServer) -> None:
    slow = file("keyed-sync", "keyed", "Ada test:hang")
    quick = [file("keyed-sync", "keyed") for _ in range(20)]
    run_courier()
    assert Case.objects.filter(pk__in=[case.pk for case in quick], status="settled").count() == 20
    assert CaseItem.objects.get(case=slow).state == "unknown"
