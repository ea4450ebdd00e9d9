"""Signed callbacks to the portal over kept connections, repeated with backoff, and forged ones on purpose."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import orjson

from services.simulator.faults import Faults
from services.simulator.tokens import webhook_key, webhook_signature

# Seconds between the tries of one callback; afterwards only asking tells.
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
CALL_SECONDS = 10.0
CONCURRENT = 32
FORGERIES = ("signature", "expired", "other department")
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Caller:
    """Posts signed bodies; keeps up to CONCURRENT connections per portal address open."""

    def __init__(self, secret: str, faults: Faults) -> None:
        self._secret = secret
        self._faults = faults
        self._idle: dict[tuple[str, int, bool], list[Stream]] = {}
        self._slots = asyncio.Semaphore(CONCURRENT)

    async def deliver(self, department: str, reply_to: str, body: bytes, message_id: str) -> bool:
        """Post until accepted or the tries run out; say whether it was accepted."""
        for pause in (*BACKOFF, None):
            if await self.post(reply_to, body, self._headers(department, message_id, body)):
                return True
            if pause is None:
                break
            await asyncio.sleep(pause)
        return False

    async def forge(self, department: str, reply_to: str, answer: dict[str, Any]) -> bool:
        """Post a lie that must be rejected: wrong signature, expired, or signed by another; say if it was accepted."""
        rules = self._faults.of(department)
        lie = {
            **answer,
            "status": "refused",
            "outputs": {},
            "documents": [],
            "reasons": [{"code": "forged", "text": "Forged."}],
        }
        body = orjson.dumps(lie)
        draw = int.from_bytes(hashlib.sha256(f"{rules.seed if rules else 0}{answer['request']}".encode()).digest()[:4])
        kind = FORGERIES[draw % len(FORGERIES)]
        signer = "nobody" if kind == "other department" else department
        age = 3600 if kind == "expired" else 0
        headers = self._headers(signer, f"msg_forged_{draw}", body, age)
        if kind == "signature":
            headers["webhook-signature"] = "v1," + "A" * 43 + "="
        return await self.post(reply_to, body, headers)

    def _headers(self, department: str, message_id: str, body: bytes, age: int = 0) -> dict[str, str]:
        timestamp = int(time.time()) - age
        signature = webhook_signature(webhook_key(self._secret, department), message_id, timestamp, body)
        return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        """Post once; True for a 2xx, False for anything else or no answer in time."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
        address = (parts.hostname or "", parts.port or (443 if secure else 80), secure)
        try:
            async with self._slots, asyncio.timeout(CALL_SECONDS):
                return await self._exchange(address, head + body)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return False

    async def _exchange(self, address: tuple[str, int, bool], data: bytes) -> bool:
        """Send over an idle connection if one is there; one that died while idle is replaced once."""
        idle = self._idle.setdefault(address, [])
        while idle:
            stream = idle.pop()
            try:
                return await self._converse(address, stream, data)
            except (ConnectionError, asyncio.IncompleteReadError):
                continue
        host, port, secure = address
        context = ssl.create_default_context() if secure else None
        return await self._converse(address, await asyncio.open_connection(host, port, ssl=context), data)

    async def _converse(self, address: tuple[str, int, bool], stream: Stream, data: bytes) -> bool:
        reader, writer = stream
        kept = False
        try:
            writer.write(data)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status = int(head.split(" ", 2)[1])
            fields = dict(line.lower().split(":", 1) for line in head.split("\r\n")[1:] if ":" in line)
            length = fields.get("content-length")
            if length is not None and "close" not in fields.get("connection", ""):
                await reader.readexactly(int(length))
                self._idle[address].append(stream)
                kept = True
            return 200 <= status < 300
        finally:
            if not kept:
                writer.close()

    def close(self) -> None:
        """Close the idle connections."""
        for streams in self._idle.values():
            for _, writer in streams:
                writer.close()
        self._idle.clear()
