"""Reading YAML catalogues: nonsense gets one clear sentence with file and line, and good files keep their lines."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lifeevents.definition import Need, Produce
from lifeevents.findings import Finding
from lifeevents.reading import CatalogueErrors, read_catalogue, resolve
from lifeevents.yaml_lines import MAX_BYTES
from services.conditions import Compare
from services.plan import Text

ELEMENT = """\
elements:
  person.age:
    type: integer
    label: {en: Age, zh: 年龄}
"""


def write(folder: Path, text: str | bytes, name: str = "a.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def complaints(path: Path) -> list[str]:
    """Return what reading says, file names without their folder."""
    with pytest.raises(CatalogueErrors) as caught:
        read_catalogue([path])
    assert str(caught.value).count("\n") == len(caught.value.errors) - 1
    return [f"{Path(e.file).name}:{e.line}: {e.text}" for e in caught.value.errors]


BROKEN = {
    "empty file": ("", "1: The file is empty; write a section such as 'elements:', or delete the file."),
    "only a comment": ("# nothing\n", "1: The file is empty; write a section such as 'elements:', or delete the file."),
    "a list": ("- one\n", "1: The file must be a mapping with sections such as 'elements:' or 'services:'."),
    "a word": ("\n\nhello\n", "3: The file must be a mapping with sections such as 'elements:' or 'services:'."),
    "a tab": ("elements:\n\tperson.age: {}\n", "2: There is a tab here; indent with spaces."),
    "binary": (
        "elements:\n  \x00\x01: 1\n",
        "2: There is a control character here; this does not look like a text file.",
    ),
    "not UTF-8": (b"elements:\n  \xff\xfe: 1\n", "2: This is not UTF-8 text; save the file as UTF-8."),
    "a colon too many": (
        "elements:\n  person.age:\n    type: a: b\n",
        "3: A colon stands where none may; put quotes around a text that contains ': '.",
    ),
    "a question mark in braces": (
        "elements:\n  person.age:\n    label: {en: How old?, zh: 几岁}\n",
        "3: A question mark stands where none may; put quotes around the text that has it.",
    ),
    "an open bracket": (
        "elements: [\n",
        "2: This is not valid YAML (expected the node content, but found '<stream end>'); "
        "check indentation, quotes and brackets.",
    ),
    "a second document": (
        "roles: {}\n---\nroles: {}\n",
        "2: A second document starts here; keep one document per file.",
    ),
    "an anchor": ("elements: &a {}\n", "1: Anchors (&) and aliases (*) are not allowed; write the text out."),
    "a tag": (
        "elements: !!python/object/apply:os.system [ls]\n",
        "1: The tag tag:yaml.org,2002:python/object/apply:os.system is not allowed; write plain text or quotes.",
    ),
    "deep nesting": ("elements: " + "[" * 4000, "1: This is nested deeper than 32 levels; write it flatter."),
    "a key that is a list": ("? [a, b]\n: 1\n", "1: A key must be text; put quotes around it."),
    "a key that is a number": ("elements:\n  12: {}\n", "2: A key must be text; put quotes around it."),
    "a key twice": (
        ELEMENT + "  person.age: {}\n",
        "5: 'person.age' stands here twice (first on line 2); keep one.",
    ),
    "an unknown section": ("servces: {}\n", "1: 'servces' is not known here; did you mean 'services'?"),
    "a section that is a list": ("elements: [a]\n", "1: 'elements' must be a mapping of codes to entries."),
    "a code in the wrong form": (
        "services:\n  Birth Certificate: {}\n",
        "2: 'Birth Certificate' is not a code for services; write one like 'birth-registration'.",
    ),
    "an element without entity": (
        "elements:\n  age: {}\n",
        "2: 'age' is not a code for elements; write one like 'person.given_name'.",
    ),
    "an entry that is a word": (
        "elements:\n  person.age: integer\n",
        "2: 'person.age' is a mapping with the keys: type, label, hint, group, sensitive, registers, ask, choices, "
        "minimum, maximum, max_length.",
    ),
    "an unknown key": (
        ELEMENT + "    lable: {en: Age, zh: 年龄}\n",
        "5: 'lable' is not known here; did you mean 'label'?",
    ),
    "a code repeated inside": (
        ELEMENT + "    code: person.age\n",
        "5: 'code' is not known here; the keys are: type, label, hint, group, sensitive, registers, ask, choices, "
        "minimum, maximum, max_length.",
    ),
    "a missing key": (
        "elements:\n  person.age:\n    label: {en: Age, zh: 年龄}\n",
        "2: person.age has no type; add type: ….",
    ),
    "no label at all": (
        "elements:\n  person.age: {type: integer}\n",
        "2: person.age has no label; add label: {en: …, zh: …}.",
    ),
    "no Chinese label": (
        "elements:\n  person.age:\n    type: integer\n    label: {en: Age}\n",
        "4: person.age has no Chinese label; add label: {zh: …}.",
    ),
    "an empty English label": (
        "elements:\n  person.age:\n    type: integer\n    label: {en: '', zh: 年龄}\n",
        "4: person.age has no English label; add label: {en: …}.",
    ),
    "a label in one language only": (
        "elements:\n  person.age:\n    type: integer\n    label: Age\n",
        "4: 'label' is written in both languages: label: {en: …, zh: …}.",
    ),
    "a third language": (
        "elements:\n  person.age:\n    type: integer\n    label: {en: Age, zh: 年龄, fr: Âge}\n",
        "4: 'fr' is not known here; the languages are: en, zh.",
    ),
    "a key without a value": (
        ELEMENT + "    registers:\n",
        "5: 'registers' has no value; write one or delete the key.",
    ),
    "a word for a list": (
        ELEMENT + "    registers: population\n",
        "5: 'registers' is a list; write it as [one, two] or with dashes.",
    ),
    "a word for true": (ELEMENT + "    sensitive: yes\n", "5: 'sensitive' is true or false."),
    "a text for a number": (ELEMENT + "    minimum: ten\n", "5: 'minimum' is a whole number."),
    "true for a number": (ELEMENT + "    minimum: true\n", "5: 'minimum' is a whole number."),
    "a number for a text": (ELEMENT + "    group: 12\n", "5: 'group' is a text; put quotes around 12."),
    "a list for a text": (ELEMENT + "    group: [a]\n", "5: 'group' takes one value, not a list or a mapping."),
    "a bad condition": (
        "bundles:\n  birth:\n    event: e\n    title: {en: B, zh: 出}\n    summary: {en: B, zh: 出}\n    pages: []\n"
        "    items:\n      - service: x\n        when: {element: a.b, equals: 3}\n",
        "9: A comparison is 'element' and one of: is, is_not, in, not_in, less_than, more_than, at_most, at_least, "
        "same_as, differs_from; or use all, any, not.",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_nonsense_gets_one_clear_sentence(tmp_path: Path, name: str) -> None:
    text, sentence = BROKEN[name]
    assert complaints(write(tmp_path, text)) == [f"a.yaml:{sentence}"]


def test_a_huge_file_is_refused_without_being_parsed(tmp_path: Path) -> None:
    path = write(tmp_path, b"#" * (MAX_BYTES + 1))
    assert complaints(path) == ["a.yaml:1: The file is larger than 1,000,000 bytes; split it into several files."]


def test_an_alias_bomb_is_refused_at_its_first_anchor(tmp_path: Path) -> None:
    bomb = [f"  {b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    lines = ["elements:", "  a: &a [x, x]", *bomb]
    sentence = "a.yaml:2: Anchors (&) and aliases (*) are not allowed; write the text out."
    assert complaints(write(tmp_path, "\n".join(lines))) == [sentence]


def test_an_enormous_number_stays_text(tmp_path: Path) -> None:
    path = write(tmp_path, ELEMENT + "    minimum: " + "9" * 50_000 + "\n")
    assert complaints(path) == ["a.yaml:5: 'minimum' is a whole number."]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert complaints(tmp_path / "none.yaml") == ["none.yaml:1: The file cannot be read: No such file or directory."]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (sentence,) = complaints(tmp_path)
    assert sentence.endswith(":1: There is no .yaml file in this folder.")


def test_no_paths_at_all_is_an_error() -> None:
    with pytest.raises(CatalogueErrors, match="There is no catalogue file here"):
        read_catalogue([])


def test_a_code_defined_in_two_files_names_the_first(tmp_path: Path) -> None:
    first = write(tmp_path, ELEMENT)
    write(tmp_path, "\n" + ELEMENT, "b.yaml")
    sentence = f"b.yaml:3: 'person.age' is already defined in {first}:2; keep one of the two."
    assert complaints(tmp_path) == [sentence]


def test_all_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, ELEMENT + "    lable: x\n    minimum: ten\n")
    write(tmp_path, "- list\n", "b.yaml")
    assert [sentence.rpartition(": ")[0][:8] for sentence in complaints(tmp_path)] == [
        "a.yaml:5",
        "a.yaml:6",
        "b.yaml:1",
    ]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, ELEMENT)
    assert list(read_catalogue([path, tmp_path, str(path)]).elements) == ["person.age"]


SMALL = """\
departments:
  office: {name: {en: Office, zh: 办公室}}
elements:
  person.name: {type: name, label: {en: Name, zh: 姓名}}
  person.number: {type: text, label: {en: Number, zh: 编号}, ask: false}
  person.married: {type: boolean, label: {en: Married, zh: 已婚}}
  person.unused: {type: text, label: {en: Unused, zh: 未用}}
roles:
  you: {entity: person, label: {en: You, zh: 您}}
services:
  first:
    department: office
    title: {en: First, zh: 第一项}
    returns: {en: A number, zh: 编号}
    limit_days: 5
    promised_days: 0.5
    delivery: keyed
    needs:
      - you.name
      - element: you.married
        or: [you.number]
        when: {element: you.married, is: true}
        optional: true
    produces: [you.number]
    simulator: {answers: poll, days: 3}
bundles:
  one:
    event: thing
    title: {en: One, zh: 一件事}
    summary: {en: One, zh: 一件事}
    items: [first]
    pages:
      - {code: you, title: {en: You, zh: 您}, roles: [you]}
"""


def test_short_forms_become_whole_entries(tmp_path: Path) -> None:
    service = read_catalogue([write(tmp_path, SMALL)]).services["first"]
    assert service.needs == (
        Need("you.name"),
        Need("you.married", ("you.number",), Compare("you.married", "is", True), True),
    )
    assert service.produces == (Produce("you.number"),)
    assert (service.limit_days, service.promised_days) == (Decimal(5), Decimal("0.5"))
    assert service.title == Text("First", "第一项")


def test_what_only_the_simulator_reads_must_still_be_a_mapping(tmp_path: Path) -> None:
    text = SMALL.replace("{answers: poll, days: 3}", "poll")
    assert complaints(write(tmp_path, text)) == [
        "a.yaml:25: 'simulator' must be a mapping such as {answers: callback}."
    ]


def test_bare_dates_and_times_stay_text(tmp_path: Path) -> None:
    text = (
        SMALL + "    samples:\n      - {name: s, facts: {you.name: 2026-11-30, you.number: 04:35, you.married: true}}\n"
    )
    facts = read_catalogue([write(tmp_path, text)]).bundles["one"].samples[0].facts
    assert facts == {"you.name": "2026-11-30", "you.number": "04:35", "you.married": True}


def test_resolving_takes_just_what_the_bundle_names(tmp_path: Path) -> None:
    version = resolve(read_catalogue([write(tmp_path, SMALL)]), "one", 7)
    assert version.number == 7
    assert list(version.elements) == ["person.married", "person.name", "person.number"]
    assert list(version.departments) == ["office"]


def test_resolving_an_unknown_bundle_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="There is no bundle 'two'; there are: one."):
        resolve(read_catalogue([write(tmp_path, SMALL)]), "two", 1)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("services", "first"), 11),
        (("services", "first", "promised_days"), 16),
        (("services", "first", "needs", "you.married"), 20),
        (("services", "first", "needs", "you.married", "when"), 22),
        (("services", "first", "needs", "you.married", "no such key"), 20),
        (("bundles", "one", "pages", "you", "roles", "you"), 33),
        (("bundles", "one", "items", "first"), 31),
    ],
)
def test_a_place_is_located_as_finely_as_the_file_allows(tmp_path: Path, where: tuple[str, ...], line: int) -> None:
    location = read_catalogue([write(tmp_path, SMALL)]).locate(Finding("any", where, ""))
    assert location.line == line
