"""The outbox: what has to be told to whom through which channel, and what became of it.

Work. A row waits while `due_at` is set; then it was sent or given up on, and says which.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from toxmon.store import Row, Store


def add(store: Store, rows: Iterable[Row]) -> None:
    """Let messages wait. Of one key there can be only one (Conflict)."""
    rows = list(rows)
    if rows:
        store.insert("delivery", rows, of=rows[0]["patient_id"])


def due_channels(store: Store, now: datetime) -> list[str]:
    """The channels for which something is due that nobody has taken."""
    rows = store.query(
        "select distinct channel from delivery "
        "where due_at <= :now and (lease_at is null or lease_at <= :now)",
        {"now": now},
    )
    return sorted(row["channel"] for row in rows)


def claim(store: Store, channel: str, now: datetime, lease_at: datetime, limit: int) -> list[Row]:
    """Take what is due in a channel until `lease_at`, the most urgent first, then the oldest.

    A claim is one more try, whether or not it is ever heard of again. Only inside `writing`.
    """
    rows = store.query(
        """
        select seq, id, key, event_id, alarm_id, patient_id, unit, priority, channel, recipient,
               body, made_at, due_at, epoch, tries, outcome
        from delivery
        where channel = :channel and due_at <= :now and (lease_at is null or lease_at <= :now)
        order by case priority when 'high' then 0 when 'medium' then 1 else 2 end, due_at, seq
        limit :limit
        """,
        {"channel": channel, "now": now, "limit": limit},
    )
    for row in rows:
        row["epoch"] += 1
        row["tries"] += 1
        taken = {name: row[name] for name in ("id", "epoch", "tries")}
        store.change("delivery", ("id",), {**taken, "lease_at": lease_at})
    return rows


def note(store: Store, claim: Row, row: Row) -> bool:
    """Say what became of a claim: `due_at`, `sent_at`, `dead_at`, `outcome`.

    False when somebody has claimed it since: what they do counts. Only inside `writing`.
    """
    touched = store.execute(
        """
        update delivery
        set due_at = :due_at, sent_at = :sent_at, dead_at = :dead_at, outcome = :outcome,
            lease_at = null
        where id = :id and epoch = :epoch and due_at is not null
        """,
        {"id": claim["id"], "epoch": claim["epoch"], **row},
    )
    return touched == 1


def last_number(store: Store, channel: str) -> int:
    """The number of the last message of a channel whose messages are counted; 0 before any."""
    rows = store.query(
        "select max(number) as number from delivery "
        "where channel = :channel and number is not null",
        {"channel": channel},
    )
    return rows[0]["number"] or 0


def recipients(store: Store, alarm_id: str) -> list[tuple[str, str]]:
    """(channel, recipient) of everybody who was told of an alarm, or is about to be."""
    rows = store.query(
        "select distinct channel, recipient from delivery where alarm_id = :alarm_id",
        {"alarm_id": alarm_id},
    )
    return sorted((row["channel"], row["recipient"]) for row in rows)


def of_alarm(store: Store, alarm_id: str) -> list[Row]:
    """What was told of an alarm to whom, and what became of it, in order."""
    return store.query(
        "select id, event_id, priority, channel, recipient, made_at, due_at, tries, sent_at, "
        "dead_at, outcome from delivery where alarm_id = :alarm_id order by seq",
        {"alarm_id": alarm_id},
    )


def counts(store: Store) -> list[Row]:
    """By channel, how many wait and since when the oldest does."""
    return store.query(
        "select channel, count(*) as waiting, min(made_at) as oldest_at from delivery "
        "where due_at is not null group by channel order by channel"
    )


def oldest(store: Store) -> datetime | None:
    """Since when the oldest message waits that was neither sent nor given up on."""
    rows = store.query("select min(made_at) as made_at from delivery where due_at is not null")
    found: datetime | None = rows[0]["made_at"]
    return found


def next_due(store: Store) -> datetime | None:
    """When the next message is due; in the past if it waits."""
    rows = store.query("select min(due_at) as due_at from delivery where due_at is not null")
    found: datetime | None = rows[0]["due_at"]
    return found
