"""The form of `protocols/products/*.toml`: every block, every key, and what must agree."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from toxmon.grading.kinds import KINDS
from toxmon.protocol import product as made
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Date,
    Kind,
    Many,
    Name,
    Number,
    Span,
    Text,
    Whole,
    YesNo,
    blocks,
    says,
)
from toxmon.protocol.figure_form import EVENT, NOTE, PublishedForm, in_order, pair
from toxmon.protocol.form import CitedForm, Form, Found, cited, faults_of
from toxmon.protocol.plan_form import WatchForm, WindowForm

REGION = says("where this holds", 'region = "US"')
PERIOD = says("when this holds, in words", 'period = "since April 2024"')
CITE = 'source = "...", year = 2025, source_kind = "regulator", verified = true }'


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


class IndicationForm(CitedForm):
    """What the product is approved for."""

    makes = made.Indication
    text = Text(**says("the indication", 'text = "Adults with relapsed myeloma"'))
    region = Text(**REGION)
    period = Text(**PERIOD)


class DoseForm(CitedForm):
    """The cells of one infusion; at least one of low, high and target."""

    makes = made.Dose
    region = Text(**REGION)
    period = Text(**PERIOD)
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


class MarkerForm(CitedForm):
    """A bound on a charted value that somebody acts upon, in the unit of its kind."""

    makes = made.Marker
    kind = Kind(**says("the kind of observation", 'kind = "alc"'))
    comparison = Choice((">", ">=", "<", "<="), **says("how it is compared", 'comparison = ">"'))
    value = Number(**says("the bound", "value = 3000"))
    unit = Text(**says("its unit", 'unit = "/uL"'))
    text = Text(**says("what was found or is done", 'text = "Delayed neurotoxicity in 20%."'))

    @validates_schema(skip_on_field_errors=False)
    def canonical(self, data: dict[str, Any], **_: Any) -> None:
        """A bound is compared with charted values, which are in the unit of their kind."""
        kind, unit = data.get("kind"), data.get("unit")
        if kind is not None and unit is not None and unit != KINDS[kind].unit:
            words = Words(
                f"{kind} is charted in {KINDS[kind].unit}", f'unit = "{KINDS[kind].unit}"'
            )
            faults_of([(("unit",), words)])


class ManagementForm(CitedForm):
    """What a source advises for an event. Support for a clinician, never an order."""

    makes = made.Management
    event = Choice(EVENTS, **EVENT)
    grades = Many(
        Whole(1, 5, metadata={"write": "1"}), **says("at which grades", "grades = [2, 3]")
    )
    onset_before = Span(
        **says("only if it began sooner after the infusion", 'onset_before = "72 h"', needed=False)
    )
    onset_from = Span(**says("only if it began then or later", 'onset_from = "72 h"', needed=False))
    text = Text(**says("what the source advises", 'text = "Tocilizumab 8 mg/kg."'))


class RemarkForm(CitedForm):
    """Something that a reader should know and no other block holds."""

    makes = made.Remark
    text = Text(**says("the words", 'text = "..."'))


class ProductForm(Form):
    """A whole file of a product."""

    form = Choice(("product",), **says("what this file describes", 'form = "product"'))
    name = Name(**says("the name in addresses, the same as the file's", 'name = "ide-cel"'))
    title = Text(**says("the full name", 'title = "Idecabtagene vicleucel (Abecma)"'))
    version = Whole(1, **says("raised by one with every change that matters", "version = 1"))
    product_class = Text(
        **says("what kind of product", 'class = "autologous CAR T cells"', key="class")
    )
    target = Text(**says("what it binds", 'target = "BCMA"'))
    costimulation = Text(**says("the costimulatory domain", 'costimulation = "4-1BB"'))
    region = Text(**says("whose label is the default", 'region = "US"'))
    clock_origin = Text(**says("the event that days are counted from", 'clock_origin = "infusion"'))
    indications = blocks(
        IndicationForm, "an indication", "[[indication]]", key="indication", needed=True
    )
    doses = blocks(DoseForm, "a dose", "[[dose]]", key="dose", needed=True)
    ages = blocks(AgeForm, "an age group", "[[age]]", key="age", needed=True)
    lymphodepletion = blocks(LymphodepletionForm, "a regimen", "[[lymphodepletion]]")
    premedication = blocks(RemarkForm, "what is given just before", "[[premedication]]")
    at_hand = blocks(AtHandForm, "a drug that must be there", "[[at_hand]]")
    labels = blocks(LabelForm, "a version of the label", "[[label]]", key="label", needed=True)
    published = blocks(PublishedForm, "figures of one event", "[[published]]", needed=True)
    windows = blocks(
        WindowForm, "the usual days of an event", "[[window]]", key="window", needed=True
    )
    watches = blocks(
        WatchForm, "a line of the observation chart", "[[watch]]", key="watch", needed=True
    )
    markers = blocks(MarkerForm, "a bound somebody acts upon", "[[marker]]", key="marker")
    management = blocks(ManagementForm, "what a source advises", "[[management]]")
    remarks = blocks(RemarkForm, "anything else", "[[remark]]", key="remark")

    @validates_schema(skip_on_field_errors=False)
    def once(self, data: dict[str, Any], **_: Any) -> None:
        """One window for an event; one label for a day and region, and one for the default."""
        found: Found = []
        events: set[str] = set()
        for place, window in enumerate(data.get("windows") or ()):
            if isinstance(window, made.Window) and window.event in events:
                words = Words(f"{window.event} has a window already", "one window for each event")
                found.append((("window", place, "event"), words))
            elif isinstance(window, made.Window):
                events.add(window.event)
        found += self._labels(data)
        faults_of(found)

    def _labels(self, data: dict[str, Any]) -> Found:
        found: Found = []
        known: set[tuple[str, object]] = set()
        labels = data.get("labels") or ()
        for place, label in enumerate(labels):
            if not isinstance(label, made.Label):
                continue
            version = (label.region, label.effective_from.value)
            if version in known:
                words = Words(
                    f"another {label.region} label begins on {label.effective_from.value} too",
                    "one label for each date",
                )
                found.append((("label", place, "effective_from", "value"), words))
            known.add(version)
        region = data.get("region")
        if region is not None and all(isinstance(label, made.Label) for label in labels):
            regions = sorted({label.region for label in labels})
            if regions and region not in regions:
                words = Words(f"no label is of the region {region!r}", f'region = "{regions[0]}"')
                found.append((("region",), words))
        return found
