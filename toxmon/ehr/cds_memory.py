"""What was told on cards, and what became of it: kept in the patient's record.

A card is kept in the transaction of the note that it was told. Feedback on it is a fact: the only
measure of whether the cards are of any use.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson

from toxmon.actions import Actor, Fault, Service, ahead, audit
from toxmon.actions.record import FUTURE, Charted, keep
from toxmon.ehr.cds_calls import Call
from toxmon.ehr.cds_cards import Card
from toxmon.ehr.cds_faults import Unacceptable
from toxmon.ehr.cds_feedback import Said
from toxmon.ehr.cds_trust import ROLE
from toxmon.store import Row, Unavailable, cards, ids, patients, requests

log = logging.getLogger("toxmon.ehr")

CARD_FEEDBACK = "card_feedback"
TELL, FEEDBACK = "card.tell", "card.feedback"
PLAIN = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


@dataclass(frozen=True, slots=True)
class Told:
    """A card, and what it rested on: the answer about a dose, or what the status was made from."""

    card: Card
    rested_on: Mapping[str, Any]
    draft: str | None = None


def tell(
    service: Service, actor: Actor, patient_id: str, service_id: str, call: Call, told: list[Told]
) -> list[Card]:
    """Keep the cards, note that they were told, and give each its id.

    When the record cannot be written, a card is told all the same, without an id: who is about to
    sign a dose must see it, and the log says what the record could not.
    """
    if not told:
        return []
    store = service.store
    now = service.clock()
    given = ids.new_ids(now, len(told))
    numbered = [_with_ids(each.card, id_) for each, id_ in zip(told, given, strict=True)]
    try:
        with store.writing():
            grades = snapshot(service, patient_id, now)
            rows: list[Row] = [
                {
                    "id": card["uuid"],
                    "patient_id": patient_id,
                    "service": service_id,
                    "recorded_at": now,
                    "recorded_by": actor.name,
                    "body": _plain(
                        {
                            "card": card,
                            "hook_instance": call.instance,
                            "user": call.user,
                            "draft": each.draft,
                            "rested_on": each.rested_on,
                            "grades": grades,
                        }
                    ),
                }
                for each, card in zip(told, numbered, strict=True)
            ]
            cards.add(store, rows)
            audit.note(
                service,
                actor,
                now,
                TELL,
                patient_id=patient_id,
                detail={"cards": given, "service": service_id},
                rows=rows,
            )
    except Unavailable as error:
        log.error("cards told and not kept: %s %s: %s", actor.id, patient_id, error)
        return [each.card for each in told]
    return numbered


def snapshot(service: Service, patient_id: str, now: datetime) -> dict[str, Any]:
    """Where each scale of the newest treatment stands. Only inside a transaction."""
    heads = patients.heads(service.store, patient_id)
    found = ahead.of_heads(service, patient_id, heads, now)[-1:] if heads else []
    return {
        scale: {"low": level.low, "high": level.high, "edition": level.edition}
        for each in found
        for scale, level in each.known.levels.items()
    }


def _with_ids(card: Card, card_id: str) -> Card:
    """The card with its id, and one for each suggestion, so that feedback can name them."""
    found = {"uuid": card_id, **card}
    if "suggestions" in card:
        found["suggestions"] = [{"uuid": str(uuid4()), **each} for each in card["suggestions"]]
    return found


def keep_feedback(service: Service, actor: Actor, service_id: str, found: Sequence[Said]) -> int:
    """Keep feedback as facts, all of it or none; how much of it was new.

    Raises Unacceptable, naming each card that was not told by this service to such a caller.
    """
    store, now = service.store, service.clock()
    # It is told by an ordering system, which is no feed of measurements, whatever its token.
    teller = replace(actor, role=ROLE)
    alarmed = False
    with store.writing():
        faults = []
        told: dict[str, Row] = {}
        for each in found:
            row = cards.get(store, each.card)
            heads = patients.heads(store, row["patient_id"]) if row is not None else []
            known = row is not None and row["service"] == service_id
            if row is None or not known or not heads or not actor.may_see(heads[0]["unit"]):
                faults.append(Fault(f"{each.pointer}/card", "is no card that this service told"))
            else:
                told[each.card] = row
            if each.at > now + FUTURE:
                faults.append(Fault(f"{each.pointer}/outcomeTimestamp", "lies in the future"))
        if faults:
            raise Unacceptable(*faults)
        new: dict[str, list[Charted]] = {}
        for each in {said.key: said for said in reversed(found)}.values():
            if requests.get(store, CARD_FEEDBACK, each.key) is not None:
                continue
            row = told[each.card]
            new.setdefault(row["patient_id"], []).append(_fact(each, row))
            requests.add(store, _done(each, now))
        for patient_id, charted in new.items():
            outcome = keep(service, teller, patient_id, charted, action=FEEDBACK)
            alarmed = alarmed or bool(outcome.alarms)
    if alarmed:
        service.wake()
    return sum(len(charted) for charted in new.values())


def _fact(said: Said, row: Row) -> Charted:
    """Feedback as a fact. It holds the grades that stood when the card was told."""
    body = orjson.loads(row["body"])
    detail = {
        "card": said.card,
        "service": row["service"],
        "told_at": row["recorded_at"].isoformat(),
        "draft": body["draft"],
        "summary": body["card"]["summary"],
        "indicator": body["card"]["indicator"],
        "accepted": list(said.accepted),
        "reason": said.reason,
        "comment": said.comment,
        "grades": body["grades"],
    }
    return Charted(
        kind=CARD_FEEDBACK,
        value=said.outcome,
        # A card is seen after it is told; a clock that is behind must not say otherwise.
        effective_at=max(said.at, row["recorded_at"]),
        detail=detail | {"outcome_at": said.at.isoformat()},
        pointer=f"{said.pointer}/outcomeTimestamp",
    )


def _done(said: Said, now: datetime) -> Row:
    return {
        "actor": CARD_FEEDBACK,
        "key": said.key,
        "fingerprint": said.outcome,
        "status": 200,
        "body": "",
        "recorded_at": now,
    }


def _plain(value: Any) -> str:
    return orjson.dumps(value, default=_told, option=PLAIN).decode()


def _told(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in a card")
