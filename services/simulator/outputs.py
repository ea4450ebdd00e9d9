"""What a granted service returns: values that look right for their element and are the same at every repeat."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from services.simulator.catalogue import Element

# ISO 7064 MOD 11-2, as GB 11643 uses it for 18-character personal numbers.
CHECK_CHARACTERS = "10X98765432"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DEFAULT_DAY = date(2026, 1, 1)


def check_character(digits: str) -> str:
    """Return the 18th character for 17 digits."""
    return CHECK_CHARACTERS[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11]


@dataclass(slots=True)
class Seed:
    """What an output is made of: a number drawn from the secret, the department's prefix, and the data that came."""

    number: int
    prefix: str
    role: str
    data: Mapping[str, Any]

    def digits(self, count: int, salt: int = 0) -> str:
        """Return ``count`` (≤ 30) decimal digits."""
        return str((self.number >> salt) % 10**count).zfill(count)

    def known(self, attribute: str) -> Any:
        """Return the role's own attribute from the data, else anybody's, else None."""
        own = self.data.get(f"{self.role}.{attribute}")
        if own is not None:
            return own
        return next((value for key, value in self.data.items() if key.endswith("." + attribute)), None)

    def day(self) -> date:
        """Return the birth date in the data, or a fixed day."""
        try:
            return date.fromisoformat(str(self.known("birth_date")))
        except ValueError:
            return DEFAULT_DAY


def national_id(seed: Seed, element: Element) -> str:
    """Return 18 characters: an impossible region (99…), the birth date, an odd sequence for male, the check."""
    sequence = int(seed.digits(3)) // 2 * 2 + (seed.known("sex") == "male")
    digits = f"99{seed.digits(4, 20)}{seed.day():%Y%m%d}{sequence:03d}"
    return digits + check_character(digits)


def number(seed: Seed, element: Element) -> str:
    """Return a reference with the department's letters, e.g. ``CR-4821-0093-5512``."""
    text = seed.digits(12)
    return f"{seed.prefix}-{text[:4]}-{text[4:8]}-{text[8:]}"[: element.max_length]


def account(seed: Seed, element: Element) -> str:
    """Return 19 digits that pass the Luhn check."""
    digits = "629900" + seed.digits(12)
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def integer(seed: Seed, element: Element) -> int:
    low = element.minimum if element.minimum is not None else 1
    high = element.maximum if element.maximum is not None else low + 998
    return low + seed.number % (high - low + 1)


def amount(seed: Seed, element: Element) -> str:
    """Return a decimal as text with two places, within the element's bounds."""
    low = element.minimum if element.minimum is not None else 100
    high = element.maximum if element.maximum is not None else low + 9_900
    return f"{low + seed.number % max(1, high - low)}.00"


def day(seed: Seed, element: Element) -> str:
    """Return the birth date for what holds from birth (``…_from``), else a day one to three months later."""
    holds_from_birth = element.code.endswith("_from")
    return (seed.day() + timedelta(days=0 if holds_from_birth else 30 + seed.number % 60)).isoformat()


MAKERS: dict[str, Callable[[Seed, Element], Any]] = {
    "national_id": national_id,
    "account": account,
    "integer": integer,
    "decimal": amount,
    "boolean": lambda seed, element: True,
    "date": day,
    "time": lambda seed, element: f"{9 + seed.number % 8:02d}:{seed.number // 8 % 4 * 15:02d}",
    "choice": lambda seed, element: element.choices[seed.number % len(element.choices)] if element.choices else "yes",
    "phone": lambda seed, element: "1990000" + seed.digits(4),
    "email": lambda seed, element: f"office.{seed.digits(4)}@example.org",
    "country": lambda seed, element: "CN",
    "address": lambda seed, element: f"{1 + seed.number % 400} Synthetic Road, Newtown",
}


@cache
def department_prefix(code: str) -> str:
    """Return a department's letters: ``civil-registry`` → ``CR``, ``tax`` → ``TAX``."""
    words = code.split("-")
    return "".join(word[:1] for word in words).upper() if len(words) > 1 else code[:3].upper()


def identity_key(secret: str, identity: tuple[object, ...]) -> bytes:
    """Return 32 bytes that only the secret and (case, service, subject, round) decide."""
    return hmac.digest(secret.encode(), "|".join(map(str, identity)).encode(), "sha256")


def draw(key: bytes, name: str) -> int:
    """Return a 256-bit number for one thing about an identity: an element, its reference, its document."""
    return int.from_bytes(hashlib.sha256(key + name.encode()).digest())


def instances(wire: str, data: Mapping[str, Any]) -> list[str]:
    """Return the names to answer under: a role that came with instances (``child.1.…``) is answered per instance."""
    role, _, attribute = wire.partition(".")
    start, prefix = len(role) + 1, role + "."
    own = [name[start:].partition(".")[0] for name in data if name.startswith(prefix)]
    found = {place for place in own if place.isdecimal()}
    return [f"{role}.{place}.{attribute}" for place in sorted(found, key=int)] or [wire]


def make_outputs(key: bytes, prefix: str, produces: Mapping[str, Element], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return wire name → value for every element produced; ``key`` is the identity's."""
    made: dict[str, Any] = {}
    for wire, element in produces.items():
        for name in instances(wire, data):
            seed = Seed(draw(key, name), prefix, name.rpartition(".")[0], data)
            made[name] = MAKERS.get(element.type, number)(seed, element)
    return made
