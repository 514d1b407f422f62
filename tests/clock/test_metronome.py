"""The metronome: when it beats, how late, and what it does when its own clock was set back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from toxmon import clock
from toxmon.scheduler.metronome import GRACE_S, JOB, REST_S, Metronome


class Beats:
    """Notes when it was called, and returns the waits that it was given."""

    def __init__(self, waits: list[float], then: float = 3_600.0) -> None:
        self.waits, self.then = list(waits), then
        self.at: list[float] = []
        self.changed = threading.Condition()

    def __call__(self) -> float:
        with self.changed:
            self.at.append(time.monotonic())
            self.changed.notify_all()
            return self.waits.pop(0) if self.waits else self.then

    def wait_for(self, count: int, seconds: float = 10.0) -> None:
        with self.changed:
            came = self.changed.wait_for(lambda: len(self.at) >= count, seconds)
        assert came, f"{len(self.at)} beats and not {count} within {seconds} s"


@contextmanager
def beating(beat: Callable[[], float], most_s: float = 3_600.0) -> Iterator[Metronome]:
    metronome = Metronome(beat, most_s)
    metronome.start()
    try:
        yield metronome
    finally:
        metronome.shutdown()


@pytest.mark.hazard("H33")
def test_apscheduler_is_told_to_drop_nothing() -> None:
    with beating(Beats([])) as metronome:
        (job,) = metronome.scheduler.get_jobs()
        assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)


def test_it_sleeps_until_the_next_due_and_not_for_a_fixed_tick() -> None:
    """Twelve waits of odd lengths; how much later than wanted each beat came."""
    waits = [0.21 + 0.017 * n for n in range(12)]
    beats = Beats(waits)
    with beating(beats):
        beats.wait_for(13)
    lateness = [
        later - earlier - wait
        for earlier, later, wait in zip(beats.at, beats.at[1:], waits, strict=False)
    ]
    assert min(lateness) > -0.02
    assert max(lateness) < 1.0, lateness


def test_a_kick_brings_the_next_beat_at_once_and_many_kicks_bring_few() -> None:
    beats = Beats([])
    with beating(beats) as metronome:
        beats.wait_for(1)
        time.sleep(REST_S)
        kicked = time.monotonic()
        for _ in range(500):
            metronome.kick()
        beats.wait_for(2)
        assert beats.at[1] - kicked < 1.0
        time.sleep(2 * REST_S)
        assert len(beats.at) <= 4


def test_a_kick_during_a_beat_is_not_lost() -> None:
    begun, go_on = threading.Event(), threading.Event()
    times: list[float] = []

    def beat() -> float:
        times.append(time.monotonic())
        begun.set()
        go_on.wait(10)
        return 3_600.0

    with beating(beat) as metronome:
        assert begun.wait(10)
        metronome.kick()
        go_on.set()
        deadline = time.monotonic() + 5
        while len(times) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(times) == 2


def test_a_beat_that_raises_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    times: list[float] = []

    def beat() -> float:
        times.append(time.monotonic())
        raise RuntimeError("a fault of ours")

    with beating(beat, 0.3):
        deadline = time.monotonic() + 10
        while len(times) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(times) >= 3
    assert "a beat failed" in caplog.text


@pytest.mark.hazard("H18")
def test_the_guard_calls_a_beat_that_apscheduler_has_put_off() -> None:
    """As when the wall clock was set back by nine hours: its next run lies nine hours ahead."""
    beats = Beats([1.0])
    with beating(beats) as metronome:
        beats.wait_for(1)
        time.sleep(0.1)
        metronome.scheduler.modify_job(JOB, next_run_time=clock.now() + timedelta(hours=9))
        beats.wait_for(2)
        assert beats.at[1] - beats.at[0] < 1.0 + GRACE_S + 1.0
        assert metronome.rearmed == 1


def test_a_long_beat_is_not_called_again_meanwhile() -> None:
    running, most = 0, 0
    count = 0
    lock = threading.Lock()

    def beat() -> float:
        nonlocal running, most, count
        with lock:
            running += 1
            count += 1
            most = max(most, running)
        time.sleep(1.2)
        with lock:
            running -= 1
        return 0.0

    with beating(beat, 0.3):
        time.sleep(3.0)
    assert most == 1
    assert count >= 2


def test_it_can_be_ended_at_any_moment() -> None:
    for _ in range(5):
        with beating(Beats([], 0.0), 0.3):
            pass
