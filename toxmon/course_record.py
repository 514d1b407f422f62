"""One patient's record as it is graded without a server, and how one row of it is read.

Nothing is guessed: a naive instant, an unknown kind and a number without a unit are faults. A
value that is possible and not plausible is kept aside, counted, and not graded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH, DEATHS, SIGNS
from toxmon.grading.doubts import contradictions
from toxmon.grading.facts import Fact, Value
from toxmon.grading.icans import ICE_ITEMS
from toxmon.grading.kinds import BY_LOINC, KINDS, Kind
from toxmon.grading.units import Refused, measure

INFUSION, BIRTH_DATE, STAY, PAUSE = "infusion", "birth_date", "stay", "pause"
ACTS = (INFUSION, ADMINISTRATION, ATTRIBUTION, DEATH, BIRTH_DATE, STAY, PAUSE)
WITH_END = (ATTRIBUTION, PAUSE)
STAYS = ("inpatient", "outpatient", "ended")
COLUMNS = ("effective_at", "kind", "value", "unit", "until", "dose", "low", "high", "recorded_at")
REQUIRED = COLUMNS[:3]
PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
LOINC = "http://loinc.org"
AHEAD = timedelta(minutes=5)
"""Clocks of devices differ by so much."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: the line, counted from 1, and the column's name or a JSON pointer."""

    line: int
    column: str
    what: str

    def __str__(self) -> str:
        place = f", {self.column}" if self.column else ""
        return f"line {self.line}{place}: {self.what}"


class RecordError(ValueError):
    """A record that cannot be used. `faults` holds every fault that was found, in file order."""

    def __init__(self, name: str, faults: Iterable[Fault]) -> None:
        self.name = name
        self.faults = sorted(faults)
        super().__init__("\n".join(f"{name}: {fault}" for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Given:
    """A drug that was given, and how much, in the words of the record."""

    at: datetime
    medication: str
    dose: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A stay (where the patient is watched from then on) or a pause of checks; no grade asks."""

    line: str
    kind: str
    at: datetime
    value: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """A value that is possible and not plausible: it is not graded until somebody looks at it."""

    line: int
    at: datetime
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Record:
    """One patient, one treatment. Facts are in bedside order; their ids name their lines.

    `infused_at` and `product` are None where the record has no infusion, `born` None where the
    birth date is not known. `zone` is the offset in which the record was written: days are its.
    `recorded` is when a line was charted, where that is told, by the id of its fact.
    """

    name: str
    facts: tuple[Fact, ...]
    zone: tzinfo
    infused_at: datetime | None = None
    product: str | None = None
    born: date | None = None
    doses: tuple[Given, ...] = ()
    aside: tuple[Aside, ...] = ()
    placed: tuple[Placed, ...] = ()
    recorded: Mapping[str, datetime] = field(default_factory=dict)

    def day(self, at: datetime) -> int | None:
        """The calendar day after the infusion, which is day 0."""
        if self.infused_at is None:
            return None
        return (at.astimezone(self.zone).date() - self.infused_at.astimezone(self.zone).date()).days


@dataclass
class Reading:
    """What was read so far, and what was wrong with it."""

    facts: list[Fact] = field(default_factory=list)
    doses: list[Given] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    recorded: dict[str, datetime] = field(default_factory=dict)
    infused_at: datetime | None = None
    first_at: datetime | None = None
    product: str | None = None
    born: date | None = None
    product_given: str | None = None
    """Said beside the file."""

    def record(self, name: str) -> Record:
        """The record, when all was read. Raises RecordError with every fault."""
        self._check_ice()
        self._set_contradictions_aside()
        if not self.facts and not self.faults:
            self.fault(1, "", "there is nothing to grade in this file")
        if self.faults:
            raise RecordError(name, self.faults)
        # The offset of the infusion is the ward's; days are counted in it.
        zoned = self.infused_at or self.first_at
        return Record(
            name=Path(name).stem,
            facts=tuple(sorted(self.facts, key=lambda fact: fact.effective_at)),
            zone=(zoned.tzinfo if zoned else None) or UTC,
            infused_at=self.infused_at and self.infused_at.astimezone(UTC),
            product=self.product or self.product_given,
            born=self.born,
            doses=tuple(sorted(self.doses, key=lambda dose: dose.at)),
            aside=tuple(self.aside),
            placed=tuple(sorted(self.placed, key=lambda one: one.at)),
            recorded=self.recorded,
        )

    def _check_ice(self) -> None:
        """A total beside all five items of its instant must be their sum."""
        asked: dict[datetime, dict[str, Fact]] = {}
        for fact in self.facts:
            if fact.kind.startswith("ice_"):
                asked.setdefault(fact.effective_at, {})[fact.kind] = fact
        for known in asked.values():
            total = known.pop("ice_score", None)
            points = [one.value for one in known.values() if isinstance(one.value, Decimal)]
            if total and len(points) == len(ICE_ITEMS) and total.value != sum(points):
                what = f"the total is {total.value}, and the five items add up to {sum(points)}"
                line = total.id.removeprefix("line ").partition(".")[0]
                self.fault(int(line), "value", what)

    def _set_contradictions_aside(self) -> None:
        """Values of one instant that cannot all be true are not graded, as over HTTP."""
        together: dict[datetime, dict[str, Fact]] = {}
        for fact in self.facts:
            together.setdefault(fact.effective_at, {})[fact.kind] = fact
        for at, facts in together.items():
            doubted = contradictions({kind: fact.value for kind, fact in facts.items()})
            for kind, why in doubted.items():
                fact = facts[kind]
                line = fact.id.removeprefix("line ").partition(".")[0]
                self.aside.append(Aside(int(line), at, kind, why))
                self.facts.remove(fact)

    def fault(self, line: int, column: str, what: str) -> None:
        self.faults.append(Fault(line, column, what))

    def row(self, line: int, row: Mapping[str, Any], prefix: str = "", part: str = "") -> None:
        """One fact. `prefix` leads from the line to its keys, `part` from the line to its id."""
        kind_name = self._kind(line, row, prefix)
        needs_time = kind_name != BIRTH_DATE
        at = self.instant(line, f"{prefix}effective_at", row.get("effective_at"), needs_time)
        until = None
        if row.get("until") not in (None, ""):
            until = self.instant(line, f"{prefix}until", row["until"])
            if kind_name not in (None, *WITH_END):
                self.fault(line, f"{prefix}until", "only an attribution or a pause has an end")
            elif at and until and until <= at:
                self.fault(line, f"{prefix}until", "it ends before it begins")
        self._recorded(line, f"{prefix}recorded_at", row.get("recorded_at"), at, kind_name, part)
        value = row.get("value")
        if value is None or value == "":
            self.fault(line, f"{prefix}value", "there is no value; leave the row out")
        elif kind_name in ACTS:
            self._act(line, str(kind_name), at, until, row, prefix)
        elif kind_name is not None:
            self._observed(line, KINDS[kind_name], at, row, prefix, part)

    def _recorded(
        self,
        line: int,
        column: str,
        sent: Any,
        at: datetime | None,
        kind: str | None,
        part: str,
    ) -> None:
        """When a line was charted, if the file tells it: hardly before it was so."""
        if sent in (None, ""):
            return
        recorded = self.instant(line, column, sent)
        if recorded is None or at is None:
            return
        if recorded < at - AHEAD:
            self.fault(line, column, "it is charted more than 5 minutes before it was so")
        name = INFUSION if kind == INFUSION else f"line {line}{part}"
        self.recorded[name] = recorded.astimezone(UTC)

    def instant(self, line: int, column: str, value: Any, needed: bool = True) -> datetime | None:
        """An instant with its offset, as written."""
        if value in (None, ""):
            if needed:
                self.fault(line, column, "there is no time; write 2026-03-01T10:00:00+01:00")
            return None
        try:
            at = datetime.fromisoformat(str(value).strip())
        except ValueError:
            self.fault(line, column, f"{value!r} is no time; write 2026-03-01T10:00:00+01:00")
            return None
        if at.tzinfo is None:
            what = f"{value!r} has no offset; write {at.isoformat()}Z if it is in UTC"
            self.fault(line, column, what)
            return None
        try:
            at.astimezone(UTC)
        except OverflowError:
            self.fault(line, column, f"{value!r} lies outside the calendar")
            return None
        self.first_at = self.first_at or at
        return at

    def _kind(self, line: int, row: Mapping[str, Any], prefix: str) -> str | None:
        code, name = row.get("code"), row.get("kind")
        if code is not None and name in (None, ""):
            known = isinstance(code, dict) and code.get("system") == LOINC
            kind = BY_LOINC.get(str(code.get("code"))) if known else None
            if kind is None:
                self.fault(line, f"{prefix}code", f"this code is not known; the system is {LOINC}")
            return kind.name if kind else None
        if name in (None, ""):
            self.fault(line, f"{prefix}kind", "there is no kind")
            return None
        if not isinstance(name, str) or (name not in KINDS and name not in ACTS):
            near = get_close_matches(str(name), (*KINDS, *ACTS), n=1)
            hint = f"; {near[0]} is" if near else ""
            self.fault(line, f"{prefix}kind", f"{name!r} is not a known kind{hint}")
            return None
        return name

    def _observed(
        self,
        line: int,
        kind: Kind,
        at: datetime | None,
        row: Mapping[str, Any],
        prefix: str,
        part: str,
    ) -> None:
        unit = row.get("unit") or None
        try:
            measured = measure(kind, row["value"], unit)
        except Refused as refused:
            for column, what in refused.faults:
                self.fault(line, f"{prefix}{column}", what)
            return
        if at is None:
            return
        if measured.quarantine is not None:
            self.aside.append(Aside(line, at.astimezone(UTC), kind.name, measured.quarantine))
            return
        normal = self._own_range(line, kind, row, unit, prefix)
        self.facts.append(
            Fact(f"line {line}{part}", kind.name, measured.value, at.astimezone(UTC), normal=normal)
        )

    def _own_range(
        self, line: int, kind: Kind, row: Mapping[str, Any], unit: str | None, prefix: str
    ) -> tuple[Decimal | None, Decimal | None] | None:
        """The laboratory's own range of a result, in the canonical unit; None without one."""
        ends: dict[str, Decimal] = {}
        for end in ("low", "high"):
            sent = row.get(end)
            if sent in (None, ""):
                continue
            number = Decimal(sent) if isinstance(sent, str) and PLAIN.fullmatch(sent) else sent
            column = f"{prefix}{end}"
            if kind.form != "number" or isinstance(number, bool | str):
                self.fault(line, column, f"{sent!r} is no end of a range of numbers")
            elif end == "high" and number == 0:
                self.fault(line, column, "an upper limit of 0 cannot be; leave it out")
            else:
                try:
                    value = measure(kind, number, unit).value
                except Refused as refused:
                    self.fault(line, column, refused.detail)
                else:
                    assert isinstance(value, Decimal)
                    ends[end] = value
        if len(ends) == 2 and ends["low"] > ends["high"]:
            self.fault(line, f"{prefix}low", "it is above high")
        return (ends.get("low"), ends.get("high")) if ends else None

    def _act(
        self,
        line: int,
        kind: str,
        at: datetime | None,
        until: datetime | None,
        row: Mapping[str, Any],
        prefix: str,
    ) -> None:
        value, column = row["value"], f"{prefix}value"
        if not isinstance(value, str):
            self.fault(line, column, f"{kind} is said in words")
            return
        value = value.strip()
        if row.get("unit"):
            self.fault(line, f"{prefix}unit", f"{kind} has no unit; a dose is written as dose")
        if kind == BIRTH_DATE:
            self._birth(line, column, value)
        elif kind == INFUSION:
            self._infusion(line, column, value, at)
        elif kind == STAY and value not in STAYS:
            self.fault(line, column, f"{value!r} is no stay; write one of {', '.join(STAYS)}")
        elif kind == PAUSE and until is None:
            self.fault(line, column.replace("value", "until"), "a pause has an end")
        elif kind in (STAY, PAUSE):
            if at is not None:
                end = until.astimezone(UTC) if until else None
                self.placed.append(Placed(f"line {line}", kind, at.astimezone(UTC), value, end))
        elif kind == ATTRIBUTION and value not in SIGNS:
            self.fault(line, column, f"{value!r} is no sign; write one of {', '.join(SIGNS)}")
        elif kind == DEATH and value not in DEATHS:
            self.fault(line, column, f"{value!r} is no cause; write one of {', '.join(DEATHS)}")
        elif at is not None:
            name = value.lower().replace(" ", "_") if kind == ADMINISTRATION else value
            end = until.astimezone(UTC) if until else None
            said: Value = (name, "another cause") if kind == ATTRIBUTION else name
            self.facts.append(Fact(f"line {line}", kind, said, at.astimezone(UTC), end))
            if kind == ADMINISTRATION:
                self.doses.append(Given(at.astimezone(UTC), name, str(row.get("dose") or "")))

    def _birth(self, line: int, column: str, value: str) -> None:
        try:
            born = date.fromisoformat(value)
        except ValueError:
            self.fault(line, column, f"{value!r} is no date; write 1961-05-02")
            return
        if self.born not in (None, born):
            self.fault(line, column, f"the birth date is {self.born} on an earlier line")
        self.born = born

    def _infusion(self, line: int, column: str, value: str, at: datetime | None) -> None:
        if self.product is not None:
            what = "a record holds one treatment; put the second infusion into a file of its own"
            self.fault(line, column, what)
            return
        if self.product_given not in (None, value):
            what = f"the infused product is {value}, and {self.product_given} was said beside it"
            self.fault(line, column, what)
        self.product, self.infused_at = value, at
