"""Programs that post to real servers: each set with its key, again and again until answered."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.running import Ward

VITALS = [
    {"kind": "body_temperature", "value": 38.4, "unit": "Cel"},
    {"kind": "systolic_bp", "value": 112, "unit": "mm[Hg]"},
    {"kind": "diastolic_bp", "value": 70, "unit": "mm[Hg]"},
    {"kind": "oxygen_device", "value": "room_air"},
    {"kind": "vasopressors", "value": []},
]
PATIENCE_S = 120.0
PAUSE_S = 0.05


@dataclass(frozen=True)
class Reply:
    """An answer of a server; status 0 is no answer at all."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Client:
    """Somebody with a token, at one server."""

    ward: Ward
    token: str

    def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> Reply:
        """One request below /api/v1, or any path that begins with "//"; its own connection."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", self.ward.port, timeout=60)
        try:
            sent = None if body is None else json.dumps(body)
            url = path[1:] if path.startswith("//") else f"/api/v1{path}"
            connection.request(method, url, sent, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return Reply(0)
        finally:
            connection.close()
        parsed = json.loads(text) if text else None
        return Reply(answer.status, parsed, {n.lower(): v for n, v in answer.getheaders()})

    def post(self, path: str, body: Any = None, key: str | None = None) -> Reply:
        """Send something."""
        return self.call("POST", path, body, key)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer that must be a good one."""
        reply = self.call(method, path, body)
        assert 200 <= reply.status < 300, reply
        return reply.body

    def treated(self, mrn: str, began: datetime) -> str:
        """The id of a new patient, infused an hour before `began`."""
        identifiers = [{"system": "urn:mrn", "value": mrn}]
        new = {"identifiers": identifiers, "unit": "bmt-1", "birth_date": "1961-05-02"}
        patient: str = self.ask("POST", "/patients", new)["id"]
        infused_at = (began - timedelta(hours=1)).isoformat()
        infusion = {"product": "ide-cel", "infused_at": infused_at}
        self.ask("POST", f"/patients/{patient}/infusions", infusion)
        return patient

    def everything(self, patient: str) -> list[dict[str, Any]]:
        """All observations of a patient, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.ask("GET", f"/patients/{patient}/observations?limit=500{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"


def vitals(at: datetime) -> dict[str, Any]:
    """A set of vital signs."""
    return {"effective_at": at.isoformat(), "observations": VITALS}


def hour_ago() -> datetime:
    """An hour ago: nothing that a test charts lies in the future."""
    return datetime.now(UTC) - timedelta(hours=1)


@dataclass
class Sender:
    """Posts its sets one after the other, each with its own key, until each is answered."""

    client: Client
    patient: str
    began: datetime
    number: int
    sets: int
    acknowledged: dict[int, list[str]] = field(default_factory=dict)
    versions: list[int] = field(default_factory=list)
    refused: list[Reply] = field(default_factory=list)
    """Answers that are neither "kept" nor "not available now"."""
    turned_away: list[Reply] = field(default_factory=list)
    """Answers that say "not available now"."""
    stopped: bool = False

    def run(self) -> None:
        """Post everything."""
        for place in range(self.sets):
            while place not in self.acknowledged and not self.refused and not self.stopped:
                self.send(place)

    def send(self, place: int) -> None:
        """Post one set once, and note what was answered."""
        at = self.began + timedelta(seconds=place)
        path = f"/patients/{self.patient}/observations"
        reply = self.client.post(path, vitals(at), f"{self.number}-{place}")
        if reply.status == 201:
            self.acknowledged[place] = [each["id"] for each in reply.body["observations"]]
            self.versions.append(reply.body["version"])
        elif reply.status == 503:
            self.turned_away.append(reply)
            threading.Event().wait(PAUSE_S)
        elif reply.status == 0:
            threading.Event().wait(PAUSE_S)
        else:
            self.refused.append(reply)


class Load:
    """Several senders at once."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self.senders = senders
        # When a test fails its server goes, and nobody would ever answer them.
        self.threads = [threading.Thread(target=sender.run, daemon=True) for sender in senders]

    @property
    def total(self) -> int:
        """How many sets there are to post."""
        return sum(sender.sets for sender in self.senders)

    @property
    def done(self) -> int:
        """How many sets were acknowledged by now."""
        return sum(len(sender.acknowledged) for sender in self.senders)

    def start(self) -> None:
        """Begin to post."""
        for thread in self.threads:
            thread.start()

    def wait_for(self, reached: Callable[[], bool]) -> None:
        """Wait until the load has come to something, while nobody was refused."""
        waited = 0.0
        while not reached():
            refused = [reply for sender in self.senders for reply in sender.refused]
            assert not refused, refused
            assert waited < PATIENCE_S, f"only {self.done} of {self.total} were acknowledged"
            threading.Event().wait(0.005)
            waited += 0.005

    def stop(self) -> None:
        """Post no more."""
        for sender in self.senders:
            sender.stopped = True

    def finish(self) -> None:
        """Wait for everybody to have posted."""
        for thread in self.threads:
            thread.join(timeout=PATIENCE_S)
            assert not thread.is_alive()
        assert not any(sender.refused for sender in self.senders)


def assert_whole(load: Load) -> None:
    """Every set that was acknowledged is there, once, and nothing besides: no half, no second."""
    by_patient: dict[str, list[Sender]] = {}
    for sender in load.senders:
        by_patient.setdefault(sender.patient, []).append(sender)
    for patient, senders in by_patient.items():
        there = [each["id"] for each in senders[0].client.everything(patient)]
        acknowledged = {
            id_ for sender in senders for ids in sender.acknowledged.values() for id_ in ids
        }
        assert len(there) == len(set(there))
        assert set(there) == acknowledged
        assert len(there) == len(VITALS) * sum(len(each.acknowledged) for each in senders)


def assert_verified(ward: Ward) -> None:
    """`toxmon verify` finds nothing: no gap, no broken link, no grade that does not follow."""
    verified = ward.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
