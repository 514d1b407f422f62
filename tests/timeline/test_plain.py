"""What is known goes to plain data and back without loss, and an older form is made again."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given

from tests.timeline import make
from tests.timeline.courses import INFUSED, Course, courses
from toxmon.timeline.known import Known
from toxmon.timeline.obligations import obligations
from toxmon.timeline.plain import (
    OldForm,
    dump_known,
    load_known,
    told_due,
    told_plan,
    told_window,
)
from toxmon.timeline.plan import plan
from toxmon.timeline.windows import windows


@given(course=courses())
def test_nothing_is_lost(course: Course) -> None:
    text = orjson.dumps(dump_known(course.known))
    assert load_known(orjson.loads(text)) == course.known
    # The same knowledge is the same text.
    assert orjson.dumps(dump_known(load_known(orjson.loads(text)))) == text


def test_every_field_travels() -> None:
    at = INFUSED
    known = Known(
        levels={"iec_hs": make.level(1, at, 4, suspected=True, onset_at=at, facts=("a",),
                                     text="because", earlier=((at, 0),))},
        given={"tocilizumab": make.dose(at, "tocilizumab")},
        attributed={"fever": at, "hypoxia": None},
    )  # fmt: skip
    assert load_known(orjson.loads(orjson.dumps(dump_known(known)))) == known


@pytest.mark.parametrize(
    "plain", [None, [], [0], [None], {}, [1, {}, {}, [], {}, {}, [], [], None]]
)
def test_another_form_is_made_again(plain: object) -> None:
    with pytest.raises(OldForm):
        load_known(plain)


@given(course=courses())
def test_what_the_api_tells_is_json(course: Course) -> None:
    treatment = make.treatment(INFUSED, course.zone)
    product, alarms = make.product(course.product), make.alarms()
    found = plan(course.known, product, treatment, alarms, course.now)
    told = orjson.loads(orjson.dumps(told_plan(found)))
    assert [each["what"] for each in told["checks"]] == [each.what for each in found.checks]
    for window in windows(product, treatment, course.known.doses, course.now):
        assert orjson.loads(orjson.dumps(told_window(window)))["state"] == window.state
    for due in obligations(course.known, product, treatment, alarms, course.now):
        assert orjson.loads(orjson.dumps(told_due(due)))["on"] == due.on.isoformat()
