"""The department protocol: ``/{department}/requests…`` and ``/{department}/documents/{id}``."""

from __future__ import annotations

from typing import Any

import orjson

from services.simulator.catalogue import Catalogue
from services.simulator.desk import Desk
from services.simulator.faults import Answer, attend, fail
from services.simulator.intake import MAX_BATCH, Intake, RefusalError, parse_json, read_message
from services.simulator.wire import Exchange, problem
from services.simulator.work import Work

NEVER_HEARD = problem("This request was never heard of.")


class Departments:
    """Routes the calls to departments that passed the token check; ``path`` is what follows the department."""

    def __init__(self, catalogue: Catalogue, desk: Desk) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._intake = Intake(desk)

    def handle(self, exchange: Exchange, department: str, path: list[str]) -> None:
        """Answer one call, or refuse it with the sentence that says why."""
        method = exchange.request.method
        try:
            match method, path:
                case "POST", ["requests"]:
                    self._post(exchange, department)
                case "POST", ["requests:batch"]:
                    self._batch(exchange, department)
                case "GET", ["requests", request]:
                    self._attend(exchange, department, request, "ask")
                case "POST", ["requests", request, ("withdrawal" | "reversal") as verb]:
                    self._attend(exchange, department, request, verb)
                case "GET", ["documents", document]:
                    self._document(exchange, department, document)
                case _, ["requests" | "requests:batch"] | ["requests", _, "withdrawal" | "reversal"]:
                    exchange.reply(405, problem("Use POST here."), {"Allow": "POST"})
                case _, ["requests" | "documents", _]:
                    exchange.reply(405, problem("Use GET here."), {"Allow": "GET"})
                case _:
                    exchange.reply(404, problem("There is nothing here."))
        except RefusalError as refusal:
            exchange.reply(refusal.status, problem(str(refusal)))

    def _post(self, exchange: Exchange, department: str) -> None:
        request = exchange.request
        message = read_message(
            parse_json(request.body),
            request.body,
            key=request.headers.get("idempotency-key", ""),
            department=department,
            services=self._catalogue.services,
        )
        self._intake.take(exchange, message, self._desk.faults.trouble(department))

    def _batch(self, exchange: Exchange, department: str) -> None:
        """Answer every request of a batch in order; each one's key is its id, its digest that of its compact JSON."""
        messages = parse_json(exchange.request.body).get("requests")
        if not isinstance(messages, list) or len(messages) > MAX_BATCH:
            raise RefusalError(400, f"'requests' is a list of at most {MAX_BATCH}.")

        def answer_all() -> Answer:
            replies = [self._batch_reply(department, document) for document in messages]
            return 200, {"replies": [{"status_code": status, "body": body} for status, body in replies]}

        attend(exchange, self._desk.faults.trouble(department), answer_all)

    def _batch_reply(self, department: str, document: Any) -> Answer:
        try:
            if not isinstance(document, dict):
                raise RefusalError(400, "A request is a JSON object.")
            message = read_message(
                document,
                orjson.dumps(document),
                key=str(document.get("request", "")),
                department=department,
                services=self._catalogue.services,
            )
        except RefusalError as refusal:
            return refusal.status, problem(str(refusal))
        return self._intake.take_in_batch(message)

    def _attend(self, exchange: Exchange, department: str, request: str, verb: str) -> None:
        """Answer a call about a request that was posted before; a blind service knows none afterwards."""
        work = self._desk.works.get((department, request))
        if (work is not None and self._is_blind(work)) or (work is None and self._all_blind(department)):
            exchange.reply(405, problem("This service cannot be asked."), {"Allow": "POST"})
            return
        trouble = self._desk.faults.trouble(department)
        verbs = {"ask": self._ask, "withdrawal": self._withdraw, "reversal": self._reverse}
        attend(exchange, trouble, lambda: verbs[verb](self._desk.works.get((department, request))))

    def _is_blind(self, work: Work) -> bool:
        service = self._catalogue.services.get(work.service)
        return service is not None and service.delivery == "blind"

    def _all_blind(self, department: str) -> bool:
        offered = [service for service in self._catalogue.services.values() if service.department == department]
        return bool(offered) and all(service.delivery == "blind" for service in offered)

    def _ask(self, work: Work | None) -> Answer:
        return (404, NEVER_HEARD) if work is None else self._intake.told(work)

    def _withdraw(self, work: Work | None) -> Answer:
        if work is None:
            return 404, NEVER_HEARD
        return (200 if self._desk.withdraw(work) else 409), work.body()

    def _reverse(self, work: Work | None) -> Answer:
        if work is None:
            return 404, NEVER_HEARD
        service = self._catalogue.services.get(work.service)
        if service is None or not service.reversible:
            return 409, problem("This service declares no reversal.")
        return (200, work.body()) if self._desk.reverse(work) else (409, self._intake.told(work)[1])

    def _document(self, exchange: Exchange, department: str, document: str) -> None:
        trouble, text = self._desk.faults.trouble(department), self._desk.papers.get((department, document))
        if trouble.before or trouble.after:
            fail(exchange, trouble.before or trouble.after)
        elif text is None:
            exchange.reply(404, problem("There is no such document."))
        else:
            exchange.reply(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})
