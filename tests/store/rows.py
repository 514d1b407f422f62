"""A record with something in every table, made the way the service makes it; and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import orjson

from tests.conftest import ADA
from toxmon.actions import (
    Actor,
    Service,
    accounts,
    enrol,
    glass,
    infuse,
    lapse,
    merging,
    record,
    roster,
    sessions,
    stock,
    subscribing,
    tokens,
)
from toxmon.actions.record import Charted, Outcome
from toxmon.actions.replay import Keyed
from toxmon.actions.subscribing import Wanted
from toxmon.actions.sweep import sweep
from toxmon.actions.webhooks import Webhook
from toxmon.channels import Destination
from toxmon.ehr.cds_calls import PATIENT_VIEW, Call
from toxmon.ehr.cds_cards import INFO, card
from toxmon.ehr.cds_memory import Told, tell
from toxmon.store import Row, Store, alarms, beats

WORK = frozenset({
    "head", "fold", "checkpoint", "request",
    "watch", "alarm", "technical", "delivery", "beat", "feed", "origin", "notified",
    "session", "sign_in_attempt", "preference", "delivery_try", "cohort_file", "cohort_part",
})  # fmt: skip
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
    alarm: str = ""
    shift: str = ""
    feed: str = ""
    count: str = ""
    card: str = ""
    hook: str = ""


FEED = Actor("monitor", "the monitor", "integration")


def full_record(service: Service, mrn: str = "A1") -> Ids:
    """A treated patient with facts, a correction, a lapse, a keyed request, a token that ended.

    And of the watch: alarms that were told, checks that were missed, a shift, a feed, a beat. Of
    doses: vials that were counted, a card that an ordering system was told.
    """
    service.channels, service.listening = ("ward phone",), (Destination("ward phone"),)
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
        kept = chart(service, patient_id, [fact], key=f"{mrn}-{hour}", by=FEED)
        ids.append(kept.facts[0]["id"])
    corrected = Charted(
        kind="body_temperature", value=Decimal("38.9"), effective_at=now - timedelta(hours=10),
        status="corrected", replaces_id=ids[1], reason="typed wrong",
    )  # fmt: skip
    chart(service, patient_id, [corrected])
    shift = on_call(service, now)
    counted = count_vials(service, now)
    shown = tell(
        service, FEED, patient_id, "toxmon-status",
        Call(hook=PATIENT_VIEW, instance="1", patient=mrn, prefetch={}),
        [Told(card("status", INFO, "CRS grade 1", ["at 08:00"]), {})],
    )  # fmt: skip
    service.clock = lambda: now + timedelta(hours=9)
    lapse.lapse_due(service)
    sweep(service)
    with service.store.writing():
        beats.put(service.store, "sweep", now, "the process of a test")
    hook = subscribe(service, f"ehr-{mrn}")
    bob = Actor("bob", "Bob", "admin")
    subscribing.approve(service, bob, hook, None, lambda found, secret: b"{}")
    subscribing.end(service, bob, hook, "moved", lambda found, secret: b"{}")
    token, _ = tokens.create(service, "nurse", f"nurse of {mrn}")
    tokens.revoke(service, token["id"])
    person(service, mrn, patient_id)
    service.clock = clock
    alarm = alarms.of_patient(service.store, patient_id)[0]["id"]
    return Ids(
        patient_id, begun.facts[0]["id"], tuple(ids), token["id"], alarm, shift, FEED.id,
        counted, shown[0]["uuid"], hook,
    )  # fmt: skip


def person(service: Service, mrn: str, patient_id: str) -> None:
    """Somebody with an account, to whom a patient was opened, and who has left."""
    made = accounts.create(service, f"eve.{mrn}", f"Eve {mrn}", "nurse", ["icu"], None)
    accounts.set_pin(service, made["id"], "2749")
    _, session = sessions.open_for(service, made["id"], "password")
    sessions.prefer(service, session, None, "dark")
    eve = Actor(made["id"], made["shown"], "nurse", frozenset({"icu"}))
    opened = glass.open_patient(service, eve, patient_id, "cover", "alone on both wards tonight")
    glass.review(service, Actor("boss", "Bo Boss", "admin"), opened["id"], "seen")
    accounts.end(service, made["id"])


def joined(service: Service) -> tuple[str, str]:
    """The ids of two records of one patient, the first of them merged into the second."""
    made: list[str] = []
    for number in ("J1", "J2"):
        told = {"name": None, "birth_date": None, "sex": None, "unit": "bmt-1"}
        enrol.enrol(
            service, ADA, told, [{"system": "urn:mrn", "value": number}],
            lambda row: made.append(row["id"]) or b"{}",  # type: ignore[func-returns-value]
        )  # fmt: skip
    now = service.clock()
    fact = Charted(kind="body_temperature", value=Decimal("38.5"), effective_at=now)
    chart(service, made[0], [fact])
    with service.store.writing():
        merging.merge(service, ADA, made[0], made[1], "one person", now)
    return made[0], made[1]


def subscribe(service: Service, name: str) -> str:
    """The id of a webhook that an administrator asked for."""
    service.refuses = lambda url: None
    made: list[Webhook] = []

    def render(found: Webhook, secret: str | None) -> bytes:
        made.append(found)
        return b"{}"

    wanted = Wanted(name, "https://ehr.site/x", ("patient.*",), None, "standard")
    subscribing.ask(service, Actor("ann", "Ann", "admin"), wanted, render)
    return made[0].id


def on_call(service: Service, now: datetime) -> str:
    """The id of a shift of the next twelve hours, which a later one has replaced."""
    shift = {
        "unit": "bmt-1", "role": service.alarms_now.fallback_role.value, "person": "Ada",
        "channel": "ward phone", "from_at": now, "until_at": now + timedelta(hours=12),
    }  # fmt: skip
    made: list[Row] = []

    def render(row: Row) -> bytes:
        made.append(row)
        return b"{}"

    roster.add(service, ADA, shift, render)
    later = {**shift, "person": "Grace"}
    roster.add(service, ADA, later, render, replaces_id=made[0]["id"], reason="swapped")
    return str(made[0]["id"])


def count_vials(service: Service, now: datetime) -> str:
    """The id of a count of vials of tocilizumab in the unit bmt-1."""
    made: list[Row] = []

    def render(rows: list[Row]) -> bytes:
        made.extend(rows)
        return b"{}"

    counts = [{"strength": Decimal(400), "vials": 3}]
    sent = {"unit": "bmt-1", "medication": "tocilizumab", "counts": counts, "counted_at": now}
    stock.count(service, ADA, {**sent, "note": None}, render)
    return str(made[0]["id"])


def chart(
    service: Service,
    patient_id: str,
    charted: list[Charted],
    *,
    key: str | None = None,
    began_under: list[Row] | None = None,
    by: Actor = ADA,
) -> Outcome:
    """Chart facts, and give what was kept."""
    kept: list[Outcome] = []

    def render(outcome: Outcome) -> bytes:
        kept.append(outcome)
        return orjson.dumps({"version": outcome.version})

    record.record(
        service, by, patient_id, charted, render,
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
