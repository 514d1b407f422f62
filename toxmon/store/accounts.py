"""Accounts of people: who they are, what they may do now, and digests of their secrets."""

from __future__ import annotations

from toxmon.store import Row, Store

NOW = """
    select account.id, account.name, account.subject, account.recorded_at,
           account_standing.shown, account_standing.role, account_standing.units,
           account_end.recorded_at as ended_at, account_end.recorded_by as ended_by
    from account
    join account_standing on account_standing.account_id = account.id
     and account_standing.seq =
         (select max(seq) from account_standing as each_one where each_one.account_id = account.id)
    left join account_end on account_end.account_id = account.id
"""


def add(store: Store, row: Row) -> None:
    """Add an account. Raises Conflict when the name or the subject is taken."""
    store.insert("account", [row])


def add_standing(store: Store, row: Row) -> None:
    """Add what an account is from now on: the name it shows, its role, its units."""
    store.insert("account_standing", [row])


def add_secret(store: Store, row: Row) -> None:
    """Add the digest of a password or PIN; the newest of its kind counts."""
    store.insert("account_secret", [row])


def end(store: Store, row: Row) -> None:
    """Disable an account. Raises Conflict when it was disabled before."""
    store.insert("account_end", [row])


def get(store: Store, account_id: str) -> Row | None:
    """One account as it stands now, or None."""
    rows = store.query(f"{NOW} where account.id = :id", {"id": account_id})
    return rows[0] if rows else None


def named(store: Store, name: str) -> Row | None:
    """The account of this case-folded name, or None."""
    rows = store.query(f"{NOW} where account.name = :name", {"name": name})
    return rows[0] if rows else None


def of_subject(store: Store, subject: str) -> Row | None:
    """The account of somebody known to a provider, or None."""
    rows = store.query(f"{NOW} where account.subject = :subject", {"subject": subject})
    return rows[0] if rows else None


def every(store: Store) -> list[Row]:
    """All accounts as they stand now, oldest first."""
    return store.query(f"{NOW} order by account.recorded_at, account.id")


def digest(store: Store, account_id: str, kind: str) -> str | None:
    """The newest digest of a kind of secret, or None."""
    rows = store.query(
        """
        select digest from account_secret
        where account_id = :id and kind = :kind order by seq desc limit 1
        """,
        {"id": account_id, "kind": kind},
    )
    return rows[0]["digest"] if rows else None


def written(store: Store, row_id: str) -> list[Row]:
    """The row of this id of any of the tables that only grow, as it was added."""
    for sql in (
        "select id, name, subject, recorded_at, recorded_by from account where id = :id",
        """
        select id, account_id, shown, role, units, recorded_at, recorded_by
        from account_standing where id = :id
        """,
        """
        select id, account_id, kind, digest, recorded_at, recorded_by
        from account_secret where id = :id
        """,
    ):
        if rows := store.query(sql, {"id": row_id}):
            return rows
    return []


def ended(store: Store, account_id: str) -> list[Row]:
    """The row that disabled an account; none when it is not disabled."""
    return store.query(
        "select account_id, recorded_at, recorded_by from account_end where account_id = :id",
        {"id": account_id},
    )


def every_id(store: Store) -> list[str]:
    """The id of every row that makes an account what it is."""
    rows = store.query(
        """
        select id from account union all select id from account_standing
        union all select id from account_secret
        """
    )
    return [row["id"] for row in rows]
