"""A CRS scale from before 2019 as a table: which sign stands on which step.

The four tables ask the same signs, so a scale is its list of steps and nothing else. The words of
a sign, the findings that it rests on and the sign that a clinician may attribute are said once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from toxmon.grading.grade import Grade, Reason
from toxmon.grading.ladder import Criterion, answer
from toxmon.grading.older_findings import ORGAN_WARNINGS, WARNINGS, Findings
from toxmon.grading.older_signs import signs
from toxmon.grading.scale import Scale


class Words(NamedTuple):
    """A sign in words, the findings that it rests on, and the one that attributes it."""

    text: str
    findings: tuple[str, ...]
    cause: str | None = None


FEVER = "fever_other_cause"
PRESSURE = "hypotension_other_cause"
AIR = "hypoxia_other_cause"
ORGAN = "organ_toxicity_other_cause"
CAUSES: Mapping[str, str] = {
    FEVER: "fever",
    PRESSURE: "hypotension",
    AIR: "hypoxia",
    ORGAN: "organ toxicity",
}
FLUIDS = ("hypotension_answers_to_fluids", "fluids_for_hypotension")
DRUGS = ("vasopressors", "vasopressor_high_dose", "vasopressor_refractory", "vasopressor_hours")
OXYGEN = ("oxygen_device", "oxygen_flow_l_min", "fraction_inspired_oxygen_percent")
VENTILATION = ("oxygen_device", "ventilation_reason")
ORGANS = ("organ_toxicity_grade", "creatinine_grade")
LIVER = ("transaminase_grade",)
COAGULATION = ("coagulopathy_needing_products",)

WORDS: Mapping[str, Words] = {
    "fever": Words("fever of 38.0 Cel or more", ("temperature_c",), FEVER),
    "constitutional_symptoms": Words("constitutional symptoms", ("constitutional_symptoms",)),
    "hospitalized": Words("in hospital to manage CRS", ("hospitalized_for_crs",)),
    "hypotension": Words("hypotension", ("hypotension",), PRESSURE),
    "fluids": Words("fluids given for hypotension", FLUIDS, PRESSURE),
    "unanswered": Words(
        "hypotension that does not answer to fluids", ("hypotension", *FLUIDS), PRESSURE
    ),
    "vasopressor": Words("a vasopressor", DRUGS, PRESSURE),
    "several": Words("more than one vasopressor", DRUGS, PRESSURE),
    "high_dose": Words("a vasopressor at a high dose", DRUGS, PRESSURE),
    "refractory": Words("hypotension in spite of high-dose vasopressors", DRUGS, PRESSURE),
    "a_day": Words("a vasopressor for 24 hours or more", DRUGS, PRESSURE),
    "oxygen": Words("oxygen for hypoxia", OXYGEN, AIR),
    "much_oxygen": Words("40 % oxygen or more for hypoxia", OXYGEN, AIR),
    "mask_pressure": Words("CPAP or BiPAP for hypoxia", VENTILATION, AIR),
    "ventilator": Words("ventilation for hypoxia", VENTILATION, AIR),
    **{
        f"organ_{step}": Words(f"organ toxicity of grade {step} or more", ORGANS, ORGAN)
        for step in range(1, 5)
    },
    **{
        f"transaminases_{step}": Words(f"transaminases of grade {step} or more", LIVER, ORGAN)
        for step in range(1, 5)
    },
    "coagulopathy": Words("coagulopathy that needs blood products", COAGULATION, ORGAN),
}

LEFT_OPEN: Mapping[str, str] = {
    "unanswered": "The hypotension does not answer to fluids and no vasopressor is running. The "
    "table goes by what is needed and does not describe this.",
    "mask_pressure": "CPAP or BiPAP for hypoxia. The table says ventilator and does not say "
    "whether positive pressure by a mask is one.",
    "organ_4": "An organ toxicity of grade 4. The table names organ dysfunction up to grade 3, and "
    "of grade 4 only that it is life-threatening.",
}
"""The warning `<sign>_not_settled`, where the paper leaves open whether a sign reaches a step."""

VASOPRESSIN_COUNTED = (
    "Vasopressin makes this more than one vasopressor. The table does not set it apart, as ASTCT "
    "does."
)
HYPOTENSION_UNTREATED = (
    "Hypotension is charted, and nothing that is given for it. The table goes by the treatment."
)


@dataclass(frozen=True, slots=True)
class Step:
    """A sign stands on a step; `settled` is no where the paper leaves that open."""

    step: int
    sign: str
    settled: bool = True


def older_scale(
    *,
    name: str,
    title: str,
    edition: str,
    source: str,
    steps: tuple[Step, ...],
    notices: Mapping[str, str],
) -> Scale:
    """A scale from its table; `notices` words the signs that it tells of and does not grade."""
    left_open = {
        f"{each.sign}_not_settled": LEFT_OPEN[each.sign] for each in steps if not each.settled
    }

    identity = (name, edition, source)
    table = [
        (
            each.step,
            each.sign,
            WORDS[each.sign],
            None if each.settled else f"{each.sign}_not_settled",
        )
        for each in steps
    ]

    def grade(findings: Findings) -> Grade:
        if findings.death_due_to_crs:
            reason = Reason(f"{name}.death", "death due to CRS", source, ("death_due_to_crs",))
            return Grade(name, edition, 5, 5, (reason,))
        found, notable = signs(findings)
        criteria = [
            Criterion(step, sign, text, found[sign], names, cause, unsettled)
            for step, sign, (text, names, cause), unsettled in table
            if found[sign].so is not False
        ]
        return answer(identity, findings, criteria, (n for n in notable if n in worded), CAUSES)

    organs = any(WORDS[each.sign].cause == ORGAN for each in steps)
    worded = {**WARNINGS, **(ORGAN_WARNINGS if organs else {}), **left_open, **notices}
    return Scale(
        name=name,
        title=title,
        edition=edition,
        source=source,
        warnings=worded,
        findings=Findings,
        grade=grade,
    )
