"""IEC-HS, carHLH, HLH-2004 and HScore a second time, by another method.

Nothing here is taken from `toxmon`. The method: write down complete pictures that the known
findings allow, ask each whether a criterion holds, and keep the *set* of the answers. A number
that is not known stands for a tiny and a huge one; an interval stands for its two ends. Every
criterion goes one way with each of its numbers, so the ends are enough.

The criteria:

* IEC-HS after Hines et al. 2023, doi:10.1016/j.jtct.2023.03.006 (from memory of the paper);
* carHLH after Neelapu et al. 2018, doi:10.1038/nrclinonc.2017.148;
* HLH-2004 after Henter et al. 2007, doi:10.1002/pbc.21039;
* HScore after Fardet et al. 2014, doi:10.1002/art.38690.

Readings that make an answer narrower than "everything that is possible":

* R1 (0011): an attribution or a death that nobody charted is not a picture to be considered;
* R2 (0038): a baseline of AST or ALT that is not known is taken as normal;
* R3 (0037): with CRS in an unknown state the suspicion is as if CRS were not active;
* R4 (0039): the grade is 0 where nobody confirmed and ferritin certainly does not fit;
* R5: a clinician who says that PT and aPTT are not prolonged answers for what was not measured.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import product
from typing import Any

Known = Mapping[str, Any]
Ways = frozenset[bool]

TINY, HUGE, STEP = Decimal("0.000001"), Decimal(10) ** 15, Decimal("0.000000001")
BOTH: Ways = frozenset({False, True})


def numbers(value: Any) -> tuple[Decimal, ...]:
    """The ends of what a number can be."""
    if value is None:
        return TINY, HUGE
    if isinstance(value, int | Decimal):
        return (Decimal(value),)
    low = TINY if value.low is None else value.low + (STEP if value.low_open else 0)
    high = HUGE if value.high is None else value.high - (STEP if value.high_open else 0)
    return low, high


def ways(rule: Callable[..., bool], *values: Any) -> Ways:
    """The answers of a rule over every picture of the numbers that it asks."""
    return frozenset(rule(*each) for each in product(*(numbers(value) for value in values)))


def said(finding: bool | None) -> Ways:
    """A yes, a no, or both."""
    return BOTH if finding is None else frozenset({finding})


def any_of(*criteria: Ways) -> Ways:
    """Or, picture by picture."""
    return frozenset(any(each) for each in product(*criteria))


def all_of(*criteria: Ways) -> Ways:
    """And, picture by picture."""
    return frozenset(all(each) for each in product(*criteria))


def counts(criteria: Iterable[Ways]) -> frozenset[int]:
    """Every number of criteria that can be met at once."""
    totals = frozenset({0})
    for each in criteria:
        totals = frozenset(total + way for total in totals for way in each)
    return totals


def answer(criterion: Ways) -> bool | None:
    """One answer, if every picture gives it."""
    return None if len(criterion) > 1 else next(iter(criterion))


# IEC-HS ------------------------------------------------------------------------------------------


def iec_hs_criteria(known: Known) -> dict[str, Ways]:
    """Every criterion by name, in the order required, common, possible."""
    ask = known.get
    grade_4 = any_of(
        ways(lambda count: count < 500, ask("anc_per_ul")),
        ways(lambda count: count < 25, ask("platelets_10e9_l")),
    )
    return {
        "ferritin": any_of(
            ways(
                lambda value, uln, before: value > 2 * uln or value > 2 * before,
                ask("ferritin_ng_ml"),
                ask("ferritin_uln_ng_ml"),
                ask("ferritin_baseline_ng_ml"),
            ),
            said(ask("ferritin_rising")),
        ),
        "transaminases": any_of(_transaminase(known, "ast"), _transaminase(known, "alt")),
        "fibrinogen": ways(
            lambda value, lln: value < 150 or value < lln,
            ask("fibrinogen_mg_dl"),
            ask("fibrinogen_lln_mg_dl"),
        ),
        "hemophagocytosis": said(ask("hemophagocytosis")),
        "cytopenias": all_of(said(ask("cytopenia_new")), grade_4),
        "ldh": _over(known, "ldh_u_l", "ldh_uln_u_l"),
        "coagulation": _coagulation(known),
        "direct_bilirubin": _over(known, "bilirubin_direct_mg_dl", "bilirubin_direct_uln_mg_dl"),
        "splenomegaly": said(ask("splenomegaly")),
        "fever": said(ask("fever")),
        "neurotoxicity": said(ask("neurotoxicity")),
        "pulmonary_manifestation": said(ask("pulmonary_manifestation")),
        "renal_insufficiency": said(ask("renal_insufficiency")),
        "triglycerides": _fasting(known, lambda value: value > 265),
    }


def _transaminase(known: Known, test: str) -> Ways:
    value, uln = known.get(f"{test}_u_l"), known.get(f"{test}_uln_u_l")
    before = known.get(f"{test}_baseline_u_l")
    if before is None:  # R2
        return ways(lambda value, uln: value > 5 * uln, value, uln)
    return ways(
        lambda value, uln, before: value > 5 * (before if before > uln else uln),
        value,
        uln,
        before,
    )


def _over(known: Known, test: str, uln: str) -> Ways:
    return ways(lambda value, uln: value > uln, known.get(test), known.get(uln))


def _coagulation(known: Known) -> Ways:
    measured = any_of(_over(known, "pt_s", "pt_uln_s"), _over(known, "aptt_s", "aptt_uln_s"))
    prolonged = known.get("coagulation_prolonged")
    if prolonged is None:
        return measured
    if prolonged is False and len(measured) > 1:
        return frozenset({False})  # R5
    return any_of(measured, said(prolonged))


def _fasting(known: Known, rule: Callable[[Decimal], bool]) -> Ways:
    """What a fasting sample would say: as drawn, or anything up to what was drawn after a meal."""
    drawn = numbers(known.get("triglycerides_mg_dl"))
    if not known.get("triglycerides_fasting"):
        drawn = (TINY, *drawn)
    return frozenset(rule(value) for value in drawn)


COMMON = ("transaminases", "fibrinogen", "hemophagocytosis", "cytopenias")


def iec_hs_suspected(known: Known) -> bool | None:
    """Yes or no where every picture says so; a picture itself may be undecided."""
    if known.get("other_cause") or known.get("confirmed") is False:
        return False
    criteria = iec_hs_criteria(known)
    required = criteria.pop("ferritin")
    common = counts(criteria.pop(name) for name in COMMON)
    possible = counts(criteria.values())
    verdicts = set()
    for fits, of_common, of_possible in product(required, common, possible):
        if not fits or of_common + of_possible == 0:
            verdicts.add("no")
        elif of_common and known.get("crs_state") != "active":  # R3
            verdicts.add("yes")
        else:
            verdicts.add("undecided")
    return {"yes": True, "no": False}.get(verdicts.pop()) if len(verdicts) == 1 else None


ROWS = {"severe": 3, "life_threatening": 4, "death": 5}


def iec_hs(known: Known) -> tuple[int, int]:
    """The lowest and the highest grade over every complete picture."""
    if known.get("death_due_to_iec_hs"):  # R1
        return 5, 5
    if known.get("other_cause"):  # R1
        return 0, 0
    fits = iec_hs_criteria({**known, "triglycerides_mg_dl": Decimal(0)})["ferritin"]
    confirmed = known.get("confirmed")
    if confirmed is None and fits == {False}:  # R4
        return 0, 0
    severity = known.get("severity")
    severities = ("none", "mild", "moderate", "severe", "life_threatening")
    grades = set()
    for sure, how, treated in product(
        said(confirmed),
        severities if severity is None else (severity,),
        said(known.get("intervention")),
    ):
        if not sure:
            grades.add(0)
        elif how in ROWS:
            grades.add(ROWS[how])
        else:
            grades.add(2 if treated or how == "moderate" else 1)
    return min(grades), max(grades)


# carHLH ------------------------------------------------------------------------------------------


def carhlh(known: Known) -> tuple[int, int]:
    """0, 1 or both."""
    ask = known.get
    severe = {
        name: ways(lambda points: points >= 3, ask(f"{name}_grade"))
        for name in ("liver", "oliguria", "creatinine", "pulmonary_edema")
    }
    kidney = any_of(severe["oliguria"], severe["creatinine"])
    organs = counts(
        (severe["liver"], kidney, severe["pulmonary_edema"], said(ask("hemophagocytosis")))
    )
    met = all_of(
        ways(lambda peak: peak > 10_000, ask("ferritin_peak_ng_ml")),
        said(ask("in_crs")),
        frozenset(organ >= 2 for organ in organs),
    )
    return int(min(met)), int(max(met))


# HLH-2004 ----------------------------------------------------------------------------------------


def hlh_2004_criteria(known: Known) -> dict[str, Ways]:
    """The eight, by name."""
    ask = known.get
    newborn = said(ask("under_4_weeks_old"))
    if ask("under_4_weeks_old") is None and (ask("age_years") or 0) >= 1:
        newborn = frozenset({False})
    anemia = frozenset(
        hemoglobin < (10 if new else 9)
        for hemoglobin, new in product(numbers(ask("hemoglobin_g_dl")), newborn)
    )
    lineages = counts(
        (
            anemia,
            ways(lambda count: count < 100, ask("platelets_10e9_l")),
            ways(lambda count: count < 1000, ask("anc_per_ul")),
        )
    )
    nk_activity = {None: BOTH, "normal": said(False)}.get(ask("nk_activity"), said(True))
    return {
        "fever": said(ask("fever")),
        "splenomegaly": said(ask("splenomegaly")),
        "cytopenias": frozenset(lineage >= 2 for lineage in lineages),
        "lipids": any_of(
            _fasting(known, lambda value: value >= 265),
            ways(lambda value: value <= 150, ask("fibrinogen_mg_dl")),
        ),
        "hemophagocytosis": said(ask("hemophagocytosis")),
        "nk_activity": nk_activity,
        "ferritin": ways(lambda value: value >= 500, ask("ferritin_ng_ml")),
        "soluble_cd25": ways(lambda value: value >= 2400, ask("soluble_cd25_u_ml")),
    }


def hlh_2004(known: Known) -> tuple[int, int]:
    """0, 1 or both."""
    five = frozenset(total >= 5 for total in counts(hlh_2004_criteria(known).values()))
    met = any_of(five, said(known.get("hlh_molecular_diagnosis")))
    return int(min(met)), int(max(met))


# HScore ------------------------------------------------------------------------------------------


def hscore_items(known: Known) -> dict[str, frozenset[int]]:
    """The points that each item can have. Triglycerides in mmol/L, at 88.57 mg/dL each."""
    ask = known.get

    def points(rule: Callable[[Decimal], int], value: Any) -> frozenset[int]:
        return frozenset(rule(each) for each in numbers(value))

    organs = counts((said(ask("hepatomegaly")), said(ask("splenomegaly"))))
    lineages = counts(
        (
            ways(lambda value: value <= Decimal("9.2"), ask("hemoglobin_g_dl")),
            ways(lambda value: value <= 5000, ask("wbc_per_ul")),
            ways(lambda value: value <= 110, ask("platelets_10e9_l")),
        )
    )
    return {
        "known_immunosuppression": frozenset(18 * i for i in said(ask("known_immunosuppression"))),
        "temperature": points(
            lambda t: 0 if t < Decimal("38.4") else 33 if t <= Decimal("39.4") else 49,
            ask("temperature_c"),
        ),
        "organomegaly": frozenset({0: 0, 1: 23, 2: 38}[organ] for organ in organs),
        "lineages": frozenset({0: 0, 1: 0, 2: 24, 3: 34}[lineage] for lineage in lineages),
        "ferritin": points(
            lambda f: 0 if f < 2000 else 35 if f <= 6000 else 50, ask("ferritin_ng_ml")
        ),
        "triglycerides": points(
            lambda t: 0 if 2 * t < 3 * PER_MMOL else 44 if t <= 4 * PER_MMOL else 64,
            ask("triglycerides_mg_dl"),
        ),
        "fibrinogen": points(lambda f: 30 if f <= 250 else 0, ask("fibrinogen_mg_dl")),
        "ast": points(lambda a: 19 if a >= 30 else 0, ask("ast_u_l")),
        "hemophagocytosis": frozenset(35 * h for h in said(ask("hemophagocytosis"))),
    }


PER_MMOL = Decimal("88.57")


def hscore(known: Known) -> tuple[int, int]:
    """The lowest and the highest sum."""
    totals = frozenset({0})
    for item in hscore_items(known).values():
        totals = frozenset(total + points for total in totals for points in item)
    return min(totals), max(totals)


SCORES = (90, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200, 210, 220, 230, 240, 250)
PERCENT = ("<1", "1", "3", "5", "9", "16", "25", "40", "54", "70", "80", "88", "93", "96", "98",
           "99", ">99")  # fmt: skip


def hscore_probability(low: int, high: int) -> str:
    """The rows of the table on both sides of a range, in words."""
    under, over = bisect_right(SCORES, low) - 1, bisect_left(SCORES, high)
    if over == 0:
        return "below 1 %"
    if under == len(SCORES) - 1:
        return "above 99 %"
    floor = PERCENT[under] if under > 0 else None
    ceiling = PERCENT[over] if over < len(SCORES) - 1 else None
    if floor is None and ceiling is None:
        return "not known"
    if floor == ceiling:
        return f"{floor} %"
    if ceiling is None:
        return f"at least {floor} %"
    return f"at most {ceiling} %" if floor is None else f"between {floor} % and {ceiling} %"
