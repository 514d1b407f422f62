"""What became of each try of a message: when, the code, what was posted, how the answer began.

Work. Only the newest of a message are kept: who sends one again and again fills no disk.
"""

from __future__ import annotations

from toxmon.store import Row, Store

MOST = 30
"""Tries that are kept of a message."""


def add(store: Store, row: Row) -> None:
    """Keep a try; of a message with many the oldest goes. Only inside `writing`."""
    store.insert("delivery_try", [row])
    store.execute(
        """
        delete from delivery_try
        where delivery_id = :id and seq <= (
            select seq from delivery_try where delivery_id = :id
            order by seq desc limit 1 offset :most
        )
        """,
        {"id": row["delivery_id"], "most": MOST},
    )


def of_delivery(store: Store, delivery_id: str) -> list[Row]:
    """The tries of a message, the newest first."""
    return store.query(
        "select seq, at, status, took_ms, says, answered, sent, digest from delivery_try "
        "where delivery_id = :id order by seq desc",
        {"id": delivery_id},
    )
