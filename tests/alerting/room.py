"""A room of alarms without a database: a clock turned by hand, matters, acts, and every event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from toxmon.alerting import acts, decide, life
from toxmon.alerting.alarm import Alarm, Event
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.reader import read_alarms
from toxmon.timeline.matter import Matter

HERE = Path(__file__).parent
POLICY: Alarms = read_alarms(
    (HERE.parents[1] / "protocols" / "alarms" / "default.toml").read_text("utf-8"), "default.toml"
)
BEGAN = datetime(2026, 3, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
BY_LEVEL = {1: "medium", 2: "high"}
ADA, BEN = "Ada", "Ben"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class Room:
    """`now`, the alarms by key, and the events that made them. Time passes before all else."""

    def __init__(self, policy: Alarms = POLICY) -> None:
        self.now = BEGAN
        self.policy = policy
        self.alarms: dict[str, Alarm] = {}
        self.events: list[Event] = []

    def crs(self, level: int | None, **more: Any) -> Matter:
        return Matter(
            **{
                "key": "crs#1",
                "rule": "crs",
                "level": level,
                "at": self.now,
                "priority": BY_LEVEL.get(min(level or 0, 2), "low"),
                "title": f"CRS grade {level}",
                "says": f"CRS of grade {level}",
                "source": "a test",
                "facts": ("f1",) if level else (),
                "hold": HOUR,
                "accounts_for": ("sign:fever",),
                **more,
            }
        )

    def fever(self, level: int | None, **more: Any) -> Matter:
        words = {"key": "sign:fever", "rule": "sign:fever", "title": "Fever", "says": "a fever"}
        more = {"facts": ("f2",), "accounts_for": (), "priority": "medium", **words, **more}
        return self.crs(level, **more)

    def apply(self, events: list[Event]) -> list[str]:
        for event in events:
            alarm = self.alarms.get(event.key)
            self.alarms[event.key] = life.applied(alarm, event, self.policy)
        self.events += events
        return [event.kind for event in events]

    def wait(self, span: timedelta) -> list[str]:
        self.now += span
        return self.pass_time()

    def pass_time(self) -> list[str]:
        kinds = []
        for alarm in list(self.alarms.values()):
            chain = self.policy.chain("A", alarm.priority)
            kinds += self.apply(life.passing(alarm, self.now, self.policy, chain))
        return kinds

    def see(self, *matters: Matter, corrected: Mapping[str, str] | None = None) -> list[str]:
        up = {key: each for key, each in self.alarms.items() if each.open}
        closed = {key: each for key, each in self.alarms.items() if not each.open}
        events = decide.decide(up, matters, self.now, self.policy, corrected or {}, closed)
        kinds = self.apply(events)
        self.pass_time()
        return kinds

    def level(self, level: int | None, **more: Any) -> list[str]:
        return self.see(self.crs(level, **more))

    def correct(self, level: int | None, fact: str = "f1") -> list[str]:
        words = f"{fact} was corrected by Ada from 39.1 to 36.9"
        return self.see(self.crs(level), corrected={fact: words})

    def act(self, what: Callable[..., list[Event]], *more: Any, **words: Any) -> list[str]:
        key = words.pop("key", "crs#1")
        by = words.pop("by", ADA)
        kinds = self.apply(what(self.alarms[key], by, self.now, *more, **words))
        self.pass_time()
        return kinds

    def acknowledge(self, **words: Any) -> list[str]:
        return self.act(acts.acknowledge, self.policy, **{"reason": "at the bedside", **words})

    def shelve(self, span: timedelta = timedelta(minutes=10), **words: Any) -> list[str]:
        until = self.now + span
        return self.act(acts.shelve, self.policy, until=until, **{"reason": "in theatre", **words})

    def take_out(self, span: timedelta = timedelta(minutes=30), **words: Any) -> list[str]:
        until = self.now + span
        return self.act(acts.take_out, self.policy, until=until, **{"reason": "cable", **words})

    def hand_over(self, to: str = BEN, **words: Any) -> list[str]:
        return self.act(acts.hand_over, self.policy, to=to, **words)

    def resolve(self, **words: Any) -> list[str]:
        return self.act(acts.resolve, **{"reason": "seen by a physician", **words})

    def end_watch(self) -> list[str]:
        up = {key: each for key, each in self.alarms.items() if each.open}
        return self.apply(decide.watch_ended(up, self.now, "died"))

    def resume_watch(self) -> list[str]:
        up = {key: each for key, each in self.alarms.items() if each.open}
        kinds = self.apply(decide.watch_resumed(up, self.now, "the death was corrected"))
        self.pass_time()
        return kinds

    def recover(self) -> list[str]:
        """Level 0, seen twice with the hold between; an acknowledgement is documented to last."""
        kinds = self.level(0)
        self.now += HOUR
        return kinds + self.level(0)

    @property
    def alarm(self) -> Alarm:
        return self.alarms["crs#1"]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def rebuilt(self) -> dict[str, Alarm]:
        made: dict[str, Alarm] = {}
        for event in self.events:
            made[event.key] = life.applied(made.get(event.key), event, self.policy)
        return made
