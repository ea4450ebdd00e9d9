"""The checks, once nothing goes wrong any more. The departments' ledger says what was really done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.states import CLOSED, case_status
from tests.harness.evidence import Evidence, Item

NEEDS = {
    "residence": (),
    "vehicle": ("residence",),
    "school": ("residence",),
    "water-account": ("residence",),
    "parking-permit": ("vehicle",),
    "moving-grant": ("school", "water-account"),
}
COUNTS = (
    "lost", "duplicated", "phantom", "unsettled", "forged_accepted", "wrong_payload", "wrong_state", "chain_broken",
)  # fmt: skip
CLASSES = ("keyed", "queryable", "blind")
SHOWN = 40


@dataclass(slots=True)
class Verdict:
    """The counts of the report, and a sentence for each finding."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    duplicated: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))
    frozen_sends: int = 0
    late_sends: int = 0
    for_people: int = 0
    deliveries: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, count: str, text: str) -> None:
        """Count one finding."""
        self.counts[count] += 1
        self.findings.append(f"{count}: {text}")

    @property
    def is_red(self) -> bool:
        return any(self.counts.values())


def judge(evidence: Evidence) -> Verdict:
    """Return everything that is wrong with a run's end."""
    verdict = Verdict()
    _judge_lost(evidence, verdict)
    _judge_ledger(evidence, verdict)
    _judge_cases(evidence, verdict)
    for item in evidence.items:
        if item.unread:
            verdict.add("unsettled", f"{name(item)}: {item.unread} callbacks are stored and not settled")
        for text in _wrong_states(item, evidence):
            verdict.add("wrong_state", text)
    for count, texts in (("wrong_state", evidence.stale), ("chain_broken", evidence.broken)):
        for text in texts:
            verdict.add(count, text)
    for lane in evidence.paused:
        verdict.add("wrong_state", f"lane {lane} is paused, though its set-up is right")
    for _ in range(evidence.totals.get("forged_accepted", 0)):
        verdict.add("forged_accepted", "a department's forged callback was answered 2xx")
    return verdict


def _judge_lost(evidence: Evidence, verdict: Verdict) -> None:
    for reference in evidence.acknowledged:
        if reference not in evidence.cases:
            verdict.add("lost", f"{reference} was acknowledged and is not there")
    for item in evidence.items:
        entry = evidence.ledger.get(item.identity)
        if item.state == "granted" and not (entry and entry["acted"]):
            verdict.add("lost", f"{name(item)} is granted and nobody did it")


def _judge_ledger(evidence: Evidence, verdict: Verdict) -> None:
    """Look at everything the departments did: once, for a case we know, with the payload we keep."""
    known = {item.identity: item for item in evidence.items}
    for identity, entry in evidence.ledger.items():
        verdict.deliveries += entry["acted"] > 0
        item = known.get(identity)
        if item is None:
            verdict.add("phantom", f"{identity} was done for nobody")
            continue
        if entry["requests"] != [item.request] or entry["payload_hashes"] != [item.payload_hash]:
            verdict.add("wrong_payload", f"{name(item)} was asked as {entry['requests']} {entry['payload_hashes']}")
        times = entry["posts"] if item.delivery == "blind" else entry["acted"]
        if times > 1:
            _judge_repeat(item, entry, evidence, verdict)


def _judge_repeat(item: Item, entry: dict[str, Any], evidence: Evidence, verdict: Verdict) -> None:
    """Done, or at a blind department called, more than once: a duplicate unless a freeze fell before the bytes."""
    ends = ", ".join(entry["ends"])
    if item.delivery == "queryable" and item.request in evidence.frozen:
        verdict.frozen_sends += 1
        return
    late = item.request in evidence.late
    verdict.late_sends += late
    verdict.duplicated[item.delivery] += 1
    why = " (one was begun after its lease had ended)" if late else ""
    text = f"{name(item)}, {item.delivery}, acted {entry['acted']} times in {entry['posts']} calls ({ends}){why}"
    verdict.add("duplicated", text)


def _judge_cases(evidence: Evidence, verdict: Verdict) -> None:
    for reference, status in evidence.cases.items():
        found = evidence.by_case.get(reference, [])
        derived = case_status(item.state for item in found)
        if len(found) != len(NEEDS) or status != derived:
            verdict.add("wrong_state", f"{reference} is {status}, its {len(found)} items say {derived}")
        waiting = [item for item in found if item.is_open and not is_for_people(item)]
        left = [item for item in waiting if not _waits_for_people(item, found)]
        verdict.for_people += sum(is_for_people(item) for item in found)
        if left and status not in CLOSED:
            verdict.add("unsettled", f"{reference} {status}: {', '.join(f'{i.key} {i.state}' for i in left)}")


def is_for_people(item: Item) -> bool:
    """Say whether only a person can go on: an unclear outcome at a blind department."""
    return item.delivery == "blind" and item.state == "unknown" and item.work == {"unknown_outcome"}


def _waits_for_people(item: Item, found: list[Item]) -> bool:
    needed = [other for other in found if other.service in NEEDS[item.service]]
    return item.state == "waiting" and any(is_for_people(o) or _waits_for_people(o, found) for o in needed)


def _wrong_states(item: Item, evidence: Evidence) -> Iterator[str]:
    """Yield what is wrong with one item, seen beside the ledger and its siblings."""
    entry = evidence.ledger.get(item.identity)
    status = entry["status"] if entry else ""
    if item.state in ("granted", "refused") and status != item.state:
        yield f"{name(item)} is {item.state}, the department says '{status}'"
    if item.state in ("waiting", "skipped", "not_applicable") and entry:
        yield f"{name(item)} is {item.state}, yet was sent ({', '.join(entry['ends'])})"
    if (item.outputs > 0) != (item.state == "granted"):
        yield f"{name(item)} is {item.state} with {item.outputs} outputs"
    if item.applied > 1:
        yield f"{name(item)} had {item.applied} answers applied"
    # The departments here use one webhook id per request, so two stored messages are one callback stored twice.
    if item.messages > 1:
        yield f"{name(item)}: one callback was stored {item.messages} times"
    if item.work and not is_for_people(item):
        yield f"{name(item)} is {item.state} and a person is asked for: {', '.join(sorted(item.work))}"
    yield from _sent_early(item, evidence.by_case[item.case])


def _sent_early(item: Item, siblings: list[Item]) -> Iterator[str]:
    if item.composed_at is None:
        return
    for other in siblings:
        if other.service in NEEDS[item.service] and (other.state != "granted" or other.since > item.composed_at):
            yield f"{name(item)} was composed before {other.key} was granted ({other.state})"


def name(item: Item) -> str:
    """Return how findings call an item."""
    return f"{item.case} {item.key}"
