"""The record of a hundred days is graded as it was graded by hand, and is drawn and told."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from toxmon.cli import main
from toxmon.course_file import read_record, steps
from toxmon.course_record import Record
from toxmon.grading.course import Step
from toxmon.grading.grade import Grade, Index
from toxmon.plot import svg

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "hundred-days.csv"
PAGE = Path(__file__).parent / "hundred_days.md"
WORDS: Mapping[str, object] = {"yes": True, "no": False, "unknown": None}

Steps = Mapping[str, list[Step]]


def rows(*head: str) -> Iterator[list[str]]:
    """The cells of each row of each table of the page that has this head."""
    inside = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells == list(head):
            inside = True
        elif inside and not cells[0].startswith("-"):
            yield cells


GRADES = list(rows("when", "scale", "low", "high", "why"))
BESIDES = list(rows("when", "scale", "what", "is", "why"))


@pytest.fixture(scope="module")
def record() -> Record:
    """From a week before cilta-cel to day 101."""
    return read_record(EXAMPLE)


@pytest.fixture(scope="module")
def graded(record: Record) -> Steps:
    return steps(record)


def answer(record: Record, graded: Steps, when: str, scale: str) -> Grade | Index:
    """The answer of a scale that holds at an instant."""
    at = datetime.fromisoformat(when).replace(tzinfo=record.zone)
    return [step for step in graded[scale] if step.at <= at][-1].grade


def test_the_page_has_at_least_fifteen_instants_and_every_family_of_scales() -> None:
    assert len({when for when, *_ in GRADES}) >= 15
    assert len({scale for _, scale, *_ in GRADES}) >= 24
    assert len(BESIDES) >= 8


@pytest.mark.parametrize(
    ("when", "scale", "low", "high"),
    [row[:4] for row in GRADES],
    ids=[" ".join(r[:2]) for r in GRADES],
)
def test_it_is_graded_as_by_hand(
    record: Record, graded: Steps, when: str, scale: str, low: str, high: str
) -> None:
    found = answer(record, graded, when, scale)
    # An index is written on the page with as many digits as are worth reading.
    ends = [Decimal(end).quantize(Decimal(low)) for end in (found.low or 0, found.high or 0)]
    assert ends == [Decimal(low), Decimal(high)]


@pytest.mark.parametrize(
    ("when", "scale", "what", "expected"),
    [row[:4] for row in BESIDES],
    ids=[" ".join(row[:3]) for row in BESIDES],
)
def test_what_it_says_besides_is_as_by_hand(
    record: Record, graded: Steps, when: str, scale: str, what: str, expected: str
) -> None:
    found: Any = answer(record, graded, when, scale).more
    for name in what.split("."):
        found = found[name]
    assert found is WORDS[expected] if expected in WORDS else str(found) == expected


def test_no_value_was_kept_aside_and_every_day_is_its_own(record: Record) -> None:
    assert record.aside == ()
    days = [record.day(fact.effective_at) for fact in record.facts if fact.kind == "anc"]
    assert (days[0], days[-1]) == (-7, 101)
    assert len(days) == len(set(days))


def test_the_course_has_one_episode_of_crs_and_one_of_icans(graded: Steps) -> None:
    """The fever of the storm is charted with its cause and opens no second one."""
    for scale in ("crs", "icans"):
        assert {step.episode.number for step in graded[scale] if step.episode} == {1}


def test_it_is_drawn_with_a_lane_for_each_grade_that_was_above_0(
    record: Record, graded: Steps
) -> None:
    root = ET.fromstring(svg(record, graded))
    found = root.iter("{http://www.w3.org/2000/svg}text")
    shown = {plain(text.text or "") for text in found}
    assert {"crs", "icans", "iec hs", "icaht early", "icaht late", "neutropenia"} <= shown
    assert {"d0", "tocilizumab", "filgrastim", "ivig", "platelets"} <= shown


def test_the_command_tells_every_scale_of_which_anything_was_known() -> None:
    done = CliRunner().invoke(main, ["course", str(EXAMPLE)])
    assert done.exit_code == 0, done.output
    told = plain(done.stdout)
    assert "crs episode 1: from 11 may 2026 06:00 (day 7) to 14 may 2026 18:00 (day 10)" in told
    for words in ("icaht early: ", "icaht late: ", "iec hs: 2 on 19 may 2026 10:00 (day 15)"):
        assert words in told
    assert told.splitlines()[-1].endswith("guillain barre, enterocolitis, licats")


def plain(words: str) -> str:
    """Words without what only a way of printing names adds."""
    return words.replace("_", " ").replace("-", " ").lower()
