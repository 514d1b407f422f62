"""The form of [[window]], [[watch]] and [[cadence]]: when an event is usual, what is charted."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import product as made
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    NO_END,
    Choice,
    Day,
    Kind,
    LastDay,
    Many,
    Span,
    Text,
    Whole,
    says,
)
from toxmon.protocol.figure_form import EVENT, NOTE
from toxmon.protocol.form import CitedForm, Found, faults_of


class WindowForm(CitedForm):
    """The days on which an event is usual for this product: policy made from a published figure.

    An event outside of it is told as unusual and never suppressed. One window for each event.
    """

    makes = made.Window
    event = Choice(EVENTS, **EVENT)
    course = Choice(
        ("early", "late"),
        **says("early (first weeks) or late (watched for longer)", 'course = "early"'),
    )
    first_day = Day(**says("the first day inside", 'from = "day 0"', key="from"))
    last_day = LastDay(
        **says(f'the last day inside, or "{NO_END}"', 'until = "day 14"', key="until")
    )
    basis = Text(
        **says(
            "the published figure that the window was made from",
            'basis = "No new CRS after day 14 in 129 patients."',
        )
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        faults_of(days_in_order(data))


def days_in_order(data: dict[str, Any]) -> Found:
    """The fault of a last day before the first one, if there is one."""
    first, last = data.get("first_day"), data.get("last_day")
    if first is None or last is None or first <= last:
        return []
    return [
        (("until",), Words(f"it ends before it begins, on day {first}", f'until = "day {first}"'))
    ]


class WatchForm(CitedForm):
    """A line of the observation chart: either `from`, `until` and `every`, or `on`."""

    makes = made.Watch
    what = Text(**says("what is to be charted", 'what = "vital signs"'))
    kinds = Many(
        Kind(metadata={"write": '"body_temperature"'}),
        **says(
            "the kinds of observation that meet it, all of them",
            'kinds = ["body_temperature", "systolic_bp"]',
        ),
    )
    or_kinds = Many(
        Many(Kind(metadata={"write": '"capd_score"'}), metadata={"write": '["capd_score"]'}),
        metadata={
            "says": "other sets that meet it as well, each complete in itself",
            "write": 'or_kinds = [["capd_score"]]',
        },
        load_default=(),
    )
    first_day = Day(**says("the first day", 'from = "day 0"', needed=False, key="from"))
    last_day = LastDay(
        **says(
            f'the last day, inside, or "{NO_END}"', 'until = "day 14"', needed=False, key="until"
        )
    )
    every = Span(**says("how often", 'every = "4 h"', needed=False))
    on = Many(
        Day(metadata={"write": '"day 30"'}),
        metadata={
            "says": "single days, in place of from, until and every",
            "write": 'on = ["day 30", "day 90"]',
        },
        load_default=(),
    )
    grace = Span(**says("it is late when due, overdue after this", 'grace = "30 min"'))
    note = Text(**NOTE)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def one_way(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        """Either from, until and every, or on."""
        given = original if isinstance(original, dict) else {}
        found = days_in_order(data)
        examples = {"from": '"day 0"', "until": '"day 14"', "every": '"4 h"'}
        if "on" in given:
            found += [
                ((key,), Words("`on` names the days already", f"leave out {key}, or leave out on"))
                for key in examples
                if key in given
            ]
        else:
            found += [
                ((key,), Words("it is missing", f'{key} = {example}, or on = ["day 30"]'))
                for key, example in examples.items()
                if key not in given
            ]
        faults_of(found)


class CadenceForm(CitedForm):
    """A line of the chart that is due more often while an event has one of these grades: policy."""

    makes = made.Cadence
    event = Choice(EVENTS, **EVENT)
    grades = Many(
        Whole(1, 5, metadata={"write": "1"}), **says("while it has these grades", "grades = [1, 2]")
    )
    what = Text(**says("what is to be charted", 'what = "vital signs"'))
    kinds = Many(
        Kind(metadata={"write": '"body_temperature"'}),
        **says(
            "the kinds of observation that meet it, all of them",
            'kinds = ["body_temperature", "systolic_bp"]',
        ),
    )
    or_kinds = Many(
        Many(Kind(metadata={"write": '"capd_score"'}), metadata={"write": '["capd_score"]'}),
        metadata={
            "says": "other sets that meet it as well, each complete in itself",
            "write": 'or_kinds = [["capd_score"]]',
        },
        load_default=(),
    )
    every = Span(**says("how often", 'every = "1 h"'))
    grace = Span(**says("it is late when due, overdue after this", 'grace = "15 min"'))
    note = Text(**NOTE)
