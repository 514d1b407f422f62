"""EASIX and its two variants: indices of endothelial stress, numbers without a class.

    EASIX    LDH x creatinine / platelets
    m-EASIX  LDH x CRP / platelets
    s-EASIX  LDH / platelets

Units: LDH in U/L, creatinine and CRP in mg/dL, platelets in 10*9/L. CRP in mg/L is ten times as
much and would make m-EASIX ten times as large.
Bounds: at 0 platelets no index is defined. A value known only within limits gives an interval.
Sources: Luft T et al. Lancet Haematol 2017;4:e414 (EASIX); Pennisi M et al. Blood Adv
2021;5:3397-3406, doi:10.1182/bloodadvances.2020003885 (m-EASIX and s-EASIX, at lymphodepletion and
on days -1, 1 and 3; no cut-off); Korell F et al. Front Immunol 2022;13:877477,
doi:10.3389/fimmu.2022.877477 (EASIX above 4.67 just before lymphodepletion, strictly above, went
with 4.3-fold odds of CRS or ICANS of grade 3 or more). That comparison is told and makes no class.
How numbers are computed and printed, and zeros: decision 0035.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from toxmon.grading.facts import Number
from toxmon.grading.grade import Index, Reason
from toxmon.grading.scale import Scale
from toxmon.grading.spans import ENDLESS, ZERO, Span, product, scaled, span

SCALE = "easix"
EDITION = "luft-2017"
SOURCE = "Luft 2017, Lancet Haematol 4:e414; Pennisi 2021, doi:10.1182/bloodadvances.2020003885"
KORELL = "Korell 2022, doi:10.3389/fimmu.2022.877477"
TITLE = "EASIX, m-EASIX and s-EASIX"

ABOVE_IN_KORELL = Decimal("4.67")
BEFORE_LYMPHODEPLETION = "before_lymphodepletion"
TIME_POINTS = (BEFORE_LYMPHODEPLETION, "day_minus_1", "day_1", "day_3", "other")

# 28 digits, far more than a laboratory gives; the lower end is cut, the upper end goes up.
_DOWN = Context(prec=28, rounding=ROUND_FLOOR)
_UP = Context(prec=28, rounding=ROUND_CEILING)
_NEAREST = Context(prec=28)
_PRINTED = Context(prec=4)
"""What is printed in words has four significant digits."""

WARNINGS = {
    "platelets_zero": "Platelets are 0, and the indices divide by them: they are not defined.",
    "platelets_transfused": "Platelets were transfused shortly before, which distorts the indices. "
    "Nothing is corrected for it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """One sample. `time_point` is one of TIME_POINTS; `transfused_recently` is of platelets."""

    ldh_u_l: Number | None = None
    creatinine_mg_dl: Number | None = None
    platelets_10e9_l: Number | None = None
    crp_mg_dl: Number | None = None
    time_point: str | None = None
    transfused_recently: bool | None = None


Ends = tuple[Decimal | None, Decimal | None]
UNKNOWN: Ends = (None, None)
FORMULAS = {
    "easix": ("ldh_u_l", "creatinine_mg_dl"),
    "m_easix": ("ldh_u_l", "crp_mg_dl"),
    "s_easix": ("ldh_u_l",),
}
"""By index, what is multiplied before it is divided by the platelets."""


def grade(findings: Findings) -> Index:
    """EASIX as an interval, and in `more` what can be given of all three indices.

    `more` has easix, m_easix, s_easix and log2_easix, each a number, {"low", "high"} where it is
    known only within limits (None is no end), or None; `above_4_67` (yes, no, or None where it is
    not decided or the sample is not that of before lymphodepletion); and `time_point`.
    `missing` names what would narrow any of the three.
    """
    indices = {name: _index(findings, names) for name, names in FORMULAS.items()}
    easix = indices["easix"]
    asked = findings.time_point in (None, BEFORE_LYMPHODEPLETION)
    beyond = _beyond_korell(findings) if asked else None
    more = {
        **{name: _plain(ends) for name, ends in indices.items()},
        "log2_easix": _plain((_log2(easix[0]), _log2(easix[1]))),
        "above_4_67": beyond,
        "time_point": findings.time_point,
    }
    because = (_because(findings, easix), *((_korell(),) if beyond else ()))
    missing = _missing(findings, indices)
    return Index(SCALE, EDITION, *easix, because, missing, (), _warnings(findings), more=more)


def _index(findings: Findings, names: tuple[str, ...]) -> Ends:
    """The product of `names`, divided by the platelets; (None, None) where it cannot be given."""
    over = findings.platelets_10e9_l
    factors = [getattr(findings, name) for name in names]
    if over is None or any(factor is None for factor in factors) or over == 0:
        return UNKNOWN
    above, below = _product(factors), span(over)
    low = Decimal(0) if below.high == ENDLESS else _DOWN.divide(above.low[0], below.high[0])
    if above.high == ZERO:
        return low, Decimal(0)
    if above.high == ENDLESS or below.low[0] == 0:
        return low, None
    if above.exact and below.exact:
        exact = _NEAREST.divide(above.low[0], below.low[0])
        return exact, exact
    return low, _UP.divide(above.high[0], below.low[0])


def _product(factors: list[Number]) -> Span:
    first, *others = factors
    whole = span(first)
    for factor in others:
        whole = product(whole, span(factor))
    return whole


def _beyond_korell(findings: Findings) -> bool | None:
    """Is EASIX above 4.67? Compared as products, so that nothing is rounded before."""
    ldh, creatinine = findings.ldh_u_l, findings.creatinine_mg_dl
    over = findings.platelets_10e9_l
    if ldh is None or creatinine is None or over is None or over == 0:
        return None
    above, below = _product([ldh, creatinine]), span(over)
    if above.low > scaled(below.high, ABOVE_IN_KORELL):
        return True
    return None if above.high > scaled(below.low, ABOVE_IN_KORELL) else False


def _log2(number: Decimal | None) -> Decimal | None:
    """The binary logarithm, to 28 digits; None for 0, which has none."""
    if not number:
        return None
    return _NEAREST.divide(_NEAREST.ln(number), _NEAREST.ln(Decimal(2)))


def _plain(ends: Ends) -> Any:
    if ends == UNKNOWN:
        return None
    low, high = ends
    return low if low == high else {"low": low, "high": high}


def _missing(findings: Findings, indices: dict[str, Ends]) -> tuple[str, ...]:
    if findings.platelets_10e9_l == 0:
        return ()
    lacking: dict[str, None] = {}
    for name, names in FORMULAS.items():
        low, high = indices[name]
        if low is None or low != high:
            asked = (*names, "platelets_10e9_l")
            lacking.update(
                dict.fromkeys(each for each in asked if not span(getattr(findings, each)).exact)
            )
    return tuple(lacking)


def _warnings(findings: Findings) -> tuple[str, ...]:
    platelets = findings.platelets_10e9_l
    codes = {
        "platelets_zero": platelets == 0,
        "platelets_transfused": findings.transfused_recently and platelets is not None,
    }
    return tuple(code for code, true in codes.items() if true)


def _because(findings: Findings, easix: Ends) -> Reason:
    names = (*FORMULAS["easix"], "platelets_10e9_l")
    if findings.platelets_10e9_l == 0:
        rule, text = "not_defined", "platelets are 0, so that no index is defined"
    elif easix == UNKNOWN:
        rule, text = "unknown", "EASIX needs LDH, creatinine and platelets"
    else:
        rule, text = "formula", f"LDH x creatinine / platelets = {printed(easix)}"
    return Reason(f"{SCALE}.{rule}", text, SOURCE, names)


def _korell() -> Reason:
    text = "above 4.67, which just before lymphodepletion went with more severe CRS and ICANS"
    return Reason(f"{SCALE}.above_4_67", text, KORELL, (*FORMULAS["easix"], "platelets_10e9_l"))


def printed(ends: Ends) -> str:
    """An index that is known, in words, with four significant digits."""
    low, high = (None if end is None else f"{_PRINTED.plus(end).normalize():f}" for end in ends)
    if high is None:
        return f"{low} or more"
    return f"{low}" if low == high else f"{low} to {high}"


EASIX = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES: tuple[Scale, ...] = (EASIX,)
