"""Bearer tokens: made, shown once, recognized, revoked."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Any

import orjson

from toxmon.actions import SYSTEM, Actor, NotFound, Service, audit
from toxmon.store import Row, Store, tokens

ROLES = ("nurse", "physician", "pharmacist", "integration", "admin", "auditor")
PREFIX = "tmk"


def create(
    service: Service,
    role: str,
    name: str,
    units: tuple[str, ...] | None = None,
    lasts: timedelta | None = None,
    by: Actor = SYSTEM,
) -> tuple[Row, str]:
    """Make a token; (what is on record of it, the token itself, which is not)."""
    secret = secrets.token_urlsafe(32)
    token_id = secrets.token_hex(8)
    with service.store.writing():
        now = service.clock()
        row: Row = {
            "id": token_id,
            "name": name,
            "role": role,
            "units": None if units is None else orjson.dumps(units).decode(),
            "secret": _digest(service, secret),
            "recorded_at": now,
            "expires_at": None if lasts is None else now + lasts,
        }
        tokens.add(service.store, row)
        detail = {"token": token_id, "role": role}
        audit.note(service, by, now, "token.create", detail=detail, rows=[row])
    return row, f"{PREFIX}_{token_id}_{secret}"


def revoke(service: Service, token_id: str, by: Actor = SYSTEM) -> None:
    """End a token. Raises NotFound; Conflict when it was revoked before."""
    with service.store.writing():
        if tokens.get(service.store, token_id) is None:
            raise NotFound("no such token")
        now = service.clock()
        ended = {"token_id": token_id, "recorded_at": now, "recorded_by": by.name}
        tokens.end(service.store, ended)
        audit.note(service, by, now, "token.revoke", detail={"token": token_id}, rows=[ended])


def written(store: Store, token_id: str, action: str) -> list[Row]:
    """What `create` or `revoke` added, as it is now: the audit chain has signed it."""
    row = tokens.get(store, token_id)
    if row is None:
        return []
    if action == "token.revoke":
        ended = {"token_id": token_id, "recorded_at": row["ended_at"]}
        return [{**ended, "recorded_by": row["ended_by"]}]
    return [{name: each for name, each in row.items() if not name.startswith("ended")}]


def identify(service: Service, bearer: str) -> tuple[Actor, Any] | None:
    """(the actor of a live token, when it expires), or None. Compared in constant time."""
    prefix, _, rest = bearer.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret or not token_id.isalnum():
        return None
    row = tokens.get(service.store, token_id)
    if row is None or not hmac.compare_digest(row["secret"], _digest(service, secret)):
        return None
    expires_at = row["expires_at"]
    if row["ended_at"] is not None or (expires_at is not None and expires_at <= service.clock()):
        return None
    units = None if row["units"] is None else frozenset(orjson.loads(row["units"]))
    return Actor(row["id"], row["name"], row["role"], units), expires_at


def _digest(service: Service, secret: str) -> str:
    """A random secret of 256 bits needs no slow hash; the key makes a stolen table useless."""
    return hmac.digest(service.key, secret.encode(), "sha256").hex()
