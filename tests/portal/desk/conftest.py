"""Someone signed in at the desk, and work to look at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from portal.models import User
from services.clock import now
from services.models import Case, CaseItem, WorkItem
from services.states import WorkKind


@pytest.fixture
def desk(client: Client, clerk: User) -> Client:
    """A browser in which the clerk is signed in."""
    client.force_login(clerk)
    return client


@pytest.fixture
def overdue(filed_case: Case) -> WorkItem:
    """Work that was due an hour ago."""
    item = CaseItem.objects.filter(case=filed_case).order_by("position").first()
    at = now()
    return WorkItem.objects.create(
        kind=WorkKind.STUCK,
        case=filed_case,
        item=item,
        reason="status 422",
        opened_at=at - timedelta(days=1),
        due_at=at - timedelta(hours=1),
    )
