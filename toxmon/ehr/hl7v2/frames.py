"""MLLP: a message is what stands between 0x0B and 0x1C 0x0D. Pure.

Bytes outside a frame are discarded and counted. A frame may come in any number of pieces, and a
piece may hold any number of frames.
"""

from __future__ import annotations

from collections.abc import Iterator

BEGIN, END = b"\x0b", b"\x1c\r"


class TooLarge(Exception):
    """A frame that has grown beyond the limit; nothing more can be read on its line."""


class Frames:
    """Finds the frames in the bytes of one line. `discarded` counts those that stood in none."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._rest = bytearray()
        self._open = False
        self._searched = 0
        self.discarded = 0

    @property
    def half(self) -> bool:
        """Has a frame begun that has not ended?"""
        return self._open

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole with these bytes. Raises TooLarge."""
        self._rest += data
        while True:
            if not self._open:
                begin = self._rest.find(BEGIN)
                if begin < 0:
                    self.discarded += len(self._rest)
                    self._rest.clear()
                    return
                self.discarded += begin
                del self._rest[: begin + 1]
                self._open, self._searched = True, 0
            end = self._rest.find(END, self._searched)
            if end < 0:
                if len(self._rest) > self._largest:
                    raise TooLarge
                self._searched = max(len(self._rest) - 1, 0)
                return
            if end > self._largest:
                raise TooLarge
            message = bytes(self._rest[:end])
            del self._rest[: end + len(END)]
            self._open = False
            # A frame that begins within another one means that the first was cut off.
            cut = message.rfind(BEGIN)
            if cut >= 0:
                self.discarded += cut + 1
                message = message[cut + 1 :]
            yield message


def framed(message: bytes) -> bytes:
    """A message in a frame."""
    return BEGIN + message + END
