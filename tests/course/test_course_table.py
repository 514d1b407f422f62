"""The example is graded as it was graded by hand, and told in a table and in JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.course.example import PAGE, Change, by_hand
from toxmon.course_file import parse
from toxmon.course_file.table import as_json, episodes, ever_known, graded, in_short, table
from toxmon.course_record import Record
from toxmon.grading.course import Step
from toxmon.grading.grade import Grade
from toxmon.grading.policy import Policy
from toxmon.grading.published import PUBLISHED
from toxmon.grading.whole_course import EVERY

LEAST = (17 + 3 + len("THROMBOCYTOPENIA") + len("at least 1")) + 2 * 20 + 5 * 2
"""Four columns that are never wrapped, two of 20 that are, and 2 blanks between each."""


def changes(record: Record, steps: dict[str, list[Step]]) -> Iterator[Change]:
    """The same of a graded record: only where the answer itself changes."""
    for scale, taken in steps.items():
        before = None
        for step in taken:
            if (step.grade.low, step.grade.high) != before:
                before = (step.grade.low, step.grade.high)
                yield f"{step.at.astimezone(record.zone):%Y-%m-%d %H:%M}", scale, *before


def test_the_example_is_graded_as_by_hand(record: Record, steps: dict[str, list[Step]]) -> None:
    expected = sorted(by_hand())
    graded_by_hand = {scale for _, scale, _, _ in expected}
    found = [change for change in changes(record, steps) if change[1] in graded_by_hand]
    assert sorted(found) == expected


def test_of_the_other_scales_nothing_is_known_and_the_table_says_so(
    record: Record, steps: dict[str, list[Step]]
) -> None:
    others = [scale for scale in EVERY if scale not in {scale for _, scale, _, _ in by_hand()}]
    assert [scale for scale in others if ever_known(steps[scale])] == []
    last = table(record, steps, 100).splitlines()[-1]
    assert last == f"Of these nothing was ever known: {', '.join(others)}"
    assert steps.keys() == set(EVERY) == set(PUBLISHED)


def test_the_example_has_one_episode_of_each(steps: dict[str, list[Step]]) -> None:
    (crs,) = episodes(steps["crs"])
    (icans,) = episodes(steps["icans"])
    assert (crs.peak, crs.onset_at, crs.ended_at) == (
        3,
        datetime(2026, 3, 9, 5, tzinfo=UTC),
        # Room air was found at 10:00 on day 9; the quiet period is 24 h.
        datetime(2026, 3, 12, 9, tzinfo=UTC),
    )
    assert (icans.peak, icans.ended_at) == (2, datetime(2026, 3, 13, 19, tzinfo=UTC))


@pytest.mark.parametrize("width", [60, 80, 100, 140, 250])
def test_the_table_fits_the_terminal(
    record: Record, steps: dict[str, list[Step]], width: int
) -> None:
    lines = table(record, steps, width).splitlines()
    body = lines[2 : lines.index("", 2)]
    # Below what the columns need at the least, the table stays readable and gets wider.
    assert max(map(len, body)) <= max(width, LEAST)
    head = body[0]
    for name in ("when", "day", "scale", "grade", "because", "missing"):
        assert name in head


def test_a_long_name_is_divided_behind_an_underscore(
    record: Record, steps: dict[str, list[Step]]
) -> None:
    lines = [line.rstrip() for line in table(record, steps, 80).splitlines()]
    assert any(line.endswith("  constitutional_") for line in lines)
    assert not any(line.endswith("constitutional_sympt") for line in lines)


def test_the_table_says_when_what_and_why(record: Record, steps: dict[str, list[Step]]) -> None:
    lines = [" ".join(line.split()) for line in table(record, steps, 250).splitlines()]
    assert lines[0] == "course: 684 facts, cilta-cel on 02-Mar-2026 10:30"
    assert (
        "10-Mar-2026 02:00 8 CRS 3 temperature of 38.0 Cel or more; "
        "one vasopressor: norepinephrine" in lines
    )
    assert any(
        line.startswith("14-Mar-2026 22:00 12 ICANS not known") and "ice_score (too old)" in line
        for line in lines
    )
    assert (
        "CRS episode 1: from 09-Mar-2026 06:00 (day 7) to 12-Mar-2026 10:00 (day 10), "
        "peak grade 3 at 10-Mar-2026 02:00 (day 8)" in lines
    )


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(2, 2, "2"), (2, 3, "2-3"), (3, 4, "at least 3"), (0, 4, "not known"), (0, 1, "0-1")],
)
def test_a_grade_is_told_in_short(low: int, high: int, words: str) -> None:
    assert in_short(Grade("crs", "astct-2019", low, high, ())) == words


def test_json_carries_the_same_and_names_facts_by_their_lines(
    record: Record, steps: dict[str, list[Step]]
) -> None:
    told = json.loads(json.dumps(as_json(record, steps)))
    crs = told["scales"]["crs"]
    assert told["treatment"] == {"product": "cilta-cel", "infused_at": "2026-03-02T09:30:00Z"}
    assert (crs["peak"], len(crs["episodes"])) == (3, 1)
    third = next(step for step in crs["steps"] if step["value"] == 3)
    pressor = next(why for why in third["because"] if "norepinephrine" in why["text"])
    (line,) = pressor["facts"]
    written = (PAGE.parents[2] / "docs/examples/course.csv").read_text().splitlines()
    number = int(line.removeprefix("line "))
    assert written[number - 1] == "2026-03-10T02:00:00+01:00,vasopressors,norepinephrine,,"


def test_a_record_without_an_infusion_has_no_days(policy: Policy) -> None:
    text = "effective_at,kind,value,unit\n2026-03-05T08:00:00Z,body_temperature,38.6,Cel\n"
    record = parse(text, "r.csv")
    steps = graded(record, policy)
    assert steps["crs"][0].grade.low == 1
    lines = table(record, steps, 120).splitlines()
    assert lines[0] == "r: 1 facts, no infusion"
    assert "05-Mar-2026 08:00       CRS" in lines[4]
    assert as_json(record, steps)["scales"]["crs"]["steps"][0]["day"] is None


def test_facts_before_the_infusion_are_not_graded(policy: Policy) -> None:
    text = "effective_at,kind,value,unit\n2026-03-05T08:00:00Z,body_temperature,38.6,Cel\n"
    text += "2026-03-05T10:00:00Z,infusion,ide-cel,\n"
    record = parse(text, "r.csv")
    assert "No grade: there is no fact after the infusion." in table(
        record, graded(record, policy), 100
    )


def test_what_is_kept_aside_is_told(policy: Policy) -> None:
    text = "effective_at,kind,value,unit\n2026-03-05T08:00:00Z,body_temperature,38.6,Cel\n"
    text += "2026-03-05T09:00:00Z,body_temperature,49.3,Cel\n"
    record = parse(text, "r.csv")
    told = table(record, graded(record, policy), 100)
    assert "Not graded: line 3, body_temperature: 49.3 Cel is outside 25 to 45 Cel" in told
    assert as_json(record, graded(record, policy))["not_graded"][0]["line"] == 3


def test_grading_ends_with_the_last_fact(record: Record, steps: dict[str, list[Step]]) -> None:
    last = record.facts[-1].effective_at
    assert all(step.at <= last for taken in steps.values() for step in taken)
    assert last - record.facts[0].effective_at > timedelta(days=13)
