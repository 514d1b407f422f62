"""What the last look at each treatment has left, taken by one look at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from toxmon.timeline.memory import Memory

MOST_KEPT = 1_000
_KEPT: dict[str, Memory] = {}


@contextmanager
def taken(treatment_id: str) -> Iterator[Memory]:
    """The memory of a treatment, or an empty one; put back unless the look fails.

    Whoever looks at the same treatment meanwhile has an empty one and only takes longer.
    """
    memory = _KEPT.pop(treatment_id, None) or Memory()
    yield memory
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    _KEPT[treatment_id] = memory
