"""HTTP/1.1 on bare asyncio: kept connections, pipelining one exchange at a time, strict about what is malformed.

Small on purpose: the simulator must not be what a benchmark of the portal measures.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

import orjson

MAX_HEAD = 16_384
MAX_BODY = 1_048_576
REQUEST_LINE = re.compile(r"([A-Z]{1,16}) (\S+) HTTP/(\d\.\d)")
HEADER_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
SINGLE = frozenset({"content-length", "host", "authorization", "idempotency-key", "transfer-encoding"})
REASONS = {status.value: status.phrase for status in HTTPStatus}
# Long enough for a client to read why its oversized body was refused before the connection goes.
LINGER_SECONDS = 1.0


class MalformedRequestError(Exception):
    """What came is not HTTP this server takes; the status and text go back and the connection is closed."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(slots=True)
class Request:
    """One request; header names in lower case, ``target`` the path with its query, ``body`` at most MAX_BODY bytes."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    keep: bool


def problem(text: str) -> dict[str, Any]:
    """Return the error document every refusal carries."""
    return {"error": {"text": text}}


def encode_response(status: int, document: Any, headers: Mapping[str, str], keep: bool) -> bytes:
    """Return the bytes of a response; ``document`` is bytes as they are, or anything JSON."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    if keep and not headers:
        return b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            status, REASONS[status].encode(), len(body), body,
        )  # fmt: skip
    lines = [f"HTTP/1.1 {status} {REASONS[status]}"]
    if "Content-Type" not in headers:
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not keep:
        lines.append("Connection: close")
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1") + body


@lru_cache(maxsize=512)
def parse_start(line: str) -> tuple[str, str, str]:
    """Return method, target (path and query) and version of a request line."""
    start = REQUEST_LINE.fullmatch(line)
    if start is None:
        raise MalformedRequestError(400, "The request line is not 'METHOD /path HTTP/1.1'.")
    method, target, version = start.groups()
    if version not in ("1.1", "1.0"):
        raise MalformedRequestError(505, "This server speaks HTTP/1.1.")
    if target.startswith("http://"):
        target = "/" + target[7:].partition("/")[2]
    if not target.startswith("/"):
        raise MalformedRequestError(400, "A request names a path.")
    return method, target, version


@lru_cache(maxsize=2048)
def parse_header(line: str) -> tuple[str, str]:
    """Return a header's name in lower case and its value; two empty texts for a malformed line.

    Cached: on kept connections most lines come again and again.
    """
    match = HEADER_LINE.fullmatch(line)
    return (match[1].lower(), match[2].rstrip(" \t")) if match else ("", "")


def parse_head(head: bytes) -> Request:
    """Read request line and headers, without the closing empty line; raise for anything doubtful."""
    lines = head.decode("latin-1").split("\r\n")
    method, target, version = parse_start(lines[0])
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, value = parse_header(line)
        if not name or (name in SINGLE and name in headers):
            raise MalformedRequestError(400, "A header line is malformed or repeated.")
        headers[name] = value
    if version == "1.1" and "host" not in headers:
        raise MalformedRequestError(400, "A request names its Host.")
    keep = headers.get("connection", "keep-alive" if version == "1.1" else "close").lower() != "close"
    return Request(method, target, headers, b"", keep)


def body_length(request: Request) -> int:
    """Return the bytes to read after the head; raise for chunked, unreadable or oversized bodies."""
    if "transfer-encoding" in request.headers:
        raise MalformedRequestError(411, "Send the body with a Content-Length.")
    text = request.headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()):
        raise MalformedRequestError(400, "Content-Length is a whole number.")
    if len(text) > 12 or int(text) > MAX_BODY:
        raise MalformedRequestError(413, "A body is at most 1 MB.")
    return int(text)


class Exchange:
    """One request and the one answer to it, given now or later; an answer after the client left goes nowhere."""

    __slots__ = ("_connection", "request")

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self.request = request

    def reply(self, status: int, document: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send the answer and let the connection go on to its next request."""
        self._connection.finish(self, encode_response(status, document, headers or {}, self.request.keep))

    def reset(self) -> None:
        """End the connection with a TCP reset, without an answer."""
        self._connection.reset(self)


class Connection(asyncio.Protocol):
    """One client's connection: reads a request, hands it to ``handler``, waits for its answer, reads the next."""

    def __init__(self, handler: Callable[[Exchange], None], open_connections: set[Connection]) -> None:
        self._handler = handler
        self._open = open_connections
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head: Request | None = None
        self._length = 0
        self._exchange: Exchange | None = None
        self._advancing = self._choked = self._deaf = self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = self._exchange = None
        self._open.discard(self)

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        self._advance()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._buffer += data
        if self._exchange is None and not self._choked:
            self._advance()
        elif len(self._buffer) > MAX_BODY and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def finish(self, exchange: Exchange, data: bytes) -> None:
        """Write the answer to ``exchange`` unless the client has left meanwhile."""
        if self._transport is None or self._exchange is not exchange:
            return
        self._transport.write(data)
        self._exchange = None
        if not exchange.request.keep:
            self._deaf = True
            self._transport.close()
            return
        if self._paused:
            self._transport.resume_reading()
            self._paused = False
        if not self._advancing:
            self._advance()

    def reset(self, exchange: Exchange) -> None:
        """Abort with linger 0, so that the client sees a reset and not an orderly end."""
        if self._transport is None or self._exchange is not exchange:
            return
        plug = self._transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _advance(self) -> None:
        """Handle complete requests until one waits for its answer or the bytes run out."""
        self._advancing = True
        try:
            while self._buffer and self._exchange is None and not self._choked and not self._deaf:
                request = self._next_request()
                if request is None:
                    break
                self._exchange = Exchange(self, request)
                self._handler(self._exchange)
        except MalformedRequestError as error:
            self._refuse(error)
        finally:
            self._advancing = False

    def _next_request(self) -> Request | None:
        if self._head is None and not self._read_head():
            return None
        head = self._head
        if head is None or len(self._buffer) < self._length:
            return None
        head.body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._head = None
        return head

    def _read_head(self) -> bool:
        """Take the next head off the buffer; False while it is incomplete."""
        while self._buffer.startswith(b"\r\n"):
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_HEAD or (end < 0 and len(self._buffer) > MAX_HEAD):
            raise MalformedRequestError(431, "The head is longer than 16 KB.")
        if end < 0:
            return False
        head = parse_head(bytes(self._buffer[:end]))
        self._length = body_length(head)
        self._head = head
        del self._buffer[: end + 4]
        waits = head.headers.get("expect", "").lower() == "100-continue" and len(self._buffer) < self._length
        if waits and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _refuse(self, error: MalformedRequestError) -> None:
        """Answer what cannot be parsed, ignore the rest of it, and close a moment later."""
        self._deaf = True
        self._buffer.clear()
        if self._transport is not None:
            self._transport.write(encode_response(error.status, problem(str(error)), {}, False))
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)
