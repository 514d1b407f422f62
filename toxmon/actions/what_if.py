"""What facts would change if they were charted: asked before they are, and nothing is kept.

A preview while somebody types is folded beside the record and takes no writer's turn. What a
correction would do to alarms as well is found by doing it and undoing it, because alarms live in
the record and nowhere else (decision 0103).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from toxmon.actions import Actor, Service, look_up, record
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import belongs, plain_grades
from toxmon.actions.record import Charted, Outcome
from toxmon.grading.course import GRADED
from toxmon.grading.facts import Fact
from toxmon.store import facts

SCALES = ("crs", "icans")


@dataclass(frozen=True, slots=True)
class Preview:
    """The grades now, and as they would be; None where no treatment has begun."""

    before: dict[str, dict[str, Any]] | None
    after: dict[str, dict[str, Any]] | None


class _Undone(Exception):
    """Ends a transaction that was only to be tried."""


def preview(service: Service, actor: Actor, patient_id: str, charted: Iterable[Charted]) -> Preview:
    """The grades of the newest treatment now, and with these facts. Raises NotFound."""
    now = service.clock()
    new = [
        Fact(f"new-{place}", each.kind, each.value, each.effective_at, each.until_at)
        for place, each in enumerate(charted)
        if each.value is not None and each.kind in GRADED
    ]
    with service.store.reading():
        heads = look_up.head(service, actor, patient_id)
        row = heads[-1]
        if row["treatment_id"] is None:
            return Preview(None, None)
        mine = [fact for fact in new if belongs({"effective_at": fact.effective_at}, row)]
        as_of = max((now, *(fact.effective_at for fact in mine)))
        before, _ = moment_of(service, patient_id, heads[0], row, now)
        after, _ = moment_of(service, patient_id, heads[0], row, as_of, also=mine)
    return Preview(plain_grades(before, SCALES), plain_grades(after, SCALES))


def tried(service: Service, actor: Actor, patient_id: str, charted: Sequence[Charted]) -> Outcome:
    """What `record` would come to, alarms included; all of it is undone again.

    Raises what `record` raises.
    """
    outcome: Outcome | None = None
    try:
        with service.store.writing():
            for each in charted:
                if each.replaces_id is not None:
                    record.refuse_replaced(facts.get(service.store, each.replaces_id))
            outcome = record.keep(service, actor, patient_id, charted)
            raise _Undone
    except _Undone:
        assert outcome is not None
        return outcome
