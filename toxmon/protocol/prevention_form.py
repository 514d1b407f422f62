"""The form of `protocols/prevention/*.toml`: immunoglobulin, prophylaxis, vaccines, stock.

Of several rules for one question exactly one is in force, which is checked across blocks.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import validates_schema

from toxmon.protocol.citation import Cited
from toxmon.protocol.faults import Words
from toxmon.protocol.fields import Choice, Name, Span, Table, Text, Whole, blocks, names, says
from toxmon.protocol.form import Form, Found, cited, faults_of
from toxmon.protocol.prevention_rules import (
    AgentForm,
    AvoidForm,
    Cd4Form,
    CourseForm,
    DrugGroupForm,
    IggDoseForm,
    IggMeasureForm,
    ImmunoglobulinForm,
    InfectionWordsForm,
    VaccineForm,
)

CITE = 'source = "our choice", year = 2026, source_kind = "policy", verified = false }'


class PreventionForm(Form):
    """A whole file of a prevention policy."""

    form = Choice(("prevention",), **says("what this file describes", 'form = "prevention"'))
    name = Name(**says("the name, the same as the file's", 'name = "default"'))
    title = Text(**says("the full name", 'title = "Shipped prevention policy"'))
    version = Whole(1, **says("raised by one with every change that matters", "version = 1"))
    trough_after = cited(
        Span(**says("for how long", 'value = "21 d"')),
        "so long after a dose of immunoglobulin a level is a trough",
        f'trough_after = {{ value = "21 d", {CITE}',
        needed=True,
    )
    infections_within = cited(
        Span(**says("for how long", 'value = "180 d"')),
        "an infection that was charted counts for so long",
        f'infections_within = {{ value = "180 d", {CITE}',
        needed=True,
    )
    recurrent_from = cited(
        Whole(2, **says("the number", "value = 2")),
        "so many charted infections are recurrent ones",
        f"recurrent_from = {{ value = 2, {CITE}",
        needed=True,
    )
    infection_words = Table(
        InfectionWordsForm, **says("which charted causes are infections", "[infection_words]")
    )
    m_protein_targets = cited(
        names("parts of product targets", 'value = ["BCMA"]'),
        "products of these targets are for myeloma, where an M-protein may count into IgG",
        f'm_protein_targets = {{ value = ["BCMA"], {CITE}',
        needed=True,
    )
    igg_dose = Table(IggDoseForm, **says("the dose where a policy names none", "[igg_dose]"))
    igg_measure = Table(IggMeasureForm, **says("when IgG is measured", "[igg_measure]"))
    immunoglobulin = blocks(
        ImmunoglobulinForm, "when immunoglobulin is given", "[[immunoglobulin]]", needed=True
    )
    cd4 = Table(Cd4Form, **says("how CD4 is made sure", "[cd4]"))
    agents = blocks(AgentForm, "what is prevented", "[[agent]]", needed=True, key="agent")
    courses = blocks(CourseForm, "the rules", "[[course]]", needed=True, key="course")
    avoids = blocks(AvoidForm, "drugs not given for a while", "[[avoid]]", key="avoid")
    groups = blocks(DrugGroupForm, "drugs that count before a vaccine", "[[group]]", key="group")
    vaccines = blocks(VaccineForm, "when vaccines are possible", "[[vaccine]]", key="vaccine")
    at_hand_doses = cited(
        Whole(1, **says("the number", "value = 2")),
        "doses of tocilizumab at hand for each patient where no label names a number",
        f"at_hand_doses = {{ value = 2, {CITE}",
        needed=True,
    )
    count_fresh_for = cited(
        Span(**says("for how long", 'value = "24 h"')),
        "a count of vials is believed for so long",
        f'count_fresh_for = {{ value = "24 h", {CITE}',
        needed=True,
    )

    @validates_schema(skip_on_field_errors=False)
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        """Names once, agents that exist, and one rule in force for each question."""
        faults_of([*_once(data), *_known_agents(data), *_one_in_force(data)])


def _rules(data: dict[str, Any], key: str) -> list[tuple[int, Any]]:
    """The rules of a list of blocks that could be read, each with its place."""
    found = data.get(key) or ()
    return [(place, each.value) for place, each in enumerate(found) if isinstance(each, Cited)]


def _once(data: dict[str, Any]) -> Found:
    lists = (
        ("immunoglobulin", "immunoglobulin", "name", lambda rule: rule.name),
        ("agents", "agent", "id", lambda rule: rule.id),
        ("courses", "course", "policy", lambda rule: (rule.agent, rule.policy)),
        ("vaccines", "vaccine", "policy", lambda rule: (rule.kind, rule.policy)),
    )
    found: Found = []
    for key, written, name, of in lists:
        seen: set[Any] = set()
        for place, rule in _rules(data, key):
            if of(rule) in seen:
                words = Words("another block has this name too", "a name of its own")
                found.append(((written, place, name), words))
            seen.add(of(rule))
    return found


def _known_agents(data: dict[str, Any]) -> Found:
    known = {rule.id for _, rule in _rules(data, "agents")}
    return [
        ((written, place, "agent"), Words(f"there is no agent {rule.agent!r}", "an [[agent]]"))
        for key, written in (("courses", "course"), ("avoids", "avoid"))
        for place, rule in _rules(data, key)
        if rule.agent not in known
    ]


def _one_in_force(data: dict[str, Any]) -> Found:
    questions = (
        ("immunoglobulin", "immunoglobulin", lambda rule: "immunoglobulin"),
        ("courses", "course", lambda rule: rule.agent),
        ("vaccines", "vaccine", lambda rule: rule.kind),
    )
    found: Found = []
    for key, written, of in questions:
        rules = _rules(data, key)
        if len(rules) != len(data.get(key) or ()):
            continue
        in_force = Counter(of(rule) for _, rule in rules if rule.in_force)
        told: set[str] = set()
        for place, rule in rules:
            count = in_force[of(rule)]
            if count != 1 and of(rule) not in told:
                told.add(of(rule))
                words = Words(f"{count} rules of {of(rule)} are in force", "one of them")
                found.append(((written, place, "in_force"), words))
    return found
