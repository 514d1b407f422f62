"""Alarms: the events that made them, which only grow, and how each stands now, which is work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from toxmon.store import Row, Store

EVENT = (
    "id, alarm_id, patient_id, treatment_id, unit, version, key, kind, recorded_at, recorded_by, "
    "body"
)
ALARM = (
    "id, scope, key, patient_id, treatment_id, unit, rule, priority, state, open, raised_at, "
    "changed_at, seq, body"
)


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{name}" for name in columns.split(", "))


WHERE_NOW = (
    f"select {_of('alarm', ALARM.replace('unit, ', ''))}, "  # noqa: S608 - constants
    "coalesce(head.unit, alarm.unit) as unit "
    "from alarm left join head on head.patient_id = alarm.patient_id"
)
"""Alarms with the unit that their patient lies in now: a transfer takes them along."""

ASKED = {
    "open": "alarm.open = 1",
    "state": "alarm.state = :state",
    "patient": "alarm.patient_id = :patient",
    "priority": "alarm.priority = :priority",
    "unit": (
        "(coalesce(head.unit, alarm.unit) = :unit"
        " or (alarm.patient_id is null and alarm.unit is null))"
    ),
    "after_priority": (
        "(alarm.priority < :after_priority or (alarm.priority = :after_priority"
        " and (alarm.raised_at > :after_at"
        " or (alarm.raised_at = :after_at and alarm.id > :after_id))))"
    ),
}
"""What can be asked for of a page of alarms, and its condition."""


def add_events(store: Store, rows: Iterable[Row]) -> None:
    """Keep transitions, in order. The number of each is given in the order of commits."""
    rows = list(rows)
    if rows:
        store.insert("alert_event", rows, of=rows[0]["patient_id"])


def put(store: Store, row: Row) -> None:
    """Save how an alarm stands now."""
    store.put("alarm", ("id",), row, of=row["patient_id"])


def save_open(store: Store, patient_id: str, alarms: str) -> None:
    """Save the open alarms of a patient beside the head of the record."""
    row = {"patient_id": patient_id, "alarms": alarms}
    store.change("head", ("patient_id",), row, of=patient_id)


def get(store: Store, alarm_id: str) -> Row | None:
    """One alarm as it stands, or None; its unit is where the patient lies now."""
    rows = store.query(f"{WHERE_NOW} where alarm.id = :id", {"id": alarm_id})
    return rows[0] if rows else None


def of_scope(store: Store, scope: str, keys: Sequence[str], of: str | None = None) -> list[Row]:
    """The alarms of a treatment, a unit or the site that have these keys, open or not."""
    if not keys:
        return []
    names = {f"key_{place}": key for place, key in enumerate(keys)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"select {ALARM} from alarm where scope = :scope and key in ({listed})",  # noqa: S608
        {"scope": scope, **names},
        of=of,
    )


def of_patient(store: Store, patient_id: str) -> list[Row]:
    """Every alarm of a patient, open or not, the oldest first."""
    return store.query(
        f"select {ALARM} from alarm where patient_id = :patient_id "  # noqa: S608
        "order by raised_at, id",
        {"patient_id": patient_id},
    )


def open_of_scope(store: Store, scope: str) -> list[Row]:
    """The open alarms of a treatment, a unit or the site."""
    return store.query(
        f"select {ALARM} from alarm where scope = :scope and open = 1 "  # noqa: S608
        "order by raised_at, id",
        {"scope": scope},
    )


def open_of_rule(store: Store, rule: str) -> list[Row]:
    """The open alarms of a rule that are of no patient."""
    return store.query(
        f"select {ALARM} from alarm "  # noqa: S608 - a constant
        "where open = 1 and patient_id is null and rule = :rule order by raised_at, id",
        {"rule": rule},
    )


def open_technical(store: Store) -> list[Row]:
    """The open alarms that are of no patient, the most urgent first."""
    return store.query(
        f"select {ALARM} from alarm where open = 1 and patient_id is null "  # noqa: S608
        "order by priority desc, raised_at, id"
    )


def every_technical(store: Store) -> list[Row]:
    """The alarms that are of no patient, open or not, the oldest first."""
    return store.query(
        f"select {ALARM} from alarm where patient_id is null order by raised_at, id"  # noqa: S608
    )


def forget(store: Store, alarm_id: str) -> None:
    """Take a row off that no event made."""
    store.execute_later("delete from alarm where id = :id", {"id": alarm_id})


def page(store: Store, bounds: Mapping[str, Any], limit: int) -> list[Row]:
    """Alarms by urgency, then the longest standing first, then id.

    `bounds`: open (1: only open ones), state, unit (with what concerns every unit), patient,
    priority, each left out or None for any, and the cursor after_priority, after_at, after_id.
    """
    asked = {name: value for name, value in bounds.items() if value is not None}
    listed = [words for name, words in ASKED.items() if name in asked]
    where = " and ".join(listed) or "1 = 1"
    return store.query(
        f"{WHERE_NOW} where {where} "
        "order by alarm.priority desc, alarm.raised_at, alarm.id limit :limit",
        {"limit": limit, **asked},
    )


def closed_since(store: Store, at: datetime) -> list[Row]:
    """The alarms that have come off the list since an instant, the newest first."""
    return store.query(
        f"{WHERE_NOW} where alarm.open = 0 and alarm.changed_at >= :at "
        "order by alarm.changed_at desc, alarm.id",
        {"at": at},
    )


def events_after(store: Store, after: int, limit: int) -> list[Row]:
    """Transitions of every alarm after a number, in the order of commits: none is passed over.

    `unit` is where the patient lay then, `unit_now` where the patient lies now.
    """
    return store.query(
        f"select seq, {_of('alert_event', EVENT)}, "  # noqa: S608 - constants
        "coalesce(head.unit, alert_event.unit) as unit_now "
        "from alert_event left join head on head.patient_id = alert_event.patient_id "
        "where seq > :after order by seq limit :limit",
        {"after": after, "limit": limit},
    )


def events_of(store: Store, alarm_id: str) -> list[Row]:
    """The whole life of an alarm, in order. It is never cut short."""
    return store.query(
        f"select seq, {EVENT} from alert_event where alarm_id = :id order by seq",  # noqa: S608
        {"id": alarm_id},
    )


def events_of_patient(
    store: Store, patient_id: str, from_at: datetime, to_at: datetime
) -> list[Row]:
    """The transitions of a patient's alarms in a span, in the order of commits."""
    return store.query(
        f"select seq, {EVENT} from alert_event "  # noqa: S608 - a constant
        "where patient_id = :patient_id and recorded_at >= :from_at and recorded_at <= :to_at "
        "order by seq",
        {"patient_id": patient_id, "from_at": from_at, "to_at": to_at},
    )


def technical_events(store: Store) -> list[Row]:
    """The transitions of the alarms that are of no patient, in the order of commits."""
    return store.query(
        f"select seq, {EVENT} from alert_event "  # noqa: S608 - a constant
        "where patient_id is null order by seq"
    )


def events_of_version(store: Store, patient_id: str, version: int) -> list[Row]:
    """The transitions that one version of a patient's record added, in order."""
    return store.query(
        f"select {EVENT} from alert_event "  # noqa: S608 - a constant
        "where patient_id = :patient_id and version = :version order by seq",
        {"patient_id": patient_id, "version": version},
    )


def events_named(store: Store, event_ids: Sequence[str]) -> list[Row]:
    """These transitions, in order."""
    names = {f"id_{place}": event_id for place, event_id in enumerate(event_ids)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"select {EVENT} from alert_event where id in ({listed}) order by seq",  # noqa: S608
        names,
    )


def counted(store: Store) -> list[Row]:
    """How many alarms are open, by unit, priority and state."""
    return store.query(
        "select unit, priority, state, count(*) as n from alarm where open = 1 "
        "group by unit, priority, state order by unit, priority, state"
    )
