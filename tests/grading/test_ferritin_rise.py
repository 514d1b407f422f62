"""How fast ferritin rises, and which features of IEC-HS appeared together (decision 0040)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import iec_hs

D = Decimal
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ([], None),
        ([(0, 900)], None),
        # Twice in 24 hours.
        ([(-24, 500), (0, 1000)], (24, 500, 1000, 500, 2)),
        # Four times in 48 hours is a factor of 2, and half of the difference, in 24.
        ([(-48, 500), (0, 2000)], (48, 500, 2000, 750, 2)),
        # Twice in 12 hours is a factor of 4 in 24.
        ([(-12, 500), (0, 1000)], (12, 500, 1000, 1000, 4)),
        # Too short, too long, and both ends of what is allowed.
        ([(-11.99, 500), (0, 1000)], None),
        ([(-72.01, 500), (0, 1000)], None),
        ([(-72, 500), (0, 500)], (72, 500, 500, 0, 1)),
        # The nearest to 24 hours; of two equally near the older.
        ([(-70, 100), (-30, 400), (-14, 800), (0, 900)], (30, 400, 900, 400, None)),
        ([(-28, 400), (-20, 800), (0, 900)], (28, 400, 900, None, None)),
        # A short neighbor does not hide the older value.
        ([(-24, 500), (-2, 900), (0, 1000)], (24, 500, 1000, 500, 2)),
        # Shown to two places.
        ([(-36, 500), (0, 1000)], (36, 500, 1000, D("333.33"), D("1.59"))),
        ([(-12.5, 500), (0, 600)], (D("12.5"), 500, 600, 192, D("1.42"))),
        # A fall.
        ([(-24, 1000), (0, 500)], (24, 1000, 500, -500, D("0.5"))),
        # From nothing there is no factor.
        ([(-24, D("0.9")), (0, 500)], (24, D("0.9"), 500, D("499.1"), "none")),
        ([(-24, 1), (0, 500)], (24, 1, 500, 499, 500)),
        # Two values at one instant: the higher counts.
        ([(-24, 500), (-24, 400), (0, 800), (0, 1000)], (24, 500, 1000, 500, 2)),
    ],
)
def test_the_rise_of_ferritin(
    drawn: list[tuple[float, Any]], expected: tuple[Any, ...] | None
) -> None:
    values = [(NOON + hours(at), D(value)) for at, value in drawn]
    rise = iec_hs.rise_per_24_h(values)
    assert rise == iec_hs.rise_per_24_h(values[::-1])
    if expected is None:
        assert rise is None
        return
    assert rise is not None
    span, before, after, difference, ratio = expected
    assert (rise["hours"], rise["from_ng_ml"], rise["to_ng_ml"]) == (span, before, after)
    if difference is not None:
        assert rise["per_24_h"] == difference
    if ratio == "none":
        assert rise["ratio_per_24_h"] is None
    elif ratio is not None:
        assert rise["ratio_per_24_h"] == ratio


@pytest.mark.parametrize(
    ("first_met", "expected"),
    [
        ([], None),
        ([0], None),
        ([0, 0], True),
        ([0, 72], True),
        ([72, 0], True),
        ([0, 72.001], False),
        ([0, 40, 80], False),
        ([-10, 30, 60], True),
    ],
)
def test_together(first_met: list[float], expected: bool | None) -> None:
    since = {f"feature {place}": NOON + hours(at) for place, at in enumerate(first_met)}
    assert iec_hs.together(since) is expected
