"""The inputs of IEC-HS, and of the HLH scales beside it: carHLH, HLH-2004, HScore."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from toxmon.grading import carhlh, hlh_2004, hscore, iec_hs
from toxmon.scales.inputs import Input, Stateless, count, limit, of_kind, one_of, yes_no

IEC_HS = (
    of_kind("ferritin_ng_ml", "Ferritin in ng/mL", "ferritin"),
    limit("ferritin_uln_ng_ml", "Upper limit of normal of ferritin", "ng/mL"),
    limit("ferritin_baseline_ng_ml", "Ferritin at the infusion", "ng/mL"),
    yes_no("ferritin_rising", "Ferritin rises rapidly, as a clinician judges"),
    of_kind("ast_u_l", "AST in U/L", "ast"),
    limit("ast_uln_u_l", "Upper limit of normal of AST", "U/L"),
    limit("ast_baseline_u_l", "AST before the infusion", "U/L"),
    of_kind("alt_u_l", "ALT in U/L", "alt"),
    limit("alt_uln_u_l", "Upper limit of normal of ALT", "U/L"),
    limit("alt_baseline_u_l", "ALT before the infusion", "U/L"),
    of_kind("fibrinogen_mg_dl", "Fibrinogen in mg/dL", "fibrinogen"),
    limit("fibrinogen_lln_mg_dl", "Lower limit of normal of fibrinogen", "mg/dL"),
    yes_no("hemophagocytosis", "Hemophagocytosis in marrow or other tissue"),
    of_kind("anc_per_ul", "Neutrophils per microliter", "anc"),
    of_kind("platelets_10e9_l", "Platelets in 10*9/L", "platelets"),
    yes_no("cytopenia_new", "A cytopenia is new, worsening or refractory"),
    of_kind("ldh_u_l", "LDH in U/L", "ldh"),
    limit("ldh_uln_u_l", "Upper limit of normal of LDH", "U/L"),
    of_kind("pt_s", "Prothrombin time in seconds", "pt"),
    limit("pt_uln_s", "Upper limit of normal of the prothrombin time", "s"),
    of_kind("aptt_s", "aPTT in seconds", "aptt"),
    limit("aptt_uln_s", "Upper limit of normal of the aPTT", "s"),
    yes_no("coagulation_prolonged", "PT or aPTT is prolonged, as a clinician finds"),
    of_kind("bilirubin_direct_mg_dl", "Direct bilirubin in mg/dL", "bilirubin_direct"),
    limit("bilirubin_direct_uln_mg_dl", "Upper limit of normal of direct bilirubin", "mg/dL"),
    yes_no("splenomegaly", "Spleen enlarged, new"),
    yes_no("fever", "Fever, new or persistent"),
    yes_no("neurotoxicity", "Neurotoxicity"),
    yes_no("pulmonary_manifestation", "Hypoxia, infiltrates or edema of the lungs"),
    yes_no("renal_insufficiency", "Renal insufficiency, new"),
    of_kind("triglycerides_mg_dl", "Triglycerides in mg/dL", "triglycerides"),
    yes_no("triglycerides_fasting", "Triglycerides were drawn fasting"),
    one_of("crs_state", "Where CRS stands", *iec_hs.CRS_STATES),
    yes_no("within_72_h", "The features appeared within about 72 hours of each other"),
    yes_no("other_cause", "The inflammation has another cause: CRS, infection, progression"),
    yes_no("confirmed", "A clinician has confirmed IEC-HS, or has ruled it out"),
    one_of("severity", "Severity of IEC-HS, as a clinician sees it", *iec_hs.SEVERITIES),
    yes_no("intervention", "Treated for IEC-HS, transfusion for low fibrinogen included"),
    yes_no("death_due_to_iec_hs", "The patient died of IEC-HS"),
)

CARHLH = (
    of_kind("ferritin_peak_ng_ml", "Highest ferritin in ng/mL", "ferritin"),
    yes_no("in_crs", "The highest ferritin is of the CRS phase"),
    count("liver_grade", "Worst of bilirubin, AST and ALT, CTCAE grade 0 to 5", 0, 5),
    count("oliguria_grade", "Oliguria, CTCAE grade 0 to 5", 0, 5),
    count("creatinine_grade", "Creatinine, CTCAE grade 0 to 5", 0, 5),
    count("pulmonary_edema_grade", "Pulmonary edema, CTCAE grade 0 to 5", 0, 5),
    yes_no("hemophagocytosis", "Hemophagocytosis in marrow or another organ"),
)

HLH_2004 = (
    yes_no("hlh_molecular_diagnosis", "A molecular diagnosis consistent with HLH"),
    yes_no("fever", "Fever, as a clinician finds it"),
    yes_no("splenomegaly", "Spleen enlarged"),
    of_kind("hemoglobin_g_dl", "Hemoglobin in g/dL", "hemoglobin"),
    yes_no("under_4_weeks_old", "The patient is under 4 weeks of age"),
    Input(
        "age_years", "Age in years; from 1 year on it answers the former", form="years", unit="a"
    ),
    of_kind("platelets_10e9_l", "Platelets in 10*9/L", "platelets"),
    of_kind("anc_per_ul", "Neutrophils per microliter", "anc"),
    of_kind("triglycerides_mg_dl", "Triglycerides in mg/dL", "triglycerides"),
    yes_no("triglycerides_fasting", "Triglycerides were drawn fasting"),
    of_kind("fibrinogen_mg_dl", "Fibrinogen in mg/dL", "fibrinogen"),
    yes_no("hemophagocytosis", "Hemophagocytosis in marrow, spleen or lymph nodes"),
    of_kind("nk_activity", "Activity of NK cells", "nk_activity"),
    of_kind("ferritin_ng_ml", "Ferritin in ng/mL", "ferritin"),
    of_kind("soluble_cd25_u_ml", "Soluble interleukin-2 receptor in U/mL", "soluble_cd25_units"),
)

HSCORE = (
    yes_no("known_immunosuppression", "HIV, or a long-term immunosuppressant before"),
    of_kind("temperature_c", "Temperature in Cel", "body_temperature"),
    yes_no("hepatomegaly", "Liver enlarged"),
    yes_no("splenomegaly", "Spleen enlarged"),
    of_kind("hemoglobin_g_dl", "Hemoglobin in g/dL", "hemoglobin"),
    of_kind("wbc_per_ul", "White cells per microliter", "wbc"),
    of_kind("platelets_10e9_l", "Platelets in 10*9/L", "platelets"),
    of_kind("ferritin_ng_ml", "Ferritin in ng/mL", "ferritin"),
    of_kind("triglycerides_mg_dl", "Triglycerides in mg/dL", "triglycerides"),
    of_kind("fibrinogen_mg_dl", "Fibrinogen in mg/dL", "fibrinogen"),
    of_kind("ast_u_l", "AST in U/L", "ast"),
    yes_no("hemophagocytosis", "Hemophagocytosis on a marrow aspirate"),
)

# No laboratory has a limit outside of these; one that is comes from another unit. They are wide,
# for they shall not judge a method.
LIMITS = {
    "ferritin_uln_ng_ml": ("10", "5000", "ng/mL"),
    "ast_uln_u_l": ("5", "500", "U/L"),
    "alt_uln_u_l": ("5", "500", "U/L"),
    "fibrinogen_lln_mg_dl": ("50", "600", "mg/dL"),
    "ldh_uln_u_l": ("50", "3000", "U/L"),
    "pt_uln_s": ("5", "60", "s"),
    "aptt_uln_s": ("10", "150", "s"),
    "bilirubin_direct_uln_mg_dl": ("0.05", "3", "mg/dL"),
}


def _in_another_unit(read: Mapping[str, Any]) -> dict[str, str]:
    """Limits of a laboratory's range that no laboratory has in the unit of the field."""
    faults = {}
    for name, (least, most, unit) in LIMITS.items():
        value = read.get(name)
        if value is not None and not Decimal(least) <= value <= Decimal(most):
            faults[name] = (
                f"is {value:f} {unit}; laboratories have limits from {least} to {most} {unit}. "
                "It is probably in another unit"
            )
    return faults


def _too_old(read: Mapping[str, Any]) -> dict[str, str]:
    """Nobody is under 4 weeks old and a year old."""
    if read.get("under_4_weeks_old") and read.get("age_years", 0) >= 1:
        return {"under_4_weeks_old": f"is true, and age_years is {read['age_years']:f}"}
    return {}


SCALES = (
    Stateless(iec_hs.IEC_HS, IEC_HS, check=_in_another_unit),
    Stateless(carhlh.CARHLH, CARHLH),
    Stateless(hlh_2004.HLH_2004, HLH_2004, check=_too_old),
    Stateless(hscore.HSCORE, HSCORE),
)
