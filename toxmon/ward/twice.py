"""A form that was sent twice: looked for first, because the first time has changed what is so."""

from __future__ import annotations

from toxmon.actions.replay import Answer, replayed
from toxmon.ward import door


def sent_before() -> Answer | None:
    """What came of this form when it was sent before, by the same person; None for the first time.

    Raises Conflicting for another form under the same key.
    """
    store = door.service().store
    with store.reading():
        return replayed(store, door.actor(), door.keyed())
