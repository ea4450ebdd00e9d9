"""The Celery application: a doorbell in front of the database, nothing more."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

from services.stopping import request_stop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("one_thing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect  # type: ignore[untyped-decorator]  # celery has no types
def begin_sweeping(**_: Any) -> None:
    """Start the safety net in every worker's main process, once its pool has forked."""
    from services.sweep import start_sweeping  # noqa: PLC0415 - models can be imported only once Django is set up

    start_sweeping()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]  # celery has no types
def finish_gently(**_: Any) -> None:
    """Tell the pool's couriers to finish what is in the air and take nothing new."""
    request_stop()
