"""The watch of a process: lanes beside each other, signs of life, and when it is not ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.conftest import Api, Clock
from tests.telling.conftest import LOOPBACK, Receiver, Told, states, waiting, webhook
from toxmon.actions import Service, canary, heartbeat
from toxmon.actions.posting import Telling
from toxmon.actions.sweep import Swept
from toxmon.scheduler import Watch
from toxmon.scheduler.lanes import Lanes
from toxmon.scheduler.outside import Outside
from toxmon.store import Unavailable, beats

Receivers = Callable[..., Receiver]


@pytest.fixture
def lanes(service: Service, technical: Told) -> Iterator[Callable[..., Lanes]]:
    """Makes lanes that run; they are stopped afterwards."""
    made: list[Lanes] = []

    def make(*receivers: tuple[str, Receiver]) -> Lanes:
        channels = {name: webhook(receiver, name) for name, receiver in receivers}
        found = Lanes(service, Telling(channels, LOOPBACK), technical, "test")
        made.append(found)
        found.start()
        return found

    yield make
    for each in made:
        each.shutdown()


def until(true: Callable[[], bool], seconds: float = 10.0) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.hazard("H37")
def test_a_receiver_that_hangs_delays_nobody_else(
    service: Service, receivers: Receivers, lanes: Callable[..., Lanes]
) -> None:
    hanging, well = receivers("hangs"), receivers()
    running = lanes(("hanging", hanging), ("well", well))
    waiting(service, "h1", "h2", channel="hanging")
    running.kick()
    hanging.wait_for(1)
    took = []
    for number in range(5):
        waiting(service, f"w{number}", channel="well")
        running.kick()
        took.append(until(lambda n=number: states(service)[f"w{n}"] == "sent"))
    assert max(took) < 2.0, took
    assert states(service)["h1"] == "waits"


def test_what_another_process_put_there_is_found_without_a_kick(
    service: Service, receivers: Receivers, lanes: Callable[..., Lanes]
) -> None:
    well = receivers()
    lanes(("well", well))
    waiting(service, "one", channel="well")
    assert until(lambda: states(service)["one"] == "sent") < 2.5
    assert well.ids() == ["one"]


class Sweeping:
    """A sweep that does what it is told."""

    def __init__(self) -> None:
        self.swept: Swept | Unavailable = Swept(0, 0, True, None)

    def __call__(self, service: Service, lease: timedelta) -> Swept:
        if isinstance(self.swept, Unavailable):
            raise self.swept
        return self.swept


def test_when_to_come_again(service: Service, clock: Clock) -> None:
    sweeping = Sweeping()
    watch = Watch(service, 15, sweeping=sweeping)
    assert watch.beat() == 15
    sweeping.swept = Swept(0, 0, True, clock.now + timedelta(seconds=4))
    assert watch.beat() == 4
    sweeping.swept = Swept(0, 0, True, clock.now - timedelta(hours=1))
    assert watch.beat() == 0
    sweeping.swept = Swept(1, 1, False, None)
    assert watch.beat() == 2
    sweeping.swept = Unavailable("gone")
    assert watch.beat() == 2


@pytest.mark.hazard("H67")
def test_only_a_whole_sweep_is_a_sign_of_life(service: Service) -> None:
    sweeping = Sweeping()
    sweeping.swept = Swept(3, 1, False, None)
    Watch(service, 15, sweeping=sweeping).beat()
    assert beats.get(service.store, "sweep") is None
    sweeping.swept = Swept(3, 0, True, None)
    Watch(service, 15, sweeping=sweeping).beat()
    assert beats.get(service.store, "sweep") is not None


def alive(service: Service) -> None:
    """What a watch that is whole has noted."""
    for name in ("sweep", "delivery"):
        heartbeat.beat(service, name, "test")
    assert canary.sing(service, "test").wrong is None


@pytest.mark.hazard("H67")
@pytest.mark.hazard("H41")
def test_each_part_that_is_silent_for_a_minute_is_named(service: Service, clock: Clock) -> None:
    assert "NOT MONITORED: no process sweeps" in heartbeat.reasons(service)[0]
    assert heartbeat.reasons(service, fresh=True) == ()
    alive(service)
    assert heartbeat.reasons(service) == ()
    clock.forward(seconds=60)
    assert heartbeat.reasons(service) == ()
    clock.forward(seconds=1)
    for name, words in (("sweep", "NOT MONITORED"), ("delivery", "delivered"), ("canary", "grad")):
        alive(service)
        with service.store.writing():
            beats.put(service.store, name, clock.now - timedelta(seconds=61), "test")
        (reason,) = heartbeat.reasons(service)
        assert words in reason
        alive(service)


@pytest.mark.hazard("H67")
def test_grading_that_fails_is_noticed_at_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive(service)
    monkeypatch.setattr(canary, "EXPECTED", {"crs": 4})
    assert "crs of the canary is 4" in str(canary.sing(service, "test").wrong)
    (reason,) = heartbeat.reasons(service, fresh=True)
    assert "grading: crs of the canary is 4, and was graded 3" in reason

    def raises(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(canary, "fold", raises)
    assert "ZeroDivisionError" in str(canary.sing(service, "test").wrong)


@pytest.mark.hazard("H67")
def test_messages_that_wait_and_channels_that_fail_are_named(
    service: Service, clock: Clock, receivers: Receivers
) -> None:
    waiting(service, "one")
    clock.forward(seconds=61)
    alive(service)
    (reason,) = heartbeat.reasons(service)
    assert "messages have waited to be sent since 2026-03-01T08:00:00Z" in reason
    service.store.query("select 1")
    service.channels = ("pager",)
    with service.store.writing():
        detail = '{"state": "paused", "says": "answered 410", "since": "x", "address": "y"}'
        beats.put(service.store, "channel:pager", clock.now, "test", detail)
        beats.put(service.store, "channel:old", clock.now, "test", detail)
    assert heartbeat.reasons(service)[1:] == (
        'the channel "pager" is paused since 2026-03-01T08:01:01Z',
    )


@pytest.mark.hazard("H42")
@pytest.mark.hazard("H67")
def test_ready_says_so_within_a_minute(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh process has a minute; the proxy's own question is another one."""
    assert api.get("//health/ready").status == 200
    api.app.extensions["toxmon_began"] -= 61
    answer = api.get("//health/ready")
    assert (answer.status, answer.body["status"]) == (503, "not ready")
    assert "NOT MONITORED" in answer.body["reasons"][0]
    assert api.get("//health/web").status == 200
    assert api.get("//health/live").status == 200
    alive(api.service)
    assert api.get("//health/ready").body["status"] == "ready"

    def full(*_: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(api.service.store, "writing", full)
    for path in ("//health/ready", "//health/web"):
        answer = api.get(path)
        assert (answer.status, "cannot be written" in answer.body["reason"]) == (503, True)
    assert api.get("//health/live").status == 200


@pytest.mark.hazard("H67")
def test_the_outside_hears_of_a_whole_watch_only(
    service: Service, clock: Clock, receivers: Receivers
) -> None:
    listener = receivers()
    sweeping = Sweeping()
    watch = Watch(service, 15, heartbeat_url=listener.url, sweeping=sweeping)
    watch.beat()
    time.sleep(0.3)
    assert listener.got == [], "nothing was delivered yet"
    heartbeat.beat(service, "delivery", "test")
    sweeping.swept = Swept(1, 1, False, None)
    watch.beat()
    time.sleep(0.3)
    assert listener.got == [], "the sweep was not whole"
    sweeping.swept = Swept(1, 0, True, None)
    watch.beat()
    listener.wait_for(1)
    watch.beat()
    time.sleep(0.3)
    assert [got[0] for got in listener.got] == ["GET /hook"], "and not at each beat"


def test_a_listener_that_hangs_holds_nobody_up(receivers: Receivers) -> None:
    outside = Outside(receivers("hangs").url, every_s=0.0)
    began = time.monotonic()
    for _ in range(3):
        outside.alive()
    assert time.monotonic() - began < 1.0
