"""Ids that nobody can guess and that sort by the time they were given."""

from __future__ import annotations

import os
import uuid
from datetime import datetime


def new_id(now: datetime) -> str:
    """A UUID of version 7: milliseconds of `now`, then randomness."""
    milliseconds = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    random = int.from_bytes(os.urandom(10))
    number = milliseconds << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    number |= 0b10 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF
    return str(uuid.UUID(int=number))
