"""Registers: what they tell, to whom, and that the shipped people fit the shipped catalogue."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from services.simulator import registers as registers_module
from services.simulator.catalogue import CatalogueError, read_catalogue
from services.simulator.outputs import check_character
from services.simulator.registers import Registers
from tests.services.simulator.world import REAL_CATALOGUE, Simulator, running

PEOPLE = yaml.safe_load(Path(registers_module.__file__).with_name("people.yaml").read_text(encoding="utf-8"))
LIN_WEI, CHEN_HAO = "990101199403120026", "990101199207080012"
ZHAO_MIN, SUN_LI, ZHOU_FANG = "990102199605200047", "990103199309250062", "990104198802140029"


@pytest.fixture(scope="module")
def real() -> Iterator[Simulator]:
    with running(catalogue=REAL_CATALOGUE) as simulator:
        yield simulator


def ask(simulator: Simulator, register: str, relation: str, national_id: str) -> dict[str, list[dict[str, object]]]:
    path = f"/registers/{register}/records?relation={relation}&national_id={national_id}"
    answer = simulator.ask("GET", path.partition("?")[0] + "?" + path.partition("?")[2])
    assert answer.status == 200, answer.body
    found: dict[str, list[dict[str, object]]] = answer.document
    return found


def test_every_person_is_obviously_synthetic_with_a_valid_id() -> None:
    for person in PEOPLE["people"].values():
        record = person["record"]
        number = record["national_id"]
        assert number.startswith("99") and len(number) == 18 and number[17] == check_character(number[:17])
        assert number[6:14] == record["birth_date"].replace("-", "")
        assert int(number[16]) % 2 == (record["sex"] == "male")


def test_the_population_register_knows_self_spouse_and_household(real: Simulator) -> None:
    (own,) = ask(real, "population", "self", LIN_WEI)["records"]
    assert (own["family_name"], own["given_name"], own["birth_date"]) == ("林", "伟", "1994-03-12")
    (spouse,) = ask(real, "population", "spouse", LIN_WEI)["records"]
    assert spouse["national_id"] == CHEN_HAO
    (household,) = ask(real, "population", "household", LIN_WEI)["records"]
    assert set(household) == {"address", "household_number", "head_name"}
    assert ask(real, "population", "spouse", ZHAO_MIN)["records"] == []


def test_a_register_tells_only_what_is_its_own(real: Simulator) -> None:
    (own,) = ask(real, "population", "self", LIN_WEI)["records"]
    assert "marital_status" not in own and "second_parent" not in own and "low_income" not in own
    assert ask(real, "civil-status", "self", LIN_WEI)["records"] == [
        {"marital_status": "married", "second_parent": True}
    ]
    assert ask(real, "low-income", "household", ZHAO_MIN)["records"] == [{"low_income": True}]
    assert ask(real, "low-income", "household", LIN_WEI)["records"] == [{"low_income": False}]


@pytest.mark.parametrize("parent", [LIN_WEI, CHEN_HAO])
def test_both_parents_find_the_delivery(real: Simulator, parent: str) -> None:
    (delivery,) = ask(real, "hospital-delivery", "delivery", parent)["records"]
    assert delivery["number_of_children"] == 1
    (child,) = ask(real, "hospital-delivery", "child", parent)["records"]
    assert (child["sex"], child["birth_date"]) == ("female", "2026-11-16")


def test_twins_are_two_records_and_others_have_none(real: Simulator) -> None:
    children = ask(real, "hospital-delivery", "child", SUN_LI)["records"]
    assert [child["birth_order"] for child in children] == [1, 2]
    assert ask(real, "hospital-delivery", "child", ZHOU_FANG)["records"] == []


def test_licences_come_with_the_person_and_the_household(real: Simulator) -> None:
    (card,) = ask(real, "population", "self", LIN_WEI)["documents"]
    assert card["evidence"] == "identity-card"
    assert LIN_WEI in base64.b64decode(str(card["content"])).decode()
    (book,) = ask(real, "population", "household", LIN_WEI)["documents"]
    assert book["evidence"] == "household-book"
    assert ask(real, "population", "spouse", LIN_WEI)["documents"] == []
    assert ask(real, "civil-status", "self", LIN_WEI)["documents"] == []


def test_questions_a_register_does_not_answer(real: Simulator) -> None:
    path = "/registers/population/records"
    assert real.ask("GET", f"{path}?relation=self&national_id=990101190001010000").status == 404
    assert real.ask("GET", path).status == 400
    assert real.ask("GET", f"{path}?relation=cousin&national_id={LIN_WEI}").status == 400
    assert real.ask("POST", path, {}).status == 405
    assert real.call("GET", path).status == 401
    assert real.ask("GET", "/registers/unknown/records").status == 404
    real.control("PUT", "/faults", {"population": {"down": True}})
    assert real.ask("GET", f"{path}?relation=self&national_id={LIN_WEI}").status == 503
    real.control("PUT", "/faults", {})


def test_every_attribute_of_a_register_is_on_record_for_somebody() -> None:
    catalogue = read_catalogue(REAL_CATALOGUE)
    registers = Registers(catalogue)
    for (register, relation), attributes in catalogue.serves.items():
        told: set[str] = set()
        for person in PEOPLE["people"].values():
            number = person["record"]["national_id"]
            _, document = registers.look_up(register, f"relation={relation}&national_id={number}")
            told.update(*document["records"])
        assert attributes - told == set(), (register, relation)


@pytest.mark.parametrize(
    "text",
    [
        "services: [",
        "departments: {ledger: {}}",
        "departments: {a: {}}\nservices: {s: {department: b}}",
        "departments: {a: {}}\nservices: {s: {department: a, simulator: {answers: never}}}",
    ],
)
def test_a_catalogue_that_cannot_be_served_stops_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(CatalogueError):
        read_catalogue(tmp_path)
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(CatalogueError):
        read_catalogue(tmp_path)
