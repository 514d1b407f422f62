"""The form of [[chain]] and [[spans]]: who is called and when, and how long silence may last.

A chain that calls nobody, or that would never carry an alarm of high priority further, is refused
before anybody relies on it.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import alarms as made
from toxmon.protocol.alarm_rules import ABOUT, LATEST_STEP, LONGEST_SILENCE, PRIORITIES, ROLES
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import Choice, Elapsed, Many, Span, Text, Whole, blocks, refused, says
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Form, Found, faults_of
from toxmon.protocol.lines import in_words

STEPS = 'steps = [{ after = "0 min", roles = ["bedside_nurse"] }]'
NOW = timedelta()


class ChainStepForm(Form):
    """Whom to call so long after the alarm began to sound."""

    makes = made.ChainStep
    after = Elapsed(**says("how long after it began to sound", 'after = "3 min"'))
    roles = Many(
        Choice(ROLES, metadata={"write": '"charge_nurse"'}),
        at_least=0,
        **says("the roles that are called, see below", 'roles = ["charge_nurse"]'),
    )

    @validates_schema(skip_on_field_errors=False)
    def calls(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("roles") == ():
            words = Words("this step calls nobody", 'roles = ["charge_nurse"]')
            faults_of([(("roles",), words)])


class ChainForm(CitedForm):
    """Who is called for alarms of one priority in one unit, then who; the last step repeats.

    The chain of a unit stands in place of that of any unit (`*`). One of high priority begins at
    once, reaches a second role within the hour, and repeats at least every hour.
    """

    makes = made.Chain
    unit = Text(**says("the unit, or * for any that has no chain of its own", 'unit = "*"'))
    priority = Choice(PRIORITIES, **says("the priority", 'priority = "high"'))
    about = Choice(
        ABOUT,
        metadata={"says": "patients or technical; see below", "write": 'about = "technical"'},
        load_default="patients",
    )
    steps = Many(
        blocks(ChainStepForm, "the steps, in order", STEPS).inner,
        at_least=0,
        **says("the steps, in order", STEPS),
    )
    repeat = Elapsed(**says("how often the last step is repeated", 'repeat = "5 min"'))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def reaches_somebody(self, data: dict[str, Any], **_: Any) -> None:
        faults_of(_calls_nobody(data) + _out_of_order(data) + _never_escalates(data))


def _calls_nobody(data: dict[str, Any]) -> Found:
    found: Found = []
    if data.get("steps") == ():
        found.append((("steps",), Words("this chain calls nobody", STEPS)))
    if data.get("repeat") == NOW:
        words = Words("after the last step nobody would be called again", 'repeat = "5 min"')
        found.append((("repeat",), words))
    return found


def _steps(data: dict[str, Any]) -> list[made.ChainStep]:
    """The steps, if all of them could be read."""
    steps = data.get("steps") or ()
    return list(steps) if all(isinstance(each, made.ChainStep) for each in steps) else []


def _out_of_order(data: dict[str, Any]) -> Found:
    steps = _steps(data)
    return [
        (
            ("steps", number, "after"),
            Words(
                f"{in_words(step.after)} is not after the step before, {in_words(before.after)}",
                "the steps in order of time",
            ),
        )
        for number, (before, step) in enumerate(pairwise(steps), start=1)
        if step.after <= before.after
    ]


def _never_escalates(data: dict[str, Any]) -> Found:
    """The faults of a chain of high priority that would leave a patient unattended."""
    steps, repeat = _steps(data), data.get("repeat")
    if data.get("priority") != "high" or not steps:
        return []
    found: Found = []
    if steps[0].after > NOW:
        words = Words(
            f"an alarm of high priority would be told to nobody for {in_words(steps[0].after)}",
            'after = "0 min"',
        )
        found.append((("steps", 0, "after"), words))
    called = {role for step in steps for role in step.roles}
    if len(called) == 1:
        words = Words(
            f"HIGH would never escalate: nobody but {called.pop()} is ever called",
            "a further step with another role",
        )
        found.append((("steps",), words))
    latest = f'after = "{in_words(LATEST_STEP)}", or earlier'
    found += [
        (
            ("steps", number, "after"),
            Words(f"{in_words(step.after)} is too late for an alarm of high priority", latest),
        )
        for number, step in enumerate(steps)
        if step.after > LATEST_STEP
    ]
    if repeat is not None and repeat > LATEST_STEP:
        words = Words(
            f"an alarm of high priority would be silent for {in_words(repeat)} between two calls",
            'repeat = "5 min"',
        )
        found.append((("repeat",), words))
    return found


class Silence(Span):
    """A span for which an alarm may be silent: it ends, and within a day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> timedelta:
        if value in ("no end", "unlimited", "forever"):
            raise refused("silence without an end is how alarms are lost", self.metadata["write"])
        span = super()._deserialize(value, attr, data, **more)
        if span > LONGEST_SILENCE:
            raise refused(
                f"{value} is longer than {in_words(LONGEST_SILENCE)}, the longest silence",
                self.metadata["write"],
            )
        return span


class SpansForm(CitedForm):
    """How long an alarm of one priority may be silent, and why it may be; one for each priority."""

    makes = made.Spans
    priority = Choice(PRIORITIES, **says("the priority", 'priority = "high"'))
    acknowledged = Silence(
        **says("how long an acknowledgement lasts that names no span", 'acknowledged = "15 min"')
    )
    acknowledged_most = Silence(
        **says("the longest that may be asked for", 'acknowledged_most = "30 min"')
    )
    documented = Silence(
        **says("how long it lasts once an assessment is documented", 'documented = "60 min"')
    )
    shelved_most = Silence(**says("how long it may be shelved", 'shelved_most = "10 min"'))
    shelved_times = Whole(0, 20, **says("how often it may be shelved", "shelved_times = 3"))

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """An acknowledgement is not above its most; documenting never shortens it."""
        usual, most, longer = (
            data.get(key) for key in ("acknowledged", "acknowledged_most", "documented")
        )
        found: Found = []
        if usual is not None and most is not None and usual > most:
            words = Words(
                f"{in_words(usual)} is above the most, {in_words(most)}",
                f'acknowledged = "{in_words(most)}", or less',
            )
            found.append((("acknowledged",), words))
        if usual is not None and longer is not None and longer < usual:
            words = Words(
                f"documented, it would lapse sooner: {in_words(longer)}, not {in_words(usual)}",
                f'documented = "{in_words(usual)}", or more',
            )
            found.append((("documented",), words))
        faults_of(found)
