"""The record of a case is a chain: whatever is changed, missing or added afterwards is named."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command

from services.audit import Happening, chain, verify_chain
from services.clock import now
from services.models import Case, CaseEvent
from services.sealing import sealer

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(filed_case: Case) -> Case:
    """A filed case in which four more things have happened."""
    happenings = [
        Happening("released", "courier", "birth-certificate"),
        Happening("granted", "department:health", "birth-certificate", {"channel": "callback"}),
        Happening("needs_person", "courier", "registration", {"work": "late"}),
        Happening("granted", "department:civil-registry", "registration", {"channel": "poll"}),
    ]
    CaseEvent.objects.bulk_create(chain(filed_case, happenings, at=now(), sealer=sealer(filed_case.key)))
    filed_case.save(update_fields=["seq", "head"])
    return filed_case


def wrong(case: Case) -> list[str]:
    return verify_chain(Case.objects.get(pk=case.pk), CaseEvent.objects.filter(case=case).order_by("seq"))


def events(case: Case, seq: int):
    return CaseEvent.objects.filter(case=case, seq=seq)


def test_an_untouched_record_is_whole(case: Case) -> None:
    assert wrong(case) == []
    assert [event.seq for event in case.events.order_by("seq")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "refused"},
        {"actor": "department:tax"},
        {"item_key": "insurance"},
        {"sealed": b"x"},
        {"hash": bytes(32)},
    ],
)
def test_a_changed_event_is_named(case: Case, change: dict[str, object]) -> None:
    events(case, 3).update(**change)
    (sentence,) = wrong(case)
    assert sentence.startswith("event 3 (")
    assert "was changed" in sentence


def test_a_changed_time_is_named(case: Case) -> None:
    event = events(case, 2).get()
    events(case, 2).update(at=event.at + timedelta(microseconds=1))
    assert wrong(case) == ["event 2 (released) was changed, or the one before it"]


def test_two_swapped_parameters_are_named(case: Case) -> None:
    one, other = events(case, 3).get(), events(case, 5).get()
    events(case, 3).update(sealed=other.sealed)
    events(case, 5).update(sealed=one.sealed)
    assert wrong(case)[0].startswith("event 3 (granted) was changed")


def test_a_missing_event_is_named(case: Case) -> None:
    events(case, 2).delete()
    assert wrong(case) == ["event 2 is missing (event 3 follows)"]


def test_a_missing_last_event_is_found(case: Case) -> None:
    events(case, 5).delete()
    assert wrong(case) == ["the case ends at event 5, the record at event 4"]


def test_an_added_event_is_found_even_with_a_fitting_hash(case: Case) -> None:
    forged = chain(
        Case.objects.get(pk=case.pk), [Happening("granted", "courier", "card")], at=now(), sealer=sealer(case.key)
    )
    CaseEvent.objects.bulk_create(forged)
    assert wrong(case) == ["the case ends at event 5, the record at event 6"]


def test_another_cases_record_does_not_fit(case: Case) -> None:
    other = Case(id=uuid.uuid4(), seq=case.seq, head=case.head)
    assert verify_chain(other, CaseEvent.objects.filter(case=case).order_by("seq"))[0].startswith("event 1 (filed)")


def test_the_record_can_be_checked_without_any_key(case: Case) -> None:
    case.key.wrapped = None
    case.key.save(update_fields=["wrapped"])
    assert wrong(case) == []


def test_the_command_says_that_every_chain_is_whole(case: Case) -> None:
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue() == "1 cases verified, every chain whole.\n"


def test_the_command_fails_and_names_case_and_event(case: Case) -> None:
    events(case, 4).update(kind="granted")
    with pytest.raises(CommandError, match=rf"{case.reference}: event 4 \(granted\) was changed"):
        call_command("verify_audit", stdout=StringIO())
    with pytest.raises(CommandError, match=case.reference):
        call_command("verify_audit", case.reference.lower(), stdout=StringIO())


def test_the_command_prints_one_json_document_and_still_fails(case: Case) -> None:
    events(case, 4).update(kind="granted")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", json=True, stdout=out)
    document = orjson.loads(out.getvalue())
    assert document["cases"] == 1
    assert list(document["broken"]) == [case.reference]


def test_the_command_refuses_what_is_no_reference(case: Case) -> None:
    with pytest.raises(CommandError, match="is not a reference"):
        call_command("verify_audit", "nonsense")
    with pytest.raises(CommandError, match="There is no case"):
        call_command("verify_audit", "0000-0000-0000-0")
