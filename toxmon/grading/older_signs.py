"""The signs that the CRS scales before 2019 put on their steps, each yes, no or not known.

Units: temperature in Cel, oxygen flow in L/min, fraction of inspired oxygen in %, hours in h,
organ toxicities in CTCAE grades 0 to 5.
Bounds: fever is >= 38.0 Cel; oxygen is given above 21 %; much oxygen is >= 40 %; a day of
vasopressors is >= 24 h.
Source: none of its own; each scale names the paper that it takes its steps from.
Read by us: no fever is required and every sign counts unless attributed (decision 0042), oxygen
(0043), hypotension, fluids and vasopressors (0044).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from toxmon.grading.crs import NOT_FOR_HYPOXIA, POSITIVE_PRESSURE, VASOPRESSIN, VASOPRESSORS
from toxmon.grading.facts import above, at_least
from toxmon.grading.ladder import NO, YES, Sign, all_of, known, opposite
from toxmon.grading.older_findings import Findings

FEVER_CEL = Decimal("38.0")
ROOM_AIR_PERCENT = Decimal(21)
MUCH_OXYGEN_PERCENT = Decimal(40)
A_DAY_HOURS = Decimal(24)
NOTHING = Decimal(0)
STEPS: Mapping[int, Decimal] = {step: Decimal(step) for step in range(1, 5)}
"""The grades of CTCAE that a table names; a toxicity that kills is at least of grade 4."""

COUNTED = VASOPRESSORS | VASOPRESSIN
"""Only ASTCT sets vasopressin apart (decision 0044)."""


class Circulation(NamedTuple):
    """Hypotension and what is done for it; every sign is no where it has another cause.

    `low` is hypotension now. `unanswered` is hypotension now that does not answer to fluids and
    has no vasopressor.
    """

    low: Sign = NO
    fluids: Sign = NO
    vasopressor: Sign = NO
    several: Sign = NO
    high_dose: Sign = NO
    refractory: Sign = NO
    a_day: Sign = NO
    unanswered: Sign = NO
    notable: tuple[str, ...] = ()


class Breathing(NamedTuple):
    """Oxygen that is given for hypoxia; every sign is no where it has another cause."""

    oxygen: Sign = NO
    much: Sign = NO
    mask_pressure: Sign = NO
    ventilator: Sign = NO
    notable: tuple[str, ...] = ()


def fever(findings: Findings) -> Sign:
    """A temperature of 38.0 Cel or more, not explained by another cause."""
    if findings.fever_other_cause:
        return NO
    return known(at_least(findings.temperature_c, FEVER_CEL), "temperature_c")


def said(findings: Findings, name: str) -> Sign:
    """A yes or no as it was charted."""
    return known(getattr(findings, name), name)


def circulation(findings: Findings) -> Circulation:
    """Hypotension, fluids, vasopressors (decision 0044).

    Fluids given for hypotension, and a running vasopressor, prove the hypotension that they were
    given for, whatever the pressure is now. High dose, refractory and hours prove a vasopressor.
    """
    if findings.hypotension_other_cause:
        return Circulation()
    listed, high = findings.vasopressors, findings.vasopressor_high_dose
    refractory, hours = findings.vasopressor_refractory, findings.vasopressor_hours
    answers, given = findings.hypotension_answers_to_fluids, findings.fluids_for_hypotension
    counted = COUNTED.intersection(listed or ())
    proven = bool(high or refractory or above(hours, NOTHING))
    several: bool | None = len(counted) >= 2
    running: bool | None = bool(counted) or proven
    if listed is None and not proven:
        running = None
    if listed is None:
        several = None
    vasopressor = known(running, "vasopressors")
    low = said(findings, "hypotension")
    # Whoever answers to fluids was given some.
    fluids = known(True if answers else given, "fluids_for_hypotension")
    notable = []
    if listed is not None and set(listed) - COUNTED:
        notable.append("inotrope_not_counted")
    if (listed is not None and proven and not counted) or (refractory and high is False):
        notable.append("vasopressor_contradictory")
    if len(counted) >= 2 > len(counted - VASOPRESSIN):
        notable.append("vasopressin_counted")
    if answers and given is False:
        notable.append("fluids_contradictory")
    if low.so and fluids.so is False and running is False:
        notable.append("hypotension_untreated")
    # Refractory is to a high dose: it proves one, and without one there is nothing to defy.
    dose = known(True if refractory else high, "vasopressor_high_dose")
    defied = known(
        False if refractory is None and high is False else refractory, "vasopressor_refractory"
    )
    return Circulation(
        low,
        fluids,
        vasopressor,
        known(several, "vasopressors"),
        all_of(vasopressor, dose),
        all_of(vasopressor, defied),
        all_of(vasopressor, known(at_least(hours, A_DAY_HOURS), "vasopressor_hours")),
        all_of(
            low, opposite(known(answers, "hypotension_answers_to_fluids")), opposite(vasopressor)
        ),
        tuple(notable),
    )


def breathing(findings: Findings) -> Breathing:
    """Oxygen and ventilation (decision 0043).

    | device                                | oxygen | 40 % or more     | mask pressure | ventilator |
    | ------------------------------------- | ------ | ---------------- | ------------- | ---------- |
    | room air, a cannula at 0 L/min        | no     | no               | no            | no         |
    | cannula, blow-by, high flow, any mask | yes    | by the fraction  | no            | no         |
    | CPAP, BiPAP                           | yes    | by the fraction  | yes           | no         |
    | invasive ventilation, ECMO            | yes    | by the fraction  | no            | yes        |
    | not known                             | by flow or fraction | by the fraction | not known | not known |

    Pressure or ventilation that is not for hypoxia is none of these. No fraction is ever worked
    out from a flow.
    """  # noqa: E501 - a table is read across
    if findings.hypoxia_other_cause:
        return Breathing()
    device, flow = findings.oxygen_device, findings.oxygen_flow_l_min
    fraction = findings.fraction_inspired_oxygen_percent
    added = above(fraction, ROOM_AIR_PERCENT)
    much = known(at_least(fraction, MUCH_OXYGEN_PERCENT), "fraction_inspired_oxygen_percent")
    if device is None:
        oxygen = known(True if added or above(flow, NOTHING) else None, "oxygen_device")
        unknown = known(None, "oxygen_device")
        return Breathing(oxygen, all_of(oxygen, much), unknown, unknown)
    off = device == "nasal_cannula" and above(flow, NOTHING) is False
    if device == "room_air" or off:
        notable = ("cannula_without_flow",) if off else ()
        if added:
            return Breathing(YES, much, NO, NO, (*notable, "oxygen_contradictory"))
        return Breathing(notable=notable)
    if device == "ecmo":
        return Breathing(YES, much, NO, YES)
    if device not in POSITIVE_PRESSURE and device != "invasive_ventilation":
        return Breathing(YES, much, NO, NO)
    if findings.ventilation_reason in NOT_FOR_HYPOXIA:
        return Breathing()
    if device in POSITIVE_PRESSURE:
        return Breathing(YES, much, YES, NO)
    if findings.ventilation_reason is None:
        # For hypoxia it is a ventilator, else it is nothing: the fraction does not matter.
        unknown = known(None, "ventilation_reason")
        return Breathing(unknown, unknown, NO, unknown, ("ventilation_reason_unknown",))
    return Breathing(YES, much, NO, YES)


def organ_toxicity(findings: Findings) -> dict[str, Sign]:
    """Organ toxicities by CTCAE grade, transaminases apart (decision 0042)."""
    if findings.organ_toxicity_other_cause:
        return _NO_TOXICITY
    worst, kidneys = findings.organ_toxicity_grade, findings.creatinine_grade
    liver = findings.transaminase_grade
    found = {}
    for step, bound in STEPS.items():
        # The worst of all organs includes the kidneys; the kidneys alone can only raise it.
        so = at_least(kidneys, bound) or at_least(worst, bound)
        found[f"organ_{step}"] = known(so, "organ_toxicity_grade")
        found[f"transaminases_{step}"] = known(at_least(liver, bound), "transaminase_grade")
    return found


def coagulopathy(findings: Findings) -> Sign:
    """A coagulopathy that needs blood products."""
    return (
        NO
        if findings.organ_toxicity_other_cause
        else said(findings, "coagulopathy_needing_products")
    )


def contradictory_organs(findings: Findings) -> tuple[str, ...]:
    """A warning where the kidneys are charted as worse than the worst of all organs."""
    if findings.organ_toxicity_other_cause:
        return ()
    worse = any(
        at_least(findings.creatinine_grade, bound)
        and at_least(findings.organ_toxicity_grade, bound) is False
        for bound in STEPS.values()
    )
    return ("organ_toxicity_contradictory",) if worse else ()


_NO_TOXICITY = {f"{what}_{step}": NO for what in ("organ", "transaminases") for step in STEPS}


def signs(findings: Findings) -> tuple[dict[str, Sign], tuple[str, ...]]:
    """Every sign by name, and the codes of what is notable whatever step is reached."""
    blood, air = circulation(findings), breathing(findings)
    found = {
        "fever": fever(findings),
        "constitutional_symptoms": said(findings, "constitutional_symptoms"),
        "hospitalized": said(findings, "hospitalized_for_crs"),
        "hypotension": blood.low,
        "fluids": blood.fluids,
        "unanswered": blood.unanswered,
        "vasopressor": blood.vasopressor,
        "several": blood.several,
        "high_dose": blood.high_dose,
        "refractory": blood.refractory,
        "a_day": blood.a_day,
        "oxygen": air.oxygen,
        "much_oxygen": air.much,
        "mask_pressure": air.mask_pressure,
        "ventilator": air.ventilator,
        "coagulopathy": coagulopathy(findings),
        **organ_toxicity(findings),
    }
    return found, (*blood.notable, *air.notable, *contradictory_organs(findings))
