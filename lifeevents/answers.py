"""What a citizen types → the value of a fact, by type. PURE. Tolerant in what it reads, exact in what it keeps.

Values: text NFC, trimmed and without control characters; dates ISO 8601; decimals as text; whole
numbers; booleans.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from lifeevents.countries import COUNTRIES
from lifeevents.definition import Element
from services.plan import Value


class AnswerError(ValueError):
    """An answer that cannot be taken; ``code`` says why, ``limit`` the number that was passed."""

    def __init__(self, code: str, limit: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that make a text read differently from what it says; nothing an honest answer needs."""


def clean_text(raw: str, *, lines: bool = False) -> str:
    """Return the text normalised (NFC), trimmed, single-spaced; ``lines`` keeps line breaks. Raises AnswerError."""
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", raw).replace("\r\n", "\n").replace("\t", " "))
    kept = "\n" if lines else ""
    if DIRECTION.search(text) or any(unicodedata.category(c) in ("Cc", "Cs", "Cn") and c not in kept for c in text):
        raise AnswerError("characters")
    rows = (" ".join(row.split()) for row in text.split("\n"))
    return "\n".join(row for row in rows if row)


def _compact(raw: str) -> str:
    """Return half-width, upper-case text without the spaces and dashes people group numbers with."""
    return re.sub(r"[\s\-‐‑–—().·]", "", unicodedata.normalize("NFKC", clean_text(raw))).upper()


def _text(raw: str, element: Element) -> str:
    text = clean_text(raw, lines=element.type == "address")
    if len(text) > element.max_length:
        raise AnswerError("too_long", element.max_length)
    if element.type == "name" and not any(c.isalpha() for c in text):
        raise AnswerError("name")
    return text


def _date(raw: str, element: Element) -> str:
    try:
        return date.fromisoformat(clean_text(raw)).isoformat()
    except ValueError:
        raise AnswerError("date") from None


def _time(raw: str, element: Element) -> str:
    plain = unicodedata.normalize("NFKC", clean_text(raw)).lower().replace("时", ":").replace("分", "")
    match = re.fullmatch(r"([0-9]{1,2})\s*[:.h]?\s*([0-9]{2})?\s*([ap])?\.?(?:m\.?)?", plain)
    if match is None or (match[2] is None and match[3] is None):
        raise AnswerError("time")
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] and not 1 <= hour <= 12:
        raise AnswerError("time")
    if match[3]:
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    if hour > 23 or minute > 59:
        raise AnswerError("time")
    return f"{hour:02}:{minute:02}"


def _bounds(number: int | Decimal, element: Element) -> None:
    if element.minimum is not None and number < element.minimum:
        raise AnswerError("too_small", element.minimum)
    if element.maximum is not None and number > element.maximum:
        raise AnswerError("too_large", element.maximum)


def _integer(raw: str, element: Element) -> int:
    plain = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", clean_text(raw)))
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", plain):
        raise AnswerError("integer")
    _bounds(int(plain), element)
    return int(plain)


def _decimal(raw: str, element: Element) -> str:
    plain = re.sub(r"[\s,¥￥元]|CNY|RMB", "", unicodedata.normalize("NFKC", clean_text(raw)).upper())
    try:
        if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,4})?", plain):
            raise InvalidOperation
        number = Decimal(plain)
    except InvalidOperation:
        raise AnswerError("decimal") from None
    _bounds(number, element)
    return format(number, "f")


def _boolean(raw: str, element: Element) -> bool:
    if raw not in ("true", "false"):
        raise AnswerError("choice")
    return raw == "true"


def _choice(raw: str, element: Element) -> str:
    if raw not in {choice.value for choice in element.choices}:
        raise AnswerError("choice")
    return raw


def _country(raw: str, element: Element) -> str:
    if element.choices:
        return _choice(raw, element)
    if raw not in COUNTRIES:
        raise AnswerError("choice")
    return raw


def _phone(raw: str, element: Element) -> str:
    plain = _compact(raw)
    if not re.fullmatch(r"\+?[0-9]{5,15}", plain):
        raise AnswerError("phone")
    return plain


def _email(raw: str, element: Element) -> str:
    text = clean_text(raw)
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    sound = all(re.fullmatch(r"[^\W_](?:[\w-]*[^\W_])?", label) and "_" not in label for label in labels)
    if not local or re.search(r"[\s@<>,;:\"()\[\]\\]", local) or len(labels) < 2 or not sound or len(text) > 254:
        raise AnswerError("email")
    return f"{local}@{domain.lower()}"


def personal_number_check(digits: str) -> str:
    """Return the check character of 17 digits: ISO 7064 MOD 11-2, as GB 11643 uses it."""
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(digits))
    return "0123456789X"[(12 - total % 11) % 11]


def _national_id(raw: str, element: Element) -> str:
    plain = _compact(raw)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        raise AnswerError("national_id")
    try:
        date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))
    except ValueError:
        raise AnswerError("national_id_check") from None
    if personal_number_check(plain[:17]) != plain[17]:
        raise AnswerError("national_id_check")
    return plain


def _account(raw: str, element: Element) -> str:
    """Return a bank card of 16 to 19 digits (Luhn) or an IBAN (mod 97)."""
    plain = _compact(raw)
    if re.fullmatch(r"[0-9]{16,19}", plain):
        doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(plain))]
        if sum(number - 9 if number > 9 else number for number in doubled) % 10:
            raise AnswerError("account_check")
    elif re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", plain):
        if int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 != 1:
            raise AnswerError("account_check")
    else:
        raise AnswerError("account")
    return plain


CLEANERS: dict[str, Callable[[str, Element], Value]] = {
    "text": _text, "name": _text, "address": _text, "date": _date, "time": _time, "integer": _integer,
    "decimal": _decimal, "boolean": _boolean, "choice": _choice, "country": _country, "phone": _phone,
    "email": _email, "national_id": _national_id, "account": _account,
}  # fmt: skip


def clean_answer(element: Element, raw: str) -> Value:
    """Return the value of what was typed for an element; raises AnswerError. ``raw`` is not empty."""
    return CLEANERS[element.type](raw, element)
