"""The form of [[threshold]], [[uninterpretable]], [[outpatient]] and [[obligation]]."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import validates_schema

from toxmon.grading.kinds import KINDS
from toxmon.grading.medications import ANTICYTOKINES, ANTIPYRETICS, GROUP_OF, GROUPS, STEROIDS
from toxmon.protocol import alarms as made
from toxmon.protocol.alarm_rules import (
    ABOVE,
    BELOW,
    COMPARISONS,
    NEEDS,
    PRIORITIES,
    RATE_SPAN,
)
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Day,
    Elapsed,
    Kind,
    LastDay,
    Many,
    Name,
    Number,
    Span,
    Text,
    Whole,
    YesNo,
    names,
    says,
)
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Found, faults_of
from toxmon.protocol.lines import in_words
from toxmon.protocol.plan_form import days_in_order

DRUGS = frozenset(
    {
        *("anticytokines", "antipyretics", "steroids"),
        *(*GROUPS, *GROUP_OF, *ANTICYTOKINES, *ANTIPYRETICS, *STEROIDS),
    }
)
"""What a ward gives, by name or by group."""
TARGETS = names("only for products whose target holds one of these", 'targets = ["BCMA"]')
CLASSES = names("only for products whose class holds one of these", 'classes = ["CAR T"]')


class ThresholdForm(CitedForm):
    """A bound on a charted value that somebody acts upon, in the unit of its kind.

    Either `value` with `<`, `<=`, `>` or `>=`, or `percent` and `within` with `rises` or `falls`,
    which means by at least so much. `policy` groups alternatives of one question; of those that
    would speak of the same product on the same day exactly one is in force.
    """

    makes = made.Threshold
    id = Name(**says("its name, which no other threshold has", 'id = "igg_lt_400_prophylactic"'))
    title = Text(**says("what it is called on a screen", 'title = "IgG below 400 mg/dL"'))
    kind = Kind(**says("the kind of observation", 'kind = "igg"'))
    comparison = Choice(COMPARISONS, **says("how it is compared", 'comparison = "<"'))
    value = Number(None, **says("the bound", "value = 400", needed=False))
    unit = Text(**says("its unit", 'unit = "mg/dL"', needed=False))
    percent = Number(**says("by how much it rises or falls", "percent = 100", needed=False))
    within = Span(**says("within how long", 'within = "24 h"', needed=False))
    clear = Number(
        None,
        **says(
            "where it is over again, on the way back; left out: as soon as it does not hold",
            "clear = 450",
            needed=False,
        ),
    )
    hold = Elapsed(
        metadata={
            "says": "how long it must have been over before the alarm is",
            "write": 'hold = "1 h"',
        },
        load_default=timedelta(),
    )
    priority = Choice(PRIORITIES, **says("the priority", 'priority = "low"'))
    policy = Name(**says("the question that alternatives answer", 'policy = "igg"', needed=False))
    in_force = YesNo(
        metadata={"says": "false: an alternative that is not used", "write": "in_force = false"},
        load_default=True,
    )
    targets = TARGETS
    classes = CLASSES
    needs = Many(
        Choice(NEEDS, metadata={"write": '"fever"'}),
        metadata={"says": "what must be there too, see below", "write": 'needs = ["fever"]'},
        load_default=(),
    )
    from_day = Day(
        **says("the first day on which it counts", 'from = "day 29"', needed=False, key="from")
    )
    until_day = LastDay(
        **says("the last day, inside", 'until = "day 30"', needed=False, key="until")
    )
    says = Text(**says("what is told", 'says = "Consider immunoglobulin."'))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """What a comparison needs and what it cannot have; the unit, the sides, the days."""
        comparison = data.get("comparison")
        found: Found = []
        if comparison in (*BELOW, *ABOVE):
            found += _bounded(data) + _sides(data)
        elif comparison is not None:
            found += _rated(data)
        days = {"first_day": data.get("from_day"), "last_day": data.get("until_day")}
        faults_of(found + _unit(data) + days_in_order(days))


def _missing(data: dict[str, Any], *keys: tuple[str, str]) -> Found:
    """The keys that the comparison needs; one that is there and cannot be read was told already."""
    return [
        ((key,), Words(f"{data['comparison']!r} needs it", example))
        for key, example in keys
        if key in data and data[key] is None
    ]


def _too_many(data: dict[str, Any], *keys: str) -> Found:
    return [
        ((key,), Words(f"{data['comparison']!r} does not go with it", f"leave out {key}"))
        for key in keys
        if data.get(key) is not None
    ]


def _bounded(data: dict[str, Any]) -> Found:
    kind = KINDS.get(data.get("kind") or "")
    unit = f'unit = "{kind.unit}"' if kind and kind.unit else 'unit = "mg/dL"'
    return _missing(data, ("value", "value = 400"), ("unit", unit)) + _too_many(
        data, "percent", "within"
    )


def _rated(data: dict[str, Any]) -> Found:
    found = _missing(data, ("percent", "percent = 100"), ("within", 'within = "24 h"'))
    found += _too_many(data, "value", "unit", "clear")
    within, percent = data.get("within"), data.get("percent")
    if within is not None and within > RATE_SPAN:
        words = Words(
            f"no reading is kept in mind for longer than {in_words(RATE_SPAN)}",
            f'within = "{in_words(RATE_SPAN)}", or less',
        )
        found.append((("within",), words))
    if percent == 0:
        found.append((("percent",), Words("a change of 0 percent is none", "percent = 100")))
    return found


def _sides(data: dict[str, Any]) -> Found:
    value, clear, comparison = data.get("value"), data.get("clear"), data["comparison"]
    if value is None or clear is None:
        return []
    if comparison in BELOW and clear < value:
        words = Words(
            f"{clear} is below {value}: it would be over while it still holds",
            f"clear = {value}, or more",
        )
    elif comparison in ABOVE and clear > value:
        words = Words(
            f"{clear} is above {value}: it would be over while it still holds",
            f"clear = {value}, or less",
        )
    else:
        return []
    return [(("clear",), words)]


def _unit(data: dict[str, Any]) -> Found:
    """A bound is compared with charted values, which are in the unit of their kind."""
    kind, unit = KINDS.get(data.get("kind") or ""), data.get("unit")
    if kind is None:
        return []
    if kind.form != "number":
        words = Words(f"{kind.name} is not charted as a number", 'kind = "igg"')
        return [(("kind",), words)]
    if unit is not None and unit != kind.unit:
        words = Words(f"{kind.name} is charted in {kind.unit}", f'unit = "{kind.unit}"')
        return [(("unit",), words)]
    return []


class UninterpretableForm(CitedForm):
    """Laboratory values that say nothing for a while after a drug, and why."""

    makes = made.Uninterpretable
    kinds = Many(
        Kind(metadata={"write": '"crp"'}), **says("the kinds of observation", 'kinds = ["crp"]')
    )
    after = Many(
        Choice(DRUGS, metadata={"write": '"tocilizumab"'}),
        **says("the drugs, or groups of drugs", 'after = ["tocilizumab"]'),
    )
    span = Span(**says("for how long after the last dose", 'span = "14 d"'))
    says = Text(**says("what is told beside the number", 'says = "Not interpretable."'))


class OutpatientForm(CitedForm):
    """How often a line of the chart is asked for once the patient is an out-patient.

    A line that is asked for more than once a day and is not named here is asked for once a day.
    """

    makes = made.Outpatient
    what = Text(**says("the line, as the product names it", 'what = "vital signs"'))
    every = Span(**says("how often", 'every = "12 h"'))
    grace = Span(**says("it is late when due, overdue after this", 'grace = "2 h"'))


class ObligationForm(CitedForm):
    """Something with a date that no observation meets: a vaccination, a visit, a talk."""

    makes = made.Obligation
    id = Name(**says("its name, which no other obligation has", 'id = "live_vaccines"'))
    title = Text(**says("what it is called on a screen", 'title = "Live vaccines"'))
    day = Day(**says("the day it falls due, or month", 'day = "day 28"', needed=False))
    month = Whole(1, 1200, **says("the month after the infusion", "month = 12", needed=False))
    every_months = Whole(
        1, 1200, **says("it comes again so often", "every_months = 12", needed=False)
    )
    targets = TARGETS
    classes = CLASSES
    unless = Text(**says("what holds it back", 'unless = "CD4 at or below 200 /uL"', needed=False))
    says = Text(**says("what is told", 'says = "From now on live vaccines are possible."'))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def dated(self, data: dict[str, Any], **_: Any) -> None:
        """Either a day or a month."""
        if "day" not in data or "month" not in data:
            return
        if (data["day"] is None) is (data["month"] is None):
            both = data["day"] is not None
            what = "both a day and a month are given" if both else "it has no date"
            faults_of([(("day",), Words(what, 'day = "day 28", or month = 6'))])
