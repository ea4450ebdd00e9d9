"""Nodes of a file → the dataclasses of ``definition``, with a clear sentence for everything that does not fit."""

from __future__ import annotations

import dataclasses
import difflib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from lifeevents.definition import BundleItem, EvidenceNeed, Need, Produce
from lifeevents.yaml_lines import Listing, Node, Scalar, Table, plain
from services.conditions import Condition, ConditionError, parse_condition
from services.plan import Text

Trail = tuple[str, ...]
"""Where something stands: section, code, key, and for list entries what they name."""

LANGUAGES = {"en": "English", "zh": "Chinese"}
BAD: Final = object()
"""Stands for a value that could not be read; its fault is recorded."""

BARE: dict[type[Any], str] = {Need: "element", EvidenceNeed: "evidence", Produce: "element", BundleItem: "service"}
"""Shapes that may be written as one bare word, and the field that word fills."""

SPELLED: dict[type[Any], dict[str, str]] = {Need: {"or": "alternatives"}}
"""Keys that are written differently from the field they fill."""

NAMES = ("element", "evidence", "service", "code", "role", "name", "value")
"""Keys by which an entry of a list is known."""


@dataclass(frozen=True, slots=True)
class Location:
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    path: Trail
    text: str


@cache
def _hints(shape: Any) -> Mapping[str, Any]:
    return get_type_hints(shape)


class Shaper:
    """Shapes the entries of one file; records every fault, and the line of every path in ``where``."""

    def __init__(self, file: str, where: dict[Trail, Location]) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._where = where

    def fault(self, line: int, path: Trail, text: str) -> Any:
        self.faults.append(Fault(line, path, text))
        return BAD

    def unknown_word(self, word: str, allowed: Sequence[str], line: int, lead: str, path: Trail = ()) -> Any:
        """Record a word that is not allowed, with the one most like it."""
        near = difflib.get_close_matches(word, allowed, 1, 0.6)
        hint = f"did you mean '{near[0]}'?" if near else f"{lead}: {', '.join(allowed)}."
        return self.fault(line, path, f"'{word}' is not known here; {hint}")

    def entry(self, shape: Any, node: Node, path: Trail) -> Any:
        """Return the dataclass of one coded entry, its code taken from the path; or BAD."""
        return self._record(shape, node, path, {"code": path[-1]} if "code" in _hints(shape) else {})

    def value(self, kind: Any, node: Node, path: Trail) -> Any:
        """Return the value of a node as ``kind`` wants it, or BAD."""
        origin, wanted = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType) and types.NoneType in wanted:
            return self.value(next(part for part in wanted if part is not types.NoneType), node, path)
        if isinstance(node, Scalar) and node.value is None:
            return self.fault(node.line, path, f"'{path[-1]}' has no value; write one or delete the key.")
        if origin is tuple:
            return self._listing(wanted[0], node, path)
        if origin is dict:
            return self._dictionary(wanted[1], node, path)
        if kind is Text:
            return self._text(node, path)
        if kind is Condition:
            return self._condition(node, path)
        return self._record(kind, node, path, {}) if dataclasses.is_dataclass(kind) else self._single(kind, node, path)

    def _single(self, kind: Any, node: Node, path: Trail) -> Any:
        name = path[-1]
        if not isinstance(node, Scalar):
            return self.fault(node.line, path, f"'{name}' takes one value, not a list or a mapping.")
        value = node.value
        if kind is bool:
            return value if isinstance(value, bool) else self.fault(node.line, path, f"'{name}' is true or false.")
        if kind is int:
            fits = isinstance(value, int) and not isinstance(value, bool)
            return value if fits else self.fault(node.line, path, f"'{name}' is a whole number.")
        if kind is Decimal:
            fits = isinstance(value, int | Decimal) and not isinstance(value, bool)
            return (
                Decimal(str(value)) if fits else self.fault(node.line, path, f"'{name}' is a number such as 5 or 0.5.")
            )
        if isinstance(value, str) or (kind is not str and isinstance(value, int)):
            return value
        return self.fault(node.line, path, f"'{name}' is a text; put quotes around {value}.")

    def _text(self, node: Node, path: Trail) -> Any:
        owner = path[1] if len(path) > 1 else path[-1]
        if not isinstance(node, Table):
            advice = f"'{path[-1]}' is written in both languages: {path[-1]}: {{en: …, zh: …}}."
            return self.fault(node.line, path, advice)
        for language in node.entries:
            if language not in LANGUAGES:
                lead = "the languages are"
                return self.unknown_word(language, list(LANGUAGES), node.key_lines[language], lead, path)
        words = {}
        for language, called in LANGUAGES.items():
            word = node.entries.get(language)
            if word is None or (isinstance(word, Scalar) and word.value in (None, "")):
                text = f"{owner} has no {called} {path[-1]}; add {path[-1]}: {{{language}: …}}."
                return self.fault(node.line, path, text)
            words[language] = self._single(str, word, (*path, language))
        return BAD if BAD in words.values() else Text(**words)

    def _condition(self, node: Node, path: Trail) -> Any:
        try:
            return parse_condition(plain(node))
        except ConditionError as error:
            return self.fault(node.line, path, str(error))

    def _listing(self, kind: Any, node: Node, path: Trail) -> Any:
        if not isinstance(node, Listing):
            return self.fault(node.line, path, f"'{path[-1]}' is a list; write it as [one, two] or with dashes.")
        values = []
        for number, item in enumerate(node.items):
            where = (*path, _name(item, str(number)))
            self._where.setdefault(where, Location(self.file, item.line))
            values.append(self.value(kind, item, where))
        return BAD if any(value is BAD for value in values) else tuple(values)

    def _dictionary(self, kind: Any, node: Node, path: Trail) -> Any:
        if not isinstance(node, Table):
            return self.fault(node.line, path, f"'{path[-1]}' is a mapping of names to values.")
        values = {}
        for key, item in node.entries.items():
            self._where[*path, key] = Location(self.file, node.key_lines[key])
            values[key] = self.value(kind, item, (*path, key))
        return BAD if any(value is BAD for value in values.values()) else values

    def _record(self, shape: Any, node: Node, path: Trail, given: dict[str, Any]) -> Any:
        if shape in BARE and isinstance(node, Scalar):
            word = self._single(str, node, path)
            return BAD if word is BAD else shape(**{BARE[shape]: word})
        allowed = tuple(key for key in _keys(shape) if key not in given)
        if not isinstance(node, Table):
            return self.fault(node.line, path, f"'{path[-1]}' is a mapping with the keys: {', '.join(allowed)}.")
        before, values = len(self.faults), dict(given)
        spelled = SPELLED.get(shape, {})
        for key, item in node.entries.items():
            where = (*path, key)
            self._where[where] = Location(self.file, node.key_lines[key])
            if key not in allowed:
                self.unknown_word(key, allowed, node.key_lines[key], "the keys are", where)
            else:
                name = spelled.get(key, key)
                values[name] = self.value(_hints(shape)[name], item, where)
        self._missing(shape, values, node, path)
        return BAD if len(self.faults) > before else shape(**values)

    def _missing(self, shape: Any, values: Mapping[str, Any], node: Table, path: Trail) -> None:
        line = self._where[path].line if path in self._where else node.line
        for field in dataclasses.fields(shape):
            if field.name not in values and _required(field):
                form = "{en: …, zh: …}" if _hints(shape)[field.name] is Text else "…"
                self.fault(line, path, f"{path[-1]} has no {field.name}; add {field.name}: {form}.")


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@cache
def _keys(shape: Any) -> tuple[str, ...]:
    """Return the keys an entry may be written with."""
    written = {name: key for key, name in SPELLED.get(shape, {}).items()}
    return tuple(written.get(field.name, field.name) for field in dataclasses.fields(shape))


def _name(node: Node, otherwise: str) -> str:
    """Return what a list entry names, the last part of its path."""
    if isinstance(node, Scalar):
        return str(node.value)
    if isinstance(node, Table):
        for key in NAMES:
            found = node.entries.get(key)
            if isinstance(found, Scalar) and isinstance(found.value, str):
                return found.value
    return otherwise
