"""Immunoglobulin: does a policy speak for it, what is missing to say so, how much for the weight.

Sources differ on IgG of exactly 400 mg/dL and on whether there must be an infection, so each rule
has a name in `protocols/prevention/` and one is in force. `below` is exclusive, `at_most`
inclusive, `above` exclusive; IgG in mg/dL. For example Hakan 2024, doi:10.3389/fmed.2024.1413825
(below 400, infection or not) and Raje 2023, doi:10.1038/s41408-023-00879-7, table 4.

A level that may be too high proves nothing against a dose: soon after a dose it is no trough, and
in IgG myeloma it contains the M-protein. What such a level is below, the trough and the normal IgG
are below all the more. An infection that nobody charted is not known, never absent (decision 0083).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from toxmon.dosing.dates import months_later
from toxmon.dosing.drug import Cited
from toxmon.dosing.reading import Reading
from toxmon.grading.facts import above, below, both, either, negated

NEEDS: Mapping[str, str] = {
    "infection": "an infection",
    "recurrent_infection": "recurrent infections",
    "sinopulmonary_infection": "an infection of sinuses or lungs",
    "recurrent_sinopulmonary_infection": "recurrent infections of sinuses or lungs",
    "severe_or_recurrent_infection": "a severe or recurrent infection",
    "recurrent_severe_encapsulated_infection": "two or more severe infections with encapsulated "
    "bacteria",
    "life_threatening_infection": "a life-threatening infection",
    "bacterial_infection_failing_antibiotics": "a bacterial infection in spite of antibiotics",
    "low_iga_and_igm": "low IgA and IgM",
    "poor_vaccine_response": "a poor answer to vaccines",
}
"""What a rule may ask beside the level. The first five follow from infections that were charted;
the others, and a severe infection, a clinician charts as such."""
SEVERE = "severe_infection"
CHARTED = (
    SEVERE, "life_threatening_infection", "recurrent_severe_encapsulated_infection",
    "bacterial_infection_failing_antibiotics", "low_iga_and_igm", "poor_vaccine_response",
)  # fmt: skip
"""The kinds of observation, yes or no, that are asked."""

WARNINGS: Mapping[str, str] = {
    "m_protein_in_igg": "the M-protein is IgG and counts into the level: the normal IgG is lower",
    "m_protein_not_stated": "whether an M-protein counts into the level was not said",
    "igg_after_immunoglobulin": "the sample was drawn soon after a dose: it is no trough",
    "igg_stale": "the level is older than the site allows",
    "written_for_another_target": "the policy in force was written for another target",
    "weight_missing": "there is no weight: no dose is computed",
    "weight_stale": "the weight is too old: no dose is computed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One way to fulfill a policy: the level, and what else there must be. None asks no bound."""

    below: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    needs: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The rule in words: "IgG below 400 mg/dL and an infection"."""
        parts = [
            f"IgG {word} {bound:f} mg/dL"
            for word, bound in (
                ("below", self.below), ("at most", self.at_most), ("above", self.above)
            )
            if bound is not None
        ]  # fmt: skip
        return " and ".join([*parts, *(NEEDS[each] for each in self.needs)])


@dataclass(frozen=True, slots=True, kw_only=True)
class IggPolicy:
    """A named rule. `only_against`: it never speaks for a dose, only against one.

    `dose_low`, `dose_high` in mg/kg; `every` between two doses. `targets` are parts of the product
    targets it was written for; none is any.
    """

    name: str
    title: str
    in_force: bool
    triggers: tuple[Trigger, ...]
    says: str
    cited: Cited
    only_against: bool = False
    dose_low: Decimal | None = None
    dose_high: Decimal | None = None
    every: timedelta | None = None
    until: str | None = None
    targets: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Infection:
    """An infection as a clinician has charted it."""

    at: datetime
    cause: str
    sinopulmonary: bool
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What the site decides: how old a level may be (None: any age), when it is a trough again.

    `infections_within` and `recurrent_from`: infections so long ago count, and so many recur.
    """

    fresh_for: timedelta | None
    trough_after: timedelta
    infections_within: timedelta
    recurrent_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known. `doses` of immunoglobulin, oldest first; `paraprotein`: the M-protein is IgG.

    `m_protein`: is there one? `subtracted`: was it taken off the level? None is not known.
    `myeloma`: is the product one for myeloma, where an M-protein must be asked about?
    `said`: of CHARTED, what a clinician has charted, as long as it holds.
    """

    igg: Reading | None = None
    doses: tuple[datetime, ...] = ()
    infections: tuple[Infection, ...] = ()
    paraprotein: bool | None = None
    subtracted: bool | None = None
    m_protein: bool | None = None
    myeloma: bool = False
    said: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Does a policy speak for immunoglobulin? `answer` None: not known, for want of `missing`."""

    policy: IggPolicy
    answer: bool | None
    says: str
    missing: tuple[str, ...]


def advice(policy: IggPolicy, found: Findings, handling: Handling, now: datetime) -> Advice:
    """What a policy says at `now` (aware)."""
    fulfilled: bool | None = False
    missing: list[str] = []
    for trigger in policy.triggers:
        level = _level(trigger, found, handling, now)
        parts = {need: charted(need, found, handling, now) for need in trigger.needs}
        answer = level
        for part in parts.values():
            answer = both(answer, part)
        if answer is None:
            missing += ["igg"] if level is None else []
            missing += [need for need, part in parts.items() if part is None]
        fulfilled = either(fulfilled, answer)
    return Advice(
        policy=policy,
        answer=fulfilled,
        says=_words(policy, fulfilled),
        missing=tuple(dict.fromkeys(missing)) if fulfilled is None else (),
    )


def warnings(found: Findings, handling: Handling, now: datetime) -> tuple[str, ...]:
    """What a reader must know beside the level."""
    if found.igg is None:
        return ()
    open_protein = (
        found.paraprotein is None and not found.subtracted and found.m_protein is not False
    )
    codes = {
        "m_protein_in_igg": found.paraprotein is True and not found.subtracted,
        "m_protein_not_stated": open_protein and (found.myeloma or found.m_protein is True),
        "igg_after_immunoglobulin": not is_trough(found, handling),
        "igg_stale": not found.igg.is_fresh(now, handling.fresh_for),
    }
    return tuple(code for code, true in codes.items() if true)


def is_trough(found: Findings, handling: Handling) -> bool:
    """Was the level drawn long enough after the last dose before it? Exactly so long after is."""
    if found.igg is None:
        return True
    before = [at for at in found.doses if at <= found.igg.at]
    return not before or found.igg.at - max(before) >= handling.trough_after


def charted(need: str, found: Findings, handling: Handling, now: datetime) -> bool | None:
    """Is it known from what was charted? Of infections never False: one not charted may be."""
    recent = [
        each for each in found.infections if now - handling.infections_within <= each.at <= now
    ]
    of_airways = [each for each in recent if each.sinopulmonary]
    many = handling.recurrent_from
    known = {
        "infection": len(recent) >= 1,
        "recurrent_infection": len(recent) >= many,
        "sinopulmonary_infection": len(of_airways) >= 1,
        "recurrent_sinopulmonary_infection": len(of_airways) >= many,
        "severe_or_recurrent_infection": len(recent) >= many or found.said.get(SEVERE) is True,
    }
    if need in known:
        return True if known[need] else None
    return found.said.get(need)


def dose_for(policy: IggPolicy, kg: Decimal) -> tuple[Decimal, Decimal] | None:
    """The least and the most mg for a weight, exact; None where the policy names no dose."""
    if policy.dose_low is None or policy.dose_high is None:
        return None
    return policy.dose_low * kg, policy.dose_high * kg


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """When IgG is measured: on `first_day`, then every so many months, sooner while treated."""

    first_day: int
    every_months: int
    while_treated_months: int
    cited: Cited


def measure_next(
    measuring: Measuring, infused_on: date, last_on: date | None, last_dose_on: date | None
) -> date:
    """The site's date on which the next level is due.

    While treated is: the last dose is no older than the interval without treatment.
    """
    first = infused_on + timedelta(days=measuring.first_day)
    if last_on is None:
        return first
    treated = last_dose_on is not None and (
        months_later(last_dose_on, measuring.every_months) >= last_on
    )
    months = measuring.while_treated_months if treated else measuring.every_months
    following = months_later(last_on, months)
    return following if last_on >= first or treated else max(first, last_on)


def _level(trigger: Trigger, found: Findings, handling: Handling, now: datetime) -> bool | None:
    """Is the level where the trigger asks it to be?"""
    bounds = tuple(_compared(trigger, found.igg))
    if not bounds:
        return True
    if found.igg is None or not found.igg.is_fresh(now, handling.fresh_for):
        return None
    too_high = may_be_too_high(found, handling)
    answer: bool | None = True
    for low_side, compared in bounds:
        # The true level is at most the one measured: "below" can still become true, "above" false.
        undecided = too_high and compared is not low_side
        answer = both(answer, None if undecided else compared)
    return answer


def may_be_too_high(found: Findings, handling: Handling) -> bool:
    """May the trough of normal IgG be lower than the level that was measured?"""
    protein = not found.subtracted and (
        found.paraprotein is True or (found.paraprotein is None and found.m_protein is True)
    )
    return protein or not is_trough(found, handling)


def _compared(trigger: Trigger, igg: Reading | None) -> Iterator[tuple[bool, bool | None]]:
    """Each bound: is it one from above ("below", "at most"), and what the level says to it."""
    number = None if igg is None else igg.value
    if trigger.below is not None:
        yield True, below(number, trigger.below)
    if trigger.at_most is not None:
        yield True, negated(above(number, trigger.at_most))
    if trigger.above is not None:
        yield False, above(number, trigger.above)


def _words(policy: IggPolicy, answer: bool | None) -> str:
    rule = "; or ".join(trigger.says for trigger in policy.triggers)
    if policy.only_against:
        if answer:
            return f"It does not speak against a dose: {rule}."
        return f"Not without {rule}, as far as is known."
    if answer is None:
        return f"It is not known whether this is so: {rule}."
    return policy.says if answer else f"Not so: {rule}."
