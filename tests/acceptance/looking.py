"""Look at a running stack from outside: its tables, and the departments' ledger as judge."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2

from tests.stack import Stack

Row = tuple[Any, ...]


def query(stack: Stack, sql: str) -> list[Row]:
    """Return what a statement finds in the stack's database."""
    if stack.is_postgres:
        connection: Any = psycopg2.connect(stack.database_url)
    else:
        connection = sqlite3.connect(stack.database_url.removeprefix("sqlite:///"), timeout=20)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())
    finally:
        connection.close()


def statuses(stack: Stack) -> Counter[str]:
    """Return how many cases have each status."""
    return Counter(row[0] for row in query(stack, "SELECT status FROM services_case"))


def item_states(stack: Stack) -> Counter[str]:
    return Counter(row[0] for row in query(stack, "SELECT state FROM services_caseitem"))


def acted(ledger: Mapping[str, Any]) -> dict[tuple[str, str, str, int], int]:
    """Return how often the departments acted, per (case, service, subject, round)."""
    return {(e["case"], e["service"], e["subject"], e["round"]): e["acted"] for e in ledger["entries"]}


def posts(ledger: Mapping[str, Any]) -> int:
    return sum(entry["posts"] for entry in ledger["entries"])


def differences(stack: Stack, references: Sequence[str], items_per_case: int) -> list[str]:
    """Return what the ledger holds against these cases: work done twice, never, or for nobody. Empty is right."""
    done = acted(stack.ledger())
    wrong = [f"{key} acted {times} times" for key, times in done.items() if times != 1]
    per_case = Counter(key[0] for key in done)
    wrong += [f"{ref} has {per_case[ref]} of {items_per_case}" for ref in references if per_case[ref] != items_per_case]
    return wrong + [f"{ref} was never filed" for ref in per_case if ref not in references]
