"""What a ward does against infection and runs out of, as its file tells it. Pure data.

The rules themselves are those of toxmon/dosing, each with its citation; which is in force is the
site's choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from toxmon.dosing import drug
from toxmon.dosing.immunoglobulin import Handling, IggPolicy, Measuring
from toxmon.dosing.prophylaxis import Agent, Avoid, Confirming, Course
from toxmon.dosing.vaccination import VaccineRule
from toxmon.protocol.citation import Citation, Cited


def cited_of(citation: Citation) -> drug.Cited:
    """A citation as the rules of a dose carry it."""
    return drug.Cited(source=citation.source, year=citation.year, verified=citation.verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class InfectionWords:
    """By which words a charted cause is an infection, and one of sinuses or lungs."""

    every: tuple[str, ...]
    sinopulmonary: tuple[str, ...]
    citation: Citation

    def is_infection(self, cause: str) -> bool:
        """Does one of the words stand in the cause? Capitals do not matter."""
        words = cause.casefold()
        return self.is_sinopulmonary(cause) or any(each in words for each in self.every)

    def is_sinopulmonary(self, cause: str) -> bool:
        """The same for infections of sinuses or lungs."""
        words = cause.casefold()
        return any(each in words for each in self.sinopulmonary)


@dataclass(frozen=True, slots=True, kw_only=True)
class IggDose:
    """The dose of immunoglobulin where a policy names none, in mg/kg."""

    low: Decimal
    high: Decimal
    every: timedelta
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class IggMeasure:
    """When IgG is measured."""

    first_day: int
    every_months: int
    while_treated_months: int
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cd4Rule:
    """How a CD4 count above its bound is made sure, and how often it is measured until then."""

    values: int
    apart: timedelta
    every_months: int
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugGroup:
    """Drugs, and parts of product targets, that count as one thing (`anti_b_cell`)."""

    group: str
    drugs: tuple[str, ...]
    targets: tuple[str, ...]
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Prevention:
    """One version of a prevention policy. `digest` is the SHA-256 of `text`, the file as read."""

    name: str
    title: str
    version: int
    trough_after: Cited[timedelta]
    infections_within: Cited[timedelta]
    recurrent_from: Cited[int]
    infection_words: InfectionWords
    m_protein_targets: Cited[tuple[str, ...]]
    igg_dose: IggDose
    igg_measure: IggMeasure
    immunoglobulin: tuple[Cited[IggPolicy], ...]
    cd4: Cd4Rule
    agents: tuple[Cited[Agent], ...]
    courses: tuple[Cited[Course], ...]
    avoids: tuple[Cited[Avoid], ...]
    groups: tuple[DrugGroup, ...]
    vaccines: tuple[Cited[VaccineRule], ...]
    at_hand_doses: Cited[int]
    count_fresh_for: Cited[timedelta]
    digest: str
    text: str

    @property
    def igg_policies(self) -> tuple[IggPolicy, ...]:
        """Every policy of immunoglobulin, the one in force first."""
        policies = [each.value for each in self.immunoglobulin]
        return tuple(sorted(policies, key=lambda policy: not policy.in_force))

    def courses_of(self, agent: str) -> tuple[Course, ...]:
        """The rules of one agent, the one in force first."""
        mine = [each.value for each in self.courses if each.value.agent == agent]
        return tuple(sorted(mine, key=lambda course: not course.in_force))

    def avoids_of(self, agent: str) -> tuple[Avoid, ...]:
        """The drugs of an agent that are not given for a while."""
        return tuple(each.value for each in self.avoids if each.value.agent == agent)

    def vaccine_rules(self, kind: str) -> tuple[VaccineRule, ...]:
        """The rules of one kind of vaccine, the one in force first."""
        mine = [each.value for each in self.vaccines if each.value.kind == kind]
        return tuple(sorted(mine, key=lambda rule: not rule.in_force))

    def group(self, name: str) -> DrugGroup | None:
        """A group of drugs, if the file has it."""
        return next((each for each in self.groups if each.group == name), None)

    @property
    def measuring(self) -> Measuring:
        """When IgG is measured, as the rules take it."""
        each = self.igg_measure
        return Measuring(
            first_day=each.first_day,
            every_months=each.every_months,
            while_treated_months=each.while_treated_months,
            cited=cited_of(each.citation),
        )

    def handling(self, fresh_for: Mapping[str, timedelta]) -> Handling:
        """What the rules of immunoglobulin need of the site; `fresh_for` is the ward's policy."""
        return Handling(
            fresh_for=fresh_for.get("igg"),
            trough_after=self.trough_after.value,
            infections_within=self.infections_within.value,
            recurrent_from=self.recurrent_from.value,
        )

    def confirming(self, fresh_for: Mapping[str, timedelta]) -> Confirming:
        """How CD4 is made sure, as the rules take it."""
        return Confirming(
            values=self.cd4.values,
            apart=self.cd4.apart,
            every_months=self.cd4.every_months,
            fresh_for=fresh_for.get("cd4"),
        )
