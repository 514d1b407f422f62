"""The page on which the example record was graded by hand."""

from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parent / "example.md"

Change = tuple[str, str, int, int]
"""(when, scale, low, high): from then on."""


def by_hand() -> Iterator[Change]:
    """Each row of each table of the page."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0][:1].isdigit():
            when, scale, low, high, _ = cells
            yield when, scale, int(low), int(high)
