"""Which path goes where, and who may: departments and registers by bearer token, control by the shared secret."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from services.simulator.catalogue import Catalogue
from services.simulator.departments import Departments
from services.simulator.desk import Desk
from services.simulator.faults import FaultError, attend
from services.simulator.officer import Officer
from services.simulator.registers import Registers
from services.simulator.tokens import department_token
from services.simulator.wire import Exchange, problem

NOTHING = problem("There is nothing here.")


class Application:
    """The simulator's front door: one call per exchange."""

    def __init__(self, catalogue: Catalogue, desk: Desk, secret: str) -> None:
        self._desk = desk
        self._secret = secret.encode()
        self._departments = Departments(catalogue, desk)
        self._registers = Registers(catalogue)
        self._officer = Officer(desk, secret)
        self._department_tokens = {code: _bearer(secret, code) for code in catalogue.departments}
        self._register_tokens = {code: _bearer(secret, code) for code in catalogue.registers}

    def handle(self, exchange: Exchange) -> None:
        """Route one call."""
        path, _, query = exchange.request.target.partition("?")
        parts = path[1:].split("/")
        if "%" in path:
            parts = [unquote(part) for part in parts]
        if parts[0] in self._department_tokens:
            if self._lets_in(exchange, self._department_tokens[parts[0]]):
                self._departments.handle(exchange, parts[0], parts[1:])
        elif parts[0] == "registers":
            self._register(exchange, parts, query)
        elif parts[0] == "officer":
            self._officer.handle(exchange, path)
        elif path == "/healthz":
            exchange.reply(200, {"status": "ok"})
        elif path in ("/ledger", "/faults", "/settings"):
            self._control(exchange, path, query)
        else:
            exchange.reply(404, NOTHING)

    def _lets_in(self, exchange: Exchange, token: bytes) -> bool:
        """Say whether the bearer token is right; answer 401 if it is not."""
        given = exchange.request.headers.get("authorization", "").encode("latin-1")
        if hmac.compare_digest(given, token):
            return True
        exchange.reply(401, problem("The bearer token is missing or wrong."), {"WWW-Authenticate": "Bearer"})
        return False

    def _register(self, exchange: Exchange, parts: list[str], query: str) -> None:
        if len(parts) != 3 or parts[1] not in self._register_tokens or parts[2] != "records":
            exchange.reply(404, NOTHING)
        elif self._lets_in(exchange, self._register_tokens[parts[1]]):
            if exchange.request.method != "GET":
                exchange.reply(405, problem("Use GET here."), {"Allow": "GET"})
                return
            attend(exchange, self._desk.faults.trouble(parts[1]), lambda: self._registers.look_up(parts[1], query))

    def _control(self, exchange: Exchange, path: str, query: str) -> None:
        """Ledger, faults and settings, for tests and operators who know the secret."""
        given = exchange.request.headers.get("x-simulator-secret", "").encode("latin-1")
        if not hmac.compare_digest(given, self._secret):
            exchange.reply(401, problem("Send the secret as X-Simulator-Secret."))
            return
        match exchange.request.method, path:
            case "GET", "/ledger":
                case = parse_qs(query).get("case")
                exchange.reply(200, self._desk.ledger.document(case[0] if case else None))
            case "DELETE", "/ledger":
                self._desk.reset()
                exchange.reply(200, self._desk.ledger.document(None))
            case "GET", "/faults":
                exchange.reply(200, self._desk.faults.rules)
            case "GET", "/settings":
                exchange.reply(200, {"day_seconds": self._desk.day_seconds})
            case "PUT", "/faults" | "/settings":
                self._change(exchange, path)
            case _:
                exchange.reply(405, problem("This cannot be done here."))

    def _change(self, exchange: Exchange, path: str) -> None:
        try:
            document: Any = orjson.loads(exchange.request.body)
            if path == "/faults":
                self._desk.faults.replace(document)
                exchange.reply(200, self._desk.faults.rules)
                return
            self._desk.set_day(read_day_seconds(document))
            exchange.reply(200, {"day_seconds": self._desk.day_seconds})
        except ValueError as error:
            exchange.reply(400, problem(str(error)))


def read_day_seconds(document: Any) -> float:
    """Return the seconds of a working day from ``{"day_seconds": 2}``; raise FaultError for anything else."""
    value = document.get("day_seconds") if isinstance(document, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 86_400:
        raise FaultError("Send day_seconds, a number from 0 to 86400.")
    return float(value)


def _bearer(secret: str, code: str) -> bytes:
    return b"Bearer " + department_token(secret, code).encode()
