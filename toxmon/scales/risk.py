"""The inputs of the risk scores: CAR-HEMATOTOX and EASIX. CRP is asked for in mg/dL, not mg/L."""

from __future__ import annotations

from toxmon.grading import car_hematotox, easix
from toxmon.scales.inputs import Input, Stateless, of_kind, one_of, yes_no

PLATELETS = of_kind("platelets_10e9_l", "Platelets in 10*9/L", "platelets")
CRP = of_kind("crp_mg_dl", "C-reactive protein in mg/dL", "crp", unit="mg/dL", over="10")
TRANSFUSED = yes_no("transfused_recently", "Platelets were transfused shortly before the sample")

HEMATOTOX = (
    PLATELETS,
    of_kind("anc_per_ul", "Neutrophils in /uL", "anc"),
    of_kind("hemoglobin_g_dl", "Hemoglobin in g/dL", "hemoglobin"),
    CRP,
    of_kind("ferritin_ng_ml", "Ferritin in ng/mL", "ferritin"),
    Input("age_years", "Age in years", form="years", unit="a"),
    one_of(
        "disease",
        "The treated disease: large B-cell lymphoma, mantle cell lymphoma, myeloma, acute "
        "lymphoblastic leukemia or another one",
        *car_hematotox.DISEASES,
    ),
    yes_no("before_lymphodepletion", "The sample was taken before lymphodepletion"),
    TRANSFUSED,
)

INDICES = (
    of_kind("ldh_u_l", "Lactate dehydrogenase in U/L", "ldh"),
    of_kind("creatinine_mg_dl", "Creatinine in serum in mg/dL", "creatinine"),
    PLATELETS,
    CRP,
    one_of("time_point", "When the sample was taken", *easix.TIME_POINTS),
    TRANSFUSED,
)

SCALES = (
    Stateless(car_hematotox.CAR_HEMATOTOX, HEMATOTOX),
    Stateless(easix.EASIX, INDICES),
)
