"""Persons, keys and documents: everything sealed, nothing searchable but keyed hashes."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class DataKey(models.Model):
    """One key, wrapped by a key from settings. Destroying it (``wrapped`` None) erases all it sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    wrapped = models.BinaryField(null=True)
    wrapped_by = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class Person(models.Model):
    """A human being the portal knows: may have a user, may be a child or someone at the counter without one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="person")
    key = models.ForeignKey(DataKey, models.PROTECT)
    sealed = models.BinaryField()  # {"given_name", "family_name", "national_id"}
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class PersonIndex(models.Model):
    """The only searchable trace of a person: a keyed hash, deleted at erasure."""

    case = models.ForeignKey("services.Case", models.CASCADE, null=True, related_name="person_index")
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="index")
    role = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    hmac = models.BinaryField(max_length=32, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_person_per_identity", fields=["kind", "hmac"], condition=models.Q(person__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.kind}"


class Document(models.Model):
    """A document: its bytes sealed, its type sniffed. ``slot`` is the evidence kind, or kind/child.2."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.ForeignKey(DataKey, models.PROTECT, related_name="documents")
    case = models.ForeignKey("services.Case", models.PROTECT, null=True, related_name="documents")
    slot = models.CharField(max_length=140)
    origin = models.CharField(max_length=80)  # citizen, register:CODE, template, service:CODE
    media_type = models.CharField(max_length=80)
    title = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)
