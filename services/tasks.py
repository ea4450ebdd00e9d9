"""The doors Celery opens. Nothing is decided here."""

from __future__ import annotations

from celery import shared_task

from services import courier


@shared_task  # type: ignore[untyped-decorator]  # celery has no types
def run_courier() -> None:
    """Carry everything that is due."""
    courier.run_courier()
