"""SQLite has allowed 32,766 parameters a statement since 3.32 (2020); Django 5.2 still cuts at 999."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base, features, operations

MAX_PARAMETERS = 32_766


class DatabaseFeatures(features.DatabaseFeatures):
    max_query_params = MAX_PARAMETERS


class DatabaseOperations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: list[Any], objs: Any) -> int:
        # 500 terms is SQLite's limit for the compound SELECT that a one-column insert becomes.
        return 500 if len(fields) == 1 else MAX_PARAMETERS // max(len(fields), 1)


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
