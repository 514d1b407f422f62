"""Who did or read what: one chain for the whole deployment, without gaps, that cannot fork."""

from __future__ import annotations

from collections.abc import Mapping

from toxmon.store import Row, Store

COLUMNS = "n, at, actor, role, action, patient_id, version, detail, content, previous, digest"
FIRST = "0" * 64
CHAIN = "the chain"
NEWEST = "newest link"


def newest(store: Store) -> tuple[int, str]:
    """The number and digest of the newest link; (0, zeros) when there is none.

    Only inside `writing`: nobody else can add a link between this and the next.
    """
    if NEWEST not in store.remembered:
        rows = store.query("select n, digest from access order by n desc limit 1", of=CHAIN)
        store.remembered[NEWEST] = (rows[0]["n"], rows[0]["digest"]) if rows else (0, FIRST)
    n, digest = store.remembered[NEWEST]
    return n, digest


def add(store: Store, row: Row) -> None:
    """Add the next link."""
    store.insert("access", [row], of=CHAIN)
    store.remembered[NEWEST] = (row["n"], row["digest"])


def page(store: Store, bounds: Mapping[str, object], limit: int) -> list[Row]:
    """Links in order.

    `bounds`: after (n), patient (an id; "%" is any), actor (a pattern; "%" is any, "!" escapes),
    from_at, to_at.
    """
    # A pattern could not use the index: for one patient the links of all would be read.
    of_patient = "" if bounds["patient"] == "%" else "and patient_id = :patient"
    return store.query(
        f"""
        select {COLUMNS} from access
        where n > :after {of_patient}
          and actor like :actor escape '!'
          and at >= :from_at and at <= :to_at
        order by n limit :limit
        """,  # noqa: S608 - a constant
        {"limit": limit, **bounds},
    )
