"""The neurologic examination: ICE, CAPD, consciousness, seizures, and late neurotoxicity.

No LOINC code for ICE or CAPD was found; they are charted by name.
Maxima of the ICE items (4, 3, 1, 1, 1): Lee 2019, doi:10.1016/j.bbmt.2018.12.758. CAPD has 8 items
of 0 to 4.
"""

from __future__ import annotations

from toxmon.grading.kind import Kind, code, number, score, several, yes_no

NEURO: tuple[Kind, ...] = (
    score("ice_orientation", "ICE, orientation to year, month, city, hospital", 4, "lower"),
    score("ice_naming", "ICE, naming of three objects", 3, "lower"),
    score("ice_commands", "ICE, following a simple command", 1, "lower"),
    score("ice_writing", "ICE, writing a standard sentence", 1, "lower"),
    score("ice_attention", "ICE, counting backwards from 100 by 10", 1, "lower"),
    score("ice_score", "ICE, total", 10, "lower"),
    score("capd_score", "CAPD, total", 32, "higher"),
    # Unable to perform the CAPD is the worst answer of that scale, so no is worse than yes.
    yes_no("capd_performed", "CAPD could be performed", worse="lower"),
    code(
        "consciousness",
        "Level of consciousness",
        "alert",
        "wakes_spontaneously",
        "wakes_to_voice",
        "wakes_to_touch",
        "unarousable",
    ),
    code("seizure", "Seizure", "none", "clinical", "electrographic"),
    number(
        "seizure_duration",
        "Duration of the seizure",
        "s",
        possible=("0", "2592000"),
        plausible=("0", "86400"),
        worse="higher",
        resolution="1",
    ),
    yes_no("seizure_resolved", "Seizure resolved, back to baseline", worse="lower"),
    yes_no("seizure_without_recovery", "Repeated seizures without return to baseline"),
    code("motor_weakness", "Motor weakness", "none", "deep_focal"),
    code("cerebral_edema", "Cerebral edema on imaging", "none", "focal", "diffuse"),
    # Edema around a hemorrhage leaves the grade, so edema without one is the worse.
    yes_no("edema_from_hemorrhage", "Edema comes from a hemorrhage", worse="lower"),
    several(
        "icp_signs",
        "Signs of raised intracranial pressure",
        "papilledema",
        "cranial_nerve_6_palsy",
        "cushing_triad",
        "posturing",
    ),
    code("handwriting", "Handwriting against the baseline sample", "unchanged", "changed"),
    yes_no("facial_palsy", "Facial palsy"),
    yes_no("parkinsonism", "Parkinsonism"),
)
