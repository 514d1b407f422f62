"""What is told, how urgently, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timeline import make
from tests.timeline.courses import INFUSED, Course, courses
from tests.timeline.make import D, H, M
from toxmon.timeline.known import Known, followed
from toxmon.timeline.matter import PRIORITIES, Matter
from toxmon.timeline.matters import next_at, observe
from toxmon.timeline.plan import plan
from toxmon.timeline.seen import Seen

TREATMENT = make.treatment(INFUSED, "Europe/Berlin")


def matters(
    known: Known,
    now: datetime,
    name: str = "cilta-cel",
    raised: frozenset[str] = frozenset(),
    older: bool = False,
) -> dict[str, Matter]:
    product, alarms = make.product(name), make.alarms()
    due = plan(known, product, TREATMENT, alarms, now, older=older)
    found = observe(known, due, product, TREATMENT, make.policy(), alarms, now, raised, older=older)
    assert len({each.key for each in found}) == len(found)
    return {each.key: each for each in found}


def crs(*grades: tuple[int, datetime], high: int | None = None, episode: int = 1) -> Known:
    level = None
    for low, at in grades:
        level = followed(level, make.level(low, at, high, episode=episode))
    assert level is not None
    return Known(levels={"crs": level})


def test_the_level_of_a_syndrome_is_the_grade_that_is_certain() -> None:
    now = INFUSED + 5 * D
    assert matters(crs((3, now)), now)["crs#1"].level == 3
    assert matters(crs((1, now), high=4), now)["crs#1"].level == 1
    assert matters(crs((0, now), high=4), now)["crs#1"].level is None
    assert matters(crs((0, now)), now)["crs#1"].level == 0


def test_inside_its_window_it_is_more_urgent_and_outside_never_less() -> None:
    inside = matters(crs((1, INFUSED + 5 * D)), INFUSED + 5 * D)["crs#1"]
    before = matters(crs((1, INFUSED + 2 * D)), INFUSED + 2 * D)["crs#1"]
    after = matters(crs((3, INFUSED + 20 * D)), INFUSED + 20 * D)["crs#1"]
    assert (inside.priority, before.priority, after.priority) == ("high", "medium", "high")
    assert inside.window == "inside the usual window (day 4 to 14)"
    assert before.window is not None
    assert before.window.startswith(
        "outside the usual window (day 4 to 14): look for another cause: infection and sepsis"
    )
    assert "day 5" in inside.says


def test_a_rise_of_two_grades_in_six_hours_is_high_whatever_they_are() -> None:
    at = INFUSED + 40 * D
    slow = crs((0, at - 10 * H), (1, at - 7 * H), (2, at))
    known = Known(levels={"icaht_late": make.level(2, at)})
    assert matters(known, at)["icaht_late"].priority == "low"
    assert slow.levels["crs"].rose_by == 1
    steps = [(0, at - 10 * H), (1, at - 2 * H), (2, at)]
    fast = None
    for low, since in steps:
        fast = followed(fast, make.level(low, since))
    assert fast is not None
    told = matters(Known(levels={"icaht_late": fast}), at)["icaht_late"]
    assert told.priority == "high"
    assert "Up by 2 grades within 6 h" in told.says


def test_iec_hs_is_told_when_it_is_suspected() -> None:
    at = INFUSED + 9 * D
    suspected = make.level(0, at, 4, suspected=True)
    told = matters(Known(levels={"iec_hs": suspected}), at)["iec_hs"]
    assert (told.level, told.priority, told.title) == (1, "high", "IEC-HS suspected")
    assert matters(Known(levels={"iec_hs": make.level(0, at, 4)}), at)["iec_hs"].level is None


def test_an_episode_that_another_one_follows_is_over() -> None:
    at = INFUSED + 9 * D
    up = frozenset({"crs#1"})
    second = crs((1, at), episode=2)
    assert matters(second, at, raised=up)["crs#1"].level == 0
    assert matters(second, at, raised=up)["crs#2"].level == 1
    closed = Known(levels={"crs": make.level(0, at)})
    assert matters(closed, at, raised=up)["crs#1"].level == 0
    unknown = Known(levels={"crs": make.level(0, at, 4)})
    assert matters(unknown, at, raised=up)["crs#1"].level is None
    assert "crs#1" not in matters(unknown, at)


@pytest.mark.hazard("H41")
def test_one_alarm_for_a_line_that_was_missed_many_times() -> None:
    now = INFUSED + 12 * H + 31 * M
    told = matters(Known(), now)["check:vital signs"]
    assert (told.level, told.priority) == (2, "high")
    # Infused at 12:20 in Berlin.
    assert told.says.startswith("Vital signs: missed 16:20, 20:20, 00:20.")
    assert "Never complete so far." in told.says
    assert matters(Known(), INFUSED + 4 * H + 30 * M)["check:vital signs"].level == 1
    assert matters(Known(), INFUSED + 4 * H + 29 * M)["check:vital signs"].level == 0


def test_lines_of_whole_days_have_their_own_priority() -> None:
    now = INFUSED + 43 * D
    told = matters(Known(), now)["check:IgG"]
    assert (told.level, told.rule, told.priority) == (1, "check:days", "low")


def test_a_partial_set_says_what_is_missing() -> None:
    measured = make.charted("wbc anc alc hemoglobin", INFUSED + 1 * D)
    told = matters(Known(seen=measured), INFUSED + D + 8 * H)["check:blood count"]
    assert told.level
    assert "Still missing: platelets." in told.says


@pytest.mark.hazard("H10")
@pytest.mark.parametrize(
    ("kind", "on", "off"),
    [("vasopressors", ("norepinephrine",), ()), ("oxygen_device", "nasal_cannula", "room_air")],
)
def test_what_runs_and_nobody_confirms(kind: str, on: object, off: object) -> None:
    at = INFUSED + 4 * D
    running = Known(seen=make.seen(make.fact(kind, at, on)))  # type: ignore[arg-type]
    key = f"unconfirmed:{kind}"
    assert matters(running, at + 12 * H - M)[key].level == 0
    assert next_at(running, TREATMENT, make.policy(), make.alarms(), at) == at + 12 * H
    told = matters(running, at + 12 * H)[key]
    assert (told.level, told.priority) == (1, "medium")
    assert "nobody has confirmed or stopped it for 12 h" in told.says
    stopped = Known(seen=make.seen(make.fact(kind, at, off)))  # type: ignore[arg-type]
    assert matters(stopped, at + 20 * H)[key].level == 0


def test_a_syndrome_tells_of_its_signs_and_icans_never_hides_crs() -> None:
    now = INFUSED + 5 * D
    fever = make.seen(make.fact("body_temperature", now, Decimal("38.6")))
    alone = matters(Known(seen=fever), now)
    assert (alone["sign:fever"].level, alone["sign:fever"].priority) == (1, "high")
    assert "38.6 °C" in alone["sign:fever"].says
    both = replace(crs((1, now)), seen=fever)
    assert matters(both, now)["sign:fever"].level == 0
    # An alarm that is up stays, so that the syndrome inhibits it instead of ending it.
    assert matters(both, now, raised=frozenset({"sign:fever"}))["sign:fever"].level == 1
    accounted = matters(both, now)["crs#1"].accounts_for
    assert set(accounted) == {"sign:fever", "sign:hypotension", "sign:hypoxia"}
    icans = Known(levels={"icans": make.level(3, now, episode=1)})
    assert not any(key.startswith("crs") for key in matters(icans, now)["icans#1"].accounts_for)


def test_fever_without_neutrophils_is_sepsis_beside_crs() -> None:
    now = INFUSED + 5 * D
    seen = make.seen(
        make.fact("body_temperature", now, Decimal("38.0")), make.fact("anc", now, Decimal(499))
    )
    # Also when the fever is put down to something else, and when CRS is told of.
    known = replace(crs((1, now)), seen=seen, attributed={"fever": None})
    told = matters(known, now)["threshold:neutropenic_fever"]
    assert (told.level, told.priority) == (1, "high")
    assert "Sepsis until shown otherwise" in told.says
    assert matters(known, now)["crs#1"].level == 1
    colder = make.fact("body_temperature", now, Decimal("37.9"))
    known = Known(seen=seen.charted([replace(colder, effective_at=now + M)]))
    assert matters(known, now + M)["threshold:neutropenic_fever"].level == 0


def test_an_older_treatment_tells_of_its_late_watch_only() -> None:
    now = INFUSED + 200 * D
    known = Known(
        seen=make.charted("igg anc body_temperature", now),
        levels={"crs": make.level(2, now, episode=1), "second_malignancy": make.level(1, now)},
    )
    told = matters(known, now, older=True)
    assert told["second_malignancy"].level == 1
    assert "threshold:igg_lt_400_prophylactic" in told
    assert not [key for key in told if key.startswith(("crs", "sign:", "unconfirmed:"))]
    assert "threshold:neutropenic_fever" not in told


def test_after_death_nothing_is_told() -> None:
    known = replace(crs((4, INFUSED + D)), died_at=INFUSED + 2 * D)
    assert matters(known, INFUSED + 2 * D - M)
    assert matters(known, INFUSED + 2 * D) == {}
    assert next_at(known, TREATMENT, make.policy(), make.alarms(), INFUSED + 3 * D) is None


@given(course=courses(("cilta-cel", "teclistamab", "axi-cel", "obe-cel")), up=st.booleans())
@settings(max_examples=100)
def test_every_matter_can_be_told(course: Course, up: bool) -> None:
    first = matters(course.known, course.now, course.product)
    raised = frozenset(first) if up else frozenset()
    for each in matters(course.known, course.now, course.product, raised).values():
        assert each.priority in PRIORITIES
        assert each.says
        assert each.title
        assert each.source
        assert each.level is None or each.level >= 0
        if not up:
            assert each.level == first[each.key].level


@given(course=courses(("cilta-cel",)), elapsed=st.integers(1, 40_000))
@settings(max_examples=100)
def test_time_alone_raises_nothing_that_was_not_foretold(course: Course, elapsed: int) -> None:
    alarms, product = make.alarms(), make.product(course.product)
    due = plan(course.known, product, TREATMENT, alarms, course.now)
    wakes = [
        due.next_at,
        next_at(course.known, TREATMENT, make.policy(), alarms, course.now),
    ]
    first = min((at for at in wakes if at is not None), default=course.now + 30 * D)
    later = min(course.now + elapsed * M, first - timedelta(microseconds=1))
    before = matters(course.known, course.now, course.product)
    after = matters(course.known, later, course.product)
    for key, each in after.items():
        if each.level:
            assert before[key].level == each.level, key


def test_a_reading_that_grows_old_becomes_unknown_and_never_none() -> None:
    at = INFUSED + 5 * D
    seen = Seen().charted([make.fact("body_temperature", at, Decimal("39.0"))])
    assert matters(Known(seen=seen), at + 6 * H)["sign:fever"].level is None
