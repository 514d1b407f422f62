"""Bearer tokens: only a keyed digest of the secret is kept."""

from __future__ import annotations

from toxmon.store import Row, Store


def add(store: Store, row: Row) -> None:
    """Add a token."""
    store.insert("token", [row])


def end(store: Store, row: Row) -> None:
    """Revoke a token. Raises Conflict when it was revoked before."""
    store.insert("token_end", [row])


def get(store: Store, token_id: str) -> Row | None:
    """One token with when and by whom it was revoked, or None."""
    rows = store.query(
        """
        select token.id, token.name, token.role, token.units, token.secret,
               token.recorded_at, token.expires_at,
               token_end.recorded_at as ended_at, token_end.recorded_by as ended_by
        from token left join token_end on token_end.token_id = token.id
        where token.id = :id
        """,
        {"id": token_id},
    )
    return rows[0] if rows else None


def every(store: Store) -> list[Row]:
    """All tokens, oldest first; without their secrets."""
    return store.query(
        """
        select token.id, token.name, token.role, token.units, token.recorded_at,
               token.expires_at, token_end.recorded_at as ended_at
        from token left join token_end on token_end.token_id = token.id
        order by token.recorded_at, token.id
        """
    )
