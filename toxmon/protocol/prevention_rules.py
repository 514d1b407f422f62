"""The blocks of `protocols/prevention/*.toml`: the rules of each source, and what they name."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import validates_schema

from toxmon.dosing import immunoglobulin, prophylaxis, vaccination
from toxmon.protocol import prevention as made
from toxmon.protocol.citation import Cited
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Day,
    Many,
    Name,
    Number,
    Span,
    Table,
    Text,
    Whole,
    YesNo,
    blocks,
    names,
    says,
)
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Form, faults_of

IN_FORCE = says("is it the rule that is used? One of its question is", "in_force = true")


class RuleForm(CitedForm):
    """A block that becomes a rule of toxmon/dosing, with its citation beside it."""

    rule: ClassVar[type]

    def built(self, data: dict[str, Any]) -> Any:
        """The rule, which carries its source too."""
        rest = super().built(data)
        citation = rest.pop("citation")
        return Cited(self.rule(**rest, cited=made.cited_of(citation)), citation)


class TriggerForm(Form):
    """One way to fulfill a policy of immunoglobulin; everything in it must hold."""

    makes = immunoglobulin.Trigger
    below = Number(**says("IgG in mg/dL below this, exclusive", "below = 400", needed=False))
    at_most = Number(**says("at or below this", "at_most = 400", needed=False))
    above = Number(**says("above this, exclusive", "above = 600", needed=False))
    needs = Many(
        Choice(immunoglobulin.NEEDS, metadata={"write": '"infection"'}),
        metadata={"says": "what must be there too", "write": 'needs = ["infection"]'},
        load_default=(),
    )

    @validates_schema(skip_on_field_errors=False)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(key) for key in ("below", "at_most", "above", "needs")):
            faults_of([(("below",), Words("it asks for nothing", "below = 400"))])


class ImmunoglobulinForm(RuleForm):
    """When immunoglobulin is given, by one source. One policy is in force."""

    rule = immunoglobulin.IggPolicy
    name = Name(**says("its name", 'name = "igg_le_400"'))
    title = Text(**says("what it is called", 'title = "IgG at most 400 mg/dL"'))
    in_force = YesNo(**IN_FORCE)
    triggers = blocks(
        TriggerForm, "each way to fulfill it", "triggers = [{ below = 400 }]", needed=True
    )
    only_against = YesNo(
        metadata={"says": "it only says when not to give any", "write": "only_against = true"},
        load_default=False,
    )
    dose_low = Number(**says("the least dose in mg/kg", "dose_low = 400", needed=False))
    dose_high = Number(**says("the most", "dose_high = 500", needed=False))
    every = Span(**says("between two doses", 'every = "28 d"', needed=False))
    until = Text(**says("until when", 'until = "IgG is 400 or more"', needed=False))
    targets = names("the product targets it was written for", 'targets = ["BCMA"]')
    says = Text(**says("what is told where it is fulfilled", 'says = "Consider immunoglobulin."'))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def dosed(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data.get("dose_low"), data.get("dose_high")
        if (low is None) is not (high is None):
            faults_of([(("dose_low",), Words("one end of the dose is missing", "both ends"))])
        if low is not None and high is not None and high < low:
            faults_of([(("dose_high",), Words(f"{high} is below {low}", f"dose_high = {low}"))])


class AgentForm(CitedForm):
    """What is prevented, and with which drugs."""

    id = Name(**says("its name", 'id = "pjp"'))
    title = Text(**says("what it is called", 'title = "Pneumocystis"'))
    drugs = names("names in lower case that a charted dose may have", 'drugs = ["aciclovir"]')

    def built(self, data: dict[str, Any]) -> Any:
        rest = super().built(data)
        citation = rest.pop("citation")
        return Cited(prophylaxis.Agent(**rest), citation)


class BeginForm(Form):
    """One way to begin; everything in it must hold."""

    makes = prophylaxis.Begin
    lymphodepletion = YesNo(
        metadata={"says": "from lymphodepletion on", "write": "lymphodepletion = true"},
        load_default=False,
    )
    day = Day(**says("from this day on", 'day = "day 14"', needed=False))
    after_day = Day(**says("later than this day", 'after_day = "day 28"', needed=False))
    anc_below = Number(**says("neutrophils per uL below this", "anc_below = 500", needed=False))
    steroid_days = Whole(
        1, **says("at least so many days with a steroid", "steroid_days = 4", needed=False)
    )
    needs = Many(
        Choice(prophylaxis.NEEDS, metadata={"write": '"hbv_exposure"'}),
        metadata={"says": "what must be there too", "write": 'needs = ["hbv_exposure"]'},
        load_default=(),
    )

    @validates_schema(skip_on_field_errors=False)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        given = (value for value in data.values() if value not in (None, False, ()))
        if next(given, None) is None:
            faults_of([(("day",), Words("it asks for nothing", 'day = "day 14"'))])


class EndForm(Form):
    """When it may stop."""

    makes = prophylaxis.End
    months = Whole(1, **says("so many months after the infusion", "months = 12", needed=False))
    cd4_above = Number(
        **says("CD4 cells per uL above this, exclusive", "cd4_above = 200", needed=False)
    )
    anc_above = Number(**says("neutrophils per uL above this", "anc_above = 500", needed=False))
    therapy_end = YesNo(
        metadata={"says": "the end of the treatment", "write": "therapy_end = true"},
        load_default=False,
    )
    joined = Choice(
        (prophylaxis.AND, prophylaxis.OR),
        **says("must all hold, or is one enough?", 'joined = "and"', needed=False),
    )

    def built(self, data: dict[str, Any]) -> Any:
        return super().built({**data, "joined": data["joined"] or prophylaxis.AND})

    @validates_schema(skip_on_field_errors=False)
    def joins(self, data: dict[str, Any], **_: Any) -> None:
        parts = [key for key in END_PARTS if data.get(key)]
        if not parts:
            faults_of([(("months",), Words("it names no end", "months = 12"))])
        if len(parts) > 1 and "joined" in data and data["joined"] is None:
            words = Words(f"{' and '.join(parts)} stand side by side", 'joined = "and", or "or"')
            faults_of([(("joined",), words)])


END_PARTS = ("months", "cd4_above", "anc_above", "therapy_end")


class AvoidForm(RuleForm):
    """A drug that is not given before a day, or while counts are low."""

    rule = prophylaxis.Avoid
    agent = Name(**says("the id of an [[agent]]", 'agent = "pjp"'))
    drugs = Many(
        Text(metadata={"write": '"co-trimoxazole"'}),
        **says("its names", 'drugs = ["co-trimoxazole"]'),
    )
    before_day = Day(**says("not before this day", 'before_day = "day 28"', needed=False))
    cytopenia_grade = Whole(
        1, 4, **says("not at this CTCAE grade or more", "cytopenia_grade = 3", needed=False)
    )
    instead = Text(**says("what to give instead", 'instead = "atovaquone"', needed=False))

    @validates_schema(skip_on_field_errors=False)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        keys = ("before_day", "cytopenia_grade")
        if all(key in data and data[key] is None for key in keys):
            words = Words("nothing stands against the drug", 'before_day = "day 28"')
            faults_of([(("before_day",), words)])


class CourseForm(RuleForm):
    """What one source says of one agent: from when, until when, with which drug."""

    rule = prophylaxis.Course
    agent = Name(**says("the id of an [[agent]]", 'agent = "pjp"'))
    policy = Name(**says("whose rule it is", 'policy = "stanford"'))
    in_force = YesNo(**IN_FORCE)
    begins = blocks(BeginForm, "each way to begin", 'begins = [{ day = "day 14" }]', needed=True)
    end = Table(EndForm, **says("when it may stop", "end = { months = 12 }", needed=False))
    says = Text(**says("the drug and its dose, in words", 'says = "Atovaquone 1500 mg."'))
    note = Text(**NOTE)


class MonthsForm(Form):
    """What must lie so many months back."""

    immunoglobulin = Whole(1, **says("immunoglobulin", "immunoglobulin = 2", needed=False))
    anti_b_cell = Whole(1, **says("anti-CD19 or anti-CD20", "anti_b_cell = 6", needed=False))
    immunosuppression = Whole(
        1, **says("immunosuppression", "immunosuppression = 12", needed=False)
    )
    transplant = Whole(1, **says("a transplant", "transplant = 24", needed=False))

    def built(self, data: dict[str, Any]) -> Any:
        return {key: value for key, value in data.items() if value is not None}


class CountsForm(Form):
    """Counts per uL at or below which it is not given."""

    cd4 = Number(**says("CD4 cells", "cd4 = 200", needed=False))
    b_cells = Number(**says("B cells", "b_cells = 20", needed=False))

    def built(self, data: dict[str, Any]) -> Any:
        return {key: value for key, value in data.items() if value is not None}


class VaccineForm(RuleForm):
    """From when a kind of vaccine is possible, by one source, and what blocks it."""

    rule = vaccination.VaccineRule
    kind = Choice(vaccination.KINDS, **says("the kind of vaccine", 'kind = "live"'))
    policy = Name(**says("whose rule it is", 'policy = "hill_seo_2020"'))
    in_force = YesNo(**IN_FORCE)
    from_month = Whole(0, **says("from this month after the infusion", "from_month = 6"))
    months_since = Table(
        MonthsForm,
        metadata={"says": "what must lie back", "write": "months_since = { immunoglobulin = 2 }"},
        load_default=dict,
    )
    at_most = Table(
        CountsForm,
        metadata={"says": "counts that block it", "write": "at_most = { cd4 = 200 }"},
        load_default=dict,
    )
    reconstituted = YesNo(
        metadata={"says": "immune reconstitution is asked for", "write": "reconstituted = true"},
        load_default=False,
    )
    note = Text(**NOTE)


class InfectionWordsForm(CitedForm):
    """Words by which a cause that was charted is an infection."""

    makes = made.InfectionWords
    every = names("any infection, in lower case", 'every = ["sepsis"]')
    sinopulmonary = names("of sinuses or lungs", 'sinopulmonary = ["pneumonia"]')


class IggDoseForm(CitedForm):
    """The dose of immunoglobulin where a policy names none."""

    makes = made.IggDose
    low = Number(**says("the least, in mg/kg", "low = 400"))
    high = Number(**says("the most", "high = 500"))
    every = Span(**says("about so often", 'every = "28 d"'))
    note = Text(**NOTE)

    @validates_schema(skip_on_field_errors=False)
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and high < low:
            faults_of([(("high",), Words(f"{high} is below {low}", f"high = {low}"))])


class IggMeasureForm(CitedForm):
    """When IgG is measured."""

    makes = made.IggMeasure
    first_day = Day(**says("first on this day", 'first_day = "day 28"'))
    every_months = Whole(1, **says("then every so many months", "every_months = 3"))
    while_treated_months = Whole(1, **says("the same while treated", "while_treated_months = 1"))
    note = Text(**NOTE)


class Cd4Form(CitedForm):
    """How CD4 above the bound is made sure."""

    makes = made.Cd4Rule
    values = Whole(1, 3, **says("so many values above it", "values = 2"))
    apart = Span(**says("the first and the last so far apart", 'apart = "28 d"'))
    every_months = Whole(1, **says("measured every so many months", "every_months = 3"))
    note = Text(**NOTE)


class DrugGroupForm(CitedForm):
    """Drugs that count as one thing before a vaccine."""

    makes = made.DrugGroup
    group = Choice(
        ("anti_b_cell", "immunosuppression"), **says("the group", 'group = "anti_b_cell"')
    )
    drugs = names("names in lower case", 'drugs = ["rituximab"]')
    targets = names("product targets that count too", 'targets = ["CD19"]')
    note = Text(**NOTE)
