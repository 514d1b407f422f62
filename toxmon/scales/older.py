"""The inputs of the CRS scales before 2019, which are the same for all four, and of CRES."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from toxmon.grading import cres, older_crs
from toxmon.scales.inputs import Input, Stateless, count, of_kind, yes_no

CRS = (
    of_kind("temperature_c", "Temperature in Cel", "body_temperature"),
    yes_no("fever_other_cause", "The fever has another cause"),
    yes_no("constitutional_symptoms", "Malaise, myalgia, headache or the like"),
    yes_no("hypotension", "Hypotension now, as a clinician finds it"),
    yes_no("hypotension_other_cause", "The hypotension has another cause"),
    yes_no("hypotension_answers_to_fluids", "The hypotension answers to fluids"),
    yes_no("fluids_for_hypotension", "Fluids given for hypotension; by Penn, several boluses"),
    of_kind("vasopressors", "Vasopressors running now; an empty list is none", "vasopressors"),
    yes_no("vasopressor_high_dose", "A vasopressor at a high dose for 3 hours or more"),
    yes_no("vasopressor_refractory", "Hypotension in spite of high-dose vasopressors"),
    count(
        "vasopressor_hours",
        "Full hours for which a vasopressor has run without a break",
        0,
        100_000,
        "h",
    ),
    of_kind("oxygen_device", "How oxygen is given", "oxygen_device"),
    of_kind("oxygen_flow_l_min", "Oxygen flow in L/min", "oxygen_flow"),
    of_kind(
        "fraction_inspired_oxygen_percent",
        "Fraction of inspired oxygen in %",
        "fraction_inspired_oxygen",
    ),
    of_kind("ventilation_reason", "Why the patient is ventilated", "ventilation_reason"),
    yes_no("hypoxia_other_cause", "The hypoxia has another cause"),
    of_kind(
        "organ_toxicity_grade",
        "Worst organ toxicity but transaminases, CTCAE grade",
        "organ_toxicity_grade",
    ),
    of_kind("transaminase_grade", "Transaminases, CTCAE grade", "transaminase_grade"),
    count("creatinine_grade", "Creatinine, CTCAE grade", 0, 5),
    yes_no("coagulopathy_needing_products", "Coagulopathy that needs blood products"),
    yes_no("organ_toxicity_other_cause", "The organ toxicity has another cause"),
    yes_no("hospitalized_for_crs", "In hospital to manage CRS, fever with neutropenia included"),
    yes_no("death_due_to_crs", "The patient died of CRS"),
)
"""One set of findings can be sent to each of the four, and is graded by what its table asks."""

CRES = (
    of_kind("cartox_10_score", "CARTOX-10 total, 0 to 10", "cartox_10_score"),
    Input(
        "cartox",
        "CARTOX-10 items",
        form="items",
        parts=tuple(
            of_kind(item, f"0 to {most}", cres.CHARTED_AS[item])
            for item, most in cres.CARTOX_10_ITEMS.items()
        ),
    ),
    of_kind("consciousness", "Level of consciousness", "consciousness"),
    yes_no("consciousness_other_cause", "Reduced consciousness has another cause: sedation"),
    of_kind("papilledema_stage", "Papilledema, stage 0 to 5", "papilledema_stage"),
    of_kind(
        "csf_opening_pressure_mmhg",
        "Opening pressure of the cerebrospinal fluid in mm[Hg]",
        "csf_opening_pressure",
    ),
    of_kind("cerebral_edema", "Cerebral edema on imaging", "cerebral_edema"),
    yes_no("edema_other_cause", "The edema or raised pressure has another cause"),
    of_kind("seizure", "A seizure", "seizure"),
    of_kind("seizure_type", "Kind of seizure", "seizure_type"),
    yes_no("seizure_resolved", "The seizure resolved, by itself or with treatment"),
    yes_no("status_epilepticus", "Status epilepticus"),
    yes_no("seizure_other_cause", "The seizure has another cause"),
    of_kind("motor_weakness", "Motor weakness", "motor_weakness"),
    yes_no("motor_weakness_other_cause", "The weakness has another cause"),
    yes_no("death_due_to_icans", "The patient died of the neurotoxicity"),
)


def _crs_findings(read: Mapping[str, Any]) -> older_crs.Findings:
    counted = ("vasopressor_hours", "creatinine_grade")
    numbers = {name: Decimal(read[name]) for name in counted if name in read}
    return older_crs.Findings(**{**read, **numbers})


def _cartox_adds_up(read: Mapping[str, Any]) -> dict[str, str]:
    items, total = read.get("cartox"), read.get("cartox_10_score")
    if not items or not isinstance(total, Decimal):
        return {}
    low = sum(items.values())
    high = low + sum(most for name, most in cres.CARTOX_10_ITEMS.items() if name not in items)
    if low <= total <= high:
        return {}
    words = f"is {total}, and the items add up to {low}"
    more = "" if low == high else f", at most {high} with those not sent"
    return {"cartox_10_score": words + more}


SCALES = (
    *(Stateless(scale, CRS, gather=_crs_findings) for scale in older_crs.SCALES),
    Stateless(cres.CRES, CRES, check=_cartox_adds_up),
)
