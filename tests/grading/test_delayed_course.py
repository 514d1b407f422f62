"""Delayed toxicities over time: since when they are present, and for how long an absence holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.grading.charting import BEGIN, POLICY, at, charted, fact
from toxmon.grading import delayed
from toxmon.grading import delayed_course as course
from toxmon.grading.facts import Bounds, Fact
from toxmon.grading.grade import Grade
from toxmon.grading.ledger import Ledger
from toxmon.grading.moment import Moment
from toxmon.grading.treatment import Treatment

D = Decimal
BY_NAME = {each.scale: each for each in course.TOXICITIES}
TREATMENT = Treatment(BEGIN, date(1960, 1, 1), UTC)
WARD = replace(
    POLICY,
    fresh_for=dict.fromkeys(
        ("guillain_barre", "parkinsonism", "cranial_nerve_palsy"), timedelta(hours=24)
    ),
)


def looked(
    scale: str, *facts: Fact, hours: float = 0, since: Any = None
) -> tuple[dict[str, datetime], Grade | None]:
    now = Moment(at(hours), charted(*facts, policy=WARD), TREATMENT, WARD, Ledger())
    found, grade = course.look(BY_NAME[scale], now, since or {})
    return dict(found), grade


def test_every_scale_is_charted_and_every_finding_but_the_days_has_a_kind() -> None:
    assert set(BY_NAME) == {scale.name for scale in delayed.SCALES}
    for scale in delayed.SCALES:
        asked = set(scale.findings.__dataclass_fields__) - {"onset_day", "day"}
        assert set(BY_NAME[scale.name].charted.values()) <= asked
        assert BY_NAME[scale.name].moves == set(BY_NAME[scale.name].charted)


MOVEMENT_GRADE = ("movement_neurocognitive_grade",)

# a scale, what is charted, the answer, and the kinds that are missing
CHARTED: tuple[tuple[str, dict[str, Any], tuple[int, int], tuple[str, ...]], ...] = (
    ("movement_neurocognitive", {"movement_neurocognitive_grade": D(3)}, (3, 3), ()),
    (
        "movement_neurocognitive",
        {"parkinsonism": True},
        (1, 5),
        MOVEMENT_GRADE,
    ),
    ("movement_neurocognitive", {"movement_disorder": True}, (1, 5), MOVEMENT_GRADE),
    ("movement_neurocognitive", {"cognitive_change": True}, (1, 5), MOVEMENT_GRADE),
    ("movement_neurocognitive", {"personality_change": True}, (1, 5), MOVEMENT_GRADE),
    ("cranial_nerve_palsy", {"facial_palsy": True}, (1, 5), ("cranial_nerve_palsy_grade",)),
    (
        "cranial_nerve_palsy",
        {"cranial_nerve_palsy": True, "cranial_nerve_palsy_grade": D(2)},
        (2, 2),
        (),
    ),
    ("cranial_nerve_palsy", {"cranial_nerves": ("vi",)}, (1, 5), ("cranial_nerve_palsy_grade",)),
    ("guillain_barre", {"guillain_barre": True, "guillain_barre_grade": D(4)}, (4, 4), ()),
    ("guillain_barre", {"guillain_barre": False}, (0, 0), ()),
    (
        "peripheral_neuropathy",
        {"peripheral_neuropathy": True},
        (1, 5),
        ("peripheral_neuropathy_grade",),
    ),
    ("peripheral_neuropathy", {"peripheral_neuropathy_grade": D(2)}, (2, 2), ()),
    ("enterocolitis", {"enterocolitis": True, "enterocolitis_grade": D(3)}, (3, 3), ()),
    ("licats", {"licats": True, "licats_grade": D(2)}, (2, 2), ()),
    ("licats", {"licats_organs": ("skin",)}, (1, 4), ("licats_grade",)),
    ("second_malignancy", {"second_malignancy": "none"}, (0, 0), ()),
    ("second_malignancy", {"second_malignancy": "solid"}, (1, 1), ()),
)  # fmt: skip


@pytest.mark.parametrize("row", CHARTED, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_is_charted_is_graded(
    row: tuple[str, dict[str, Any], tuple[int, int], tuple[str, ...]],
) -> None:
    scale, known, interval, missing = row
    since, grade = looked(scale, *(fact(kind, value) for kind, value in known.items()))
    assert grade is not None
    assert (grade.low, grade.high) == interval
    assert grade.missing == missing
    assert set(grade.because[0].facts) == set(known)
    assert since == ({scale: at(0)} if grade.low else {})


def test_the_day_of_a_diarrhea_makes_one_think_of_enterocolitis() -> None:
    known = (fact("diarrhea_grade", D(3), 0), fact("enteric_infection", False))
    grades = [looked("enterocolitis", *known, hours=24 * day)[1] for day in (21, 60)]
    assert [grade is not None and bool(grade.warnings) for grade in grades] == [False, True]
    infected = (fact("diarrhea_grade", D(3)), fact("enteric_infection", True))
    _, grade = looked("enterocolitis", *infected, hours=24 * 60)
    assert grade is not None
    assert grade.warnings == ()


def test_the_side_of_a_palsy_is_told() -> None:
    _, grade = looked("cranial_nerve_palsy", fact("facial_palsy", True), fact("palsy_side", "left"))
    assert grade is not None
    assert grade.more["side"] == "left"


def test_what_says_that_there_is_something() -> None:
    yes = (True, D(1), ("vi",), "solid", "infectious")
    no = (False, D(0), (), "none", "left", "right", "both")
    assert [course.says_present(value) for value in (*yes, *no)] == [True] * 5 + [False] * 7
    assert course.says_present(Bounds(D(1), None))


def test_nothing_is_answered_while_nothing_of_it_was_charted() -> None:
    assert looked("guillain_barre", fact("licats", True), since={"licats": at(0)}) == (
        {"licats": at(0)},
        None,
    )


def test_a_presence_stays_and_an_absence_grows_old() -> None:
    since, grade = looked("guillain_barre", fact("guillain_barre", True))
    assert grade is not None
    assert (since, grade.more["onset_day"]) == ({"guillain_barre": at(0)}, 0)
    later, grade = looked("guillain_barre", fact("guillain_barre", True), hours=200, since=since)
    assert grade is not None
    assert later == since
    assert (grade.low, grade.more["onset_day"]) == (1, 0)
    _, grade = looked("guillain_barre", fact("guillain_barre", True, 40), hours=40)
    assert grade is not None
    assert grade.more["onset_day"] == 2
    both = {"guillain_barre": at(0), "licats": at(1)}
    since, grade = looked("guillain_barre", fact("guillain_barre", False, 9), hours=9, since=both)
    assert grade is not None
    assert (since, grade.high, grade.more["onset_day"]) == ({"licats": at(1)}, 0, None)
    _, grade = looked("guillain_barre", fact("guillain_barre", False), hours=24)
    assert grade is not None
    assert (grade.low, grade.high) == (0, 5)
    assert [(each.finding, each.since) for each in grade.stale] == [("guillain_barre", at(24))]
    assert grade.because[0].facts == ()


def test_while_it_cannot_be_told_it_stays_as_it_was() -> None:
    since, grade = looked(
        "guillain_barre", fact("guillain_barre", False), hours=30, since={"guillain_barre": at(-9)}
    )
    assert grade is not None
    assert grade.low == 0
    assert since == {"guillain_barre": at(-9)}


# The days and the years of a treatment.

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 3, 1, 23, tzinfo=UTC)
"""The beginning of 2 March in Berlin."""


def test_days_are_those_of_the_site() -> None:
    treatment = Treatment(datetime(2026, 3, 1, 8, tzinfo=UTC), None, BERLIN)
    assert treatment.day(MIDNIGHT - timedelta(seconds=1)) == 0
    assert treatment.day(MIDNIGHT) == 1
    assert treatment.day(datetime(2026, 2, 28, 22, tzinfo=UTC)) == -1
    assert treatment.begins(1) == MIDNIGHT
    assert treatment.begins(0) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    # After the clocks went forward a day begins an hour earlier in UTC.
    assert treatment.begins(29) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    late = Treatment(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), None, BERLIN)
    assert late.day(MIDNIGHT) == 0
    assert late.begins(0) == MIDNIGHT


def test_an_age_is_in_completed_years_of_the_site() -> None:
    child = Treatment(BEGIN, date(2014, 3, 2), BERLIN)
    assert child.age_years(MIDNIGHT - timedelta(seconds=1)) == 11
    assert child.age_years(MIDNIGHT) == 12
    assert child.next_birthday(MIDNIGHT - timedelta(seconds=1)) == MIDNIGHT
    assert child.next_birthday(MIDNIGHT) == datetime(2027, 3, 1, 23, tzinfo=UTC)
    unknown = Treatment(BEGIN, None, BERLIN)
    assert (unknown.age_years(BEGIN), unknown.next_birthday(BEGIN)) == (None, None)
    in_may = Treatment(BEGIN, date(2014, 5, 1), UTC)
    assert in_may.age_years(datetime(2026, 4, 30, tzinfo=UTC)) == 11


# a year, and the day in it on which somebody born on 29 February is a year older
LEAPS = ((2026, (3, 1)), (2028, (2, 29)), (2000, (2, 29)), (2100, (3, 1)), (2096, (2, 29)))


@pytest.mark.parametrize(("year", "day"), LEAPS)
def test_a_birthday_on_29_february(year: int, day: tuple[int, int]) -> None:
    treatment = Treatment(BEGIN, date(1960, 2, 29), UTC)
    born = treatment.next_birthday(datetime(year, 1, 1, tzinfo=UTC))
    assert born == datetime(year, *day, tzinfo=UTC)


def test_a_birthday_at_the_end_of_the_calendar_is_none() -> None:
    treatment = Treatment(BEGIN, date(1960, 1, 1), UTC)
    assert treatment.next_birthday(datetime(9998, 6, 1, tzinfo=UTC)) is None
    assert treatment.next_birthday(datetime(9997, 6, 1, tzinfo=UTC)) == datetime(
        9998, 1, 1, tzinfo=UTC
    )
    east = Treatment(BEGIN, date(1960, 1, 1), timezone(timedelta(hours=14)))
    assert east.next_birthday(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(
        2026, 12, 31, 10, tzinfo=UTC
    )
