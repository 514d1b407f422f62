"""The form of `protocols/drugs/*.toml`: every block and every key."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol import drug as made
from toxmon.protocol.drug_agreement import disagreements
from toxmon.protocol.drug_policy_form import AGES, DosePolicyForm, Positive, age_faults
from toxmon.protocol.events import EVENTS
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import (
    Choice,
    Elapsed,
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
    refused,
    says,
)
from toxmon.protocol.figure_form import NOTE
from toxmon.protocol.form import CitedForm, Form, Found, cited, faults_of

CITE = 'source = "our choice", year = 2026, source_kind = "policy", verified = false }'


class Code(Text):
    """A code of RxNorm: digits, as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        code = super()._deserialize(value, attr, data)
        if not re.fullmatch(r"[1-9]\d{0,8}", code):
            raise refused(f"{code!r} is not a code of digits", self.metadata["write"])
        return code


class CodesForm(CitedForm):
    """RxNorm codes. `other_form` keeps a product from being counted as a dose."""

    makes = made.Codes
    kind = Choice(made.CODE_KINDS, **says("what the codes are; see below", 'kind = "ingredient"'))
    codes = Many(
        Code(metadata={"write": '"612865"'}), **says("the codes", 'codes = ["612865", "1657974"]')
    )
    title = Text(**says("what they stand for", 'title = "tocilizumab, vial of 4 mL"'))
    note = Text(**NOTE)


class HandlingForm(CitedForm):
    """What a site decides about a drug beside its limits."""

    makes = made.Handling
    weight_fresh_for = Span(
        **says("a weight that is older makes no dose", 'weight_fresh_for = "7 d"')
    )
    weight_change_percent = Number(
        0, 100, **says("a change of weight that is asked about", "weight_change_percent = 5")
    )
    tolerance_percent = Number(
        0,
        100,
        **says("how far above the computed dose one may be", "tolerance_percent = 0"),
    )
    duplicate_within = Elapsed(
        **says("two records so close may be one dose", 'duplicate_within = "30 min"')
    )
    before_infusion = Elapsed(
        **says("doses so long before the infusion count too", 'before_infusion = "7 d"')
    )
    reservation = Span(**says("how long a reservation lasts", 'reservation = "30 min"'))
    chart_within = Span(
        **says("a released dose is asked about that is not charted by then", 'chart_within = "2 h"')
    )
    stopped_counts = YesNo(
        **says("does an infusion that was stopped count as a dose", "stopped_counts = true")
    )
    ask_doses_elsewhere = YesNo(
        **says(
            "must somebody have said that no dose was given before arrival",
            "ask_doses_elsewhere = false",
        )
    )
    note = Text(**NOTE)


class IsolatedForm(CitedForm):
    """A syndrome that alone is no indication; the words are told to whoever asks for a dose."""

    makes = made.Isolated
    syndrome = Choice(EVENTS, **says("the syndrome; one of the events below", 'syndrome = "icans"'))
    says = Text(**says("the words", 'says = "Not for isolated ICANS."'))


class CautionForm(CitedForm):
    """What to look at before the drug is given."""

    makes = made.Caution
    text = Text(**says("the words", 'text = "Active diverticular disease: perforation."'))


class RegimenForm(CitedForm):
    """What one body says of the drug for one purpose: a dose, or a position without one."""

    makes = made.Regimen
    name = Name(**says("the name, once in the file", 'name = "asco-crs-3"'))
    by = Text(**says("whose words they are", 'by = "ASCO"'))
    purpose = Text(**says("for what", 'purpose = "CRS grade 3"'))
    mg = Positive(**says("a fixed dose in mg", "mg = 10", needed=False))
    mg_per_kg = Positive(**says("a dose in mg for each kg", "mg_per_kg = 2", needed=False))
    cap_mg = Positive(**says("at most so many mg a dose", "cap_mg = 100", needed=False))
    every = Span(**says("how often", 'every = "6 h"', needed=False))
    every_most = Span(
        **says("the longer span, where the source gives two", 'every_most = "12 h"', needed=False)
    )
    until = Text(**says("how long", 'until = "3 days"', needed=False))
    from_age_years = Number(**AGES["from_age_years"])
    below_age_years = Number(**AGES["below_age_years"])
    says = Text(**says("what is said, in words", 'says = "10 mg every 6 h"'))

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        found: Found = age_faults(data)
        if data.get("mg") is not None and data.get("mg_per_kg") is not None:
            found.append(
                (("mg",), Words("a dose is fixed or for each kg, not both", "one of them"))
            )
        if data.get("cap_mg") is not None and data.get("mg_per_kg", 0) is None:
            found.append((("cap_mg",), Words("there is no dose for each kg", "mg_per_kg = 2")))
        every, most = data.get("every"), data.get("every_most")
        if most is not None and "every" in data and (every is None or most <= every):
            words = Words("it is not longer than `every`", 'every = "6 h" and every_most = "12 h"')
            found.append((("every_most",), words))
        faults_of(found)


class VialForm(CitedForm):
    """What one vial holds."""

    makes = made.Vial
    mg = Positive(**says("in mg", "mg = 80"))
    ml = Positive(**says("in mL", "ml = 4", needed=False))


class DrugForm(Form):
    """A whole file of a drug."""

    form = Choice(("drug",), **says("what this file describes", 'form = "drug"'))
    name = Name(**says("the name that doses are charted by, as the file's", 'name = "tocilizumab"'))
    title = Text(**says("the full name", 'title = "Tocilizumab"'))
    version = Whole(1, **says("raised by one with every change that matters", "version = 1"))
    aliases = names("other names that mean this drug: brands, biosimilars", 'aliases = ["Actemra"]')
    not_these = names(
        "names of other drugs that are easily taken for it", 'not_these = ["sarilumab"]'
    )
    drug_class = Text(**says("what kind of drug", 'class = "IL-6 receptor antibody"', key="class"))
    in_force = Name(**says("the policy that is in force", 'in_force = "standard"'))
    indications = cited(
        Many(
            Choice(EVENTS, metadata={"write": '"crs"'}),
            **says("the syndromes", 'value = ["crs"]'),
        ),
        "what it is given for; left out, nothing is asked",
        f'indications = {{ value = ["crs"], {CITE}',
    )
    equivalent_mg = cited(
        Positive(**says("in mg", "value = 4")),
        "of a steroid: so many mg weigh as much as 0.75 mg of dexamethasone",
        f"equivalent_mg = {{ value = 4, {CITE}",
    )
    policies = blocks(
        DosePolicyForm,
        "doses and limits that belong together",
        "[[policy]]",
        needed=True,
        key="policy",
    )
    handling = Table(HandlingForm, **says("what a site decides beside the limits", "[handling]"))
    isolated = blocks(IsolatedForm, "a syndrome that alone is no indication", "[[isolated]]")
    codes = blocks(CodesForm, "codes of RxNorm", "[[rxnorm]]", key="rxnorm")
    cautions = blocks(CautionForm, "what to look at before", "[[caution]]", key="caution")
    regimens = blocks(RegimenForm, "what a body says of it", "[[regimen]]", key="regimen")
    vials = blocks(VialForm, "what a vial holds", "[[vial]]", key="vial")

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """What must agree between blocks: drug_agreement.py."""
        faults_of(disagreements(data))
