"""Sessions of people at a screen, and how often somebody failed to open one. Work: rows change."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store


def add(store: Store, row: Row) -> None:
    """Add a session; only the keyed digest of its cookie is kept."""
    store.insert("session", [row])


def found(store: Store, session_id: str) -> Row | None:
    """A session with the account it is of as that stands now, or None."""
    rows = store.query(
        """
        select session.id, session.account_id, session.method, session.form_key, session.display,
               session.opened_at, session.until_at, session.seen_at, session.locked_at,
               session.ended_at, account.name, account.subject, account_standing.shown,
               account_standing.role, account_standing.units,
               account_end.recorded_at as disabled_at, preference.language, preference.theme
        from session
        join account on account.id = session.account_id
        join account_standing on account_standing.account_id = session.account_id
         and account_standing.seq = (
             select max(seq) from account_standing as each_one
             where each_one.account_id = session.account_id)
        left join account_end on account_end.account_id = session.account_id
        left join preference on preference.account_id = session.account_id
        where session.id = :id
        """,
        {"id": session_id},
    )
    return rows[0] if rows else None


def change(store: Store, row: Row) -> None:
    """Set columns of a session; `row` has its id."""
    store.change("session", ("id",), row)


def end_of_account(store: Store, account_id: str, now: datetime, but: str) -> None:
    """End every session of an account but one; "" is no exception."""
    store.execute(
        """
        update session set ended_at = :now
        where account_id = :account and ended_at is null and id <> :but
        """,
        {"now": now, "account": account_id, "but": but},
    )


def forget(store: Store, before: datetime) -> None:
    """Drop sessions that were over, and attempts that began, before this."""
    store.execute("delete from session where until_at < :before", {"before": before})
    store.execute("delete from sign_in_attempt where began_at < :before", {"before": before})


def signed_in_since(store: Store, account_id: str, since: datetime) -> bool:
    """Has this person signed in with more than a PIN since then?"""
    rows = store.query(
        """
        select 1 as one from session
        where account_id = :account and opened_at > :since
          and method in ('password', 'provider')
        limit 1
        """,
        {"account": account_id, "since": since},
    )
    return bool(rows)


def attempt(store: Store, name: str) -> Row | None:
    """How often it went wrong under this name lately, or None."""
    rows = store.query(
        "select name, failures, began_at, until_at from sign_in_attempt where name = :name",
        {"name": name},
    )
    return rows[0] if rows else None


def put_attempt(store: Store, row: Row) -> None:
    """Keep how often it went wrong."""
    store.put("sign_in_attempt", ("name",), row)


def forget_attempt(store: Store, name: str) -> None:
    """It went well: nothing is held against this name."""
    store.execute("delete from sign_in_attempt where name = :name", {"name": name})


def put_preference(store: Store, row: Row) -> None:
    """Keep the language and theme of an account."""
    store.put("preference", ("account_id",), row)
