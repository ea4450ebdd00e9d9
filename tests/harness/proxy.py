"""Bad weather between couriers and departments: a TCP proxy that resets, delays and trickles, from a seed."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CHUNK = 65536
TRICKLE_BYTES = 40
HARD_RESET = struct.pack("ii", 1, 0)  # linger 0: closing sends RST


@dataclass(frozen=True, slots=True)
class Weather:
    """Chances per piece of data; `latency` and `pause` are seconds."""

    reset_before: float = 0.0
    reset_after: float = 0.0
    slow: float = 0.0
    latency: float = 0.0
    trickle: float = 0.0
    pause: float = 0.02


FAIR = Weather()


class FaultProxy:
    """Listens on a loopback port of its own in a thread of its own; a context manager."""

    def __init__(self, target_port: int, seed: int) -> None:
        self.weather = FAIR
        self.struck: Counter[str] = Counter()
        self._target = target_port
        self._dice = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    @property
    def url(self) -> str:
        """Return the address departments are reached at."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._socket))
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            self._drop(writer)
            return
        ways = [self._pump(reader, there[1], writer, up=True), self._pump(there[0], writer, there[1], up=False)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        # What a client has given up must not arrive later: when one way ends, both ends are closed at once.
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in (writer, there[1]):
            end.close()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, other: asyncio.StreamWriter, *, up: bool
    ) -> None:
        """Carry one direction until it ends; `up` is towards the department."""
        with suppress(ConnectionError, OSError):
            while data := await source.read(CHUNK):
                weather = self.weather
                if self._strikes("reset", weather.reset_before if up else weather.reset_after):
                    self._drop(sink if not up else other)
                    return
                if self._strikes("slow", weather.slow):
                    await asyncio.sleep(weather.latency)
                await self._write(sink, data, slowly=not up and self._strikes("trickle", weather.trickle))

    async def _write(self, sink: asyncio.StreamWriter, data: bytes, *, slowly: bool) -> None:
        step = TRICKLE_BYTES if slowly else CHUNK
        for start in range(0, len(data), step):
            sink.write(data[start : start + step])
            await sink.drain()
            if slowly:
                await asyncio.sleep(self.weather.pause)

    def _strikes(self, what: str, chance: float) -> bool:
        hit = chance > 0 and self._dice.random() < chance
        self.struck[what] += hit
        return hit

    def _drop(self, end: asyncio.StreamWriter) -> None:
        raw = end.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD_RESET)
        end.close()
