"""What a lint found: where in a version, and a sentence that says what to do."""

from __future__ import annotations

from dataclasses import dataclass

Where = tuple[str, ...]
"""A place in a version: ("services", "birth-registration", "needs", "child.given_name")."""


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    where: Where
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Errors stop publication; warnings do not."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
