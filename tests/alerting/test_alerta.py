"""The ISA-18.2 chart of Alerta as an oracle, where the two agree on purpose.

The chart is written down here as its users know it: NORM, UNACK, ACKED, RTNUN, SHLVD, OOSRV. Where
toxmon differs, the difference stands in DIFFERENCES with its reason.
"""

from __future__ import annotations

import pytest

from tests.alerting.room import HOUR, Room
from tests.alerting.steps import BEFORE, STEPS
from toxmon.alerting.acts import NotPossible

NAMES = {
    "NORM": "normal",
    "UNACK": "unacknowledged",
    "ACKED": "acknowledged",
    "RTNUN": "returned_unacknowledged",
    "SHLVD": "shelved",
    "OOSRV": "out_of_service",
}
SAME, WORSE, ACK = "the same grade", "a higher grade", "acknowledge"
CLEAR, CLEAR_IN_HAND = (
    "grade 0, still so after 1 h",
    "grade 0, still so after 1 h, assessed meanwhile",
)
SHELVE, UNSHELVE = "shelve", "unshelve"
OUT, BACK = "take out of service", "put back in service"

CHART = [
    ("NORM", SAME, "UNACK"),
    ("UNACK", SAME, "UNACK"),
    ("UNACK", WORSE, "UNACK"),
    ("UNACK", ACK, "ACKED"),
    ("UNACK", CLEAR, "RTNUN"),
    ("UNACK", SHELVE, "SHLVD"),
    ("UNACK", OUT, "OOSRV"),
    ("ACKED", SAME, "ACKED"),
    ("ACKED", WORSE, "UNACK"),
    ("ACKED", CLEAR_IN_HAND, "NORM"),
    ("ACKED", OUT, "OOSRV"),
    ("RTNUN", ACK, "NORM"),
    ("RTNUN", SAME, "UNACK"),
    ("SHLVD", SAME, "SHLVD"),
    ("SHLVD", UNSHELVE, "UNACK"),
    ("OOSRV", SAME, "OOSRV"),
    ("OOSRV", BACK, "UNACK"),
]

# state, what happens: (the chart, toxmon, why)
DIFFERENCES = {
    ("SHLVD", WORSE): ("SHLVD", "UNACK", "no silence outlives the danger (H39)"),
    ("OOSRV", WORSE): ("OOSRV", "UNACK", "no silence outlives the danger (H39)"),
    ("ACKED", SHELVE): ("SHLVD", None, "it calls nobody already; two silences hide each other"),
    ("ACKED", "15 min pass"): ("ACKED", "UNACK", "an acknowledgement lapses (H36)"),
    ("SHLVD", ACK): ("SHLVD", "ACKED", "whoever has it need not end the shelving first"),
}


def after(state: str, step: str) -> str | None:
    room = Room()
    BEFORE[NAMES[state]](room)
    try:
        STEPS[step](room)
    except NotPossible:
        return None
    return next(name for name, ours in NAMES.items() if ours == room.alarm.state)


@pytest.mark.parametrize(("state", "step", "then"), CHART)
def test_where_the_charts_agree(state: str, step: str, then: str) -> None:
    assert after(state, step) == then


@pytest.mark.parametrize(("state", "step"), DIFFERENCES)
def test_where_they_differ_it_is_on_purpose(state: str, step: str) -> None:
    theirs, ours, why = DIFFERENCES[state, step]
    assert after(state, step) == ours != theirs
    assert why


def test_a_clear_is_believed_after_the_hold() -> None:
    """The chart clears at once; here only a level that was seen lower for the hold is followed."""
    room = Room()
    room.level(2)
    room.level(0)
    assert room.alarm.state == "unacknowledged"
    room.now += HOUR
    room.level(0)
    assert room.alarm.state == "returned_unacknowledged"
