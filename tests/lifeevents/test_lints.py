"""Lints: a small catalogue without fault, and for each rule one change that breaks it, found on its line."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from lifeevents.dataflow import exclusive, implies
from lifeevents.definition import Version
from lifeevents.lints import Finding, Report, check_entries, check_version, locate
from lifeevents.reading import Catalogue, read_catalogue, resolve
from services.conditions import parse_condition
from services.plan import Text
from tests.lifeevents.broken_bundles import BROKEN_BUNDLES
from tests.lifeevents.broken_catalogues import BROKEN_ENTRIES, GOOD, WARNINGS

ERRORS = BROKEN_ENTRIES | BROKEN_BUNDLES


def load(folder: Path, changes: tuple[tuple[str, str], ...] = ()) -> Catalogue:
    """Return the good catalogue with each old text replaced by its new one."""
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the good catalogue"
        text = text.replace(old, new)
    path = folder / "catalogue.yaml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue([path])


def check(folder: Path, changes: tuple[tuple[str, str], ...] = ()) -> tuple[Catalogue, Report]:
    catalogue = load(folder, changes)
    return catalogue, check_version(resolve(catalogue, "move", 1))


def told(catalogue: Catalogue, findings: tuple[Finding, ...]) -> list[tuple[str, int, str]]:
    return [(finding.code, locate(catalogue, finding).line, finding.text) for finding in findings]


def test_the_good_catalogue_is_without_fault(tmp_path: Path) -> None:
    catalogue, report = check(tmp_path)
    assert report == Report()
    assert check_entries(catalogue) == Report()


@pytest.mark.parametrize("name", ERRORS)
def test_a_broken_rule_is_found_on_its_line(tmp_path: Path, name: str) -> None:
    changes, code, stands, sentence = ERRORS[name]
    catalogue, report = check(tmp_path, changes)
    assert (code, line_of(tmp_path, stands), sentence) in told(catalogue, report.errors)


@pytest.mark.parametrize("name", WARNINGS)
def test_a_doubtful_thing_is_a_warning(tmp_path: Path, name: str) -> None:
    changes, code, stands, sentence = WARNINGS[name]
    catalogue, report = check(tmp_path, changes)
    assert report.errors == ()
    assert told(catalogue, report.warnings) == [(code, line_of(tmp_path, stands), sentence)]


def line_of(folder: Path, stands: str) -> int:
    """Return the line of the file that a text stands on, exactly once."""
    lines = (folder / "catalogue.yaml").read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if stands in line]
    assert len(found) == 1, f"{stands!r} stands on the lines {found}"
    return found[0]


def test_a_blank_label_that_got_past_reading_is_found(tmp_path: Path) -> None:
    version = resolve(load(tmp_path), "move", 1)
    elements = dict(version.elements)
    elements["person.name"] = dataclasses.replace(elements["person.name"], label=Text("Name", " "))
    report = check_version(dataclasses.replace(version, elements=elements))
    sentence = "person.name has no Chinese label; add label: {zh: …}."
    assert report.errors == (Finding("missing-label", ("elements", "person.name", "label"), sentence),)


def test_an_empty_version_is_an_error_not_a_crash(tmp_path: Path) -> None:
    version = resolve(load(tmp_path), "move", 1)
    bare = Version(1, dataclasses.replace(version.bundle, items=()), {}, {}, {}, {}, {}, {})
    assert "no-items" in {finding.code for finding in check_version(bare).errors}


def test_a_version_with_dangling_names_everywhere_never_crashes(tmp_path: Path) -> None:
    version = resolve(load(tmp_path), "move", 1)
    for name in ("elements", "roles", "evidence", "services", "departments", "registers"):
        assert check_version(dataclasses.replace(version, **{name: {}})).errors


def test_strange_numbers_never_crash(tmp_path: Path) -> None:
    version = resolve(load(tmp_path), "move", 1)
    for text in ("NaN", "Infinity", "-Infinity", "1E+999999", "-1E-999999"):
        strange = Decimal(text)
        services = {
            code: dataclasses.replace(
                service, promised_days=strange, fee=dataclasses.replace(service.fee, amount=strange)
            )
            for code, service in version.services.items()
        }
        codes = {finding.code for finding in check_version(dataclasses.replace(version, services=services)).errors}
        assert {"days", "fee"} <= codes


def test_a_finding_is_told_once(tmp_path: Path) -> None:
    _, report = check(tmp_path, (("department: registry", "department: registrar"),))
    assert len(report.errors) == len(set(report.errors)) == 1


def test_entries_no_bundle_uses_are_checked_too(tmp_path: Path) -> None:
    extra = "elements:\n  person.idle: {type: choice, label: {en: Idle, zh: 闲}}\n"
    catalogue = load(tmp_path, (("elements:\n", extra),))
    report = check_entries(catalogue)
    assert [finding.code for finding in report.errors] == ["choices"]
    assert [finding.where for finding in report.warnings] == [("elements", "person.idle")]
    assert check_version(resolve(catalogue, "move", 1)).errors == ()


def test_a_bundle_for_an_unknown_life_event_is_an_error(tmp_path: Path) -> None:
    catalogue = load(tmp_path, (("event: moving", "event: flying"),))
    (finding,) = check_entries(catalogue).errors
    assert finding.text == "There is no life event 'flying'; define it under 'events' or name another."
    assert locate(catalogue, finding).line == line_of(tmp_path, "event: flying")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"element": "a.b", "is": "x"}, {"element": "a.b", "is": "y"}, True),
        ({"element": "a.b", "is": "x"}, {"element": "a.b", "is_not": "x"}, True),
        ({"element": "a.b", "in": ["x", "y"]}, {"element": "a.b", "not_in": ["y", "x"]}, True),
        ({"all": [{"element": "a.b", "is": True}, {"element": "a.c", "is": 1}]}, {"element": "a.b", "is": False}, True),
        ({"element": "a.b", "is": "x"}, {"element": "a.c", "is": "y"}, False),
        ({"element": "a.b", "is": "x"}, {"element": "a.b", "in": ["x", "y"]}, False),
        ({"any": [{"element": "a.b", "is": "x"}]}, {"element": "a.b", "is": "y"}, False),
    ],
)
def test_conditions_exclude_each_other_only_where_it_is_plain(first: object, second: object, expected: bool) -> None:
    assert exclusive(parse_condition(first), parse_condition(second)) is expected
    assert exclusive(parse_condition(second), parse_condition(first)) is expected


def test_no_condition_excludes_or_asks_for_nothing() -> None:
    test = parse_condition({"element": "a.b", "is": 1})
    assert not exclusive(None, test)
    assert implies(test, None)
    assert implies(test, test)
    assert not implies(None, test)
