"""The inputs of the delayed and newer toxicities."""

from __future__ import annotations

from toxmon.grading import delayed
from toxmon.scales.inputs import Input, Stateless, count, of_kind, yes_no

MOST_DAYS = 100_000


def _severity(kind: str, words: str = "Severity as charted, CTCAE grade") -> Input:
    return of_kind("severity", words, kind)


PRESENT = yes_no("present", "Present, as a clinician has charted it")
ONSET = count("onset_day", "Day after the infusion on which it began", 0, MOST_DAYS, "d")

INPUTS: dict[str, tuple[Input, ...]] = {
    "movement_neurocognitive": (
        PRESENT,
        yes_no("parkinsonism", "Parkinsonism"),
        yes_no("movement_disorder", "Another movement disorder, new"),
        yes_no("cognitive_change", "Change of cognition, new"),
        yes_no("personality_change", "Change of personality, new"),
        _severity("movement_neurocognitive_grade"),
        ONSET,
    ),
    "cranial_nerve_palsy": (
        PRESENT,
        yes_no("facial_palsy", "Palsy of the face"),
        of_kind("nerves", "Nerves with a palsy; an empty list is none", "cranial_nerves"),
        of_kind("side", "Side of the palsy", "palsy_side"),
        _severity("cranial_nerve_palsy_grade"),
        ONSET,
    ),
    "guillain_barre": (PRESENT, _severity("guillain_barre_grade"), ONSET),
    "peripheral_neuropathy": (PRESENT, _severity("peripheral_neuropathy_grade"), ONSET),
    "enterocolitis": (
        PRESENT,
        _severity("enterocolitis_grade"),
        ONSET,
        of_kind("diarrhea_grade", "Diarrhea, CTCAE grade", "diarrhea_grade"),
        yes_no("enteric_infection", "An infection of the bowel was found"),
        count("day", "Today, in days after the infusion", 0, MOST_DAYS, "d"),
    ),
    "licats": (
        PRESENT,
        of_kind("organs", "Organs that it is in; an empty list is none", "licats_organs"),
        _severity("licats_grade", "Severity as charted, 1 to 4"),
        ONSET,
    ),
    "second_malignancy": (
        of_kind("second_malignancy", "Kind of a second malignancy", "second_malignancy"),
        ONSET,
    ),
}

SCALES = tuple(Stateless(scale, INPUTS[scale.name]) for scale in delayed.SCALES)
