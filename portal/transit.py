"""The plan as a transit map: departments are lines, services are stations, data that flows are the links.

``draw_map`` returns both layouts (the stylesheet shows the one that fits) and the same content as a list.
Read in this order: transit_model (types, layers, text), transit_wide, transit_tall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.transit_model import Drawing, Line, Mark, Network, Station, Words, network
from portal.transit_tall import draw_tall
from portal.transit_wide import draw_wide

__all__ = ["Drawing", "Line", "Listed", "Map", "Mark", "Station", "Words", "draw_map"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the list beneath the map: a station, its department and what it waits for."""

    station: Station
    line: Line
    hue: int
    word: str
    waits_for: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """The map in both layouts, and as a list in the order things happen."""

    wide: Drawing
    tall: Drawing
    listed: tuple[Listed, ...]


def draw_map(stations: Sequence[Station], lines: Sequence[Line], words: Words) -> Map:
    """Draw the stations; a circle in ``after`` raises graphlib.CycleError, an unknown line KeyError."""
    known = {line.key for line in lines}
    for station in stations:
        if station.line not in known:
            raise KeyError(station.line)
    net = network(stations, lines, words)
    return Map(draw_wide(net), draw_tall(net), _listed(net))


def _listed(net: Network) -> tuple[Listed, ...]:
    lines = {line.key: line for line in net.lines}
    by_key = {one.key: one for one in net.stations}
    return tuple(
        Listed(
            station=one,
            line=lines[one.line],
            hue=net.hue(one.line),
            word=net.words.states[one.state],
            waits_for=tuple(by_key[key] for key in one.after if key in by_key),
        )
        for one in sorted(net.stations, key=lambda one: (net.layer[one.key], net.order[one.key]))
    )
