"""HScore: how probable a reactive hemophagocytic syndrome is, 0 to 337 points.

    | item                                             | points                                   |
    | ------------------------------------------------ | ---------------------------------------- |
    | known immunosuppression (HIV, long-term drug)    | no 0, yes 18                             |
    | temperature in Cel                               | < 38.4: 0; 38.4 to 39.4: 33; > 39.4: 49  |
    | organomegaly                                     | none 0; liver or spleen 23; both 38      |
    | lineages: hemoglobin <= 9.2 g/dL, white cells    | none or one 0; two 24; three 34          |
    |   <= 5000 /uL, platelets <= 110 x 10^9/L         |                                          |
    | ferritin in ng/mL                                | < 2000: 0; 2000 to 6000: 35; > 6000: 50  |
    | triglycerides in mmol/L                          | < 1.5: 0; 1.5 to 4: 44; > 4: 64          |
    | fibrinogen in g/L                                | > 2.5: 0; <= 2.5: 30                     |
    | AST in U/L                                       | < 30: 0; >= 30: 19                       |
    | hemophagocytosis on a marrow aspirate            | no 0, yes 35                             |

Bounds as printed: both ends of a middle range belong to it. The lineage is white cells, not
neutrophils. Triglycerides are held in mg/dL, at 88.57 mg/dL to 1 mmol/L: the limits are 132.855
and 354.28 mg/dL, not rounded (decision 0041). An item that is not known is from none to all of
its points, so the answer is a range; it is never silently 0.
Source: Fardet L et al. Arthritis Rheumatol 2014;66:2613-2620, doi:10.1002/art.38690.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from toxmon.grading.criterion import amount, named
from toxmon.grading.facts import Number, above, at_least, negated
from toxmon.grading.grade import Index, Reason
from toxmon.grading.scale import Scale

SCALE = "hscore"
EDITION = "fardet-2014"
SOURCE = "Fardet 2014, doi:10.1002/art.38690"
TITLE = "HScore for reactive hemophagocytic syndrome; not IEC-HS"

MG_DL_IN_ONE_MMOL_L = Decimal("88.57")
TRIGLYCERIDES_MMOL_L = (Decimal("1.5"), Decimal(4))
TEMPERATURE_CEL = (Decimal("38.4"), Decimal("39.4"))
FERRITIN_NG_ML = (Decimal(2000), Decimal(6000))
FIBRINOGEN_MG_DL = Decimal(250)
AST_U_L = Decimal(30)
HEMOGLOBIN_G_DL = Decimal("9.2")
WHITE_CELLS_PER_UL = Decimal(5000)
PLATELETS_10E9_L = Decimal(110)

POINTS_OF_LINEAGES = (0, 0, 24, 34)
POINTS_OF_ORGANS = (0, 23, 38)
HIGHEST = 337
BEST_CUT_OFF = {"points": 169, "sensitivity_percent": 93, "specificity_percent": 86}

# Points and the probability in percent. Below 90 points it is below 1 %, from 250 above 99 %.
LEAST_TABLED, MOST_TABLED = 90, 250
PROBABILITY = {
    100: 1,
    110: 3,
    120: 5,
    130: 9,
    140: 16,
    150: 25,
    160: 40,
    170: 54,
    180: 70,
    190: 80,
    200: 88,
    210: 93,
    220: 96,
    230: 98,
    240: 99,
}

WARNINGS = {
    "not_validated_after_cell_therapy": "The HScore was not made, and is not validated, for "
    "patients after CAR T cells or a T-cell engager. IEC-HS has its own criteria.",
    "hemophagocytosis_in_marrow_only": "The score counts hemophagocytosis on a marrow aspirate. "
    "Take its 35 points away if it was found only in other tissue.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the score asks; None is not known."""

    known_immunosuppression: bool | None = None
    temperature_c: Number | None = None
    hepatomegaly: bool | None = None
    splenomegaly: bool | None = None
    hemoglobin_g_dl: Number | None = None
    wbc_per_ul: Number | None = None
    platelets_10e9_l: Number | None = None
    ferritin_ng_ml: Number | None = None
    triglycerides_mg_dl: Number | None = None
    fibrinogen_mg_dl: Number | None = None
    ast_u_l: Number | None = None
    hemophagocytosis: bool | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """The fewest and the most points that an item can have; `missing` could narrow them."""

    name: str
    low: int
    high: int
    value: str | None
    findings: tuple[str, ...]
    missing: tuple[str, ...] = ()


def grade(findings: Findings) -> Index:
    """The score, or the range that it lies in. Total; no worse finding gives fewer points."""
    items = nine(findings)
    low, high = sum(item.low for item in items), sum(item.high for item in items)
    warnings: tuple[str, ...] = ("not_validated_after_cell_therapy",)
    if findings.hemophagocytosis:
        warnings += ("hemophagocytosis_in_marrow_only",)
    return Index(
        SCALE,
        EDITION,
        Decimal(low),
        Decimal(high),
        tuple(_because(item) for item in items if item.low) or (_nothing(items),),
        tuple(name for item in items for name in item.missing),
        (),
        warnings,
        {
            "probability": probability(low, high),
            "best_cut_off": dict(BEST_CUT_OFF),
            "items": [
                {
                    "name": item.name,
                    "low": item.low,
                    "high": item.high,
                    "value": item.value,
                    "missing": list(item.missing),
                }
                for item in items
            ],
        },
    )


def probability(low: int, high: int) -> str:
    """What the table of the paper says of a score from `low` to `high`, without calculation."""
    if high <= LEAST_TABLED:
        return "below 1 %"
    if low >= MOST_TABLED:
        return "above 99 %"
    at_least_percent = max((p for score, p in PROBABILITY.items() if score <= low), default=None)
    at_most_percent = min((p for score, p in PROBABILITY.items() if score >= high), default=None)
    if at_least_percent is None:
        return "not known" if at_most_percent is None else f"at most {at_most_percent} %"
    if at_most_percent is None:
        return f"at least {at_least_percent} %"
    if at_least_percent == at_most_percent:
        return f"{at_least_percent} %"
    return f"between {at_least_percent} % and {at_most_percent} %"


def nine(findings: Findings) -> tuple[Item, ...]:
    """The nine items in the order of the paper."""
    low_triglycerides, high_triglycerides = (
        bound * MG_DL_IN_ONE_MMOL_L for bound in TRIGLYCERIDES_MMOL_L
    )
    temperature, ferritin = findings.temperature_c, findings.ferritin_ng_ml
    triglycerides, ast = findings.triglycerides_mg_dl, findings.ast_u_l
    fibrinogen = findings.fibrinogen_mg_dl
    return (
        _stated("known_immunosuppression", findings.known_immunosuppression, 18),
        _stepped("temperature", "temperature_c", temperature, "Cel", TEMPERATURE_CEL, (33, 49)),
        _organomegaly(findings),
        _lineages(findings),
        _stepped("ferritin", "ferritin_ng_ml", ferritin, "ng/mL", FERRITIN_NG_ML, (35, 50)),
        _stepped(
            "triglycerides",
            "triglycerides_mg_dl",
            triglycerides,
            "mg/dL",
            (low_triglycerides, high_triglycerides),
            (44, 64),
        ),
        _all_or_nothing(
            "fibrinogen",
            negated(above(fibrinogen, FIBRINOGEN_MG_DL)),
            30,
            amount(fibrinogen, "mg/dL"),
            "fibrinogen_mg_dl",
        ),
        _all_or_nothing("ast", at_least(ast, AST_U_L), 19, amount(ast, "U/L"), "ast_u_l"),
        _stated("hemophagocytosis", findings.hemophagocytosis, 35),
    )


def _stated(name: str, finding: bool | None, points: int) -> Item:
    words = None if finding is None else "yes" if finding else "no"
    return _all_or_nothing(name, finding, points, words, name)


def _all_or_nothing(
    name: str, met: bool | None, points: int, value: str | None, finding: str
) -> Item:
    low, high = points if met else 0, 0 if met is False else points
    return Item(name, low, high, value, (finding,), (finding,) if met is None else ())


def _stepped(
    name: str,
    finding: str,
    value: Number | None,
    unit: str,
    bounds: tuple[Decimal, Decimal],
    points: tuple[int, int],
) -> Item:
    """No points below the first bound, some from it up to the second, more above the second."""
    some, more = at_least(value, bounds[0]), above(value, bounds[1])
    low = points[1] if more else points[0] if some else 0
    high = 0 if some is False else points[0] if more is False else points[1]
    missing = (finding,) if low < high else ()
    return Item(name, low, high, amount(value, unit), (finding,), missing)


def _organomegaly(findings: Findings) -> Item:
    organs = {"hepatomegaly": findings.hepatomegaly, "splenomegaly": findings.splenomegaly}
    low, high, missing = _counted(organs)
    words = {name: None if met is None else "yes" if met else "no" for name, met in organs.items()}
    points = POINTS_OF_ORGANS
    return Item("organomegaly", points[low], points[high], named(**words), (*organs,), missing)


def _lineages(findings: Findings) -> Item:
    lineages = {
        "hemoglobin_g_dl": negated(above(findings.hemoglobin_g_dl, HEMOGLOBIN_G_DL)),
        "wbc_per_ul": negated(above(findings.wbc_per_ul, WHITE_CELLS_PER_UL)),
        "platelets_10e9_l": negated(above(findings.platelets_10e9_l, PLATELETS_10E9_L)),
    }
    low, high, missing = _counted(lineages)
    value = named(
        hemoglobin=amount(findings.hemoglobin_g_dl, "g/dL"),
        white_cells=amount(findings.wbc_per_ul, "/uL"),
        platelets=amount(findings.platelets_10e9_l, "x 10^9/L"),
    )
    least, most = POINTS_OF_LINEAGES[low], POINTS_OF_LINEAGES[high]
    return Item("lineages", least, most, value, (*lineages,), missing if least < most else ())


def _counted(parts: dict[str, bool | None]) -> tuple[int, int, tuple[str, ...]]:
    mets = list(parts.values())
    missing = tuple(name for name, met in parts.items() if met is None)
    return mets.count(True), len(mets) - mets.count(False), missing


def _because(item: Item) -> Reason:
    points = f"{item.low}" if item.low == item.high else f"at least {item.low}"
    text = f"{item.name.replace('_', ' ')} ({item.value}): {points} points"
    return Reason(f"{SCALE}.{item.name}", text, SOURCE, item.findings)


def _nothing(items: tuple[Item, ...]) -> Reason:
    known = not any(item.missing for item in items)
    text = "no item has points" if known else "no item is known to have points"
    names = tuple(name for item in items for name in item.findings)
    return Reason(f"{SCALE}.no_points", text, SOURCE, names)


HSCORE = Scale(
    name=SCALE,
    title=TITLE,
    edition=EDITION,
    source=SOURCE,
    warnings=WARNINGS,
    findings=Findings,
    grade=grade,
)
SCALES = (HSCORE,)
