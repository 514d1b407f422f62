"""A patient who is watched, the people around the bed, and time that passes as on a ward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.conftest import Api, Clock, Reply
from toxmon.actions import Service
from toxmon.actions.sweep import sweep
from toxmon.actions.verify import verify

INFUSED = "2026-03-01T06:00:00Z"
LONGEST_STEP = timedelta(hours=1)
WELL: dict[str, Any] = {
    "body_temperature": (36.8, "Cel"),
    "heart_rate": (78, "/min"),
    "respiratory_rate": (14, "/min"),
    "systolic_bp": (122, "mm[Hg]"),
    "diastolic_bp": (74, "mm[Hg]"),
    "oxygen_saturation": (98, "%"),
    "oxygen_device": "room_air",
    "vasopressors": [],
}
FEVER = {"body_temperature": (38.9, "Cel")}
SHOCK = {**FEVER, "systolic_bp": (82, "mm[Hg]"), "vasopressors": ["norepinephrine"]}
BY_PERSONS = ("acknowledged", "resolved")


@dataclass
class Bed:
    """One patient after ide-cel, and what can be done at the bed and on the board."""

    api: Api
    clock: Clock
    patient_id: str = ""
    answers: list[Reply] = field(default_factory=list)

    @property
    def service(self) -> Service:
        return self.api.service

    def at(self, **span: float) -> str:
        """An instant as far from now as said."""
        return (self.clock.now + timedelta(**span)).isoformat()

    def chart(self, at: str | None = None, **values: Any) -> Reply:
        """Chart these values now, or at another bedside time."""
        answer = self.api.chart(self.patient_id, at or self.at(), **values)
        assert answer.status == 201, answer.body
        return answer

    def vitals(self, at: str | None = None, **values: Any) -> Reply:
        """A whole set of vital signs; what is not said is well."""
        return self.chart(at, **{**WELL, **values})

    def post(self, path: str, body: Any = None, **more: Any) -> Reply:
        """Something that must go well; `{patient}` in the path is this one."""
        answer = self.api.post(path.replace("{patient}", self.patient_id), body, **more)
        assert answer.status in (200, 201), answer.body
        return answer

    def fact(self, answer: Reply, kind: str) -> str:
        """The id of a fact that an answer says was kept."""
        found: str = next(
            each["id"] for each in answer.body["observations"] if each["kind"] == kind
        )
        return found

    # Time.

    def sweep(self) -> None:
        sweep(self.service)

    def pass_time(self, **span: float) -> None:
        """Let time pass, sweeping whenever something is due."""
        until = self.clock.now + timedelta(**span)
        while True:
            next_at = sweep(self.service).next_at
            if self.clock.now >= until:
                return
            soon = min(next_at or until, self.clock.now + LONGEST_STEP, until)
            self.clock.now = max(soon, self.clock.now + timedelta(seconds=1))

    # Alerts.

    def alerts(self, state: str = "open", **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(f"/alerts?state={state}&limit=200", **more).body[
            "items"
        ]
        return found

    def alert(self, key: str = "crs#1", state: str = "open") -> dict[str, Any]:
        """The alert of a matter."""
        found = [
            each
            for each in self.alerts(state)
            if each["key"] == key and each["patient_id"] in (self.patient_id, None)
        ]
        assert len(found) == 1, [(each["key"], each["state"]) for each in self.alerts(state)]
        return found[0]

    def life(self, alert_id: str) -> list[dict[str, Any]]:
        """Every event of an alert."""
        answer = self.api.get(f"/alerts/{alert_id}")
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.body["items"]
        return found

    def act(self, alert_id: str, what: str, by: str = "nurse", **body: Any) -> Reply:
        """A person acts on an alert."""
        return self.post(f"/alerts/{alert_id}/{what}", body or None, by=by)

    def acknowledge(self, alert_id: str, **body: Any) -> Reply:
        return self.act(alert_id, "acknowledge", **{"reason": "going to the bedside", **body})

    # What must hold.

    def findings(self) -> list[str]:
        return [f"{each.where}: {each.what}" for each in verify(self.service, lambda *_: None)]


def closed_by_a_person(life: list[dict[str, Any]]) -> bool:
    """Was the last thing that took it off the list the act of somebody with a name?

    Either a person says that it is over, or it is over and a person has seen that.
    """
    acts = [each for each in life if each["event"] in BY_PERSONS]
    return bool(acts) and all(each["by"] != "toxmon" for each in acts)


@contextmanager
def kept(bed: Bed, alert_id: str) -> Iterator[None]:
    """Whatever happens inside, the alert does not vanish: guarantee G6."""
    before = bed.life(alert_id)
    yield
    after = bed.life(alert_id)
    assert after[: len(before)] == before, "what had happened was changed"
    answer = bed.api.get(f"/alerts/{alert_id}").body["alert"]
    listed = {each["id"] for each in bed.alerts("all")}
    assert alert_id in listed, "it is on no list"
    if answer["closed_at"] is None:
        assert alert_id in {each["id"] for each in bed.alerts()}, "it is open, and not listed"
    else:
        assert closed_by_a_person(after), after[-1]
    feed = bed.api.get("/alerts?after=0&limit=200").body["items"]
    assert [each["id"] for each in feed if each["alert_id"] == alert_id] == [
        each["id"] for each in after
    ], "the feed passes over something"
    assert bed.findings() == []
