"""CTCAE v5.0 laboratory grades a second time, by another method than `toxmon.grading.ctcae`.

Nothing here is taken from `toxmon`. The method: an unknown number is replaced by each of a set of
exact numbers that lie on and between all lines that it could meet, every complete picture
is looked up in the text, and the answer is the lowest and the highest grade found. A picture is
complete, so that the lookup knows nothing of ignorance and divides as a person would.

The text, Common Terminology Criteria for Adverse Events v5.0, 27 November 2017:

* counts: grade 1 below the lower limit of normal, then below 1500, 1000, 500 neutrophils; 10 and
  8 g/dL hemoglobin; 75, 50, 25 platelets; 800, 500, 200 lymphocytes; 500, 200, 50 CD4 cells;
* AST and ALT: more than 1, 3, 5, 20 x ULN if the baseline was normal, else from 1.5 and more than
  3, 5, 20 x the baseline; bilirubin: more than 1, 1.5, 3, 10 x either;
* creatinine: more than 1, 1.5, 3, 6 x ULN, or more than 1.5, 3 x the baseline (grades 2, 3);
* fibrinogen: less than 1, 0.75, 0.5, 0.25 x LLN, and if the baseline was abnormal a fall by
  anything, 25, 50, 75 % of it; below 50 mg/dL grade 4.

Readings: who says nothing of transfusion or danger says no (0032); "abnormal" is a baseline beyond
the limit (0033).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

BELOW = {
    "neutropenia": (1500, 1000, 500),
    "anemia": (10, 8),
    "thrombocytopenia": (75, 50, 25),
    "lymphopenia": (800, 500, 200),
    "cd4_lymphopenia": (500, 200, 50),
}
FIELDS = {
    "neutropenia": ("anc_per_ul", "anc_lln_per_ul"),
    "anemia": ("hemoglobin_g_dl", "hemoglobin_lln_g_dl"),
    "thrombocytopenia": ("platelets_10e9_l", "platelets_lln_10e9_l"),
    "lymphopenia": ("alc_per_ul", "alc_lln_per_ul"),
    "cd4_lymphopenia": ("cd4_per_ul", "cd4_lln_per_ul"),
    "hypofibrinogenemia": (
        "fibrinogen_mg_dl",
        "fibrinogen_lln_mg_dl",
        "fibrinogen_baseline_mg_dl",
    ),
    "creatinine_increased": (
        "creatinine_mg_dl",
        "creatinine_uln_mg_dl",
        "creatinine_baseline_mg_dl",
    ),
    "ast_increased": ("ast_u_l", "ast_uln_u_l", "ast_baseline_u_l"),
    "alt_increased": ("alt_u_l", "alt_uln_u_l", "alt_baseline_u_l"),
    "bilirubin_increased": (
        "bilirubin_mg_dl",
        "bilirubin_uln_mg_dl",
        "bilirubin_baseline_mg_dl",
    ),
}
RATIOS = {
    "liver": ("1", "1.5", "3", "5", "20"),
    "bile": ("1", "1.5", "3", "10"),
    "kidney": ("1", "1.5", "3", "6"),
    "clot": ("1", "0.75", "0.5", "0.25"),
}
RULE_OF = {
    "ast_increased": "liver",
    "alt_increased": "liver",
    "bilirubin_increased": "bile",
    "creatinine_increased": "kidney",
    "hypofibrinogenemia": "clot",
}
MOST = Fraction(10**9)
"""No result is higher; a reference may be a million times as much, or next to nothing."""
REFERENCES = Fraction(1, 10**15), Fraction(10**15)
RESULTS = Fraction(0), MOST
Range = tuple[Fraction, Fraction, bool, bool] | None
"""Least and greatest, and whether either is left out; None is not known."""


def interval(scale: str, known: Mapping[str, Any]) -> tuple[int, int]:
    """The lowest and the highest grade that the known findings allow."""
    numbers = tuple(_range(known.get(name)) for name in FIELDS[scale])
    if scale in BELOW:
        grades = [count_grade(scale, *picture) for picture in _counts(scale, numbers)]
        if scale == "anemia":
            if known.get("life_threatening"):
                return 4, 4
            if known.get("transfusion_indicated"):
                grades = [max(grade, 3) for grade in grades]
        return min(grades), max(grades)
    return _chemistry(RULE_OF[scale], *numbers)


@cache
def _chemistry(rule: str, value: Range, limit: Range, baseline: Range) -> tuple[int, int]:
    look: Callable[[str, Fraction, Fraction, Fraction], int] = {
        "kidney": _kidney,
        "clot": _clot,
    }.get(rule, _liver_or_bile)
    grades = {look(rule, *picture) for picture in _pictures(rule, value, limit, baseline)}
    return min(grades), max(grades)


def count_grade(scale: str, count: Fraction, limit: Fraction) -> int:
    """The grade of one count against one lower limit of normal."""
    reached = [grade for grade, bound in enumerate(BELOW[scale], start=2) if count < bound]
    return max(reached, default=1 if count < limit else 0)


def _liver_or_bile(rule: str, value: Fraction, limit: Fraction, baseline: Fraction) -> int:
    ladder = (3, 5, 20) if rule == "liver" else (Fraction("1.5"), 3, 10)
    if baseline <= limit:
        times, mild = value / limit, value > limit
    else:
        times = value / baseline
        mild = times >= Fraction("1.5") if rule == "liver" else times > 1
    return sum(times > step for step in ladder) + 1 if mild else 0


def _kidney(rule: str, value: Fraction, limit: Fraction, baseline: Fraction) -> int:
    by_limit = sum(value / limit > step for step in (1, Fraction("1.5"), 3, 6))
    rise = value / baseline
    by_baseline = 3 if rise > 3 else 2 if rise > Fraction("1.5") else 0
    return max(by_limit, by_baseline)


def _clot(rule: str, value: Fraction, limit: Fraction, baseline: Fraction) -> int:
    if value < 50:
        return 4
    if baseline >= limit:
        part = value / limit
        return sum(part < step for step in (1, Fraction("0.75"), Fraction("0.5"), Fraction("0.25")))
    percent = (baseline - value) / baseline * 100
    if percent <= 0:
        return 0
    return 1 + (percent >= 25) + (percent >= 50) + (percent >= 75)


def _counts(scale: str, numbers: tuple[Range, ...]) -> Iterator[tuple[Fraction, Fraction]]:
    value, limit = numbers
    lines = {Fraction(bound) for bound in BELOW[scale]} | _ends(limit) | _ends(value)
    for count in _points(value, lines, RESULTS):
        for line in _points(limit, {count}, REFERENCES):
            yield count, line


def _pictures(
    rule: str, value: Range, limit: Range, baseline: Range
) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
    ratios = [Fraction(ratio) for ratio in RATIOS[rule]]
    references = _ends(limit) | _ends(baseline)
    lines = {one * ratio for one in references for ratio in ratios} | {Fraction(50)}
    for tested in _points(value, lines | _ends(value), RESULTS):
        turned = {tested / ratio for ratio in ratios}
        for normal in _points(limit, turned | _ends(baseline), REFERENCES):
            for before in _points(baseline, turned | {normal}, REFERENCES):
                yield tested, normal, before


def _points(
    within: Range, lines: Iterable[Fraction], all_there_are: tuple[Fraction, Fraction]
) -> list[Fraction]:
    """Numbers on `lines` and between each two neighbors, as far as they lie within.

    What lies between two neighboring lines differs in nothing, so that one of it is enough.
    """
    if within is not None and within[0] == within[1]:
        return [within[0]]
    least, most = all_there_are
    low, high, low_open, high_open = within or (least, most, False, False)
    near = sorted({least, most, low, high} | set(lines))
    every = {*near, *((one + other) / 2 for one, other in pairwise(near))}
    return [
        point
        for point in every
        if least <= point
        and (low < point or (low == point and not low_open))
        and (point < high or (point == high and not high_open))
    ]


def _ends(within: Range) -> set[Fraction]:
    return set() if within is None else {within[0], within[1]}


def _range(number: Any) -> Range:
    """A number, or an object with low, high and whether they are left out, as a range."""
    if number is None:
        return None
    if not hasattr(number, "low_open"):
        return Fraction(number), Fraction(number), False, False
    low = Fraction(0) if number.low is None else Fraction(number.low)
    high = MOST if number.high is None else Fraction(number.high)
    return low, high, number.low_open, number.high_open
