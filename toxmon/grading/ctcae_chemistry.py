"""Laboratory tests that CTCAE v5.0 grades by multiples of a limit and against a baseline.

    | test             | grade 1       | grade 2       | grade 3      | grade 4   | of           |
    | ---------------- | ------------- | ------------- | ------------ | --------- | ------------ |
    | AST, ALT         | > 1           | > 3           | > 5          | > 20      | ULN          |
    |   abnormal       | >= 1.5        | > 3           | > 5          | > 20      | the baseline |
    | bilirubin        | > 1           | > 1.5         | > 3          | > 10      | ULN          |
    |   abnormal       | > 1           | > 1.5         | > 3          | > 10      | the baseline |
    | creatinine       | > 1           | > 1.5         | > 3          | > 6       | ULN          |
    |   and also       |               | > 1.5         | > 3          |           | the baseline |
    | fibrinogen       | < 1           | < 0.75        | < 0.5        | < 0.25    | LLN          |
    |   abnormal       | < 1           | <= 0.75       | <= 0.5       | <= 0.25   | the baseline |
    |   always         |               |               |              | < 50 mg/dL              |

ULN and LLN are the limits of normal of the laboratory. "Abnormal" is a baseline above ULN, or for
fibrinogen below LLN; it takes the place of the row above it. Of the two rows of creatinine the
worse counts.

Units: AST and ALT in U/L, bilirubin, creatinine and fibrinogen in mg/dL, limits and baselines in
the unit of their test. Bounds: as the table says, so that a value exactly on a line has the lower
grade where the text has ">" or "<" (3 x ULN of AST is grade 1), and the grade that begins there
where it has neither (1.5 x an abnormal baseline is grade 1, a fall by just a quarter grade 2).
Source: Common Terminology Criteria for Adverse Events (CTCAE) v5.0, US National Cancer Institute,
27 November 2017. The rows of a baseline are from memory and were not checked against the
publication. Read by us: lines and limits (decision 0032), baselines (0033).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from toxmon.grading.ctcae_baseline import Chemistry, by_one, by_the_worse
from toxmon.grading.ctcae_ladder import EDITION, SOURCE, ladder
from toxmon.grading.facts import Number
from toxmon.grading.grade import Grade
from toxmon.grading.scale import Scale

FIBRINOGEN_GRADE_4_BELOW_MG_DL = Decimal(50)

WARNINGS = {
    "graded_from_baseline": "The baseline was outside the laboratory's range, so that multiples "
    "of the baseline are graded and not of the limit of normal. These rows are from memory.",
    "within_laboratory_range": "The value is within the laboratory's own range and has risen "
    "against the baseline. Creatinine is graded by both, and the worse counts.",
}


TRANSAMINASE = (
    ladder((1, "1"), (2, "3"), (3, "5"), (4, "20"), rising=True),
    ladder((1, "1.5"), (2, "3"), (3, "5"), (4, "20"), rising=True, on_the_line=(1,)),
)
AST = Chemistry("ast_increased", "AST", "ast_u_l", "ast_uln_u_l", "ast_baseline_u_l", *TRANSAMINASE)
ALT = Chemistry("alt_increased", "ALT", "alt_u_l", "alt_uln_u_l", "alt_baseline_u_l", *TRANSAMINASE)
BILIRUBIN = Chemistry(
    "bilirubin_increased",
    "bilirubin",
    "bilirubin_mg_dl",
    "bilirubin_uln_mg_dl",
    "bilirubin_baseline_mg_dl",
    ladder((1, "1"), (2, "1.5"), (3, "3"), (4, "10"), rising=True),
    ladder((1, "1"), (2, "1.5"), (3, "3"), (4, "10"), rising=True),
)
CREATININE = Chemistry(
    "creatinine_increased",
    "creatinine",
    "creatinine_mg_dl",
    "creatinine_uln_mg_dl",
    "creatinine_baseline_mg_dl",
    ladder((1, "1"), (2, "1.5"), (3, "3"), (4, "6"), rising=True),
    ladder((2, "1.5"), (3, "3"), rising=True),
)
FIBRINOGEN = Chemistry(
    "hypofibrinogenemia",
    "fibrinogen",
    "fibrinogen_mg_dl",
    "fibrinogen_lln_mg_dl",
    "fibrinogen_baseline_mg_dl",
    ladder((1, "1"), (2, "0.75"), (3, "0.5"), (4, "0.25"), rising=False),
    ladder((1, "1"), (2, "0.75"), (3, "0.5"), (4, "0.25"), rising=False, on_the_line=(2, 3, 4)),
    least=FIBRINOGEN_GRADE_4_BELOW_MG_DL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ast:
    """AST, the laboratory's upper limit of normal and the baseline, in U/L. None is not known."""

    ast_u_l: Number | None = None
    ast_uln_u_l: Decimal | None = None
    ast_baseline_u_l: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alt:
    """ALT, the laboratory's upper limit of normal and the baseline, in U/L. None is not known."""

    alt_u_l: Number | None = None
    alt_uln_u_l: Decimal | None = None
    alt_baseline_u_l: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilirubin:
    """Total bilirubin, its upper limit of normal and the baseline, in mg/dL."""

    bilirubin_mg_dl: Number | None = None
    bilirubin_uln_mg_dl: Decimal | None = None
    bilirubin_baseline_mg_dl: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Creatinine:
    """Creatinine in serum, its upper limit of normal and the baseline, in mg/dL."""

    creatinine_mg_dl: Number | None = None
    creatinine_uln_mg_dl: Decimal | None = None
    creatinine_baseline_mg_dl: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fibrinogen:
    """Fibrinogen, its lower limit of normal and the baseline, in mg/dL."""

    fibrinogen_mg_dl: Number | None = None
    fibrinogen_lln_mg_dl: Decimal | None = None
    fibrinogen_baseline_mg_dl: Number | None = None


def ast(found: Ast) -> Grade:
    """Grade AST."""
    return by_one(AST, found)


def alt(found: Alt) -> Grade:
    """Grade ALT."""
    return by_one(ALT, found)


def bilirubin(found: Bilirubin) -> Grade:
    """Grade total bilirubin."""
    return by_one(BILIRUBIN, found)


def creatinine(found: Creatinine) -> Grade:
    """Grade creatinine: the worse of both rows."""
    return by_the_worse(CREATININE, found)


def fibrinogen(found: Fibrinogen) -> Grade:
    """Grade fibrinogen."""
    return by_one(FIBRINOGEN, found)


def _scale(
    test: Chemistry, title: str, findings: type[Any], rule: Callable[[Any], Grade], warning: str
) -> Scale:
    return Scale(
        name=test.scale,
        title=title,
        edition=EDITION,
        source=SOURCE,
        warnings={warning: WARNINGS[warning]},
        findings=findings,
        grade=rule,
    )


SCALES = (
    _scale(FIBRINOGEN, "Fibrinogen decreased", Fibrinogen, fibrinogen, "graded_from_baseline"),
    _scale(CREATININE, "Creatinine increased", Creatinine, creatinine, "within_laboratory_range"),
    _scale(AST, "Aspartate aminotransferase increased", Ast, ast, "graded_from_baseline"),
    _scale(ALT, "Alanine aminotransferase increased", Alt, alt, "graded_from_baseline"),
    _scale(BILIRUBIN, "Blood bilirubin increased", Bilirubin, bilirubin, "graded_from_baseline"),
)
