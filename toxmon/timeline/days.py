"""The site's days of a treatment as instants, each worked out once: midnights and hours of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from toxmon.grading.treatment import Treatment


class Days:
    """Days of one treatment. Day 0 is the site's date of the infusion; spans are elapsed time.

    An hour that the night of a clock change leaves out is taken as if the clock had not changed,
    and one that comes twice is the first of the two (decision 0064).
    """

    __slots__ = ("_began", "_begins", "_due", "due_hour", "treatment")

    def __init__(self, treatment: Treatment, due_hour: time) -> None:
        self.treatment = treatment
        self.due_hour = due_hour
        self._began = treatment.infused_at.astimezone(treatment.zone).date()
        self._begins: dict[int, datetime] = {}
        self._due: dict[int, datetime] = {}

    def date(self, day: int) -> date:
        """The site's date of a day."""
        return self._began + timedelta(days=day)

    def begins(self, day: int) -> datetime:
        """The instant at which a day begins."""
        known = self._begins.get(day)
        if known is None:
            known = self._begins[day] = self.treatment.begins(day)
        return known

    def due(self, day: int) -> datetime:
        """The instant of a day at which what is asked for once a day is due."""
        known = self._due.get(day)
        if known is None:
            local = datetime.combine(self.date(day), self.due_hour, self.treatment.zone)
            known = self._due[day] = local.astimezone(UTC)
        return known

    def day(self, at: datetime) -> int:
        """The day of an instant."""
        return (at.astimezone(self.treatment.zone).date() - self._began).days
