"""The drawing says what is known and nothing else: places in proportion, gaps, edges, counts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toxmon.drawing import (
    MIDDLE,
    PHONE,
    SHEET,
    WIDE,
    Band,
    Dose,
    Lane,
    Layout,
    Mark,
    Picture,
    Segment,
    Series,
    Span,
    draw,
    hidden,
    shared,
    style,
)
from toxmon.drawing.axis import Axis
from toxmon.drawing.curve import Curve
from toxmon.drawing.forms import ALWAYS, FORMS, OWN_SCALE, form_of
from toxmon.grading.kinds import KINDS

NS = {"s": "http://www.w3.org/2000/svg"}
BERLIN = ZoneInfo("Europe/Berlin")
INFUSED = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAYOUTS = [WIDE, MIDDLE, PHONE]
CSS = Path(__file__).parents[2] / "toxmon" / "ward" / "static" / "css" / "50-timeline.css"


def temperature(*hours_and_values: tuple[float, float], **more: object) -> Series:
    """A track of temperatures, by hours since the infusion."""
    found = Series(
        "Temperature", "Temp", "°C", 35, 41, (36, 38, 40), (Band(38, 41, "fever"),),
        points=tuple((INFUSED + hours * HOUR, value) for hours, value in hours_and_values),
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def picture(*series: Series, days: float = 10, **more: object) -> Picture:
    """Ten days from the day before the infusion."""
    start = INFUSED - timedelta(days=1)
    found = Picture("Course", start, start + timedelta(days=days), BERLIN, INFUSED, series)
    return replace(found, **more)  # type: ignore[arg-type]


def parsed(found: Picture, layout: Layout = WIDE) -> ET.Element:
    return ET.fromstring(draw(found, layout, styles=""))


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in root.iter() if name in (each.get("class") or "").split()]


def words(root: ET.Element) -> str:
    return "\n".join("".join(text.itertext()) for text in root.iter(f"{{{NS['s']}}}text"))


@pytest.mark.check(68)
def test_the_axis_is_in_proportion_to_time() -> None:
    axis = Axis(picture(days=20), WIDE)
    ticks = {tick.label: tick.x for tick in axis.ticks()}
    labels = {tick.label for tick in axis.ticks()}
    assert {"D0", "D10"} <= labels
    day = timedelta(days=1)
    first, tenth = axis.place(INFUSED), axis.place(INFUSED + 10 * day)
    assert abs((tenth - first) - 10 * (axis.place(INFUSED + day) - first)) < 0.01
    assert abs((ticks["D10"] - ticks["D0"]) - 5 * (ticks["D2"] - ticks["D0"])) < 1


@pytest.mark.check(68)
@pytest.mark.check(124)
def test_a_night_with_an_hour_more_is_an_hour_longer_and_names_it_twice() -> None:
    start = datetime(2026, 10, 24, 20, tzinfo=UTC)
    found = Picture("Night", start, start + 8 * HOUR, BERLIN)
    axis = Axis(found, WIDE)
    ticks = [(tick.label, tick.x) for tick in axis.ticks()]
    labels = [label for label, _ in ticks]
    assert labels[:7] == [
        "22:00", "23:00", "00:00", "01:00", "02:00+02:00", "02:00+01:00", "03:00",
    ]  # fmt: skip
    steps = {round(after - before, 3) for (_, before), (_, after) in pairwise(ticks)}
    assert len(steps) == 1, "each hour is as wide as the others"
    night = datetime(2026, 3, 28, 22, tzinfo=UTC)
    labels = [t.label for t in Axis(Picture("", night, night + 6 * HOUR, BERLIN), WIDE).ticks()]
    assert labels[:4] == ["23:00", "00:00", "01:00", "03:00"]


@pytest.mark.check(69)
def test_no_line_over_a_gap_and_a_lone_reading_has_a_dot() -> None:
    found = picture(temperature((0, 36.5), (4, 36.6), (8, 36.7), (30, 36.9), (60, 37), (63, 37)))
    root = parsed(found)
    (line,) = of_class(root, "line")
    assert re.sub(r"[-0-9. ]", "", line.get("d", "")) == "MllMl"
    (dots,) = of_class(root, "dots")
    assert dots.get("d", "").count("h0") == 6


@pytest.mark.check(69)
def test_crowded_readings_lose_their_symbols_and_a_lone_one_beside_them_does_not() -> None:
    many = [(n / 60, 36.5) for n in range(1000)]
    found = picture(temperature(*many, (60, 37.5), (100, 37.0)))
    (dots,) = of_class(parsed(found), "dots")
    assert dots.get("d", "").count("h0") == 2
    assert "1000 readings, symbols hidden, zoom to see" in words(parsed(found))
    assert hidden(found, WIDE) == 1000
    assert "hidden" not in words(parsed(found, SHEET))


@pytest.mark.check(78)
@given(
    st.lists(
        st.tuples(st.integers(0, 240 * 60), st.floats(20, 50, allow_nan=False)),
        min_size=1, max_size=60, unique_by=lambda each: each[0],
    )
)  # fmt: skip
def test_every_reading_is_in_the_paths(readings: list[tuple[int, float]]) -> None:
    """Each is a point of a line or a dot, in a file of its own as on a page with shared paths."""
    readings.sort()
    found = picture(temperature(*((minute / 60, value) for minute, value in readings)))
    alone = parsed(found)
    lines = "".join(path.get("d", "") for path in of_class(alone, "line"))
    in_lines = lines.count("M") + lines.count("l")
    curve = Curve(found.series[0], found)
    loners = sum(len(run) == 1 for run in curve.runs)
    assert in_lines + loners == len(readings)
    held = shared(found, LAYOUTS)
    for layout in LAYOUTS:
        root = ET.fromstring(draw(found, layout, styles="", held=held))
        names = {use.get("href", "")[1:] for use in root.iter(f"{{{NS['s']}}}use")}
        paths = {p.get("id"): p.get("d", "") for p in ET.fromstring(held.svg).iter("path")}
        assert names <= set(paths)
        shown = "".join(paths[name] for name in names)
        dots = shown.count("h0")
        assert dots == len(readings) - curve.hidden(layout)


def test_values_beyond_the_scale_are_at_its_edge_with_an_arrow_and_counted() -> None:
    root = parsed(picture(temperature((0, 36.5), (4, 42.3), (8, 41.4), (12, 34.2))))
    (arrows,) = of_class(root, "beyond")
    assert arrows.get("d", "").count("M") == 3
    assert "2 above the scale, up to 42.3; 1 below the scale, down to 34.2" in words(root)


@pytest.mark.check(70)
def test_a_state_that_began_before_the_window_is_drawn_from_the_left_edge() -> None:
    start = INFUSED - timedelta(days=3)
    long_ago = Segment(start, INFUSED + HOUR, 2, 2, "fever and more", "/why")
    root = parsed(picture(lanes=(Lane("CRS", (long_ago,)),)))
    (box,) = of_class(root, "seg")
    assert float(box.get("x", 0)) == WIDE.left
    (link,) = root.iter(f"{{{NS['s']}}}a")
    assert "CRS grade 2, day -3, 27-Feb 10:40 to day 0, 02-Mar 11:40" in (
        link.findtext("s:title", namespaces=NS) or ""
    )


def test_a_grade_is_filled_to_what_is_certain_and_hatched_to_what_is_possible() -> None:
    lane = Lane("CRS", (Segment(INFUSED, INFUSED + 50 * HOUR, 1, 3, "no oxygen charted"),))
    root = parsed(picture(lanes=(lane,)))
    (sure,), (possible,) = of_class(root, "seg"), of_class(root, "open")
    assert possible.get("fill") == "url(#course-hatch)"
    upper = float(possible.get("y", 0)) + float(possible.get("height", 0))
    assert upper == pytest.approx(float(sure.get("y", 0)), abs=0.11)
    assert "1–3" in words(root)
    heights = []
    for low in (1, 2, 3, 4):
        one = Lane("CRS", (Segment(INFUSED, INFUSED + HOUR, low, low, ""),))
        (box,) = of_class(parsed(picture(lanes=(one,))), "seg")
        heights.append(float(box.get("height", 0)))
    assert heights == sorted(set(heights)), "each grade is higher than the one below"
    unknown = Lane("CRS", (Segment(INFUSED, INFUSED + 50 * HOUR, 0, 4, "", unknown=True),), "? now")
    assert "?" in words(parsed(picture(lanes=(unknown,)))).split()


@pytest.mark.check(71)
def test_scales_are_fixed_and_one_made_from_readings_says_so() -> None:
    for kind, form in FORMS.items():
        assert KINDS[kind].form == "number", kind
        assert form.low < form.high
        assert all(form.low <= tick <= form.high * 1.001 for tick in form.ticks), kind
        assert form_of(kind, "", "", [1.0, 900.0]) == (form, "")
    assert set(ALWAYS) <= set(FORMS)
    form, note = form_of("height", "Body height", "cm", [171.0, 174.0])
    assert note == OWN_SCALE
    assert form.low <= 171
    assert form.high >= 174


@pytest.mark.check(73)
@pytest.mark.check(76)
def test_each_track_names_its_unit_and_that_it_is_logarithmic() -> None:
    anc = FORMS["anc"]
    track = Series(anc.title, anc.short, anc.unit, anc.low, anc.high, anc.ticks, log=True,
                   points=((INFUSED, 40.0),))  # fmt: skip
    for layout in (*LAYOUTS, SHEET):
        told = words(parsed(picture(track, temperature((0, 37.0))), layout))
        assert "/µL, log" in told
        assert "°C" in told
    assert all(form.unit for form in FORMS.values())


@pytest.mark.check(74)
def test_pressures_are_one_track_of_bars() -> None:
    pairs = replace(
        temperature((0, 40.0), (4, 39.0)), under=((INFUSED, 36.0), (INFUSED + HOUR, 37))
    )
    (bars,) = of_class(parsed(picture(pairs)), "bar")
    assert bars.get("d", "").count("m") == 2
    assert bars.get("d", "").count("v") == 2


@pytest.mark.check(72)
def test_the_label_has_the_latest_with_its_age_and_the_one_before() -> None:
    track = temperature((0, 37.0), latest="38.9", latest_at=INFUSED, previous="37.2")
    found = picture(track, now=INFUSED + timedelta(minutes=12))
    for layout in LAYOUTS:
        told = words(parsed(found, layout))
        assert "38.9" in told
        assert "was 37.2" in told
        assert "12 min ago" in told
    assert "02-Mar 10:40" in words(parsed(replace(found, now=INFUSED + timedelta(days=5))))


@pytest.mark.check(79)
def test_a_corrected_reading_has_a_ring_that_opens_what_was_there() -> None:
    mark = Mark(INFUSED, 37.0, "Temperature 37.0, corrected; it was 39.8", "/p/1/facts/2")
    root = parsed(picture(temperature((0, 37.0), marks=(mark,))))
    (link,) = root.iter(f"{{{NS['s']}}}a")
    assert link.get("href") == "/p/1/facts/2"
    assert of_class(link, "ring")
    assert root.get("role") == "group", "an image would hide its links"


def crowded() -> Picture:
    """Everything at once."""
    lanes = tuple(
        Lane(name, tuple(
            Segment(INFUSED + n * 6 * HOUR, INFUSED + (n + 1) * 6 * HOUR, n % 5, max(n % 5, n % 3),
                    "words & <more>", f"/why?n={n}")
            for n in range(30)
        ), now="≥1 now", edition="ASTCT 2019")
        for name in ("CRS", "ICANS", "ICAHT early", "ICAHT late", "IEC-HS")
    )  # fmt: skip
    doses = tuple(
        Dose(INFUSED + n * HOUR, drug, f"{drug} 8 mg", shape, href="/facts/1")
        for drug, shape in (("tocilizumab", "diamond"), ("dexamethasone", "square"),
                            ("a_drug_with_a_very_long_name_indeed", "circle"))
        for n in range(0, 60, 7)
    )  # fmt: skip
    spans = tuple(
        Span(INFUSED + n * timedelta(days=2), None, f"Window {n}: day {n} to 914", "words")
        for n in range(6)
    )
    track = temperature(*((n, 36 + n % 7) for n in range(200)), latest="38.9", previous="37.2",
                        latest_at=INFUSED)  # fmt: skip
    return picture(
        track, replace(track, title="A kind with a very long title", unit="×10⁹/L", log=False),
        lanes=lanes, doses=doses, windows=spans, attributed=spans[:2], now=INFUSED + 20 * HOUR,
    )  # fmt: skip


@pytest.mark.check(81)
@pytest.mark.parametrize("layout", [*LAYOUTS, SHEET], ids=["wide", "middle", "phone", "sheet"])
def test_nothing_lies_outside_and_names_end_before_the_axis(layout: Layout) -> None:
    root = parsed(crowded(), layout)
    _, _, wide, high = map(float, (root.get("viewBox") or "").split())
    for box in root.iter(f"{{{NS['s']}}}rect"):
        assert float(box.get("x", 0)) + float(box.get("width", 0)) <= wide + 0.11
        assert float(box.get("y", 0)) + float(box.get("height", 0)) <= high + 0.11
    for name in of_class(root, "name"):
        text = "".join(name.itertext())
        assert len(text) * 12.5 * 0.58 <= layout.left + 4, text
    assert not re.search(r"\bstyle=", ET.tostring(root, encoding="unicode"))
    assert layout.letters >= 11


def test_the_rules_of_the_page_are_those_of_the_drawing() -> None:
    assert style.RULES in CSS.read_text("utf-8")
    drawn = ET.fromstring(draw(crowded(), WIDE, styles=""))
    used = {name for each in drawn.iter() for name in (each.get("class") or "").split()}
    for name in used:
        assert re.search(rf"\.{name}\b", style.RULES), name
    assert "var(" in style.RULES
    assert "var(" not in style.resolved()
    assert "paint-order" not in style.resolved()


@pytest.mark.check(118)
def test_a_drawing_in_a_page_carries_no_style_and_no_script() -> None:
    text = draw(crowded(), WIDE, styles="")
    assert "<style" not in text
    assert " style=" not in text
    assert "<script" not in text
    assert not re.search(r'(?:fill|stroke)="#', text)
    assert "words &amp; &lt;more&gt;" in text


def test_an_empty_picture_says_so() -> None:
    empty = picture(replace(temperature(), latest=""))
    assert "not measured" in words(parsed(empty))
    of_before = picture(temperature(latest="38.1", latest_at=INFUSED), now=INFUSED)
    assert "not measured in this time" in words(parsed(of_before))
