"""How often what a sender calls one resource was changed: all of its statements together."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.store import Row, Store

AT_ONCE = 500


def versions(store: Store, resource_ids: Sequence[str]) -> dict[str, int]:
    """The version of each resource: 1, and one more for each correction of a fact of it."""
    found = dict.fromkeys(resource_ids, 1)
    for first in range(0, len(resource_ids), AT_ONCE):
        names = {f"r{at}": each for at, each in enumerate(resource_ids[first : first + AT_ONCE])}
        listed = ", ".join(f":{name}" for name in names)
        rows = store.query(
            f"""
            with recursive chain (resource_id, id, deep) as (
                select resource_id, fact_id, 0 from origin
                where resource_id in ({listed}) and fact_id is not null
                union all
                select chain.resource_id, fact.id, 1
                from chain join fact on fact.replaces_id = chain.id
            )
            select resource_id, sum(deep) as corrections from chain group by resource_id
            """,  # noqa: S608 - names of parameters
            names,
        )
        found |= {row["resource_id"]: 1 + int(row["corrections"]) for row in rows}
    return found


def version(store: Store, resource_id: str) -> int:
    """The version of one resource."""
    return versions(store, [resource_id])[resource_id]


def of_sender(store: Store, source: str, names: Sequence[str]) -> list[Row]:
    """The statements that a sender names so, one row for each resource: resource_id, key."""
    if not names:
        return []
    given = {f"n{at}": name for at, name in enumerate(names)}
    listed = ", ".join(f":{name}" for name in given)
    return store.query(
        f"""
        select resource_id, min(key) as key from origin
        where source = :source and key in ({listed}) group by resource_id order by resource_id
        """,  # noqa: S608 - names of parameters
        {"source": source, **given},
    )
