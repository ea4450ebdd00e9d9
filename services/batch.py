"""A batch of answers in memory: load the locked cases, apply what came, release what follows, write it in bulk."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.audit import Happening, chain
from services.bulk import update_rows
from services.cases import request_id
from services.connectors.base import Accepted, Answer
from services.crash_points import crash_point
from services.facts import REPLY, load_pools
from services.models import Case, CaseEvent, CaseItem, Document, Reply, ServiceRequest, WorkItem
from services.plan import Plan, PlanItem, Value
from services.plans import load_plan
from services.release import release
from services.retries import Step
from services.sealing import Sealer, SealError, sealer
from services.states import ANSWERABLE, CLOSED, ITEM_TRANSITIONS, TERMINAL, ItemState, WorkKind, case_status

log = logging.getLogger(__name__)

WORK_DUE = timedelta(days=1)
MOVED = ("state", "due_at", "since", "attempts", "trouble_since", "outputs", "answer_hash")
CALLED = frozenset({ItemState.SENDING, ItemState.ACCEPTED, ItemState.UNKNOWN, ItemState.WITHDRAWING})


class Batch:
    """Cases, their items and everything that happens to them in one transaction. The caller opens it."""

    def __init__(self, case_ids: Iterable[UUID], *, at: datetime) -> None:
        self.at = at
        locked = Case.objects.filter(id__in=case_ids).order_by("id").select_related("key")
        self.cases = {case.id: case for case in locked.select_for_update(of=("self",), no_key=True)}
        rows = CaseItem.objects.filter(case_id__in=self.cases).order_by("case_id", "position")
        self.items = {item.id: item for item in rows.select_for_update(no_key=True)}
        self._by_case: dict[UUID, list[CaseItem]] = {case_id: [] for case_id in self.cases}
        for item in self.items.values():
            self._by_case[item.case_id].append(item)
        self._was = {item.id: (item.state, item.fence) for item in self.items.values()}
        self._moved: set[UUID] = set()
        self._touched: set[UUID] = set()
        self._happenings: dict[UUID, list[Happening]] = {}
        self._replies: list[Reply] = []
        self._documents: list[Document] = []
        self._work: dict[tuple[str, UUID], WorkItem] = {}
        self._received: dict[UUID, str] = {}
        self._values: dict[UUID, dict[str, Value]] = {}

    def plan(self, case_id: UUID) -> Plan:
        return load_plan(self.cases[case_id].plan_id)

    # What may happen to an item

    def answer(self, item_id: UUID, request: UUID, channel: str, answer: Answer, *, fence: int | None) -> None:
        """Apply a decision. ``fence`` is the claim it answers; None for a callback, which needs no claim."""
        item = self.items[item_id]
        if request != request_id(item.case_id, item, item.round):
            self._record(item, request, channel, answer, applied=False)
            return self._happened(item, "late_answer", actor=f"department:{item.lane_id}")
        if item.state in TERMINAL or item.state == ItemState.CORRECTION:
            return self._repeated(item, request, channel, answer)
        if item.state not in ANSWERABLE or (fence is not None and fence != item.fence):
            return log.info("answer of an old claim for %s refused by its fence", item.id)
        planned = self.plan(item.case_id).by_key[item.key]
        lacking = [out.wire for out in planned.outputs if not out.optional and out.wire not in answer.outputs]
        if answer.outcome == "granted" and lacking:
            return self._incomplete(item, request, channel, answer, lacking)
        self._decide(item, planned, request, channel, answer)

    def accept(self, item_id: UUID, request: UUID, fence: int, accepted: Accepted, *, due: datetime) -> None:
        """Note that the department has the request and when to ask for it. Nothing happens if the claim is old."""
        item = self.items[item_id]
        if fence != item.fence or item.state not in (ItemState.SENDING, ItemState.UNKNOWN, ItemState.ACCEPTED):
            return
        if item.state != ItemState.ACCEPTED:
            self._happened(item, "accepted", actor=f"department:{item.lane_id}")
            if accepted.department_ref:
                self._received[request] = accepted.department_ref
        self._move(item, ItemState.ACCEPTED, due=due)
        item.attempts, item.trouble_since = 0, None

    def step(self, item_id: UUID, fence: int, step: Step, *, due: datetime | None, detail: str) -> None:
        """Apply what a call without an answer leads to. Nothing happens if the claim is old or an answer came first."""
        item = self.items[item_id]
        if fence != item.fence or item.state not in CALLED:
            return
        # Ready again after a call that did nothing is no news; every other change is.
        if step.state not in (item.state, ItemState.READY):
            self._happened(item, step.state, actor="courier", reason=detail)
        self._move(item, step.state, due=due)
        # A wrong set-up is ours, not the department's trouble, and may take an operator a while.
        item.trouble_since = None if step.pause_lane else item.trouble_since or self.at
        if step.work:
            self.need_person(step.work, item, reason=detail)

    def touch(self, case_id: UUID) -> None:
        """Let the case's followers be looked at again."""
        self._touched.add(case_id)

    def need_person(self, kind: WorkKind, item: CaseItem, *, reason: str) -> None:
        """Open a work item, unless one of this kind is open for the item."""
        self._work[kind, item.id] = WorkItem(
            kind=kind,
            case_id=item.case_id,
            item=item,
            reason=reason[:200],
            opened_at=self.at,
            due_at=self.at + WORK_DUE,
        )
        self._happened(item, "needs_person", actor="courier", work=kind)

    # How it is applied

    def _decide(self, item: CaseItem, planned: PlanItem, request: UUID, channel: str, answer: Answer) -> None:
        outputs = {out.key: answer.outputs[out.wire] for out in planned.outputs if out.wire in answer.outputs}
        self._record(item, request, channel, answer, applied=True, outputs=outputs)
        state = ItemState(answer.outcome)
        if state == ItemState.GRANTED:
            item.outputs = sorted(outputs)
            self._values.setdefault(item.case_id, {}).update(outputs)
            self._keep_documents(item, answer)
        if state == ItemState.CORRECTION:
            self.need_person(WorkKind.CORRECTION, item, reason="the department asks for a correction")
        codes = [reason.get("code", "") for reason in answer.reasons]
        self._happened(
            item, state, actor=f"department:{item.lane_id}", channel=channel, codes=codes, outputs=item.outputs
        )
        if answer.department_ref:
            self._received[request] = answer.department_ref
        item.answer_hash = self._answer_hash(item, answer)
        self._move(item, state, due=None)
        self.touch(item.case_id)

    def _repeated(self, item: CaseItem, request: UUID, channel: str, answer: Answer) -> None:
        """The same answer again is nothing; a different one is a conflict for a person, and the first one stands."""
        if item.answer_hash == self._answer_hash(item, answer):
            return
        self._record(item, request, channel, answer, applied=False)
        self.need_person(WorkKind.CONFLICT, item, reason=f"first {item.state}, then {answer.outcome}")

    def _answer_hash(self, item: CaseItem, answer: Answer) -> str:
        """Return what tells a repeat from another answer, without telling what was answered."""
        text = orjson.dumps([answer.outcome, answer.outputs], option=orjson.OPT_SORT_KEYS).decode()
        return sealer(self.cases[item.case_id].key).salt(f"answer|{text}").hex()

    def _incomplete(self, item: CaseItem, request: UUID, channel: str, answer: Answer, lacking: list[str]) -> None:
        self._record(item, request, channel, answer, applied=False)
        self._move(item, ItemState.HELD, due=None)
        self.need_person(WorkKind.STUCK, item, reason=f"granted without {', '.join(lacking)}")

    def _move(self, item: CaseItem, state: str, *, due: datetime | None) -> None:
        if state != item.state:
            if state not in ITEM_TRANSITIONS[item.state]:
                raise AssertionError(f"{item.state} → {state} is not in ITEM_TRANSITIONS")
            item.since = self.at
        item.state, item.due_at = state, due
        self._moved.add(item.id)

    def _happened(self, item: CaseItem, kind: str, *, actor: str, **parameters: Any) -> None:
        happening = Happening(kind, actor, item.key, parameters or None)
        self._happenings.setdefault(item.case_id, []).append(happening)

    def _record(
        self,
        item: CaseItem,
        request: UUID,
        channel: str,
        answer: Answer,
        *,
        applied: bool,
        outputs: dict[str, Value] | None = None,
    ) -> None:
        reply = Reply(id=uuid.uuid4(), request_id=request, case_id=item.case_id, channel=channel, at=self.at)
        reply.outcome, reply.applied = answer.outcome, applied
        documents = [{**dataclasses.asdict(document), "content": ""} for document in answer.documents]
        content = {
            "outputs": answer.outputs if outputs is None else outputs,
            "reasons": answer.reasons,
            "documents": documents,
        }
        reply.sealed = sealer(self.cases[item.case_id].key).seal(content, place=REPLY, row=reply.id)
        self._replies.append(reply)

    def _keep_documents(self, item: CaseItem, answer: Answer) -> None:
        case = self.cases[item.case_id]
        for found in answer.documents:
            if found.missing:
                self.need_person(WorkKind.STUCK, item, reason=f"document {found.evidence} could not be fetched")
                continue
            document = Document(id=uuid.uuid4(), key=case.key, case=case, created_at=self.at, title=found.title)
            document.slot = f"{found.evidence}/{item.subject}" if item.subject else found.evidence
            document.origin, document.media_type = f"service:{item.service}", found.media_type
            document.size, document.sha256 = len(found.content), hashlib.sha256(found.content).hexdigest()
            document.sealed = sealer(case.key).seal_bytes(found.content, place="document.sealed", row=document.id)
            self._documents.append(document)

    # How it is written

    def write(self) -> int:
        """Release followers, derive statuses, write everything; returns how many items moved."""
        self._release()
        moves = [self._row(self.items[item_id]) for item_id in self._moved]
        won = update_rows(CaseItem, moves, match=("id", "was_state", "fence"), assign=MOVED)
        if len(won) != len(moves):
            raise AssertionError("a locked item changed under its lock")
        crash_point("in_settle")
        Reply.objects.bulk_create(self._replies)
        Document.objects.bulk_create(self._documents)
        references = [{"id": key, "department_ref": value} for key, value in self._received.items()]
        update_rows(ServiceRequest, references, match=("id",), assign=("department_ref",))
        WorkItem.objects.bulk_create(self._work.values(), ignore_conflicts=True)
        self._write_cases()
        return len(won)

    def _row(self, item: CaseItem) -> dict[str, Any]:
        return {"id": item.id, "was_state": self._was[item.id][0], "fence": item.fence} | {
            name: getattr(item, name) for name in MOVED
        }

    def _release(self) -> None:
        reading = [self.cases[case_id] for case_id in self._touched if self.plan(case_id).reads_outputs]
        pools = load_pools(reading) if reading else {}
        for case_id in self._touched:
            known = {key: fact.value for key, fact in pools.get(case_id, {}).items()} | self._values.get(case_id, {})
            items = self._by_case[case_id]
            outputs = {item.key: frozenset(item.outputs) for item in items if item.outputs}
            verdicts = release(self.plan(case_id), {item.key: item.state for item in items}, outputs, known.get)
            for item in items:
                if item.key in verdicts:
                    self._follow(item, verdicts[item.key])

    def _follow(self, item: CaseItem, verdict: str) -> None:
        self._move(item, verdict, due=self.at if verdict == ItemState.READY else None)
        self._happened(item, "released" if verdict == ItemState.READY else verdict, actor="courier")
        if verdict == ItemState.HELD:
            self.need_person(WorkKind.HELD_BY_POLICY, item, reason="a service it follows was refused")

    def _write_cases(self) -> None:
        changed = {self.items[item_id].case_id for item_id in self._moved} | set(self._happenings)
        events: list[CaseEvent] = []
        for case_id in sorted(changed):
            case = self.cases[case_id]
            self._derive_status(case)
            case.version += 1
            case.changed_at = self.at
            events += chain(case, self._happenings.get(case_id, []), at=self.at, sealer=_opener(case))
        CaseEvent.objects.bulk_create(events)
        fields = ("status", "version", "seq", "head", "changed_at", "settled_at")
        rows = [
            {"id": case_id} | {name: getattr(self.cases[case_id], name) for name in fields}
            for case_id in sorted(changed)
        ]
        update_rows(Case, rows, match=("id",), assign=fields)

    def _derive_status(self, case: Case) -> None:
        status = case_status(item.state for item in self._by_case[case.id])
        if status != case.status and status in CLOSED:
            self._happenings.setdefault(case.id, []).append(Happening(status, "courier"))
            case.settled_at = self.at
        case.status = status


def _opener(case: Case) -> Sealer | None:
    """Return the case's sealer; None if its data was erased or its wrapping key is away."""
    try:
        return sealer(case.key)
    except SealError:
        return None
