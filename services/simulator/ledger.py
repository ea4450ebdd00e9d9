"""What each department really did, per (department, case, service, subject, round): the judge of fault tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Identity = tuple[str, str, str, str, int]
"""Department, case, service, subject, round."""


@dataclass(slots=True)
class Entry:
    """One identity. ``acted`` counts the work done, ``posts`` the calls that asked for it, ``ends`` how each ended.

    ``status`` is "" (nothing done), accepted, granted, refused, correction, withdrawn or reversed.
    """

    identity: Identity
    acted: int = 0
    posts: int = 0
    requests: list[str] = field(default_factory=list)
    payload_hashes: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    status: str = ""
    withdrawals: int = 0
    reversals: int = 0
    callbacks_sent: int = 0
    callbacks_accepted: int = 0
    callbacks_lost: int = 0
    # The behaviour of a test value that strikes the first call only has struck.
    spent: bool = False

    def document(self) -> dict[str, Any]:
        department, case, service, subject, number = self.identity
        return {
            "department": department, "case": case, "service": service, "subject": subject, "round": number,
            "acted": self.acted, "posts": self.posts, "requests": self.requests,
            "payload_hashes": self.payload_hashes, "ends": self.ends, "status": self.status,
            "withdrawals": self.withdrawals, "reversals": self.reversals, "callbacks_sent": self.callbacks_sent,
            "callbacks_accepted": self.callbacks_accepted, "callbacks_lost": self.callbacks_lost,
        }  # fmt: skip


@dataclass(slots=True)
class Ledger:
    """All entries, and the forged callbacks that were sent and (wrongly) accepted."""

    entries: dict[Identity, Entry] = field(default_factory=dict)
    cases: dict[str, list[Entry]] = field(default_factory=dict)
    forged: Counter[str] = field(default_factory=Counter)

    def entry(self, identity: Identity) -> Entry:
        """Return the entry of an identity, made at its first mention."""
        found = self.entries.get(identity)
        if found is None:
            found = self.entries[identity] = Entry(identity)
            self.cases.setdefault(identity[1], []).append(found)
        return found

    def record_post(self, identity: Identity, request: str, payload_hash: str, end: str) -> Entry:
        """Note one call and how it ended: answered, error, reset, hang, busy, down, conflict …"""
        entry = self.entry(identity)
        entry.posts += 1
        entry.ends.append(end)
        if request not in entry.requests:
            entry.requests.append(request)
        if payload_hash not in entry.payload_hashes:
            entry.payload_hashes.append(payload_hash)
        return entry

    def document(self, case: str | None) -> dict[str, Any]:
        """Return the entries of one case, or all, with totals over those entries."""
        entries = list(self.entries.values()) if case is None else self.cases.get(case, [])
        totals: Counter[str] = Counter(entry.status or "nothing" for entry in entries)
        for entry in entries:
            totals["posts"] += entry.posts
            totals["acted"] += entry.acted
            totals["duplicates"] += max(0, entry.acted - 1)
            totals["callbacks_sent"] += entry.callbacks_sent
            totals["callbacks_accepted"] += entry.callbacks_accepted
            totals["callbacks_lost"] += entry.callbacks_lost
        counts = {"entries": len(entries), **totals}
        counts |= {"forged_sent": self.forged["sent"], "forged_accepted": self.forged["accepted"]}
        return {"entries": [entry.document() for entry in entries], "totals": counts}

    def clear(self) -> None:
        self.entries.clear()
        self.cases.clear()
        self.forged.clear()
