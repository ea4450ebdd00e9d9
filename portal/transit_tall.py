"""The transit map from top to bottom, for narrow screens: each department has a lane, each station a row.

A row holds one station only, so a link that crosses lanes on its target's row meets no other station;
between rows links run in the gaps between lanes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from portal.transit_model import Drawing, Network, Row, Sign, Station, Stop, Stroke, layered, rounded, small_print, wrap

EDGE = 13  # from the left edge to the first lane
LANE = 26  # between two lanes
CHANNEL = 6  # more room for every further link in the same gap
LABEL = 186  # room for a station's name
LABEL_SIZE, LABEL_STEP, META_SIZE, META_STEP = 15, 19, 13, 18
PADDING = 11
BADGE = 20  # the number of the line, before its name


@dataclass(frozen=True)
class Ladder:
    """Where rows, lanes and channels are, worked out once per drawing."""

    net: Network

    @cached_property
    def stations(self) -> list[Station]:
        """Put the stations in the order they are read: by layer, then by line."""
        lane = {line.key: at for at, line in enumerate(self.net.lines)}
        return sorted(self.net.stations, key=lambda s: (self.net.layer[s.key], lane[s.line], self.net.order[s.key]))

    @cached_property
    def row(self) -> dict[str, int]:
        """Return every station's row."""
        return {one.key: at for at, one in enumerate(self.stations)}

    @cached_property
    def lane(self) -> dict[str, int]:
        """Return every station's lane."""
        lanes = {line.key: at for at, line in enumerate(self.net.lines)}
        return {one.key: lanes[one.line] for one in self.net.stations}

    def straight(self, source: Station, target: Station) -> bool:
        """Say whether a link can follow its lane with nothing in between."""
        if self.lane[source.key] != self.lane[target.key]:
            return False
        between = self.stations[self.row[source.key] + 1 : self.row[target.key]]
        return not any(one.line == source.line for one in between)

    @cached_property
    def trunks(self) -> dict[str, tuple[int, int]]:
        """Give every source that bends a gap (0 is left of the first lane) and a channel free over its rows."""
        reach: dict[str, list[Station]] = {}
        for source, target in self.net.links:
            if not self.straight(source, target):
                reach.setdefault(source.key, []).append(target)
        trunks: dict[str, tuple[int, int]] = {}
        busy: dict[tuple[int, int], int] = {}
        for source in (one for one in self.stations if one.key in reach):
            lane, last = self.lane[source.key], max(self.row[one.key] for one in reach[source.key])
            leftward = sum(self.lane[one.key] < lane for one in reach[source.key])
            gap = lane if leftward * 2 > len(reach[source.key]) else lane + 1
            channel = next(at for at in range(len(reach)) if busy.get((gap, at), -1) < self.row[source.key])
            trunks[source.key], busy[(gap, channel)] = (gap, channel), last
        return trunks

    @cached_property
    def lanes(self) -> list[float]:
        """Return the x of every lane, then where the names begin."""
        gaps = range(len(self.net.lines) + 1)
        used = [max((c for g, c in self.trunks.values() if g == gap), default=0) for gap in gaps]
        lanes = [float(EDGE + CHANNEL * used[0])]
        for gap in range(1, len(self.net.lines)):
            lanes.append(lanes[-1] + LANE + CHANNEL * used[gap])
        return [*lanes, lanes[-1] + 26 + CHANNEL * used[-1]]

    @cached_property
    def tops(self) -> list[float]:
        """Return the top of every row, then the bottom of the drawing."""
        tops = [0.0]
        for one in self.stations:
            tops.append(tops[-1] + PADDING * 2 + len(self.name(one)) * LABEL_STEP + len(self.small(one)) * META_STEP)
        return tops

    def name(self, station: Station) -> list[str]:
        """Return a station's name, wrapped."""
        return wrap(station.label, LABEL_SIZE, LABEL)

    def small(self, station: Station) -> list[str]:
        """Return a station's small print with its department, wrapped."""
        line = next(one for one in self.net.lines if one.key == station.line)
        return small_print(self.net, station, META_SIZE, LABEL - BADGE, line.label)

    def at(self, station: Station) -> tuple[float, float]:
        """Return the centre of a station: beside the first line of its name."""
        return self.lanes[self.lane[station.key]], self.tops[self.row[station.key]] + PADDING + 10

    def trunk(self, source: Station) -> float:
        """Return the x of a source's trunk."""
        gap, channel = self.trunks[source.key]
        before = self.lanes[gap - 1] if gap else self.lanes[0] - LANE
        return before + LANE / 2 + CHANNEL * channel


def draw_tall(net: Network) -> Drawing:
    """Lay the network out from top to bottom."""
    ladder = Ladder(net)
    if not net.stations:
        return Drawing("tall", 0.0, 0.0, (), (), ())
    strokes = (*_guides(ladder), *_tracks(ladder), *layered([_link(ladder, *link) for link in net.links]))
    stops = tuple(_stops(ladder))
    return Drawing("tall", ladder.lanes[-1] + LABEL, ladder.tops[-1], strokes, tuple(_signs(stops)), stops)


def _signs(stops: tuple[Stop, ...]) -> Iterator[Sign]:
    """Put the number of its line before every station's small print."""
    for stop in stops:
        small = next(row for row in stop.rows if row.css == "meta")
        yield Sign(stop.hue, small.x - BADGE, small.y - 4.5, ())


def _guides(ladder: Ladder) -> Iterator[Stroke]:
    """Draw a hairline from every station to its name."""
    for one in ladder.stations:
        x, y = ladder.at(one)
        yield Stroke(rounded([(x, y), (ladder.lanes[-1] - 8, y)], 0), "guide")


def _tracks(ladder: Ladder) -> Iterator[Stroke]:
    for line in ladder.net.lines:
        mine = [ladder.at(one) for one in ladder.stations if one.line == line.key]
        if len(mine) > 1:
            yield Stroke(rounded([mine[0], mine[-1]], 0), "lead", ladder.net.hue(line.key))


def _link(ladder: Ladder, source: Station, target: Station) -> Stroke:
    start, end = ladder.at(source), ladder.at(target)
    points = [start, end]
    if not ladder.straight(source, target):
        x = ladder.trunk(source)
        points = [start, (x, start[1]), (x, end[1]), end]
    return Stroke(rounded(points, 9), "link", 0, ladder.net.critical(source, target), source.state == "done")


def _stops(ladder: Ladder) -> Iterator[Stop]:
    lines = {line.key: line for line in ladder.net.lines}
    left, width = 0.0, ladder.lanes[-1] + LABEL
    for station in ladder.stations:
        x, y = ladder.at(station)
        name, edge = ladder.name(station), ladder.lanes[-1]
        rows = [Row(edge, y + 5 + LABEL_STEP * at, text, "label") for at, text in enumerate(name)]
        foot = y + 5 + LABEL_STEP * len(name) - 1
        rows += [
            Row(edge + BADGE, foot + META_STEP * at, text, "meta") for at, text in enumerate(ladder.small(station))
        ]
        top = ladder.tops[ladder.row[station.key]]
        hue, word = ladder.net.hue(station.line), ladder.net.words.states[station.state]
        height = ladder.tops[ladder.row[station.key] + 1] - top
        yield Stop(station, lines[station.line], hue, x, y, tuple(rows), left, top + 2, width, height - 4, word)
