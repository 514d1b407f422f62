"""A patient with CRS and a weight, and doses by hours after 08:00 on 1 March 2026."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import Api, Clock, Reply

EIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def at(hours: float) -> str:
    """So many hours after 08:00 UTC of day 0."""
    return (EIGHT + timedelta(hours=hours)).isoformat()


@dataclass
class Dosed:
    """One patient, asked about tocilizumab."""

    api: Api
    clock: Clock
    patient: str

    @property
    def path(self) -> str:
        return f"/patients/{self.patient}/dosing/tocilizumab"

    def turn(self, hours: float) -> None:
        """It is so many hours after 08:00 now."""
        self.clock.now = EIGHT + timedelta(hours=hours)

    def give(self, hours: float | None, mg: float | None = 560, **more: Any) -> Reply:
        """Chart a dose that was begun then."""
        body = {
            "medication": "tocilizumab",
            "given_at": None if hours is None else at(hours),
            "dose": None if mg is None else {"value": mg, "unit": "mg"},
            "route": "iv",
            **more,
        }
        reply = self.api.post(f"/patients/{self.patient}/administrations", body)
        assert reply.status == 201, reply.body
        return reply

    def check(self, hours: float, mg: float | None = 560, **more: Any) -> dict[str, Any]:
        """What is answered to a dose then."""
        dose = None if mg is None else {"value": mg, "unit": "mg"}
        reply = self.api.post(
            f"{self.path}/check", {"dose": dose, "at": at(hours), **more}, by="pharmacist"
        )
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.body
        return found

    def ask(self, what: str, by: str = "pharmacist", mg: float = 560, **more: Any) -> Reply:
        """Reserve, release, or ask to override: `what` is the end of the path."""
        body = {"dose": {"value": mg, "unit": "mg"}, **more}
        return self.api.post(f"{self.path}/{what}", body, by=by)

    def step(self, permission: str, what: str, by: str = "pharmacist", **body: Any) -> Reply:
        """Release a permission, or return it."""
        path = f"/patients/{self.patient}/permissions/{permission}/{what}"
        return self.api.post(path, body, by=by)

    def alarms(self, rule: str = "dose:") -> list[dict[str, Any]]:
        """The open alerts of doses."""
        items = self.api.get(f"/alerts?patient={self.patient}&limit=200", by="nurse").body["items"]
        return [each for each in items if each["rule"].startswith(rule)]


def dosed(api: Api, clock: Clock, product: str = "ide-cel") -> Dosed:
    """A new patient of 70 kg, infused two hours before, with a fever since 08:00."""
    clock.now = max(clock.now, EIGHT)
    patient = api.treated(product)
    reply = api.chart(patient, at(0), body_temperature=(39.0, "Cel"), weight=(70, "kg"))
    assert reply.status == 201, reply.body
    return Dosed(api, clock, patient)


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of the reasons of an answer."""
    return [each["code"] for each in answer["reasons"]]
