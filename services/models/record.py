"""What happened, who looked, and what a person must do."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from services.models.cases import Case, CaseItem
from services.states import WorkKind


class CaseEvent(models.Model):
    """One thing that happened in a case; append-only, hash-chained per case (services.audit)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    item_key = models.CharField(max_length=140, blank=True)
    actor = models.CharField(max_length=80)  # citizen:ID, department:CODE, courier, clerk:ID
    sealed = models.BinaryField(default=b"")  # parameters, hashed as ciphertext
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_event_per_seq", fields=["case", "seq"])]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class AccessEvent(models.Model):
    """A look at a case's personal data: one per viewer, case, purpose and quarter of an hour."""

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="accesses")
    purpose = models.CharField(max_length=60)
    quarter = models.PositiveIntegerField()  # Unix time // 900
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_access_per_quarter", fields=["viewer", "case", "purpose", "quarter"])
        ]

    def __str__(self) -> str:
        return self.purpose


class WorkItem(models.Model):
    """Something only a person can settle. One open per kind and item."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=24, choices=WorkKind)
    case = models.ForeignKey(Case, models.PROTECT, related_name="work")
    item = models.ForeignKey(CaseItem, models.PROTECT, null=True, related_name="work")
    reason = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    claim_expires = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_work_per_item", fields=["kind", "item"], condition=Q(closed_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="work_open_by_due", condition=Q(closed_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.get_kind_display())
