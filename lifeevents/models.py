"""Life events, their bundles and versions, and the applications citizens fill in."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from services.models import Case, DataKey, Person
from services.models.catalogue import Entry


class LifeEvent(Entry):
    """What happened: having a child, getting married."""

    stage = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(Entry.Meta):
        ordering = ["position", "code"]


class Bundle(Entry):
    """The services for one life event, as last loaded or edited; versions are frozen copies."""

    event = models.ForeignKey(LifeEvent, models.PROTECT, related_name="bundles")


class BundleVersion(models.Model):
    """A published, frozen bundle with everything it names. Never changed."""

    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    checksum = models.CharField(max_length=64)
    body = models.BinaryField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_version_per_number", fields=["bundle", "number"])]
        ordering = ["bundle", "-number"]

    def __str__(self) -> str:
        return f"{self.bundle_id} {self.number}"


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("draft")
    FILED = "filed", _("sent")
    EXPIRED = "expired", _("expired")


class Application(models.Model):
    """What a citizen fills in. ``sealed`` holds the facts so far; ``revision`` grows with every change of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    version = models.ForeignKey(BundleVersion, models.PROTECT)
    applicant = models.ForeignKey(Person, models.PROTECT, related_name="applications")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.OneToOneField(DataKey, models.PROTECT)
    state = models.CharField(max_length=10, choices=ApplicationState, default=ApplicationState.DRAFT)
    sealed = models.BinaryField()
    revision = models.PositiveIntegerField(default=1)
    lookup_consent = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    case = models.OneToOneField(Case, models.PROTECT, null=True, related_name="application")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="filed_exactly_when_case",
                condition=Q(state="filed", case__isnull=False) | (~Q(state="filed") & Q(case__isnull=True)),
            )
        ]
        indexes = [models.Index(fields=["applicant", "-changed_at"], name="application_by_applicant")]

    def __str__(self) -> str:
        return str(self.id)


class Party(models.Model):
    """A person who must answer or sign. ``person`` None: invited, not yet signed in."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="parties")
    role = models.CharField(max_length=60)
    person = models.ForeignKey(Person, models.PROTECT, null=True)
    must_sign = models.BooleanField(default=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_party_per_role", fields=["application", "role"])]

    def __str__(self) -> str:
        return self.role


class Signature(models.Model):
    """A party signed ``root``, the root of salted per-fact hashes of the facts as they then were."""

    party = models.ForeignKey(Party, models.CASCADE, related_name="signatures")
    root = models.CharField(max_length=64)
    revision = models.PositiveIntegerField()
    signed_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_valid_signature", fields=["party"], condition=Q(voided_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.root[:12]
