"""The kinds of value in a protocol file. Strict: a text is not a number, 1 is not true.

Each field carries in its metadata what it `says` and how to `write` it. The pages about the form
are printed from that, and so are the words of a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields

from toxmon.grading.kinds import KINDS
from toxmon.protocol.faults import Words, nearest

UNITS = {"min": "minutes", "h": "hours", "d": "days"}
NO_END = "no end"
SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


def refused(what: str, instead: str) -> ValidationError:
    """A refusal that says what is wrong and what to write instead."""
    return ValidationError([Words(what, instead)])


def shown(value: Any) -> str:
    """A value as the file writes it: true, 108.5, 'text'."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, Decimal | date) else repr(value)


class Text(fields.Field[str]):
    """Words. Breaks and double spaces become one space; empty text is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise refused(f"{shown(value)} is not text", self.metadata["write"])
        words = " ".join(value.split())
        if not words:
            raise refused("the text is empty", self.metadata["write"])
        return words


class Name(Text):
    """A name as it stands in addresses: lower case, digits and hyphens."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        name = super()._deserialize(value, attr, data)
        if not SLUG.fullmatch(name):
            raise refused(
                f"{name!r} is not a name of lower-case letters, digits, - and _",
                self.metadata["write"],
            )
        return name


class Choice(Text):
    """One of a closed list of words; a misspelt one is answered with the nearest."""

    def __init__(self, options: Iterable[str], **more: Any) -> None:
        super().__init__(**more)
        self.options = tuple(options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        word = super()._deserialize(value, attr, data)
        if word not in self.options:
            raise refused(f"{word!r} is not known here", nearest(word, self.options))
        return word


class Kind(Choice):
    """The kind of an observation, as the chart knows it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(KINDS, **more)


class Number(fields.Field[Decimal]):
    """An exact number, within bounds that are themselves allowed."""

    def __init__(self, low: int | None = 0, high: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise refused(f"{shown(value)} is not a number", self.metadata["write"])
        number = Decimal(value)
        if not number.is_finite():
            raise refused(f"{number} is not a number that can be used", self.metadata["write"])
        if self.low is not None and number < self.low:
            raise refused(f"{number} is below {self.low}", self.metadata["write"])
        if self.high is not None and number > self.high:
            raise refused(f"{number} is above {self.high}", self.metadata["write"])
        return number


class Whole(fields.Field[int]):
    """A whole number, within bounds that are themselves allowed."""

    def __init__(self, low: int = 0, high: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refused(f"{shown(value)} is not a whole number", self.metadata["write"])
        if value < self.low:
            raise refused(f"{value} is below {self.low}", self.metadata["write"])
        if self.high is not None and value > self.high:
            raise refused(f"{value} is above {self.high}", self.metadata["write"])
        return value


class YesNo(fields.Field[bool]):
    """true or false, nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise refused(f"{shown(value)} is neither true nor false", self.metadata["write"])
        return value


class Day(fields.Field[int]):
    """A day of the plan, "day 14", counted from the infusion; day 0 is the day of the infusion."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        given = re.fullmatch(r"day (0|[1-9]\d{0,4})", value) if isinstance(value, str) else None
        if not given:
            raise refused(f"{shown(value)} is not a day", self.metadata["write"])
        return int(given[1])


class LastDay(Day):
    """A day of the plan that is still inside, or "no end" (None)."""

    def deserialize(self, value: Any, *of: Any, **more: Any) -> Any:
        return None if value == NO_END else super().deserialize(value, *of, **more)


class Span(fields.Field[timedelta]):
    """A length of time above zero: "30 min", "6 h", "14 d"."""

    pattern = re.compile(r"([1-9]\d{0,5}) (min|h|d)")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> timedelta:
        given = self.pattern.fullmatch(value) if isinstance(value, str) else None
        if not given:
            raise refused(f"{shown(value)} is not a span of time", self.metadata["write"])
        return timedelta(**{UNITS[given[2]]: int(given[1])})


class Elapsed(Span):
    """Time since something, which may be none at all: "0 h", "48 h"."""

    pattern = re.compile(r"(0|[1-9]\d{0,5}) (min|h|d)")


class Date(fields.Field[date]):
    """A date of the calendar, without quotation marks: 2025-06-26."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        if isinstance(value, datetime) or not isinstance(value, date):
            raise refused(f"{shown(value)} is not a date", self.metadata["write"])
        return value


class TimeOfDay(fields.Field[time]):
    """A time on the clock of the site, "10:00"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> time:
        given = (
            re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
        )
        if not given:
            raise refused(f"{shown(value)} is not a time of day", self.metadata["write"])
        return time(int(given[1]), int(given[2]))


class Many(fields.Field[tuple[Any, ...]]):
    """A list of values that are all of one kind; every fault of every one is told."""

    def __init__(self, inner: fields.Field[Any], at_least: int = 1, **more: Any) -> None:
        super().__init__(**more)
        self.inner, self.at_least = inner, at_least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise refused("a list is needed here", self.metadata["write"])
        if len(value) < self.at_least:
            short = f"the list is too short: {self.at_least} are needed"
            raise refused(short if value else "the list is empty", self.metadata["write"])
        read: list[Any] = []
        faults: dict[Any, Any] = {}
        for place, each in enumerate(value):
            try:
                read.append(self.inner.deserialize(each))
            except ValidationError as error:
                read.append(None)
                faults[place] = error.messages
        if faults:
            raise ValidationError(faults, valid_data=read)
        return tuple(read)


def names(what: str, write: str, *, key: str | None = None) -> Many:
    """A list of words that may be left out; () then."""
    return Many(
        Text(metadata={"write": write}),
        metadata={"says": what, "write": write},
        load_default=(),
        data_key=key,
    )


class Table(fields.Field[Any]):
    """A table with keys of its own."""

    def __init__(self, form: type[Schema], **more: Any) -> None:
        super().__init__(**more)
        self.form = form

    @cached_property
    def _schema(self) -> Schema:
        return self.form()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not isinstance(value, Mapping):
            raise refused(f"{shown(value)} stands here without its keys", self.metadata["write"])
        return self._schema.load(value)


def says(what: str, write: str, *, needed: bool = True, key: str | None = None) -> dict[str, Any]:
    """What every field needs: its words, an example, and whether it must be there."""
    more: dict[str, Any] = {"metadata": {"says": what, "write": write}, "data_key": key}
    if needed:
        return {**more, "required": True}
    return {**more, "load_default": None}


def blocks(
    form: type[Schema], what: str, write: str, *, needed: bool = False, key: str | None = None
) -> Many:
    """A list of [[blocks]]; () where there is none, and at least one where it is needed."""
    inner = Table(form, metadata={"says": what, "write": write})
    more = says(what, write, needed=needed, key=key)
    if not needed:
        more["load_default"] = ()
    return Many(inner, **more)
