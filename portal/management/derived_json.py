"""An expansion as the documents that expand_bundle and check_bundle print."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

from lifeevents.derived import Disclosure, Expansion, Page
from services.plan import PlanItem


def number(value: Decimal) -> int | float:
    """Return a decimal as JSON number: whole if it is."""
    return int(value) if value == value.to_integral_value() else float(value)


def promise_json(expansion: Expansion) -> dict[str, Any]:
    plan = expansion.plan
    return {
        "promise_days": number(plan.promise_days),
        "critical_path": list(plan.critical_path),
        "reductions": {
            field.name: {
                "separate": number(getattr(expansion.reductions, field.name).separate),
                "together": number(getattr(expansion.reductions, field.name).together),
            }
            for field in fields(expansion.reductions)
        },
    }


def expansion_json(expansion: Expansion) -> dict[str, Any]:
    """Return the document of ``expand_bundle`` (docs: Commands)."""
    return {
        "pages": [_page(page) for page in expansion.pages],
        "missing": list(expansion.missing),
        "known": {fact.key: {"value": fact.value, "source": fact.source, "at": fact.at} for fact in expansion.known},
        "lookups": [{"register": lookup.register, "keys": list(lookup.keys)} for lookup in expansion.lookups],
        "evidence": [{"slot": use.slot, "mode": use.mode, "state": use.state} for use in expansion.evidence],
        "plan": [_planned(item) for item in expansion.plan.items],
        "who_gets_what": {
            department.department: [_disclosed(item) for item in department.items]
            for department in expansion.who_gets_what
        },
        "fees": {currency: number(amount) for currency, amount in expansion.fees.totals.items()},
        "problems": [{"code": one.code, "item": one.item, "keys": list(one.keys)} for one in expansion.problems],
        **promise_json(expansion),
    }


def _page(page: Page) -> dict[str, Any]:
    return {
        "title": page.title.en,
        "instance": page.instance,
        "elements": [question.key for question in page.questions],
        "evidence": [question.slot for question in page.evidence],
    }


def _planned(item: PlanItem) -> dict[str, Any]:
    return {
        "service": item.service,
        "subject": item.subject,
        "department": item.department,
        "needs": [{"service": edge.item, "via": list(edge.via)} for edge in item.waits_for],
        "promised_days": number(item.promised_days),
        "done_after_days": number(item.done_after_days),
    }


def _disclosed(item: Disclosure) -> dict[str, Any]:
    return {
        "item": item.item,
        "elements": [element.wire for element in item.elements],
        "documents": [document.slot for document in item.documents],
        "returns": item.returns.en,
    }
