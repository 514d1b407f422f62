"""The form of what labels say: [[label]], [[indication]], [[dose]], [[age]] and their kin."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import label as made
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Date,
    Many,
    Number,
    Span,
    Text,
    Whole,
    YesNo,
    blocks,
    names,
    says,
)
from toxmon.protocol.figure_form import INDICATIONS, NOTE, in_order, pair
from toxmon.protocol.form import CitedForm, Form, cited, faults_of

REGION = says("where this holds", 'region = "US"')
PERIOD = says("when this holds, in words", 'period = "since April 2024"')
CITE = 'source = "...", year = 2025, source_kind = "regulator", verified = true }'


class StatusForm(CitedForm):
    """What an authority has said of the product in a region."""

    makes = made.Status
    region = Text(**REGION)
    status = Choice(made.STATUSES, **says("one of the words below", 'status = "approved"'))
    since = Date(**says("since when, where the day is known", "since = 2025-07-02", needed=False))
    note = Text(**NOTE)


class IndicationForm(CitedForm):
    """What the product is approved for or, where nothing is approved, studied in."""

    makes = made.Indication
    short = Text(
        **says(
            "a name by which other blocks can say that they hold for this indication only",
            'short = "MCL"',
            needed=False,
        )
    )
    text = Text(**says("the indication", 'text = "Adults with relapsed myeloma"'))
    region = Text(**REGION)
    period = Text(**PERIOD)


class DiffersForm(CitedForm):
    """A span of this label that holds for some indications only, in place of the label's own."""

    makes = made.Differs
    what = Choice(made.SPANS, **says("which span of the label", 'what = "daily_monitoring"'))
    indications = Many(
        Text(metadata={"write": '"ALL"'}),
        **says("for which indications, by their `short` names", 'indications = ["ALL"]'),
    )
    value = Span(**says("for how long", 'value = "14 d"'))
    note = Text(**NOTE)


class LabelForm(Form):
    """A version of the label, in force from its date until the next one of its region."""

    makes = made.Label
    title = Text(**says("what this version is called", 'title = "US label without REMS"'))
    region = Text(**REGION)
    effective_from = cited(
        Date(**says("the first day of this version", "value = 2025-06-26")),
        "the first day of this version; it ends where the next one begins",
        f"effective_from = {{ value = 2025-06-26, {CITE}",
        needed=True,
    )
    version = cited(
        Text(**says("as it is printed", 'value = "revised 11/2025"')),
        "the version or revision that the label prints",
        f'version = {{ value = "revised 11/2025", {CITE}',
    )
    rems = cited(
        YesNo(**says("is there one", "value = false")),
        "is there a risk evaluation and mitigation strategy",
        f"rems = {{ value = false, {CITE}",
    )
    daily_monitoring = cited(
        Span(**says("for how long", 'value = "7 d"')),
        "how long the patient is seen daily, at the least",
        f'daily_monitoring = {{ value = "7 d", {CITE}',
    )
    monitoring = cited(
        Span(**says("for how long", 'value = "14 d"')),
        "how long the patient is monitored in all, at the least",
        f'monitoring = {{ value = "14 d", {CITE}',
    )
    proximity = cited(
        Span(**says("for how long", 'value = "14 d"')),
        "how long the patient stays near a treatment center",
        f'proximity = {{ value = "14 d", {CITE}',
    )
    no_driving = cited(
        Span(**says("for how long", 'value = "14 d"')),
        "how long the patient does not drive",
        f'no_driving = {{ value = "14 d", {CITE}',
    )
    boxed = cited(
        Many(Text(metadata={"write": '"CRS"'}), **says("each warning", 'value = ["CRS"]')),
        "what the boxed warning names",
        f'boxed = {{ value = ["CRS"], {CITE}',
    )
    notes = Many(
        cited(Text(**says("the words", 'value = "..."')), "a note", f'{{ value = "...", {CITE}'),
        metadata={"says": "what else it says", "write": f'notes = [{{ value = "...", {CITE}]'},
        load_default=(),
        data_key="notes",
    )
    differs = blocks(
        DiffersForm, "a span that holds for some indications only", "[[label.differs]]"
    )


class DoseForm(CitedForm):
    """What is given in one infusion; at least one of low, high and target. Steps: [[schedule]]."""

    makes = made.Dose
    region = Text(**REGION)
    period = Text(**PERIOD)
    indications = names(*INDICATIONS)
    for_whom = Text(
        **says("for some patients only, in words", 'for_whom = "50 kg or less"', needed=False)
    )
    low = Number(**says("the lowest dose", "low = 300", needed=False))
    high = Number(**says("the highest dose", "high = 510", needed=False))
    target = Number(**says("the dose aimed at", "target = 420", needed=False))
    maximum = Number(
        **says("the most in one infusion, whatever the weight", "maximum = 100", needed=False)
    )
    unit = Text(**says("the unit of all of them", 'unit = "10^6 CAR-positive T cells"'))
    per = Choice(
        ("kg",), **says("what low, high and target are counted by", 'per = "kg"', needed=False)
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and low > high:
            faults_of([(("high",), Words(f"{high} is below low = {low}", "low <= high"))])
        if all(data.get(key, 0) is None for key in ("low", "high", "target")):
            faults_of([(("low",), Words("the dose has no number", "low = 300"))])


class AgeForm(CitedForm):
    """An age group and whether the label covers it."""

    makes = made.AgeBlock
    region = Text(**says("where this holds, if not everywhere", 'region = "US"', needed=False))
    indications = names(*INDICATIONS)
    group = Text(**says("the name of the group", 'group = "adults"'))
    from_years = Number(**says("from this age on", "from_years = 18", needed=False))
    below_years = Number(**says("younger than this", "below_years = 18", needed=False))
    indicated = YesNo(**says("does the label cover this group", "indicated = true"))
    note = Text(**NOTE)


class DrugForm(Form):
    """One drug of a regimen."""

    makes = made.Drug
    drug = Text(**says("the drug", 'drug = "fludarabine"'))
    dose = Number(**says("the dose of one day", "dose = 30"))
    unit = Text(**says("its unit", 'unit = "mg/m2"'))
    days = Whole(1, **says("on how many days", "days = 3"))


class LymphodepletionForm(CitedForm):
    """The regimen before the infusion."""

    makes = made.Lymphodepletion
    region = Text(**REGION)
    indications = names(*INDICATIONS)
    drugs = blocks(
        DrugForm,
        "each drug of the regimen",
        'drugs = [{ drug = "fludarabine", dose = 30, unit = "mg/m2", days = 3 }]',
    )
    infusion_after = pair(
        "days from there to the infusion, low and high", "infusion_after = [2, 4]"
    )
    counted_from = Choice(
        ("completion", "start"),
        **says("where those days are counted from", 'counted_from = "completion"', needed=False),
    )
    repeat_if_delayed = Span(
        **says(
            "repeat it if the infusion is delayed by more",
            'repeat_if_delayed = "14 d"',
            needed=False,
        )
    )
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        if not in_order(data.get("infusion_after")):
            words = Words("it is not a low and a high number", "infusion_after = [2, 4]")
            faults_of([(("infusion_after",), words)])


class AtHandForm(CitedForm):
    """A drug that must be there before the infusion."""

    makes = made.AtHand
    drug = Text(**says("the drug", 'drug = "tocilizumab"'))
    region = Text(**REGION)
    period = Text(**PERIOD)
    doses = Whole(
        0, **says("doses for each patient before the infusion", "doses = 2", needed=False)
    )
    more_within = Span(**says("further doses within", 'more_within = "8 h"', needed=False))
    note = Text(**NOTE)
