"""HLH-2004: the diagnostic criteria of the Histiocyte Society.

Met with a molecular diagnosis consistent with HLH, or with five of eight:

    | criterion        | met                                                                    |
    | ---------------- | ---------------------------------------------------------------------- |
    | fever            | as a clinician finds it                                                |
    | splenomegaly     | as a clinician finds it                                                |
    | cytopenias       | two of: hemoglobin < 9 g/dL (< 10 under 4 weeks of age), platelets     |
    |                  | < 100 x 10^9/L, neutrophils < 1000 /uL                                 |
    | lipids           | fasting triglycerides >= 265 mg/dL and/or fibrinogen <= 150 mg/dL      |
    | hemophagocytosis | in marrow, spleen or lymph nodes                                       |
    | nk_activity      | low or absent                                                          |
    | ferritin         | >= 500 ng/mL                                                           |
    | soluble_cd25     | >= 2400 U/mL                                                           |

Bounds: inclusive where it says "or equal"; many secondary tables print them as exclusive, and add
a fever of 38.5 Cel, which the criteria do not (decision 0041).
Source: Henter JI et al. Pediatr Blood Cancer 2007;48:124-131, doi:10.1002/pbc.21039.
Made for primary HLH in children. The answer has no severity: 1 is met, 0 is not met.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.criterion import (
    Criterion,
    amount,
    count,
    drawn_fasting,
    enough,
    named,
    stated,
    unknown,
)
from toxmon.grading.facts import Number, above, at_least, below, either, negated
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.scale import Scale

SCALE = "hlh_2004"
EDITION = "henter-2007"
SOURCE = "Henter 2007, doi:10.1002/pbc.21039"
TITLE = "HLH-2004 diagnostic criteria; not IEC-HS"

NEEDED = 5
LINEAGES_NEEDED = 2
HEMOGLOBIN_G_DL = Decimal(9)
HEMOGLOBIN_UNDER_4_WEEKS_G_DL = Decimal(10)
PLATELETS_10E9_L = Decimal(100)
NEUTROPHILS_PER_UL = Decimal(1000)
TRIGLYCERIDES_MG_DL = Decimal(265)
FIBRINOGEN_MG_DL = Decimal(150)
FERRITIN_NG_ML = Decimal(500)
SOLUBLE_CD25_U_ML = Decimal(2400)
NK_ACTIVITY = {"normal": False, "low": True, "absent": True}

WARNINGS = {
    "not_made_for_cell_therapy": "These criteria were made for primary HLH. After cell therapy "
    "cytopenia, fever and high ferritin have other causes more often; IEC-HS has its own criteria.",
    "triglycerides_not_fasting": "Triglycerides are high and were not drawn fasting. The criterion "
    "is for a fasting sample.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the criteria ask; None is not known.

    `age_years` of 1 or more answers `under_4_weeks_old`.
    """

    hlh_molecular_diagnosis: bool | None = None
    fever: bool | None = None
    splenomegaly: bool | None = None
    hemoglobin_g_dl: Number | None = None
    under_4_weeks_old: bool | None = None
    age_years: Decimal | None = None
    platelets_10e9_l: Number | None = None
    anc_per_ul: Number | None = None
    triglycerides_mg_dl: Number | None = None
    triglycerides_fasting: bool | None = None
    fibrinogen_mg_dl: Number | None = None
    hemophagocytosis: bool | None = None
    nk_activity: str | None = None
    ferritin_ng_ml: Number | None = None
    soluble_cd25_u_ml: Number | None = None


def grade(findings: Findings) -> Grade:
    """Are the criteria met (1) or not (0)? Total; a worse finding never gives the lower answer."""
    criteria = eight(findings)
    five, missing_of_five = enough(criteria, NEEDED)
    met = either(findings.hlh_molecular_diagnosis, five)
    missing: tuple[str, ...] = ()
    if met is None:
        missing = (
            *unknown(hlh_molecular_diagnosis=findings.hlh_molecular_diagnosis),
            *missing_of_five,
        )
    low, high = count(criteria)
    not_fasting = findings.triglycerides_fasting is False and at_least(
        findings.triglycerides_mg_dl, TRIGLYCERIDES_MG_DL
    )
    return Grade(
        SCALE,
        EDITION,
        1 if met else 0,
        0 if met is False else 1,
        (_because(findings, five, criteria),),
        missing,
        (),
        ("not_made_for_cell_therapy", *(("triglycerides_not_fasting",) if not_fasting else ())),
        {
            "met": met,
            "count": {"low": low, "high": high, "needed": NEEDED},
            "items": [each.plain() for each in criteria],
        },
    )


def eight(findings: Findings) -> tuple[Criterion, ...]:
    """The eight criteria in the order of the paper."""
    nk_activity = findings.nk_activity
    return (
        stated("fever", findings.fever, "present"),
        stated("splenomegaly", findings.splenomegaly, "present"),
        _cytopenias(findings),
        _lipids(findings),
        stated("hemophagocytosis", findings.hemophagocytosis, "in marrow, spleen or lymph nodes"),
        Criterion(
            name="nk_activity",
            met=None if nk_activity is None else NK_ACTIVITY[nk_activity],
            threshold="low or absent",
            value=nk_activity,
            findings=("nk_activity",),
            missing=unknown(nk_activity=nk_activity),
        ),
        _high("ferritin", "ferritin_ng_ml", findings.ferritin_ng_ml, FERRITIN_NG_ML, "ng/mL"),
        _high(
            "soluble_cd25",
            "soluble_cd25_u_ml",
            findings.soluble_cd25_u_ml,
            SOLUBLE_CD25_U_ML,
            "U/mL",
        ),
    )


def anemia(hemoglobin: Number | None, under_4_weeks_old: bool | None) -> bool | None:
    """Is hemoglobin < 9 g/dL, or < 10 under 4 weeks? Between the two, age has to be known."""
    below_9 = below(hemoglobin, HEMOGLOBIN_G_DL)
    below_10 = below(hemoglobin, HEMOGLOBIN_UNDER_4_WEEKS_G_DL)
    if below_9 or below_10 is False:
        return below_9
    if under_4_weeks_old is None:
        return None
    return below_10 if under_4_weeks_old else below_9


def _newborn(findings: Findings) -> bool | None:
    years = findings.age_years
    if findings.under_4_weeks_old is None and years is not None and years >= 1:
        return False
    return findings.under_4_weeks_old


def _cytopenias(findings: Findings) -> Criterion:
    hemoglobin, newborn = findings.hemoglobin_g_dl, _newborn(findings)
    low_red = anemia(hemoglobin, newborn)
    of_red = unknown(hemoglobin_g_dl=hemoglobin, under_4_weeks_old=newborn)
    platelets = below(findings.platelets_10e9_l, PLATELETS_10E9_L)
    neutrophils = below(findings.anc_per_ul, NEUTROPHILS_PER_UL)
    lineages = (
        _lineage("hemoglobin", low_red, of_red),
        _lineage("platelets", platelets, ("platelets_10e9_l",)),
        _lineage("neutrophils", neutrophils, ("anc_per_ul",)),
    )
    met, missing = enough(lineages, LINEAGES_NEEDED)
    return Criterion(
        name="cytopenias",
        met=met,
        threshold="two of hemoglobin below 9 g/dL (10 under 4 weeks), platelets below "
        "100 x 10^9/L, neutrophils below 1000 /uL",
        value=named(
            hemoglobin=amount(hemoglobin, "g/dL"),
            platelets=amount(findings.platelets_10e9_l, "x 10^9/L"),
            neutrophils=amount(findings.anc_per_ul, "/uL"),
        ),
        findings=(
            "hemoglobin_g_dl",
            "under_4_weeks_old",
            "age_years",
            "platelets_10e9_l",
            "anc_per_ul",
        ),
        missing=missing,
    )


def _lineage(name: str, met: bool | None, undecided: tuple[str, ...]) -> Criterion:
    missing = undecided if met is None else ()
    return Criterion(name=name, met=met, threshold="", value=None, findings=(), missing=missing)


def _lipids(findings: Findings) -> Criterion:
    triglycerides, fasting = findings.triglycerides_mg_dl, findings.triglycerides_fasting
    fibrinogen = findings.fibrinogen_mg_dl
    high, missing = drawn_fasting(
        at_least(triglycerides, TRIGLYCERIDES_MG_DL), triglycerides, fasting
    )
    low = negated(above(fibrinogen, FIBRINOGEN_MG_DL))
    met = either(high, low)
    if low is None:
        missing = (*missing, "fibrinogen_mg_dl")
    return Criterion(
        name="lipids",
        met=met,
        threshold="fasting triglycerides of 265 mg/dL or more, or fibrinogen of 150 mg/dL or less",
        value=named(
            triglycerides=amount(triglycerides, "mg/dL"), fibrinogen=amount(fibrinogen, "mg/dL")
        ),
        findings=("triglycerides_mg_dl", "triglycerides_fasting", "fibrinogen_mg_dl"),
        missing=missing if met is None else (),
    )


def _high(name: str, finding: str, value: Number | None, bound: Decimal, unit: str) -> Criterion:
    met = at_least(value, bound)
    return Criterion(
        name=name,
        met=met,
        threshold=f"{bound:f} {unit} or more",
        value=amount(value, unit),
        findings=(finding,),
        missing=(finding,) if met is None else (),
    )


def _because(findings: Findings, five: bool | None, criteria: tuple[Criterion, ...]) -> Reason:
    if findings.hlh_molecular_diagnosis:
        text = "a molecular diagnosis of HLH"
        return Reason(f"{SCALE}.molecular", text, SOURCE, ("hlh_molecular_diagnosis",))
    low, high = count(criteria)
    present = tuple(each for each in criteria if each.met)
    words = ", ".join(each.name.replace("_", " ") for each in present)
    if five:
        names = tuple(name for each in present for name in each.findings)
        return Reason(f"{SCALE}.five", f"{low} of 8 criteria: {words}", SOURCE, names)
    names = tuple(name for each in criteria for name in each.findings)
    if five is None:
        text = f"{low} to {high} of 8 criteria are met; 5 are needed"
        return Reason(f"{SCALE}.count_unknown", text, SOURCE, names)
    at_most = f"{high}" if low == high else f"at most {high}"
    text = f"{at_most} of 8 criteria; 5 are needed"
    if findings.hlh_molecular_diagnosis is None:
        text += ", or a molecular diagnosis, which is not known"
        names = ("hlh_molecular_diagnosis", *names)
    return Reason(f"{SCALE}.fewer", text, SOURCE, names)


HLH_2004 = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES = (HLH_2004,)
