"""What the transit map is made of: stations in, placed shapes out. Pure, lengths in CSS pixels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from graphlib import TopologicalSorter

HUES = 10
"""How many line colours the stylesheet knows; an eleventh line starts again at the first."""


class Mark(StrEnum):
    """What a station shows: one colour, one shape and one word each."""

    IDLE = "idle"  # not started
    WORKING = "working"  # a department has it
    YOURS = "yours"  # waiting for the citizen
    LATE = "late"  # past its promise
    REFUSED = "refused"
    DONE = "done"
    OUT = "out"  # not needed, or taken back


@dataclass(frozen=True, slots=True)
class Line:
    """One department."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Station:
    """One service of a case or a plan; ``after`` names the stations whose data it waits for."""

    key: str
    label: str
    line: str
    state: Mark = Mark.IDLE
    after: tuple[str, ...] = ()
    critical: bool = False
    days: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words a drawing needs, in the reader's language."""

    states: Mapping[Mark, str]
    show_states: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text at its baseline; ``css`` is ``label`` or ``meta``."""

    x: float
    y: float
    text: str
    css: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One station in its place; ``left/top/width/height`` is the box that takes clicks and focus."""

    station: Station
    line: Line
    hue: int
    x: float
    y: float
    rows: tuple[Row, ...]
    left: float
    top: float
    width: float
    height: float
    word: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """One path; ``hue`` 0 means ink.

    ``kind`` is guide (a hairline), lead (how far a line reaches), track (what flows along a line), link (what
    flows between lines), casing (the gap a link cuts into what it crosses) or node (where a link ends).
    """

    d: str
    kind: str
    hue: int = 0
    critical: bool = False
    flowed: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A line's number, its left middle at x/y, and its name where it begins."""

    hue: int
    x: float
    y: float
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One finished layout: ``kind`` is wide (left to right) or tall (top to bottom)."""

    kind: str
    width: float
    height: float
    strokes: tuple[Stroke, ...]
    signs: tuple[Sign, ...]
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """Stations with what both layouts need to know about them."""

    stations: tuple[Station, ...]
    lines: tuple[Line, ...]
    layer: Mapping[str, int]
    order: Mapping[str, int]
    links: tuple[tuple[Station, Station], ...]
    words: Words

    def hue(self, line: str) -> int:
        """Return the number of a line's colour, 1 to HUES."""
        return next(at for at, each in enumerate(self.lines) if each.key == line) % HUES + 1

    def critical(self, source: Station, target: Station) -> bool:
        """Say whether a link is on the path that decides the date: of several critical feeders, the last one is."""
        if not (source.critical and target.critical):
            return False
        feeders = [one for one, other in self.links if other is target and one.critical]
        return source is max(feeders, key=lambda one: (self.layer[one.key], self.order[one.key]))


def network(stations: Sequence[Station], lines: Sequence[Line], words: Words) -> Network:
    """Layer the stations by longest path and put the lines in the order they are reached.

    Names in ``after`` that are not on the map are ignored; a circle raises graphlib.CycleError.
    """
    by_key = {station.key: station for station in stations}
    graph = {key: [name for name in one.after if name in by_key] for key, one in by_key.items()}
    layer: dict[str, int] = {}
    for key in TopologicalSorter(graph).static_order():
        layer[key] = max((layer[name] + 1 for name in graph[key]), default=0)
    order = {station.key: at for at, station in enumerate(stations)}
    reached = {one.key: [(layer[s.key], order[s.key]) for s in stations if s.line == one.key] for one in lines}
    used = sorted((one for one in lines if reached[one.key]), key=lambda one: min(reached[one.key]))
    links = tuple((by_key[name], one) for one in stations for name in graph[one.key])
    return Network(tuple(stations), tuple(used), layer, order, links, words)


def small_print(net: Network, station: Station, size: float, width: float, line: str = "") -> list[str]:
    """Return the lines under a station's name: line, state and days, broken between them if at all."""
    word = net.words.states[station.state] if net.words.show_states else ""
    lines: list[str] = []
    for part in (part for part in (line, word, "" if station.state is Mark.OUT else station.days) if part):
        if lines and text_width(f"{lines[-1]} · {part}", size) <= width:
            lines[-1] = f"{lines[-1]} · {part}"
        else:
            lines += wrap(part, size, width)
    return lines


def layered(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Order what flows: tracks, the gaps links cut into them, links, their ends; the deciding ones on top.

    Where several share a way, the most telling one is kept.
    """
    ranked = sorted(strokes, key=lambda one: (one.critical, one.flowed))
    shown = {(one.kind, one.d): one for one in ranked}
    kinds: dict[str, list[Stroke]] = {"track": [], "casing": [], "link": [], "node": []}
    for one in sorted(shown.values(), key=lambda one: (one.critical, one.flowed)):
        kinds[one.kind].append(one)
        if one.kind == "link":
            kinds["casing"].append(replace(one, kind="casing"))
    return tuple(one for kind in kinds.values() for one in kind)


_CJK = "\u2e80-\u9fff\uff00-\uffef\u3000-\u303f"
_TOKEN = re.compile(rf"[{_CJK}][，。、；：！？）》」』]*|[^\s\-/{_CJK}]*[\-/]|[^\s\-/{_CJK}]+|\s+")
_NARROW = frozenset("iljftrI.,:;'|!()[] ·-")


def text_width(text: str, size: float) -> float:
    """Estimate how wide a text sets at ``size`` pixels, on the safe side: system fonts differ by a sixth."""
    return sum(_em(char) for char in text) * size


def _em(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in _NARROW:
        return 0.36
    return 0.74 if char.isupper() or char in "mw" else 0.61


def wrap(text: str, size: float, width: float) -> list[str]:
    """Break a text into as few lines as ``width`` allows, about equally long; a longer single word is cut."""
    lines = _broken(text, size, width)
    narrower = width - size
    longest = max((text_width(token, size) for token in _TOKEN.findall(text)), default=0.0)
    while len(lines) > 1 and narrower > longest and len(tighter := _broken(text, size, narrower)) == len(lines):
        lines, narrower = tighter, narrower - size
    return lines


def _broken(text: str, size: float, width: float) -> list[str]:
    lines = [""]
    for token in (piece for word in _TOKEN.findall(text) for piece in _pieces(word, size, width)):
        if text_width(lines[-1] + token, size) <= width:
            lines[-1] += token
        elif token.strip():
            lines.append(token)
    return [line.strip() for line in lines if line.strip()]


def _pieces(word: str, size: float, width: float) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and text_width(pieces[-1] + char, size) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def rounded(points: Sequence[tuple[float, float]], radius: float) -> str:
    """Return an SVG path through the points with its corners rounded."""
    path = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(here, before, radius), _towards(here, after, radius)
        path.append(f"L{start[0]:g} {start[1]:g}Q{here[0]:g} {here[1]:g} {end[0]:g} {end[1]:g}")
    path.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return "".join(path)


def _towards(here: tuple[float, float], there: tuple[float, float], most: float) -> tuple[float, float]:
    dx, dy = there[0] - here[0], there[1] - here[1]
    length = (dx * dx + dy * dy) ** 0.5
    step = min(most, length / 2)
    return (round(here[0] + dx / length * step, 2), round(here[1] + dy / length * step, 2)) if length else here
