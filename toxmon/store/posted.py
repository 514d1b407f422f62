"""The outbox as operators look at it: what waits, what went and what was given up on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from toxmon.store import Row, Store
from toxmon.store.deliveries import TOLD

STATES = {
    "waiting": "due_at is not null",
    "failing": "due_at is not null and tries > 0",
    "sent": "sent_at is not null",
    "given_up": "dead_at is not null",
}


def page(
    store: Store, channels: Sequence[str], state: str, bounds: Mapping[str, object], limit: int
) -> list[Row]:
    """Messages of these channels, the newest first.

    `state`: one of STATES, or empty. `bounds`: before (seq), since, type ("%" is any).
    """
    if not channels:
        return []
    names = {f"channel_{place}": each for place, each in enumerate(channels)}
    of_state = f"and {STATES[state]}" if state else ""
    return store.query(
        f"""
        select {TOLD} from delivery
        where channel in ({", ".join(f":{name}" for name in names)}) {of_state}
          and seq < :before and made_at >= :since and coalesce(type, '') like :type
        order by seq desc limit :limit
        """,  # noqa: S608 - constants, and names of parameters
        {"limit": limit, **bounds, **names},
    )


def one(store: Store, delivery_id: str) -> Row | None:
    """One message with whose it is, or None."""
    rows = store.query(
        f"select {TOLD}, patient_id from delivery where id = :id",  # noqa: S608 - a constant
        {"id": delivery_id},
    )
    return rows[0] if rows else None


def lately(store: Store, since: datetime) -> dict[str, Row]:
    """By channel: how many were sent and given up on since then, how many wait and since when."""
    rows = store.query(
        """
        select channel,
               sum(case when sent_at >= :since then 1 else 0 end) as sent,
               sum(case when dead_at >= :since then 1 else 0 end) as given_up,
               sum(case when due_at is not null then 1 else 0 end) as waiting,
               min(case when due_at is not null then made_at end) as oldest_at
        from delivery
        where due_at is not null or made_at >= :since
        group by channel
        """,
        {"since": since},
    )
    return {row["channel"]: row for row in rows}


def given_up(
    store: Store, channels: Sequence[str], since: datetime, until: datetime, limit: int
) -> list[Row]:
    """What was given up on in a span, the oldest first: id, channel, made_at."""
    if not channels:
        return []
    names = {f"channel_{place}": each for place, each in enumerate(channels)}
    return store.query(
        f"""
        select id, channel, made_at from delivery
        where channel in ({", ".join(f":{name}" for name in names)})
          and dead_at is not null and dead_at >= :since and dead_at <= :until
        order by seq limit :limit
        """,  # noqa: S608 - names of parameters
        {"since": since, "until": until, "limit": limit, **names},
    )
