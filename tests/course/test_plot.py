"""The picture is well-formed SVG that can be read without color, by eye and by ear."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.course.example import by_hand
from toxmon.course_file import graded, parse
from toxmon.course_record import Record
from toxmon.drawing import draw, wording
from toxmon.grading.course import Step
from toxmon.grading.policy import Policy
from toxmon.grading.published import PUBLISHED
from toxmon.plot import picture, svg

NS = {"s": "http://www.w3.org/2000/svg"}
HEADER = "effective_at,kind,value,unit\n"


@pytest.fixture(scope="module")
def drawn(record: Record, steps: dict[str, list[Step]]) -> ET.Element:
    return ET.fromstring(svg(record, steps))


def words(root: ET.Element) -> list[str]:
    return [(text.text or "") for text in root.iter(f"{{{NS['s']}}}text")]


def rectangles(root: ET.Element) -> Iterator[tuple[float, float]]:
    """(right end, lower end) of each."""
    for box in root.iter(f"{{{NS['s']}}}rect"):
        yield (
            float(box.get("x", 0)) + float(box.get("width", 0)),
            float(box.get("y", 0)) + float(box.get("height", 0)),
        )


def test_it_has_a_title_and_a_description_that_it_names(drawn: ET.Element) -> None:
    title, desc = drawn.find("s:title", NS), drawn.find("s:desc", NS)
    assert title is not None
    assert desc is not None
    assert title.text == "course, cilta-cel"
    assert drawn.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert drawn.get("role") == "img"


def test_the_description_says_each_grade_and_dose_in_words(drawn: ET.Element) -> None:
    told = drawn.findtext("s:desc", namespaces=NS) or ""
    assert "from day 8, 10-Mar 02:00 grade 3;" in told
    assert "ICANS: from day 0, 02-Mar 10:30 grade 0 to 4, not certain;" in told
    assert "tocilizumab 600 mg on day 7, 09-Mar 20:40" in told
    assert re.search(r"Temperature: \d+ readings, from 36\.\d to 39\.4 °C\.", told)


def test_every_track_and_lane_and_drug_is_named(drawn: ET.Element) -> None:
    shown = words(drawn)
    for name in (
        "Temperature", "Systolic pressure", "Oxygen saturation", "ICE score",
        "CRS", "ICANS", "Tocilizumab", "Dexamethasone", "Acetaminophen", "D0", "D14",
    ):  # fmt: skip
        assert name in shown


def test_a_grade_has_a_digit_and_a_height_besides_its_shade(drawn: ET.Element) -> None:
    heights = {}
    for box in drawn.iterfind(".//s:rect[@class]", NS):
        shade = box.get("class", "")
        if shade.startswith("seg g"):
            heights[int(shade[-1])] = float(box.get("height", 0))
    assert sorted(heights) == [1, 2, 3, 4]
    assert heights[1] < heights[2] < heights[3] < heights[4]
    assert {"0", "1", "2", "3", "4"} <= set(words(drawn))


def test_what_is_not_certain_is_hatched_and_not_filled(
    record: Record, steps: dict[str, list[Step]]
) -> None:
    hatched = svg(record, steps).count('fill="url(#course-hatch)"')
    drawn = {"crs", "icans", *(scale for _, scale, low, high in by_hand() if 0 < low <= high <= 5)}
    drawn -= {scale for _, scale, _, high in by_hand() if high > 5}
    uncertain = [(scale, when) for when, scale, low, high in by_hand() if low != high]
    assert hatched == len([scale for scale, _ in uncertain if scale in drawn])
    assert ("icans", "2026-03-14 22:00") in uncertain
    assert ("icaht_early", "2026-03-05 06:00") in uncertain


def test_a_lane_is_drawn_for_each_grade_that_was_ever_above_0(
    record: Record, steps: dict[str, list[Step]]
) -> None:
    lanes = [lane.title for lane in picture(record, steps).lanes]
    assert lanes == [
        "CRS", "ICANS", "ICAHT early", "T-ICAHT early", "Neutropenia", "Thrombocytopenia",
        "CRS Lee 2014", "CRS Penn", "CRS MSKCC", "CRS CARTOX", "CRES",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [420, 1000])
def test_the_name_of_a_lane_ends_where_its_drawing_begins(
    record: Record, steps: dict[str, list[Step]], width: int
) -> None:
    everything = dict.fromkeys(PUBLISHED, steps["neutropenia"])
    root = ET.fromstring(svg(record, everything, width=width))
    named = [text.text or "" for text in root.iterfind(".//s:text[@class='name']", NS)]
    room = float(root.get("data-left", 0)) - 8
    assert max(wording.width(name, 12.5) for name in named) <= room
    assert "Thrombocy." in named if width < 640 else "Thrombocytopenia" in named


def test_colors_follow_the_readers_setting_and_have_names_only(drawn: ET.Element) -> None:
    style = drawn.findtext("s:style", namespaces=NS) or ""
    assert "@media (prefers-color-scheme:dark)" in style
    # A style attribute is refused by a strict content security policy, and a color written in
    # the drawing could not change with the setting.
    text = ET.tostring(drawn, encoding="unicode")
    assert " style=" not in text
    assert re.findall(r'(?:fill|stroke)="#', text) == []
    assert "<script" not in text


def test_every_class_that_is_drawn_is_styled(drawn: ET.Element) -> None:
    style = drawn.findtext("s:style", namespaces=NS) or ""
    used = {name for each in drawn.iter() for name in each.get("class", "").split()}
    for name in used:
        assert re.search(rf"\.{name}\b", style), name


@pytest.mark.parametrize("width", [360, 760, 1000, 1400])
def test_nothing_lies_outside_at_any_width(
    record: Record, steps: dict[str, list[Step]], width: int
) -> None:
    root = ET.fromstring(svg(record, steps, width=width))
    _, _, wide, high = map(float, (root.get("viewBox") or "").split())
    assert wide == width
    for right, lower in rectangles(root):
        assert right <= wide + 0.11
        assert lower <= high + 0.11


def test_every_id_begins_as_asked_so_that_two_can_stand_on_one_page(
    record: Record, steps: dict[str, list[Step]]
) -> None:
    text = svg(record, steps, ident="bed-4")
    assert set(re.findall(r' id="([^"]+)"', text)) == {"bed-4-title", "bed-4-desc", "bed-4-hatch"}
    assert "course-" not in text


def test_no_line_is_drawn_over_a_hole(policy: Policy) -> None:
    """Three readings, a night without any, one more: a line, a gap, a dot."""
    rows = [("01T08", 36.5), ("01T12", 36.6), ("01T16", 36.7), ("02T14", 36.8)]
    text = HEADER + "".join(
        f"2026-03-{at}:00:00Z,body_temperature,{value},Cel\n" for at, value in rows
    )
    record = parse(text, "r.csv")
    root = ET.fromstring(svg(record, graded(record, policy)))
    (line,) = (p for p in root.iterfind(".//s:path", NS) if p.get("class") == "line")
    assert re.sub(r"[-0-9. ]", "", line.get("d", "")) == "Mll"
    (dots,) = (p for p in root.iterfind(".//s:path", NS) if p.get("class") == "dots")
    assert dots.get("d", "").count("h0") == 4


def test_a_track_without_a_reading_says_so(policy: Policy) -> None:
    record = parse(HEADER + "2026-03-01T08:00:00Z,body_temperature,36.5,Cel\n", "r.csv")
    root = ET.fromstring(svg(record, graded(record, policy)))
    assert words(root).count("not measured") == 3
    assert "ICE score: not measured." in (root.findtext("s:desc", namespaces=NS) or "")


def test_ice_items_are_summed_when_all_five_are_there(policy: Policy) -> None:
    items = {"orientation": 3, "naming": 2, "commands": 1, "writing": 0, "attention": 0}
    text = HEADER + "".join(
        f"2026-03-01T08:00:00Z,ice_{name},{points},\n" for name, points in items.items()
    )
    text += "2026-03-02T08:00:00Z,ice_orientation,4,\n2026-03-03T08:00:00Z,ice_score,9,\n"
    record = parse(text, "r.csv")
    ice = picture(record, graded(record, policy)).series[3]
    assert [value for _, value in ice.points] == [6.0, 9.0]


def test_an_interval_is_drawn_at_the_end_that_is_known(policy: Policy) -> None:
    record = parse(HEADER + "2026-03-01T08:00:00Z,oxygen_saturation,>94,%\n", "r.csv")
    saturation = picture(record, graded(record, policy)).series[2]
    assert [value for _, value in saturation.points] == [94.0]


def test_a_hostile_name_stays_text(record: Record, steps: dict[str, list[Step]]) -> None:
    hostile = replace(record, name='</title><script>alert("1")</script>&', product="<b\0>")
    root = ET.fromstring(svg(hostile, steps))
    assert root.findtext("s:title", namespaces=NS) == f"{hostile.name}, <b>"
    assert not list(root.iter(f"{{{NS['s']}}}script"))


def test_crowded_readings_are_a_line_without_dots(record: Record) -> None:
    crowded = picture(record, {})
    one = crowded.series[0]
    start = crowded.start
    many = tuple((start + timedelta(minutes=5 * n), 36.5) for n in range(4000))
    root = ET.fromstring(draw(replace(crowded, series=(replace(one, points=many),), doses=())))
    assert not [p for p in root.iterfind(".//s:path", NS) if p.get("class") == "dots"]
    assert "4000 readings, symbols hidden, zoom to see" in words(root)
