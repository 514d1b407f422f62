"""An alarm as its events have made it, on three axes that never mix.

Condition: is it so at the bedside? Signal: does it sound? Responsibility: who has it? The state
that ISA-18.2 and IEC 62682 name is read off the three; it is nowhere kept by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PRESENT, RECOVERED, WITHDRAWN = "present", "recovered", "withdrawn"
"""Condition: it is so; it was; the value that it rested on was corrected."""

SOUNDING, QUIET, ACKNOWLEDGED = "sounding", "quiet", "acknowledged"
SHELVED, OUT_OF_SERVICE, INHIBITED, ENDED = "shelved", "out_of_service", "inhibited", "ended"
"""Signal. `quiet`: told, and pages nobody, because it was over before it was charted."""

NORMAL, UNACKNOWLEDGED, RETURNED = "normal", "unacknowledged", "returned_unacknowledged"
SUPPRESSED = "suppressed"
STATES = (
    NORMAL, UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, SHELVED, OUT_OF_SERVICE, SUPPRESSED,
)  # fmt: skip

RAISED, REPEATED, WORSENED, EASED = "raised", "repeated", "worsened", "eased"
FELL, RETURNED_TO_NORMAL, RECURRED, REOPENED = "fell", "returned", "recurred", "reopened"
BASIS_CHANGED = "withdrawn"
ACKED, DOCUMENTED, LAPSED = "acknowledged", "documented", "lapsed"
UNACKED = "unacknowledged"
SHELF_BEGAN, UNSHELVED, SHELF_ENDED = "shelved", "unshelved", "shelf_ended"
TAKEN_OUT, PUT_BACK = "out_of_service", "in_service"
NOTED, ESCALATED = "noted", "escalated"
HANDED_OVER, ACCEPTED = "handed_over", "accepted"
INHIBITION_BEGAN, INHIBITION_ENDED = "inhibited", "released"
RESOLVED, WATCH_ENDED, WATCH_RESUMED = "resolved", "watch_ended", "watch_resumed"
EVENTS = (
    RAISED, REPEATED, WORSENED, EASED, FELL, RETURNED_TO_NORMAL, RECURRED, REOPENED,
    BASIS_CHANGED, ACKED, DOCUMENTED, LAPSED, SHELF_BEGAN, UNSHELVED, SHELF_ENDED, TAKEN_OUT,
    PUT_BACK, NOTED, ESCALATED, HANDED_OVER, ACCEPTED, INHIBITION_BEGAN, INHIBITION_ENDED,
    RESOLVED, WATCH_ENDED, WATCH_RESUMED, UNACKED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A transition of one alarm: a record. `by` is a person's name, or `toxmon`.

    `body` is plain data (text, numbers, lists, instants): all that `alerting.life.applied` needs
    beside the alarm as it was.
    """

    key: str
    kind: str
    at: datetime
    by: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Falling:
    """A lower level that was seen since `since`, and is followed if it is still so at `until`."""

    level: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """The level that an alarm stood at from `at` on."""

    level: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A named person has taken it until `until`, knowing `level`."""

    by: str
    at: datetime
    until: datetime
    reason: str
    level: int
    documented: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Who should have it next; both are responsible until `accepted`."""

    from_: str
    to: str
    at: datetime
    accept_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm. `level` follows its matter up at once and down with delay; `peak` never falls.

    `step` is the next step of its chain to be taken, counted from `sounding_since`; `turns` how
    often the last step was repeated. With the next step those of the first `again` steps are told
    once more, because what they were told has changed. `course` is where it stood lately.
    """

    key: str
    rule: str
    title: str
    says: str
    source: str
    level: int
    peak: int
    priority: str
    at: datetime
    raised_at: datetime
    changed_at: datetime
    window: str | None = None
    facts: tuple[str, ...] = ()
    condition: str = PRESENT
    signal: str = SOUNDING
    falling: Falling | None = None
    steady_until: datetime | None = None
    """It flapped: a lower level does not begin to be followed before."""
    course: tuple[Stood, ...] = ()
    acknowledgement: Acknowledgement | None = None
    hand_over: HandOver | None = None
    holder: str | None = None
    held_since: datetime | None = None
    until: datetime | None = None
    """When shelving or being out of service ends."""
    accounts_for: tuple[str, ...] = ()
    inhibited_by: str | None = None
    """The key of the alarm that tells of it too; it is heard again when that one is gone."""
    sounding_since: datetime | None = None
    step: int = 0
    turns: int = 0
    again: int = 0
    shelved_times: int = 0
    repeats: int = 0
    closed_at: datetime | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Is it on the list? Only a person's act takes it off."""
        return self.closed_at is None

    @property
    def state(self) -> str:
        """The state that ISA-18.2 names."""
        if self.closed_at is not None:
            return NORMAL
        if self.signal in (SHELVED, OUT_OF_SERVICE):
            return self.signal
        if self.signal in (INHIBITED, ENDED):
            return SUPPRESSED
        if self.signal == ACKNOWLEDGED:
            return ACKNOWLEDGED
        return UNACKNOWLEDGED if self.condition == PRESENT else RETURNED
