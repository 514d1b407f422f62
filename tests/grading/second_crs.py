"""CRS graded a second time, by another method, to be compared with `toxmon.grading.crs`.

Nothing here is taken from `toxmon`. The method: write down every complete bedside picture that
the known findings allow, look each one up in the table of the paper, and answer the lowest and the
highest grade that was found. A picture is complete, so nothing in the lookup knows about ignorance.

The table, after Lee et al., Biol Blood Marrow Transplant 2019; 25: 625-638,
doi:10.1016/j.bbmt.2018.12.758:

| grade | fever     | with hypotension               | and/or hypoxia                        |
| ----- | --------- | ------------------------------ | ------------------------------------- |
| 1     | >= 38.0 C | none                           | none                                  |
| 2     | >= 38.0 C | no vasopressor needed          | low-flow cannula (<= 6 L/min), blow-by |
| 3     | >= 38.0 C | one, vasopressin may be added  | high-flow cannula (> 6 L/min), any mask |
| 4     | >= 38.0 C | several, vasopressin apart     | positive pressure                     |

Five readings make the answer narrower than "everything that is possible". Each is marked below:

* R1 (0011): an attribution or a death that nobody charted is not a picture to be considered.
* R2 (0012): an unknown flow is a running flow: a cannula of unknown flow is 2 or 3, never 0.
* R3 (0012): a running flow through an unknown device is oxygen given for hypoxia, so it is at
  least 2: room air and ventilation for another reason are not considered.
* R4 (0012): the reason for CPAP or BiPAP is an attribution; absent means that it is for hypoxia.
* R5 (0012): a saturation that nobody charted is not a low one.

One reading makes it wider: R6 (0012), a saturation below 90 % on room air has no row in the paper,
so the cell is "none" and "low flow" at once.

Units: temperature in degrees Celsius, oxygen flow in L/min, saturation in percent.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

NONE, ROW_2, ROW_3, ROW_4 = 1, 2, 3, 4

COUNTED = {
    "norepinephrine",
    "epinephrine",
    "phenylephrine",
    "dopamine",
    "angiotensin_ii",
    "metaraminol",
    "ephedrine",
    "other_vasopressor",
}
NOT_COUNTED_TOWARDS_SEVERAL = {"vasopressin", "terlipressin"}

HYPOXIA_ROW = {
    "room_air": NONE,
    "blow_by": ROW_2,
    "high_flow_nasal_cannula": ROW_3,
    "simple_mask": ROW_3,
    "venturi_mask": ROW_3,
    "non_rebreather": ROW_3,
    "ecmo": ROW_4,
}
VENTILATORS = {"cpap", "bipap", "invasive_ventilation"}
DEVICES = (*HYPOXIA_ROW, "nasal_cannula", *sorted(VENTILATORS))
REASONS = ("hypoxia", "airway_protection", "procedure", "chronic")
SEVERAL = ("norepinephrine", "epinephrine")
DRIPS = ((), ("vasopressin",), ("norepinephrine",), ("norepinephrine", "vasopressin"), SEVERAL)
BOTH = (False, True)


def interval(known: Mapping[str, Any]) -> tuple[int, int]:
    """The lowest and the highest CRS grade, 0 to 5, that the known findings allow.

    `known` has the names of `POST /grade/crs`; a name that is absent or None is not known.
    """
    if known.get("death_due_to_crs"):  # R1
        return 5, 5
    grades = [
        lookup(fever, waiver, hypotension, hypoxia)
        for (fever, waiver), hypotension, hypoxia in product(
            _fevers(
                known.get("temperature_c"),
                known.get("fever_other_cause"),
                known.get("prior_crs_fever"),
                known.get("treated_since_onset"),
            ),
            _hypotensions(
                known.get("hypotension"),
                known.get("hypotension_other_cause"),
                known.get("vasopressors"),
            ),
            _hypoxias(
                known.get("oxygen_device"),
                known.get("oxygen_flow_l_min"),
                known.get("ventilation_reason"),
                known.get("oxygen_saturation_percent"),
                known.get("hypoxia_other_cause"),
            ),
        )
    ]
    return min(grades), max(grades)


def lookup(fever: bool, waiver: bool, hypotension: int, hypoxia: int) -> int:
    """The grade of one complete picture: the row of the table that its worse column stands in."""
    if not (fever or waiver):
        return 0
    row = hypotension if hypotension > hypoxia else hypoxia
    if row == NONE:
        # Row 1 has fever as its only criterion, and the waiver cannot stand in for that.
        return 1 if fever else 0
    return row


@cache
def _fevers(
    temperature: Any, other_cause: bool | None, prior: bool | None, treated: bool | None
) -> frozenset[tuple[bool, bool]]:
    """The pairs (fever, waiver) of every picture."""
    return frozenset(
        (hot and not other_cause, was_hot and was_treated)  # R1 for the other cause
        for hot, was_hot, was_treated in product(
            _at_or_above(temperature, Decimal(38)), _choices(prior), _choices(treated)
        )
    )


@cache
def _hypotensions(
    hypotension: bool | None, other_cause: bool | None, vasopressors: tuple[str, ...] | None
) -> frozenset[int]:
    """The rows of the hypotension column of every picture."""
    if other_cause:  # R1
        return frozenset({NONE})
    drips = DRIPS if vasopressors is None else (tuple(vasopressors),)
    return frozenset(
        _hypotension_row(low, drip) for low, drip in product(_choices(hypotension), drips)
    )


def _hypotension_row(hypotension: bool, drip: tuple[str, ...]) -> int:
    counted = len(COUNTED.intersection(drip))
    if counted > 1:
        return ROW_4
    if counted == 1 or NOT_COUNTED_TOWARDS_SEVERAL.intersection(drip):
        return ROW_3
    return ROW_2 if hypotension else NONE


@cache
def _hypoxias(
    device: str | None, flow: Any, reason: str | None, saturation: Any, other_cause: bool | None
) -> frozenset[int]:
    """The rows of the hypoxia column of every picture."""
    if other_cause:  # R1
        return frozenset({NONE})
    running = flow is not None and _above(flow, Decimal(0)) == (True,)
    rows = set()
    for one_device in DEVICES if device is None else (device,):
        reasons = REASONS if reason is None else (reason,)
        if reason is None and one_device in {"cpap", "bipap"}:
            reasons = ("hypoxia",)  # R4
        for one_flow, one_reason in product(_flows(flow), reasons):
            for row in _hypoxia_rows(one_device, one_flow, one_reason, saturation):
                if device is None and running and row == NONE:
                    continue  # R3
                rows.add(row)
    return frozenset(rows)


def _hypoxia_rows(device: str, flow: Decimal, reason: str, saturation: Any) -> Iterator[int]:
    if device == "nasal_cannula" and flow > 0:
        yield ROW_2 if flow <= 6 else ROW_3
        return
    if device in VENTILATORS:
        yield ROW_4 if reason == "hypoxia" else NONE
        return
    # A cannula that nothing runs through is room air.
    yield HYPOXIA_ROW.get(device, NONE)
    if device in ("room_air", "nasal_cannula") and saturation is not None:  # R5
        for enough in _at_or_above(saturation, Decimal(90)):
            if not enough:
                yield ROW_2  # R6


def _flows(flow: Any) -> tuple[Decimal, ...]:
    """One flow of each kind that the table tells apart: none, low, high."""
    kinds = (Decimal(0), Decimal(6), Decimal("6.1"))
    if flow is None:
        return kinds[1:]  # R2
    if isinstance(flow, Decimal):
        return (flow,)
    # R2 again: an interval of flows that begins at 0 is that of a running flow.
    high = _above(flow, Decimal(6))
    return tuple(kind for kind, way in zip(kinds[1:], BOTH, strict=True) if way in high)


def _choices(finding: bool | None) -> tuple[bool, ...]:
    return BOTH if finding is None else (finding,)


def _at_or_above(number: Any, bound: Decimal) -> tuple[bool, ...]:
    """Whether `number`, unknown or an interval perhaps, can be below and can be at or above."""
    if number is None:
        return BOTH
    if isinstance(number, Decimal):
        return (number >= bound,)
    can_be_below = number.low is None or number.low < bound
    can_be_above = (
        number.high is None
        or number.high > bound
        or (number.high == bound and not number.high_open)
    )
    return tuple(way for way, can in zip(BOTH, (can_be_below, can_be_above), strict=True) if can)


def _above(number: Any, bound: Decimal) -> tuple[bool, ...]:
    """Whether `number` can be at or below the bound, and whether it can be above."""
    if isinstance(number, Decimal):
        return (number > bound,)
    can_be_above = number.high is None or number.high > bound
    can_be_below = (
        number.low is None or number.low < bound or (number.low == bound and not number.low_open)
    )
    return tuple(way for way, can in zip(BOTH, (can_be_below, can_be_above), strict=True) if can)
