"""One case that breaks us stops nobody else, and a person is told."""

from __future__ import annotations

import pytest

from services.batch import Batch
from services.connectors.base import CallResult
from services.courier import Courier
from services.models import CaseEvent, CaseItem, DataKey, ServiceRequest, WorkItem
from services.settle import settle_sparing
from services.states import WorkKind
from tests.services.building import claim_all, granted, lanes, open_test_case, plan_of, states, step

pytestmark = pytest.mark.django_db


def test_a_case_whose_key_was_destroyed_stops_only_itself() -> None:
    spoilt, whole = open_test_case(plan_of(step("one"))), open_test_case(plan_of(step("one")))
    DataKey.objects.filter(pk=spoilt.key_id).update(wrapped=None)
    Courier().run()
    assert states(spoilt) == {"one": "held"}
    assert WorkItem.objects.get().kind == WorkKind.QUARANTINED
    assert ServiceRequest.objects.filter(item__case=whole).exists()
    assert [event.kind for event in CaseEvent.objects.filter(case=spoilt).order_by("seq")] == [
        "filed",
        "held",
        "needs_person",
    ]


def test_a_result_that_cannot_be_settled_spares_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt, whole = open_test_case(plan_of(step("one"))), open_test_case(plan_of(step("one")))
    results = [granted(item) for item in claim_all()]
    applying = Batch.answer

    def breaking(batch: Batch, item_id: object, *rest: object, **named: object) -> None:
        if batch.items[item_id].case_id == spoilt.pk:  # type: ignore[index]
            raise RuntimeError("poison")
        applying(batch, item_id, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Batch, "answer", breaking)
    assert settle(results) == 1
    assert (states(spoilt), states(whole)) == ({"one": "held"}, {"one": "granted"})
    assert CaseItem.objects.get(case=spoilt).due_at is None
    assert WorkItem.objects.get().case_id == spoilt.pk


def settle(results: list[CallResult]) -> int:
    return settle_sparing(results, lanes())
