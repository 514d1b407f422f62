"""The form of [[schedule]], [[observation]], [[restart]] and [[dose_window]]: doses in a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import schedule as made
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Day,
    Elapsed,
    Many,
    Number,
    Span,
    Text,
    Whole,
    blocks,
    names,
    says,
)
from toxmon.protocol.figure_form import EVENT, INDICATIONS, NOTE
from toxmon.protocol.form import CitedForm, Form, Found, faults_of
from toxmon.protocol.label_form import REGION
from toxmon.protocol.product import CLOCKS

SCHEDULES = (
    "for these schedules only, by their names; left out, for all",
    'schedules = ["weekly"]',
)
DOSE = 'steps = [{ number = 1, label = "step-up dose 1", label_day = "day 1", dose = 5 }]'


def dose_numbers(what: str) -> Many:
    """Numbers of doses; () where none is named."""
    return Many(
        Whole(1, metadata={"write": "1"}),
        metadata={"says": what, "write": "doses = [1, 2]"},
        load_default=(),
    )


class StepForm(Form):
    """One dose of a schedule."""

    makes = made.Step
    number = Whole(
        1, **says("the number of the dose; the first one of the product is 1", "number = 1")
    )
    label = Text(**says("what the label calls it", 'label = "step-up dose 1"'))
    label_day = Text(
        **says("when, as the label counts; its first day is day 1", 'label_day = "cycle 1 day 8"')
    )
    day = Day(
        **says(
            "when, as toxmon counts: day 0 is the date of the first dose",
            'day = "day 7"',
            needed=False,
        )
    )
    dose = Number(**says("how much, in the unit of the schedule", "dose = 0.06"))
    infusion = Span(
        **says("how long it runs in, if not as the schedule says", 'infusion = "2 h"', needed=False)
    )


class ScheduleForm(CitedForm):
    """The doses by which the product is begun. One for each region and way of giving it."""

    makes = made.Schedule
    name = Text(**says("what this schedule is called", 'name = "weekly"'))
    region = Text(**REGION)
    indications = names(*INDICATIONS)
    period = Text(**says("when this holds, in words", 'period = "since 2025"', needed=False))
    route = Text(**says("how it is given", 'route = "subcutaneous"', needed=False))
    unit = Text(**says("the unit of every dose", 'unit = "mg"'))
    per = Choice(("kg", "m2"), **says("what every dose is counted by", 'per = "kg"', needed=False))
    weight_from_kg = Number(
        **says("for patients of this weight on", "weight_from_kg = 45", needed=False)
    )
    weight_below_kg = Number(
        **says("for patients below this", "weight_below_kg = 45", needed=False)
    )
    infusion = Span(**says("how long each dose runs in", 'infusion = "4 h"', needed=False))
    steps = blocks(StepForm, "each dose, in order", DOSE, needed=True)
    then = Text(**says("what follows the last of them", 'then = "1.5 mg/kg weekly"', needed=False))
    next_after = Many(
        Span(metadata={"write": '"2 d"'}),
        at_least=2,
        metadata={
            "says": "how far apart the steps lie, the least and the most",
            "write": 'next_after = ["2 d", "4 d"]',
        },
        load_default=(),
    )
    next_at_most = Span(
        **says("how far a step may be put off, at the most", 'next_at_most = "7 d"', needed=False)
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        """Doses are numbered without a gap and never go back in time."""
        found: Found = []
        steps = [each for each in data.get("steps") or () if isinstance(each, made.Step)]
        if len(steps) == len(data.get("steps") or ()):
            for place, step in enumerate(steps):
                before = steps[place - 1] if place else None
                if before is not None and step.number != before.number + 1:
                    words = Words(
                        f"dose {step.number} follows dose {before.number}",
                        f"number = {before.number + 1}",
                    )
                    found.append((("steps", place, "number"), words))
                if (
                    before
                    and step.day is not None
                    and before.day is not None
                    and step.day < before.day
                ):
                    words = Words(f"it comes before the dose on day {before.day}", "days that rise")
                    found.append((("steps", place, "day"), words))
        apart = data.get("next_after")
        if isinstance(apart, tuple) and apart and (len(apart) != 2 or not _in_order(apart)):
            words = Words("it is not the least and the most", 'next_after = ["2 d", "4 d"]')
            found.append((("next_after",), words))
        low, high = data.get("weight_from_kg"), data.get("weight_below_kg")
        if low is not None and high is not None and low >= high:
            words = Words(
                f"no weight is from {low} and below {high}", "weight_from_kg < weight_below_kg"
            )
            found.append((("weight_below_kg",), words))
        faults_of(found)


def _in_order(spans: tuple[Any, ...]) -> bool:
    return not all(isinstance(span, timedelta) for span in spans) or spans[0] <= spans[1]


class ObservationForm(CitedForm):
    """How long a patient is observed after a dose, and where."""

    makes = made.Observation
    region = Text(**REGION)
    indications = names(*INDICATIONS)
    schedules = names(*SCHEDULES)
    doses = dose_numbers("after the doses of these numbers; left out, as `when` says")
    when = Text(
        **says("after which doses, in words", 'when = "every dose of the step-up schedule"')
    )
    span = Span(**says("for how long", 'span = "48 h"'))
    where = Text(**says("where", 'where = "in hospital"'))
    note = Text(**NOTE)


class RestartRuleForm(Form):
    """What to give when so many days lie since a dose."""

    makes = made.RestartRule
    last = Text(**says("the last dose that was given", 'last = "step-up dose 2"'))
    from_day = Whole(0, **says("from so many days since it, inside", "from_day = 8"))
    until_day = Whole(
        0, **says("to so many, inside; left out, without end", "until_day = 28", needed=False)
    )
    step = Whole(
        1,
        **says(
            "the number of the step to give; left out, the schedule goes on",
            "step = 2",
            needed=False,
        ),
    )
    action = Text(**says("what that is, in words", 'action = "repeat"'))


class RestartForm(CitedForm):
    """How the schedule is taken up again after a delay."""

    makes = made.Restart
    region = Text(**REGION)
    schedules = names(*SCHEDULES)
    rules = blocks(
        RestartRuleForm,
        "a rule for one last dose and a span of days",
        'rules = [{ last = "step-up dose 1", from_day = 8, step = 1, action = "restart" }]',
        needed=True,
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def one_answer(self, data: dict[str, Any], **_: Any) -> None:
        """A span ends after it begins, and no day since a dose has two answers."""
        found: Found = []
        before: list[made.RestartRule] = []
        for place, rule in enumerate(data.get("rules") or ()):
            if not isinstance(rule, made.RestartRule):
                continue
            if rule.until_day is not None and rule.until_day < rule.from_day:
                words = Words(f"it ends before day {rule.from_day}", f"until_day = {rule.from_day}")
                found.append((("rules", place, "until_day"), words))
            for other in before:
                if other.last == rule.last and (
                    other.holds(rule.from_day) or rule.holds(other.from_day)
                ):
                    words = Words(
                        f"another rule for {rule.last} speaks for some of these days too",
                        "one rule for each day",
                    )
                    found.append((("rules", place, "from_day"), words))
                    break
            before.append(rule)
        faults_of(found)


class DoseWindowForm(CitedForm):
    """The time after a dose in which an event is usual: policy made from a published figure.

    Beside a [[window]], which is in days. An event outside of it is told and never suppressed.
    """

    makes = made.DoseWindow
    event = Choice(EVENTS, **EVENT)
    clock = Choice(
        [each for each in CLOCKS if each.endswith("dose") and each != "this dose"],
        **says("which moment the time is counted from", 'clock = "most recent dose"'),
    )
    doses = dose_numbers("after the doses of these numbers; left out, after any dose")
    first = Elapsed(**says("from so long after the dose, inside", 'from = "0 h"', key="from"))
    last = Span(**says("to so long after it, inside", 'until = "6 d"', key="until"))
    basis = Text(
        **says(
            "the published figure that the window was made from",
            'basis = "Median 2 days (1 to 6) after the most recent dose."',
        )
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("first"), data.get("last")
        if first is not None and last is not None and first >= last:
            faults_of([(("until",), Words("it ends before it begins", 'until = "6 d"'))])
