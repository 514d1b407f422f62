"""The facts of a record. Rows are added, never changed: a correction replaces a fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from toxmon.store import EVER, Row, Store

COLUMNS = (
    "id, patient_id, version, kind, value, sent, detail, status, doubt, effective_at, until_at, "
    "recorded_at, recorded_by, replaces_id, reason"
)

GRADED = ("final", "confirmed", "corrected")
"""A fact in quarantine is visible and counted, and grades nothing."""

STANDS = """
    recorded_at <= :known_at
    and not exists (select 1 from fact as later
                    where later.replaces_id = fact.id and later.recorded_at <= :known_at)
"""


# Only the few facts that came with a laboratory's own range bring what was sent along.
NORMAL = "case when sent like :with_low or sent like :with_high then sent end"
OWN_RANGE = {"with_low": '%"low":%', "with_high": '%"high":%'}


def add(store: Store, rows: Iterable[Row]) -> None:
    """Chart facts of one patient."""
    rows = list(rows)
    if not rows:
        return
    # Two who replace the same fact at once both come to here, and one has to be told.
    waits = all(row["replaces_id"] is None for row in rows)
    store.insert("fact", rows, of=rows[0]["patient_id"] if waits else None)


def get(store: Store, fact_id: str) -> Row | None:
    """One fact, with the id of the one that replaced it, or None."""
    rows = store.query(
        f"""
        select {COLUMNS},
               (select id from fact as later where later.replaces_id = fact.id) as replaced_by
        from fact where id = :id
        """,  # noqa: S608 - a constant
        {"id": fact_id},
    )
    return rows[0] if rows else None


def graded(
    store: Store,
    patient_id: str,
    after: datetime,
    before: datetime,
    known_at: datetime = EVER,
) -> list[Row]:
    """The facts that stand and count, with after <= effective_at < before.

    With `known_at`, as they stood to somebody who looked at the record then.
    """
    return store.query(
        f"""
        select id, kind, value, effective_at, until_at, {NORMAL} as sent
        from fact
        where patient_id = :patient_id
          and effective_at >= :after and effective_at < :before
          and status in ('final', 'confirmed', 'corrected')
          and {STANDS}
        order by effective_at, seq
        """,  # noqa: S608 - a constant
        {
            "patient_id": patient_id,
            "after": after,
            "before": before,
            "known_at": known_at,
            **OWN_RANGE,
        },
    )


def measured(
    store: Store,
    patient_id: str,
    kinds: Iterable[str],
    after: datetime,
    before: datetime,
    known_at: datetime = EVER,
) -> list[Row]:
    """The facts of some kinds that stand and count, with after <= effective_at < before."""
    names = {f"kind_{place}": kind for place, kind in enumerate(kinds)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"""
        select id, kind, value, effective_at, until_at, {NORMAL} as sent
        from fact
        where patient_id = :patient_id
          and effective_at >= :after and effective_at < :before
          and kind in ({listed})
          and status in ('final', 'confirmed', 'corrected')
          and {STANDS}
        order by effective_at, seq
        """,  # noqa: S608 - a constant, and names of parameters
        {
            "patient_id": patient_id,
            "after": after,
            "before": before,
            "known_at": known_at,
            **OWN_RANGE,
            **names,
        },
    )


def standing_of_kind(
    store: Store, patient_id: str, kind: str, known_at: datetime = EVER
) -> list[Row]:
    """Every standing fact of a kind, in bedside order: a patient's infusions, say."""
    return store.query(
        f"""
        select {COLUMNS}
        from fact
        where patient_id = :patient_id and kind = :kind and status <> 'entered-in-error'
          and {STANDS}
        order by effective_at, seq
        """,  # noqa: S608 - a constant
        {"patient_id": patient_id, "kind": kind, "known_at": known_at},
    )


def root(store: Store, fact: Row) -> str:
    """The id of the first fact of a chain of corrections: what a treatment is known by."""
    while fact["replaces_id"] is not None:
        before = get(store, fact["replaces_id"])
        if before is None:
            break
        fact = before
    return str(fact["id"])


def page(store: Store, patient_id: str, bounds: Mapping[str, object], limit: int) -> list[Row]:
    """Facts with their replacements, by (effective_at, seq), for reading.

    `bounds`: kind ("%" is every kind), acts (1 to have infusions, doses, attributions and deaths
    too), from_at, to_at, after_at and after_seq (a cursor).
    """
    return store.query(
        f"""
        select seq, {COLUMNS},
               (select id from fact as later where later.replaces_id = fact.id) as replaced_by
        from fact
        where patient_id = :patient_id
          and kind like :kind
          and (:acts = 1 or kind not in
               ('infusion', 'administration', 'attribution', 'death', 'pause', 'stay',
                'permission', 'dose_distinct', 'doses_elsewhere', 'card_feedback'))
          and effective_at >= :from_at and effective_at <= :to_at
          and (effective_at > :after_at or (effective_at = :after_at and seq > :after_seq))
        order by effective_at, seq
        limit :limit
        """,  # noqa: S608 - a constant
        {"patient_id": patient_id, "limit": limit, **bounds},
    )


def of_version(store: Store, patient_id: str, version: int) -> list[Row]:
    """The facts that one version of a patient's record added, in order."""
    return store.query(
        f"select {COLUMNS} from fact "  # noqa: S608 - a constant
        "where patient_id = :patient_id and version = :version order by seq",
        {"patient_id": patient_id, "version": version},
    )


def every(store: Store, patient_id: str) -> list[Row]:
    """All facts of a patient, in the order of charting."""
    return store.query(
        f"select {COLUMNS} from fact where patient_id = :patient_id order by seq",  # noqa: S608
        {"patient_id": patient_id},
    )


def doubted(store: Store, patient_id: str) -> list[Row]:
    """The facts in quarantine that nobody has confirmed, corrected or taken back, newest first."""
    return store.query(
        f"""
        select {COLUMNS} from fact
        where patient_id = :patient_id and status = 'quarantined' and {STANDS}
        order by effective_at desc, seq desc
        """,  # noqa: S608 - constants
        {"patient_id": patient_id, "known_at": EVER},
    )


def quarantined(store: Store, patient_id: str) -> int:
    """How many facts wait for somebody to confirm or correct them."""
    rows = store.query(
        """
        select count(*) as n from fact
        where patient_id = :patient_id and status = 'quarantined'
          and not exists (select 1 from fact as later where later.replaces_id = fact.id)
        """,
        {"patient_id": patient_id},
    )
    return int(rows[0]["n"])


def version_at(store: Store, patient_id: str, known_at: datetime) -> int:
    """The version that a patient's record had come to at `known_at`; 0 when it had not begun."""
    rows = store.query(
        """
        select max(version) as version from (
            select version from fact where patient_id = :patient_id and recorded_at <= :known_at
            union all
            select version from assessment
            where patient_id = :patient_id and recorded_at <= :known_at
            union all
            select version from alert_event
            where patient_id = :patient_id and recorded_at <= :known_at
            union all
            select version from watch_event
            where patient_id = :patient_id and recorded_at <= :known_at
            union all
            select 1 as version from patient where id = :patient_id and recorded_at <= :known_at
        ) as versions
        """,
        {"patient_id": patient_id, "known_at": known_at},
    )
    return rows[0]["version"] or 0


def doses(
    store: Store,
    patient_id: str,
    medication: str,
    before: datetime,
    limit: int,
    known_at: datetime = EVER,
) -> list[Row]:
    """The newest standing doses of one drug that began before `before`, the newest first.

    `medication` is the value as it is saved. However many other doses there are, it costs the same.
    """
    return store.query(
        f"""
        select {COLUMNS}
        from fact
        where patient_id = :patient_id and kind = 'administration' and value = :medication
          and effective_at < :before and {STANDS}
        order by effective_at desc
        limit :limit
        """,  # noqa: S608 - a constant
        {
            "patient_id": patient_id,
            "medication": medication,
            "before": before,
            "limit": limit,
            "known_at": known_at,
        },
    )


def doses_called(
    store: Store,
    patient_id: str,
    medications: Iterable[str],
    before: datetime,
    limit: int,
    known_at: datetime = EVER,
) -> list[Row]:
    """The same for doses that were charted under other names of a drug, before these were known.

    The order is no column's, so that no index of all facts in order is read for it.
    """
    names = {f"name_{place}": name for place, name in enumerate(medications)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"""
        select {COLUMNS}
        from fact
        where patient_id = :patient_id and kind = 'administration' and value in ({listed})
          and effective_at < :before and {STANDS}
        order by coalesce(effective_at, :before) desc
        limit :limit
        """,  # noqa: S608 - a constant, and names of parameters
        {
            "patient_id": patient_id,
            "before": before,
            "limit": limit,
            "known_at": known_at,
            **names,
        },
    )


def weights(
    store: Store, patient_id: str, before: datetime, limit: int, known_at: datetime = EVER
) -> list[Row]:
    """The newest standing weights of before `before` that count, the newest first."""
    return store.query(
        f"""
        select {COLUMNS}
        from fact
        where patient_id = :patient_id and kind = 'weight'
          and effective_at < :before
          and status in ('final', 'confirmed', 'corrected') and {STANDS}
        order by effective_at desc
        limit :limit
        """,  # noqa: S608 - a constant
        {"patient_id": patient_id, "before": before, "limit": limit, "known_at": known_at},
    )


def permissions(store: Store, patient_id: str, limit: int, known_at: datetime = EVER) -> list[Row]:
    """How the newest permissions of a patient stand, the newest first."""
    return store.query(
        f"""
        select {COLUMNS}
        from fact
        where patient_id = :patient_id and kind = 'permission' and status <> 'entered-in-error'
          and {STANDS}
        order by effective_at desc
        limit :limit
        """,  # noqa: S608 - a constant
        {"patient_id": patient_id, "limit": limit, "known_at": known_at},
    )


def said_of_doses(store: Store, patient_id: str, known_at: datetime = EVER) -> list[Row]:
    """What persons have said of doses: that two are not one, that none was given elsewhere."""
    asked = (
        f"select {COLUMNS} from fact where patient_id = :patient_id and kind = '{kind}' "  # noqa: S608
        f"and status <> 'entered-in-error' and {STANDS}"
        for kind in ("dose_distinct", "doses_elsewhere")
    )
    return store.query(
        f"{' union all '.join(asked)} order by effective_at, id",
        {"patient_id": patient_id, "known_at": known_at},
    )


def course(store: Store, patient_id: str, from_at: datetime, to_at: datetime) -> list[Row]:
    """Every fact of a stretch of time with what replaced it, as a picture of it needs them."""
    return store.query(
        """
        select id, kind, value, effective_at, until_at, status, replaces_id,
               (select id from fact as later where later.replaces_id = fact.id) as replaced_by
        from fact
        where patient_id = :patient_id
          and effective_at >= :from_at and effective_at <= :to_at
        order by effective_at, seq
        """,
        {"patient_id": patient_id, "from_at": from_at, "to_at": to_at},
    )


def last_of_kinds(store: Store, patient_id: str, until_at: datetime, most: int) -> list[Row]:
    """The newest standing facts of each kind by `until_at`, so many of each, the newest first.

    `counted` is how many there are of the kind.
    """
    return store.query(
        f"""
        select id, kind, value, effective_at, counted from (
            select id, kind, value, effective_at,
                   count(*) over (partition by kind) as counted,
                   row_number() over
                       (partition by kind order by effective_at desc, seq desc) as place
            from fact
            where patient_id = :patient_id and effective_at <= :until_at
              and status in ('final', 'confirmed', 'corrected') and {STANDS}
        ) as placed
        where place <= :most
        order by kind, place
        """,  # noqa: S608 - a constant
        {"patient_id": patient_id, "until_at": until_at, "most": most, "known_at": EVER},
    )


def first_at(store: Store, patient_id: str) -> datetime | None:
    """When the earliest fact of a record was true."""
    rows = store.query(
        "select min(effective_at) as first_at from fact where patient_id = :patient_id",
        {"patient_id": patient_id},
    )
    found: datetime | None = rows[0]["first_at"]
    return found
