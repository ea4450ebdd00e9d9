"""Case references: 12 random Crockford characters (60 bits) and a check character, ``7KQ4-M2XD-9R3T-5``.

The check character is Luhn mod N over the same 32 letters: it finds every single wrong character and most swaps of
neighbours.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def new_reference() -> str:
    """Return a fresh reference, never sequential."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return _dashed(body + check_character(body))


def normalise_reference(text: str) -> str | None:
    """Return the reference as stored, forgiving case, spaces, O/0 and I/L/1; None when it cannot be one."""
    plain = text.upper().translate(READ_AS)
    if len(plain) != 13 or any(character not in ALPHABET for character in plain):
        return None
    return _dashed(plain) if check_character(plain[:12]) == plain[12] else None


def check_character(body: str) -> str:
    total = 0
    for position, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (2 if position % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def _dashed(plain: str) -> str:
    return "-".join(plain[start : start + 4] for start in range(0, 13, 4))
