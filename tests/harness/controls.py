"""Negative controls: the same system with one safeguard taken away. Each must turn the named count red.

Nothing of the product is changed: the safeguard is replaced in the memory of the processes under test.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Control:
    """A safeguard: what takes it away in a process, and the count that must then be above 0.

    Where only a frozen process shows the difference, ``freezes`` makes them so many times likelier, and departments
    that decide later take ``day_seconds``, so that there is still something to spoil when it wakes.
    """

    red: str
    take_away: Callable[[], None]
    freezes: float = 1.0
    day_seconds: float = 0.3


def _product(name: str) -> Any:
    """Return a module of the product; it cannot be imported before Django is set up."""
    return import_module(name)


def _reconcile() -> None:
    """Send again without asking when the outcome at a queryable department is unknown."""
    courier = _product("services.courier").Courier
    call = courier._call

    def send_again(self: Any, item: Any, request: Any, body: bytes, *rest: Any) -> Any:
        made = call(self, item, request, body, *rest)
        blindly = item.state == "unknown" and item.delivery == "queryable"
        return dataclasses.replace(made, kind="send", body=body) if blindly else made

    courier._call = send_again


def _fence() -> None:
    """Let a result of an old claim change the item as if the claim were still held."""
    batch = _product("services.batch").Batch
    answer, accept, step = batch.answer, batch.accept, batch.step

    def any_answer(self: Any, item: Any, request: Any, channel: str, given: Any, *, fence: int | None) -> None:
        answer(self, item, request, channel, given, fence=None)

    def any_accept(self: Any, item: Any, request: Any, fence: int, *rest: Any, **named: Any) -> None:
        accept(self, item, request, self.items[item].fence, *rest, **named)

    def any_step(self: Any, item: Any, fence: int, *rest: Any, **named: Any) -> None:
        step(self, item, self.items[item].fence, *rest, **named)

    batch.answer, batch.accept, batch.step = any_answer, any_accept, any_step


def _inbox() -> None:
    """Store every copy of a callback as if it were a new one."""
    inbox = _product("services.inbox")
    store = inbox._store

    def store_again(lane: Any, request: Any, webhook_id: str, body: bytes) -> None:
        store(lane, request, f"{webhook_id}:{uuid.uuid4().hex}"[:120], body)

    inbox._store = store_again


def _outbox() -> None:
    """Trust the doorbell alone: no sweep finds what it missed."""
    _product("services.sweep").sweep = lambda: False


def _signature() -> None:
    """Take any callback, signed or not."""
    _product("services.inbox").verify = lambda *_: None


def _lease() -> None:
    """Nothing to replace: the harness declares less working time for the departments than they need."""


CONTROLS = {
    "reconcile": Control("duplicated", _reconcile),
    "fence": Control("wrong_state", _fence, freezes=8.0, day_seconds=8.0),
    "inbox": Control("wrong_state", _inbox),
    "outbox": Control("unsettled", _outbox),
    "signature": Control("forged_accepted", _signature),
    "lease": Control("duplicated", _lease),
}
