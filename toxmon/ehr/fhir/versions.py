"""Which statements of before a resource is the next version of, and what it takes back.

A resource is one thing to its sender: a new version of it replaces all that the older one said.
A part that it says no more is taken back; a part of an older version that comes late is left
alone. What a resource is found by is kept beside its statements as one that says nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from toxmon.ehr.fhir.sent import PART, Mapped, Sent, is_gone, other_name, own_name
from toxmon.intake.following import NEWER, OLDER, Stood, content_key, follows
from toxmon.intake.report import CANCELLED, PENDING, WITHDRAWN, Report
from toxmon.store import Row, Store, origins

OBSERVATION = "Observation"


def settle(
    store: Store, source: str, read: Sequence[tuple[Sent, Mapped]]
) -> list[tuple[Report, ...]]:
    """The reports of each resource, with their keys, as the core takes them; in the same order.

    Notes a fault with the resource where a panel would lose its parts.
    """
    names = [_names(sent, mapped) for sent, mapped in read]
    asked = [name for listed in names for name in listed if name is not None]
    rows = origins.named(store, source, list(dict.fromkeys(asked)))
    found = []
    for (sent, mapped), (own, other) in zip(read, names, strict=True):
        row = rows.get(own or "") or rows.get(other or "")
        if not sent.rows and row is not None:
            mine = origins.of_resource(store, row["resource_id"])
            sent.rows = [each for each in mine if each["source"] == source]
        found.append(_settled(sent, mapped, own, other))
    return found


def _names(sent: Sent, mapped: Mapped) -> tuple[str | None, str | None]:
    """The name of a resource, and the other one that it may be found by."""
    if not mapped.reports:
        return None, None
    own, other = own_name(sent), other_name(sent)
    if own is None and not sent.rows:
        own = f"content:{_digest(mapped.reports)}"
    return own, other if other != own else None


def _settled(sent: Sent, mapped: Mapped, own: str | None, other: str | None) -> tuple[Report, ...]:
    if not mapped.reports:
        return ()
    before = {row["key"]: row for row in sent.rows if row["key"] != other_name(sent)}
    before = before or {row["key"]: row for row in sent.rows}
    bases = dict.fromkeys(key.partition(PART)[0] for key in before)
    name = own if own is not None and (own in bases or not bases) else next(iter(bases), own)
    assert name is not None, "what has no name is named by what it says"
    parts = {key for key in before if PART in key}
    whole = not any(report.key for report in mapped.reports)
    if parts and whole and sent.kind == OBSERVATION and not is_gone(mapped.reports[0].state):
        words = "is missing: this was sent in parts before; send all of them in each version"
        sent.refuse("component", words)
        return ()
    probe = mapped.reports[0]
    late = any(_compare(probe, row) == OLDER for row in before.values())
    told = []
    for report in mapped.reports:
        key = f"{name}{PART}{report.key}" if report.key else name
        state = report.state
        row = before.get(key)
        if report.key in mapped.valueless and row is not None and row["fact_id"] is not None:
            state = CANCELLED if _compare(report, row) == NEWER else PENDING
        elif late and row is None:
            state = PENDING  # A newer version without this part has come already.
        told.append(replace(report, key=key, resource=name, state=state))
    keys = {report.key for report in told}
    for key, row in before.items():
        newer = is_gone(probe.state) or _compare(probe, row) == NEWER
        if key not in keys and row["newest_id"] is not None and newer:
            told.append(_taken_back(probe, key, name))
            keys.add(key)
    found_by = [each for each in (name, other) if each is not None and each not in keys]
    anchors = [
        Report(what=probe.what, key=each, state=PENDING, resource=name, place=probe.place)
        for each in found_by
        if not each.startswith("content:")
    ]
    return (*told, *anchors)


def _taken_back(probe: Report, key: str, name: str) -> Report:
    """What a newer version of a resource says no more."""
    return Report(
        what=probe.what,
        key=key,
        state=probe.state if is_gone(probe.state) else WITHDRAWN,
        patient=probe.patient,
        patient_id=probe.patient_id,
        said_at=probe.said_at,
        ordinal=probe.ordinal,
        place=probe.place,
        resource=name,
    )


def _compare(report: Report, row: Row) -> str:
    """Is the version that a report is of newer or older than the one of a row?"""
    if row["state"] == PENDING and row["ordinal"] is None and row["said_at"] is None:
        return NEWER
    return follows(report, Stood(row["state"], row["said_at"], row["ordinal"], ""))


def _digest(reports: Sequence[Report]) -> str:
    """What a resource without any name is called by: all that it says."""
    whole = "\n".join(content_key(report) for report in reports)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]
