"""Load a catalogue into the database and publish its bundles: all or nothing, and nothing new if nothing changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.db import models, transaction

from lifeevents import definition
from lifeevents.definition import Version, checksum, version_from_json, version_json
from lifeevents.lints import check_entries, check_version
from lifeevents.models import Bundle, BundleVersion, LifeEvent
from lifeevents.reading import Catalogue, CatalogueError, CatalogueErrors, LifeEventEntry, read_catalogue, resolve
from services.clock import now
from services.codec import converter
from services.models import Department, Element, EvidenceType, Lane, Register, Role, Service

SHIPPED = Path(__file__).parent / "catalogue"

STORED: dict[str, tuple[type[Any], type[Any]]] = {
    "departments": (Department, definition.Department),
    "registers": (Register, definition.Register),
    "elements": (Element, definition.Element),
    "roles": (Role, definition.Role),
    "evidence": (EvidenceType, definition.Evidence),
    "services": (Service, definition.Service),
    "events": (LifeEvent, LifeEventEntry),
    "bundles": (Bundle, definition.Bundle),
}
"""Section of a catalogue → its rows, and the dataclass their body holds."""


@dataclass
class Loaded:
    """What loading did: rows by kind, and the versions published, ``bundle`` → number."""

    rows: dict[str, int] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)


def load_catalogue(paths: Iterable[Path | str] = (SHIPPED,)) -> Loaded:
    """Read, check and store; raises CatalogueErrors (all of them, with file and line) before anything is written.

    What the files do not define is taken from the database, so that one bundle can be loaded by itself, and a changed
    element makes the next version of every bundle that uses it.
    """
    with transaction.atomic():
        catalogue = read_beside_stored(paths)
        check_catalogue(catalogue)
        return _store(catalogue)


def read_beside_stored(paths: Iterable[Path | str]) -> Catalogue:
    """Read files, and from the database every entry they do not define."""
    catalogue = read_catalogue(paths)
    sections: dict[str, Any] = {}
    for section, (model, kind) in STORED.items():
        stored = {row.code: converter.structure(row.body, kind) for row in model._default_manager.all()}
        sections[section] = stored | getattr(catalogue, section)
    return dataclasses.replace(catalogue, **sections)


def check_catalogue(catalogue: Catalogue) -> None:
    """Raise CatalogueErrors if any bundle of the catalogue could not be published."""
    errors: list[CatalogueError] = []
    # Entries first: a version cannot be resolved from names that lead nowhere.
    reports = [("catalogue", check_entries(catalogue))]
    if not reports[0][1].errors:
        reports += [(code, check_version(resolve(catalogue, code, 1))) for code in catalogue.bundles]
    for code, report in reports:
        for finding in report.errors:
            where = catalogue.locate(finding)
            errors.append(
                CatalogueError(
                    where.file, where.line, finding.where[1] if len(finding.where) > 1 else code, finding.text
                )
            )
    if errors:
        raise CatalogueErrors(set(errors))


def _store(catalogue: Catalogue) -> Loaded:
    loaded = Loaded()
    plain: list[tuple[type[models.Model], Mapping[str, Any], str]] = [
        (Department, catalogue.departments, "name"),
        (Register, catalogue.registers, "name"),
        (Element, catalogue.elements, "label"),
        (Role, catalogue.roles, "label"),
        (EvidenceType, catalogue.evidence, "label"),
    ]
    for model, entries, title in plain:
        loaded.rows[model.__name__] = _upsert(model, entries, title)
    loaded.rows["Service"] = _upsert(Service, catalogue.services, "title", department_id="department")
    loaded.rows["LifeEvent"] = _upsert(LifeEvent, catalogue.events, "title", stage="stage", position="position")
    loaded.rows["Bundle"] = _upsert(Bundle, catalogue.bundles, "title", event_id="event")
    Lane.objects.bulk_create([Lane(department_id=code) for code in catalogue.departments], ignore_conflicts=True)
    for code in catalogue.bundles:
        number = _publish(catalogue, code)
        if number:
            loaded.published[code] = number
    return loaded


def _upsert(model: type[Any], entries: Mapping[str, Any], title: str, **columns: str) -> int:
    """Write entries by code; an address or a token that operators set stays as it is."""
    rows = []
    for code, entry in entries.items():
        text = getattr(entry, title)
        extra = {column: getattr(entry, attribute) for column, attribute in columns.items()}
        rows.append(model(code=code, title_en=text.en, title_zh=text.zh, body=converter.unstructure(entry), **extra))
    if rows:
        model.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["title_en", "title_zh", "body", *columns],
        )
    return len(rows)


def _publish(catalogue: Catalogue, code: str) -> int:
    """Publish the bundle's next version; 0 if the latest one says the same."""
    latest = BundleVersion.objects.filter(bundle_id=code).first()
    if latest and bytes(latest.body) == version_json(resolve(catalogue, code, latest.number)):
        return 0
    number = latest.number + 1 if latest else 1
    body = version_json(resolve(catalogue, code, number))
    BundleVersion.objects.create(bundle_id=code, number=number, checksum=checksum(body), body=body, published_at=now())
    return number


def latest_version(bundle: str) -> BundleVersion | None:
    """Return the newest published version of a bundle, without its body."""
    return BundleVersion.objects.filter(bundle_id=bundle).defer("body").select_related("bundle").first()


@lru_cache(maxsize=256)
def load_version(row_id: int) -> Version:
    """Return a published version. A statement the first time in a process, none after."""
    return version_from_json(orjson.loads(bytes(BundleVersion.objects.get(pk=row_id).body)))


@lru_cache(maxsize=256)
def pinned_version(bundle: str, number: int) -> Version:
    """Return the version a case was filed under."""
    return load_version(BundleVersion.objects.only("id").get(bundle_id=bundle, number=number).pk)
