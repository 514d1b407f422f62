"""CAR-HEMATOTOX and EASIX a second time, by another method than `toxmon.grading`.

Nothing here is taken from `toxmon`. CAR-HEMATOTOX: a test that is not known exactly is replaced by
numbers on and between the lines of the table, every complete set of five is summed, and the answer
is the least and the greatest sum. EASIX: fractions instead of decimals, worked out at the corners
of what is known, a left out end being moved by next to nothing.

CAR-HEMATOTOX, Rejeski 2021, doi:10.1182/blood.2020010543: platelets above 175 no point, 75 to 175
one, below 75 two; a point for fewer than 1200 neutrophils, hemoglobin below 9, CRP of 3 mg/dL or
more; ferritin below 650 none, up to 2000 one, above it two. High from 2. On the lines that the
table leaves open, 1200 and 9 have no point and 3 has one (0034).

EASIX, Luft 2017: LDH x creatinine / platelets; m-EASIX with CRP in the place of creatinine, s-EASIX
without either (Pennisi 2021, doi:10.1182/bloodadvances.2020003885).
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

LINES = {
    "platelets_10e9_l": (0, 74, 75, 100, 175, 176, 5000),
    "anc_per_ul": (0, 1199, 1200, 1201, 5000000),
    "hemoglobin_g_dl": (0, 8, 9, 10, 40),
    "crp_mg_dl": (0, 2, 3, 4, 1000),
    "ferritin_ng_ml": (0, 649, 650, 2000, 2001, 10000000),
}
NEXT_TO_NOTHING = Fraction(1, 10**12)
INDICES = {
    "easix": ("ldh_u_l", "creatinine_mg_dl"),
    "m_easix": ("ldh_u_l", "crp_mg_dl"),
    "s_easix": ("ldh_u_l",),
}


def score(known: Mapping[str, Any]) -> tuple[int, int]:
    """The least and the greatest CAR-HEMATOTOX score that the known tests allow."""
    sums = {
        sum(picture)
        for picture in product(
            *({points(name, each) for each in _candidates(name, known.get(name))} for name in LINES)
        )
    }
    return min(sums), max(sums)


def points(name: str, result: Fraction) -> int:
    """What one result has, of which everything is known."""
    match name:
        case "platelets_10e9_l":
            return 0 if result > 175 else 2 if result < 75 else 1
        case "anc_per_ul":
            return 1 if result < 1200 else 0
        case "hemoglobin_g_dl":
            return 1 if result < 9 else 0
        case "crp_mg_dl":
            return 0 if result < 3 else 1
        case _:
            return 0 if result < 650 else 2 if result > 2000 else 1


def risk(low: int, high: int) -> str:
    """What every possible score says alike, else undetermined."""
    said = {"high" if each >= 2 else "low" for each in range(low, high + 1)}
    return said.pop() if len(said) == 1 else "undetermined"


def tier(low: int, high: int) -> bool | None:
    """Are 5 points reached, where every possible score says the same?"""
    said = {each >= 5 for each in range(low, high + 1)}
    return said.pop() if len(said) == 1 else None


def _candidates(name: str, number: Any) -> list[Fraction]:
    every = [Fraction(line) for line in LINES[name]]
    if number is None:
        return every
    if not hasattr(number, "low_open"):
        return [Fraction(number)]
    low, high = _ends(number)
    every += [low] if high is None else [low, high, (low + high) / 2]
    return [
        each
        for each in every
        if (low < each or (low == each and not number.low_open))
        and (high is None or each < high or (each == high and not number.high_open))
    ]


def _ends(number: Any) -> tuple[Fraction, Fraction | None]:
    low = Fraction(0) if number.low is None else Fraction(number.low)
    return low, None if number.high is None else Fraction(number.high)


def index(name: str, known: Mapping[str, Any]) -> tuple[Fraction, Fraction | None] | None:
    """The least and the greatest value of an index, None above for no end; None: not given."""
    spans = [_span(known.get(part)) for part in (*INDICES[name], "platelets_10e9_l")]
    if None in spans or known["platelets_10e9_l"] == 0:
        return None
    *factors, platelets = [span for span in spans if span is not None]
    least, most = Fraction(1), Fraction(1)
    endless = False
    for low, high in factors:
        least *= low
        most = most if high is None else most * high
        endless = endless or high is None
    fewest, many = platelets
    low_end = Fraction(0) if many is None else least / many
    if any(high == 0 for _, high in factors):
        return low_end, Fraction(0)  # Nothing of something is nothing, however few platelets.
    return low_end, None if endless or fewest == 0 else most / fewest


def above_4_67(known: Mapping[str, Any]) -> bool | None:
    """Is EASIX above 4.67 for all that is possible, for nothing, or can it not be told?"""
    moved = {
        name: _moved(known.get(name))
        for name in ("ldh_u_l", "creatinine_mg_dl", "platelets_10e9_l")
    }
    found = index("easix", {**known, **moved})
    if found is None:
        return None
    low, high = found
    if low > Fraction("4.67"):
        return True
    return False if high is not None and high <= Fraction("4.67") else None


def _span(number: Any) -> tuple[Fraction, Fraction | None] | None:
    if number is None:
        return None
    if not hasattr(number, "low"):
        return Fraction(number), Fraction(number)
    return _ends(number)


class _Moved:
    """An interval whose left out ends are moved inwards by next to nothing."""

    def __init__(self, low: Fraction, high: Fraction | None) -> None:
        self.low, self.high = low, high


def _moved(number: Any) -> Any:
    if not hasattr(number, "low_open"):
        return number
    low, high = _ends(number)
    low += NEXT_TO_NOTHING if number.low_open else 0
    return _Moved(low, high if high is None or not number.high_open else high - NEXT_TO_NOTHING)
