"""Messages of other systems as they came, and what became of each. Rows are only added."""

from __future__ import annotations

from collections.abc import Mapping

from toxmon.store import Row, Store

COLUMNS = (
    "id, source, form, control_id, digest, content_type, encoding, body, recorded_at, recorded_by"
)
OUTCOME = "message_id, outcome, recorded_at, recorded_by, detail"


def add(store: Store, row: Row) -> None:
    """Keep a message as it came."""
    store.insert("message", [row])


def get(store: Store, message_id: str) -> Row | None:
    """One message, or None."""
    rows = store.query(
        f"select {COLUMNS} from message where id = :id",  # noqa: S608 - a constant
        {"id": message_id},
    )
    return rows[0] if rows else None


def of_control(store: Store, source: str, form: str, control_id: str) -> Row | None:
    """The message that a sender has called so, or None."""
    rows = store.query(
        f"""
        select {COLUMNS} from message
        where source = :source and form = :form and control_id = :control_id
        """,  # noqa: S608 - a constant
        {"source": source, "form": form, "control_id": control_id},
    )
    return rows[0] if rows else None


def note(store: Store, row: Row) -> None:
    """Say what became of a message, once more."""
    store.insert("message_outcome", [row])


def outcomes(store: Store, message_id: str) -> list[Row]:
    """What became of a message, each time that it was read; the newest last."""
    return store.query(
        f"select {OUTCOME} from message_outcome where message_id = :id order by seq",  # noqa: S608
        {"id": message_id},
    )


def page(store: Store, bounds: Mapping[str, object], limit: int) -> list[Row]:
    """Messages without their bodies, the newest first, with their newest outcome.

    `bounds`: before (seq), source and outcome ("%" is any).
    """
    return store.query(
        """
        select message.seq, message.id, message.source, message.form, message.control_id,
               message.content_type, message.recorded_at, message.recorded_by,
               said.outcome, said.detail
        from message
        left join message_outcome as said on said.message_id = message.id
             and said.seq = (select max(seq) from message_outcome as each
                             where each.message_id = message.id)
        where message.seq < :before and message.source like :source
              and coalesce(said.outcome, '') like :outcome
        order by message.seq desc limit :limit
        """,
        {"limit": limit, **bounds},
    )


def written(store: Store, message_id: str) -> list[Row]:
    """The row of a message as the audit chain signs it."""
    row = get(store, message_id)
    return [row] if row is not None else []
