"""Who answers the alerts of the invented ward while the visitor looks on, and what is printed.

Some are taken at once, some for a minute only so that they come back, and some by nobody until the
charge nurse has been called.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from toxmon.demo.client import Refused
from toxmon.demo.ward import instant

SOUNDING = ("unacknowledged", "returned_unacknowledged")
LOOK_EVERY_S = 2.0
SHORTLY = timedelta(seconds=60)
SIGNS = {"high": "!!!", "medium": "!! ", "low": "!  "}
SHOWN = {
    "raised": "raised",
    "reopened": "raised again",
    "worsened": "worse: it sounds again, whoever had it",
    "lapsed": "nobody renewed the acknowledgement: it sounds again",
    "acknowledged": "acknowledged",
    "escalated": "told",
    "returned": "over at the bedside",
    "withdrawn": "the value it rested on was corrected",
    "watch_ended": "the watch has ended",
}


class Asker(Protocol):
    """Somebody who is signed in."""

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """Post below /api/v1."""

    def get(self, path: str, **query: str) -> Any:
        """Read below /api/v1."""


class Nurses:
    """Look at the alerts every few seconds. `names` are medical record numbers by patient id."""

    def __init__(
        self,
        asker: Asker,
        clock: Callable[[], datetime],
        seed: int,
        names: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._asker, self._clock, self._say = asker, clock, say
        self._names = names
        self._rng = random.Random(f"{seed}/nurses")
        self._due: dict[tuple[str, int], tuple[datetime, bool]] = {}
        self._titles: dict[str, Mapping[str, Any]] = {}
        self._last: int | None = None
        self._looked_at: datetime | None = None

    def act(self) -> None:
        """Take what has sounded for long enough, and print what has happened since."""
        now = self._clock()
        if self._looked_at is not None and (now - self._looked_at).total_seconds() < LOOK_EVERY_S:
            return
        self._looked_at = now
        for alert in self._asker.get("/alerts", limit="200")["items"]:
            self._titles[alert["id"]] = alert
            if alert["state"] in SOUNDING:
                self._answer(alert, now)
        self._print()

    def _answer(self, alert: Mapping[str, Any], now: datetime) -> None:
        # It sounds anew after each change; who is to answer it is drawn anew.
        name = alert["id"], alert["changes"] - alert["step"]
        if name not in self._due:
            self._due[name] = self._drawn(alert, now)
        due_at, shortly = self._due[name]
        if now < due_at:
            return
        said: dict[str, Any] = {"reason": "going to the bedside"}
        if shortly:
            said["until"] = instant((now + SHORTLY).replace(microsecond=0))
        else:
            said["assessment"] = "Looked at the patient; the physician knows."
        try:
            self._asker.post(f"/alerts/{alert['id']}/acknowledge", said)
        except Refused as refused:
            if refused.status != 409:  # Somebody else was quicker, such as the visitor.
                raise

    def _drawn(self, alert: Mapping[str, Any], now: datetime) -> tuple[datetime, bool]:
        """When somebody takes it, and whether for a minute only."""
        chance = self._rng.random()
        if alert["rule"] == "crs" and alert["priority"] == "high":
            return now + timedelta(seconds=self._rng.uniform(10, 25)), False
        if chance < 0.2:
            return now + timedelta(seconds=self._rng.uniform(200, 260)), False
        return now + timedelta(seconds=self._rng.uniform(15, 50)), chance < 0.4

    def _print(self) -> None:
        """The feed of changes, as any program reads it: from the last number that was seen."""
        if self._last is None:
            self._last = 0
            while self._page(silent=True):
                pass
        while self._page(silent=False):
            pass

    def _page(self, silent: bool) -> bool:
        page = self._asker.get("/alerts", after=str(self._last), limit="200")
        for event in page["items"]:
            if not silent and event["event"] in SHOWN:
                self._say(self._line(event))
        moved = page["last"] != self._last
        self._last = page["last"]
        return bool(moved)

    def _line(self, event: Mapping[str, Any]) -> str:
        alert = self._titles.get(event["alert_id"], {})
        body = event["body"]
        priority = body.get("priority") or alert.get("priority", "low")
        title = body.get("title") or alert.get("title", event["key"])
        at = datetime.fromisoformat(event["recorded_at"])
        who = self._names.get(event["patient_id"] or "", "the watch itself")
        words = SHOWN[event["event"]]
        told = [each["person"] or each["role"] for each in body.get("told", ())]
        if told:
            words = f"told {', '.join(dict.fromkeys(told))}"
        elif event["event"] == "acknowledged":
            words = f"acknowledged by {event['by']}"
        return f"{at:%H:%M:%S}  {who:8}  {SIGNS[priority]} {title}: {words}"
