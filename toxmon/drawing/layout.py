"""How much room each part of a drawing has. A narrow one is laid out anew, not shrunk."""

from __future__ import annotations

from dataclasses import dataclass

NARROW = 560
COMPACT_NARROW = 92


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in units of the drawing, which are pixels where it is shown as wide as it is.

    `letters` is the size of small type; nothing is smaller. `titles` are the letters of a title's
    line, `labels` how many days may be named.
    """

    width: int
    left: int
    track: int
    gap: int
    lane: int
    row: int
    letters: float
    titles: int
    labels: int
    narrow: bool = False
    sheet: bool = False

    @property
    def right(self) -> int:
        """Where the time axis ends."""
        return self.width - 10

    @property
    def span(self) -> int:
        """How wide the time axis is."""
        return self.right - self.left


WIDE = Layout(1180, 188, 60, 15, 30, 22, 11, 19, 18)
MIDDLE = Layout(720, 156, 60, 15, 30, 22, 11, 15, 10)
PHONE = Layout(340, 104, 74, 14, 34, 24, 11, 10, 5, narrow=True)
SHEET = Layout(800, 204, 31, 8, 20, 16, 11, 18, 15, sheet=True)


def layout_of(width: int) -> Layout:
    """The layout of a drawing of any width."""
    if width < NARROW:
        return Layout(width, 104, 74, 14, 34, 24, 11, 10, max(2, (width - 104) // 48), narrow=True)
    left = 188 if width >= 900 else 156
    return Layout(width, left, 60, 15, 30, 22, 11, (left - 12) // 9, (width - left) // 56)
