"""The wall clock is set under a server that watches: nothing is missed, and nothing storms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.conftest import nurse_at
from tests.faults.senders import Client
from tests.faults.watched import (
    Item,
    acknowledged,
    awaited,
    faked,
    feed,
    grave,
    gravely_ill,
    opened,
)
from tests.running import running
from toxmon.protocol import Protocols

SPAN = timedelta(seconds=6)
"""Of the acknowledgement: the clock is set within it."""
LATE = timedelta(seconds=5)
STEP = "technical:clock:step"


def _clock(nurse: Client) -> Item | None:
    return next((each for each in opened(nurse).values() if each["key"] == STEP), None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.slow
@pytest.mark.hazard("H18")
@pytest.mark.hazard("H19")
@pytest.mark.parametrize(
    ("step", "words"),
    [("+9h", "ahead by 9 h 0 min"), ("-9h", "back by 9 h 0 min"), ("-3d", "back by 72 h 0 min")],
)
def test_the_wall_clock_is_set_under_a_server(
    tmp_path: Path, protocols: Protocols, step: str, words: str
) -> None:
    wall = tmp_path / "wall"
    with running(f"sqlite:///{tmp_path / 'ward.db'}", tmp_path, **faked(wall)) as ward:
        nurse = nurse_at(ward, protocols)
        patient, alert = gravely_ill(nurse, "C1")
        before = set(opened(nurse))
        until = datetime.now(UTC) + SPAN
        acknowledged(nurse, alert, until)
        place = feed(nurse)[-1]["seq"]
        wall.write_text(f"{step}\n")

        # What the clock did is told, at once and alone.
        told = awaited(lambda: _clock(nurse), "nobody said that the clock was set")
        assert datetime.now(UTC) < until, "the machine was too slow: nothing is proven"
        assert words in told["says"]
        assert (told["rule"], told["condition"]) == ("technical:clock", "present")
        assert nurse.call("GET", "//health/ready").status == 200

        # The true time of the bedside is taken, and is not in the future.
        now = datetime.now(UTC)
        kept = nurse.post(f"/patients/{patient}/observations", grave(now))
        assert kept.status == 201, kept
        recorded = max(each["recorded_at"] for each in nurse.everything(patient))
        assert now - LATE < _instant(recorded) < now + LATE

        # The acknowledgement ends at its own time, and the chain goes on.
        def lapse() -> list[Item]:
            found = [each for each in feed(nurse, place) if each["alert_id"] == alert["id"]]
            return found if "escalated" in {each["event"] for each in found} else []

        lapsed, escalated = awaited(lapse, "the acknowledgement never ended")
        assert datetime.now(UTC) < until + LATE
        assert (lapsed["event"], escalated["event"]) == ("lapsed", "escalated")
        assert until <= _instant(lapsed["recorded_at"]) < until + LATE
        assert escalated["body"]["late_seconds"] < LATE.total_seconds()

        # Nothing that was open is gone, nothing else sounds, and the board is the same.
        assert set(opened(nurse)) == {*before, told["id"]}
        assert nurse.ask("GET", f"/patients/{patient}/grades")["grades"]["crs"]["low"] == 3
        assert nurse.call("GET", "//health/ready").status == 200

        # Somebody sets it right: that is over, and stays until a person has seen it.
        wall.write_text("+0\n")
        over = awaited(
            lambda: (found := _clock(nurse)) and found["condition"] == "recovered" and found,
            "it was never well again",
        )
        assert over["state"] == "returned_unacknowledged"
        assert set(opened(nurse)) == {*before, told["id"]}
        assert nurse.post(f"/patients/{patient}/observations", grave(now)).status == 201


@pytest.mark.slow
@pytest.mark.hazard("H18")
def test_started_again_it_believes_the_wall_and_the_alarm_ends(
    tmp_path: Path, protocols: Protocols
) -> None:
    """The way out where the wall is right and toxmon was started while it was wrong."""
    wall = tmp_path / "wall"
    with running(f"sqlite:///{tmp_path / 'ward.db'}", tmp_path, **faked(wall)) as ward:
        nurse = nurse_at(ward, protocols)
        wall.write_text("+9h\n")
        told = awaited(lambda: _clock(nurse), "nobody said that the clock was set")
        assert told["condition"] == "present"
        ward.stop()
        ward.start()
        over = awaited(
            lambda: (found := _clock(nurse)) and found["condition"] == "recovered" and found,
            "an alarm that nobody can end",
        )
        assert over["id"] == told["id"]
        nurse.ask("POST", f"/alerts/{told['id']}/acknowledge", {"reason": "seen"})
        assert told["id"] not in opened(nurse)
