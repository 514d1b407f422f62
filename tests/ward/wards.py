"""A small ward for tests: a few patients who differ in what a board says of them."""

from __future__ import annotations

from tests.conftest import Api

WELL = {
    "body_temperature": (36.8, "Cel"), "heart_rate": (80, "/min"), "respiratory_rate": (16, "/min"),
    "systolic_bp": (120, "mm[Hg]"), "diastolic_bp": (75, "mm[Hg]"), "oxygen_saturation": (98, "%"),
    "oxygen_device": "room_air", "vasopressors": [],
}  # fmt: skip
FEVER = {**WELL, "body_temperature": (38.9, "Cel")}
SEVERE = {**FEVER, "systolic_bp": (84, "mm[Hg]")}
ICE = {
    "ice_score": (10, "{score}"), "consciousness": "alert", "seizure": "none",
    "motor_weakness": "none", "cerebral_edema": "none",
}  # fmt: skip
INFUSED = "2026-02-26T08:00:00Z"


def patient(
    api: Api, name: str, bed: str | None = None, at: str | None = INFUSED, **more: str
) -> str:
    """A new patient with a name, infused at `at`, in a bed."""
    number = f"77{next(api.numbers):07}"
    found = api.patient(mrn=number, name=name, **more)
    if at is not None:
        answer = api.post(f"/patients/{found}/infusions", {"product": "axi-cel", "infused_at": at})
        assert answer.status == 201, answer.body
    if bed is not None:
        lie(api, found, bed, at or INFUSED)
    return found


def lie(api: Api, patient_id: str, bed: str, at: str, **more: str) -> None:
    """Put a patient into a bed."""
    stay = {"from": at, "setting": "inpatient", "bed": bed, **more}
    answer = api.post(f"/patients/{patient_id}/stays", stay)
    assert answer.status in (200, 201), answer.body
