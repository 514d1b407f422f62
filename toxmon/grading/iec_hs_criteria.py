"""The criteria of IEC-HS, one by one.

    | group    | criterion        | met                                                         |
    | -------- | ---------------- | ----------------------------------------------------------- |
    | required | ferritin         | > 2 x ULN, or > 2 x baseline, and/or rising rapidly         |
    | common   | transaminases    | AST or ALT > 5 x ULN, or > 5 x a baseline that is abnormal  |
    | common   | fibrinogen       | < 150 mg/dL, or < LLN                                       |
    | common   | hemophagocytosis | in marrow or other tissue                                   |
    | common   | cytopenias       | new, worsening or refractory, and one lineage of grade 4    |
    | possible | LDH > ULN; PT or aPTT > ULN; direct bilirubin > ULN; new splenomegaly; fever;  |
    |          | neurotoxicity; a sign of the lungs; renal insufficiency; fasting triglycerides |
    |          | > 265 mg/dL                                                                    |

Every bound is exclusive. Grade 4 is neutrophils < 500 /uL or platelets < 25 x 10^9/L (CTCAE v5);
grade 4 anemia has no number and does not count. ULN and LLN are the laboratory's own.
Source: Hines MR et al. Transplant Cell Ther 2023;29:438.e1, doi:10.1016/j.jtct.2023.03.006, from
memory of the paper and not compared with its table (decision 0037).
Read by us: a missing baseline (decision 0038), fasting (0041).
"""

from __future__ import annotations

from decimal import Decimal

from toxmon.grading.criterion import (
    Criterion,
    amount,
    drawn_fasting,
    limit,
    named,
    stated,
    unknown,
)
from toxmon.grading.facts import Number, above, below, both, either
from toxmon.grading.iec_hs_findings import Findings

FERRITIN_TIMES = 2
TRANSAMINASES_TIMES = 5
FIBRINOGEN_MG_DL = Decimal(150)
ANC_GRADE_4_PER_UL = Decimal(500)
PLATELETS_GRADE_4_10E9_L = Decimal(25)
TRIGLYCERIDES_MG_DL = Decimal(265)

REQUIRED, COMMON, POSSIBLE = "required", "common", "possible"


def ferritin(findings: Findings) -> Criterion:
    """The required criterion: one arm that is met is enough, and all must fail to rule it out."""
    value, unit = findings.ferritin_ng_ml, "ng/mL"
    uln, baseline = findings.ferritin_uln_ng_ml, findings.ferritin_baseline_ng_ml
    of_uln, of_baseline = (_over(value, FERRITIN_TIMES, each) for each in (uln, baseline))
    met = either(either(of_uln, of_baseline), findings.ferritin_rising)
    missing = unknown(
        ferritin_ng_ml=value if None in (of_uln, of_baseline) else Decimal(0),
        ferritin_uln_ng_ml=uln,
        ferritin_baseline_ng_ml=baseline,
        ferritin_rising=findings.ferritin_rising,
    )
    rising = {None: None, True: "rising rapidly", False: "not rising rapidly"}
    return Criterion(
        name="ferritin",
        group=REQUIRED,
        met=met,
        threshold=f"above 2 x the upper limit {limit(FERRITIN_TIMES, uln, unit)}, or above "
        f"2 x the baseline {limit(FERRITIN_TIMES, baseline, unit)}, or rising rapidly",
        value=", ".join(filter(None, (amount(value, unit), rising[findings.ferritin_rising])))
        or None,
        findings=(
            "ferritin_ng_ml",
            "ferritin_uln_ng_ml",
            "ferritin_baseline_ng_ml",
            "ferritin_rising",
        ),
        missing=missing if met is None else (),
    )


def common(findings: Findings) -> tuple[Criterion, ...]:
    """The common features."""
    hemophagocytosis = stated(
        "hemophagocytosis", findings.hemophagocytosis, "in marrow or other tissue", COMMON
    )
    return (
        _transaminases(findings),
        _fibrinogen(findings),
        hemophagocytosis,
        _cytopenias(findings),
    )


def possible(findings: Findings) -> tuple[Criterion, ...]:
    """The features that may be there too."""
    return (
        _over_limit("ldh", findings.ldh_u_l, findings.ldh_uln_u_l, "ldh_u_l", "ldh_uln_u_l", "U/L"),
        _coagulation(findings),
        _over_limit(
            "direct_bilirubin",
            findings.bilirubin_direct_mg_dl,
            findings.bilirubin_direct_uln_mg_dl,
            "bilirubin_direct_mg_dl",
            "bilirubin_direct_uln_mg_dl",
            "mg/dL",
        ),
        stated("splenomegaly", findings.splenomegaly, "new", POSSIBLE),
        stated("fever", findings.fever, "new or persistent", POSSIBLE),
        stated("neurotoxicity", findings.neurotoxicity, "present", POSSIBLE),
        stated(
            "pulmonary_manifestation",
            findings.pulmonary_manifestation,
            "hypoxia, infiltrates or edema of the lungs",
            POSSIBLE,
        ),
        stated("renal_insufficiency", findings.renal_insufficiency, "new", POSSIBLE),
        _triglycerides(findings),
    )


def transaminase(
    value: Number | None, uln: Decimal | None, baseline: Decimal | None
) -> bool | None:
    """Is AST or ALT > 5 x ULN, or > 5 x the baseline where that is abnormal (above the ULN)?

    Both arms are one limit, 5 x the higher of the two, so a value has to pass both. A baseline
    that is missing is taken as normal, and the answer says so (decision 0038).
    """
    of_uln = _over(value, TRANSAMINASES_TIMES, uln)
    return of_uln if baseline is None else both(of_uln, _over(value, TRANSAMINASES_TIMES, baseline))


def rests_on_missing_baseline(findings: Findings) -> bool:
    """Was a criterion answered without the baseline that it asks for?"""
    if findings.ferritin_ng_ml is not None and findings.ferritin_baseline_ng_ml is None:
        return True
    tests = (
        (findings.ast_u_l, findings.ast_uln_u_l, findings.ast_baseline_u_l),
        (findings.alt_u_l, findings.alt_uln_u_l, findings.alt_baseline_u_l),
    )
    return any(transaminase(*test) and test[2] is None for test in tests)


def _transaminases(findings: Findings) -> Criterion:
    ast = transaminase(findings.ast_u_l, findings.ast_uln_u_l, findings.ast_baseline_u_l)
    alt = transaminase(findings.alt_u_l, findings.alt_uln_u_l, findings.alt_baseline_u_l)
    met = either(ast, alt)
    missing: tuple[str, ...] = ()
    if met is None and ast is None:
        missing += unknown(ast_u_l=findings.ast_u_l, ast_uln_u_l=findings.ast_uln_u_l)
    if met is None and alt is None:
        missing += unknown(alt_u_l=findings.alt_u_l, alt_uln_u_l=findings.alt_uln_u_l)
    ast_limit = _higher(findings.ast_uln_u_l, findings.ast_baseline_u_l)
    alt_limit = _higher(findings.alt_uln_u_l, findings.alt_baseline_u_l)
    return Criterion(
        name="transaminases",
        group=COMMON,
        met=met,
        threshold="above 5 x the upper limit, or 5 x a baseline above it: "
        f"AST {limit(TRANSAMINASES_TIMES, ast_limit, 'U/L')}, "
        f"ALT {limit(TRANSAMINASES_TIMES, alt_limit, 'U/L')}",
        value=named(AST=amount(findings.ast_u_l, "U/L"), ALT=amount(findings.alt_u_l, "U/L")),
        findings=(
            "ast_u_l",
            "ast_uln_u_l",
            "ast_baseline_u_l",
            "alt_u_l",
            "alt_uln_u_l",
            "alt_baseline_u_l",
        ),
        missing=missing,
    )


def _fibrinogen(findings: Findings) -> Criterion:
    value, lln = findings.fibrinogen_mg_dl, findings.fibrinogen_lln_mg_dl
    of_lln = None if lln is None else below(value, lln)
    met = either(below(value, FIBRINOGEN_MG_DL), of_lln)
    missing = unknown(fibrinogen_mg_dl=value, fibrinogen_lln_mg_dl=lln)
    return Criterion(
        name="fibrinogen",
        group=COMMON,
        met=met,
        threshold=f"below {FIBRINOGEN_MG_DL:f} mg/dL, or below the lower limit "
        + limit(1, lln, "mg/dL"),
        value=amount(value, "mg/dL"),
        findings=("fibrinogen_mg_dl", "fibrinogen_lln_mg_dl"),
        missing=missing if met is None else (),
    )


def _cytopenias(findings: Findings) -> Criterion:
    neutrophils = below(findings.anc_per_ul, ANC_GRADE_4_PER_UL)
    platelets = below(findings.platelets_10e9_l, PLATELETS_GRADE_4_10E9_L)
    grade_4 = either(neutrophils, platelets)
    met = both(findings.cytopenia_new, grade_4)
    missing: tuple[str, ...] = ()
    if met is None:
        missing = unknown(cytopenia_new=findings.cytopenia_new)
        if grade_4 is None and neutrophils is None:
            missing += ("anc_per_ul",)
        if grade_4 is None and platelets is None:
            missing += ("platelets_10e9_l",)
    new = {None: None, True: "yes", False: "no"}[findings.cytopenia_new]
    return Criterion(
        name="cytopenias",
        group=COMMON,
        met=met,
        threshold="new, worsening or refractory, with neutrophils below 500 /uL or platelets "
        "below 25 x 10^9/L",
        value=named(
            neutrophils=amount(findings.anc_per_ul, "/uL"),
            platelets=amount(findings.platelets_10e9_l, "x 10^9/L"),
            new_worsening_or_refractory=new,
        ),
        findings=("anc_per_ul", "platelets_10e9_l", "cytopenia_new"),
        missing=missing,
    )


def _coagulation(findings: Findings) -> Criterion:
    """PT or aPTT above its limit, or said to be: what a clinician says of both stands for both."""
    measured = either(
        _over(findings.pt_s, 1, findings.pt_uln_s), _over(findings.aptt_s, 1, findings.aptt_uln_s)
    )
    said = findings.coagulation_prolonged
    met = True if measured or said else False if said is False else measured
    missing = unknown(
        coagulation_prolonged=said,
        pt_s=findings.pt_s,
        pt_uln_s=findings.pt_uln_s,
        aptt_s=findings.aptt_s,
        aptt_uln_s=findings.aptt_uln_s,
    )
    return Criterion(
        name="coagulation",
        group=POSSIBLE,
        met=met,
        threshold=f"PT above its upper limit {limit(1, findings.pt_uln_s, 's')}, or aPTT above its "
        f"upper limit {limit(1, findings.aptt_uln_s, 's')}, or said to be prolonged",
        value=named(
            PT=amount(findings.pt_s, "s"),
            aPTT=amount(findings.aptt_s, "s"),
            prolonged={None: None, True: "yes", False: "no"}[said],
        ),
        findings=("pt_s", "pt_uln_s", "aptt_s", "aptt_uln_s", "coagulation_prolonged"),
        missing=missing if met is None else (),
    )


def _triglycerides(findings: Findings) -> Criterion:
    value, fasting = findings.triglycerides_mg_dl, findings.triglycerides_fasting
    met, missing = drawn_fasting(above(value, TRIGLYCERIDES_MG_DL), value, fasting)
    return Criterion(
        name="triglycerides",
        group=POSSIBLE,
        met=met,
        threshold=f"above {TRIGLYCERIDES_MG_DL:f} mg/dL, fasting",
        value=amount(value, "mg/dL"),
        findings=("triglycerides_mg_dl", "triglycerides_fasting"),
        missing=missing,
    )


def _over_limit(
    name: str, value: Number | None, uln: Decimal | None, finding: str, of: str, unit: str
) -> Criterion:
    met = _over(value, 1, uln)
    return Criterion(
        name=name,
        group=POSSIBLE,
        met=met,
        threshold=f"above the upper limit {limit(1, uln, unit)}",
        value=amount(value, unit),
        findings=(finding, of),
        missing=unknown(**{finding: value, of: uln}) if met is None else (),
    )


def _over(value: Number | None, times: int, reference: Decimal | None) -> bool | None:
    return None if reference is None else above(value, times * reference)


def _higher(uln: Decimal | None, baseline: Decimal | None) -> Decimal | None:
    """What five times are taken of, where that is known."""
    if uln is None or baseline is None:
        return uln
    return max(uln, baseline)
