"""Receivers that misbehave: each patient's order is kept, and each message is sent or said dead."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.conftest import Api, Clock
from tests.telling.conftest import LOOPBACK, Receiver, Told, states, waiting, webhook
from toxmon import clock as real
from toxmon import webhooks
from toxmon.actions import Service
from toxmon.actions.deliver import (
    MOST_REFUSALS,
    MOST_SPAN,
    Delivered,
    Outcome,
    deliver,
    standing,
)
from toxmon.actions.posting import Telling, outcome
from toxmon.channels import Channel, Destination
from toxmon.scheduler import told_of_delivery
from toxmon.scheduler.lanes import Lanes
from toxmon.store import Row, deliveries
from toxmon.webhooks import Answered, refusal, retry_after

Receivers = Callable[..., Receiver]
EHR = Channel("ehr", "webhook", "https://ehr.site/x", (bytes(32),), True, events=("*",))
WELL, BAD = Outcome(True, "answered 200"), Outcome(False, "answered 500")


def charted(api: Api, patients: int, turns: int) -> list[str]:
    """Patients with events that wait for the channel `ehr`, several versions each."""
    api.service.listening = (Destination("ehr", events=("*",)),)
    ids = [api.patient(mrn=f"P{number}") for number in range(patients)]
    for _ in range(turns - 1):
        for each in ids:
            api.chart(each, "2026-03-01T07:00:00Z", heart_rate=(80, "/min"))
    return ids


@pytest.mark.hazard("H54")
def test_a_later_version_never_overtakes_an_earlier_one(
    api: Api, clock: Clock, technical: Told
) -> None:
    """A receiver that fails at random, and two processes that post to it."""
    service, chance = api.service, random.Random(54)
    charted(api, patients=3, turns=5)
    came: dict[str, list[int]] = {}

    def post(row: Row) -> Outcome:
        if chance.random() < 0.4:
            return BAD
        body = orjson.loads(row["body"])
        came.setdefault(body["patient_id"], []).append(body["version"])
        return WELL

    for _ in range(200):
        clock.forward(seconds=20)
        for _ in range(2):
            deliver(service, EHR, post, technical)
    assert set(states(service).values()) <= {"sent", "dead"}
    assert len(came) == 3
    for versions in came.values():
        assert versions == sorted(versions)
        assert versions[-1] == 5, "the receiver ends on the newest"


def test_what_waits_for_an_earlier_one_keeps_only_its_own_patient_waiting(
    api: Api, clock: Clock, technical: Told
) -> None:
    service = api.service
    first, second = charted(api, patients=2, turns=2)
    clock.forward(seconds=1)

    def post(row: Row) -> Outcome:
        return BAD if row["patient_id"] == first else WELL

    while deliver(service, EHR, post, technical).sent:
        pass
    rows = service.store.query("select patient_id, turn, tries, sent_at from delivery")
    sent = {(row["patient_id"], row["turn"]) for row in rows if row["sent_at"]}
    assert sent == {(second, 1), (second, 2)}
    tried = {(row["patient_id"], row["turn"]) for row in rows if row["tries"]}
    assert (first, 2) not in tried


def test_a_message_that_its_receiver_will_not_have_makes_way_soon(
    service: Service, clock: Clock, technical: Told
) -> None:
    waiting(service, "one")
    refused = outcome(Answered(422, "answered 422"))
    assert refused.refused
    for _ in range(MOST_REFUSALS):
        deliver(service, EHR, lambda row: refused, technical)
        clock.now = deliveries.next_due(service.store) or clock.now
    assert states(service) == {"one": "dead"}
    assert clock.now - datetime(2026, 3, 1, 8, tzinfo=UTC) < timedelta(minutes=1)
    assert technical.said[-1][2] == 1


def test_a_receiver_is_left_alone_as_long_as_it_asks_and_no_longer_than_five_minutes(
    service: Service, clock: Clock, technical: Told
) -> None:
    for asked, waits in ((60.0, 60.0), (9e9, 300.0), (0.0, 5.0)):
        waiting(service, str(asked))
        busy = outcome(Answered(503, "answered 503", asked))
        deliver(service, EHR, lambda row, busy=busy: busy, technical)  # type: ignore[misc]
        due = deliveries.next_due(service.store)
        assert due is not None
        assert waits * 0.8 <= (due - clock.now).total_seconds() <= waits * 1.2
        clock.now = due
        deliver(service, EHR, lambda row: WELL, technical)
    # What asks for patience with another status is only failing.
    assert outcome(Answered(500, "answered 500", 60.0)).wait_s == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), ("Sun, 01 Mar 2026 08:00:30 GMT", 30.0), (" 7 ", 7.0),
        ("Sun, 01 Mar 2026 07:00:00 GMT", 0.0), ("soon", None), ("-5", None), ("1e9", None),
        ("9" * 400, None), ("", None), (None, None), ("٣", None),
    ],
)  # fmt: skip
def test_how_long_a_receiver_asks_for(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, datetime(2026, 3, 1, 8, tzinfo=UTC)) == seconds


def test_what_waited_as_long_behind_one_that_was_given_up_is_given_up_with_it(
    service: Service, clock: Clock, technical: Told
) -> None:
    """And what came lately is not: the receiver may be back in a moment."""
    for number in range(20):
        waiting(service, f"old-{number}", patient_id=f"p{number}")
    began = clock.now
    while clock.now - began < MOST_SPAN:
        deliver(service, EHR, lambda row: BAD, technical)
        clock.forward(seconds=5)
    waiting(service, "new")
    for _ in range(3):
        deliver(service, EHR, lambda row: BAD, technical)
    assert set(states(service).values()) == {"dead", "waits"}
    assert states(service)["new"] == "waits"
    assert [name for name, state in states(service).items() if state == "waits"] == ["new"]
    assert len(technical.said) < 20
    assert standing(service, EHR)["state"] == "failing"
    clock.forward(seconds=10)
    deliver(service, EHR, lambda row: WELL, technical)
    assert states(service)["new"] == "sent"


MISBEHAVING = (200, 500, 410, 429, 302, 422, "garbage", "closes", "resets")


@pytest.mark.hazard("H53")
def test_what_was_delivered_and_what_died_is_all_that_was_made(
    api: Api, clock: Clock, receivers: Receivers
) -> None:
    """Receivers that take, refuse, reset and talk nonsense: nothing is lost in silence."""
    service = api.service
    found = {str(how): receivers(how) for how in MISBEHAVING}
    channels = {
        name: Channel(name, "webhook", receiver.url, (bytes(32),), True, events=("*",))
        for name, receiver in found.items()
    }
    service.listening = service.destinations = tuple(each.destination for each in channels.values())
    patient = api.treated()
    api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.1, "Cel"))
    telling = Telling(channels, LOOPBACK)
    made = {row["id"] for row in service.store.query("select id from delivery")}
    ends = clock.now + timedelta(minutes=40)
    while clock.now < ends:
        clock.forward(minutes=4)
        for each in channels.values():
            done = Delivered(sent=1)
            while done.sent + done.failed:
                done = deliver(
                    service, each, lambda row: telling.post(service, row), told_of_delivery
                )
    rows = service.store.query("select id, channel, due_at, sent_at, dead_at from delivery")
    first = [row for row in rows if row["id"] in made]
    assert {row["id"] for row in first if row["sent_at"] or row["dead_at"]} == made
    for row in first:
        assert bool(row["sent_at"]) == (row["channel"] == "200")
        if row["sent_at"]:
            assert row["id"] in found["200"].ids()
    alarms = api.get("/alerts").body["items"]
    told = {alarm["key"] for alarm in alarms if alarm["rule"] == "technical:delivery"}
    assert told == {f"technical:delivery:{name}" for name in channels if name != "200"}


def test_an_answer_of_ten_gigabytes_is_not_read(receivers: Receivers) -> None:
    receiver = receivers("ten gigabytes")
    began = real.elapsed()
    answered = webhooks.post(receiver.url, b"{}", {}, LOOPBACK, total_s=5)
    assert answered.ok
    assert real.elapsed() - began < 2
    assert receiver.sent < 64 * 2**20, "what the system's buffers hold, and no more"


def test_a_receiver_that_resets_after_reading_has_not_taken_it(receivers: Receivers) -> None:
    receiver = receivers("resets")
    answered = webhooks.post(receiver.url, b"{}", {}, LOOPBACK, total_s=5)
    assert (answered.ok, answered.status) == (False, None)
    assert len(receiver.got) == 1


def test_a_redirect_to_loopback_is_not_followed(receivers: Receivers) -> None:
    receiver = receivers(307)
    assert not webhooks.post(receiver.url, b"{}", {}, LOOPBACK, total_s=5).ok
    assert [line for line, _, _ in receiver.got] == ["POST /hook"]


def test_a_name_that_leads_nowhere_is_refused_beforehand() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError

    assert "resolved" in (refusal("https://ehr.site/", LOOPBACK, nowhere) or "")
    assert refusal("http://127.0.0.1:80/", LOOPBACK) is None
    assert "never" in (refusal("http://a/", LOOPBACK, lambda h, p: ["169.254.169.254"]) or "")


@pytest.mark.hazard("H56")
def test_a_receiver_that_hangs_delays_no_other(
    service: Service, receivers: Receivers, technical: Told
) -> None:
    """A thousand wait for it; what another is to hear goes out meanwhile."""
    service.clock = real.now
    dead, well = receivers("hangs"), receivers()
    channels = {"dead": webhook(dead, "dead"), "well": webhook(well, "well")}
    waiting(service, *(f"d{number}" for number in range(1_000)), channel="dead")
    lanes = Lanes(service, Telling(channels, LOOPBACK), technical, "test")
    lanes.start()
    try:
        dead.wait_for(1)
        for number in range(10):
            began = real.elapsed()
            waiting(service, f"w{number}", channel="well")
            lanes.kick()
            well.wait_for(number + 1)
            assert real.elapsed() - began < 2
    finally:
        dead.released.set()
        lanes.shutdown()
    assert len(well.got) == 10


def test_a_lane_that_reaches_nobody_rests(service: Service, technical: Told) -> None:
    """A dead receiver must not keep the record busy with all that waits for it."""
    service.clock = real.now
    waiting(service, *(f"d{number}" for number in range(400)), channel="dead")
    tried = threading.Event()
    posts: list[str] = []

    class Nobody(Telling):
        def channel(self, name: str, service: Service | None = None) -> Channel:
            return Channel(name, "webhook", "http://127.0.0.1:9/", (bytes(32),), True)

        def post(self, service: Service, row: Row) -> Outcome:
            posts.append(row["id"])
            tried.set()
            return BAD

    lanes = Lanes(service, Nobody({}, LOOPBACK), technical, "test")
    lanes.start()
    try:
        assert tried.wait(10)
        threading.Event().wait(1.5)
    finally:
        lanes.shutdown()
    assert len(posts) <= 16, "four at a time, with longer and longer rests between"
