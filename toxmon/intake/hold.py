"""Why a statement of another system is not charted yet, in a code and in words."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN_PATIENT = "unknown_patient"
PATIENTS_DISAGREE = "patients_disagree"
OUT_OF_REACH = "out_of_reach"
UNKNOWN_CODE = "unknown_code"
CODES_DISAGREE = "codes_disagree"
DENIED_CODE = "denied_code"
UNKNOWN_UNIT = "unknown_unit"
UNITS_DISAGREE = "units_disagree"
UNKNOWN_ANSWER = "unknown_answer"
VALUE_REFUSED = "value_refused"
NO_VALUE = "no_value"
NO_TIME = "no_time"
TIME_REFUSED = "time_refused"
UNKNOWN_DRUG = "unknown_drug"
UNKNOWN_PRODUCT = "unknown_product"
UNKNOWN_DOSE = "unknown_dose"
NO_UNIT_OF_PATIENT = "no_ward"
CAUSE_OF_DEATH = "cause_of_death"
NOT_VERIFIED = "not_verified"
CAME_AFTER_WITHDRAWAL = "came_after_withdrawal"
CORRECTED_HERE = "corrected_here"
MERGE_REFUSED = "merge_refused"
UNREADABLE = "unreadable"

REASONS: dict[str, str] = {
    UNKNOWN_PATIENT: "no patient on record has any of these numbers; it is joined on arrival",
    PATIENTS_DISAGREE: "its numbers belong to different patients",
    OUT_OF_REACH: "the patient lies in a unit that this sender does not reach",
    UNKNOWN_CODE: "no code of it is known; map it, and read it again",
    CODES_DISAGREE: "its codes mean different quantities",
    DENIED_CODE: "its code is another quantity than the one that is graded",
    UNKNOWN_UNIT: "its unit is missing or is not read for this quantity",
    UNITS_DISAGREE: "its unit is written in two ways that differ",
    UNKNOWN_ANSWER: "its answer is not mapped to a word of ours",
    VALUE_REFUSED: "its value cannot be",
    NO_VALUE: "it has no value",
    NO_TIME: "it has no time that is exact enough to be graded by",
    TIME_REFUSED: "its time lies in the future, or before birth",
    UNKNOWN_DRUG: "no code or name of the drug is known",
    UNKNOWN_PRODUCT: "the product that was infused is not known",
    UNKNOWN_DOSE: "the amount is not one that can be read as a dose",
    NO_UNIT_OF_PATIENT: "nothing says in which unit of ours the patient lies",
    CAUSE_OF_DEATH: "a death is charted with its cause; a clinician has to say it",
    NOT_VERIFIED: "it was entered and not verified yet",
    CAME_AFTER_WITHDRAWAL: "the sender had withdrawn it, and sends it again",
    CORRECTED_HERE: "somebody here has corrected or taken back what the sender now changes",
    MERGE_REFUSED: "two records were not joined, or not parted; look why, and do it by hand",
    UNREADABLE: "it cannot be read",
}
"""Every reason for which something waits, and what it means."""

WAITS_FOR_PATIENT = (UNKNOWN_PATIENT,)
"""Looked at again when a patient arrives."""


@dataclass(frozen=True, slots=True)
class Hold:
    """`reason` is one of REASONS; `words` say more of this one."""

    reason: str
    words: str
