"""One statement on its way into the record: whose it is, how it stood, the fact that it becomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from toxmon.actions import Service, infuse
from toxmon.actions.record import RETRACTED, Charted
from toxmon.intake.hold import Hold
from toxmon.intake.reading import Read
from toxmon.intake.report import INFUSION, PRELIMINARY, Report
from toxmon.saved import dump_value
from toxmon.store import Row

QUARANTINED = "quarantined"


@dataclass(slots=True)
class Case:
    """One statement on its way: whose it is, how it stood, what it comes to."""

    place: int
    report: Report
    key: str
    digest: str
    before: Row | None = None
    patient_id: str | None = None
    charted: list[Charted] = field(default_factory=list)
    outcome: str = ""
    hold: Hold | None = None
    fact: Row | None = None
    """The fact that the source has made last, when it stands."""
    rows: list[Row] = field(default_factory=list)
    version: int | None = None
    retracted_from: str | None = None


def as_charted(
    service: Service, report: Report, meant: Read, source: str, message_id: str
) -> Charted:
    """The fact of a statement, as it is charted."""
    sent = {**meant.sent, "source": source, "message": message_id}
    if report.state == PRELIMINARY:
        sent["state"] = PRELIMINARY
    if report.what == INFUSION:
        fact, editions = infuse.infusion(
            service, str(meant.value), meant.effective_at, dict(meant.detail)
        )
        return _placed(fact, report.place, sent, editions)
    kind, value = meant.kind, meant.value
    if kind == "administration":
        value = infuse.named(str(value), meant.detail.get("route"))
    doubt = meant.doubt
    return Charted(
        kind=kind,
        value=value,
        effective_at=meant.effective_at,
        until_at=meant.until_at,
        sent=sent,
        detail=dict(meant.detail) or None,
        status=QUARANTINED if doubt else "final",
        doubt=doubt,
        pointer=report.place,
    )


def taken_back(fact: Row, reason: str) -> Charted:
    """The retraction of a fact."""
    return Charted(
        kind=fact["kind"],
        value=None,
        effective_at=fact["effective_at"],
        until_at=fact["until_at"],
        sent=None if fact["sent"] is None else orjson.loads(fact["sent"]),
        detail=None if fact["detail"] is None else orjson.loads(fact["detail"]),
        status=RETRACTED,
        replaces_id=fact["id"],
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Infusion(Charted):
    """An infusion with the editions that have to be on record beside it."""

    editions: tuple[Row, ...] = ()


def _placed(fact: Charted, place: str, sent: dict[str, Any], editions: list[Row]) -> Charted:
    return Infusion(
        kind=fact.kind,
        value=fact.value,
        effective_at=fact.effective_at,
        sent=sent,
        detail=fact.detail,
        pointer=place,
        editions=tuple(editions),
    )


def editions_of(good: Iterable[tuple[Case, Charted]]) -> tuple[Row, ...]:
    """The editions that infusions among these began under."""
    found = {
        row["digest"]: row
        for _, charted in good
        if isinstance(charted, Infusion)
        for row in charted.editions
    }
    return tuple(found.values())


def by_patient(cases: list[Case]) -> dict[str, list[tuple[Case, Charted]]]:
    """What is charted, by patient; a fact that was another's goes back there first."""
    found: dict[str, list[tuple[Case, Charted]]] = defaultdict(list)
    for case in cases:
        for charted in case.charted:
            back = charted.status == RETRACTED and case.retracted_from is not None
            whose = case.retracted_from if back else case.patient_id
            if whose is not None:
                found[whose].append((case, charted))
    return found


def same(fact: Row, charted: Charted) -> bool:
    """Says the newer version what the fact says already, at the same time?"""
    value = None if charted.value is None else dump_value(charted.value)
    detail = None if charted.detail is None else orjson.dumps(charted.detail).decode()
    return (
        fact["kind"] == charted.kind
        and fact["value"] == value
        and fact["effective_at"] == charted.effective_at
        and fact["until_at"] == charted.until_at
        and fact["detail"] == detail
        and bool(fact["doubt"]) == bool(charted.doubt)
    )


def in_doubt(charted: Charted, doubt: str) -> Charted:
    """The same fact, in quarantine."""
    return replace(charted, status=QUARANTINED, doubt=doubt)
