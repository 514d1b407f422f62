"""Ids that nobody can guess and that sort by the time they were given."""

from __future__ import annotations

import os
from datetime import datetime


def new_id(now: datetime) -> str:
    """A UUID of version 7: milliseconds of `now`, then randomness."""
    return new_ids(now, 1)[0]


def new_ids(now: datetime, count: int) -> list[str]:
    """`count` UUIDs of version 7, of the same instant; each sorts after the one before it."""
    milliseconds = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    head = f"{milliseconds:012x}"
    # 12 random bits that count up keep the order of one set; 62 more make the id unguessable.
    random = os.urandom(2 + 8 * count).hex()
    first = int(random[:4], 16) % (0xFFF - min(count, 0x7FF) + 1)
    return [
        _uuid(head, first + each, random[4 + 16 * each : 20 + 16 * each]) for each in range(count)
    ]


def _uuid(head: str, ordinal: int, tail: str) -> str:
    variant = "89ab"[int(tail[0], 16) & 3]
    return f"{head[:8]}-{head[8:]}-7{ordinal & 0xFFF:03x}-{variant}{tail[1:4]}-{tail[4:]}"
