"""Many rows in one statement, the same on SQLite and PostgreSQL: UPDATE … FROM a list of values, conditional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def update_rows(
    model: type[models.Model], rows: Sequence[Mapping[str, Any]], *, match: Sequence[str], assign: Sequence[str]
) -> set[Any]:
    """Set the ``assign`` fields of each row whose ``match`` fields still have the given values.

    ``match`` starts with the primary key; to compare a field with its old value and set a new one, give the old value
    as ``was_FIELD`` in both ``rows`` and ``match``. Returns the primary keys that were changed. One statement.
    """
    if not rows:
        return set()
    columns = [*match, *assign]
    fields = [_field(model, name) for name in columns]
    quote = connection.ops.quote_name
    casts = [f"::{field.db_type(connection)}" if connection.vendor == "postgresql" else "" for field in fields]
    first = "(" + ", ".join(f"%s{cast}" for cast in casts) + ")"
    others = ", (" + ", ".join(["%s"] * len(columns)) + ")"
    names = ", ".join(f"v_{name}" for name in columns)
    sets = ", ".join(f"{quote(_column(model, name))} = v.v_{name}" for name in assign)
    where = " AND ".join(f"t.{quote(_column(model, name))} = v.v_{name}" for name in match)
    key = quote(_column(model, match[0]))
    sql = (
        # Names come from model meta, values are parameters.
        f"WITH v({names}) AS (VALUES {first}{others * (len(rows) - 1)}) "  # noqa: S608
        f"UPDATE {quote(model._meta.db_table)} AS t SET {sets} FROM v WHERE {where} RETURNING t.{key}"
    )
    values = [_prepared(field, row[name]) for row in rows for name, field in zip(columns, fields, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_without_alias(sql), values)
        return {fields[0].to_python(found[0]) for found in cursor.fetchall()}


def _without_alias(sql: str) -> str:
    # SQLite's RETURNING knows no table alias.
    return sql.replace("RETURNING t.", "RETURNING ") if connection.vendor == "sqlite" else sql


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name.removeprefix("was_"))


def _column(model: type[models.Model], name: str) -> str:
    return str(_field(model, name).column)


def _prepared(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)
