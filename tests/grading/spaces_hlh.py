"""The inputs that `test_hlh_proofs.py` enumerates: blocks of findings, their order, the sweeps.

The orders and the exemptions say what is clinically worse and what is learnt, in terms of the
findings alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Any

from tests.grading import second_hlh
from tests.grading.spaces import ANY, ATTRIBUTED, SAID, Block, Given, Sweep, contexts, ranked
from toxmon.grading.facts import Bounds

D = Decimal
SEVERITIES = ("none", "mild", "moderate", "severe", "life_threatening", "death")


def below(number: str) -> Bounds:
    return Bounds(D(0), D(number), high_open=True)


def above(number: str) -> Bounds:
    return Bounds(D(number), None, low_open=True)


# What is worse: a yes where a criterion asks for it, a number further towards its bound.
LOWER_IS_WORSE = {
    "fibrinogen_mg_dl",
    "anc_per_ul",
    "platelets_10e9_l",
    "hemoglobin_g_dl",
    "wbc_per_ul",
}
NEITHER = {"age_years"}
OF_THE_LABORATORY = ("_uln_", "_lln_", "_baseline_")
RANKS: Mapping[str, Mapping[Any, int]] = {
    "other_cause": ATTRIBUTED,
    "death_due_to_iec_hs": SAID,
    "severity": ranked(*((severity,) for severity in SEVERITIES)),
    "nk_activity": ranked(("normal",), ("low", "absent")),
}


def worse(name: str, before: Given, after: Given) -> bool:
    one, other = before[name], after[name]
    if name in RANKS:
        return one in RANKS[name] and other in RANKS[name] and RANKS[name][one] < RANKS[name][other]
    if name in NEITHER or any(part in name for part in OF_THE_LABORATORY):
        return False
    if isinstance(one, bool) and isinstance(other, bool):
        return other and not one
    if not isinstance(one, Decimal) or not isinstance(other, Decimal):
        return False
    return other < one if name in LOWER_IS_WORSE else other > one


def exempt(name: str, before: Given, after: Given) -> bool:
    if name in ("other_cause", "death_due_to_iec_hs"):
        return True
    if name == "severity":
        return bool(after["severity"] == "death")
    if name == "confirmed":
        does_not_fit = second_hlh.iec_hs_criteria(before)["ferritin"] == {False}
        return does_not_fit and bool(after["confirmed"])
    if name in ("ast_baseline_u_l", "alt_baseline_u_l"):
        return True
    if name.startswith(("pt_", "aptt_")):
        return after["coagulation_prolonged"] is False
    if name == "coagulation_prolonged":
        return bool(after[name])
    if name in ("age_years", "under_4_weeks_old"):
        return bool(after["under_4_weeks_old"] and (after["age_years"] or 0) >= 1)
    return False


def block(**findings: tuple[Any, ...]) -> Block:
    return Block(findings, worse, exempt)


FERRITIN = {
    "ferritin_ng_ml": (None, D(400), D("400.1"), D(600), D("600.1"), above("500"), below("300")),
    "ferritin_uln_ng_ml": (None, D(300)),
    "ferritin_baseline_ng_ml": (None, D(200), D(1000)),
    "ferritin_rising": ANY,
}
SEVERITY = {"confirmed": ANY, "severity": (None, *SEVERITIES), "intervention": ANY}
FERRITINS: list[dict[str, Any]] = [
    {"ferritin_rising": True},
    {},
    {
        "ferritin_ng_ml": D(100),
        "ferritin_uln_ng_ml": D(300),
        "ferritin_baseline_ng_ml": D(200),
        "ferritin_rising": False,
    },
]
CARHLH = block(
    ferritin_peak_ng_ml=(None, D(10000), D("10000.1"), above("2000")),
    in_crs=ANY,
    liver_grade=(None, D(2), D(3)),
    oliguria_grade=(None, D(2), D(3)),
    creatinine_grade=(None, D(2), D(3), D(4)),
    pulmonary_edema_grade=(None, D(2), D(3)),
    hemophagocytosis=ANY,
)
EIGHT = block(
    hlh_molecular_diagnosis=ANY,
    fever=ANY,
    splenomegaly=ANY,
    platelets_10e9_l=(None, D(100), D("99.9")),
    fibrinogen_mg_dl=(None, D(151), D(150)),
    hemophagocytosis=ANY,
    nk_activity=(None, "normal", "low", "absent"),
    ferritin_ng_ml=(None, D(499), D(500)),
    soluble_cd25_u_ml=(None, D(2399), D(2400)),
)
ONE_LINEAGE = {"anc_per_ul": D(500), "hemoglobin_g_dl": D(12), "triglycerides_mg_dl": D(100)}
CYTOPENIAS = block(
    hemoglobin_g_dl=(None, D("8.9"), D(9), D("9.9"), D(10), below("9.5"), above("9.5"), above("8")),
    under_4_weeks_old=ANY,
    age_years=(None, D(0), D(1)),
    platelets_10e9_l=(None, D("99.9"), D(100), below("200")),
    anc_per_ul=(None, D(999), D(1000)),
)
LIPIDS = block(
    triglycerides_mg_dl=(None, D("264.9"), D(265), above("200"), below("300"), above("300")),
    triglycerides_fasting=ANY,
    fibrinogen_mg_dl=(None, D(150), D("150.1"), below("200")),
)
# The others are met four times, or three, and the genes are normal or unknown.
OTHERS = [
    {
        "hlh_molecular_diagnosis": molecular,
        "fever": True,
        "splenomegaly": True,
        "hemophagocytosis": True,
        "nk_activity": nk_activity,
        "ferritin_ng_ml": D(100),
        "soluble_cd25_u_ml": D(100),
    }
    for molecular, nk_activity in product((False, None), ("low", "normal", None))
]
NO_CYTOPENIA = {"hemoglobin_g_dl": D(12), "platelets_10e9_l": D(200), "anc_per_ul": D(3000)}
NO_LIPIDS = {"triglycerides_mg_dl": D(100), "fibrinogen_mg_dl": D(300)}
HSCORE_VALUES: dict[str, tuple[Any, ...]] = {
    "known_immunosuppression": ANY,
    "temperature_c": (None, D("38.3"), D("38.4"), D("39.4"), D("39.5"), above("39"), below("39")),
    "hepatomegaly": ANY,
    "splenomegaly": ANY,
    "hemoglobin_g_dl": (None, D("9.2"), D("9.3"), below("9.3"), above("8")),
    "wbc_per_ul": (None, D(5000), D(5001), below("200")),
    "platelets_10e9_l": (None, D(110), D("110.1"), below("150")),
    "ferritin_ng_ml": (None, D(1999), D(2000), D(6000), D(6001), above("1000"), above("40000")),
    "triglycerides_mg_dl": (
        *(None, D("132.854"), D("132.855"), D("354.28"), D("354.281")),
        *(above("300"), below("200")),
    ),
    "fibrinogen_mg_dl": (None, D(250), D("250.1"), below("60"), above("200")),
    "ast_u_l": (None, D("29.9"), D(30), below("40"), above("40")),
    "hemophagocytosis": ANY,
}
NO_POINTS: dict[str, Any] = {
    "known_immunosuppression": False,
    "temperature_c": D(37),
    "hepatomegaly": False,
    "splenomegaly": False,
    "hemoglobin_g_dl": D(12),
    "wbc_per_ul": D(8000),
    "platelets_10e9_l": D(200),
    "ferritin_ng_ml": D(100),
    "triglycerides_mg_dl": D(100),
    "fibrinogen_mg_dl": D(300),
    "ast_u_l": D(20),
    "hemophagocytosis": False,
}
PARTS_OF_HSCORE = (
    ("hepatomegaly", "splenomegaly"),
    ("hemoglobin_g_dl", "wbc_per_ul", "platelets_10e9_l"),
    *((name,) for name in ("known_immunosuppression", "temperature_c", "ferritin_ng_ml")),
    *((name,) for name in ("triglycerides_mg_dl", "fibrinogen_mg_dl", "ast_u_l")),
    ("hemophagocytosis",),
)
SWEEPS = {
    "IEC-HS": Sweep("iec_hs", block(**FERRITIN, **SEVERITY), [{}]),
    "IEC-HS, acts": Sweep(
        "iec_hs", block(**SEVERITY, other_cause=ANY, death_due_to_iec_hs=ANY), FERRITINS
    ),
    "carHLH": Sweep("carhlh", CARHLH, [{}]),
    "HLH-2004": Sweep("hlh_2004", EIGHT, [ONE_LINEAGE]),
    "HLH-2004, cytopenias": Sweep("hlh_2004", CYTOPENIAS, contexts(OTHERS, [NO_LIPIDS])),
    "HLH-2004, lipids": Sweep("hlh_2004", LIPIDS, contexts(OTHERS, [NO_CYTOPENIA])),
    **{
        f"HScore, {' and '.join(part)}": Sweep(
            "hscore", block(**{name: HSCORE_VALUES[name] for name in part}), [NO_POINTS]
        )
        for part in PARTS_OF_HSCORE
    },
}
CRITERIA = {
    "ferritin": block(**FERRITIN),
    "transaminases": block(
        ast_u_l=(None, D(200), D("200.1"), D(500), D("500.1"), above("300"), below("5")),
        ast_uln_u_l=(None, D(40)),
        ast_baseline_u_l=(None, D(40), D("40.1"), D(100)),
        alt_u_l=(None, D(20), D(300)),
        alt_uln_u_l=(None, D(40)),
        alt_baseline_u_l=(None, D(30)),
    ),
    "fibrinogen": block(
        fibrinogen_mg_dl=(None, D("149.9"), D(150), D("199.9"), D(200), below("160"), above("90")),
        fibrinogen_lln_mg_dl=(None, D(100), D(200)),
    ),
    "hemophagocytosis": block(hemophagocytosis=ANY),
    "cytopenias": block(
        anc_per_ul=(None, D(499), D(500), below("400"), above("400")),
        platelets_10e9_l=(None, D("24.9"), D(25), below("10")),
        cytopenia_new=ANY,
    ),
    "ldh": block(ldh_u_l=(None, D(250), D(251), above("200")), ldh_uln_u_l=(None, D(250))),
    "coagulation": block(
        pt_s=(None, D(14), D("14.1"), above("10")),
        pt_uln_s=(None, D(14)),
        aptt_s=(None, D(35), D("35.1")),
        aptt_uln_s=(None, D(35)),
        coagulation_prolonged=ANY,
    ),
    "direct_bilirubin": block(
        bilirubin_direct_mg_dl=(None, D("0.3"), D("0.31"), below("0.2")),
        bilirubin_direct_uln_mg_dl=(None, D("0.3")),
    ),
    "splenomegaly": block(splenomegaly=ANY),
    "fever": block(fever=ANY),
    "neurotoxicity": block(neurotoxicity=ANY),
    "pulmonary_manifestation": block(pulmonary_manifestation=ANY),
    "renal_insufficiency": block(renal_insufficiency=ANY),
    "triglycerides": block(
        triglycerides_mg_dl=(None, D(265), D("265.1"), above("200"), below("300"), above("300")),
        triglycerides_fasting=ANY,
    ),
}
COMMONS = [
    {
        "hemophagocytosis": one,
        "fibrinogen_mg_dl": value,
        "fibrinogen_lln_mg_dl": D(150),
        "ast_u_l": D(1),
        "ast_uln_u_l": D(40),
        "alt_u_l": D(1),
        "alt_uln_u_l": D(40),
    }
    for one, value in product(ANY, (None, D(300), D(90)))
]
POSSIBLES = [
    {
        "fever": one,
        "ldh_u_l": value,
        "ldh_uln_u_l": D(250),
        "coagulation_prolonged": False,
        "bilirubin_direct_mg_dl": D("0.1"),
        "bilirubin_direct_uln_mg_dl": D("0.3"),
        "splenomegaly": False,
        "neurotoxicity": False,
        "pulmonary_manifestation": False,
        "renal_insufficiency": False,
        "triglycerides_mg_dl": D(100),
    }
    for one, value in product(ANY, (None, D(200), D(900)))
]
CLINICIANS = [
    {"crs_state": crs, "other_cause": cause, "confirmed": confirmed, "cytopenia_new": False}
    for crs, cause, confirmed in product(
        (None, "none", "active", "resolving", "resolved"), ANY, ANY
    )
]
