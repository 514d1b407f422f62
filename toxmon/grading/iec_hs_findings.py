"""What IEC-HS asks at one moment; units in the names."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.facts import Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the criteria and the grade ask, at one moment. None is not known.

    `*_baseline_*` are values before the cells were given. `other_cause` and `death_due_to_iec_hs`
    are acts of a clinician: None is "nobody said so". `confirmed`: a clinician says that it is
    IEC-HS, or that it is not. `intervention`: treatment for IEC-HS, or transfusion for it, is
    given. `within_72_h`: the features appeared together.
    """

    ferritin_ng_ml: Number | None = None
    ferritin_uln_ng_ml: Decimal | None = None
    ferritin_baseline_ng_ml: Decimal | None = None
    ferritin_rising: bool | None = None
    ast_u_l: Number | None = None
    ast_uln_u_l: Decimal | None = None
    ast_baseline_u_l: Decimal | None = None
    alt_u_l: Number | None = None
    alt_uln_u_l: Decimal | None = None
    alt_baseline_u_l: Decimal | None = None
    fibrinogen_mg_dl: Number | None = None
    fibrinogen_lln_mg_dl: Decimal | None = None
    hemophagocytosis: bool | None = None
    anc_per_ul: Number | None = None
    platelets_10e9_l: Number | None = None
    cytopenia_new: bool | None = None
    ldh_u_l: Number | None = None
    ldh_uln_u_l: Decimal | None = None
    pt_s: Number | None = None
    pt_uln_s: Decimal | None = None
    aptt_s: Number | None = None
    aptt_uln_s: Decimal | None = None
    coagulation_prolonged: bool | None = None
    bilirubin_direct_mg_dl: Number | None = None
    bilirubin_direct_uln_mg_dl: Decimal | None = None
    splenomegaly: bool | None = None
    fever: bool | None = None
    neurotoxicity: bool | None = None
    pulmonary_manifestation: bool | None = None
    renal_insufficiency: bool | None = None
    triglycerides_mg_dl: Number | None = None
    triglycerides_fasting: bool | None = None
    crs_state: str | None = None
    within_72_h: bool | None = None
    other_cause: bool | None = None
    confirmed: bool | None = None
    severity: str | None = None
    intervention: bool | None = None
    death_due_to_iec_hs: bool | None = None
