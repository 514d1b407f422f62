"""The older CRS scales graded a second time, by another method.

Nothing here is taken from `toxmon`. The method: write down every complete bedside picture that the
known findings allow, look each up in the table of the scale from its highest row downwards, and
answer the lowest and the highest grade that was found. The tables, as later papers print them
(PMC7006459; doi:10.1186/s13045-018-0653-x):

| row | Lee 2014                   | Penn                        | MSKCC          | CARTOX            |
| --- | -------------------------- | --------------------------- | -------------- | ----------------- |
| 4   | ventilator, organ 4        | high dose, ventilator       | refractory, ventilator | life-threatening, ventilator, organ 4 |
| 3   | several or high dose, 40 % or more, organ 3, liver 3 or 4 | low dose, fluids, oxygen, CPAP, organ 3, liver 4, coagulopathy | 24 h or more, 40 % or more | as Lee |
| 2   | fluids, one low dose, oxygen, organ 2, liver 2 | hospital, organ 2, liver 3 | any pressor, oxygen | as Lee |
| 1   | fever, malaise             | fever, malaise, hypotension | fever, malaise, hypotension, fluids | fever, organ 1, liver 1 |

Readings that leave pictures out:

* R1: an attribution or a death that nobody charted is not considered.
* R2 (0044): what proves a treatment is not considered without it: nobody answers to fluids without
  fluids; nobody has a high dose, hypotension in spite of it, or hours of a vasopressor without a
  vasopressor; nobody defies a high dose that is not given. Where both are charted all the same,
  the worse one is believed.
* R3 (0043): an unknown flow is a running flow; on room air nobody has a fraction above 21 %, and
  where it is charted all the same it is believed; oxygen that runs through an unknown device is for
  hypoxia; CPAP and BiPAP are for hypoxia unless another reason is charted.
* R4 (0042): the kidneys are no worse than the worst organ; where they are, they count.

Readings that give a picture two rows at once: hypotension that defies fluids and has no vasopressor
(Lee, CARTOX: 2 or 3), CPAP or BiPAP (all but Penn: by the fraction, or 4), an organ toxicity of
grade 4 (Penn: 3 or 4).
"""  # noqa: E501 - a table is read across

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any, NamedTuple

SCALES = ("crs_lee_2014", "crs_penn", "crs_mskcc", "crs_cartox")
BOTH = (False, True)
NOT_PRESSORS = {"dobutamine", "milrinone", "levosimendan", "midodrine"}
DRIPS = ((), ("norepinephrine",), ("norepinephrine", "epinephrine"))
SOME_OXYGEN = (
    "blow_by",
    "nasal_cannula",
    "high_flow_nasal_cannula",
    "simple_mask",
    "venturi_mask",
    "non_rebreather",
)
DEVICES = ("room_air", *SOME_OXYGEN, "cpap", "bipap", "invasive_ventilation", "ecmo")
REASONS = ("hypoxia", "airway_protection", "procedure", "chronic")
FRACTIONS = tuple(Decimal(each) for each in ("21", "30", "39.9", "40", "100"))


def interval(scale: str, known: Mapping[str, Any]) -> tuple[int, int]:
    """The lowest and the highest grade that the known findings allow."""
    if known.get("death_due_to_crs"):  # R1
        return 5, 5
    columns = (
        _symptoms(
            scale,
            *_of(known, "temperature_c", "fever_other_cause"),
            *_of(known, "constitutional_symptoms", "hospitalized_for_crs"),
        ),
        _pressures(
            scale,
            *_of(known, "hypotension", "hypotension_other_cause"),
            *_of(known, "hypotension_answers_to_fluids", "fluids_for_hypotension", "vasopressors"),
            *_of(known, "vasopressor_high_dose", "vasopressor_refractory", "vasopressor_hours"),
        ),
        _breaths(
            scale,
            *_of(known, "oxygen_device", "oxygen_flow_l_min", "fraction_inspired_oxygen_percent"),
            *_of(known, "ventilation_reason", "hypoxia_other_cause"),
        ),
        _organs(
            scale,
            *_of(known, "organ_toxicity_grade", "transaminase_grade", "creatinine_grade"),
            *_of(known, "coagulopathy_needing_products", "organ_toxicity_other_cause"),
        ),
    )
    return max(map(min, columns)), max(map(max, columns))


@cache
def _symptoms(
    scale: str,
    temperature: Any,
    other_cause: bool | None,
    constitutional: bool | None,
    hospitalized: bool | None,
) -> frozenset[int]:
    rows = set()
    hot = BOTH if temperature is None else _is_at_least(temperature, Decimal(38))
    for fever, ill, stays in product(hot, _either(constitutional), _either(hospitalized)):
        if scale == "crs_penn" and stays:
            rows.add(2)
        elif fever and not other_cause:
            rows.add(1)
        else:
            rows.add(1 if ill and scale != "crs_cartox" else 0)
    return frozenset(rows)


class Blood(NamedTuple):
    """A complete picture: hypotension now, fluids given, whether it answers, and the drips."""

    low: bool
    fluids: bool
    answers: bool
    drips: int
    high: bool
    refractory: bool
    hours: Decimal


@cache
def _pressures(
    scale: str,
    low: bool | None,
    other_cause: bool | None,
    answers: bool | None,
    fluids: bool | None,
    drips: tuple[str, ...] | None,
    high: bool | None,
    refractory: bool | None,
    hours: Any,
) -> frozenset[int]:
    if other_cause:  # R1
        return frozenset({0})
    rows: set[int] = set()
    counts = {len(set(each) - NOT_PRESSORS) for each in (DRIPS if drips is None else (drips,))}
    times = tuple(Decimal(each) for each in ("0", "12", "24")) if hours is None else _hours(hours)
    for picture in map(
        Blood._make,
        product(
            _either(low),
            _either(fluids),
            _either(answers),
            counts,
            _either(high),
            _either(refractory),
            times,
        ),
    ):
        if _possible(picture, answers, fluids, drips, high, refractory, hours):
            rows |= _blood_rows(scale, picture)
    return frozenset(rows)


def _possible(
    picture: Blood,
    answers: bool | None,
    fluids: bool | None,
    drips: tuple[str, ...] | None,
    high: bool | None,
    refractory: bool | None,
    hours: Any,
) -> bool:
    """R2: a picture contradicts itself only where both halves were charted."""
    if picture.answers and not picture.fluids and not (answers and fluids is False):
        return False
    if picture.refractory and not picture.high and not (refractory and high is False):
        return False
    if picture.drips:
        # Whoever has a drip has had it for some time, if it is not charted otherwise.
        return bool(picture.hours > 0 or hours is not None)
    # Without a drip, none of this is so; unless some of it is charted, and then all of it may be.
    for_some_time = hours is not None and all(each > 0 for each in _hours(hours))
    proven = drips is not None and bool(high or refractory or for_some_time)
    return proven or not (picture.high or picture.refractory or picture.hours > 0)


def _blood_rows(scale: str, picture: Blood) -> set[int]:
    high = picture.high or picture.refractory
    treated = bool(picture.drips or high or picture.hours > 0)
    fluids = picture.fluids or picture.answers
    if scale == "crs_mskcc":
        if picture.refractory:
            return {4}
        if picture.hours >= 24:
            return {3}
        return {2} if treated else {1 if picture.low or fluids else 0}
    if scale == "crs_penn":
        if high:
            return {4}
        return {3} if treated or fluids else {1 if picture.low else 0}
    if scale == "crs_cartox" and picture.refractory:
        return {4}
    if picture.drips > 1 or high:
        return {3}
    if picture.low and not treated and not picture.answers:
        return {2, 3}
    return {2} if treated or picture.low or fluids else {0}


@cache
def _breaths(
    scale: str,
    device: str | None,
    flow: Any,
    fraction: Any,
    reason: str | None,
    other_cause: bool | None,
) -> frozenset[int]:
    if other_cause:  # R1
        return frozenset({0})
    fractions = FRACTIONS if fraction is None else _fractions(fraction)
    enriched = fraction is not None and all(each > 21 for each in fractions)
    running = flow is not None and _is_above(flow, Decimal(0)) == (True,)
    off = flow is not None and _is_above(flow, Decimal(0)) == (False,)
    rows: set[int] = set()
    for one, part in product(DEVICES if device is None else (device,), fractions):
        air = one == "room_air" or (device == "nasal_cannula" and off)
        if air and not enriched:
            part = Decimal(21)
        for found in _air_rows(scale, one, part, reason, device is None, air):
            if device is None and (running or enriched) and found == 0:
                continue  # R3
            rows.add(found)
    return frozenset(rows)


def _air_rows(
    scale: str, device: str, part: Decimal, reason: str | None, guessed: bool, air: bool
) -> Iterator[int]:
    penn = scale == "crs_penn"
    by_fraction = 3 if penn or part >= 40 else 2
    if air:
        yield by_fraction if part > 21 else 0
    elif device in SOME_OXYGEN:
        yield by_fraction
    elif device == "ecmo":
        yield 4
    else:
        why = reason
        if reason is None and device != "invasive_ventilation":
            why = "hypoxia"  # R3
        for one in REASONS if why is None else (why,):
            if one != "hypoxia":
                yield 0
            elif device == "invasive_ventilation":
                yield 4
            else:
                yield by_fraction
                if not penn:
                    yield 4


@cache
def _organs(
    scale: str,
    worst: Any,
    liver: Any,
    kidneys: Any,
    coagulopathy: bool | None,
    other_cause: bool | None,
) -> frozenset[int]:
    if other_cause or scale == "crs_mskcc":  # R1
        return frozenset({0})
    rows: set[int] = set()
    for organ, enzyme, kidney, products in product(
        _grades(worst), _grades(liver), _grades(kidneys), _either(coagulopathy)
    ):
        if kidney > organ and (worst is None or kidneys is None):
            continue  # R4
        rows |= _organ_rows(scale, max(organ, kidney), enzyme, products)
    return frozenset(rows)


def _organ_rows(scale: str, organ: int, liver: int, products: bool) -> set[int]:
    if scale == "crs_penn":
        if organ >= 4:
            return {3, 4}
        if organ == 3 or liver >= 4 or products:
            return {3}
        return {2 if organ == 2 or liver == 3 else 0}
    if organ >= 4:
        return {4}
    row = max(organ, min(liver, 3))
    return {0 if row == 1 and scale == "crs_lee_2014" else row}


def _of(known: Mapping[str, Any], *names: str) -> list[Any]:
    return [known.get(name) for name in names]


def _either(finding: bool | None) -> tuple[bool, ...]:
    return BOTH if finding is None else (finding,)


def _grades(grade: Any) -> list[int]:
    if grade is None:
        return list(range(6))
    if isinstance(grade, Decimal):
        return [int(grade)]
    return [n for n in range(6) if _inside(Decimal(n), grade)]


def _hours(hours: Any) -> tuple[Decimal, ...]:
    if isinstance(hours, Decimal):
        return (hours,)
    return tuple(each for n in (0, 1, 12, 24, 1000) if _inside(each := Decimal(n), hours))


def _fractions(fraction: Any) -> tuple[Decimal, ...]:
    if isinstance(fraction, Decimal):
        return (fraction,)
    return tuple(each for each in FRACTIONS if _inside(each, fraction))


def _inside(number: Decimal, bounds: Any) -> bool:
    over = (
        bounds.low is None or number > bounds.low or (number == bounds.low and not bounds.low_open)
    )
    under = (
        bounds.high is None
        or number < bounds.high
        or (number == bounds.high and not bounds.high_open)
    )
    return over and under


def _is_at_least(number: Any, bound: Decimal) -> tuple[bool, ...]:
    if isinstance(number, Decimal):
        return (number >= bound,)
    can_be_below = number.low is None or number.low < bound
    can_be_above = (
        number.high is None
        or number.high > bound
        or (number.high == bound and not number.high_open)
    )
    return tuple(way for way, can in zip(BOTH, (can_be_below, can_be_above), strict=True) if can)


def _is_above(number: Any, bound: Decimal) -> tuple[bool, ...]:
    if isinstance(number, Decimal):
        return (number > bound,)
    can_be_above = number.high is None or number.high > bound
    can_be_below = (
        number.low is None or number.low < bound or (number.low == bound and not number.low_open)
    )
    return tuple(way for way, can in zip(BOTH, (can_be_below, can_be_above), strict=True) if can)
