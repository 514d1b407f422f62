"""CAR-HEMATOTOX: the risk of hematotoxicity, scored before lymphodepletion.

    | test               | 0 points | 1 point    | 2 points |
    | ------------------ | -------- | ---------- | -------- |
    | platelets 10*9/L   | > 175    | 75 - 175   | < 75     |
    | neutrophils /uL    | >= 1200  | < 1200     |          |
    | hemoglobin g/dL    | >= 9     | < 9        |          |
    | CRP mg/dL          | < 3      | >= 3       |          |
    | ferritin ng/mL     | < 650    | 650 - 2000 | > 2000   |

The sum is 0 to 7. 0 and 1 are low risk, 2 or more is high risk. With a part missing the score is
an interval; the risk is high when even the least sum is 2, low when even the greatest is 1.

Units: as above; CRP in mg/dL, a tenth of its value in mg/L. The sample is that of the days before
lymphodepletion.
Source: Rejeski K et al. Blood 2021;138:2499-2513, doi:10.1182/blood.2020010543. The cut-offs are
second-hand. The table prints "> 1200" and "< 1200" and leaves the value between them open, likewise
9 g/dL and 3 mg/dL; how these are read, the patients outside of the validated ones, and the tier
from 5 points on, are in decision 0034.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.facts import Bounds, Number, above, at_least, below, negated
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.scale import Scale

SCALE = "car_hematotox"
EDITION = "rejeski-2021"
SOURCE = "Rejeski 2021, doi:10.1182/blood.2020010543"
TITLE = "CAR-HEMATOTOX score"

HIGH_RISK_FROM = 2
TIER_FROM = 5
"""A third tier of later, second-hand literature: told beside the risk, and changes nothing."""
ADULT_FROM_YEARS = Decimal(18)
DISEASES = ("lbcl", "mcl", "mm", "all", "other")

WARNINGS = {
    "value_on_an_open_line": "A value lies exactly on a line that the published table leaves "
    "open: 1200 neutrophils, hemoglobin 9 g/dL or CRP 3 mg/dL. Decision 0034 says how it is read.",
    "under_18": "The score was developed and validated in adults.",
    "not_for_all": "The score was not developed for acute lymphoblastic leukemia, for which other "
    "models are used.",
    "disease_not_validated": "The score was validated in large B-cell lymphoma, later in mantle "
    "cell lymphoma and myeloma, and not in this disease.",
    "not_before_lymphodepletion": "The sample was not taken before lymphodepletion, for which the "
    "score was developed.",
    "platelets_transfused": "Platelets were transfused shortly before. The count is scored as it "
    "is and is not corrected for the transfusion.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The five tests of one sample, and what says whether the score was validated for it."""

    platelets_10e9_l: Number | None = None
    anc_per_ul: Number | None = None
    hemoglobin_g_dl: Number | None = None
    crp_mg_dl: Number | None = None
    ferritin_ng_ml: Number | None = None
    age_years: Decimal | None = None
    disease: str | None = None
    before_lymphodepletion: bool | None = None
    transfused_recently: bool | None = None


@dataclass(frozen=True, slots=True)
class Score(Grade):
    """A Grade that is a sum of points, and is read aloud as one."""

    def says(self) -> str:
        """The score and the risk in words."""
        points = f"{self.low}" if self.low == self.high else f"{self.low} to {self.high}"
        risk = self.more["risk"]
        words = "risk undetermined" if risk == "undetermined" else f"{risk} risk"
        return f"score {points}, {words}"


@dataclass(frozen=True, slots=True)
class Part:
    """One test: which of its points a value has reached, and the line that is left open."""

    finding: str
    words: str
    reached: Callable[[Number | None], tuple[bool | None, ...]]
    open_line: Decimal | None = None

    def points(self, value: Number | None) -> tuple[int, int]:
        """The least and the most points that `value` may have."""
        reached = self.reached(value)
        return sum(each is True for each in reached), sum(each is not False for each in reached)


def _platelets(value: Number | None) -> tuple[bool | None, ...]:
    return negated(above(value, Decimal(175))), below(value, Decimal(75))


def _neutrophils(value: Number | None) -> tuple[bool | None, ...]:
    return (below(value, Decimal(1200)),)


def _hemoglobin(value: Number | None) -> tuple[bool | None, ...]:
    return (below(value, Decimal(9)),)


def _crp(value: Number | None) -> tuple[bool | None, ...]:
    return (at_least(value, Decimal(3)),)


def _ferritin(value: Number | None) -> tuple[bool | None, ...]:
    return at_least(value, Decimal(650)), above(value, Decimal(2000))


PARTS = (
    Part("platelets_10e9_l", "platelets", _platelets),
    Part("anc_per_ul", "neutrophils", _neutrophils, open_line=Decimal(1200)),
    Part("hemoglobin_g_dl", "hemoglobin", _hemoglobin, open_line=Decimal(9)),
    Part("crp_mg_dl", "CRP", _crp, open_line=Decimal(3)),
    Part("ferritin_ng_ml", "ferritin", _ferritin),
)


def grade(findings: Findings) -> Grade:
    """The score, 0 to 7, with its risk and the points of each part in `more`.

    `more` has `risk` (low, high or undetermined), `points` with the least and the most of each
    part, `tier_5_or_more` (None where it is not decided) and `on_an_open_line`, a list of findings.
    """
    points = {part.finding: part.points(getattr(findings, part.finding)) for part in PARTS}
    low = sum(least for least, _ in points.values())
    high = sum(most for _, most in points.values())
    missing = tuple(finding for finding, (least, most) in points.items() if least < most)
    on_a_line = [part.finding for part in PARTS if _on_the_line(part, findings)]
    more = {
        "risk": _risk(low, high),
        "points": {name: {"low": least, "high": most} for name, (least, most) in points.items()},
        "tier_5_or_more": True if low >= TIER_FROM else None if high >= TIER_FROM else False,
        "on_an_open_line": on_a_line,
    }
    warnings = (*(("value_on_an_open_line",) if on_a_line else ()), *_validity(findings))
    return Score(SCALE, EDITION, low, high, _because(points), missing, (), warnings, more=more)


def _on_the_line(part: Part, findings: Findings) -> bool:
    value = getattr(findings, part.finding)
    return part.open_line is not None and not isinstance(value, Bounds) and value == part.open_line


def _risk(low: int, high: int) -> str:
    if low >= HIGH_RISK_FROM:
        return "high"
    return "low" if high < HIGH_RISK_FROM else "undetermined"


def _validity(findings: Findings) -> tuple[str, ...]:
    """What is known to lie outside of the patients and samples that the score was made from."""
    transfused = findings.transfused_recently and findings.platelets_10e9_l is not None
    outside = {
        "under_18": below(findings.age_years, ADULT_FROM_YEARS),
        "not_for_all": findings.disease == "all",
        "disease_not_validated": findings.disease == "other",
        "not_before_lymphodepletion": findings.before_lymphodepletion is False,
        "platelets_transfused": transfused,
    }
    return tuple(code for code, true in outside.items() if true)


def _because(points: Mapping[str, tuple[int, int]]) -> tuple[Reason, ...]:
    """A reason for each part that has points for certain, or one that says there are none."""
    scored = [(part, least) for part in PARTS if (least := points[part.finding][0])]
    if not scored:
        words = "no test is known to have a point"
        return (Reason(f"{SCALE}.no_points", words, SOURCE, tuple(points)),)
    return tuple(
        Reason(
            f"{SCALE}.{part.finding}",
            f"{part.words}: {least} point{'s' if least > 1 else ''}",
            SOURCE,
            (part.finding,),
        )
        for part, least in scored
    )


CAR_HEMATOTOX = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES: tuple[Scale, ...] = (CAR_HEMATOTOX,)
