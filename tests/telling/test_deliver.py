"""The outbox: each message goes out at least once, or somebody hears that it did not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from tests.conftest import Clock
from tests.telling.conftest import LOOPBACK, SECRET, Receiver, Told, states, waiting, webhook, whsec
from toxmon import clock as real
from toxmon.actions import Service
from toxmon.actions.deliver import (
    LEASE,
    MOST_SPAN,
    MOST_TRIES,
    Delivered,
    Outcome,
    deliver,
    resume,
    standing,
)
from toxmon.actions.posting import Telling
from toxmon.channels import Channel
from toxmon.store import Row, deliveries

Receivers = Callable[..., Receiver]
EHR = Channel("ehr", "webhook", "https://ehr.site/x", (SECRET,))


class Post:
    """Answers what it is told to, and notes what was posted."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.posted: list[str] = []

    def __call__(self, row: Row) -> Outcome:
        self.posted.append(row["id"])
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


WELL, BAD = Outcome(True, "answered 200"), Outcome(False, "answered 500")
GONE = Outcome(False, "answered 410", gone=True)


def test_what_is_due_goes_out_once(service: Service, technical: Told) -> None:
    waiting(service, "one", "two")
    post = Post(WELL)
    assert deliver(service, EHR, post, technical) == Delivered(sent=2)
    assert deliver(service, EHR, post, technical) == Delivered()
    assert post.posted == ["one", "two"]
    assert states(service) == {"one": "sent", "two": "sent"}
    assert technical.said == []


def test_the_urgent_goes_first(service: Service, technical: Told) -> None:
    for name, priority in (
        ("a", "low"),
        ("b", "medium"),
        ("c", "high"),
        ("d", "low"),
        ("e", "high"),
    ):
        waiting(service, name, priority=priority)
    post = Post(WELL)
    while deliver(service, EHR, post, technical).sent:
        pass
    assert post.posted == ["c", "e", "b", "a", "d"]


def test_a_failure_is_tried_again_with_growing_waits(
    service: Service, clock: Clock, technical: Told
) -> None:
    waiting(service, "one")
    post = Post(BAD)
    waits = []
    for _ in range(5):
        assert deliver(service, EHR, post, technical) == Delivered(failed=1)
        due = deliveries.next_due(service.store)
        assert due is not None
        waits.append((due - clock.now).total_seconds())
        clock.now = due - timedelta(milliseconds=1)
        assert deliver(service, EHR, post, technical) == Delivered()
        clock.now = due
    for wait, meant in zip(waits, (5, 30, 120, 300, 300), strict=True):
        assert 0.8 * meant <= wait <= 1.2 * meant
    assert technical.said == []


@pytest.mark.hazard("H67")
def test_after_a_quarter_of_an_hour_it_is_given_up_and_said(
    service: Service, clock: Clock, technical: Told
) -> None:
    began = clock.now
    waiting(service, "one")
    post = Post(BAD)
    while states(service) == {"one": "waits"}:
        due = deliveries.next_due(service.store)
        assert due is not None
        clock.now = max(due, clock.now)
        deliver(service, EHR, post, technical)
    assert clock.now - began == MOST_SPAN
    assert len(post.posted) <= MOST_TRIES
    ((key, words, level),) = technical.said
    assert (key, level) == ("delivery:ehr", 1)
    assert "answered 500" in words


def test_a_message_from_before_an_outage_of_ours_gets_its_quarter_of_an_hour(
    service: Service, clock: Clock, technical: Told
) -> None:
    """It waited nine hours because toxmon did not run; that is no failure of the receiver."""
    waiting(service, "one")
    clock.forward(hours=9)
    assert deliver(service, EHR, Post(BAD), technical) == Delivered(failed=1)
    assert states(service) == {"one": "waits"}


def test_when_it_goes_through_again_that_is_said(
    service: Service, clock: Clock, technical: Told
) -> None:
    waiting(service, "one")
    post = Post(BAD, WELL)
    deliver(service, EHR, post, technical)
    assert standing(service, EHR)["state"] == "failing"
    clock.forward(seconds=10)
    assert deliver(service, EHR, post, technical) == Delivered(sent=1)
    assert standing(service, EHR) == {}
    assert [(key, level) for key, _, level in technical.said] == [("delivery:ehr", 0)]


@pytest.mark.conforms("hook-410")
def test_a_receiver_that_is_gone_pauses_its_channel(service: Service, technical: Told) -> None:
    waiting(service, "one", "two")
    post = Post(GONE)
    assert deliver(service, EHR, post, technical) == Delivered(failed=2, dead=2)
    assert post.posted == ["one"], "nothing more goes there"
    assert {level for _, _, level in technical.said} == {1}
    assert "paused" in technical.said[0][1]
    # A person resumes it, or gives it another address.
    waiting(service, "three")
    moved = Channel("ehr", "webhook", "https://ehr.site/y", (SECRET,))
    assert standing(service, moved) == {}
    resume(service, EHR, technical)
    assert technical.said[-1][::2] == ("delivery:ehr", 0)
    assert deliver(service, EHR, Post(WELL), technical).sent == 1


def test_who_dies_between_the_post_and_the_note_posts_the_same_again(
    service: Service, clock: Clock, technical: Told
) -> None:
    waiting(service, "one")

    class Killed(BaseException):
        pass

    def dies(row: Row) -> Outcome:
        raise Killed

    with pytest.raises(Killed):
        deliver(service, EHR, dies, technical)
    post = Post(WELL)
    assert deliver(service, EHR, post, technical) == Delivered(), "the claim holds"
    clock.forward(seconds=LEASE.total_seconds())
    assert deliver(service, EHR, post, technical) == Delivered(sent=1)
    assert post.posted == ["one"]


def test_one_that_kills_whoever_posts_it_is_given_up(
    service: Service, clock: Clock, technical: Told
) -> None:
    waiting(service, "one")
    for _ in range(MOST_TRIES):
        with service.store.writing():
            until = clock.now + LEASE
            assert deliveries.claim(service.store, "ehr", clock.now, until, 1)
        clock.forward(seconds=LEASE.total_seconds())
    post = Post(WELL)
    assert deliver(service, EHR, post, technical).dead == 1
    assert post.posted == []
    assert technical.said[0][2] == 1


def test_an_older_claim_is_not_believed(service: Service, clock: Clock, technical: Told) -> None:
    """A process that slept past its claim may not undo what another has noted since."""
    waiting(service, "one")

    def sleeps(row: Row) -> Outcome:
        clock.forward(seconds=LEASE.total_seconds())
        assert deliver(service, EHR, Post(WELL), technical) == Delivered(sent=1)
        return BAD

    deliver(service, EHR, sleeps, technical)
    assert states(service) == {"one": "sent"}


def test_a_claim_that_another_holds_by_now_is_left_alone(
    service: Service, clock: Clock, technical: Told
) -> None:
    waiting(service, "one")

    def sleeps(row: Row) -> Outcome:
        clock.forward(seconds=LEASE.total_seconds())
        with service.store.writing():
            assert deliveries.claim(service.store, "ehr", clock.now, clock.now + LEASE, 1)
        return WELL

    deliver(service, EHR, sleeps, technical)
    assert states(service) == {"one": "waits"}


@pytest.mark.conforms("hook-out", by="standardwebhooks")
def test_a_real_receiver_gets_it_signed_and_thin(
    service: Service, receivers: Receivers, technical: Told
) -> None:
    service.clock = real.now
    receiver = receivers()
    channel = webhook(receiver)
    waiting(service, "one")
    telling = Telling({"ehr": channel}, LOOPBACK, "https://toxmon.site/")
    done = deliver(service, channel, lambda row: telling.post(service, row), technical)
    assert done == Delivered(sent=1)
    ((_, headers, body),) = receiver.got
    message = Webhook(whsec(SECRET)).verify(body, headers)
    assert headers["webhook-id"] == "one"
    assert (message["type"], message["id"]) == ("alarm.raised", "event-of-one")
    assert message["data"]["link"] == "https://toxmon.site/alerts/a1"
    assert message["data"]["bed"] == "4"
    assert b"CRS" not in body


def test_a_channel_that_is_no_more_takes_nothing(service: Service, technical: Told) -> None:
    waiting(service, "one", channel="old pager")
    telling = Telling({}, LOOPBACK)
    done = deliver(
        service, telling.channel("old pager"), lambda row: telling.post(service, row), technical
    )
    assert done == Delivered(failed=1)
    row = deliveries.of_alarm(service.store, "a1")[0]
    assert "no channel of that name" in orjson.loads(row["outcome"])["says"]


def test_what_the_store_tells_of_it(service: Service, clock: Clock, technical: Told) -> None:
    waiting(service, "one")
    clock.forward(minutes=1)
    waiting(service, "two", channel="pager")
    assert deliveries.recipients(service.store, "a1") == [("ehr", "ehr"), ("pager", "pager")]
    assert deliveries.due_channels(service.store, clock.now) == ["ehr", "pager"]
    assert deliveries.oldest(service.store) == clock.now - timedelta(minutes=1)
    assert [(row["channel"], row["waiting"]) for row in deliveries.counts(service.store)] == [
        ("ehr", 1),
        ("pager", 1),
    ]
    deliver(service, EHR, Post(WELL), technical)
    assert deliveries.due_channels(service.store, clock.now) == ["pager"]
