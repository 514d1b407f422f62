"""The form of `protocols/products/*.toml`: every block and every key."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from toxmon.grading.kinds import KINDS
from toxmon.protocol import product as made
from toxmon.protocol.agreement import disagreements
from toxmon.protocol.dose_form import AdvisedForm
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Kind,
    Many,
    Name,
    Number,
    Span,
    Text,
    Whole,
    YesNo,
    blocks,
    names,
    says,
)
from toxmon.protocol.figure_form import EVENT, PublishedForm
from toxmon.protocol.form import CitedForm, Form, cited, faults_of
from toxmon.protocol.label_form import (
    CITE,
    AgeForm,
    AtHandForm,
    DoseForm,
    IndicationForm,
    LabelForm,
    LymphodepletionForm,
    StatusForm,
)
from toxmon.protocol.plan_form import CadenceForm, WatchForm, WindowForm
from toxmon.protocol.schedule_form import (
    DoseWindowForm,
    ObservationForm,
    RestartForm,
    ScheduleForm,
)


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
    doses = blocks(
        AdvisedForm,
        "the drugs that the text names, with their doses",
        'doses = [{ drug = "tocilizumab", amount = 8, per_kg = true }]',
    )


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
    aliases = names(
        "other names it is found by: the brand, codes of a trial", 'aliases = ["Abecma", "bb2121"]'
    )
    product_class = Text(
        **says(
            "what kind of product; the shipped files say autologous CAR T cells or bispecific "
            "T-cell engager",
            'class = "bispecific T-cell engager"',
            key="class",
        )
    )
    target = Text(**says("what it binds", 'target = "BCMA"'))
    costimulation = Text(
        **says(
            "the costimulatory domain, where there is one", 'costimulation = "4-1BB"', needed=False
        )
    )
    route = Text(**says("how it is given", 'route = "subcutaneous"', needed=False))
    region = Text(**says("whose label is the default", 'region = "US"'))
    clock_origin = Choice(
        made.CLOCK_ORIGINS,
        **says("the event that days are counted from; see below", 'clock_origin = "infusion"'),
    )
    investigational = cited(
        YesNo(**says("is it", "value = true")),
        "is it given in trials only; then it needs no label, indication, dose or age",
        f"investigational = {{ value = true, {CITE}",
    )
    statuses = blocks(StatusForm, "what an authority has said", "[[status]]", key="status")
    indications = blocks(IndicationForm, "an indication", "[[indication]]", key="indication")
    doses = blocks(DoseForm, "a dose; not needed beside a schedule", "[[dose]]", key="dose")
    schedules = blocks(ScheduleForm, "doses in a row", "[[schedule]]", key="schedule")
    observations = blocks(
        ObservationForm, "how long after a dose, and where", "[[observation]]", key="observation"
    )
    restarts = blocks(RestartForm, "what to do after a delay", "[[restart]]", key="restart")
    ages = blocks(AgeForm, "an age group", "[[age]]", key="age")
    lymphodepletion = blocks(LymphodepletionForm, "a regimen", "[[lymphodepletion]]")
    premedication = blocks(RemarkForm, "what is given just before", "[[premedication]]")
    at_hand = blocks(AtHandForm, "a drug that must be there", "[[at_hand]]")
    labels = blocks(LabelForm, "a version of the label", "[[label]]", key="label")
    published = blocks(PublishedForm, "figures of one event", "[[published]]", needed=True)
    windows = blocks(
        WindowForm, "the usual days of an event", "[[window]]", key="window", needed=True
    )
    dose_windows = blocks(
        DoseWindowForm, "the usual time after a dose", "[[dose_window]]", key="dose_window"
    )
    watches = blocks(
        WatchForm, "a line of the observation chart", "[[watch]]", key="watch", needed=True
    )
    cadences = blocks(
        CadenceForm, "what is due more often at a grade", "[[cadence]]", key="cadence"
    )
    markers = blocks(MarkerForm, "a bound somebody acts upon", "[[marker]]", key="marker")
    management = blocks(ManagementForm, "what a source advises", "[[management]]")
    remarks = blocks(RemarkForm, "anything else", "[[remark]]", key="remark")

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """What must agree between blocks: agreement.py."""
        faults_of(disagreements(data))
