"""The form of [[published]]: what was counted, in whom, and the arithmetic that must hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import product as made
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import Choice, Many, Number, Table, Text, Whole, names, says
from toxmon.protocol.form import CitedForm, Form, Found, faults_of

EVENT = says("what happened; one of the events listed below", 'event = "crs"')
NOTE = says("what else a reader should know", 'note = "Ranges are extremes."', needed=False)
INDICATIONS = (
    "for these indications only, by their `short` names; left out, for all",
    'indications = ["MCL"]',
)


def pair(what: str, write: str, low: int | None = 0) -> Many:
    """A low and a high number; the high one is not below the low one."""
    number = Number(low, metadata={"write": write})
    return Many(number, at_least=2, **says(what, write, needed=False))


def in_order(numbers: Any) -> bool:
    """Are these two numbers, low before high? What could not be read is told elsewhere."""
    if not isinstance(numbers, tuple):
        return True
    return len(numbers) == 2 and numbers[0] <= numbers[1]


class RateForm(Form):
    """A share of patients, as printed, as counted, or both; or the little that a source prints."""

    makes = made.Rate
    percent = Number(0, 100, **says("the share, as printed", "percent = 85", needed=False))
    count = Whole(0, **says("the number of patients", "count = 108", needed=False))
    percent_below = Number(
        0,
        100,
        **says("where a source prints only that it is less", "percent_below = 3", needed=False),
    )
    percent_range = pair("where a source prints a range of shares", "percent_range = [53, 56]")

    @validates_schema(skip_on_field_errors=False)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        known = {key for key in SHARE_KEYS if data.get(key, 0) is not None}
        faults = []
        if not known:
            faults.append((("percent",), Words("no share is given", "percent = 85")))
        for key in sorted(known & {"percent_below", "percent_range"} if len(known) > 1 else ()):
            words = Words(f"a share has {key} and other keys", f"{key} alone")
            faults.append(((key,), words))
        share = data.get("percent_range")
        if not in_order(share) or (isinstance(share, tuple) and share[-1] > 100):
            words = Words("it is not a low and a high percentage", "percent_range = [53, 56]")
            faults.append((("percent_range",), words))
        faults_of(faults)


class TimesForm(Form):
    """A length of time over patients; at least one number."""

    makes = made.Times
    median = Number(**says("the median", "median = 7", needed=False))
    range = pair("the extremes, lowest and highest", "range = [1, 23]")
    iqr = pair("the quartiles, lower and upper", "iqr = [5, 8]")
    unit = Choice(made.DAYS_IN, **says("the unit of time", 'unit = "d"'))

    @validates_schema(skip_on_field_errors=False)
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        median = data.get("median")
        found: Found = []
        for name in ("range", "iqr"):
            numbers = data.get(name)
            if not in_order(numbers):
                found.append(
                    ((name,), Words("it is not a low and a high number", f"{name} = [1, 23]"))
                )
            elif (
                isinstance(numbers, tuple)
                and median is not None
                and not numbers[0] <= median <= numbers[1]
            ):
                words = Words(
                    f"the median {median} is outside of {numbers[0]} to {numbers[1]}",
                    "the numbers as the source prints them",
                )
                found.append((("median",), words))
        if all(data.get(key, 0) is None for key in ("median", "range", "iqr")):
            found.append((("median",), Words("no number is given", "median = 7")))
        faults_of(found)


class OnsetForm(TimesForm):
    """A length of time from the figure's clock; below zero only before the end of an infusion."""

    range = pair("the extremes, lowest and highest", "range = [1, 23]", low=None)


RATE = "rate = { percent = 85, count = 108 }"
TIMES = 'onset = { median = 1, range = [1, 23], unit = "d" }'
SHARE_KEYS = ("percent", "count", "percent_below", "percent_range")
SHARES = ("rate", "grade_1", "grade_2", "grade_3_or_more", "grade_3", "grade_4", "grade_5")
ENDS = "end of the most recent dose"


class PublishedForm(CitedForm):
    """Figures of one event in one population from one source: to be read, never a window."""

    makes = made.Published
    event = Choice(EVENTS, **EVENT)
    population = Text(**says("who was counted", 'population = "KarMMa"'))
    indications = names(*INDICATIONS)
    dose = Text(
        **says(
            "the dose after which it was counted, where the shares are of one dose only",
            'dose = "step-up dose 2"',
            needed=False,
        )
    )
    dose_number = Whole(
        1, **says("the number of that dose, the first one is 1", "dose_number = 2", needed=False)
    )
    n = Whole(1, **says("how many patients were treated", "n = 127", needed=False))
    definition = Text(
        **says(
            "what was counted, where the event's name does not say it",
            'definition = "grade 3-4, not resolved by month 1"',
            needed=False,
        )
    )
    graded_by = Text(**says("the scale that graded it", 'graded_by = "Lee 2014"', needed=False))
    rate = Table(RateForm, **says("patients with the event", RATE, needed=False))
    grade_1 = Table(
        RateForm,
        **says("patients with grade 1 at most", "grade_1 = { percent = 50 }", needed=False),
    )
    grade_2 = Table(
        RateForm,
        **says("patients with grade 2 at most", "grade_2 = { percent = 21 }", needed=False),
    )
    grade_3_or_more = Table(
        RateForm,
        **says("patients with grade 3 or more", "grade_3_or_more = { percent = 9 }", needed=False),
    )
    grade_3 = Table(
        RateForm, **says("patients with grade 3", "grade_3 = { percent = 4 }", needed=False)
    )
    grade_4 = Table(
        RateForm, **says("patients with grade 4", "grade_4 = { percent = 1 }", needed=False)
    )
    grade_5 = Table(
        RateForm, **says("patients who died of it", "grade_5 = { count = 1 }", needed=False)
    )
    clock = Choice(
        made.CLOCKS,
        **says(
            "what onset is counted from, where it is not the product's own clock; see below",
            'clock = "most recent dose"',
            needed=False,
        ),
    )
    onset = Table(
        OnsetForm,
        **says(
            "from the clock's origin to the event, in patients with the event", TIMES, needed=False
        ),
    )
    duration = Table(
        TimesForm,
        **says(
            "how long it lasted, in patients with the event",
            'duration = { median = 7, range = [1, 63], unit = "d" }',
            needed=False,
        ),
    )
    duration_of = Text(
        **says("whose duration that is", 'duration_of = "33 resolved cases"', needed=False)
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """A percentage must be the count of n, as rounded; a figure must hold a number."""
        found: Found = clock_faults(data)
        n = data.get("n")
        for name in SHARES:
            share = data.get(name)
            if not isinstance(share, made.Rate) or n is None or share.count is None:
                continue
            if share.count > n:
                found.append(
                    ((name, "count"), Words(f"{share.count} is more than n = {n}", f"count = {n}"))
                )
            elif share.percent is not None and not rounds_to(share.count, n, share.percent):
                exact = (Decimal(100 * share.count) / n).quantize(Decimal("0.01"))
                words = Words(
                    f"{share.count} of {n} is {exact} percent, not {share.percent}",
                    "the numbers as the source prints them, or leave one of them out",
                )
                found.append(((name, "percent"), words))
        parts = (*SHARES, "onset", "duration")
        if all(part in data and data[part] is None for part in parts):
            found.append((("rate",), Words("this figure holds no number", RATE)))
        faults_of(found)


def clock_faults(data: dict[str, Any]) -> Found:
    """Is the clock one that the onset can be counted from?"""
    found: Found = []
    clock, onset = data.get("clock"), data.get("onset")
    named = data.get("dose") is not None or data.get("dose_number") is not None
    if clock is not None and "onset" in data and onset is None:
        found.append((("clock",), Words("there is no onset that it counts", TIMES)))
    if clock == "this dose" and not named:
        words = Words("neither dose nor dose_number says which dose", "dose_number = 1")
        found.append((("clock",), words))
    early = isinstance(onset, made.Times) and onset.range is not None and onset.range[0] < 0
    if early and clock != ENDS:
        words = Words("an onset is below zero without that clock", f'clock = "{ENDS}"')
        found.append((("onset", "range"), words))
    return found


def rounds_to(count: int, n: int, percent: Decimal) -> bool:
    """Is `percent`, with the digits it was printed with, `count` of `n`?"""
    half = Decimal(1).scaleb(int(percent.as_tuple().exponent)) / 2
    return abs(Decimal(100 * count) / n - percent) <= half
