"""Blood counts graded by CTCAE v5.0: neutrophils, hemoglobin, platelets, lymphocytes, CD4 cells.

    | count              | grade 1            | grade 2      | grade 3      | grade 4          |
    | ------------------ | ------------------ | ------------ | ------------ | ---------------- |
    | neutrophils /uL    | < LLN, >= 1500     | 1000 - <1500 | 500 - <1000  | < 500            |
    | hemoglobin g/dL    | < LLN, >= 10       | 8 - <10      | < 8          | life-threatening |
    |                    |                    |              | transfusion  |                  |
    |                    |                    |              | indicated    |                  |
    | platelets 10*9/L   | < LLN, >= 75       | 50 - <75     | 25 - <50     | < 25             |
    | lymphocytes /uL    | < LLN, >= 800      | 500 - <800   | 200 - <500   | < 200            |
    | CD4 cells /uL      | < LLN, >= 500      | 200 - <500   | 50 - <200    | < 50             |

LLN is the lower limit of normal of the laboratory. Without it grade 1 cannot be told from 0.

Bounds: a value exactly on a line has the lower grade, so that 500 neutrophils per uL are grade 3;
this differs from early and late ICAHT, where 500 counts as severe.
Source: Common Terminology Criteria for Adverse Events (CTCAE) v5.0, US National Cancer Institute,
27 November 2017. Read by us, not said by the text: lines, a count that the laboratory calls normal,
a transfusion, and the parts of anemia that no number shows (decision 0032). Death is not graded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from toxmon.grading import ctcae_chemistry
from toxmon.grading.ctcae_ladder import EDITION, SOURCE
from toxmon.grading.facts import Bounds, Number, below
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.scale import Scale

WARNINGS = {
    "within_laboratory_range": "The count is within the laboratory's own range and below a bound "
    "that is the same for everybody. It is graded by the bound, as the text says.",
    "platelets_transfused": "Platelets were transfused shortly before. The count is graded as it "
    "is and is not corrected for the transfusion.",
    "transfusion_indicated_not_stated": "Nobody has stated whether a transfusion is indicated; if "
    "it is, the anemia is grade 3.",
    "life_threatening_not_stated": "Nobody has stated whether the anemia is life-threatening; "
    "only that makes it grade 4, and no number does.",
}


@dataclass(frozen=True, slots=True)
class Count:
    """One count: how its findings are called, and the bounds below which a grade begins."""

    scale: str
    words: str
    unit: str
    value: str
    limit: str
    below: tuple[tuple[int, Decimal], ...]
    """(grade, bound), the mildest first; a value on the bound has not reached the grade."""


NEUTROPHILS = Count(
    "neutropenia",
    "neutrophils",
    "/uL",
    "anc_per_ul",
    "anc_lln_per_ul",
    ((2, Decimal(1500)), (3, Decimal(1000)), (4, Decimal(500))),
)
HEMOGLOBIN = Count(
    "anemia",
    "hemoglobin",
    "g/dL",
    "hemoglobin_g_dl",
    "hemoglobin_lln_g_dl",
    ((2, Decimal(10)), (3, Decimal(8))),
)
PLATELETS = Count(
    "thrombocytopenia",
    "platelets",
    "10*9/L",
    "platelets_10e9_l",
    "platelets_lln_10e9_l",
    ((2, Decimal(75)), (3, Decimal(50)), (4, Decimal(25))),
)
LYMPHOCYTES = Count(
    "lymphopenia",
    "lymphocytes",
    "/uL",
    "alc_per_ul",
    "alc_lln_per_ul",
    ((2, Decimal(800)), (3, Decimal(500)), (4, Decimal(200))),
)
CD4_CELLS = Count(
    "cd4_lymphopenia",
    "CD4 cells",
    "/uL",
    "cd4_per_ul",
    "cd4_lln_per_ul",
    ((2, Decimal(500)), (3, Decimal(200)), (4, Decimal(50))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutropenia:
    """Neutrophils and the laboratory's lower limit of normal, per uL. None is not known."""

    anc_per_ul: Number | None = None
    anc_lln_per_ul: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anemia:
    """Hemoglobin and its lower limit of normal in g/dL, and what a clinician decides.

    `transfusion_indicated` and `life_threatening` are acts: None is "nobody said so".
    """

    hemoglobin_g_dl: Number | None = None
    hemoglobin_lln_g_dl: Decimal | None = None
    transfusion_indicated: bool | None = None
    life_threatening: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrombocytopenia:
    """Platelets and their lower limit of normal in 10*9/L; a transfusion only warns."""

    platelets_10e9_l: Number | None = None
    platelets_lln_10e9_l: Decimal | None = None
    transfused_recently: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lymphopenia:
    """Lymphocytes and the laboratory's lower limit of normal, per uL."""

    alc_per_ul: Number | None = None
    alc_lln_per_ul: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cd4Lymphopenia:
    """CD4 cells and the laboratory's lower limit of normal, per uL."""

    cd4_per_ul: Number | None = None
    cd4_lln_per_ul: Decimal | None = None


def neutropenia(found: Neutropenia) -> Grade:
    """Grade neutrophils."""
    return counted(NEUTROPHILS, found.anc_per_ul, found.anc_lln_per_ul)


def thrombocytopenia(found: Thrombocytopenia) -> Grade:
    """Grade platelets as they are counted, transfused or not."""
    count = found.platelets_10e9_l
    transfused = found.transfused_recently and count is not None
    warnings = ("platelets_transfused",) if transfused else ()
    return counted(PLATELETS, count, found.platelets_lln_10e9_l, warnings)


def lymphopenia(found: Lymphopenia) -> Grade:
    """Grade lymphocytes."""
    return counted(LYMPHOCYTES, found.alc_per_ul, found.alc_lln_per_ul)


def cd4_lymphopenia(found: Cd4Lymphopenia) -> Grade:
    """Grade CD4 cells."""
    return counted(CD4_CELLS, found.cd4_per_ul, found.cd4_lln_per_ul)


def anemia(found: Anemia) -> Grade:
    """Grade hemoglobin and what was decided about it; the worse counts."""
    if found.life_threatening:
        reason = _because(HEMOGLOBIN, "life_threatening", "the anemia is life-threatening")
        return Grade(HEMOGLOBIN.scale, EDITION, 4, 4, (reason,))
    hemoglobin = counted(HEMOGLOBIN, found.hemoglobin_g_dl, found.hemoglobin_lln_g_dl)
    low, high = hemoglobin.low, hemoglobin.high
    because, missing, warnings = hemoglobin.because, hemoglobin.missing, list(hemoglobin.warnings)
    if found.transfusion_indicated:
        if low < 3:
            text = "a transfusion of red cells is indicated"
            because = (_because(HEMOGLOBIN, "transfusion_indicated", text),)
            warnings.clear()
        low, high, missing = 3, 3, ()
    elif found.transfusion_indicated is None and low < 3 and (low or high > 1):
        warnings.append("transfusion_indicated_not_stated")
    if low == 3 and found.life_threatening is None:
        warnings.append("life_threatening_not_stated")
    return Grade(HEMOGLOBIN.scale, EDITION, low, high, because, missing, (), tuple(warnings))


def counted(
    count: Count, value: Number | None, limit: Decimal | None, warnings: tuple[str, ...] = ()
) -> Grade:
    """The grade of a count by fixed bounds, with grade 1 below the laboratory's own limit."""
    abnormal = None if limit is None else below(value, limit)
    low = 1 if abnormal else 0
    high = 0 if abnormal is False else 1
    for grade, bound in count.below:
        reached = below(value, bound)
        if reached:
            low = grade
        if reached is not False:
            high = grade
    if low >= 2 and abnormal is False:
        warnings = (*warnings, "within_laboratory_range")
    missing = _missing(count, value, limit, low, high)
    reason = _why(count, value, limit, low, high)
    return Grade(count.scale, EDITION, low, high, (reason,), missing, (), warnings)


def _missing(
    count: Count, value: Number | None, limit: Decimal | None, low: int, high: int
) -> tuple[str, ...]:
    """What would narrow the answer. Of no value at all the limit says nothing."""
    if value is None:
        return (count.value,)
    missing = []
    if isinstance(value, Bounds) and low < high and (limit is not None or high > 1):
        missing.append(count.value)
    if limit is None and low == 0:
        missing.append(count.limit)
    return tuple(missing)


def _why(count: Count, value: Number | None, limit: Decimal | None, low: int, high: int) -> Reason:
    bounds = dict(count.below)
    if value is None:
        return _because(count, "unknown", f"{count.words} are not known")
    if low >= 2:
        text = f"{count.words} below {bounds[low]} {count.unit}"
        return _because(count, f"grade_{low}", text)
    if low:
        text = f"{count.words} below the lower limit of normal, {limit} {count.unit}"
        return _because(count, "grade_1", text)
    if not high:
        text = f"{count.words} not below the lower limit of normal, {limit} {count.unit}"
        return _because(count, "normal", text)
    if limit is None:
        text = f"{count.words} may be normal; the lower limit of normal is not known"
    else:
        text = f"{count.words} may be normal; known only within limits"
    return _because(count, "undecided", text)


def _because(count: Count, rule: str, text: str) -> Reason:
    return Reason(f"{count.scale}.{rule}", text, SOURCE, (count.value, count.limit))


def _scale(
    count: Count, title: str, findings: type[Any], rule: Callable[[Any], Grade], *warnings: str
) -> Scale:
    words = {code: WARNINGS[code] for code in ("within_laboratory_range", *warnings)}
    return Scale(
        name=count.scale,
        title=title,
        edition=EDITION,
        source=SOURCE,
        warnings=words,
        findings=findings,
        grade=rule,
    )


COUNTS = (
    _scale(NEUTROPHILS, "Neutrophil count decreased", Neutropenia, neutropenia),
    _scale(
        HEMOGLOBIN,
        "Anemia",
        Anemia,
        anemia,
        "transfusion_indicated_not_stated",
        "life_threatening_not_stated",
    ),
    _scale(
        PLATELETS,
        "Platelet count decreased",
        Thrombocytopenia,
        thrombocytopenia,
        "platelets_transfused",
    ),
    _scale(LYMPHOCYTES, "Lymphocyte count decreased", Lymphopenia, lymphopenia),
    _scale(CD4_CELLS, "CD4 lymphocytes decreased", Cd4Lymphopenia, cd4_lymphopenia),
)
SCALES = (*COUNTS, *ctcae_chemistry.SCALES)
