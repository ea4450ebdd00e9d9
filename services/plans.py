"""Stored plans, loaded once per process."""

from __future__ import annotations

from functools import lru_cache

import orjson

from services.models import Plan as PlanRow
from services.plan import Plan, plan_checksum, plan_from_json, plan_json


def store_plan(plan: Plan) -> str:
    """Store a plan unless its like is there already; returns its checksum. One statement."""
    body = plan_json(plan)
    checksum = plan_checksum(body)
    PlanRow.objects.bulk_create([PlanRow(checksum=checksum, body=body)], ignore_conflicts=True)
    return checksum


@lru_cache(maxsize=512)
def load_plan(checksum: str) -> Plan:
    """Return a stored plan. A statement the first time, none after."""
    return plan_from_json(orjson.loads(bytes(PlanRow.objects.get(pk=checksum).body)))
