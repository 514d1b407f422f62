"""The newest value of each kind, read without the thousands before it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from toxmon.store import EVER, Row, Store, facts


def of_kinds(store: Store, patient_id: str, kinds: Iterable[str], before: datetime) -> list[Row]:
    """The newest standing fact of each of some kinds that counts, of before `before`.

    A measurement for each minute of a month is not read for it.
    """
    names = {f"kind_{place}": kind for place, kind in enumerate(kinds)}
    asked = (
        f"""
        select * from (
            select {facts.COLUMNS}
            from fact
            where patient_id = :patient_id and kind = :{name} and kind <> 'administration'
              and effective_at < :before
              and status in ('final', 'confirmed', 'corrected') and {facts.STANDS}
            order by effective_at desc, seq desc
            limit 1
        ) as of_{name}
        """  # noqa: S608 - constants, and names of parameters
        for name in names
    )
    return store.query(
        " union all ".join(asked),
        {"patient_id": patient_id, "before": before, "known_at": EVER, **names},
    )
