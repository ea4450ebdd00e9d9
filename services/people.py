"""Persons: the only writer of Person, and the only reader of what it seals."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from services.clock import now
from services.models import Person, PersonIndex
from services.sealing import index_hash, new_data_key, sealer

PERSON = "person.sealed"


@transaction.atomic
def enter_person(*, identity: dict[str, str], user: Any = None) -> Person:
    """Enter a person: ``identity`` has given_name, family_name and, if there is one, national_id."""
    at = now()
    key = new_data_key(at)
    key.save(force_insert=True)
    person = Person(id=uuid.uuid4(), user=user, key=key, created_at=at)
    person.sealed = sealer(key).seal(identity, place=PERSON, row=person.id)
    person.save(force_insert=True)
    if national_id := identity.get("national_id"):
        PersonIndex.objects.create(
            person=person, role="self", kind="national_id", hmac=index_hash("national_id", national_id)
        )
    return person


def read_person(person: Person) -> dict[str, str]:
    """Return the person's identity: given_name, family_name, national_id."""
    opened: dict[str, str] = sealer(person.key).open(person.sealed, place=PERSON, row=person.id)
    return opened


def find_person(national_id: str) -> Person | None:
    """Return the person with exactly this national id."""
    found = PersonIndex.objects.filter(
        person__isnull=False, kind="national_id", hmac=index_hash("national_id", national_id)
    )
    row = found.select_related("person").first()
    return row.person if row else None
