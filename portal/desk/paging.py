"""Pages by key, not by number: the next page costs the same however far down it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def page_of(
    rows: QuerySet[Row], *, by: str, after: str, size: int, newest_first: bool = False
) -> tuple[list[Row], str]:
    """Return the rows after ``after`` in the order of ``by`` and id, and the mark of the next page ("" at the end).

    ``after`` is a mark this function returned; anything else starts at the beginning.
    """
    sign, beyond = ("-", "lt") if newest_first else ("", "gt")
    if place := _place(after):
        moment, row_id = place
        # The first condition is implied by the second; it lets the index on the moment do the work.
        rows = rows.filter(
            Q(**{f"{by}__{beyond}e": moment}) & (Q(**{f"{by}__{beyond}": moment}) | Q(**{f"id__{beyond}": row_id}))
        )
    found = list(rows.order_by(f"{sign}{by}", f"{sign}id")[: size + 1])
    if len(found) <= size:
        return found, ""
    return found[:size], mark_of(getattr(found[size - 1], by), found[size - 1].pk)


def mark_of(moment: datetime, row_id: UUID) -> str:
    """Return a row's place as text for an address: microseconds and id."""
    return f"{(moment - EPOCH) // timedelta(microseconds=1)}.{row_id.hex}"


def _place(mark: str) -> tuple[datetime, UUID] | None:
    microseconds, _, row_id = mark.partition(".")
    try:
        return EPOCH + timedelta(microseconds=int(microseconds)), UUID(hex=row_id)
    except (ValueError, OverflowError):
        return None
