"""Cases and everything that settles them. Writers: services.cases (opening), courier, settle, inbox."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from services.models.catalogue import Department, Lane
from services.models.people import DataKey, Person
from services.states import CallEnd, CaseStatus, ItemState


class Plan(models.Model):
    """A plan by its checksum; cases with the same shape share one. Holds fact keys, never values."""

    checksum = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()  # canonical JSON, the very bytes the checksum is of

    def __str__(self) -> str:
        return self.checksum[:12]


class Case(models.Model):
    """A filed application. ``status`` is derived from the items; ``head`` and ``seq`` end its event chain."""

    id = models.UUIDField(primary_key=True)
    reference = models.CharField(max_length=16, unique=True)
    bundle = models.CharField(max_length=80)
    bundle_version = models.PositiveIntegerField()
    plan = models.ForeignKey(Plan, models.PROTECT)
    key = models.ForeignKey(DataKey, models.PROTECT)
    applicant = models.ForeignKey(Person, models.PROTECT, related_name="cases")
    status = models.CharField(max_length=20, choices=CaseStatus, default=CaseStatus.IN_PROGRESS)
    filed_at = models.DateTimeField()
    promised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    seq = models.PositiveIntegerField(default=0)
    head = models.BinaryField(default=b"")

    class Meta:
        indexes = [
            models.Index(fields=["applicant", "-filed_at"], name="case_by_applicant"),
            models.Index(fields=["changed_at"], name="case_open_by_change", condition=Q(settled_at__isnull=True)),
            models.Index(fields=["-filed_at"], name="case_by_filing"),
            models.Index(fields=["status", "-filed_at"], name="case_by_status"),
        ]

    def __str__(self) -> str:
        return self.reference


class CaseItem(models.Model):
    """One service for one subject, and its own outbox entry.

    ``due_at`` is when a courier must touch it next: the retry, the poll, or the end of the lease while it is being
    called. ``fence`` counts claims; a write with an old fence is refused. ``since`` is when the state began.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="items")
    key = models.CharField(max_length=140)
    position = models.PositiveSmallIntegerField()
    service = models.CharField(max_length=80)
    subject = models.CharField(max_length=60, blank=True)
    lane = models.ForeignKey(Lane, models.PROTECT)
    delivery = models.CharField(max_length=10)
    state = models.CharField(max_length=16, choices=ItemState)
    round = models.PositiveSmallIntegerField(default=1)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    since = models.DateTimeField()
    promised_at = models.DateTimeField()
    trouble_since = models.DateTimeField(null=True)  # when calls for it began to fail in a row
    outputs = models.JSONField(default=list)  # the fact keys it has produced
    answer_hash = models.CharField(max_length=32, blank=True)  # keyed hash of the applied answer, to tell a repeat

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_item_per_key", fields=["case", "key"]),
            models.CheckConstraint(name="item_state_known", condition=Q(state__in=ItemState.values)),
            models.CheckConstraint(
                name="item_due_only_when_moving",
                condition=Q(due_at__isnull=True)
                | Q(state__in=["ready", "sending", "accepted", "unknown", "withdrawing"]),
            ),
        ]
        indexes = [models.Index(fields=["lane", "due_at"], name="item_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.key


class FactSheet(models.Model):
    """Facts that came in together, append-only: from the application, later from a correction or a clerk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, models.PROTECT, related_name="sheets")
    origin = models.CharField(max_length=20)
    sealed = models.BinaryField()  # {fact key: {"value", "source", "at"}}
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.origin


class ServiceRequest(models.Model):
    """One sending of an item. Its id is the idempotency key for life; its body is re-sent byte for byte."""

    id = models.UUIDField(primary_key=True)
    item = models.ForeignKey(CaseItem, models.PROTECT, related_name="requests")
    round = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    payload_hash = models.CharField(max_length=64)
    department_ref = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_request_per_round", fields=["item", "round"])]

    def __str__(self) -> str:
        return str(self.id)


class Attempt(models.Model):
    """One call: what kind, how it ended, how long it took. Never holds personal data."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="attempt_rows")
    kind = models.CharField(max_length=12)  # send, ask, withdraw
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True)
    end = models.CharField(max_length=10, choices=CallEnd)
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.end}"


class Reply(models.Model):
    """A department's answer as it came. ``applied`` False: too late, of an older round, or in conflict."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="replies")
    case = models.ForeignKey(Case, models.PROTECT, related_name="replies")
    channel = models.CharField(max_length=10)  # response, callback, poll, clerk
    outcome = models.CharField(max_length=12)  # granted, refused, correction
    applied = models.BooleanField()
    sealed = models.BinaryField()  # {"outputs": {fact key: value}, "reasons": [...], "documents": [...]}
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.outcome


class InboxMessage(models.Model):
    """A verified callback, stored before anything is done with it. The unique id makes a repeat a no-op."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    department = models.ForeignKey(Department, models.PROTECT)
    webhook_id = models.CharField(max_length=120)
    request = models.ForeignKey(ServiceRequest, models.PROTECT)
    sealed = models.BinaryField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()  # later than received_at while its documents are being fetched
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_message_per_id", fields=["department", "webhook_id"])]
        indexes = [models.Index(fields=["due_at"], name="inbox_open", condition=Q(settled_at__isnull=True))]

    def __str__(self) -> str:
        return self.webhook_id
