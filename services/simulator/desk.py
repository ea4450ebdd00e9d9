"""The departments' memory and clock: works by request and by key, what was told, callbacks owed.

Every change is an event, applied here and kept by the journal; replaying the journal rebuilds the same memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.simulator.callbacks import Caller
from services.simulator.faults import Faults
from services.simulator.journal import Event, Journal
from services.simulator.ledger import Entry, Identity, Ledger
from services.simulator.work import Message, Work, make_work, refuse, work_event, work_from_event

# An early callback may keep its call waiting this long; then the 202 leaves anyway.
EARLY_SECONDS = 5.0


@dataclass(slots=True)
class Keyed:
    """What an idempotency key stands for; no work while the first call with it is in flight."""

    digest: str
    work: Work | None = None


@dataclass(slots=True)
class Desk:
    """All departments' works. ``day_seconds`` is how long a working day takes."""

    secret: str
    base_url: str
    day_seconds: float
    faults: Faults
    journal: Journal
    caller: Caller
    ledger: Ledger = field(default_factory=Ledger)
    keys: dict[tuple[str, str], Keyed] = field(default_factory=dict)
    works: dict[tuple[str, str], Work] = field(default_factory=dict)
    papers: dict[tuple[str, str], str] = field(default_factory=dict)
    _timers: dict[tuple[str, str], asyncio.TimerHandle] = field(default_factory=dict)
    _owed: dict[tuple[str, str], Work] = field(default_factory=dict)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    # What happens

    def receive(self, message: Message, end: str, *, spent: bool = False) -> Entry:
        """Note a POST that leads to no work now, and how it ended."""
        if self.journal.keeps:
            self.journal.write({"do": "post", **_named(message), "end": end, "spent": spent})
        return self._note(message.identity, message.request, message.digest, end, spent=spent)

    def act(self, message: Message, end: str, *, early: bool = False) -> Work:
        """Do the work of a POST, whose call then ends as ``end``. Callbacks due are scheduled unless ``early``."""
        work = make_work(message, secret=self.secret, base_url=self.base_url, now=time.time())
        if self.journal.keeps:
            self.journal.write({"do": "work", **_named(message), "end": end, "work": work_event(work)})
        self._note(message.identity, message.request, message.digest, end, spent=True)
        self._remember(work, message.key, message.digest)
        if work.copies and not early:
            self._schedule(work)
        return work

    def withdraw(self, work: Work) -> bool:
        """Withdraw a work that is not decided yet; say whether it is withdrawn now."""
        if work.end != "withdrawn" and (work.end or work.decided(time.time(), self.day_seconds)):
            return False
        self._happen({"do": "withdraw", "department": work.department, "request": work.request})
        return True

    def reverse(self, work: Work) -> bool:
        """Undo a granted work; say whether it is undone now."""
        granted = work.answer["status"] == "granted" and work.decided(time.time(), self.day_seconds)
        if work.end != "reversed" and (work.end or not granted):
            return False
        self._happen({"do": "reverse", "department": work.department, "request": work.request})
        return True

    def rule(self, work: Work, status: str, elements: tuple[str, ...], text: str) -> None:
        """Let an officer decide a waiting work: granted as prepared, refused, or correction of these wire names."""
        event: Event = {"do": "rule", "department": work.department, "request": work.request, "status": status}
        self._happen({**event, "elements": list(elements), "text": text, "at": time.time()})
        self._schedule(work)

    def reset(self) -> None:
        """Forget everything: ledger, answers, callbacks owed."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        for memory in (self._timers, self._owed, self.keys, self.works, self.papers):
            memory.clear()
        self.ledger.clear()
        self.journal.clear()

    async def stop(self) -> None:
        """Cancel what runs in the background; what is owed stays in the journal."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def set_day(self, seconds: float) -> None:
        """Change the length of a working day, also for what is under way."""
        self.day_seconds = seconds
        for work in [self._owed[place] for place in self._timers]:
            self._schedule(work)

    # Memory

    def restore(self) -> None:
        """Replay the journal and take up the callbacks still owed."""
        for event in self.journal.replay():
            self._apply(event)
        for work in list(self._owed.values()):
            self._schedule(work)

    def _happen(self, event: Event) -> None:
        self.journal.write(event)
        self._apply(event)

    def _apply(self, event: Event) -> None:
        if event["do"] in ("post", "work"):
            identity = (event["department"], event["case"], event["service"], event["subject"], event["round"])
            spent = event.get("spent", True)
            self._note(identity, event["request"], event["digest"], event["end"], spent=spent)
            if event["do"] == "work":
                self._remember(work_from_event(event["work"]), event["key"], event["digest"])
            return
        work = self.works[event["department"], event["request"]]
        entry = self.ledger.entry(work.identity)
        match event["do"]:
            case "withdraw":
                work.end = entry.status = "withdrawn"
                entry.withdrawals += 1
                self._settle_debt(work)
            case "reverse":
                work.end = entry.status = "reversed"
                entry.reversals += 1
            case "rule":
                work.waits_for_officer, work.days, work.accepted_at = False, 0.0, event["at"]
                if event["status"] != "granted":
                    refuse(work.answer, event["status"], tuple(event["elements"]), event["text"])
                entry.status = event["status"]
            case "told":
                entry.callbacks_accepted += event["accepted"]
                entry.callbacks_sent += event["sent"]
                entry.callbacks_lost += event["lost"]
                self._settle_debt(work)

    def _note(self, identity: Identity, request: str, digest: str, end: str, *, spent: bool) -> Entry:
        entry = self.ledger.record_post(identity, request, digest, end)
        entry.spent = entry.spent or spent
        return entry

    def _remember(self, work: Work, key: str, digest: str) -> None:
        """Take a work just done, or read from the journal, into the memory."""
        entry = self.ledger.entry(work.identity)
        entry.acted += 1
        entry.status = "accepted" if work.waits_for_officer else work.answer["status"]
        self.works[work.department, work.request] = work
        if key:
            self.keys[work.department, key] = Keyed(digest, work)
        for paper, text in work.contents.items():
            self.papers[work.department, paper] = text
        if work.copies:
            self._owed[work.department, work.request] = work

    def _settle_debt(self, work: Work) -> None:
        place = (work.department, work.request)
        self._owed.pop(place, None)
        if timer := self._timers.pop(place, None):
            timer.cancel()

    # Callbacks

    def _schedule(self, work: Work) -> None:
        """Tell the portal when the work is due; a work that waits for an officer is told when decided."""
        place = (work.department, work.request)
        if timer := self._timers.pop(place, None):
            timer.cancel()
        if place not in self._owed or work.waits_for_officer:
            return
        wait = max(0.0, work.due(self.day_seconds) - time.time())
        self._timers[place] = asyncio.get_running_loop().call_later(wait, self._fall_due, work)

    def _fall_due(self, work: Work) -> None:
        self._timers.pop((work.department, work.request), None)
        self.start(self._tell(work))

    def start(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background; ``reset`` and the end of the process cancel it."""
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def tell_early(self, work: Work) -> None:
        """Send the callback before the call that caused it is answered."""
        await asyncio.wait({self.start(self._tell(work))}, timeout=EARLY_SECONDS)

    async def _tell(self, work: Work) -> None:
        """Send the callbacks of a work, with the faults that befall them, and note what came of it."""
        rules = self.faults.of(work.department)
        told: Event = {"do": "told", "department": work.department, "request": work.request}
        told |= {"sent": 0, "accepted": 0, "lost": 0}
        if rules and self.faults.strikes(work.department, rules.forged_callback_rate):
            self.ledger.forged["sent"] += 1
            accepted = await self.caller.forge(work.department, work.reply_to, work.answer)
            self.ledger.forged["accepted"] += accepted
        if rules and self.faults.strikes(work.department, rules.lost_callback_rate):
            self._happen({**told, "lost": 1})
            return
        copies = work.copies + (self.faults.strikes(work.department, rules.duplicate_callback_rate) if rules else 0)
        body = orjson.dumps(work.body())
        for _ in range(copies):
            message_id = f"msg_{work.department}_{work.request}"
            told["accepted"] += await self.caller.deliver(work.department, work.reply_to, body, message_id)
            told["sent"] += 1
        if self.works.get((work.department, work.request)) is work:
            self._happen(told)


def _named(message: Message) -> dict[str, Any]:
    department, case, service, subject, number = message.identity
    return {
        "department": department, "case": case, "service": service, "subject": subject, "round": number,
        "request": message.request, "digest": message.digest, "key": message.key,
    }  # fmt: skip
