"""What the last look has left makes no difference but in time, whatever happens between looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timeline import make
from tests.timeline.courses import INFUSED, VALUES, Course, courses
from tests.timeline.make import H, M
from toxmon.timeline import live, matters
from toxmon.timeline.known import Known
from toxmon.timeline.matter import Matter
from toxmon.timeline.memory import Memory
from toxmon.timeline.plan import Plan, plan
from toxmon.timeline.signs import NAMES, RESTS_ON, Bedside, changes_at, sign

PRODUCTS = ("cilta-cel", "teclistamab", "axi-cel", "obe-cel")
SPANS = (M, 40 * M, 5 * H, 13 * H, 24 * H, 60 * H, -2 * H)


@st.composite
def looks(draw: st.DrawFn) -> tuple[Course, list[tuple[Known, datetime, frozenset[str]]]]:
    """A course, and looks at it: each time other facts, acts and alarms, and some time later."""
    course = draw(courses(PRODUCTS))
    known, now = course.known, course.now
    keys = sorted(each.key for each in everything(course, known, now, frozenset()))
    found = []
    for number in range(draw(st.integers(1, 5))):
        now += draw(st.sampled_from(SPANS))
        kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3))
        facts = [
            make.fact(kind, now - draw(st.sampled_from((0 * M, 30 * M, 30 * H))),
                      draw(st.sampled_from(VALUES[kind])), f"new{number}-{place}")
            for place, kind in enumerate(kinds)
        ]  # fmt: skip
        known = replace(known, seen=known.seen.charted(facts))
        if kinds and draw(st.booleans()):
            level = make.level(draw(st.integers(0, 4)), now, facts=(facts[0].id,), episode=1)
            known = replace(known, levels={**known.levels, "crs": level})
        act = draw(st.sampled_from((None, None, "attributed", "given", "correction")))
        if act == "attributed":
            known = replace(known, attributed={"fever": now + 3 * H, "hypotension": None})
        elif act == "given":
            known = replace(known, given={"tocilizumab": make.dose(now - H, "tocilizumab")})
        elif act == "correction":
            readings = dict(known.seen.readings)
            for kind in kinds[:1]:
                readings.pop(kind)
            known = replace(known, seen=replace(known.seen, readings=readings))
        raised = frozenset(draw(st.lists(st.sampled_from(keys), max_size=5))) if keys else ()
        found.append((known, now, frozenset(raised)))
    return course, found


def planned(course: Course, known: Known, now: datetime, memory: Memory | None = None) -> Plan:
    treatment = make.treatment(INFUSED, course.zone)
    product = make.product(course.product)
    return plan(known, product, treatment, make.alarms(), now, memory=memory)


def everything(
    course: Course, known: Known, now: datetime, raised: frozenset[str]
) -> tuple[Matter, ...]:
    return matters.observe(
        known, planned(course, known, now), make.product(course.product),
        make.treatment(INFUSED, course.zone), make.policy(), make.alarms(), now, raised,
    )  # fmt: skip


@given(looks())
@settings(max_examples=300)
def test_a_look_with_a_memory_finds_what_a_fresh_look_finds(
    drawn: tuple[Course, list[tuple[Known, datetime, frozenset[str]]]],
) -> None:
    course, found = drawn
    memory = Memory()
    treatment = make.treatment(INFUSED, course.zone)
    for known, now, raised in found:
        due = planned(course, known, now, memory)
        assert due == planned(course, known, now)
        looked = live.Looked(
            known, make.product(course.product), treatment, make.policy(), make.alarms(), now,
            memory,
        )  # fmt: skip
        expected = [
            each
            for each in everything(course, known, now, raised)
            if each.level or each.key in raised
        ]
        assert list(looked.live(due, raised)) == expected
        foretold = matters.next_at(known, treatment, make.policy(), make.alarms(), now)
        assert looked.next_at() == foretold


class Spying(Bedside):
    """A bedside that notes the kinds that a rule reads."""

    __slots__ = ("read",)

    def fresh(self, kind: str):  # type: ignore[no-untyped-def]
        self.read.add(kind)
        return super().fresh(kind)


@pytest.mark.parametrize("name", NAMES)
@given(course=courses())
@settings(max_examples=40)
def test_a_sign_reads_no_other_kinds_than_it_says(name: str, course: Course) -> None:
    treatment = make.treatment(INFUSED, course.zone)
    spying = Spying(course.known, make.policy(), treatment, course.now)
    spying.read = set()
    found = sign(name, spying)
    assert spying.read <= set(RESTS_ON[name])
    assert {kind for kind, _ in found.readings} <= set(RESTS_ON[name])
    kept = {kind: course.known.seen.readings[kind] for kind in RESTS_ON[name]
            if kind in course.known.seen.readings}  # fmt: skip
    alone = replace(course.known, seen=replace(course.known.seen, readings=kept))
    assert sign(name, Bedside(alone, make.policy(), treatment, course.now)) == found


@given(course=courses(), later=st.floats(0, 1))
def test_a_sign_stands_until_it_was_foretold_to_change(course: Course, later: float) -> None:
    treatment = make.treatment(INFUSED, course.zone)
    first = Bedside(course.known, make.policy(), treatment, course.now)
    for name in NAMES:
        until = changes_at(name, first) or course.now + timedelta(days=400)
        at = course.now + (until - course.now - timedelta(microseconds=1)) * later
        second = Bedside(course.known, make.policy(), treatment, at)
        assert sign(name, second) == sign(name, first)
