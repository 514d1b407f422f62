"""What the tests of the timeline are made of: a treatment, lines of a chart, facts, a policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from toxmon.grading.facts import Fact, Value
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.protocol import Citation, Product, Protocols, Watch, load_protocols
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.product import Cadence, Window
from toxmon.timeline.known import Dose, Level, Pause, Stay
from toxmon.timeline.seen import Seen

CITED = Citation("a test", 2026, "policy", False)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Chatham",
)
H, M, D = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


@cache
def protocols() -> Protocols:
    return load_protocols()


def alarms(**changes: Any) -> Alarms:
    shipped = protocols().alarms["default"]
    return replace(shipped, **changes) if changes else shipped


def policy() -> Policy:
    return protocols().policies["default"].policy


def product(name: str = "cilta-cel") -> Product:
    return protocols().products[name]


def watch(what: str, kinds: str, **parts: Any) -> Watch:
    """A line of the chart. `kinds` may have several sets: "ice_score | ice_naming ice_writing"."""
    sets = [tuple(each.split()) for each in kinds.split("|")]
    given: dict[str, Any] = {
        "first_day": 0, "last_day": 14, "every": None, "on": (), "grace": 30 * M, "note": None,
        **parts,
    }  # fmt: skip
    return Watch(what=what, kinds=sets[0], or_kinds=tuple(sets[1:]), citation=CITED, **given)


def cadence(event: str, grades: tuple[int, ...], what: str, kinds: str, **parts: Any) -> Cadence:
    given: dict[str, Any] = {"every": H, "grace": 15 * M, "note": None, **parts}
    return Cadence(
        event=event, grades=grades, what=what, kinds=tuple(kinds.split()), or_kinds=(),
        citation=CITED, **given,
    )  # fmt: skip


def window(event: str, first: int, last: int | None) -> Window:
    return Window(
        event=event, course="early", first_day=first, last_day=last, basis="a test", note=None,
        citation=CITED,
    )  # fmt: skip


def chart(*watches: Watch, **parts: Any) -> Product:
    """A product with these lines and nothing else that is due or open."""
    given: dict[str, Any] = {
        "watches": watches, "cadences": (), "windows": (), "dose_windows": (), "schedules": (),
        "observations": (), **parts,
    }  # fmt: skip
    return replace(product(), **given)


def treatment(at: datetime, zone: str = "UTC", born: date | None = date(1970, 1, 1)) -> Treatment:
    return Treatment(at, born, ZoneInfo(zone))


def fact(kind: str, at: datetime, value: Value = Decimal(1), name: str | None = None) -> Fact:
    return Fact(name or f"{kind}@{at.isoformat()}", kind, value, at)


def seen(*facts: Fact) -> Seen:
    return Seen().charted(facts)


def charted(kinds: str, *instants: datetime) -> Seen:
    return seen(*(fact(kind, at) for at in instants for kind in kinds.split()))


def level(low: int, at: datetime, high: int | None = None, **parts: Any) -> Level:
    given: dict[str, Any] = {"says": f"grade {low}", "edition": "a test", **parts}
    return Level(low=low, high=low if high is None else high, at=at, **given)


def pause(begins: datetime, ends: datetime, *what: str) -> Pause:
    return Pause(
        fact=f"pause@{begins.isoformat()}", what=what, from_at=begins, until_at=ends,
        reason="theatre", by="Ada",
    )  # fmt: skip


def stay(at: datetime, setting: str) -> Stay:
    return Stay(fact=f"stay@{at.isoformat()}", at=at, setting=setting)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def dose(at: datetime, medication: str = "dose") -> Dose:
    return Dose(fact=f"{medication}@{at.isoformat()}", at=at, medication=medication)
