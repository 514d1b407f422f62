"""The form of [[steroid_watch]]: what is watched because systemic steroids were given."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import alarms as made
from toxmon.protocol.alarm_rules import STEROID_RULES
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import Choice, Elapsed, Span, Text, Whole, says
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, faults_of

MOST_DAYS = 30
"""Days of steroids that a watch keeps in mind (toxmon.dosing.steroids.KEPT_DAYS)."""


class SteroidWatchForm(CitedForm):
    """What is watched while systemic steroids are given, and for a while after the last dose.

    Its rule says which numbers it needs: `every` and `grace` for glucose; `days` and `gap_days` for
    what counts days, `stopped_after` and `improved_for` besides for the taper.
    """

    makes = made.SteroidWatch
    rule = Choice(STEROID_RULES, **says("the rule, see below", 'rule = "steroid:fungal"'))
    title = Text(**says("what it is called on a screen", 'title = "Steroids: mold?"'))
    within = Span(**says("it counts for so long after the last dose", 'within = "24 h"'))
    every = Span(**says("how often glucose is asked for", 'every = "6 h"', needed=False))
    grace = Elapsed(
        **says("it is late when due, overdue after this", 'grace = "1 h"', needed=False)
    )
    days = Whole(
        1, MOST_DAYS, **says("on so many days with a dose, or more", "days = 4", needed=False)
    )
    gap_days = Whole(
        0,
        7,
        **says("days in a row without a dose that do not end it", "gap_days = 1", needed=False),
    )
    stopped_after = Span(
        **says("without a dose for so long it was stopped", 'stopped_after = "36 h"', needed=False)
    )
    improved_for = Span(
        **says("CRS and ICANS of grade 1 at most for", 'improved_for = "24 h"', needed=False)
    )
    says = Text(**says("what is told", 'says = "Taper?"'))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """The numbers of its rule are all there, and no others."""
        needed = STEROID_RULES.get(data.get("rule") or "")
        if needed is None:
            return
        found = []
        for key in dict.fromkeys(key for keys in STEROID_RULES.values() for key in keys):
            # A key that is there and could not be read was told already, and is not in `data`.
            if key in needed and key in data and data[key] is None:
                write = self.fields[key].metadata["write"]
                found.append(((key,), Words(f"{data['rule']!r} needs it", write)))
            elif key not in needed and data.get(key) is not None:
                words = Words(f"{data['rule']!r} does not go with it", f"leave out {key}")
                found.append(((key,), words))
        stopped, within = data.get("stopped_after"), data.get("within")
        if stopped is not None and within is not None and within <= stopped:
            words = Words(
                "it would be over before anything is stopped", "longer than stopped_after"
            )
            found.append((("within",), words))
        faults_of(found)
