"""The same request twice: one effect, one answer.

The answer is kept in the transaction of the effect, so that a request whose answer was lost on the
way can be sent again with its key, also after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from toxmon.actions import Actor, Conflicting
from toxmon.store import Store, requests


@dataclass(frozen=True, slots=True)
class Keyed:
    """A key that the sender chose, and the digest of what was sent with it."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the bytes of a JSON body; `replayed` when it was given before."""

    status: int
    body: bytes
    replayed: bool = False


def replayed(store: Store, actor: Actor, keyed: Keyed | None) -> Answer | None:
    """The answer that this key got before, or None. Raises Conflicting for another request."""
    if keyed is None:
        return None
    row = requests.get(store, actor.id, keyed.key)
    if row is None:
        return None
    if row["fingerprint"] != keyed.fingerprint:
        raise Conflicting(
            "this Idempotency-Key was used for another request; choose a new key for a new request"
        )
    return Answer(row["status"], row["body"].encode(), replayed=True)


def keep_answer(
    store: Store, actor: Actor, keyed: Keyed | None, answer: Answer, now: datetime
) -> None:
    """Keep an answer under its key. Only inside `writing`."""
    if keyed is not None:
        requests.add(
            store,
            {
                "actor": actor.id,
                "key": keyed.key,
                "fingerprint": keyed.fingerprint,
                "status": answer.status,
                "body": answer.body.decode(),
                "recorded_at": now,
            },
        )
