"""The inputs of CRS and ICANS, ASTCT 2019."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from toxmon.grading import crs, icans
from toxmon.scales.inputs import Input, Stateless, of_kind, yes_no

CRS = (
    of_kind("temperature_c", "Temperature in Cel", "body_temperature"),
    yes_no("fever_other_cause", "The fever has another cause"),
    yes_no("prior_crs_fever", "A fever of this CRS episode was seen earlier"),
    yes_no("treated_since_onset", "Antipyretic, anticytokine drug or steroid given since"),
    yes_no("hypotension", "Hypotension, as a clinician finds it"),
    yes_no("hypotension_other_cause", "The hypotension has another cause"),
    of_kind("vasopressors", "Vasopressors running now; an empty list is none", "vasopressors"),
    of_kind("oxygen_device", "How oxygen is given", "oxygen_device"),
    of_kind("oxygen_flow_l_min", "Oxygen flow in L/min", "oxygen_flow"),
    of_kind("oxygen_saturation_percent", "Oxygen saturation in %", "oxygen_saturation"),
    yes_no("hypoxia_other_cause", "The hypoxia has another cause"),
    of_kind("ventilation_reason", "Why the patient is ventilated", "ventilation_reason"),
    yes_no("death_due_to_crs", "The patient died of CRS"),
)

ICANS = (
    Input("age_years", "Age in years", form="years", unit="a"),
    of_kind("ice_score", "ICE total, 0 to 10", "ice_score"),
    Input(
        "ice",
        "ICE items",
        form="items",
        parts=tuple(
            of_kind(item, f"0 to {most}", f"ice_{item}") for item, most in icans.ICE_ITEMS.items()
        ),
    ),
    of_kind("capd_score", "CAPD total, 0 to 32", "capd_score"),
    yes_no("capd_performed", "The CAPD could be performed"),
    yes_no("arousable", "The patient can be woken"),
    of_kind("consciousness", "Level of consciousness", "consciousness"),
    yes_no("consciousness_other_cause", "Reduced consciousness has another cause: sedation"),
    of_kind("seizure", "A seizure", "seizure"),
    of_kind("seizure_seconds", "How long the seizure lasted, in seconds", "seizure_duration"),
    yes_no("seizure_resolved", "The seizure resolved, rapidly or with treatment"),
    yes_no("seizure_without_recovery", "Repeated seizures without return to baseline"),
    yes_no("seizure_other_cause", "The seizure has another cause"),
    of_kind("motor_weakness", "Motor weakness", "motor_weakness"),
    yes_no("motor_weakness_other_cause", "The weakness has another cause"),
    of_kind("cerebral_edema", "Cerebral edema on imaging", "cerebral_edema"),
    yes_no("edema_from_hemorrhage", "The edema is due to hemorrhage"),
    yes_no("edema_other_cause", "The edema has another cause"),
    of_kind("icp_signs", "Signs of raised intracranial pressure; [] is none", "icp_signs"),
    yes_no("death_due_to_icans", "The patient died of ICANS"),
)


def _ice_adds_up(read: Mapping[str, Any]) -> dict[str, str]:
    items, total = read.get("ice"), read.get("ice_score")
    if not items or not isinstance(total, Decimal):
        return {}
    low = sum(items.values())
    high = low + sum(most for name, most in icans.ICE_ITEMS.items() if name not in items)
    if low <= total <= high:
        return {}
    words = f"is {total}, and the items add up to {low}"
    return {"ice_score": words if low == high else f"{words}, at most {high} with those not sent"}


SCALES = (
    Stateless(crs.CRS, CRS),
    Stateless(icans.ICANS, ICANS, check=_ice_adds_up),
)
