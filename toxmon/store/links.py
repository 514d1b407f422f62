"""The audit chain as somebody looks through it: the newest first, by who, what, whom and when."""

from __future__ import annotations

from collections.abc import Mapping

from toxmon.store import Row, Store
from toxmon.store.access import COLUMNS


def back(store: Store, bounds: Mapping[str, object], limit: int) -> list[Row]:
    """Links, the newest first. `bounds` as in `counted`, and before (n)."""
    return store.query(
        f"""
        select {COLUMNS} from access
        where n < :before and {_where(bounds)}
        order by n desc limit :limit
        """,  # noqa: S608 - constants
        {"limit": limit, **bounds},
    )


def on(store: Store, bounds: Mapping[str, object], limit: int) -> list[Row]:
    """Links in order. `bounds` as in `counted`, and after (n)."""
    return store.query(
        f"""
        select {COLUMNS} from access
        where n > :after and {_where(bounds)}
        order by n limit :limit
        """,  # noqa: S608 - constants
        {"limit": limit, **bounds},
    )


def counted(store: Store, bounds: Mapping[str, object]) -> int:
    """How many links there are.

    `bounds`: upto (n), patient (an id; "%" is any), actor and action (patterns; "%" is any, "!"
    escapes), from_at, to_at.
    """
    rows = store.query(f"select count(*) as n from access where {_where(bounds)}", bounds)  # noqa: S608
    return int(rows[0]["n"])


def newest(store: Store) -> int:
    """The number of the newest link; 0 when there is none."""
    rows = store.query("select max(n) as n from access")
    return rows[0]["n"] or 0


def _where(bounds: Mapping[str, object]) -> str:
    # A pattern could not use the index: for one patient the links of all would be read.
    of_patient = "" if bounds["patient"] == "%" else "and patient_id = :patient"
    return f"""
        n <= :upto {of_patient} and actor like :actor escape '!' and action like :action escape '!'
        and at >= :from_at and at <= :to_at
    """
