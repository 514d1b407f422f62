"""The chain of who did what: each link signs the one before it.

A link is written inside the transaction of the act it tells of, under the one writer's turn, so
the chain has no gap and cannot fork. `content` is the digest of the rows that the act added:
`toxmon verify` finds a row that was changed or taken away later. Decision 0017.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from toxmon.actions import Actor, Service
from toxmon.store import EVER, NEVER, Row, access

ACCOUNT = "acc_"
"""The id of every account of a person begins so; those of tokens never do."""


def note(
    service: Service,
    actor: Actor,
    now: datetime,
    action: str,
    *,
    patient_id: str | None = None,
    version: int | None = None,
    detail: Mapping[str, Any] | None = None,
    rows: Iterable[Row] = (),
) -> None:
    """Add the next link. Only inside `writing`. `detail` holds no value of a patient.

    A person who acts by an account is named by its id too: what an account shows may change.
    """
    n, previous = access.newest(service.store)
    detail = dict(detail or {})
    if actor.id.startswith(ACCOUNT):
        detail["account"] = actor.id
    link: Row = {
        "n": n + 1,
        "at": now,
        "actor": actor.name,
        "role": actor.role,
        "action": action,
        "patient_id": patient_id,
        "version": version,
        "detail": orjson.dumps(detail).decode(),
        "content": content(rows),
        "previous": previous,
    }
    access.add(service.store, {**link, "digest": seal(service.key, link)})


def is_signed_here(service: Service) -> bool:
    """Was the newest link signed with this service's key? Yes, too, when there is none."""
    store = service.store
    bounds = {"patient": "%", "actor": "%", "from_at": NEVER, "to_at": EVER}
    with store.writing():
        n, digest = access.newest(store)
        links = access.page(store, {**bounds, "after": n - 1}, 1)
    return all(seal(service.key, link) == digest for link in links)


def content(rows: Iterable[Row]) -> str:
    """The digest of rows; the empty string when there are none."""
    rows = list(rows)
    if not rows:
        return ""
    return hashlib.sha256(_canonical([list(row.values()) for row in rows])).hexdigest()


def seal(key: bytes, link: Row) -> str:
    """The keyed digest of a link, the one before it included."""
    names = (
        "n at actor role action patient_id version detail content previous".split()  # noqa: SIM905
    )
    return hmac.digest(key, _canonical([link[name] for name in names]), "sha256").hex()


def _canonical(plain: Any) -> bytes:
    return orjson.dumps(plain, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z, default=str)
