"""`kill -9` of the server under load: whatever was acknowledged is there, whole, and nothing is half.

Eight senders post a thousand sets between them; five times the server is killed in the middle and
started again on the same file. Each sender repeats with its key what was never answered.
"""

from __future__ import annotations

import http.client
import json
import random
import signal
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.running import Ward

SENDERS = 8
SETS_EACH = 125
KILLS = 5
VITALS = [
    {"kind": "body_temperature", "value": 38.4, "unit": "Cel"},
    {"kind": "systolic_bp", "value": 112, "unit": "mm[Hg]"},
    {"kind": "diastolic_bp", "value": 70, "unit": "mm[Hg]"},
    {"kind": "oxygen_device", "value": "room_air"},
    {"kind": "vasopressors", "value": []},
]


@dataclass
class Sender:
    """Posts its sets one after the other, each until it is answered."""

    ward: Ward
    token: str
    patient: str
    began: datetime
    number: int
    acknowledged: dict[int, list[str]] = field(default_factory=dict)
    refused: list[tuple[int, bytes]] = field(default_factory=list)

    def run(self) -> None:
        for place in range(SETS_EACH):
            while place not in self.acknowledged and not self.refused:
                self.send(place)

    def send(self, place: int) -> None:
        body = {
            "effective_at": (self.began + timedelta(seconds=place)).isoformat(),
            "observations": VITALS,
        }
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self.number}-{place}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.ward.port, timeout=30)
        try:
            path = f"/api/v1/patients/{self.patient}/observations"
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            threading.Event().wait(0.05)
            return
        finally:
            connection.close()
        if answer.status == 201:
            kept = json.loads(text)["observations"]
            self.acknowledged[place] = [each["id"] for each in kept]
        elif answer.status != 503:
            self.refused.append((answer.status, text))


def ask(ward: Ward, token: str, method: str, path: str, body: object = None) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", ward.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, f"/api/v1{path}", json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status < 300, text
    found: dict = json.loads(text)
    return found


def everything(ward: Ward, token: str, patient: str) -> list[dict]:
    found, cursor = [], ""
    while True:
        page = ask(ward, token, "GET", f"/patients/{patient}/observations?limit=500{cursor}")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


@pytest.mark.slow
def test_no_acknowledged_set_is_lost_and_none_is_kept_twice(ward: Ward, tmp_path: Path) -> None:
    token = ward.token("nurse")
    began = datetime.now(UTC) - timedelta(hours=1)
    senders = []
    for number in range(SENDERS):
        patient = ask(
            ward, token, "POST", "/patients",
            {"identifiers": [{"system": "urn:mrn", "value": f"K{number}"}], "unit": "bmt-1",
             "birth_date": "1961-05-02"},
        )["id"]  # fmt: skip
        infusion = {"product": "ide-cel", "infused_at": (began - timedelta(hours=1)).isoformat()}
        ask(ward, token, "POST", f"/patients/{patient}/infusions", infusion)
        senders.append(Sender(ward, token, patient, began, number))

    threads = [threading.Thread(target=sender.run) for sender in senders]
    for thread in threads:
        thread.start()
    seeded = random.Random(7)
    total = SENDERS * SETS_EACH
    killed_at = []
    for kill in range(1, KILLS + 1):
        # Somewhere in the middle of each sixth of the posts, wherever the server is in them.
        target = total * kill // (KILLS + 1)
        while sum(len(sender.acknowledged) for sender in senders) < target:
            assert not any(sender.refused for sender in senders), senders
            threading.Event().wait(seeded.uniform(0.001, 0.01))
        killed_at.append(sum(len(sender.acknowledged) for sender in senders))
        ward.stop(signal.SIGKILL)
        ward.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()
    assert not any(sender.refused for sender in senders)
    assert killed_at[-1] < total, "the last kill came after the last post"

    for sender in senders:
        assert len(sender.acknowledged) == SETS_EACH
        there = everything(ward, token, sender.patient)
        acknowledged = {id_ for ids in sender.acknowledged.values() for id_ in ids}
        # Every id that was ever answered is there, and nothing besides: not half a set, not twice.
        assert {each["id"] for each in there} == acknowledged
        assert len(there) == SETS_EACH * len(VITALS)
    verified = ward.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
