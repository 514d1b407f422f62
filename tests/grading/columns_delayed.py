"""The columns of the page on delayed and newer toxicities, and how a cell is read."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.grading.cells import name, names, number, yes_or_no

CHARTED: Mapping[str, Callable[[str], Any]] = {
    "present": yes_or_no,
    "severity": number,
    "onset_day": int,
}

READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    "movement_neurocognitive": {
        **CHARTED,
        "parkinsonism": yes_or_no,
        "movement_disorder": yes_or_no,
        "cognitive_change": yes_or_no,
        "personality_change": yes_or_no,
    },
    "cranial_nerve_palsy": {
        **CHARTED,
        "facial_palsy": yes_or_no,
        "nerves": names,
        "side": name,
    },
    "guillain_barre": CHARTED,
    "peripheral_neuropathy": CHARTED,
    "enterocolitis": {
        **CHARTED,
        "diarrhea_grade": number,
        "enteric_infection": yes_or_no,
        "day": int,
    },
    "licats": {**CHARTED, "organs": names},
    "second_malignancy": {"second_malignancy": name, "onset_day": int},
}
