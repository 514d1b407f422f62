"""Patients, their identifiers, and the head of each record: its version and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from toxmon.store import Row, Store, merges


def add(store: Store, patient: Row, identifiers: Sequence[Row]) -> None:
    """Add a patient with its identifiers, at version 1."""
    store.insert("patient", [patient])
    store.insert(
        "identifier",
        [
            {**each, "patient_id": patient["id"], "recorded_at": patient["recorded_at"]}
            for each in identifiers
        ],
    )
    store.put(
        "head",
        ("patient_id",),
        {
            "patient_id": patient["id"],
            "version": 1,
            "unit": patient["unit"],
            "birth_date": patient["birth_date"],
            "treatment_id": None,
            "told_at": patient["recorded_at"],
            "alarms": None,
        },
    )


def get(store: Store, patient_id: str) -> Row | None:
    """The patient, with its version and identifiers, or None."""
    rows = store.query(
        """
        select patient.id, patient.name, patient.birth_date, patient.sex, head.unit,
               patient.unit as enrolled_in, patient.recorded_at, patient.recorded_by,
               head.version, head.merged_into
        from patient join head on head.patient_id = patient.id
        where patient.id = :patient_id
        """,
        {"patient_id": patient_id},
    )
    if not rows:
        return None
    return {**redescribed(store, rows)[0], "identifiers": identifiers(store, patient_id)}


def enrolled(store: Store, patient_id: str) -> Row | None:
    """The patient as the record of it began: name, birth, sex, unit, and the numbers of then."""
    rows = store.query(
        "select id, name, birth_date, sex, unit, recorded_at, recorded_by from patient "
        "where id = :id",
        {"id": patient_id},
    )
    if not rows:
        return None
    numbers = store.query(
        "select system, value from identifier "
        "where patient_id = :id and recorded_at = :recorded_at order by system, value",
        {"id": patient_id, "recorded_at": rows[0]["recorded_at"]},
    )
    return {**rows[0], "identifiers": numbers}


def redescribed(store: Store, rows: list[Row]) -> list[Row]:
    """Patients by what was told of them last, where that is not what they were enrolled with."""
    if not rows:
        return rows
    names = {f"id_{place}": row["id"] for place, row in enumerate(rows)}
    listed = ", ".join(f":{name}" for name in names)
    told = store.query(
        "select patient_id, name, birth_date, sex from demographic "  # noqa: S608 - parameters
        f"where patient_id in ({listed}) order by seq",
        names,
    )
    newest = {each.pop("patient_id"): each for each in told}
    return [{**row, **newest.get(row["id"], {})} for row in rows]


def redescribe(store: Store, row: Row, numbers: Sequence[Row]) -> None:
    """Keep what is told anew of a patient: `row` of demographic, and numbers to find it by."""
    store.insert("demographic", [row])
    names = {"patient_id": row["patient_id"], "recorded_at": row["recorded_at"]}
    store.insert("identifier", [{**each, **names} for each in numbers])
    born = {"patient_id": row["patient_id"], "birth_date": row["birth_date"]}
    store.change("head", ("patient_id",), born)


def redescribed_in(store: Store, patient_id: str, version: int) -> list[Row]:
    """What one version of a record told anew of the patient."""
    return store.query(
        "select patient_id, version, name, birth_date, sex, numbers, recorded_at, recorded_by "
        "from demographic where patient_id = :patient_id and version = :version order by seq",
        {"patient_id": patient_id, "version": version},
    )


def version(store: Store, patient_id: str) -> int:
    """The version that a record stands at."""
    rows = store.query("select version from head where patient_id = :id", {"id": patient_id})
    return int(rows[0]["version"])


def identifiers(store: Store, patient_id: str) -> list[Row]:
    """The identifiers of a patient, in a stable order."""
    return store.query(
        "select system, value from identifier where patient_id = :patient_id "
        "order by system, value",
        {"patient_id": patient_id},
    )


def holder(store: Store, system: str, value: str) -> str | None:
    """The patient that an identifier belongs to, or None.

    The number of a record that was merged into another finds that one.
    """
    rows = store.query(
        "select identifier.patient_id, head.merged_into "
        "from identifier join head on head.patient_id = identifier.patient_id "
        "where identifier.system = :system and identifier.value = :value",
        {"system": system, "value": value},
    )
    if not rows:
        return None
    into = rows[0]["merged_into"]
    return rows[0]["patient_id"] if into is None else merges.standing(store, into)


def given_to(store: Store, system: str, value: str) -> str | None:
    """The record that an identifier was given to, also where it was merged into another since."""
    rows = store.query(
        "select patient_id from identifier where system = :system and value = :value",
        {"system": system, "value": value},
    )
    return rows[0]["patient_id"] if rows else None


def page(store: Store, after: str, limit: int) -> list[Row]:
    """Patients in the order of their ids, from the one after `after` on."""
    rows = store.query(
        """
        select patient.id, patient.name, patient.birth_date, patient.sex, head.unit,
               patient.recorded_at, patient.recorded_by, head.version, head.merged_into
        from patient join head on head.patient_id = patient.id
        where patient.id > :after
        order by patient.id
        limit :limit
        """,
        {"after": after, "limit": limit},
    )
    return redescribed(store, rows)


def heads(store: Store, patient_id: str) -> list[Row]:
    """The head of a patient's record beside the fold of each treatment; no row, no patient."""
    return store.query(
        """
        select head.version, head.unit, head.birth_date, head.told_at,
               head.treatment_id as newest_treatment_id, head.alarms, head.merged_into,
               fold.treatment_id, fold.infused_at, fold.next_at, fold.product,
               fold.product_edition, fold.policy_edition, fold.state, fold.ledger, fold.facts,
               fold.due_at,
               watch.known, watch.alarms_edition, watch.epoch, watch.tries, watch.dead_at,
               watch.next_at as watched_at
        from head
        left join fold on fold.patient_id = head.patient_id
        left join watch on watch.treatment_id = fold.treatment_id
        where head.patient_id = :patient_id
        order by fold.infused_at
        """,
        {"patient_id": patient_id},
        of=patient_id,
    )


def advance(store: Store, patient_id: str, version: int, told_at: datetime) -> None:
    """The record of a patient has come to `version`."""
    row = {"patient_id": patient_id, "version": version, "told_at": told_at}
    store.change("head", ("patient_id",), row, of=patient_id)


def move(store: Store, patient_id: str, unit: str) -> None:
    """A patient lies in another unit now."""
    row = {"patient_id": patient_id, "unit": unit}
    store.change("head", ("patient_id",), row)


def enrolled_in(store: Store, patient_id: str) -> str:
    """The unit that a patient was enrolled in."""
    rows = store.query("select unit from patient where id = :id", {"id": patient_id})
    return str(rows[0]["unit"])


def every_id(store: Store) -> list[str]:
    """All patients, oldest first."""
    return [row["id"] for row in store.query("select id from patient order by id")]


def count(store: Store) -> int:
    """How many patients there are."""
    return int(store.query("select count(*) as n from patient")[0]["n"])


def lying_in(store: Store, unit: str | None) -> list[Row]:
    """The heads of everybody in a unit (None: in any), as far as they tell what has changed."""
    return store.query(
        "select patient_id, unit, version, told_at, treatment_id, merged_into from head "
        "where (:unit = '%' or unit = :unit) order by patient_id",
        {"unit": "%" if unit is None else unit},
    )


def named(store: Store, ids: Sequence[str]) -> list[Row]:
    """These patients by name and where they lie."""
    names = {f"id_{place}": each for place, each in enumerate(ids)}
    if not names:
        return []
    listed = ", ".join(f":{name}" for name in names)
    rows = store.query(
        "select patient.id, patient.name, patient.birth_date, patient.sex, head.unit "  # noqa: S608
        "from patient join head on head.patient_id = patient.id "
        f"where patient.id in ({listed}) order by patient.id",
        names,
    )
    return redescribed(store, rows)


def by_unit(store: Store) -> list[Row]:
    """How many patients lie in each unit."""
    return store.query(
        "select unit, count(*) as n from head where merged_into is null group by unit order by unit"
    )


def heads_in_short(store: Store, patient_id: str) -> list[Row]:
    """At which version a record stands, and where it lies: one row, or none."""
    return store.query("select version, unit from head where patient_id = :id", {"id": patient_id})


def numbered(store: Store, values: Sequence[str]) -> list[Row]:
    """Patients who have one of these numbers, in any system; a merged record by what it is now."""
    names = {f"value_{place}": each for place, each in enumerate(values)}
    if not names:
        return []
    listed = ", ".join(f":{name}" for name in names)
    rows = store.query(
        "select identifier.patient_id, head.merged_into "  # noqa: S608 - names of parameters
        "from identifier join head on head.patient_id = identifier.patient_id "
        f"where identifier.value in ({listed})",
        names,
    )
    return [
        {"patient_id": merges.standing(store, row["merged_into"])}
        if row["merged_into"] is not None
        else {"patient_id": row["patient_id"]}
        for row in rows
    ]
