"""The transit map: layers, lines, ways that meet no station, text that fits, the same every time."""

from __future__ import annotations

import re
from graphlib import CycleError
from itertools import pairwise

import pytest

from portal.templatetags.one import transit_words
from portal.transit import Drawing, Line, Map, Mark, Station, draw_map
from portal.transit_model import network, text_width, wrap

LINES = [Line(key, key.title()) for key in ("health", "civil", "insurance", "social", "family", "tax")]
BIRTH = [
    ("B1", "health", "", True),
    ("B2", "health", "", False),
    ("B3", "civil", "B1", True),
    ("B4", "insurance", "B3", False),
    ("B5", "tax", "B4", False),
    ("B6", "social", "B3", True),
    ("B7", "insurance", "B1", False),
    ("B8", "family", "B3", False),
    ("B9", "health", "B1", False),
    ("B10", "tax", "B3", False),
]


def birth(state: Mark = Mark.IDLE) -> list[Station]:
    return [
        Station(key, f"Service {key}", line, state, tuple(after.split()), critical, "3 working days", f"#{key}")
        for key, line, after, critical in BIRTH
    ]


def drawn(stations: list[Station] | None = None, lines: list[Line] | None = None) -> Map:
    return draw_map(birth() if stations is None else stations, LINES if lines is None else lines, transit_words())


def points(d: str) -> list[tuple[float, float]]:
    """Return the corners of a path, the control points of its rounded corners among them."""
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", d)]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def test_layers_follow_the_longest_path() -> None:
    layer = network(birth(), LINES, transit_words()).layer
    expected = {"B1": 0, "B2": 0, "B3": 1, "B7": 1, "B9": 1, "B4": 2, "B6": 2, "B8": 2, "B10": 2, "B5": 3}
    assert dict(layer) == expected


def test_both_layouts_show_every_station_and_every_link_once() -> None:
    plan = drawn()
    for drawing in (plan.wide, plan.tall):
        assert {stop.station.key for stop in drawing.stops} == {key for key, *_ in BIRTH}
    assert len([stroke for stroke in plan.tall.strokes if stroke.kind == "link"]) == 8


def test_the_way_that_decides_the_date_is_marked() -> None:
    critical = [stroke for stroke in drawn().tall.strokes if stroke.kind == "link" and stroke.critical]
    assert len(critical) == 2


@pytest.mark.parametrize("kind", ["wide", "tall"])
def test_no_link_runs_behind_a_station_it_does_not_serve(kind: str) -> None:
    stations = [*birth(), Station("B11", "Spans every layer", "social", after=("B1", "B5"))]
    stations.append(Station("B12", "Spans two layers", "tax", after=("B1",)))
    stations.append(Station("B13", "Spans three layers", "health", after=("B1", "B4", "B12")))
    drawing: Drawing = getattr(drawn(stations), kind)
    centres = {(stop.x, stop.y) for stop in drawing.stops}
    for stroke in drawing.strokes:
        if stroke.kind in ("link", "track"):
            corners = points(stroke.d)
            ends = {corners[0], corners[-1]}
            for centre in centres - ends:
                assert not any(_meets(centre, leg, 9) for leg in pairwise(corners)), (stroke.d, centre)


def _meets(centre: tuple[float, float], leg: tuple[tuple[float, float], tuple[float, float]], radius: float) -> bool:
    """Say whether an upright or level leg comes closer than ``radius`` to a centre."""
    (x1, y1), (x2, y2) = leg
    x, y = min(max(centre[0], min(x1, x2)), max(x1, x2)), min(max(centre[1], min(y1, y2)), max(y1, y2))
    return bool((x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2)


@pytest.mark.parametrize("kind", ["wide", "tall"])
def test_boxes_of_stations_do_not_overlap(kind: str) -> None:
    boxes = [(s.left, s.top, s.left + s.width, s.top + s.height) for s in getattr(drawn(), kind).stops]
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_the_tall_map_of_a_birth_fits_a_phone() -> None:
    assert drawn().tall.width <= 390 - 2 * 15


def test_the_same_plan_draws_the_same_picture() -> None:
    assert drawn() == drawn()


def test_feeders_that_are_not_on_the_map_are_ignored() -> None:
    plan = drawn([Station("B4", "Insurance", "insurance", after=("B3",))])
    assert plan.listed[0].waits_for == ()


def test_nothing_to_draw_draws_nothing() -> None:
    assert drawn([]).wide.stops == drawn([]).tall.stops == ()


def test_a_circle_is_an_error_of_the_caller() -> None:
    with pytest.raises(CycleError):
        drawn([Station("a", "A", "tax", after=("b",)), Station("b", "B", "tax", after=("a",))])


def test_an_unknown_line_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError, match="customs"):
        drawn([Station("a", "A", "customs")])


def test_twelve_lines_still_have_a_colour_each_drawing_knows() -> None:
    lines = [Line(f"l{at}", f"Line {at}") for at in range(12)]
    stations = [Station(f"s{at}", "S", f"l{at}", after=(f"s{at - 1}",) if at else ()) for at in range(12)]
    assert {stop.hue for stop in drawn(stations, lines).wide.stops} == set(range(1, 11))


@pytest.mark.parametrize(
    "text", ["Maternity cost refund and birth allowance", "城乡居民基本医疗保险参保登记（首次办理）", "x" * 60]
)
def test_names_break_within_their_room(text: str) -> None:
    lines = wrap(text, 16, 180)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 16) <= 180 for line in lines)


def test_words_that_fit_are_never_cut() -> None:
    assert wrap("Child-development follow-up", 16, 182) == ["Child-development", "follow-up"]


def test_chinese_lines_do_not_begin_with_a_closing_mark() -> None:
    assert not any(line[0] in "，。）" for line in wrap("出生医学证明（首次签发），当日办结。", 16, 100))
