"""What the rules know of a patient and a treatment: when it began, its days, the patient's age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Treatment:
    """`born` None is an unknown age. `ended_at` is the last instant before the next treatment.

    Days are calendar days of the site: day 0 is the date of the infusion in `zone`.
    """

    infused_at: datetime
    born: date | None
    zone: tzinfo
    ended_at: datetime | None = None

    def age_years(self, at: datetime) -> Decimal | None:
        """Completed years of age on the site's date of `at`."""
        if self.born is None:
            return None
        today = at.astimezone(self.zone).date()
        before_birthday = (today.month, today.day) < (self.born.month, self.born.day)
        return Decimal(today.year - self.born.year - before_birthday)

    def next_birthday(self, after: datetime) -> datetime | None:
        """The first instant after `after` at which a year more is completed, if born is known."""
        if self.born is None:
            return None
        year = after.astimezone(self.zone).year
        for candidate in (year, year + 1):
            if candidate > date.max.year - 1:
                return None
            # A birthday on 29 February is completed on 1 March in a year without one.
            leap = self.born.month == 2 and self.born.day == 29 and not _leap(candidate)
            day = date(candidate, 3, 1) if leap else self.born.replace(year=candidate)
            at = self._midnight(day)
            if at > after:
                return at
        return None

    def day(self, at: datetime) -> int:
        """The calendar day of `at`; the date of the infusion is day 0."""
        began = self.infused_at.astimezone(self.zone).date()
        return (at.astimezone(self.zone).date() - began).days

    def begins(self, day: int) -> datetime:
        """The instant at which a day begins at the site, in UTC."""
        began = self.infused_at.astimezone(self.zone).date()
        return self._midnight(began + timedelta(days=day))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
