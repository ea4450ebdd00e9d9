"""Loading a catalogue: all or nothing, nothing new if nothing changed, running cases on their version."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lifeevents.models import Bundle, BundleVersion
from lifeevents.publishing import SHIPPED, latest_version, load_catalogue, load_version, pinned_version
from lifeevents.reading import CatalogueErrors
from services.models import Case, Element, Lane, Service

pytestmark = pytest.mark.django_db

BIRTH = "bundles/birth.yaml"


@pytest.fixture
def copy(tmp_path: Path, catalogue: BundleVersion) -> Path:
    """The shipped catalogue in a folder of its own, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "catalogue"))


def change(copy: Path, file: str, old: str, new: str) -> int:
    """Replace a text that occurs in the file; return the line of the first occurrence."""
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_loading_again_publishes_nothing(catalogue: BundleVersion) -> None:
    assert load_catalogue().published == {}
    assert BundleVersion.objects.count() == 1


def test_a_changed_element_makes_the_next_version_and_cases_keep_theirs(copy: Path, filed_case: Case) -> None:
    change(copy, "elements/person.yaml", "Given name", "First name")
    assert load_catalogue([copy]).published == {"birth": 2}
    assert pinned_version("birth", filed_case.bundle_version).elements["person.given_name"].label.en == "Given name"
    newest = latest_version("birth")
    assert newest is not None
    assert load_version(newest.pk).elements["person.given_name"].label.en == "First name"


def test_one_file_is_loaded_beside_what_is_stored(copy: Path) -> None:
    change(copy, BIRTH, "title: {en: Having a child", "title: {en: A child is born")
    assert load_catalogue([copy / BIRTH]).published == {"birth": 2}
    assert Bundle.objects.get().title_en == "A child is born"
    assert Service.objects.count() == 10


def test_what_operators_set_stays(copy: Path) -> None:
    Lane.objects.filter(pk="tax").update(base_url="https://tax.example", max_in_flight=3)
    change(copy, "departments.yaml", "Tax Office", "Revenue Office")
    load_catalogue([copy])
    lane = Lane.objects.get(pk="tax")
    assert (lane.base_url, lane.max_in_flight) == ("https://tax.example", 3)


def cycle(copy: Path) -> tuple[str, int]:
    file = "services/health.yaml"
    text = (copy / file).read_text()
    needs = text.index("    needs:\n") + len("    needs:\n")
    (copy / file).write_text(text[:needs] + "      - child.personal_number\n" + text[needs:])
    return file, text[:needs].count("\n") + 1


def unknown_element(copy: Path) -> tuple[str, int]:
    file = "services/health.yaml"
    return file, change(copy, file, "- child.birth_weight", "- child.birth_wieght")


def two_producers(copy: Path) -> tuple[str, int]:
    file = "services/tax.yaml"
    text = (copy / file).read_text()
    produces = text.index("    produces:\n") + len("    produces:\n")
    (copy / file).write_text(text[:produces] + "      - child.personal_number\n" + text[produces:])
    return file, text[:produces].count("\n") + 1


def missing_label(copy: Path) -> tuple[str, int]:
    file = "departments.yaml"
    text = (copy / file).read_text()
    line = next(line for line in text.splitlines() if "Tax Office" in line)
    (copy / file).write_text(text.replace(line, line[: line.index("{")] + "{en: Tax Office}"))
    return file, text[: text.index(line)].count("\n") + 1


def promise_over_limit(copy: Path) -> tuple[str, int]:
    file = "services/civil-registry.yaml"
    return file, change(copy, file, "promised_days: 3", "promised_days: 30")


@pytest.mark.parametrize("spoil", [cycle, unknown_element, two_producers, missing_label, promise_over_limit])
def test_a_wrong_file_is_refused_with_file_and_line_and_nothing_is_loaded(
    copy: Path, spoil: Callable[[Path], tuple[str, int]]
) -> None:
    change(copy, "elements/person.yaml", "Given name", "First name")  # would be loaded if anything were
    file, line = spoil(copy)
    with pytest.raises(CatalogueErrors) as refused:
        load_catalogue([copy])
    places = [(Path(error.file).relative_to(copy).as_posix(), error.line) for error in refused.value.errors]
    near = [place for place in places if place[0] == file and abs(place[1] - line) <= 1]
    assert near, f"expected {file}:{line}\n{refused.value}"
    assert all(len(error.text.split()) >= 5 for error in refused.value.errors)
    assert Element.objects.get(pk="person.given_name").title_en == "Given name"
    assert BundleVersion.objects.count() == 1
