"""What a set at the bedside asks: its fields, in their order, and what may be chosen."""

from __future__ import annotations

from dataclasses import dataclass

from toxmon.ward.language import later


@dataclass(frozen=True, slots=True)
class Box:
    """One field for a number. `most` is how many signs fit.

    `ends` says when no longer number is possible, so that the pad moves on: from this first digit
    on two digits are all; `two` is two digits always, `decimal` two and one behind the point.
    """

    name: str
    kind: str
    unit: str
    label: str
    most: int
    ends: str


TEMPERATURE = Box("temperature", "body_temperature", "Cel", later("Temp"), 5, "decimal")
SYSTOLIC = Box("systolic", "systolic_bp", "mm[Hg]", later("Systolic"), 3, "3")
DIASTOLIC = Box("diastolic", "diastolic_bp", "mm[Hg]", later("Diastolic"), 3, "2")
SATURATION = Box("saturation", "oxygen_saturation", "%", later("SpO₂"), 3, "2")
PULSE = Box("pulse", "heart_rate", "/min", later("Pulse"), 3, "3")
BREATHS = Box("breaths", "respiratory_rate", "/min", later("Resps"), 3, "two")
CAPD = Box("capd", "capd_score", "{score}", later("CAPD"), 2, "4")
BOXES = (TEMPERATURE, SYSTOLIC, DIASTOLIC, SATURATION, PULSE, BREATHS)
NEEDED = ("temperature", "systolic")
"""What CRS cannot be graded without; that it was not taken needs a reason."""

OXYGEN = {
    "air": later("Air"),
    "cannula": later("Nasal ≤\u00a06\u00a0L"),
    "other": later("High-flow, mask"),
    "pressure": later("CPAP, vent"),
}
OTHER_OXYGEN = {
    "high_flow_nasal_cannula": later("High-flow nasal"),
    "simple_mask": later("Simple mask"),
    "venturi_mask": later("Venturi mask"),
    "non_rebreather": later("Non-rebreather"),
    "nasal_cannula": later("Nasal, over 6 L"),
    "blow_by": later("Blow-by"),
}
PRESSURE = {
    "cpap": later("CPAP"),
    "bipap": later("BiPAP"),
    "invasive_ventilation": later("Ventilator"),
    "ecmo": later("ECMO"),
}
WHY_PRESSURE = {
    "hypoxia": later("Hypoxia"),
    "airway_protection": later("To protect the airway"),
    "procedure": later("For a procedure"),
    "chronic": later("Chronic, from home"),
    "unknown": later("Not known"),
}
PRESSORS = {"none": later("None"), "one": later("One"), "more": later("Two or more")}
ICE = {"all": later("All correct"), "score": later("Score it"), "cannot": later("Cannot assess")}
CAPD_STATES = {"not_done": later("Not done"), "unable": later("Unable to perform")}
CANNOT = {
    "asleep": later("Asleep, rouses"),
    "sedated": later("Sedated or ventilated"),
    "cannot_be_roused": later("Cannot be roused"),
    "language": later("Language, no interpreter"),
    "refused": later("Refused"),
}
DEPRESSED = {
    "wakes_to_voice": later("Wakes to voice"),
    "wakes_to_touch": later("Wakes to touch only"),
    "unarousable": later("Not at all, or only to vigorous or repeated touch"),
}
NEURO = {
    "none": later("Alert; no seizure, weakness, pressure signs or known edema"),
    "other": later("Other"),
}
"""The first is five findings that its words name; whoever doubts one of them takes the second."""
AWAKE = {
    "alert": later("Alert"),
    "wakes_spontaneously": later("Drowsy, wakes by itself"),
    **DEPRESSED,
}
SEIZURE = {"none": later("None"), "clinical": later("Seen"), "electrographic": later("Only on EEG")}
LONG = {"no": later("5 min or less"), "yes": later("Over 5 min")}
BACK = {"yes": later("Back to baseline"), "no": later("Not back to baseline")}
WEAKNESS = {"none": later("None"), "deep_focal": later("Deep focal weakness")}
EDEMA = {"none": later("None"), "focal": later("Focal"), "diffuse": later("Diffuse")}
SIGNS = {
    "none": later("None of these"),
    "papilledema": later("Papilledema"),
    "cranial_nerve_6_palsy": later("Sixth nerve palsy"),
    "cushing_triad": later("Cushing's triad"),
    "posturing": later("Posturing"),
}
ITEMS = {
    "year": ("orientation", later("Year")),
    "month": ("orientation", later("Month")),
    "city": ("orientation", later("City")),
    "hospital": ("orientation", later("Hospital")),
    "thing_1": ("naming", later("Names 1st thing")),
    "thing_2": ("naming", later("Names 2nd thing")),
    "thing_3": ("naming", later("Names 3rd thing")),
    "command": ("commands", later("Follows a command")),
    "sentence": ("writing", later("Writes a sentence")),
    "count": ("attention", later("Counts 100 to 0 by tens")),
}
MANY = ("not_taken", "pressor", "sign")
"""Names that come many times."""
