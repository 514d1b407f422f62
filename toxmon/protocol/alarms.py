"""A site's alarm policy as its file tells it: priorities, thresholds, spans, chains. Pure data.

What is a matter of the patient (priorities, thresholds) holds for a treatment in the edition that
it began under; whom to tell and when (spans, chains) holds as it stands today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal

from toxmon.protocol.alarm_rules import ABOVE, ANY_UNIT, BELOW, higher
from toxmon.protocol.citation import Citation, Cited

__all__ = [
    "ANY_UNIT",
    "Alarms",
    "Chain",
    "ChainStep",
    "Obligation",
    "OtherCauses",
    "Outpatient",
    "Priorities",
    "Rise",
    "Spans",
    "SteroidWatch",
    "Threshold",
    "Uninterpretable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priorities:
    """How urgent each level of a matter is; `in_window` where it is more urgent inside of one.

    `rule` names the matter: a scale (`crs`), `check`, `sign:diarrhea`, `technical:clock`. `hold`
    is how long a lower level must have been seen before the alarm follows it down.
    """

    rule: str
    by_level: Mapping[int, str]
    in_window: Mapping[int, str]
    hold: timedelta
    note: str | None
    citation: Citation

    def of(self, level: int, inside: bool = False) -> str:
        """The priority of a level; a level that is not named has that of the next lower one.

        Inside a window it is never lower than outside of it.
        """
        found = _at(self.by_level, level)
        return higher(found, _at(self.in_window, level)) if inside else found


def _at(table: Mapping[int, str], level: int) -> str:
    known = [step for step in table if step <= level]
    return table[max(known)] if known else "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """So many grades within so short a time are this urgent, whatever the grades are."""

    grades: int
    within: timedelta
    priority: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCauses:
    """What else to look for where matters of these rules appear outside their usual window."""

    rules: tuple[str, ...]
    causes: tuple[str, ...]
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A bound on a measured value that somebody acts upon.

    `comparison` is one of `<`, `<=`, `>`, `>=` `value`, or `rises`, `falls` by at least `percent`
    `within` a span. It is over at `clear` or beyond (hysteresis: only on the way back); without a
    `clear`, as soon as the comparison does not hold. `hold` is how long it must have been over
    before an alarm follows it down. `policy` groups alternatives of one question (`igg`), of which
    `in_force` ones count. `targets` and `classes` are parts of a product's target (`BCMA`) and
    class (`CAR T`); none is any. `needs` are signs that must be there too (`fever`, `infection`).
    Days count from the infusion, both inside; None is without a bound.
    """

    id: str
    title: str
    kind: str
    comparison: str
    value: Decimal | None
    unit: str | None
    percent: Decimal | None
    within: timedelta | None
    clear: Decimal | None
    priority: str
    policy: str | None
    in_force: bool
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    needs: tuple[str, ...]
    from_day: int | None
    until_day: int | None
    says: str
    note: str | None
    citation: Citation
    hold: timedelta = timedelta()

    def crossed(self, value: Decimal) -> bool | None:
        """Does the comparison hold for a value? None for a rate of change: one value has none."""
        if self.value is None or self.comparison not in (*BELOW, *ABOVE):
            return None
        if value == self.value:
            return self.comparison in ("<=", ">=")
        return (value < self.value) is (self.comparison in BELOW)

    def on(self, day: int) -> bool:
        """Does it count on this day? Both ends are inside."""
        return (self.from_day is None or self.from_day <= day) and (
            self.until_day is None or day <= self.until_day
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninterpretable:
    """A laboratory value that says nothing for a while after a drug, and why."""

    kinds: tuple[str, ...]
    after: tuple[str, ...]
    span: timedelta
    says: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Outpatient:
    """How often a line of the chart is asked for once the patient is an out-patient."""

    what: str
    every: timedelta
    grace: timedelta
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """Something with a date that no observation meets: a talk, a vaccination, an end of a ban.

    Either `day` or `month`, both counted from the infusion; `every_months` repeats it. `unless`
    says what holds it back.
    """

    id: str
    title: str
    day: int | None
    month: int | None
    every_months: int | None
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    says: str
    unless: str | None
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class SteroidWatch:
    """What is watched because systemic steroids were given; which numbers count is the rule's.

    It concerns a patient for `within` after the last dose (exclusive). `every` and `grace`: how
    often glucose is asked for. `days`: on so many days of the site or more, of a course in which
    at most `gap_days` in a row were without a dose. `stopped_after`: without a dose for so long
    (inclusive) it was stopped. `improved_for`: CRS and ICANS of grade 1 at most for so long.
    """

    rule: str
    title: str
    within: timedelta
    every: timedelta | None
    grace: timedelta | None
    days: int | None
    gap_days: int | None
    stopped_after: timedelta | None
    improved_for: timedelta | None
    says: str
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """Whom to tell so long after the alarm began to sound: roles of the unit's roster."""

    after: timedelta
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Who is told of an alarm of a priority in a unit (`*`: any), then who; the last repeats.

    `about` is `patients`, or `technical` for alarms of the system itself.
    """

    unit: str
    priority: str
    steps: tuple[ChainStep, ...]
    repeat: timedelta
    note: str | None
    citation: Citation
    about: str = "patients"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """The spans of one priority. Acknowledged without a documented assessment it lapses sooner.

    An acknowledgement lasts `acknowledged`; who gives it may ask for up to `acknowledged_most`.
    With an assessment documented it lasts `documented`.
    """

    priority: str
    acknowledged: timedelta
    acknowledged_most: timedelta
    documented: timedelta
    shelved_most: timedelta
    shelved_times: int
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """One version of an alarm policy. `digest` is the SHA-256 of `text`, the file as read."""

    name: str
    title: str
    version: int
    matters: tuple[Priorities, ...]
    rise: Rise
    other_causes: tuple[OtherCauses, ...]
    thresholds: tuple[Threshold, ...]
    uninterpretable: tuple[Uninterpretable, ...]
    outpatient: tuple[Outpatient, ...]
    obligations: tuple[Obligation, ...]
    steroid_watches: tuple[SteroidWatch, ...]
    spans: tuple[Spans, ...]
    chains: tuple[Chain, ...]
    fallback_role: Cited[str]
    labs_due: Cited[time]
    due_soon: Cited[timedelta]
    told_late: Cited[timedelta]
    hand_over: Cited[timedelta]
    look_ahead: Cited[timedelta]
    feed_silent: Cited[timedelta]
    out_of_service_most: Cited[timedelta]
    digest: str
    text: str

    def matter(self, rule: str) -> Priorities | None:
        """The priorities of a matter, if the file names it."""
        return next((each for each in self.matters if each.rule == rule), None)

    def steroid_watch(self, rule: str) -> SteroidWatch | None:
        """What is watched on steroids under a rule, if the file has it."""
        return next((each for each in self.steroid_watches if each.rule == rule), None)

    def causes(self, rule: str) -> OtherCauses | None:
        """What else to look for where a matter appears outside its usual window."""
        return next((each for each in self.other_causes if rule in each.rules), None)

    def spans_of(self, priority: str) -> Spans:
        """The spans of a priority; the form sees to it that each has its own."""
        return next(each for each in self.spans if each.priority == priority)

    def chain(self, unit: str, priority: str, *, technical: bool = False) -> Chain:
        """The chain of a unit, or that of any unit; the form sees to it that there is one.

        A technical alarm goes its own way where the file has one, else that of the patients.
        """
        known = [each for each in self.chains if each.priority == priority]
        order = [(about, where) for about in ("patients",) for where in (unit, ANY_UNIT)]
        if technical:
            order = [("technical", unit), ("technical", ANY_UNIT), *order]
        return next(
            each
            for about, where in order
            for each in known
            if (each.about, each.unit) == (about, where)
        )
