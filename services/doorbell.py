"""Wake a worker: a message that says only "look". Losing it costs seconds, never a case."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.pools import producers

log = logging.getLogger(__name__)

RING_SECONDS = 0.2
TASK = "services.tasks.run_courier"


@lru_cache(maxsize=1)
def _connection() -> Any:  # kombu has no types
    return current_app.connection_for_write(
        transport_options={"socket_timeout": RING_SECONDS, "socket_connect_timeout": RING_SECONDS, "max_retries": 0}
    )


def ring() -> None:
    """Ask any worker to run a courier now. A dead or slow broker costs 0.2 s at most and raises nothing."""
    try:
        with producers[_connection()].acquire(block=True, timeout=RING_SECONDS) as producer:
            current_app.send_task(TASK, producer=producer, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker does, the row is safe and the sweep finds it
        log.warning("doorbell failed (%s); the sweep will find the work", type(error).__name__)


def ring_after_commit() -> None:
    """Ring once the surrounding transaction has committed."""
    transaction.on_commit(ring, robust=True)
