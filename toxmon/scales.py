"""Findings as anybody sends them, read for one scale: what `/grade/{scale}` and the CLI share.

Every field may be absent, which is unknown. A field that is there is checked as strictly as in the
record: its range, its words, its form. No unit is sent, because the field's name carries it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Any

from toxmon.grading import crs, icans
from toxmon.grading.facts import Bounds
from toxmon.grading.grade import Grade
from toxmon.grading.kinds import KINDS
from toxmon.grading.units import Refused, measure


class FindingsError(Exception):
    """Findings that cannot be read: words by field, as a JSON pointer without its first slash."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a scale's findings. `kind` names what checks it; None is a yes or no."""

    name: str
    words: str
    kind: str | None = None
    codes: tuple[str, ...] = ()


def _yes_no(name: str, words: str) -> Input:
    return Input(name, words)


INPUTS: Mapping[str, tuple[Input, ...]] = {
    "crs": (
        Input("temperature_c", "Temperature in Cel", "body_temperature"),
        _yes_no("fever_other_cause", "The fever has another cause"),
        _yes_no("prior_crs_fever", "A fever of this CRS episode was seen earlier"),
        _yes_no("treated_since_onset", "Antipyretic, anticytokine drug or steroid given since"),
        _yes_no("hypotension", "Hypotension, as a clinician finds it"),
        _yes_no("hypotension_other_cause", "The hypotension has another cause"),
        Input("vasopressors", "Vasopressors running now; an empty list is none", "vasopressors"),
        Input("oxygen_device", "How oxygen is given", "oxygen_device"),
        Input("oxygen_flow_l_min", "Oxygen flow in L/min", "oxygen_flow"),
        Input("oxygen_saturation_percent", "Oxygen saturation in %", "oxygen_saturation"),
        _yes_no("hypoxia_other_cause", "The hypoxia has another cause"),
        Input("ventilation_reason", "Why the patient is ventilated", "ventilation_reason"),
        _yes_no("death_due_to_crs", "The patient died of CRS"),
    ),
    "icans": (
        Input("age_years", "Age in years", "age_years"),
        Input("ice_score", "ICE total, 0 to 10", "ice_score"),
        Input("ice", "ICE items: orientation, naming, commands, writing, attention", "ice"),
        Input("capd_score", "CAPD total, 0 to 32", "capd_score"),
        _yes_no("capd_performed", "The CAPD could be performed"),
        _yes_no("arousable", "The patient can be woken"),
        Input("consciousness", "Level of consciousness", "consciousness"),
        _yes_no("consciousness_other_cause", "Reduced consciousness has another cause: sedation"),
        Input("seizure", "A seizure", "seizure"),
        Input("seizure_seconds", "How long the seizure lasted, in seconds", "seizure_duration"),
        _yes_no("seizure_resolved", "The seizure resolved, rapidly or with treatment"),
        _yes_no("seizure_without_recovery", "Repeated seizures without return to baseline"),
        _yes_no("seizure_other_cause", "The seizure has another cause"),
        Input("motor_weakness", "Motor weakness", "motor_weakness"),
        _yes_no("motor_weakness_other_cause", "The weakness has another cause"),
        Input("cerebral_edema", "Cerebral edema on imaging", "cerebral_edema"),
        _yes_no("edema_from_hemorrhage", "The edema is due to hemorrhage"),
        _yes_no("edema_other_cause", "The edema has another cause"),
        Input("icp_signs", "Signs of raised intracranial pressure; [] is none", "icp_signs"),
        _yes_no("death_due_to_icans", "The patient died of ICANS"),
    ),
}
SCALES: Mapping[str, ModuleType] = {"crs": crs, "icans": icans}
OLDEST_YEARS = Decimal(130)


def grade(scale: str, findings: Mapping[str, Any]) -> Grade:
    """The grade of findings as decoded from JSON. Raises FindingsError with every fault."""
    read: dict[str, Any] = {}
    faults: dict[str, str] = {}
    known = {each.name: each for each in INPUTS[scale]}
    for name, value in findings.items():
        each = known.get(name)
        if each is None:
            faults[_step(name)] = f"is not a finding of {scale}; known are {', '.join(known)}"
        elif value is not None:
            try:
                read[name] = _READERS.get(each.kind or "", _read_kind)(each, value)
            except Refused as error:
                faults[name] = error.detail
            except FindingsError as error:
                faults.update(error.faults)
    if scale == "icans":
        faults |= _ice_faults(read)
    if faults:
        raise FindingsError(faults)
    module = SCALES[scale]
    answer: Grade = module.grade(module.Findings(**read))
    return answer


def describe(scale: str) -> dict[str, Any]:
    """A scale as `GET /grade` lists it: inputs with units and words, edition, source."""
    module = SCALES[scale]
    return {
        "scale": scale,
        "title": module.TITLE,
        "edition": module.EDITION,
        "source": module.SOURCE,
        "inputs": [_describe(each) for each in INPUTS[scale]],
    }


def _describe(each: Input) -> dict[str, Any]:
    kind = KINDS.get(each.kind or "")
    shown: dict[str, Any] = {"name": each.name, "words": each.words}
    if each.kind is None:
        return {**shown, "form": "yes_no"}
    if kind is None:
        return {**shown, "form": "items" if each.kind == "ice" else "number"}
    return {**shown, "form": kind.form, "unit": kind.unit, "codes": list(kind.codes)}


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _read_kind(each: Input, value: Any) -> Any:
    if each.kind is None:
        if not isinstance(value, bool):
            raise Refused("value", "is not a yes or no; send true or false, or leave it out")
        return value
    kind = KINDS[each.kind]
    return measure(kind, value, kind.unit).value


def _read_age(each: Input, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused("value", "is not a number of years")
    if not 0 <= value <= OLDEST_YEARS:
        raise Refused("value", f"is not an age from 0 to {OLDEST_YEARS} years")
    return Decimal(value)


def _read_ice(each: Input, value: Any) -> dict[str, Decimal]:
    if not isinstance(value, dict):
        raise Refused("value", f"is not an object with any of {', '.join(icans.ICE_ITEMS)}")
    read: dict[str, Decimal] = {}
    faults: dict[str, str] = {}
    for name, points in value.items():
        if name not in icans.ICE_ITEMS:
            faults[f"ice/{_step(name)}"] = f"is not an item; known are {', '.join(icans.ICE_ITEMS)}"
        elif points is not None:
            try:
                measured = measure(KINDS[f"ice_{name}"], points, None).value
                if isinstance(measured, Bounds):
                    raise Refused("value", "is not a whole number of points")
                read[name] = measured  # type: ignore[assignment]
            except Refused as error:
                faults[f"ice/{name}"] = error.detail
    if faults:
        raise FindingsError(faults)
    return read


def _ice_faults(read: Mapping[str, Any]) -> dict[str, str]:
    items, total = read.get("ice"), read.get("ice_score")
    if not items or not isinstance(total, Decimal):
        return {}
    low = sum(items.values())
    high = low + sum(most for name, most in icans.ICE_ITEMS.items() if name not in items)
    if low <= total <= high:
        return {}
    words = f"is {total}, and the items add up to {low}"
    return {"ice_score": words if low == high else f"{words}, at most {high} with those not sent"}


_READERS: Mapping[str, Callable[[Input, Any], Any]] = {"age_years": _read_age, "ice": _read_ice}
