"""The form of a drug in a line of advice: as much of its dose as the source gives."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import guidance as made
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import Choice, Number, Span, Text, Whole, YesNo, says
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import Form, faults_of

PAIRS = (("amount", "amount_high"), ("every", "every_high"), ("days", "days_high"))
NEED_AN_AMOUNT = ("per_kg", "cap", "cap_day")


class AdvisedForm(Form):
    """A drug in a line of advice, with its dose where the source gives one."""

    makes = made.Advised
    drug = Text(**says("the drug, in lower case", 'drug = "dexamethasone"'))
    position = Choice(
        made.POSITIONS,
        **says("what is said of it, if not what the line says", 'position = "consider"',
               needed=False),
    )  # fmt: skip
    amount = Number(**says("how much in one dose, at the least", "amount = 10", needed=False))
    amount_high = Number(
        **says("how much at the most, where the source gives a range", "amount_high = 20",
               needed=False)
    )  # fmt: skip
    unit = Choice(
        ("mg", "ug"),
        metadata={"says": "the unit of it; left out, mg", "write": 'unit = "ug"'},
        load_default="mg",
    )
    per_kg = YesNo(
        metadata={"says": "is it for each kg of body weight", "write": "per_kg = true"},
        load_default=False,
    )
    cap = Number(**says("the most in one dose, in that unit", "cap = 800", needed=False))
    cap_day = Number(**says("the most in a day, in that unit", "cap_day = 400", needed=False))
    every = Span(**says("how far apart, at the least", 'every = "6 h"', needed=False))
    every_high = Span(**says("how far apart, at the most", 'every_high = "12 h"', needed=False))
    times = Whole(1, **says("how many doses in all", "times = 1", needed=False))
    days = Whole(1, **says("for how many days, at the least", "days = 3", needed=False))
    days_high = Whole(1, **says("for how many days, at the most", "days_high = 5", needed=False))
    route = Text(**says("how it is given", 'route = "IV"', needed=False))
    course = Choice(
        made.COURSES,
        metadata={
            "says": "how it stands to the dose before it; left out, or",
            "write": 'course = "then"',
        },
        load_default="or",
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """A high end has a low one below it, and a bound on an amount has an amount."""
        found = []
        for low, high in PAIRS:
            if data.get(high) is None:
                continue
            if data.get(low) is None:
                found.append(((high,), Words(f"there is no {low}", f"{low} as well")))
            elif data[high] <= data[low]:
                found.append(((high,), Words(f"is not above {low}", f"a {high} above it")))
        if data.get("amount") is None:
            found += [
                ((key,), Words("there is no amount", "amount as well"))
                for key in NEED_AN_AMOUNT
                if data.get(key)
            ]
        faults_of(found)
