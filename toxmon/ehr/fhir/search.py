"""What a search asks for: parameters of FHIR, read strictly, and whether a resource matches them.

A parameter that is not known is left out of the answer's self link, or refused where the asker
prefers that (`Prefer: handling=strict`). A value or a modifier that cannot be read is refused: an
answer to another question than the one that was asked could be taken for an empty record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from toxmon.ehr.fhir.capability import Offered
from toxmon.ehr.fhir.outcome import Failed, Issue
from toxmon.store import EVER, NEVER

USUAL, MOST = 50, 500
MOST_VALUES = 100
LONGEST = 2_000
HANDLED = ("_count", "_sort", "_cursor", "_total", "_format", "_pretty")
"""What every search understands beside its own parameters."""
TOTALS = ("none", "estimate", "accurate")
PREFIXES = ("eq", "ge", "gt", "le", "lt", "sa", "eb")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)
_WIDEST_OFFSET = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Token:
    """A code that is looked for; None is any system, or any code of the system."""

    system: str | None
    code: str | None

    def is_in(self, codings: Iterable[Mapping[str, Any]]) -> bool:
        """Is one of these it?"""
        return any(
            self.system in (None, each.get("system", "")) and self.code in (None, each.get("code"))
            for each in codings
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open: from `from_at` on, and before `before_at`."""

    from_at: datetime = NEVER
    before_at: datetime = EVER

    def holds(self, at: datetime) -> bool:
        """Does it lie in it?"""
        return self.from_at <= at < self.before_at

    def both(self, other: Span) -> Span:
        """What lies in both."""
        return Span(max(self.from_at, other.from_at), min(self.before_at, other.before_at))


ALWAYS = Span()


@dataclass(slots=True)
class Asked:
    """A search as it was understood. `used` is what its self link says."""

    offered: Offered
    used: list[tuple[str, str]] = field(default_factory=list)
    ids: tuple[str, ...] | None = None
    patients: list[str] = field(default_factory=list)
    identifiers: list[Token] = field(default_factory=list)
    tokens: dict[str, list[tuple[Token, ...]]] = field(default_factory=dict)
    targets: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    date: Span = ALWAYS
    updated: Span = ALWAYS
    count: int = USUAL
    sort: str | None = None
    cursor: str | None = None
    errors: bool = False
    """Are resources wanted that were entered in error? Who keeps a copy needs them."""

    @property
    def of_patient(self) -> bool:
        """Does it name whose record is to be searched?"""
        return bool(self.patients or self.identifiers)

    def matches(self, resource: Mapping[str, Any]) -> bool:
        """Is a resource what is looked for, as far as its content says?"""
        if self.ids is not None and resource["id"] not in self.ids:
            return False
        if resource.get("status") == "entered-in-error" and not self.errors:
            return False
        if not self.updated.holds(resource["meta"]["lastUpdated"]):
            return False
        if self.date != ALWAYS and not self._in_time(resource):
            return False
        return all(
            any(token.is_in(found) for token in any_of)
            for name, all_of in self.tokens.items()
            for found in (codings(resource, self.offered.params[name].element),)
            for any_of in all_of
        )

    def _in_time(self, resource: Mapping[str, Any]) -> bool:
        at = when(resource)
        return at is not None and self.date.holds(at)


def when(resource: Mapping[str, Any]) -> datetime | None:
    """When it was so: its time, or the beginning of its span, or its end."""
    for name in WHEN:
        found = resource.get(name)
        if isinstance(found, datetime):
            return found
        if isinstance(found, Mapping):
            return found.get("start") or found.get("end")
    return None


WHEN = (
    "effectiveDateTime", "effectivePeriod", "occurrenceDateTime", "identifiedDateTime", "date",
    "period", "recorded",
)  # fmt: skip


def codings(resource: Mapping[str, Any], element: str) -> list[Mapping[str, Any]]:
    """What an element says as codings: a code, a CodeableConcept, or several of them."""
    found = resource.get(element, [])
    concepts = found if isinstance(found, list) else [found]
    flat: list[Mapping[str, Any]] = []
    for each in concepts:
        if isinstance(each, str):
            flat.append({"code": each})
        elif isinstance(each, Mapping):
            flat += each.get("coding", [each])
    return flat


def read_search(
    offered: Offered, given: Sequence[tuple[str, str]], *, strict: bool, zone: tzinfo
) -> Asked:
    """The search of these parameters. Raises Failed (400) with every fault."""
    asked, faults = Asked(offered), []
    for name, value in given:
        if "\x00" in name or "\x00" in value or len(value) > LONGEST:
            faults.append(_fault("a parameter", "is longer than it may be, or has a NUL character"))
        elif value:
            faults += _take(asked, name, value, strict, zone)
    if faults:
        raise Failed(400, *faults)
    if asked.sort is not None and len(asked.patients) + len(asked.identifiers) != 1:
        words = "needs one patient: send patient=, or leave _sort out"
        raise Failed(400, _fault("_sort", words))
    return asked


def _take(asked: Asked, name: str, value: str, strict: bool, zone: tzinfo) -> list[Issue]:
    """Take one parameter into the search; what is wrong with it."""
    stem, modifier = _named(name)
    kind = asked.offered.kind_of(stem)
    if kind is None and stem not in HANDLED:
        if strict:
            known = ", ".join([*asked.offered.params, *HANDLED[:4]])
            return [_fault(_shown(name), f"is not a parameter of this search; known are {known}")]
        return []
    if modifier:
        return [_fault(_shown(name), "has a modifier that is not understood; leave it out")]
    try:
        taken = (
            _handled(asked, stem, value) if kind is None else _own(asked, stem, kind, value, zone)
        )
    except ValueError as error:
        return [_fault(stem, str(error))]
    if not taken and strict:
        return [_fault(stem, "is not understood here; leave it out")]
    if taken and stem != "_cursor":
        asked.used.append((name, value))
    return []


def _named(name: str) -> tuple[str, str]:
    """The one name of a parameter, and its modifier: whose record it is may be said in many ways.

    `subject:Patient` is `patient`, and so is a chain to the identifier whatever it is written as.
    """
    stem, _, modifier = name.partition(":")
    if stem in ("patient", "subject"):
        if modifier in ("identifier", "Patient.identifier"):
            return "patient.identifier", ""
        return "patient", "" if modifier == "Patient" else modifier
    if stem == "subject.identifier":
        return "patient.identifier", modifier
    return stem, modifier


def _handled(asked: Asked, name: str, value: str) -> bool:
    if name == "_count":
        if not (value.isascii() and value.isdecimal() and len(value) < 10 and int(value)):
            raise ValueError(f"is not a number of entries from 1 on; more than {MOST} are not sent")
        asked.count = min(int(value), MOST)
    elif name == "_sort":
        by = asked.offered.sorted_by
        if not by:
            return False
        known = (by, f"-{by}", "_lastUpdated", "-_lastUpdated")
        if value not in known:
            raise ValueError(f"is not one of {', '.join(known)}")
        asked.sort, asked.errors = value, asked.errors or value.endswith("_lastUpdated")
    elif name == "_cursor":
        asked.cursor = value
    elif name == "_total":
        return value in TOTALS
    return True


def _own(asked: Asked, name: str, kind: str, value: str, zone: tzinfo) -> bool:
    values = tuple(each for each in _split(value) if each)
    if len(values) > MOST_VALUES:
        raise ValueError(f"has more than {MOST_VALUES} values")
    if name == "_id":
        asked.ids, asked.errors = tuple(dict.fromkeys(values)), True
    elif name == "_lastUpdated":
        asked.updated, asked.errors = asked.updated.both(read_span(value, zone)), True
    elif name == "patient":
        asked.patients = list(dict.fromkeys(_patient(each) for each in values))
    elif kind == "identifier":
        asked.identifiers += [_token(each) for each in values]
        if any(token.system is None or token.code is None for token in asked.identifiers):
            raise ValueError("is not SYSTEM|VALUE, such as urn:mrn|A1")
    elif kind == "date":
        asked.date = asked.date.both(read_span(value, zone))
    elif kind == "since":
        asked.updated = asked.updated.both(read_span(f"ge{value}", zone))
    elif kind == "types":
        asked.types = values
    elif kind == "reference":
        asked.targets = values
    else:
        tokens = tuple(_token(each) for each in values)
        asked.tokens.setdefault(name, []).append(tokens)
        asked.errors |= any(token.code == "entered-in-error" for token in tokens)
    return True


def _split(value: str) -> list[str]:
    """The values of a list; a comma behind a backslash is part of a value."""
    parts = re.split(r"(?<!\\),", value)
    return [re.sub(r"\\([,|$\\])", r"\1", each).strip() for each in parts]


def _token(text: str) -> Token:
    system, bar, code = text.partition("|")
    if not bar:
        return Token(None, text)
    return Token(system, code or None)


def _patient(text: str) -> str:
    """The id in a reference to a patient: an id, Patient/id, or the whole address."""
    kind, _, id_ = text.rpartition("/")
    if kind and kind.rpartition("/")[2] != "Patient":
        raise ValueError("does not name a patient; send an id, or Patient/ID")
    return id_


def read_span(text: str, zone: tzinfo) -> Span:
    """The instants that a date with its prefix allows. A day is one of the site's `zone`.

    Raises ValueError in words.
    """
    prefix, rest = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
    if prefix not in PREFIXES:
        raise ValueError(f"begins with no prefix that is known; those are {', '.join(PREFIXES)}")
    first, after = _instants(rest, zone)
    spans = {
        "eq": Span(first, after),
        "ge": Span(first, EVER),
        "gt": Span(after, EVER),
        "sa": Span(after, EVER),
        "lt": Span(NEVER, first),
        "eb": Span(NEVER, first),
        "le": Span(NEVER, after),
    }
    return spans[prefix]


def _instants(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first instant of a date of FHIR, and the first one after it."""
    # A plus sign that was not escaped arrives as a blank.
    found = _DATE.fullmatch(text.strip().replace(" ", "+") if "T" in text else text.strip())
    if found is None:
        raise ValueError(
            "is not a date such as 2026-03-01, or 2026-03-01T08:00:00Z with its offset"
        )
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        at = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            int(second or 0), int((fraction or "").ljust(6, "0")[:6]), _zone(offset) or zone,
        )  # fmt: skip
        if hour is None:
            after = _day_after(at, month is not None, day is not None)
        else:
            after = at + _length(second, fraction)
        return at.astimezone(UTC), after.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a day that there is") from error


def _zone(offset: str | None) -> tzinfo | None:
    if offset is None or offset == "Z":
        return None if offset is None else UTC
    found = datetime.strptime(offset, "%z").tzinfo
    if found is None or abs(found.utcoffset(None) or timedelta()) > _WIDEST_OFFSET:
        raise ValueError("no such offset")
    return found


def _day_after(at: datetime, month: bool, day: bool) -> datetime:
    """Midnight after the year, month or day that begins at `at`."""
    if day:
        return at + timedelta(days=1)  # By the wall: such a day may have 23 or 25 hours.
    if month and at.month < 12:
        return at.replace(month=at.month + 1)
    return at.replace(year=at.year + 1, month=1)


def _length(second: str | None, fraction: str | None) -> timedelta:
    if second is None:
        return timedelta(minutes=1)
    if fraction is None:
        return timedelta(seconds=1)
    return timedelta(microseconds=10 ** max(0, 6 - len(fraction)))


def _fault(name: str, words: str) -> Issue:
    return Issue("invalid", f"{name}: {words}", (f"http.{name}",) if name.isidentifier() else ())


def _shown(name: str) -> str:
    return name if len(name) <= 40 and name.isprintable() else "a parameter"
