"""What a nurse says of a set besides its values: what was not taken, and why an ICE was not done.

They grade nothing. They tell "nobody looked" from "it could not be had" (decision 0103).
"""

from __future__ import annotations

from toxmon.grading.kind import Kind, code, several

BEDSIDE: tuple[Kind, ...] = (
    several(
        "not_taken",
        "Asked for at this time, and not taken",
        "body_temperature",
        "systolic_bp",
        "diastolic_bp",
        "oxygen_saturation",
        "heart_rate",
        "respiratory_rate",
        "ice_score",
        "capd_score",
    ),
    # In the order of what it may mean; it is never read as a score.
    code(
        "ice_not_assessed",
        "Why the ICE was not assessed",
        "refused",
        "language",
        "asleep",
        "sedated",
        "cannot_be_roused",
    ),
)
