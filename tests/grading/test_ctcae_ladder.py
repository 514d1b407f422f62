"""Which limits leave a baseline normal, abnormal or either, where one of both is known in part."""

from decimal import Decimal

import pytest

from toxmon.grading.ctcae_ladder import (
    limits_between,
    with_abnormal_baseline,
    with_normal_baseline,
)
from toxmon.grading.spans import Span


def span(low: int, high: int, low_side: int = 0, high_side: int = 0) -> Span:
    """From low to high; a side of -1 is just below the number, of 1 just above it."""
    return Span((Decimal(low), low_side), (Decimal(high), high_side))


# limits, baselines, is higher worse; then the limits that leave the baseline normal, the baselines
# that are abnormal, and the limits that leave it open which of both it is
ROWS = (
    (span(10, 20), span(12, 15), True, span(12, 20), span(12, 15), span(12, 15, 0, -1)),
    (span(10, 20), span(12, 15), False, span(10, 15), span(12, 15), span(12, 15, 1, 0)),
    (span(15, 15), span(12, 15), True, span(15, 15), None, None),
    (span(15, 15), span(12, 15), False, span(15, 15), span(12, 15, 0, -1), span(15, 15)),
    (span(12, 12), span(12, 15), True, span(12, 12), span(12, 15, 1, 0), span(12, 12)),
    (span(12, 12), span(12, 15), False, span(12, 12), None, None),
    (span(14, 14), span(12, 15), True, span(14, 14), span(14, 15, 1, 0), span(14, 14)),
    (span(14, 14), span(12, 15), False, span(14, 14), span(12, 14, 0, -1), span(14, 14)),
    (span(5, 5), span(12, 15), True, None, span(12, 15), None),
    (span(5, 5), span(12, 15), False, span(5, 5), None, None),
    (span(30, 30), span(12, 15), True, span(30, 30), None, None),
    (span(30, 30), span(12, 15), False, None, span(12, 15), None),
    (span(10, 20), span(12, 12), True, span(12, 20), span(12, 12), None),
    (span(10, 20), span(12, 12), False, span(10, 12), span(12, 12), None),
    (span(13, 14), span(12, 15), True, span(13, 14), span(13, 15, 1, 0), span(13, 14)),
    (span(13, 14), span(12, 15), False, span(13, 14), span(12, 14, 0, -1), span(13, 14)),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_limits_and_baselines(
    row: tuple[Span, Span, bool, Span | None, Span | None, Span | None],
) -> None:
    limits, baselines, rising, normal, abnormal, either = row
    assert with_normal_baseline(limits, baselines, rising) == normal
    assert with_abnormal_baseline(limits, baselines, rising) == abnormal
    assert limits_between(limits, baselines, rising) == either
