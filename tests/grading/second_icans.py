"""ICANS graded a second time, by another method, to be compared with `toxmon.grading.icans`.

Nothing here is taken from `toxmon`. The method: write down every complete bedside picture that
the known findings allow, find the row of the paper's table for each domain of each picture, and
answer the lowest and the highest grade that was found.

The table, after Lee et al., Biol Blood Marrow Transplant 2019; 25: 625-638,
doi:10.1016/j.bbmt.2018.12.758 (ICE from the 12th birthday, CAPD below it):

| grade | ICE       | CAPD   | wakes         | seizure        | motor      | pressure       |
| ----- | --------- | ------ | ------------- | -------------- | ---------- | -------------- |
| 1     | 7-9       | 1-8    | spontaneously |                |            |                |
| 2     | 3-6       | 1-8    | to voice      |                |            |                |
| 3     | 0-2       | >= 9   | only to touch | resolves       |            | focal edema    |
| 4     | 0, cannot | unable | cannot be     | > 5 min, or no | deep focal | diffuse edema, |
|       | be woken  |        | woken         | return to      | weakness   | or a sign      |
|       |           |        |               | baseline       |            |                |

The readings that are not the plain hull of what is possible, each marked below:

* R1 (0011): an attribution or a death that nobody charted is not a picture to be considered.
* R2 (0015): where the age is not known, the instrument that was given decides, ICE first. With the
  age made known the other instrument may be the right one, so this is narrower than the hull.
* R3 (0014, 0015): of two findings that contradict each other the worse one counts.
* R4 (0015): a CAPD that was performed but whose total is unknown stays 0..4; the plain hull would
  be 0..3, as "unable to perform" is then excluded. This is wider than the hull.
* R5 (0014): details of a seizure that nobody charted are not used, so that is 0..4; the plain hull
  of "brief, resolved, recovered" would be 0..3. This is wider than the hull.

Two more follow from the paper and are the plain hull: where the age is known to be 12 or more and
neither instrument was used, it is the ICE that is missing, so whoever can be woken is at most 3 by
it (0015); where the age is not known either, "unable to perform CAPD" is possible and is 4.

Units: age in years, seizure duration in seconds.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

WAKES = ("alert", "wakes_spontaneously", "wakes_to_voice", "wakes_to_touch", "unarousable")
ITEM_POINTS = {"orientation": 4, "naming": 3, "commands": 1, "writing": 1, "attention": 1}
UNABLE = "unable"
PRESSURE_SIGNS = ("posturing", "cranial_nerve_6_palsy", "papilledema", "cushing_triad")
BOTH = (False, True)


def interval(known: Mapping[str, Any]) -> tuple[int, int]:
    """The lowest and the highest ICANS grade, 0 to 5, that the known findings allow.

    `known` has the names of `POST /grade/icans`; a name that is absent or None is not known.
    """
    if known.get("death_due_to_icans"):  # R1
        return 5, 5
    pictures = product(
        _minds(
            known.get("age_years"),
            known.get("ice_score"),
            tuple((known.get("ice") or {}).get(item) for item in ITEM_POINTS),
            known.get("capd_score"),
            known.get("capd_performed"),
            known.get("arousable"),
            known.get("consciousness"),
            known.get("consciousness_other_cause"),
        ),
        _seizures(
            known.get("seizure"),
            known.get("seizure_seconds"),
            known.get("seizure_resolved"),
            known.get("seizure_without_recovery"),
            known.get("seizure_other_cause"),
        ),
        _motors(known.get("motor_weakness"), known.get("motor_weakness_other_cause")),
        _edemas(
            known.get("cerebral_edema"),
            known.get("edema_from_hemorrhage"),
            known.get("edema_other_cause"),
        ),
        _pressures(known.get("icp_signs")),
    )
    grades = {max(picture) for picture in pictures}
    return min(grades), max(grades)


@cache
def _minds(
    age: Any,
    ice_score: Any,
    items: tuple[Any, ...],
    capd_score: Any,
    capd_performed: bool | None,
    arousable: bool | None,
    consciousness: str | None,
    other_cause: bool | None,
) -> frozenset[int]:
    """The row of ICE or CAPD together with consciousness: ICE 0 needs to know who can be woken."""
    if other_cause:  # R1
        return frozenset({0})
    tests = _tests(age, ice_score, items, capd_score, capd_performed)
    return frozenset(
        max(WAKES.index(level), _test_row(instrument, total, level != "unarousable"))
        for level, (instrument, total) in product(_levels(arousable, consciousness), tests)
    )


def _levels(arousable: bool | None, consciousness: str | None) -> tuple[str, ...]:
    if arousable is False or consciousness == "unarousable":
        return ("unarousable",)  # R3, where the other finding says something else
    if consciousness is not None:
        return (consciousness,)
    return WAKES[:-1] if arousable else WAKES


def _tests(
    age: Any, ice_score: Any, items: tuple[Any, ...], capd_score: Any, capd_performed: bool | None
) -> list[tuple[str, Any]]:
    """Every result, ("ice", 0..10) or ("capd", 0..32 or unable), that the instrument may have."""
    ice = _ice_totals(ice_score, items)
    ice_given = ice_score is not None or any(points is not None for points in items)
    capd_given = capd_score is not None or capd_performed is not None
    child = age is not None and age < 12
    if child or (capd_given and not ice_given):
        return [("capd", total) for total in _capd_totals(capd_score, capd_performed)]
    if ice_given:
        return [("ice", total) for total in ice]  # R2
    pictures: list[tuple[str, Any]] = [("ice", total) for total in ice]
    if age is None:
        pictures += [("capd", total) for total in _capd_totals(None, None)]
    return pictures


def _ice_totals(ice_score: Any, items: tuple[Any, ...]) -> list[int]:
    if ice_score is not None:
        return [int(ice_score)]
    choices = (
        range(most + 1) if points is None else (int(points),)
        for points, most in zip(items, ITEM_POINTS.values(), strict=True)
    )
    return sorted({sum(answers) for answers in product(*choices)})


def _capd_totals(capd_score: Any, capd_performed: bool | None) -> list[int | str]:
    if capd_performed is False:
        return [UNABLE]  # R3, where a total was charted as well
    if capd_score is not None:
        return [int(capd_score)]
    return [*range(33), UNABLE]  # R4


def _test_row(instrument: str, total: Any, arousable: bool) -> int:
    if instrument == "capd":
        return 4 if total == UNABLE else 3 if total >= 9 else 1 if total >= 1 else 0
    if total == 0 and not arousable:
        return 4
    for row, totals in ((3, range(3)), (2, range(3, 7)), (1, range(7, 10))):
        if total in totals:
            return row
    return 0


@cache
def _seizures(
    seizure: str | None,
    seconds: Any,
    resolved: bool | None,
    without_recovery: bool | None,
    other_cause: bool | None,
) -> frozenset[int]:
    if other_cause or seizure == "none":  # R1 for the other cause
        return frozenset({0})
    if seizure is None:
        return frozenset({0, 3, 4})  # R5
    pictures = product(_longer_than_5_min(seconds), _no_returns(resolved, without_recovery))
    return frozenset(4 if long or no_return else 3 for long, no_return in pictures)


def _no_returns(resolved: bool | None, without_recovery: bool | None) -> tuple[bool, ...]:
    """Whether the patient did not return to baseline, which two findings speak of."""
    if without_recovery is not None:
        return (without_recovery,)  # R3, where it is said to have resolved
    return (False,) if resolved else BOTH


def _longer_than_5_min(seconds: Any) -> tuple[bool, ...]:
    if seconds is None:
        return BOTH
    if isinstance(seconds, Decimal):
        return (seconds > 300,)
    can_be_long = seconds.high is None or seconds.high > 300
    can_be_short = (
        seconds.low is None or seconds.low < 300 or (seconds.low == 300 and not seconds.low_open)
    )
    return tuple(way for way, can in zip(BOTH, (can_be_short, can_be_long), strict=True) if can)


@cache
def _motors(weakness: str | None, other_cause: bool | None) -> frozenset[int]:
    if other_cause:  # R1
        return frozenset({0})
    return frozenset({"none": {0}, "deep_focal": {4}, None: {0, 4}}[weakness])


@cache
def _edemas(
    edema: str | None, from_hemorrhage: bool | None, other_cause: bool | None
) -> frozenset[int]:
    if from_hemorrhage or other_cause:  # R1
        return frozenset({0})
    return frozenset({"none": {0}, "focal": {3}, "diffuse": {4}, None: {0, 3, 4}}[edema])


@cache
def _pressures(signs: tuple[str, ...] | None) -> frozenset[int]:
    if signs is None:
        return frozenset({0, 4})
    return frozenset({4 if set(signs).intersection(PRESSURE_SIGNS) else 0})
