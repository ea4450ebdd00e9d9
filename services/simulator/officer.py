"""The page of a person at a department who decides what waits: grant, refuse, or ask for a correction."""

from __future__ import annotations

import hmac
from html import escape
from typing import Any
from urllib.parse import parse_qs

from services.simulator.desk import Desk
from services.simulator.wire import Exchange, problem
from services.simulator.work import Work

DECISIONS = {"grant": "granted", "refuse": "refused", "correct": "correction"}
HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Department desk (simulated)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
section{{border-top:1px solid #777;padding:1rem 0}}dt{{font-weight:600}}dd{{margin:0 0 .4rem}}
button,select,input{{font:inherit;padding:.3rem .7rem;margin:.2rem .2rem .2rem 0}}</style></head>
<body><h1>Department desk (simulated)</h1><p>{count} waiting for a decision.</p>{sections}</body></html>"""
SECTION = """<section><h2>{service} {subject}</h2><p>{department} · case {case} · round {number} · {reference}</p>
<dl>{data}</dl><form method="post" action="/officer/decision">
<input type="hidden" name="token" value="{token}"><input type="hidden" name="department" value="{department}">
<input type="hidden" name="request" value="{request}"><button name="decision" value="grant">Grant</button>
<button name="decision" value="refuse">Refuse</button>
<p><label>Reason <input name="text" maxlength="200"></label>
<label>Answer to correct <select name="element">{options}</select></label>
<button name="decision" value="correct">Ask for a correction</button></p></form></section>"""


class Officer:
    """Shows the works that wait for a person, and takes the decisions."""

    def __init__(self, desk: Desk, secret: str) -> None:
        self._desk = desk
        # Keeps other web pages in the same browser from deciding.
        self._token = hmac.digest(secret.encode(), b"officer page", "sha256").hex()

    def handle(self, exchange: Exchange, path: str) -> None:
        """Answer ``GET /officer/`` and ``POST /officer/decision``."""
        request = exchange.request
        if request.method == "GET" and path in ("/officer", "/officer/"):
            exchange.reply(200, self._page().encode(), HTML)
        elif request.method == "POST" and path == "/officer/decision":
            form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
            self._decide(exchange, form)
        else:
            exchange.reply(404, problem("There is nothing here."))

    def _page(self) -> str:
        waiting = [work for work in self._desk.works.values() if work.waits_for_officer and not work.end]
        sections = "".join(self._section(work) for work in waiting[:200])
        return PAGE.format(count=len(waiting), sections=sections)

    def _section(self, work: Work) -> str:
        department, case, service, subject, number = work.identity
        shown: dict[str, Any] = {
            "service": service, "subject": subject, "department": department, "case": case, "number": number,
            "reference": work.answer["department_ref"], "request": work.request, "token": self._token,
        }  # fmt: skip
        data = "".join(f"<dt>{escape(wire)}</dt><dd>{escape(str(value))}</dd>" for wire, value in work.sheet.items())
        options = "".join(f"<option>{escape(wire)}</option>" for wire in work.sheet)
        return SECTION.format(**{name: escape(str(value)) for name, value in shown.items()}, data=data, options=options)

    def _decide(self, exchange: Exchange, form: dict[str, str]) -> None:
        work = self._desk.works.get((form.get("department", ""), form.get("request", "")))
        status = DECISIONS.get(form.get("decision", ""))
        if not hmac.compare_digest(form.get("token", "").encode(), self._token.encode()) or status is None:
            exchange.reply(400, problem("Use the buttons of the officer page."))
            return
        if work is None or not work.waits_for_officer or work.end:
            exchange.reply(409, problem("This request does not wait for a decision."))
            return
        elements = (form["element"],) if status == "correction" and form.get("element") else ()
        self._desk.rule(work, status, elements, form.get("text") or "Decided by the officer.")
        exchange.reply(303, b"", {"Location": "/officer/"})
