"""The form of `protocols/alarms/*.toml`: what alarms, how urgently, and who is told.

What holds across blocks is refused here too: a patient must never depend on a chain that does not
exist, on a priority without spans, or on two answers to one question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields as library
from marshmallow import validates_schema

from toxmon.protocol import alarms as made
from toxmon.protocol.alarm_rules import PRIORITIES, ROLES, RULES
from toxmon.protocol.alarms_agreement import disagreements
from toxmon.protocol.chain_form import ChainForm, Silence, SpansForm
from toxmon.protocol.faults import nearest
from toxmon.protocol.fields import (
    Choice,
    Elapsed,
    Many,
    Name,
    Span,
    Table,
    Text,
    TimeOfDay,
    Whole,
    blocks,
    refused,
    says,
    shown,
)
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Form, cited, faults_of
from toxmon.protocol.steroid_form import SteroidWatchForm
from toxmon.protocol.threshold_form import (
    ObligationForm,
    OutpatientForm,
    ThresholdForm,
    UninterpretableForm,
)

CITE = 'source = "our choice", year = 2026, source_kind = "policy", verified = false }'
HIGHEST_LEVEL = 5


class Levels(library.Field[Mapping[int, str]]):
    """A priority for each level: { 1 = "medium", 2 = "high" }; it never falls as levels rise."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Mapping[int, str]:
        if not isinstance(value, Mapping) or not value:
            raise refused(f"{shown(value)} names no level", self.metadata["write"])
        read: dict[int, str] = {}
        for level, priority in value.items():
            if not level.isdecimal() or not 1 <= int(level) <= HIGHEST_LEVEL:
                raise refused(
                    f"{level!r} is not a level of 1 to {HIGHEST_LEVEL}", self.metadata["write"]
                )
            if priority not in PRIORITIES:
                what = f"{shown(priority)} is not a priority"
                raise refused(what, nearest(str(priority), PRIORITIES))
            read[int(level)] = priority
        read = dict(sorted(read.items()))
        ranks = [PRIORITIES.index(priority) for priority in read.values()]
        if ranks != sorted(ranks):
            raise refused("a higher level is less urgent than a lower one", self.metadata["write"])
        return read


class PrioritiesForm(CitedForm):
    """How urgent each level of a matter is. A level that is not named has that of the one below."""

    makes = made.Priorities
    rule = Choice(RULES, **says("the matter, see below", 'rule = "crs"'))
    by_level = Levels(**says("the priority of each level", 'by_level = { 1 = "medium" }'))
    in_window = Levels(
        metadata={
            "says": "the same inside the usual window, where it is more urgent",
            "write": 'in_window = { 1 = "high" }',
        },
        load_default={},
    )
    hold = Elapsed(
        **says("how long a lower level must be seen before the alarm follows", 'hold = "1 h"')
    )
    note = Text(**NOTE)


class RiseForm(CitedForm):
    """A rise of a syndrome that is urgent whatever its grades are."""

    makes = made.Rise
    grades = Whole(1, 4, **says("by how many grades or more", "grades = 2"))
    within = Span(**says("within how long", 'within = "6 h"'))
    priority = Choice(PRIORITIES, **says("the priority", 'priority = "high"'))


class OtherCausesForm(CitedForm):
    """What else to look for where something appears outside its usual window."""

    makes = made.OtherCauses
    rules = Many(
        Choice(RULES, metadata={"write": '"crs"'}),
        **says("the matters, see below", 'rules = ["crs", "sign:fever"]'),
    )
    causes = Many(
        Text(metadata={"write": '"infection"'}),
        **says("the causes, the likeliest first", 'causes = ["infection"]'),
    )
    note = Text(**NOTE)


def _span(what: str, key: str, example: str, field: type[Span] = Span) -> Table:
    """A span of the site with its citation."""
    value = field(**says("for how long", f'value = "{example}"'))
    return cited(value, what, f'{key} = {{ value = "{example}", {CITE}', needed=True)


class AlarmsForm(Form):
    """A whole file of an alarm policy."""

    form = Choice(("alarms",), **says("what this file describes", 'form = "alarms"'))
    name = Name(**says("the name, the same as the file's", 'name = "default"'))
    title = Text(**says("the full name", 'title = "Shipped alarm policy"'))
    version = Whole(1, **says("raised by one with every change that matters", "version = 1"))
    fallback_role = cited(
        Choice(ROLES, **says("the role", 'value = "charge_nurse"')),
        "who is called where the roster names nobody",
        f'fallback_role = {{ value = "charge_nurse", {CITE}',
        needed=True,
    )
    labs_due = cited(
        TimeOfDay(**says("on the clock of the site", 'value = "10:00"')),
        "when on its day a check of whole days falls due",
        f'labs_due = {{ value = "10:00", {CITE}',
        needed=True,
    )
    due_soon = _span("how long before it falls due a check is shown as due", "due_soon", "30 min")
    told_late = _span("a fact charted later than this is told as late", "told_late", "12 h")
    hand_over = _span("how long a hand-over may wait to be accepted", "hand_over", "30 min")
    look_ahead = _span("how far ahead rosters are searched for gaps", "look_ahead", "72 h")
    feed_silent = _span("a source silent for longer is told", "feed_silent", "30 min")
    out_of_service_most = _span(
        "how long an alarm may be out of service", "out_of_service_most", "2 h", Silence
    )
    rise = Table(RiseForm, **says("a rise that is urgent whatever the grades are", "[rise]"))
    matters = blocks(
        PrioritiesForm, "how urgent a matter is", "[[matter]]", needed=True, key="matter"
    )
    other_causes = blocks(
        OtherCausesForm, "what else to look for outside a window", "[[other_causes]]"
    )
    thresholds = blocks(
        ThresholdForm, "bounds that are acted upon", "[[threshold]]", key="threshold"
    )
    uninterpretable = blocks(
        UninterpretableForm, "values that say nothing for a while", "[[uninterpretable]]"
    )
    outpatient = blocks(OutpatientForm, "the chart of out-patients", "[[outpatient]]")
    obligations = blocks(ObligationForm, "what has a date", "[[obligation]]", key="obligation")
    steroid_watches = blocks(
        SteroidWatchForm,
        "what is watched on steroids",
        "[[steroid_watch]]",
        key="steroid_watch",
    )
    spans = blocks(SpansForm, "how long silence may last", "[[spans]]", needed=True)
    chains = blocks(ChainForm, "who is called, and then who", "[[chain]]", needed=True, key="chain")

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        faults_of(disagreements(data))
