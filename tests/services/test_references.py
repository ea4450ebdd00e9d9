"""References can be read out over the phone: forgiving letters, and a check character that finds slips."""

from __future__ import annotations

import random

import pytest

from services.references import ALPHABET, check_character, new_reference, normalise_reference

SEED = 20261123


def test_a_new_reference_is_one() -> None:
    reference = new_reference()
    assert normalise_reference(reference) == reference
    assert [len(part) for part in reference.split("-")] == [4, 4, 4, 1]


def test_a_thousand_references_differ() -> None:
    assert len({new_reference() for _ in range(1000)}) == 1000


def test_every_single_wrong_character_is_found() -> None:
    random.seed(SEED)
    for _ in range(20):
        plain = new_reference().replace("-", "")
        for position, right in enumerate(plain):
            for wrong in ALPHABET.replace(right, ""):
                assert normalise_reference(plain[:position] + wrong + plain[position + 1 :]) is None


def test_most_swaps_of_neighbours_are_found() -> None:
    random.seed(SEED)
    swaps = found = 0
    for _ in range(200):
        plain = "".join(random.choice(ALPHABET) for _ in range(12))
        plain += check_character(plain)
        for at in range(12):
            swapped = plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :]
            if swapped != plain:
                swaps += 1
                found += normalise_reference(swapped) is None
    assert found / swaps > 0.95


@pytest.mark.parametrize(
    "write", [str.lower, lambda text: text.replace("-", " "), lambda text: f"  {text}\n".strip("\n")]
)
def test_case_and_spaces_are_forgiven(write) -> None:
    reference = new_reference()
    assert normalise_reference(write(reference)) == reference


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    body = "0110" * 3
    plain = body + check_character(body)
    assert normalise_reference(("OIL0" + "oil0" + "0110") + plain[12]) == normalise_reference(plain)


@pytest.mark.parametrize(
    "text", ["", "7KQ4", "7KQ4-M2XD-9R3T-5-5", "7KQ4-M2XD-9R3T-*", "林林林林林林林林林林林林林", "U" * 13]
)
def test_what_cannot_be_a_reference_is_none(text: str) -> None:
    assert normalise_reference(text) is None
