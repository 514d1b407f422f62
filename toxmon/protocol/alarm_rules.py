"""The closed lists of an alarm policy: what can be told, to whom, how urgently, on which bounds.

Names are added and never taken away: editions that treatments began under are read again later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

PRIORITIES = ("low", "medium", "high")
"""As IEC 60601-1-8 has them, the lowest first."""

ANY_UNIT = "*"

SIGNS: Mapping[str, str] = {
    "fever": "Fever",
    "hypotension": "Hypotension",
    "hypoxia": "Hypoxia",
    "neuro_change": "Change of ICE, handwriting or consciousness",
    "cytopenia": "Cytopenia",
    "ferritin_rise": "Rise of ferritin",
    "diarrhea": "Diarrhea",
    "facial_palsy": "Facial palsy",
}
"""What is seen at a bedside before anybody has named a syndrome."""

NEEDS: Mapping[str, str] = {
    **SIGNS,
    "infection": "Infection, as a clinician has charted it",
    "steroids": "Steroids given within the last three days",
    "crs": "CRS of any grade",
    "icans": "ICANS of any grade",
    "iec_hs": "IEC-HS, suspected or confirmed",
}
"""What a threshold may ask for beside its own value."""

RULES: Mapping[str, str] = {
    "crs": "CRS, by grade",
    "icans": "ICANS, by grade",
    "iec_hs": "IEC-HS, suspected (1) or by severity",
    "icaht_early": "Early hematotoxicity, by grade",
    "icaht_late": "Late hematotoxicity, by grade",
    "t_icaht_early": "Early thrombocytopenia, by grade",
    "t_icaht_late": "Late thrombocytopenia, by grade",
    "movement_neurocognitive": "Movement and neurocognitive events, by grade",
    "cranial_nerve_palsy": "Cranial nerve palsy, by grade",
    "guillain_barre": "Guillain-Barre syndrome, by grade",
    "peripheral_neuropathy": "Peripheral neuropathy, by grade",
    "enterocolitis": "Enterocolitis, by grade",
    "licats": "LICATS, by grade",
    "second_malignancy": "Second malignancy",
    "check": "A line charted more than once a day is overdue (1), missed twice or more (2)",
    "check:days": "A line of whole days is overdue (1), missed twice or more (2)",
    "obligation": "Something with a date that no observation meets",
    "unconfirmed": "An open finding or dose that nobody has confirmed",
    **{
        f"sign:{name}": f"{words}, not accounted for by a syndrome" for name, words in SIGNS.items()
    },
    "technical:feed": "A source of measurements has gone silent",
    "technical:clock": "The clock was stepped, or the machine slept",
    "technical:scheduler": "Checks are not looked at",
    "technical:delivery": "A message could not be delivered",
    "technical:roster": "Nobody is on call for a role",
    "technical:record": "The record cannot be written or read",
    "record:quarantine": "A value is in quarantine until somebody confirms or corrects it",
    "record:infusion": "The time of the infusion was changed",
    "dose:breach": "A dose was given beyond a limit",
    "dose:unreconciled": "Two records may be one dose",
    "steroid:glucose": "Glucose on steroids is overdue (1), missed twice or more (2)",
    "steroid:taper": "Steroids: not lowered after improvement (1), stopped at once (2)",
    "steroid:fungal": "Steroids for so long that a drug against molds is asked for",
    "steroid:cmv": "Steroids for so long that CMV is looked for",
}
"""What an alarm can be about, and what its levels are where they are not 1 for "it is so"."""

STEROID_RULES: Mapping[str, tuple[str, ...]] = {
    "steroid:glucose": ("every", "grace"),
    "steroid:taper": ("days", "gap_days", "stopped_after", "improved_for"),
    "steroid:fungal": ("days", "gap_days"),
    "steroid:cmv": ("days", "gap_days"),
}
"""What is watched while steroids are given, and which numbers each watch needs of its own."""

NEVER_SILENT = ("crs", "icans", "iec_hs", "check", "technical:feed", "technical:scheduler")
"""Rules without which a policy is refused: their patients would die unheard."""

ALWAYS_HIGH, SEVERE = ("crs", "icans"), 3
"""At this grade and above these are of high priority in every policy (decision 0069)."""

ROLES: Mapping[str, str] = {
    "bedside_nurse": "the nurse who looks after the patient",
    "charge_nurse": "the nurse in charge of the unit",
    "on_call_physician": "the physician on call for the unit",
    "consultant": "the senior physician responsible",
    "pharmacist": "the pharmacist on duty",
    "ward_phone": "the telephone of the unit",
    "technical": "whoever keeps the system running",
}
"""Whom a chain can call; a roster says who that is."""

ABOUT: Mapping[str, str] = {
    "patients": "alarms of patients",
    "technical": "alarms of the system itself",
}

BELOW, ABOVE = ("<", "<="), (">", ">=")
RISES, FALLS = "rises", "falls"
COMPARISONS = (*BELOW, *ABOVE, RISES, FALLS)

RATE_SPAN = timedelta(hours=48)
"""No rate of change is asked for over more than this: older readings are not kept in mind."""

LONGEST_SILENCE = timedelta(days=1)
"""No alarm is shelved, acknowledged or out of service for longer than this in one act."""

LATEST_STEP = timedelta(hours=1)
"""Everybody in a chain of high priority has been called by then."""


def higher(one: str, other: str) -> str:
    """The higher of two priorities."""
    return max(one, other, key=PRIORITIES.index)
