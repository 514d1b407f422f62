"""The ward's life before the visitor came, told as it happened: the clock is turned by hand.

A history that is told today would raise alarms today for what is long over. So it is told through
the same doors, in this process, each entry at its own time, and the alerts of those days were seen
and taken in those days. The real server then finds the record as a ward would have left it.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from toxmon.actions import Service
from toxmon.actions.sweep import sweep
from toxmon.demo.client import BASE, Refused
from toxmon.demo.telling import Teller
from toxmon.demo.ward import Deed, instant

TAKEN_AFTER = timedelta(minutes=4)
WATCHED_FROM = timedelta(hours=1)
LOOK_EVERY = timedelta(minutes=5)
"""Before that, what time alone changed is seen with the next entry of a patient."""
SOUNDING = ("sounding", "quiet")


class Web(Protocol):
    """A web app that can be asked without a server, as Flask's is."""

    def test_client(self) -> Any:
        """Somebody to ask it with."""


class Hand:
    """A clock that is turned by hand, and never back."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The time."""
        return self.at

    def turn(self, to: datetime) -> None:
        """Turn it on."""
        self.at = max(self.at, to)


class InProcess:
    """Asks the app itself, as one role; the same words as the client of a real server."""

    def __init__(self, web: Web, token: str) -> None:
        self._client = web.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """Post below /api/v1. Raises Refused."""
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        return self._answer("POST", path, json=body, headers=headers)

    def get(self, path: str, **query: str) -> Any:
        """Read below /api/v1. Raises Refused."""
        return self._answer("GET", path, query_string=query, headers=self._headers)

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, method: str, path: str, **asked: Any) -> Any:
        response = self._client.open(BASE + path, method=method, **asked)
        answer = json.loads(response.data) if response.data else None
        if not 200 <= response.status_code < 300:
            raise Refused(response.status_code, answer, f"{method} {BASE}{path}")
        return answer


class Past:
    """Tells deeds at their times, and has somebody take each alert some minutes later."""

    def __init__(self, service: Service, web: Web, tokens: Mapping[str, str], clock: Hand) -> None:
        self.service, self.clock = service, clock
        self.clients = {role: InProcess(web, token) for role, token in tokens.items()}
        self._taken: list[tuple[datetime, str]] = []
        self._waits: set[str] = set()
        self._known: dict[str, tuple[str, int]] = {}
        """By alert: its condition and its level when somebody took it last."""

    def roster(self, shifts: Iterable[Mapping[str, Any]]) -> None:
        """Put people on call."""
        for number, shift in enumerate(shifts):
            self.clients["physician"].post("/rosters", shift, key=f"shift/{number}")

    def count(self, medication: str, units: Mapping[str, Mapping[int, int]], at: datetime) -> None:
        """The pharmacist counts vials; `units` are vials by unit and strength in mg."""
        for unit, vials in units.items():
            counted = [{"strength": mg, "vials": number} for mg, number in vials.items()]
            said = {
                "unit": unit,
                "medication": medication,
                "counts": counted,
                "counted_at": instant(at.replace(microsecond=0)),
                "note": "Counted at the hand-over",
            }
            self.clients["pharmacist"].post("/stock", said, key=f"stock/{unit}")

    def live(self, deeds: Iterable[Deed], teller: Teller, until: datetime) -> None:
        """Tell the deeds in order, each when it was so, and let time pass up to `until`."""
        for deed in deeds:
            self._pass_time(deed.at, until)
            teller.tell(deed)
            self._see(teller.heard, anew=self.clock.at >= until - WATCHED_FROM)
        self._pass_time(until, until)

    def tell_at(self, deeds: Iterable[Deed], teller: Teller, at: datetime) -> None:
        """Tell these at an instant, however late that is for them."""
        self.clock.turn(at)
        for deed in deeds:
            teller.tell(deed)

    def _pass_time(self, to: datetime, opened: datetime) -> None:
        """Sweep and take alerts up to an instant. Sweeps begin shortly before the opening."""
        watched = opened - WATCHED_FROM
        while self.clock.at < to:
            at = to
            if self._taken:
                at = min(at, self._taken[0][0])
            if to > watched:
                at = min(at, max(watched, self.clock.at + LOOK_EVERY))
            self.clock.turn(at)
            while self._taken and self._taken[0][0] <= self.clock.at:
                self._take(heapq.heappop(self._taken)[1])
            if self.clock.at >= watched and at < to:
                sweep(self.service)
                self._see(self.clients["nurse"].get("/alerts", limit="200")["items"], anew=True)

    def _see(self, alerts: Iterable[Mapping[str, Any]], anew: bool) -> None:
        """Somebody will take these. What is as it was when it was taken is passed over in the
        older past, unless `anew`: each entry would find it lapsed."""
        for alert in alerts:
            so = alert["condition"], alert["level"]
            told = not anew and self._known.get(alert["id"]) == so
            if alert["signal"] in SOUNDING and alert["id"] not in self._waits and not told:
                self._known[alert["id"]] = so
                self._waits.add(alert["id"])
                heapq.heappush(self._taken, (self.clock.at + TAKEN_AFTER, alert["id"]))

    def _take(self, alert_id: str) -> None:
        self._waits.discard(alert_id)
        said = {"reason": "seen", "assessment": "Looked at the patient; the team knows."}
        try:
            self.clients["nurse"].post(f"/alerts/{alert_id}/acknowledge", said)
        except Refused as refused:
            # It was over, or somebody had it: 409. Anything else is a fault of ours.
            if refused.status != 409:
                raise
