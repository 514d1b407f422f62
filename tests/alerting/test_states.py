"""Every row of states.md, which clinicians can read, is what the program does."""

from __future__ import annotations

import re

import pytest

from tests.alerting.room import HERE, Room
from tests.alerting.steps import BEFORE, STEPS, shown, taken


def rows() -> list[tuple[str, str, str, str]]:
    found, state = [], ""
    for line in (HERE / "states.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            state = line.removeprefix("## ")
        elif line.startswith("| ") and not re.match(r"\| (what happens|-+) ", line):
            step, then, events = (cell.strip() for cell in line.strip("|").split("|"))
            found.append((state, step, then, events))
    return found


ROWS = rows()


@pytest.mark.hazard("H26")
@pytest.mark.parametrize(("state", "step", "then", "events"), ROWS, ids=lambda cell: cell or "-")
def test_row(state: str, step: str, then: str, events: str) -> None:
    room = Room()
    BEFORE[state](room)
    assert shown(room.alarm) == state
    assert taken(room, step) == (then, [word.strip() for word in events.split(",") if word.strip()])
    assert room.rebuilt() == room.alarms


def test_every_step_stands_in_the_table_from_every_state() -> None:
    assert [(state, step) for state, step, *_ in ROWS] == [
        (state, step) for state in BEFORE for step in STEPS
    ]


@pytest.mark.hazard("H26")
def test_only_a_persons_act_leads_back_to_normal() -> None:
    by_time_or_values = {
        (state, step) for state, step, then, events in ROWS if then == "normal" != state
        and not {"acknowledged", "resolved"} & set(events.replace(",", "").split())
    }  # fmt: skip
    # Acknowledged by name, assessed by name, and then recovered.
    assert by_time_or_values == {
        ("acknowledged", "grade 0, still so after 1 h, assessed meanwhile")
    }
