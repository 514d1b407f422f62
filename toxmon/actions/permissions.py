"""Reserve, release, override, take back: who may give a dose, decided under the patient's lock.

A permission is a chain of facts: each step replaces the one before it, so that two who take the
same step at once cannot both have taken it. What limits allow is worked out again inside the
transaction of each step, from all doses and permissions of the patient (decision 0090).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.actions import (
    Actor,
    Conflicting,
    Fault,
    Forbidden,
    NotFound,
    Refused,
    Service,
    look_up,
    record,
)
from toxmon.actions.dose_answer import with_reason
from toxmon.actions.dosing import answered, drug_of
from toxmon.actions.record import Charted, Outcome
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.situations import MOST_PERMISSIONS, standing
from toxmon.dosing.situation import RELEASED, RESERVED, Asked
from toxmon.protocol import Drug
from toxmon.store import Row, facts

PERMISSION = "permission"
ASKED, TAKEN_BACK = "override_asked", "taken_back"
OVERRIDERS = frozenset({"physician", "pharmacist"})
"""An override is asked for by one of them and released by the other."""
LATE = timedelta(minutes=15)
"""A dose is permitted for now or for later; a time that is further gone by is a slip."""
FURTHEST = timedelta(hours=24)
PHARMACIST = "pharmacist"

Told = dict[str, Any]
Render = Callable[[Outcome, Told, Told], bytes]


class NotPermitted(Exception):
    """A dose may not be permitted. `answer` is what the check has told, with every reason."""

    def __init__(self, answer: Told) -> None:
        super().__init__(answer["says"])
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A dose that somebody would reserve, release, or have in spite of a limit."""

    mg: Decimal
    at: datetime | None = None
    indication: str | None = None
    reason: str | None = None
    weight_confirmed: bool = False


def permit(
    service: Service,
    actor: Actor,
    patient_id: str,
    drug_name: str,
    wanted: Wanted,
    state: str,
    render: Render,
    *,
    keyed: Keyed | None = None,
    at_version: int | None = None,
) -> Answer:
    """Begin a permission: `reserved`, `released` at once, or `override_asked`.

    Raises NotPermitted with every reason (not for an override), NotFound, Refused, Forbidden.
    """
    drug = drug_of(service, drug_name)

    def decide(heads: Sequence[Row], now: datetime) -> tuple[Charted, Told]:
        at = wanted.at or now
        check_time(at, now)
        asked = Asked(at=at, mg=wanted.mg, indication=wanted.indication)
        answer = answered(service, patient_id, heads, drug, asked, now=now)
        if state == RELEASED:
            answer = with_weight_confirmed(answer, wanted.weight_confirmed)
        if state != ASKED and not answer["allowed"]:
            raise NotPermitted(answer)
        if state == ASKED and answer["allowed"]:
            raise Conflicting("nothing stands against this dose; reserve or release it")
        lease = drug.rules.handling.reservation
        detail = {
            "medication": drug.rules.name,
            "dose_mg": str(wanted.mg),
            "at": at.isoformat(),
            "indication": wanted.indication,
            "note": wanted.reason,
            "chart_by": (max(at, now) + drug.rules.handling.chart_within).isoformat(),
            **_told_then(answer, drug),
            **_hand(actor, state),
        }
        until = None if state == RELEASED else max(at, now) + lease
        return _step(detail, state, now, until, reason=wanted.reason), answer

    return _kept(service, actor, patient_id, decide, render, _action(state), keyed, at_version)


def release(
    service: Service,
    actor: Actor,
    patient_id: str,
    permission_id: str,
    render: Render,
    *,
    override: bool = False,
    reason: str | None = None,
    weight_confirmed: bool = False,
    keyed: Keyed | None = None,
    at_version: int | None = None,
) -> Answer:
    """Release what was reserved; with `override` what was asked for in spite of a limit.

    Raises NotPermitted when limits stand against it by now, Conflicting when it was released or
    taken back before, Forbidden for an override by the one who asked for it.
    """

    def decide(heads: Sequence[Row], now: datetime) -> tuple[Charted, Told]:
        row, found = _find(service, patient_id, permission_id)
        if found["state"] not in (RESERVED, ASKED):
            raise Conflicting(_done(found))
        drug = drug_of(service, found["medication"])
        at = max(found["at"], now)
        asked = Asked(at=at, mg=Decimal(found["dose_mg"]), indication=found["indication"])
        answer = answered(service, patient_id, heads, drug, asked, now=now, without=permission_id)
        answer = with_weight_confirmed(answer, weight_confirmed)
        if override:
            _check_second(actor, found, reason, now)
        elif not answer["allowed"]:
            raise NotPermitted(answer)
        elif actor.role != PHARMACIST:
            raise Forbidden("a dose is released by a pharmacist")
        overridden: list[Told] = answer["reasons"]
        detail = {
            **_carried(found, permission_id),
            "at": at.isoformat(),
            "chart_by": (at + drug.rules.handling.chart_within).isoformat(),
            **_told_then(answer, drug),
            **_hand(actor, RELEASED),
            **({"overridden": overridden, "override_reason": reason} if overridden else {}),
        }
        return _step(detail, RELEASED, now, None, row["id"], reason or "released"), answer

    return _kept(service, actor, patient_id, decide, render, "dose.release", keyed, at_version)


def take_back(
    service: Service,
    actor: Actor,
    patient_id: str,
    permission_id: str,
    reason: str,
    render: Render,
    *,
    keyed: Keyed | None = None,
    at_version: int | None = None,
) -> Answer:
    """A dose that was reserved or released is not given: it counts no more."""

    def decide(heads: Sequence[Row], now: datetime) -> tuple[Charted, Told]:
        row, found = _find(service, patient_id, permission_id)
        if found["state"] == TAKEN_BACK:
            raise Conflicting(_done(found))
        detail = {**_carried(found, permission_id), **_hand(actor, TAKEN_BACK)}
        drug = drug_of(service, found["medication"])
        answer = answered(service, patient_id, heads, drug, None, now=now, without=permission_id)
        return _step(detail, TAKEN_BACK, now, None, row["id"], reason), answer

    return _kept(service, actor, patient_id, decide, render, "dose.take_back", keyed, at_version)


def listed(service: Service, actor: Actor, patient_id: str) -> tuple[int, list[Told]]:
    """The version of the record, and how each permission of a patient stands, newest first."""

    def read(heads: list[Row]) -> tuple[int, list[Told]]:
        rows = facts.permissions(service.store, patient_id, MOST_PERMISSIONS)
        return heads[0]["version"], [plain_permission(row, service.clock()) for row in rows]

    return look_up.reading(service, actor, patient_id, "read.permissions", read)


def plain_permission(row: Row, now: datetime) -> Told:
    """A permission as it is told; `lapsed` says that a reservation counts no more."""
    found = standing(row)
    until = found["until_at"]
    return {
        "id": found["id"],
        "medication": found["medication"],
        "state": found["state"],
        "dose": {"value": Decimal(found["dose_mg"]), "unit": "mg"},
        "at": found["at"],
        "lapses_at": until,
        "lapsed": until is not None and until <= now,
        "by": found["by"],
        "since": found["since"],
        "reason": found["reason"],
        "hands": [
            {**each, "at": datetime.fromisoformat(each["at"])} for each in found.get("hands", [])
        ],
        "overridden": found.get("overridden", []),
        "policy": found.get("policy"),
    }


def check_time(at: datetime, now: datetime) -> None:
    """Raises Refused for a time too far gone by or too far ahead to be permitted."""
    if at < now - LATE:
        words = "lies in the past; a dose that was given is recorded under administrations"
        raise Refused(Fault("/at", words))
    if at > now + FURTHEST:
        raise Refused(Fault("/at", "lies more than 24 hours ahead; ask nearer to the time"))


def with_weight_confirmed(answer: Told, confirmed: bool) -> Told:
    """A changed weight is a reason against a release until somebody has confirmed it."""
    if confirmed or "weight_changed" not in answer["warnings"]:
        return answer
    detail = f"{answer['explained']['weight_changed']}; release with weight_confirmed"
    return with_reason(answer, "weight_changed", detail)


def _check_second(
    actor: Actor, found: Mapping[str, Any], reason: str | None, now: datetime
) -> None:
    """An override takes two named persons, one a physician and one a pharmacist, and a reason."""
    first = found["hands"][0]
    if found["state"] != ASKED:
        raise Conflicting(
            "nobody has asked for an override of this dose; ask for one, which another person "
            "releases"
        )
    if found["until_at"] is not None and found["until_at"] <= now:
        raise Conflicting(
            f"the override was asked for until {found['until_at'].isoformat()}; ask for it anew"
        )
    if not reason:
        raise Refused(Fault("/reason", "is missing: an override needs one of each person"))
    if {first["role"], actor.role} != OVERRIDERS:
        raise Forbidden(
            f"an override takes a physician and a pharmacist; {first['name']} has asked for it as "
            f"{first['role']}"
        )
    if first["name"].casefold() == actor.name.casefold() or first["id"] == actor.id:
        raise Forbidden("an override takes two persons; the one who asked cannot release it")


def _find(service: Service, patient_id: str, permission_id: str) -> tuple[Row, Told]:
    for row in facts.permissions(service.store, patient_id, MOST_PERMISSIONS):
        found = standing(row)
        if found["id"] == permission_id:
            return row, found
    raise NotFound("no such permission")


def _done(found: Mapping[str, Any]) -> str:
    words = "released" if found["state"] == RELEASED else "taken back"
    return f"it was {words} already, by {found['by']} at {found['since'].isoformat()}"


def _carried(found: Mapping[str, Any], permission_id: str) -> Told:
    kept = ("medication", "dose_mg", "indication", "note", "hands", "overridden")
    return {
        "permission": permission_id,
        "at": found["at"].isoformat(),
        **{name: found[name] for name in kept if name in found},
    }


def _hand(actor: Actor, state: str) -> Told:
    return {"hand": {"id": actor.id, "name": actor.name, "role": actor.role, "state": state}}


def _told_then(answer: Told, drug: Drug) -> Told:
    """What the check told when this step was taken, and by which edition of the drug's rules."""
    return {
        "policy": answer["policy"]["name"],
        "edition": drug.digest,
        "told": {
            "says": answer["says"],
            "codes": [each["code"] for each in answer["reasons"]],
            "remaining": answer["remaining"],
        },
    }


def _step(
    detail: Told,
    state: str,
    now: datetime,
    until: datetime | None,
    replaces_id: str | None = None,
    reason: str | None = None,
) -> Charted:
    hand = detail.pop("hand")
    hands = [*detail.get("hands", []), {**hand, "at": now.isoformat(), "reason": reason}]
    return Charted(
        kind=PERMISSION,
        value=(detail["medication"], state),
        effective_at=now,
        until_at=until,
        detail={**detail, "state": state, "hands": hands},
        replaces_id=replaces_id,
        reason=reason if replaces_id is not None else None,
        pointer="/at",
    )


def _action(state: str) -> str:
    return {RESERVED: "dose.reserve", RELEASED: "dose.release", ASKED: "dose.ask_override"}[state]


def _kept(
    service: Service,
    actor: Actor,
    patient_id: str,
    decide: Callable[[Sequence[Row], datetime], tuple[Charted, Told]],
    render: Render,
    action: str,
    keyed: Keyed | None,
    at_version: int | None,
) -> Answer:
    """One transaction: what is known, what limits say, the step. Nobody else writes meanwhile."""
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        heads = look_up.head(service, actor, patient_id)
        now = service.clock()
        fact, told = decide(heads, now)
        outcome = record.keep(
            service,
            actor,
            patient_id,
            [fact],
            action=action,
            heads=heads,
            at_version=at_version,
        )
        permission = plain_permission(outcome.facts[0], now)
        answer = Answer(201, render(outcome, permission, told))
        keep_answer(store, actor, keyed, answer, outcome.recorded_at)
    if outcome.alarms:
        service.wake()
    return answer
