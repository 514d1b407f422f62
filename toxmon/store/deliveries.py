"""The outbox: what has to be told to whom through which channel, and what became of it.

Work. A row waits while `due_at` is set; then it was sent or given up on, and says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from toxmon.store import Row, Store

TOLD = (
    "seq, id, event_id, alarm_id, unit, type, priority, channel, recipient, made_at, due_at, "
    "tries, sent_at, dead_at, outcome"
)
"""What is told of a message: neither what it said nor of whom."""


def add(store: Store, rows: Iterable[Row]) -> None:
    """Let messages wait. Of one key there can be only one (Conflict)."""
    rows = list(rows)
    if rows:
        store.insert("delivery", rows, of=rows[0]["patient_id"])


def due_channels(store: Store, now: datetime) -> list[str]:
    """The channels for which something is due that nobody has taken.

    It steps from channel to channel, however many messages wait in one of them.
    """
    rows = store.query(
        """
        with recursive lane (channel) as (
            select min(channel) from delivery where due_at is not null
            union all
            select (select min(delivery.channel) from delivery
                    where delivery.due_at is not null and delivery.channel > lane.channel)
            from lane where lane.channel is not null
        )
        select lane.channel from lane
        where lane.channel is not null and 1 = (
            select 1 from delivery
            where delivery.channel = lane.channel and delivery.due_at <= :now
              and (delivery.lease_at is null or delivery.lease_at <= :now)
            limit 1
        )
        """,
        {"now": now},
    )
    return sorted(row["channel"] for row in rows)


FIRST_OF_EACH = """
    with recursive mine (strand) as (
        select min(strand) from delivery where channel = :channel and due_at is not null
        union all
        select (select min(delivery.strand) from delivery
                where delivery.channel = :channel and delivery.due_at is not null
                  and delivery.strand > mine.strand)
        from mine where mine.strand is not null
    )
    select (select delivery.id from delivery
            where delivery.channel = :channel and delivery.due_at is not null
              and delivery.strand = mine.strand
            order by delivery.turn,
                case priority when 'high' then 0 when 'medium' then 1 else 2 end, delivery.seq
            limit 1) as id
    from mine where mine.strand is not null
"""
"""The first message of each patient that waits, the most urgent of its version.

It steps from patient to patient, however many messages wait for each.
"""

TAKEN_TOGETHER = 500
URGENT_FIRST = (
    "order by case priority when 'high' then 0 when 'medium' then 1 else 2 end, due_at, seq "
    "limit :limit"
)


def ready(store: Store, channel: str, now: datetime, limit: int) -> list[str]:
    """The ids of what may be posted through a channel now, the most urgent first.

    It is due, nobody has taken it, and nothing earlier of its patient still waits.
    """
    heads = [row["id"] for row in store.query(FIRST_OF_EACH, {"channel": channel})]
    asked = {"channel": channel, "now": now, "limit": limit}
    free = "due_at <= :now and (lease_at is null or lease_at <= :now)"
    columns = "id, priority, due_at, seq"
    alone = f"channel = :channel and strand is null and {free}"
    found = store.query(
        f"select {columns} from delivery where {alone} {URGENT_FIRST}",  # noqa: S608 - constants
        asked,
    )
    for start in range(0, len(heads), TAKEN_TOGETHER):
        some = heads[start : start + TAKEN_TOGETHER]
        named = {f"id_{place}": each for place, each in enumerate(some)}
        found += store.query(
            f"select {columns} from delivery "  # noqa: S608 - names of parameters
            f"where id in ({', '.join(f':{name}' for name in named)}) and {free} {URGENT_FIRST}",
            {"now": now, "limit": limit, **named},
        )
    rank = ("high", "medium", "low")
    found.sort(key=lambda row: (rank.index(row["priority"]), row["due_at"], row["seq"]))
    return [row["id"] for row in found[:limit]]


def claim(
    store: Store,
    channel: str,
    now: datetime,
    lease_at: datetime,
    limit: int,
    among: Sequence[str] | None = None,
) -> list[Row]:
    """Take what may be posted until `lease_at`, the most urgent first, then the oldest.

    `among`: ids that were found ready, so that the writer's turn is not spent on looking. What is
    ready stays so until it is taken: nothing earlier of its patient can come. A claim is one more
    try, whether or not it is ever heard of again. Only inside `writing`.
    """
    found = ready(store, channel, now, limit) if among is None else list(among)
    if not found:
        return []
    named = {f"id_{place}": each for place, each in enumerate(found)}
    rows = store.query(
        f"""
        select seq, id, key, event_id, alarm_id, patient_id, unit, type, number, priority, channel,
               recipient, body, made_at, due_at, epoch, tries, outcome
        from delivery
        where id in ({", ".join(f":{name}" for name in named)})
          and due_at <= :now and (lease_at is null or lease_at <= :now)
        """,  # noqa: S608 - names of parameters
        {"now": now, **named},
    )
    rows.sort(key=lambda row: found.index(row["id"]))
    for row in rows:
        row["epoch"] += 1
        row["tries"] += 1
        taken = {name: row[name] for name in ("id", "epoch", "tries")}
        store.change("delivery", ("id",), {**taken, "lease_at": lease_at})
    return rows


def give_up(store: Store, channel: str, before: datetime, now: datetime, outcome: str) -> int:
    """Give up what nobody has taken and was made until `before`; how many that were.

    Only inside `writing`.
    """
    return store.execute(
        """
        update delivery set due_at = null, lease_at = null, dead_at = :now, outcome = :outcome
        where channel = :channel and due_at is not null and made_at <= :before
          and (lease_at is null or lease_at <= :now)
        """,
        {"channel": channel, "before": before, "now": now, "outcome": outcome},
    )


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


def get(store: Store, delivery_id: str) -> Row | None:
    """One message with what became of it, or None."""
    rows = store.query(f"select {TOLD} from delivery where id = :id", {"id": delivery_id})  # noqa: S608
    return rows[0] if rows else None


def of_channel(store: Store, channel: str, before: int, limit: int) -> list[Row]:
    """The messages of a channel before a number, the newest first."""
    return store.query(
        f"select {TOLD} from delivery "  # noqa: S608 - a constant
        "where channel = :channel and seq < :before order by seq desc limit :limit",
        {"channel": channel, "before": before, "limit": limit},
    )


def again(store: Store, delivery_id: str, now: datetime, outcome: str) -> bool:
    """Let a message that was sent or given up on wait once more. False: it still waits.

    Only inside `writing`.
    """
    touched = store.execute(
        """
        update delivery
        set due_at = :now, lease_at = null, sent_at = null, dead_at = null, tries = 0,
            outcome = :outcome
        where id = :id and due_at is null
        """,
        {"id": delivery_id, "now": now, "outcome": outcome},
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
    """Since when the oldest message waits that was neither sent nor given up on.

    What is asked for is no column, so that no index of all messages in order is read for it: it
    would be gone through from the first that was ever sent to the first that waits.
    """
    rows = store.query(
        "select min(coalesce(made_at, due_at)) as made_at from delivery where due_at is not null"
    )
    found: datetime | None = rows[0]["made_at"]
    return found


def next_due(store: Store) -> datetime | None:
    """When the next message is due; in the past if it waits."""
    rows = store.query("select min(due_at) as due_at from delivery where due_at is not null")
    found: datetime | None = rows[0]["due_at"]
    return found
