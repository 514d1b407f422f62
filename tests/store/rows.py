"""A record with something in every table, made the way the service makes it; and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import orjson

from tests.conftest import ADA
from toxmon.actions import Service, enrol, infuse, lapse, record, tokens
from toxmon.actions.record import Charted, Outcome
from toxmon.actions.replay import Keyed
from toxmon.store import Row, Store

WORK = frozenset({"head", "fold", "checkpoint", "request"})
"""Tables whose rows change. Every other table of the schema is a record and only grows."""
BOOKKEEPING = frozenset({"_sqlite_migrations", "toxmon_migration"})
"""What the migrations note about themselves."""


def is_sqlite(store: Store) -> bool:
    """Which of the two databases is it?"""
    return store.describe()["engine"] == "sqlite"


def tables(store: Store) -> list[str]:
    """The tables of the schema, as the database lists them; the migrations' own left out."""
    if is_sqlite(store):
        sql = "select name from sqlite_master where type = 'table'"
    else:
        sql = "select tablename as name from pg_tables where schemaname = 'public'"
    found = {row["name"] for row in store.query(sql)} - BOOKKEEPING
    return sorted(name for name in found if not name.startswith("sqlite_"))


def records(store: Store) -> list[str]:
    """The tables whose rows may only be added."""
    return [name for name in tables(store) if name not in WORK]


@dataclass(frozen=True)
class Ids:
    """What `full_record` made."""

    patient: str
    infusion: str
    facts: tuple[str, ...]
    token: str


def full_record(service: Service, mrn: str = "A1") -> Ids:
    """A treated patient with facts, a correction, a lapse, a keyed request, a token that ended."""
    clock = service.clock
    now: datetime = clock()
    patient = {"name": "Iris", "birth_date": date(1961, 5, 2), "sex": "female", "unit": "bmt-1"}
    made: list[Row] = []
    enrol.enrol(
        service, ADA, patient, [{"system": "urn:mrn", "value": mrn}],
        lambda row: made.append(row) or b"{}",  # type: ignore[func-returns-value]
    )  # fmt: skip
    patient_id = made[0]["id"]
    infusion, editions = infuse.infusion(service, "ide-cel", now - timedelta(hours=20), {})
    begun = chart(service, patient_id, [infusion], began_under=editions)
    values = ("38.5", "39.0", "37.0")
    ids = []
    for hour, value in zip((18, 10, 2), values, strict=True):
        at = now - timedelta(hours=hour)
        fact = Charted(kind="body_temperature", value=Decimal(value), effective_at=at)
        ids.append(chart(service, patient_id, [fact], key=f"{mrn}-{hour}").facts[0]["id"])
    corrected = Charted(
        kind="body_temperature", value=Decimal("38.9"), effective_at=now - timedelta(hours=10),
        status="corrected", replaces_id=ids[1], reason="typed wrong",
    )  # fmt: skip
    chart(service, patient_id, [corrected])
    service.clock = lambda: now + timedelta(hours=9)
    lapse.lapse_due(service)
    token, _ = tokens.create(service, "nurse", f"nurse of {mrn}")
    tokens.revoke(service, token["id"])
    service.clock = clock
    return Ids(patient_id, begun.facts[0]["id"], tuple(ids), token["id"])


def chart(
    service: Service,
    patient_id: str,
    charted: list[Charted],
    *,
    key: str | None = None,
    began_under: list[Row] | None = None,
) -> Outcome:
    """Chart facts, and give what was kept."""
    kept: list[Outcome] = []

    def render(outcome: Outcome) -> bytes:
        kept.append(outcome)
        return orjson.dumps({"version": outcome.version})

    record.record(
        service, ADA, patient_id, charted, render,
        keyed=None if key is None else Keyed(key, "digest"), began_under=began_under or (),
    )  # fmt: skip
    return kept[0]


def patient_row(patient_id: str) -> Row:
    """A patient as `patients.add` takes it."""
    return {
        "id": patient_id,
        "name": None,
        "birth_date": None,
        "sex": None,
        "unit": "bmt-1",
        "recorded_at": datetime(2026, 3, 1, 8, tzinfo=UTC),
        "recorded_by": "Ada",
    }
