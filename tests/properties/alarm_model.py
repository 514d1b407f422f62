"""What a ward may expect of its alerts, without a look at how toxmon decides: a second opinion.

It knows when an act must be taken and when refused, when a silence must have ended, and what a
state must be called. It does not know what the words are, nor when a level may fall.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Told = dict[str, Any]

SHELF_MOST = {"high": timedelta(minutes=10), "medium": timedelta(minutes=30)}
TAKEN = {"high": timedelta(minutes=15), "medium": timedelta(hours=1), "low": timedelta(hours=12)}
DOCUMENTED = {"high": timedelta(hours=1), "medium": timedelta(hours=4), "low": timedelta(hours=24)}
STEPS = {
    "high": (0, 3, 6, 10), "medium": (0, 15, 30, 60), "low": (0, 8 * 60),
}  # fmt: skip
REPEAT = {"high": 5, "medium": 60, "low": 12 * 60}
SHELVED_TIMES = 3


def state(alert: Told) -> str:
    """The name of ISA-18.2, off the axes."""
    if alert["closed_at"]:
        return "normal"
    named = {
        "shelved": "shelved", "out_of_service": "out_of_service", "acknowledged": "acknowledged",
        "inhibited": "suppressed", "ended": "suppressed",
    }  # fmt: skip
    heard = "unacknowledged" if alert["condition"] == "present" else "returned_unacknowledged"
    return named.get(alert["signal"], heard)


def may_be_acknowledged(alert: Told, by: str) -> bool:
    """Somebody else's may be taken over; one's own not twice."""
    mine = alert["signal"] == "acknowledged" and alert["holder"] == by
    silent = alert["signal"] in ("out_of_service", "ended")
    return not (alert["closed_at"] or mine or silent)


def may_be_shelved(alert: Told) -> bool:
    return (
        not alert["closed_at"]
        and alert["signal"] == "sounding"
        and alert["shelved_times"] < SHELVED_TIMES
    )


def may_be_resolved(alert: Told) -> bool:
    over = alert["condition"] != "present" or alert["signal"] == "ended"
    return not alert["closed_at"] and over


def steps_by(priority: str, sounded: timedelta) -> int:
    """How many steps of its chain have come `sounded` after it began to sound."""
    minutes = sounded / timedelta(minutes=1)
    taken = sum(after <= minutes for after in STEPS[priority])
    if taken < len(STEPS[priority]):
        return taken
    return taken + int((minutes - STEPS[priority][-1]) // REPEAT[priority])


@dataclass
class Model:
    """One patient's alerts as the ward has seen them."""

    lives: dict[str, list[Told]] = field(default_factory=dict)
    """Every event of each alert, as it was first read."""
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    last: int = 0
    fed: list[Told] = field(default_factory=list)
    level: int = 0
    """What the newest set of vital signs must have raised at least: 3, 1 or nothing."""

    def reads(self, alert: Told, life: list[Told], now: datetime) -> None:
        """Look at one alert after a sweep, and find every way in which it may be wrong."""
        id_ = alert["id"]
        before = self.lives.get(id_, [])
        assert life[: len(before)] == before, "what had happened is told otherwise"
        assert self.keys.setdefault((alert["treatment_id"], alert["key"]), id_) == id_, "twice"
        self.lives[id_] = life
        assert alert["changes"] == len(life)
        assert alert["state"] == state(alert)
        assert alert["peak"] >= alert["level"]
        kinds = [each["event"] for each in life]
        assert kinds[0] == "raised"
        if alert["closed_at"]:
            assert life[-1]["by"] != "toxmon" or _taken_by_a_person(life), "closed by nobody"
            return
        if alert["signal"] in ("shelved", "out_of_service"):
            assert instant(alert["until"]) > now, "a silence that did not end"
        if alert["signal"] == "acknowledged":
            assert instant(alert["acknowledgement"]["until"]) > now
            assert alert["holder"]
        if alert["signal"] == "sounding":
            self._escalated(alert, life, now)

    def _escalated(self, alert: Told, life: list[Told], now: datetime) -> None:
        """Whoever should have been told by now was, since it last began to sound."""
        began = [
            place
            for place, each in enumerate(life)
            if each["event"] not in ("escalated", "repeated", "eased", "fell", "noted", "returned")
        ]
        if life[began[-1]]["event"] in ("worsened", "recurred", "released"):
            # What sounded already goes on from where it was.
            assert any(each["event"] == "escalated" for each in life), "nobody was ever told"
            return
        told = [each for each in life[began[-1] :] if each["event"] == "escalated"]
        assert told, "it sounds, and nobody was told"
        first = instant(life[began[-1]]["body"]["at"])
        newest = told[-1]["body"]
        due = steps_by(alert["priority"], now - first)
        assert newest["step"] + newest["turn"] + 1 >= due, (due, newest)


def _taken_by_a_person(life: list[Told]) -> bool:
    """It was over, and a person had it in hand: the last thing that was done was by name."""
    acts = [each for each in life if each["event"] in ("acknowledged", "accepted", "documented")]
    return bool(acts) and acts[-1]["by"] != "toxmon"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
