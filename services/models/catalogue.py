"""What is offered, and how each department is reached. Writer of the entries: lifeevents.publishing."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """One catalogue entry: its code, its titles for lists, and its whole definition as JSON."""

    code = models.CharField(max_length=80, primary_key=True)
    title_en = models.CharField(max_length=200)
    title_zh = models.CharField(max_length=200)
    body = models.JSONField(help_text=_("The definition, as in the catalogue's YAML."))

    class Meta:
        abstract = True
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Department(Entry):
    """An authority that offers services."""


class Register(Entry):
    """A base register that answers look-ups."""

    base_url = models.CharField(max_length=300, blank=True, help_text=_("Empty: not connected; the citizen is asked."))
    token = models.BinaryField(blank=True, default=b"", help_text=_("Sealed bearer token."))


class Element(Entry):
    """One datum of the shared dictionary, e.g. person.given_name."""


class Role(Entry):
    """Who or what facts are about, e.g. child."""


class EvidenceType(Entry):
    """A kind of document and how it can be had."""


class Service(Entry):
    """What one department offers."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="services")


class Lane(models.Model):
    """How one department is reached: live set-up, changed by operators, never pinned by a case.

    ``timeout_seconds`` is the total budget of one call; ``work_seconds`` how long the department says it may still be
    working after it stopped answering. A courier's lease covers the call, fetching the documents it brought, the work
    time and two seconds.
    """

    department = models.OneToOneField(Department, models.PROTECT, primary_key=True, related_name="lane")
    base_url = models.CharField(max_length=300, blank=True)
    token = models.BinaryField(blank=True, default=b"", help_text=_("Sealed bearer token."))
    webhook_secrets = models.BinaryField(blank=True, default=b"", help_text=_("Sealed, newest first, one a line."))
    timeout_seconds = models.FloatField(default=10)
    work_seconds = models.FloatField(default=5)
    max_in_flight = models.PositiveIntegerField(default=64)
    safe_statuses = models.JSONField(
        default=list, blank=True, help_text=_("Answers after which a blind department did nothing.")
    )
    paused_since = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="lane_times_positive",
                condition=models.Q(timeout_seconds__gt=0, work_seconds__gte=0, max_in_flight__gt=0),
            )
        ]

    def __str__(self) -> str:
        return str(self.department_id)

    @property
    def lease_seconds(self) -> float:
        return 2 * self.timeout_seconds + self.work_seconds + 2
