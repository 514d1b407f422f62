"""The numbers of events that a subscription of another system has told of. Work."""

from __future__ import annotations

from toxmon.store import Row, Store

KEY = ("source", "subscription", "number")


def note(store: Store, row: Row) -> None:
    """An event was told of; the same one again changes nothing but when."""
    store.put("notified", KEY, row)


def before(store: Store, source: str, subscription: str, number: int) -> int | None:
    """The greatest number below `number` that has come, None where none has."""
    rows = store.query(
        """
        select max(number) as found from notified
        where source = :source and subscription = :subscription and number < :number
        """,
        {"source": source, "subscription": subscription, "number": number},
    )
    found = rows[0]["found"]
    return None if found is None else int(found)


def gaps(store: Store, source: str = "%") -> list[Row]:
    """What has not come between what has: source, subscription, first, last; in order."""
    return store.query(
        """
        select source, subscription, earlier + 1 as first, number - 1 as last
        from (
            select source, subscription, number,
                   lag(number, 1, 0) over (partition by source, subscription
                                           order by number) as earlier
            from notified where source like :source
        ) as counted
        where number - earlier > 1
        order by source, subscription, number
        """,
        {"source": source},
    )


def unfetched(store: Store, source: str = "%") -> list[Row]:
    """How many events came without what they are about: source, subscription, n, last_at."""
    return store.query(
        """
        select source, subscription, count(*) as n, max(heard_at) as last_at
        from notified where kind <> 'full' and source like :source
        group by source, subscription order by source, subscription
        """,
        {"source": source},
    )
