"""An expansion as the documents that expand_bundle and check_bundle print."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

from lifeevents.derived import Expansion


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
    return {
        "pages": [
            {
                "title": page.title.en,
                "instance": page.instance,
                "elements": [q.key for q in page.questions],
                "evidence": [q.slot for q in page.evidence],
            }
            for page in expansion.pages
        ],
        "missing": list(expansion.missing),
        "known": {fact.key: {"value": fact.value, "source": fact.source, "at": fact.at} for fact in expansion.known},
        "lookups": [{"register": lookup.register, "keys": list(lookup.keys)} for lookup in expansion.lookups],
        "evidence": [{"slot": use.slot, "mode": use.mode, "state": use.state} for use in expansion.evidence],
        "plan": [
            {
                "service": item.service,
                "subject": item.subject,
                "department": item.department,
                "needs": [{"service": edge.item, "via": list(edge.via)} for edge in item.waits_for],
                "promised_days": number(item.promised_days),
                "done_after_days": number(item.done_after_days),
            }
            for item in expansion.plan.items
        ],
        "who_gets_what": {
            department.department: [
                {
                    "item": item.item,
                    "elements": [element.wire for element in item.elements],
                    "documents": [document.slot for document in item.documents],
                    "returns": item.returns.en,
                }
                for item in department.items
            ]
            for department in expansion.who_gets_what
        },
        "fees": {currency: number(amount) for currency, amount in expansion.fees.totals.items()},
        "problems": [
            {"code": problem.code, "item": problem.item, "keys": list(problem.keys)} for problem in expansion.problems
        ],
        **promise_json(expansion),
    }
