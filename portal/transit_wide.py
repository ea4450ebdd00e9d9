"""The transit map from left to right: time runs across, each department has a row of its own.

What flows leaves along its department's row, changes rows only in the gaps between columns, and passes
over columns only in corridors above a row, so that none runs behind a station or its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from portal.transit_model import (
    Drawing,
    Mark,
    Network,
    Row,
    Sign,
    Station,
    Stop,
    Stroke,
    layered,
    rounded,
    small_print,
    wrap,
)

NAMES = 158  # room for the names of the lines, at the left
LABEL = 182  # room for a station's name
GAP = 34  # from the end of a name to the next station, without channels
CHANNEL = 11  # between two links that run side by side
LABEL_SIZE, LABEL_STEP, META_SIZE, META_STEP = 16, 20, 14, 19
ABOVE = 30  # from the top of a row to its track: a train stands there
BELOW = 34  # from the track to the first baseline


@dataclass(frozen=True)
class Grid:
    """Where rows, columns and channels are, worked out once per drawing."""

    net: Network

    @cached_property
    def rows(self) -> dict[str, int]:
        """Give every station a row: its line's first row that is free in its column."""
        linked = {one.key for link in self.net.links for one in link}
        rows: dict[str, int] = {}
        base = 0
        for line in self.net.lines:
            mine = [one for one in self.net.stations if one.line == line.key]
            mine.sort(key=lambda one: (self.net.layer[one.key], one.key not in linked, self.net.order[one.key]))
            taken: set[tuple[int, int]] = set()
            for one in mine:
                column = self.net.layer[one.key]
                sub = next(at for at in range(len(mine)) if (at, column) not in taken)
                taken.add((sub, column))
                rows[one.key] = base + sub
            base += max((sub for sub, _ in taken), default=0) + 1
        return rows

    def straight(self, source: Station, target: Station) -> bool:
        """Say whether a link can follow its row with nothing in between."""
        row, layer = self.rows, self.net.layer
        if row[source.key] != row[target.key]:
            return False
        between = range(layer[source.key] + 1, layer[target.key])
        return not any(row[one.key] == row[source.key] and layer[one.key] in between for one in self.net.stations)

    @cached_property
    def bent(self) -> list[tuple[Station, Station]]:
        """List the links that change rows or pass over columns."""
        return [link for link in self.net.links if not self.straight(*link)]

    @cached_property
    def channels(self) -> dict[int, list[tuple[str, str]]]:
        """Give every link that turns in the gap before a column its place there, left to right."""
        gaps: dict[int, dict[tuple[str, str], tuple[int, int]]] = {}
        for source, target in self.bent:
            first, last = self.net.layer[source.key] + 1, self.net.layer[target.key]
            row, other = self.rows[source.key], self.rows[target.key]
            gaps.setdefault(first, {})[("from", source.key)] = (1, -row) if other >= row else (0, row)
            if last > first:
                gaps.setdefault(last, {})[("to", target.key)] = (2, other)
        return {gap: sorted(found, key=lambda name: (found[name], name)) for gap, found in gaps.items()}

    @cached_property
    def corridors(self) -> dict[int, list[str]]:
        """List, per row, the stations that links reach through a corridor above it."""
        found: dict[int, list[str]] = {}
        for source, target in self.bent:
            if self.net.layer[target.key] - self.net.layer[source.key] > 1:
                corridor = found.setdefault(self.rows[target.key], [])
                if target.key not in corridor:
                    corridor.append(target.key)
        return found

    @cached_property
    def columns(self) -> list[float]:
        """Return the x of every column's stations."""
        columns: list[float] = []
        x = float(NAMES)
        for column in range(max(self.net.layer.values(), default=0) + 1):
            x += GAP + CHANNEL * len(self.channels.get(column, [])) + (LABEL if column else 0)
            columns.append(x)
        return columns

    @cached_property
    def tracks(self) -> list[float]:
        """Return the y of every row's track, then the bottom of the drawing."""
        tracks: list[float] = []
        y = 0.0
        for row in range(max(self.rows.values(), default=0) + 1):
            y += CHANNEL * len(self.corridors.get(row, []))
            tracks.append(y + ABOVE)
            y += ABOVE + max(self.height(one) for one in self.net.stations if self.rows[one.key] == row)
        return [*tracks, y]

    def height(self, station: Station) -> float:
        """Return the room a station needs below its track."""
        names = len(wrap(station.label, LABEL_SIZE, LABEL))
        return BELOW + names * LABEL_STEP + META_STEP * len(self.small(station)) + 2

    def small(self, station: Station) -> list[str]:
        """Return the lines under a station's name."""
        return small_print(self.net, station, META_SIZE, LABEL)

    def at(self, station: Station) -> tuple[float, float]:
        """Return the centre of a station."""
        return self.columns[self.net.layer[station.key]], self.tracks[self.rows[station.key]]

    def channel(self, gap: int, name: tuple[str, str]) -> float:
        """Return the x of a channel in the gap before a column."""
        names = self.channels[gap]
        return self.columns[gap] - 30 - CHANNEL * (len(names) - 1 - names.index(name))


def draw_wide(net: Network) -> Drawing:
    """Lay the network out from left to right."""
    grid = Grid(net)
    if not net.stations:
        return Drawing("wide", 0.0, 0.0, (), (), ())
    flows = layered([*_entries(grid), *(stroke for link in net.links for stroke in _flow(grid, *link))])
    size = (grid.columns[-1] + LABEL, grid.tracks[-1])
    return Drawing("wide", *size, (*_leads(grid), *flows), tuple(_signs(grid)), tuple(_stops(grid)))


def _leads(grid: Grid) -> Iterator[Stroke]:
    """Draw how far each line reaches, thin: from its name to its last station, further rows branching off."""
    for line in grid.net.lines:
        mine = [one for one in grid.net.stations if one.line == line.key]
        home = grid.tracks[min(grid.rows[one.key] for one in mine)]
        for row in sorted({grid.rows[one.key] for one in mine}):
            here, end = grid.tracks[row], max(grid.at(one)[0] for one in mine if grid.rows[one.key] == row)
            yield Stroke(rounded(_approach(home, here, end), 12), "lead", grid.net.hue(line.key))


def _approach(home: float, here: float, end: float) -> list[tuple[float, float]]:
    """Return the way from a line's name, at ``home``, along the row at ``here``."""
    if home == here:
        return [(NAMES - 10, home), (end, home)]
    return [(NAMES - 10, home), (NAMES, home), (NAMES, here), (end, here)]


def _entries(grid: Grid) -> Iterator[Stroke]:
    """Draw what the application itself sets off: the way from the line's name to a station that waits for nothing."""
    for one in grid.net.stations:
        if any(target is one for _, target in grid.net.links):
            continue
        x, y = grid.at(one)
        home = grid.tracks[min(grid.rows[each.key] for each in grid.net.stations if each.line == one.line)]
        way = rounded(_approach(home, y, x), 12)
        yield Stroke(way, "track", grid.net.hue(one.line), one.critical, one.state != Mark.IDLE)


def _flow(grid: Grid, source: Station, target: Station) -> Iterator[Stroke]:
    """Draw one link: along the source's line, over to the target's in ink, along the target's line."""
    net, start, end = grid.net, grid.at(source), grid.at(target)
    critical, flowed = net.critical(source, target), source.state == Mark.DONE
    if grid.straight(source, target):
        yield Stroke(rounded([start, end], 0), "track", net.hue(source.line), critical, flowed)
        return
    first, last = net.layer[source.key] + 1, net.layer[target.key]
    x = arrive = grid.channel(first, ("from", source.key))
    over = [(x, start[1]), (x, end[1])]
    if last > first:
        y = end[1] - ABOVE + 4 - CHANNEL * grid.corridors[grid.rows[target.key]].index(target.key)
        arrive = grid.channel(last, ("to", target.key))
        over = [(x, start[1]), (x, y), (arrive, y), (arrive, end[1])]
    yield Stroke(rounded([start, over[0]], 0), "track", net.hue(source.line), critical, flowed)
    yield Stroke(rounded([over[-1], end], 0), "track", net.hue(target.line), critical, flowed)
    yield Stroke(rounded(over, 9), "link", 0, critical, flowed)
    for dot in (over[0], over[-1]):
        yield Stroke(f"M{dot[0]:g} {dot[1]:g}h0", "node", 0, critical, flowed)


def _signs(grid: Grid) -> Iterator[Sign]:
    for line in grid.net.lines:
        y = grid.tracks[min(grid.rows[one.key] for one in grid.net.stations if one.line == line.key)]
        names = wrap(line.label, 15, NAMES - 48)
        top = y + 5 - 9 * (len(names) - 1)
        rows = tuple(Row(30, top + 18 * at, name, "line") for at, name in enumerate(names))
        yield Sign(grid.net.hue(line.key), 0, y, rows)


def _stops(grid: Grid) -> Iterator[Stop]:
    lines = {line.key: line for line in grid.net.lines}
    for station in sorted(grid.net.stations, key=lambda one: (grid.net.layer[one.key], grid.rows[one.key])):
        x, y = grid.at(station)
        name = wrap(station.label, LABEL_SIZE, LABEL)
        rows = [Row(x - 11, y + BELOW + LABEL_STEP * at, text, "label") for at, text in enumerate(name)]
        foot = y + BELOW + LABEL_STEP * len(name)
        rows += [Row(x - 11, foot + META_STEP * at, text, "meta") for at, text in enumerate(grid.small(station))]
        hue, word = grid.net.hue(station.line), grid.net.words.states[station.state]
        height = grid.height(station) + 10
        yield Stop(station, lines[station.line], hue, x, y, tuple(rows), x - 18, y - 20, LABEL + 12, height, word)
