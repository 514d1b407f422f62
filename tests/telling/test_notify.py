"""Messages to people: what they say by default and by configuration, and Apprise for real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.telling.conftest import LOOPBACK, Receiver, Told, states, waiting
from toxmon import notify
from toxmon.actions import Service
from toxmon.actions.deliver import Delivered, deliver
from toxmon.actions.posting import Telling
from toxmon.channels import Channel

Receivers = Callable[..., Receiver]
BODY: dict[str, Any] = {
    "event": "raised", "priority": "high", "title": "CRS grade 3", "says": "on norepinephrine",
    "unit": "bmt-1", "bed": "4", "alert_id": "a1", "patient_id": "p1", "step": 0,
}  # fmt: skip


def test_by_default_it_names_the_bed_and_nothing_of_the_patient() -> None:
    title, text = notify.worded(BODY, base_url="https://toxmon.site/", patient="Ann Other")
    assert title == "HIGH alarm: bmt-1, bed 4"
    assert text == "Go to bmt-1, bed 4, and look in toxmon.\nhttps://toxmon.site/alerts/a1"


def test_by_configuration_it_names_the_patient() -> None:
    title, text = notify.worded(BODY, base_url="", patient="Ann Other", names=True)
    assert title == "HIGH alarm: bmt-1, bed 4"
    assert text == "Ann Other: CRS grade 3\non norepinephrine"
    assert "Patient p1: CRS" in notify.worded(BODY, base_url="", names=True)[1]


def test_a_matter_of_no_patient_is_told_in_full() -> None:
    body = {**BODY, "patient_id": None, "bed": None, "unit": None, "title": "The clock was set"}
    title, text = notify.worded(body, base_url="")
    assert title == "HIGH alarm: the whole site"
    assert text == "The clock was set: on norepinephrine"


def test_what_else_it_says() -> None:
    assert "was corrected" in notify.worded({**BODY, "event": "withdrawn"}, base_url="")[1]
    assert "Nobody has acknowledged" in notify.worded({**BODY, "step": 1}, base_url="")[1]
    assert notify.worded({**BODY, "bed": None}, base_url="")[0] == "HIGH alarm: bmt-1"


# what the service answers, is it taken
@pytest.mark.parametrize(("answers", "taken"), [(200, True), (500, False), (302, False)])
def test_apprise_to_a_real_receiver(
    service: Service, receivers: Receivers, technical: Told, answers: int, taken: bool
) -> None:
    receiver = receivers(answers)
    channel = Channel("phone", "notify", f"json://127.0.0.1:{receiver.port}/ward")
    telling = Telling({"phone": channel}, LOOPBACK, "https://toxmon.site")
    waiting(service, "one", channel="phone")
    done = deliver(service, channel, lambda row: telling.post(service, row), technical)
    assert done == Delivered(sent=int(taken), failed=int(not taken))
    assert states(service) == {"one": "sent" if taken else "waits"}
    ((line, _, body),) = receiver.got
    assert line == "POST /ward", "a redirect is not followed"
    told = orjson.loads(body)
    assert told["title"] == "HIGH alarm: bmt-1, bed 4"
    assert "CRS" not in told["message"]
