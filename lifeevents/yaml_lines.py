"""YAML as plain data that remembers its lines: no tags, anchors or aliases, bounded size and depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class SourceError(Exception):
    """A file that cannot be read as YAML; ``line`` counts from 1, ``text`` says what to do."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text}")
        self.line = line
        self.text = text


@dataclass(frozen=True, slots=True)
class Scalar:
    value: str | int | bool | Decimal | None
    line: int


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; ``key_lines`` has the line of every key."""

    line: int
    entries: dict[str, Node] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


Node = Scalar | Listing | Table
Plain = str | int | bool | Decimal | None | list["Plain"] | dict[str, "Plain"]


def read_nodes(path: Path) -> Table:
    """Return the mapping a YAML file holds; raise SourceError for anything else."""
    try:
        with path.open("rb") as stream:
            body = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(1, f"The file cannot be read: {error.strerror}.") from error
    if len(body) > MAX_BYTES:
        raise SourceError(1, f"The file is larger than {MAX_BYTES:,} bytes; split it into several files.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(line, "This is not UTF-8 text; save the file as UTF-8.") from error
    return _parse(text)


def plain(node: Node) -> Plain:
    """Return the same data as bare dicts, lists and values, without lines."""
    match node:
        case Scalar(value):
            return value
        case Listing(items):
            return [plain(item) for item in items]
        case Table():
            return {key: plain(value) for key, value in node.entries.items()}


def _parse(text: str) -> Table:
    try:
        node = _Builder(text).document()
    except yaml.YAMLError as error:
        raise _source_error(error, text) from error
    if node is None or (isinstance(node, Scalar) and node.value is None):
        raise SourceError(1, "The file is empty; write a section such as 'elements:', or delete the file.")
    if not isinstance(node, Table):
        raise SourceError(node.line, "The file must be a mapping with sections such as 'elements:' or 'services:'.")
    return node


def _source_error(error: yaml.YAMLError, text: str) -> SourceError:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return SourceError(line, "There is a control character here; this does not look like a text file.")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    problem = str(getattr(error, "problem", "") or "this is not YAML")
    if "'\\t'" in problem:
        return SourceError(line, "There is a tab here; indent with spaces.")
    if "mapping values are not allowed" in problem:
        return SourceError(line, "A colon stands where none may; put quotes around a text that contains ': '.")
    if "but got '?'" in problem:
        return SourceError(line, "A question mark stands where none may; put quotes around the text that has it.")
    return SourceError(line, f"This is not valid YAML ({problem}); check indentation, quotes and brackets.")


class _Builder:
    """Builds nodes from parser events, so nothing of YAML's object machinery ever runs."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Node | None:
        """Return the only document's node, or None when there is none."""
        next(self.events)  # the start of the stream
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        node = self._node(next(self.events), 0)
        next(self.events)  # the end of the document
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise SourceError(_line(after), "A second document starts here; keep one document per file.")
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if depth > MAX_DEPTH:
            raise SourceError(line, f"This is nested deeper than {MAX_DEPTH} levels; write it flatter.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SourceError(line, "Anchors (&) and aliases (*) are not allowed; write the text out.")
        if tag := getattr(event, "tag", None):
            raise SourceError(line, f"The tag {tag} is not allowed; write plain text or quotes.")
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(tuple(self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)), line)
        if isinstance(event, yaml.MappingStartEvent):
            return self._table(line, depth)
        if not isinstance(event, yaml.ScalarEvent):
            raise SourceError(line, "A value is missing here; write one.")
        return _scalar(event, line)

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self.events), end):
            yield event

    def _table(self, line: int, depth: int) -> Table:
        table = Table(line)
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar) or not isinstance(key.value, str):
                raise SourceError(key.line, "A key must be text; put quotes around it.")
            if key.value in table.entries:
                first = table.key_lines[key.value]
                raise SourceError(key.line, f"'{key.value}' stands here twice (first on line {first}); keep one.")
            table.key_lines[key.value] = key.line
            table.entries[key.value] = self._node(next(self.events), depth + 1)
        return table


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent, line: int) -> Scalar:
    """Give a bare word its value: only true, false, null and plain numbers are special; dates stay text."""
    text = str(event.value)
    if not event.implicit[0]:
        return Scalar(text, line)
    if text in _WORDS:
        return Scalar(_WORDS[text], line)
    if _INTEGER.fullmatch(text):
        return Scalar(int(text), line)
    return Scalar(Decimal(text) if _DECIMAL.fullmatch(text) else text, line)
