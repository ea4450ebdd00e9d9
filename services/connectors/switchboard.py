"""One event loop and one HTTP session per worker process, in a thread of its own, made after the fork.

The courier hands calls over and takes results from a queue; ORM calls never run in here.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import queue
import threading
from collections.abc import Sequence

import aiohttp

from services.connectors.base import Call, CallResult
from services.connectors.rest import new_session, perform

Results = queue.SimpleQueue[CallResult]


class Switchboard:
    """Make many calls at once; the caller's queue gets each result as it ends."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="switchboard", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def make(self, calls: Sequence[Call], results: Results) -> None:
        """Start the calls; returns at once."""
        if calls:
            self._loop.call_soon_threadsafe(self._start, calls, results)

    def close(self) -> None:
        """Let go of the connections and end the thread; calls in the air are forgotten, their leases decide."""
        if self._session is not None:
            asyncio.run_coroutine_threadsafe(self._session.close(), self._loop).result(timeout=1)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=1)

    def _start(self, calls: Sequence[Call], results: Results) -> None:
        if self._session is None:
            self._session = new_session()
        for call in calls:
            task = self._loop.create_task(self._one(self._session, call, results))
            self._running.add(task)  # the loop itself keeps only weak references
            task.add_done_callback(self._running.discard)

    async def _one(self, session: aiohttp.ClientSession, call: Call, results: Results) -> None:
        results.put(await perform(session, call))


_boards: dict[int, Switchboard] = {}


def switchboard() -> Switchboard:
    """Return this process's switchboard; a forked child makes its own."""
    pid = os.getpid()
    if pid not in _boards:
        _boards.clear()
        _boards[pid] = Switchboard()
    return _boards[pid]
