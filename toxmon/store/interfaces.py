"""What came from other systems, counted by who sent it."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store


def counted(store: Store) -> list[Row]:
    """By source and form: how many messages were kept, since when, and the last one."""
    return store.query(
        """
        select source, form, count(*) as kept, min(recorded_at) as first_at,
               max(recorded_at) as last_at
        from message group by source, form order by source, form
        """
    )


def unreadable(store: Store) -> list[Row]:
    """By source and form: messages that could not be read and were not read again since."""
    return store.query(
        """
        select source, form, count(*) as n, max(message.recorded_at) as last_at
        from message
        where exists (select 1 from message_outcome as said
                      where said.message_id = message.id and said.outcome = 'unreadable')
          and not exists (select 1 from message_outcome as said
                          where said.message_id = message.id
                                and said.outcome in ('taken', 'replayed'))
        group by source, form order by source, form
        """
    )


def told_since(store: Store, since: datetime, limit: int) -> list[Row]:
    """What became of the newest messages since then, the newest first."""
    return store.query(
        """
        select message.source, message.form, message.control_id, message.recorded_at, said.detail
        from message_outcome as said join message on message.id = said.message_id
        where said.recorded_at >= :since and said.outcome = 'taken'
        order by said.seq desc limit :limit
        """,
        {"since": since, "limit": limit},
    )
