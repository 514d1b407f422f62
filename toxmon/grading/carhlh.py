"""carHLH: HLH within CRS after CAR T cells, by the CARTOX working group, 2018.

Met with a peak ferritin > 10,000 ng/mL during the CRS (mostly its first 5 days) and two of:

    | item                | met                                                                |
    | ------------------- | ------------------------------------------------------------------ |
    | liver               | bilirubin, AST or ALT of CTCAE grade 3 or more; the three are one  |
    | kidney              | oliguria or creatinine of CTCAE grade 3 or more                    |
    | lung                | pulmonary edema of CTCAE grade 3 or more                           |
    | hemophagocytosis    | in marrow or another organ                                         |

Bounds: ferritin is exclusive, grades are inclusive. Units: ferritin in ng/mL.
Source: Neelapu SS et al. Nat Rev Clin Oncol 2018;15:47-62, doi:10.1038/nrclinonc.2017.148.
carHLH stands inside CRS, IEC-HS after it: another scale, never converted (decision 0041). The
answer has no severity: 1 is met, 0 is not met.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.criterion import (
    Criterion,
    amount,
    count,
    enough,
    named,
    stated,
    unknown,
    unknown_of,
)
from toxmon.grading.facts import Bounds, Number, above, at_least, both, either
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.scale import Scale

SCALE = "carhlh"
EDITION = "cartox-2018"
SOURCE = "Neelapu 2018, doi:10.1038/nrclinonc.2017.148"
TITLE = "CAR T cell-related HLH (CARTOX); not IEC-HS"

FERRITIN_NG_ML = Decimal(10_000)
SEVERE = Decimal(3)
ORGANS_NEEDED = 2

WARNINGS = {
    "peak_outside_crs": "The peak of ferritin was not during CRS. carHLH is defined within CRS; "
    "for what comes after it there is IEC-HS.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the definition asks; None is not known. Grades are those of CTCAE, 0 to 5.

    `in_crs`: the peak of ferritin is one of the CRS phase. `liver_grade` is the worst of bilirubin,
    AST and ALT.
    """

    ferritin_peak_ng_ml: Number | None = None
    in_crs: bool | None = None
    liver_grade: Number | int | None = None
    oliguria_grade: Number | int | None = None
    creatinine_grade: Number | int | None = None
    pulmonary_edema_grade: Number | int | None = None
    hemophagocytosis: bool | None = None


def grade(findings: Findings) -> Grade:
    """Is the definition met (1) or not (0)? Total; a worse finding never gives the lower answer."""
    ferritin, during, organs = _ferritin(findings), _during_crs(findings), _organs(findings)
    two, missing_of_two = enough(organs, ORGANS_NEEDED)
    met = both(both(ferritin.met, during.met), two)
    missing = (*unknown_of((ferritin, during)), *missing_of_two) if met is None else ()
    low_organs, high_organs = count(organs)
    return Grade(
        SCALE,
        EDITION,
        1 if met else 0,
        0 if met is False else 1,
        (_because(met, ferritin, during, two, organs),),
        missing,
        (),
        ("peak_outside_crs",) if ferritin.met and during.met is False else (),
        {
            "met": met,
            "organs": {"low": low_organs, "high": high_organs, "needed": ORGANS_NEEDED},
            "items": [each.plain() for each in (ferritin, during, *organs)],
        },
    )


def _because(
    met: bool | None,
    ferritin: Criterion,
    during: Criterion,
    two: bool | None,
    organs: tuple[Criterion, ...],
) -> Reason:
    if met:
        present = [organ for organ in organs if organ.met]
        words = " and ".join(organ.name.replace("_", " ") for organ in present)
        used = [name for each in (ferritin, during, *present) for name in each.findings]
        return Reason(
            f"{SCALE}.met", f"ferritin above 10,000 in CRS, with {words}", SOURCE, (*used,)
        )
    if ferritin.met is False:
        text = "peak ferritin of 10,000 ng/mL or less"
        return Reason(f"{SCALE}.ferritin", text, SOURCE, ferritin.findings)
    if during.met is False:
        text = "the peak of ferritin was not during CRS"
        return Reason(f"{SCALE}.outside_crs", text, SOURCE, during.findings)
    names = tuple(name for organ in organs for name in organ.findings)
    if two is False:
        text = "fewer than two of liver, kidney, lung, hemophagocytosis"
        return Reason(f"{SCALE}.organs", text, SOURCE, names)
    used = [*ferritin.findings, *during.findings, *names]
    return Reason(f"{SCALE}.unknown", "not all that it rests on is known", SOURCE, (*used,))


def _ferritin(findings: Findings) -> Criterion:
    value = findings.ferritin_peak_ng_ml
    met = above(value, FERRITIN_NG_ML)
    return Criterion(
        name="ferritin",
        met=met,
        threshold="peak above 10000 ng/mL",
        value=amount(value, "ng/mL"),
        findings=("ferritin_peak_ng_ml",),
        missing=unknown(ferritin_peak_ng_ml=value) if met is None else (),
    )


def _during_crs(findings: Findings) -> Criterion:
    return stated("in_crs", findings.in_crs, "the peak is of the CRS phase")


def _organs(findings: Findings) -> tuple[Criterion, ...]:
    return (
        _organ("liver", liver_grade=findings.liver_grade),
        _organ(
            "kidney",
            oliguria_grade=findings.oliguria_grade,
            creatinine_grade=findings.creatinine_grade,
        ),
        _organ("lung", pulmonary_edema_grade=findings.pulmonary_edema_grade),
        stated("hemophagocytosis", findings.hemophagocytosis, "in marrow or another organ"),
    )


def _organ(name: str, **grades: Number | int | None) -> Criterion:
    met: bool | None = False
    undecided: list[str] = []
    words: dict[str, str | None] = {}
    for finding, points in grades.items():
        severe = at_least(_exact(points), SEVERE)
        met = either(met, severe)
        if severe is None:
            undecided.append(finding)
        words[finding.removesuffix("_grade")] = _in_words(_exact(points))
    return Criterion(
        name=name,
        met=met,
        threshold="CTCAE grade 3 or more of " + " or ".join(words).replace("_", " "),
        value=named(**words),
        findings=tuple(grades),
        missing=tuple(undecided) if met is None else (),
    )


def _in_words(points: Number | None) -> str | None:
    words = amount(points, "")
    return None if words is None else f"grade {words.strip()}"


def _exact(points: Number | int | None) -> Number | None:
    return points if points is None or isinstance(points, Decimal | Bounds) else Decimal(points)


CARHLH = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES = (CARHLH,)
