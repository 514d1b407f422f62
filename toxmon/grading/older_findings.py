"""What the CRS scales before 2019 are worked out from, and the warnings that they share.

No scale is ever converted into another: each is worked out from these findings.

High-dose vasopressors, each for 3 h or more, as Lee 2014 defines them: norepinephrine >= 20 ug/min;
dopamine >= 10 ug/kg/min; phenylephrine >= 200 ug/min; epinephrine >= 10 ug/min; on vasopressin, the
others together >= 10 ug/min of norepinephrine; several without vasopressin, together >= 20 ug/min.
That table is from memory and was not checked against the paper. No dose is read here: a clinician
charts whether the dose is high (decision 0044).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from toxmon.grading.facts import Number

WARNINGS: Mapping[str, str] = {
    "fever_other_cause_not_stated": "No other cause of the fever was ruled in or out; it is "
    "counted as CRS.",
    "hypotension_other_cause_not_stated": "No other cause of the hypotension was ruled in or out; "
    "it is counted as CRS.",
    "hypoxia_other_cause_not_stated": "No other cause of the hypoxia was ruled in or out; it is "
    "counted as CRS.",
    "hypotension_provisional": "Hypotension is read from the blood pressure by the ward's policy; "
    "no clinician has charted a finding.",
    "inotrope_not_counted": "An inotrope or midodrine is running. The table does not name it and "
    "it is not counted as a vasopressor.",
    "vasopressor_contradictory": "What is charted of the vasopressors contradicts itself: none is "
    "running, or the dose is not high, and yet a high dose, hypotension in spite of one, or hours "
    "of running. The worse counts.",
    "fluids_contradictory": "Hypotension is charted as answering to fluids, and fluids as not "
    "given; they are taken as given.",
    "cannula_without_flow": "A nasal cannula is charted with a flow of 0 L/min and is read as no "
    "oxygen.",
    "oxygen_contradictory": "No oxygen is charted as given, and a fraction of inspired oxygen "
    "above that of room air. The worse counts.",
    "ventilation_reason_unknown": "The patient is ventilated and the reason is not charted. For "
    "hypoxia it is grade 4, to protect the airway or for a procedure it does not count.",
}
"""Warnings that each of these scales may give."""

ORGAN_WARNINGS: Mapping[str, str] = {
    "organ_toxicity_other_cause_not_stated": "No other cause of the organ toxicity was ruled in or "
    "out; it is counted as CRS.",
    "organ_toxicity_contradictory": "The toxicity of the kidneys is charted as worse than the "
    "worst toxicity of any organ. The worse counts.",
}
"""Those of the scales that ask for organ toxicity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the tables ask, at one moment. None is not known, which is not the same as no.

    `vasopressor_high_dose`, `vasopressor_refractory`: as a clinician charts it, see above.
    `vasopressor_hours`: for how long any vasopressor has run without a break, in h.
    `organ_toxicity_grade`: the worst of all organs but transaminases; `creatinine_grade` is the
    kidneys' share of it.
    `*_other_cause` and `death_due_to_crs` are acts of a clinician: None is "nobody said so". The
    other cause of an organ toxicity is that of all organs, transaminases and coagulopathy.
    """

    temperature_c: Number | None = None
    fever_other_cause: bool | None = None
    constitutional_symptoms: bool | None = None
    hypotension: bool | None = None
    hypotension_other_cause: bool | None = None
    hypotension_answers_to_fluids: bool | None = None
    fluids_for_hypotension: bool | None = None
    vasopressors: tuple[str, ...] | None = None
    vasopressor_high_dose: bool | None = None
    vasopressor_refractory: bool | None = None
    vasopressor_hours: Number | None = None
    oxygen_device: str | None = None
    oxygen_flow_l_min: Number | None = None
    fraction_inspired_oxygen_percent: Number | None = None
    ventilation_reason: str | None = None
    hypoxia_other_cause: bool | None = None
    organ_toxicity_grade: Number | None = None
    transaminase_grade: Number | None = None
    creatinine_grade: Number | None = None
    coagulopathy_needing_products: bool | None = None
    organ_toxicity_other_cause: bool | None = None
    hospitalized_for_crs: bool | None = None
    death_due_to_crs: bool | None = None
