"""What a recorded course tells, in the order in which it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from toxmon.actions import infuse, placing
from toxmon.actions.record import Charted
from toxmon.course_record import INFUSION, PAUSE, Placed, Record
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH
from toxmon.grading.facts import Fact

REASON = "as recorded"


@dataclass(frozen=True, slots=True)
class Moment:
    """Facts that were told together `at`; `begins` says that the infusion is one of them."""

    at: datetime
    facts: tuple[Charted, ...]
    begins: bool = False


def moments(record: Record) -> tuple[Moment, ...]:
    """A record as it was told: by `recorded_at` where the file has it, else as it was so.

    The infusion begins a treatment; it comes first among what was told with it.
    """
    told: list[tuple[datetime, Charted | None]] = [
        (_when(record, fact.id, fact.effective_at), _charted(fact)) for fact in record.facts
    ]
    told += [(_when(record, one.line, one.at), _placed(one)) for one in record.placed]
    if record.infused_at is not None:
        told.append((_when(record, INFUSION, record.infused_at), None))
    told.sort(key=itemgetter(0))
    found = []
    for at, together in groupby(told, key=itemgetter(0)):
        facts = [each for _, each in together]
        kept = tuple(each for each in facts if each is not None)
        found.append(Moment(at, kept, begins=len(kept) < len(facts)))
    return tuple(found)


def _when(record: Record, name: str, at: datetime) -> datetime:
    # A device's clock may be ahead of the one that recorded it; nothing is told before it was so.
    return max(at, record.recorded.get(name, at))


def _charted(fact: Fact) -> Charted:
    at = fact.effective_at
    if fact.kind == ADMINISTRATION:
        medication = str(fact.value)
        return infuse.administration(medication, at, {"medication": medication})
    if fact.kind == ATTRIBUTION:
        assert isinstance(fact.value, tuple)
        sign, cause = fact.value
        return infuse.attribution(sign, cause, at, fact.until, REASON)
    if fact.kind == DEATH:
        return infuse.death(str(fact.value), at, REASON)
    sent = None
    if fact.normal is not None:
        ends = zip(("low", "high"), fact.normal, strict=True)
        sent = {name: str(limit) for name, limit in ends if limit is not None}
    return Charted(kind=fact.kind, value=fact.value, effective_at=at, sent=sent)


def _placed(one: Placed) -> Charted:
    if one.kind == PAUSE:
        assert one.until is not None
        return placing.pause((), one.at, one.until, one.value)
    return placing.stay(one.value, one.at, None, None, REASON)
