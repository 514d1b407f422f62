"""A form as it was posted: what was typed, and what is wrong with it, field by field.

What was typed is kept whatever is wrong, and shown again. A number is read with a point or a comma
and never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from flask import request

from toxmon.actions import Fault
from toxmon.ward.language import _

NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,6})?", re.ASCII)
LONGEST = 2_000


@dataclass
class Form:
    """Posted fields by name (the first of each), all values of those that come many times, and
    the faults found so far: (field, words)."""

    values: dict[str, str] = field(default_factory=dict)
    many: dict[str, list[str]] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def fault(self, name: str, words: str) -> None:
        """Note what is wrong with a field, and what to write instead."""
        self.faults.append((name, words))

    def of(self, name: str) -> str | None:
        """What is wrong with a field, or None."""
        return next((words for each, words in self.faults if each == name), None)

    def text(self, name: str, label: str, *, required: bool = False, most: int = 500) -> str | None:
        """A text without blanks around it; None when nothing was written."""
        found = self[name].strip()
        if "\x00" in found:
            self.fault(name, _("%(label)s: has a sign that cannot be kept", label=label))
        elif len(found) > most:
            self.fault(name, _("%(label)s: at most %(most)s characters", label=label, most=most))
        elif not found and required:
            self.fault(name, _("%(label)s: write something", label=label))
        return found or None

    def number(self, name: str, label: str, *, required: bool = False) -> Decimal | None:
        """A number, with a point or a comma; None when nothing was written or it is none."""
        found = self[name].strip()
        if not found:
            if required:
                self.fault(name, _("%(label)s: write a number", label=label))
            return None
        if not NUMBER.fullmatch(found):
            words = _("%(label)s: “%(found)s” is not a number; write one such as 38.6",
                      label=label, found=found[:40])  # fmt: skip
            self.fault(name, words)
            return None
        return Decimal(found.replace(",", "."))

    def choice(
        self, name: str, label: str, options: Collection[str], *, required: bool = False
    ) -> str | None:
        """One of the options; None when none was chosen."""
        found = self[name]
        if not found:
            if required:
                self.fault(name, _("%(label)s: choose one", label=label))
            return None
        if found not in options:
            self.fault(name, _("%(label)s: choose one of those that are shown", label=label))
            return None
        return found

    def instant(
        self,
        name: str,
        label: str,
        zone: tzinfo,
        now: datetime,
        *,
        required: bool = False,
        ahead: timedelta = timedelta(minutes=1),
    ) -> datetime | None:
        """An instant from `NAME_date` (2026-03-06) and `NAME_time` (20:55), at the site's clock.

        An hour that the clock shows twice is asked about (`NAME_fold`: 0 is the first, 1 the
        second); one that it leaves out in spring is refused, and one further `ahead` than that.
        """
        day, clock = self[f"{name}_date"].strip(), self[f"{name}_time"].strip()
        if not day and not clock:
            if required:
                self.fault(f"{name}_date", _("%(label)s: write a date and a time", label=label))
            return None
        try:
            local = datetime.fromisoformat(f"{day}T{clock or '-'}")
        except ValueError:
            local = None
        if local is None or local.tzinfo is not None:
            self.fault(
                f"{name}_date", _("%(label)s: write a date and a time of the day", label=label)
            )
            return None
        found = self._placed(name, label, local.replace(tzinfo=zone))
        if found is not None and found > now + ahead:
            self.fault(f"{name}_time", _("%(label)s: lies ahead; write when it was", label=label))
            return None
        return found

    def _placed(self, name: str, label: str, local: datetime) -> datetime | None:
        """The instant of a time on the clock."""
        try:
            first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        except OverflowError:
            self.fault(f"{name}_date", _("%(label)s: is no date of a ward", label=label))
            return None
        if first == second:
            return first
        if first > second:  # Left out: the clock jumps over it.
            words = _("%(label)s: the clock leaves this hour out that night", label=label)
            self.fault(f"{name}_time", words)
            return None
        fold = self[f"{name}_fold"]
        if fold not in ("0", "1"):
            words = _("%(label)s: this hour comes twice that night; say which", label=label)
            self.fault(f"{name}_fold", words)
            return None
        return second if fold == "1" else first

    def take(self, faults: Iterable[Fault], names: Mapping[str, str]) -> None:
        """Faults that an action found, beside the fields they are about.

        `names`: the field of each pointer; what has none is told for the whole form.
        """
        for each in faults:
            self.fault(names.get(each.pointer, ""), each.detail)


def posted(*many: str) -> Form:
    """What this request has posted, or its query; `many` are the names that come many times."""
    source = request.form if request.method == "POST" else request.args
    values = {name: value[:LONGEST] for name, value in source.items()}
    return Form(values, {name: source.getlist(name) for name in many})
