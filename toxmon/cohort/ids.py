"""The ids that were seen, in 8 bytes each: a table of their hashes, at most half full.

Two ids with one hash would be taken for one patient, and a file that is in order refused. Of a
million ids the chance of that is about 1 in 40 million. Hashes of texts differ from process to
process, so that the same file is read at the next try.
"""

from __future__ import annotations

from array import array

BITS = 2**64 - 1
FIRST_SIZE = 1024
"""A power of two, as every later size."""


class Ids:
    """A set of texts that can only grow."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * FIRST_SIZE))
        self._count = 0

    def add(self, text: str) -> bool:
        """Was it not there yet? It is now."""
        # A slot that holds 0 is free.
        if not self._put(hash(text) & BITS or 1):
            return False
        self._count += 1
        if 2 * self._count > len(self._slots):
            before, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
            for key in before:
                if key:
                    self._put(key)
        return True

    def __len__(self) -> int:
        return self._count

    def _put(self, key: int) -> bool:
        slots, last = self._slots, len(self._slots) - 1
        place = key & last
        while slots[place]:
            if slots[place] == key:
                return False
            place = (place + 1) & last
        slots[place] = key
        return True
