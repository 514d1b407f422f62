"""What is posted: a set of seven vitals, a batch of a hundred, one observation for the floor.

Values differ from set to set, and each patient has four sets that come round again. A fifth of
the patients has fever in two of the four, so of a hundred sets about ten change a grade.
"""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

NOW = b"NNNN-NN-NNTNN:NN:NN.NNNNNN+00:00"
"""Stands for the instant at which a request leaves: as long as what is put in its place."""

TURNS = 4
FEBRILE_EVERY = 5

EXAMINATION: list[dict[str, Any]] = [
    {"kind": "ice_score", "value": 10},
    {"kind": "consciousness", "value": "alert"},
    {"kind": "seizure", "value": "none"},
    {"kind": "motor_weakness", "value": "none"},
    {"kind": "cerebral_edema", "value": "none"},
    {"kind": "icp_signs", "value": []},
    {"kind": "vasopressors", "value": []},
]
"""What is charted twice a day beside the vitals: nothing found."""


def vitals(patient: int, turn: int) -> list[dict[str, Any]]:
    """Seven vitals of the patient with this number, as the API takes them."""
    dice = random.Random(f"{patient} {turn % TURNS}")
    fever = patient % FEBRILE_EVERY == 0 and turn % TURNS < TURNS // 2
    tenths = dice.randint(382, 394) if fever else dice.randint(364, 374)
    return [
        {"kind": "body_temperature", "value": Decimal(tenths) / 10, "unit": "Cel"},
        {"kind": "heart_rate", "value": dice.randint(62, 118), "unit": "/min"},
        {"kind": "respiratory_rate", "value": dice.randint(14, 24), "unit": "/min"},
        {"kind": "systolic_bp", "value": dice.randint(104, 142), "unit": "mm[Hg]"},
        {"kind": "diastolic_bp", "value": dice.randint(58, 84), "unit": "mm[Hg]"},
        {"kind": "oxygen_saturation", "value": dice.randint(94, 99), "unit": "%"},
        {"kind": "oxygen_device", "value": "room_air"},
    ]


def set_request(token: str, patient_id: str, number: int, turn: int) -> bytes:
    """A request that posts one set of vitals of one patient."""
    body = {"effective_at": NOW.decode(), "observations": vitals(number, turn)}
    return request(f"/api/v1/patients/{patient_id}/observations", body, token)


def batch_request(
    token: str, patients: list[tuple[str, int]], observations: int, turn: int, *, sets: bool
) -> bytes:
    """A request with `observations` of these (id, number), spread evenly.

    With `sets` one line has all of a patient, without it every observation has a line of its own.
    """
    each = observations // len(patients)
    lines: list[dict[str, Any]] = []
    for patient_id, number in patients:
        entries = [*vitals(number, turn), *EXAMINATION][:each]
        told = {"patient_id": patient_id, "effective_at": NOW.decode()}
        if sets:
            lines.append({**told, "observations": entries})
        else:
            lines += [{**told, **entry} for entry in entries]
    return request("/api/v1/observations/batch", lines, token)


def floor_request(number: int) -> bytes:
    """A request that posts one observation to the floor."""
    return request("/observation", floor_observation(number))


def floor_batch_request(observations: int) -> bytes:
    """A request that posts many observations to the floor."""
    return request("/observations", [floor_observation(number) for number in range(observations)])


def floor_observation(number: int) -> dict[str, Any]:
    """One observation as the floor takes it, as long as one of ours."""
    entry = vitals(number, number)[0]
    patient_id = f"00000000-0000-7000-8000-{number:012}"
    return {"patient_id": patient_id, "effective_at": NOW.decode(), **entry}


def request(path: str, body: Any, token: str = "") -> bytes:
    """A whole HTTP/1.1 request that keeps its connection."""
    content = json.dumps(body, default=float).encode()
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: toxmon-benchmarks\r\n"
        f"Accept: */*\r\n{authorization}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
