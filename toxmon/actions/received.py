"""A message of another system as it came: kept before anything is made of it.

`Message` is what a door hands over; `Result` says what became of one statement of it, also to a
sender that sends the same again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from toxmon.actions import SYSTEM, Actor, Conflicting, Service, audit
from toxmon.intake.hold import Hold
from toxmon.intake.report import Identifier
from toxmon.store import Row, held, ids, messages

FHIR, HL7V2, WEBHOOK = "fhir", "hl7v2", "webhook"

CHARTED, CORRECTED, WITHDRAWN = "charted", "corrected", "withdrawn"
DUPLICATE, OUTDATED, NOTED, HELD = "duplicate", "outdated", "noted", "held"
OUTCOMES = (CHARTED, CORRECTED, WITHDRAWN, DUPLICATE, OUTDATED, NOTED, HELD)

TAKEN, UNREADABLE, REREAD = "taken", "unreadable", "reread"


@dataclass(frozen=True, slots=True)
class Message:
    """What came: from whom, in which form, called what by the sender, and its bytes."""

    source: str
    form: str
    control_id: str | None
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A patient that a message tells of. `ward` is as the source calls it."""

    identifiers: tuple[Identifier, ...]
    name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    ward: str | None = None
    place: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What became of an arrival; without a patient it is held, for the reason that is named."""

    patient_id: str | None
    created: bool = False
    changed: bool = False
    version: int | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Two records are one patient ("merge"), or were not after all ("unmerge")."""

    kind: str
    gone: tuple[Identifier, ...]
    into: tuple[Identifier, ...]
    at: datetime | None = None
    reason: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one statement; `outcome` is one of OUTCOMES.

    `fact_id` is the first of its corrections; `resource_id` stays whatever becomes of it.
    """

    outcome: str
    fact_id: str | None = None
    resource_id: str | None = None
    patient_id: str | None = None
    version: int | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a message: by statement, arrival and merging, in their orders."""

    message_id: str
    recorded_at: datetime
    duplicate: bool = False
    results: tuple[Result, ...] = ()
    arrived: tuple[Arrived, ...] = ()
    merged: tuple[dict[str, Any], ...] = ()
    joined: tuple[Result, ...] = field(default=())


def row_of(message: Message, actor: Actor, now: datetime) -> Row:
    """The row of a message that is kept now."""
    encoding, body = _text(message.body)
    return {
        "id": ids.new_id(now),
        "source": message.source,
        "form": message.form,
        "control_id": message.control_id,
        "digest": hashlib.sha256(message.body).hexdigest(),
        "content_type": message.content_type,
        "encoding": encoding,
        "body": body,
        "recorded_at": now,
        "recorded_by": actor.name,
    }


def body_of(row: Row) -> bytes:
    """The bytes of a message that was kept."""
    if row["encoding"] == "base64":
        return base64.b64decode(row["body"])
    found: bytes = row["body"].encode(row["encoding"])
    return found


def seen(service: Service, message: Message) -> Taken | None:
    """What became of the same message before, or None. Only inside `writing`.

    Raises Conflicting when the sender has called another message so.
    """
    if message.control_id is None:
        return None
    row = messages.of_control(service.store, message.source, message.form, message.control_id)
    if row is None:
        return None
    if row["digest"] != hashlib.sha256(message.body).hexdigest():
        raise Conflicting(
            "this sender has called another message so; each message needs an id of its own"
        )
    told = messages.outcomes(service.store, row["id"])
    return taken_of(row, orjson.loads(told[0]["detail"]) if told else {})


def keep_unreadable(service: Service, actor: Actor, message: Message, why: str) -> str:
    """Keep a message that cannot be read, so that it is shown and read again after a fix.

    The same bytes again are the same message. Returns its id.
    """
    with service.store.writing():
        control_id = f"sha256:{hashlib.sha256(message.body).hexdigest()}"
        source, form = message.source, message.form
        known = messages.of_control(service.store, source, form, control_id)
        if known is not None:
            return str(known["id"])
        now = service.clock()
        row = {**row_of(message, actor, now), "control_id": control_id}
        messages.add(service.store, row)
        note(service, actor, row["id"], UNREADABLE, {"why": why}, now)
        audit.note(service, actor, now, "receive", detail={"message": row["id"]}, rows=[row])
    return str(row["id"])


def note(
    service: Service, actor: Actor, message_id: str, outcome: str, detail: Any, now: datetime
) -> None:
    """Keep what became of a message. Only inside `writing`."""
    told = {
        "message_id": message_id,
        "outcome": outcome,
        "recorded_at": now,
        "recorded_by": actor.name,
        "detail": orjson.dumps(detail).decode(),
    }
    messages.note(service.store, told)


def sender_of(row: Row) -> Actor:
    """Who had sent what is read only now: it reaches what it reached then, and is named so."""
    return Actor(SYSTEM.id, row["recorded_by"], "integration")


def written(service: Service, detail: dict[str, Any]) -> list[Row]:
    """The rows that a message or a new reading added, as the audit chain signs them."""
    rows = messages.written(service.store, detail["message"]) if "message" in detail else []
    return [*rows, *signed(service, detail.get("held", ()))]


def signed(service: Service, held_ids: Iterable[str]) -> list[Row]:
    """Statements that wait, as the audit chain signs them."""
    found = (held.get(service.store, held_id) for held_id in held_ids)
    names = ("id", "message_id", "source", "key", "patient_id", "reason", "report", "recorded_at")
    return [{name: row[name] for name in names} for row in found if row is not None]


def plain_taken(taken: Taken) -> dict[str, Any]:
    """What became of a message, as it is kept."""
    return {
        "results": [_plain(each) for each in taken.results],
        "arrived": [_plain(each) for each in taken.arrived],
        "merged": list(taken.merged),
    }


def taken_of(row: Row, detail: dict[str, Any]) -> Taken:
    """What became of a message before, for who sends it again."""
    return Taken(
        message_id=row["id"],
        recorded_at=row["recorded_at"],
        duplicate=True,
        results=tuple(Result(**_held_again(each)) for each in detail.get("results", ())),
        arrived=tuple(Arrived(**_held_again(each)) for each in detail.get("arrived", ())),
        merged=tuple(detail.get("merged", ())),
    )


def _plain(told: Result | Arrived) -> dict[str, Any]:
    plain = {name: getattr(told, name) for name in told.__slots__ if name != "hold"}
    if told.hold is not None:
        plain["hold"] = {"reason": told.hold.reason, "words": told.hold.words}
    return {name: value for name, value in plain.items() if value is not None}


def _held_again(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "hold": Hold(**plain["hold"])} if "hold" in plain else plain


def _text(body: bytes) -> tuple[str, str]:
    """(encoding, text) of bytes, so that they can be had again exactly."""
    try:
        text = body.decode("utf-8")
        if "\x00" not in text:
            return "utf-8", text
    except UnicodeDecodeError:
        pass
    text = body.decode("latin-1")
    if "\x00" in text:  # PostgreSQL keeps none.
        return "base64", base64.b64encode(body).decode()
    return "latin-1", text


def end_of(
    held_id: str,
    outcome: str,
    actor: Actor,
    now: datetime,
    *,
    fact_id: str | None = None,
    reason: str | None = None,
) -> Row:
    """How the wait of a statement ended, as a row."""
    return {
        "held_id": held_id,
        "outcome": outcome,
        "fact_id": fact_id,
        "reason": reason,
        "recorded_at": now,
        "recorded_by": actor.name,
    }


def numbers_of(identifiers: Sequence[Identifier]) -> list[Row]:
    """Identifiers as rows."""
    return [{"system": each.system, "value": each.value} for each in identifiers]
