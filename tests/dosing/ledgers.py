"""Ledgers that Hypothesis draws: doses near every boundary, held ones, unknown times, doubles.

Few choices make a ledger, for each choice costs time: what an instant can be is listed once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import NamedTuple

from hypothesis import strategies as st

from tests.dosing.hand_rules import BY_HAND, at_site
from toxmon.dosing.drug import DrugRules
from toxmon.dosing.situation import Asked, Given, Held, Situation, Syndrome, Weighing

ZERO = datetime(2026, 3, 28, 12, tzinfo=UTC)
NAMES = "ABCDEFGH"

# Hours that the limits speak of and their sums and differences, a breath to either side of them.
_HOURS = (0, 7, 8, 14, 15, 16, 17, 22, 23, 24, 25, 30, 31, 32, 40, 48, 56, 72)
_SPANS = (
    timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=15),
    timedelta(minutes=29), timedelta(minutes=30), timedelta(minutes=31), timedelta(minutes=60),
)  # fmt: skip
_BREATHS = (timedelta(0), timedelta(0), *(sign * span for sign in (1, -1) for span in _SPANS))
_EDGES = [ZERO + timedelta(hours=hours) + breath for breath, hours in product(_BREATHS, _HOURS)] + [
    ZERO + timedelta(minutes=minutes) for minutes in range(-4000, 7000, 97)
]

instants = st.sampled_from(_EDGES)
_AMOUNTS = [Decimal(tenths) / 10 for tenths in (4000, 5600, 5601, 5880, 5881, 7990, 8000, 8001)]


class _Kind(NamedTuple):
    """What a record may be besides a dose with a time."""

    unknown: bool = False
    bounded: bool = False
    stopped: bool = False


_KINDS = [_Kind()] * 8 + [_Kind(stopped=True), _Kind(unknown=True), _Kind(True, bounded=True)]


@st.composite
def given_doses(draw: st.DrawFn, name: str) -> Given:
    """One dose on record."""
    kind = draw(st.sampled_from(_KINDS))
    at = None if kind.unknown and not kind.bounded else draw(instants)
    return Given(
        fact=name,
        at=None if kind.unknown else at,
        not_after=at if kind.bounded else None,
        mg=draw(st.sampled_from(_AMOUNTS)),
        stopped=kind.stopped,
    )


@st.composite
def _held(draw: st.DrawFn, name: str) -> Held:
    at, until = draw(instants), draw(st.none() | st.just(timedelta(minutes=30)))
    return Held(
        permission=name,
        state="released" if until is None else "reserved",
        at=at,
        mg=Decimal(560),
        by="Pat",
        since=at,
        until_at=None if until is None else at + until,
    )


_WEIGHTS = [None, *(Decimal(tenths) / 10 for tenths in (20, 299, 300, 699, 700, 999, 1000, 1001))]
_SYNDROMES = [
    None,
    *(
        (Syndrome(low=low, high=high), Syndrome(low=icans, high=icans))
        for low, high, icans in product((0, 1), (0, 2), (0, 2))
        if low <= high
    ),
]


@st.composite
def situations(draw: st.DrawFn, most: int = 6) -> Situation:
    """A ledger of up to `most` doses, with all else that a check looks at."""
    doses = [draw(given_doses(name)) for name in NAMES[: draw(st.integers(0, most))]]
    pairs = [(one.fact, two.fact) for n, one in enumerate(doses) for two in doses[n + 1 :]]
    kg = draw(st.sampled_from(_WEIGHTS))
    found = draw(st.sampled_from(_SYNDROMES))
    onset = draw(st.none() | instants)
    began = draw(st.none() | instants)
    return Situation(
        doses=tuple(doses),
        held=tuple(draw(_held(f"held {n}")) for n in range(draw(st.sampled_from([0, 0, 1, 2])))),
        weight=None if kg is None else Weighing(kg=kg, at=draw(instants) - timedelta(hours=48)),
        began_at=began,
        ended_at=began + timedelta(hours=48) if began and draw(st.booleans()) else None,
        distinct=frozenset(draw(st.lists(st.sampled_from(pairs), max_size=2)) if pairs else ()),
        none_elsewhere=draw(st.sampled_from([True, True, None, False])),
        syndromes=None if found is None else {
            "crs": Syndrome(low=found[0].low, high=found[0].high, onset_at=onset),
            "icans": found[1],
        },
        now=draw(st.none() | instants),
    )  # fmt: skip


asked = st.builds(
    Asked,
    at=instants,
    mg=st.sampled_from([None, *_AMOUNTS]),
    indication=st.sampled_from([None, "crs", "icans", "prophylaxis"]),
)

_SITES = [
    at_site(BY_HAND, policy, {
        "fresh_hours": Decimal(72), "tolerance_percent": Decimal(percent),
        "before_hours": Decimal(before), "stopped_counts": stopped, "ask_elsewhere": not stopped,
    })
    for policy, percent, before, stopped in product(
        tuple(BY_HAND.policies), (0, 5), (0, 24), (True, False)
    )
]  # fmt: skip
policies: st.SearchStrategy[DrugRules] = st.sampled_from(_SITES)
