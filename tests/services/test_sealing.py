"""What is sealed opens only in its own place, with its own key, unaltered, and never after its key is gone."""

from __future__ import annotations

import os
import uuid

import pytest
from django.db import connection

from lifeevents.definition import Sample
from lifeevents.models import Bundle, BundleVersion
from lifeevents.publishing import load_version
from portal.models import User
from portal.sample_filing import file_sample
from services.clock import now
from services.models import Case, FactSheet, Lane
from services.people import find_person, read_person
from services.sealing import (
    SealError,
    index_hash,
    new_data_key,
    open_portal_secret,
    portal_sealer,
    sealer,
)

pytestmark = pytest.mark.django_db
ROW = uuid.UUID(int=7)
PLACE = "factsheet.sealed"
VALUE = {"child.given_name": {"value": "晨曦", "source": "citizen"}}


def test_what_was_sealed_opens_again() -> None:
    seal = sealer(new_data_key(now()))
    assert seal.open(seal.seal(VALUE, place=PLACE, row=ROW), place=PLACE, row=ROW) == VALUE


def test_the_same_value_never_looks_the_same() -> None:
    seal = sealer(new_data_key(now()))
    assert len({seal.seal(VALUE, place=PLACE, row=ROW) for _ in range(20)}) == 20


@pytest.mark.parametrize(("place", "row"), [(PLACE, uuid.UUID(int=8)), ("reply.sealed", ROW)])
def test_moved_to_another_row_or_column_it_does_not_open(place: str, row: uuid.UUID) -> None:
    seal = sealer(new_data_key(now()))
    sealed = seal.seal(VALUE, place=PLACE, row=ROW)
    with pytest.raises(SealError, match="cannot be opened"):
        seal.open(sealed, place=place, row=row)


def test_with_any_byte_altered_it_does_not_open() -> None:
    seal = sealer(new_data_key(now()))
    sealed = seal.seal(VALUE, place=PLACE, row=ROW)
    for at in range(len(sealed)):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(SealError):
            seal.open(altered, place=PLACE, row=ROW)


@pytest.mark.parametrize("length", [0, 5, 12, 27])
def test_a_cut_value_does_not_open(length: int) -> None:
    seal = sealer(new_data_key(now()))
    with pytest.raises(SealError):
        seal.open(seal.seal(VALUE, place=PLACE, row=ROW)[:length], place=PLACE, row=ROW)


def test_another_cases_key_does_not_open_it() -> None:
    sealed = sealer(new_data_key(now())).seal(VALUE, place=PLACE, row=ROW)
    with pytest.raises(SealError):
        sealer(new_data_key(now())).open(sealed, place=PLACE, row=ROW)


def test_a_destroyed_key_opens_nothing(filed_case: Case) -> None:
    key = filed_case.key
    sealer(key)
    key.wrapped, key.destroyed_at = None, now()
    key.save(update_fields=["wrapped", "destroyed_at"])
    with pytest.raises(SealError, match="was destroyed"):
        sealer(FactSheet.objects.select_related("case__key").get(case=filed_case).case.key)


def test_a_swapped_data_key_is_found_out() -> None:
    one, other = new_data_key(now()), new_data_key(now())
    one.wrapped = other.wrapped
    with pytest.raises(SealError):
        sealer(one)


def test_after_rotation_new_keys_are_wrapped_by_the_new_key_and_old_ones_still_open(settings) -> None:
    old = new_data_key(now())
    sealed = sealer(old).seal(VALUE, place=PLACE, row=ROW)
    settings.SEALING_KEYS = {"new": os.urandom(32), **settings.SEALING_KEYS}
    assert new_data_key(now()).wrapped_by == "new"
    assert sealer(old).open(sealed, place=PLACE, row=ROW) == VALUE


def test_without_its_wrapping_key_the_error_says_which_key_to_add(settings) -> None:
    old = new_data_key(now())
    settings.SEALING_KEYS = {"new": os.urandom(32)}
    with pytest.raises(SealError, match=f"no key named {old.wrapped_by}; add it again"):
        sealer(old)


def test_portal_secrets_survive_a_rotation_and_open_only_in_their_row(settings) -> None:
    sealed = portal_sealer().seal_bytes(b"token", place="lane.token", row="health")
    settings.SEALING_KEYS = {"new": os.urandom(32), **settings.SEALING_KEYS}
    assert open_portal_secret(sealed, place="lane.token", row="health") == "token"
    with pytest.raises(SealError):
        open_portal_secret(sealed, place="lane.token", row="tax")
    settings.SEALING_KEYS = {"new": os.urandom(32)}
    with pytest.raises(SealError, match="none of SEALING_KEYS"):
        open_portal_secret(sealed, place="lane.token", row="health")


def test_an_unset_secret_stays_empty() -> None:
    assert open_portal_secret(Lane().token, place="lane.token", row="health") == ""


def test_the_index_forgives_case_and_width_but_not_the_kind_or_key(settings) -> None:
    assert index_hash("national_id", " 99010119940312002x ") == index_hash("national_id", "９９０１０１19940312002X")
    assert index_hash("national_id", "1") != index_hash("name", "1")
    before = index_hash("national_id", "1")
    settings.INDEX_KEY = os.urandom(32)
    assert index_hash("national_id", "1") != before


def test_a_person_is_found_by_exactly_their_number(lin: User) -> None:
    person = find_person("990101199403120026")
    assert person == lin.person
    assert read_person(person)["given_name"] == "伟"
    assert find_person("990101199403120027") is None


def every_stored_byte() -> bytes:
    """Return every column of every table, as bytes, one after another."""
    found: list[bytes] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [_as_bytes(value) for row in cursor.fetchall() for value in row]
    return b"\0".join(found)


def _as_bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def married(version: BundleVersion) -> Sample:
    """Return the sample that is filed."""
    samples = load_version(version.pk).bundle.samples
    return next(sample for sample in samples if sample.name == "married")


def in_clear(texts: dict[str, str]) -> set[str]:
    """Return the keys whose text stands in some column, as it is or as JSON escapes it."""
    stored, moment = every_stored_byte(), now().isoformat()
    found = (key for key, text in texts.items() if text.encode() in stored or text.encode("unicode_escape") in stored)
    return {key for key in found if len(texts[key]) > 1 and texts[key] not in moment}


def test_no_answer_of_a_filed_case_stands_in_clear_anywhere(catalogue: BundleVersion, lin: User) -> None:
    sample, version = married(catalogue), load_version(catalogue.pk)
    # Choices, numbers and yes/no are words of the catalogue itself; a time of day is in every timestamp.
    common = ("choice", "boolean", "integer", "country", "time")
    free = {
        key: str(value)
        for key, value in sample.facts.items()
        if not key.startswith("evidence:") and version.element(key).type not in common
    }
    # The catalogue publishes its samples, and the account has a name its owner chose: neither is the case.
    BundleVersion.objects.update(body=b"")
    Bundle.objects.update(body={})
    User.objects.update(name="")
    before = in_clear(free)  # what a hint of the catalogue happens to name
    assert len(free) - len(before) > 15
    case = file_sample(version=catalogue, sample=sample, user=lin)
    assert in_clear({"reference": case.reference}) == {"reference"}  # we are looking where the rows are
    assert in_clear(free) == before


def test_a_canary_answer_is_nowhere_to_be_read(catalogue: BundleVersion, lin: User) -> None:
    sample = married(catalogue)
    canary = "金丝雀Kanarienvogel"
    names = [key for key in sample.facts if key.endswith((".given_name", ".family_name")) and key.startswith("child")]
    assert names
    facts = {**sample.facts, **dict.fromkeys(names, canary)}
    case = file_sample(version=catalogue, sample=Sample(name="canary", facts=facts), user=lin)
    assert canary in str(sealer(case.key).open(case.sheets.get().sealed, place=PLACE, row=case.sheets.get().id))
    assert in_clear({"canary": canary}) == set()
