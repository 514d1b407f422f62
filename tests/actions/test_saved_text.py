"""The text of what is known is the same whether its parts were at hand or not."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline import make
from tests.timeline.courses import VALUES, Course, courses
from toxmon.actions import knowing
from toxmon.timeline.known import Known
from toxmon.timeline.plain import dump_known


def plainly(known: Known) -> str:
    return orjson.dumps(dump_known(known)).decode()


@given(course=courses(), kinds=st.lists(st.sampled_from(sorted(VALUES)), max_size=4))
def test_what_was_at_hand_makes_no_difference(course: Course, kinds: list[str]) -> None:
    before = course.known
    text = knowing.dump(before)
    assert text == plainly(before)
    facts = [
        make.fact(kind, course.now, VALUES[kind][0], f"new{place}")
        for place, kind in enumerate(kinds)
    ]
    after = Known(
        seen=before.seen.charted(facts),
        levels={**before.levels, "crs": make.level(2, course.now, episode=2)},
        doses=before.doses,
        given={"tocilizumab": make.dose(course.now, "tocilizumab")} if kinds else before.given,
        pauses=before.pauses,
        stays=before.stays,
        died_at=before.died_at,
    )
    second = knowing.dump(after, text)
    assert second == plainly(after)
    assert knowing.load(second) == after
    # Two kinds fewer, as after a correction, and what it follows is not at hand any more.
    fewer = Known(levels=after.levels, doses=after.doses)
    assert knowing.dump(fewer, second) == plainly(fewer)
    assert knowing.dump(after, second) == plainly(after)
