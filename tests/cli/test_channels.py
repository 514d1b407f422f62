"""`toxmon channels`: how each stands, without its address; a paused one is used again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import KEY, Operator
from tests.telling.conftest import waiting, whsec
from toxmon import clock
from toxmon.actions import Service
from toxmon.actions.deliver import Outcome, deliver
from toxmon.config import read_config
from toxmon.protocol import Protocols
from toxmon.scheduler import told_of_delivery
from toxmon.store import open_store
from toxmon.wiring import create_telling

FILE = f"""
[[channel]]
name = "ehr"
kind = "webhook"
url = "https://10.0.0.9/hook-with-a-secret"
secret = "{whsec(bytes(32))}"

[[channel]]
name = "ward phone"
kind = "notify"
url = "ntfys://secret-topic"
"""


@pytest.fixture
def with_channels(operator: Operator, written: Callable[..., str]) -> Operator:
    """An operator whose server has two channels, and a record."""
    more = {"TOXMON_CHANNELS": written("channels.toml", FILE), "TOXMON_WEBHOOK_ALLOW": "10.0.0.9"}
    operator.environment.update(more)
    operator.good("migrate")
    return operator


def answers_410(operator: Operator, protocols: Protocols) -> None:
    """The receiver of the first channel has answered that it wants no more."""
    config = read_config({k: v for k, v in operator.environment.items() if v is not None})
    store = open_store(config.database_url)
    service = Service(store, clock.now, KEY.encode(), protocols, config.zone)
    waiting(service, "one")
    gone = Outcome(False, "answered 410", gone=True)
    channel = create_telling(config).channel("ehr")
    assert deliver(service, channel, lambda row: gone, told_of_delivery).dead == 1
    store.close()


def test_a_paused_channel_is_listed_and_used_again(
    with_channels: Operator, protocols: Protocols
) -> None:
    well = [("ehr", "webhook", True, "well"), ("ward phone", "notify", False, "well")]
    names = ("name", "kind", "all", "state")

    def listed() -> list[tuple[object, ...]]:
        return [tuple(row[n] for n in names) for row in with_channels.json("channels", "list")]

    assert listed() == well
    answers_410(with_channels, protocols)
    assert listed() == [("ehr", "webhook", True, "paused"), well[1]]
    said = with_channels.good("channels", "list")
    assert "answered 410" in said
    assert "secret" not in said
    alarms = with_channels.json("alerts")["items"]
    assert [(each["key"], each["condition"]) for each in alarms] == [
        ("technical:delivery:ehr", "present")
    ]
    assert "resumed" in with_channels.good("channels", "resume", "ehr")
    assert listed() == well
    alarms = with_channels.json("alerts")["items"]
    assert [each["state"] for each in alarms] == ["returned_unacknowledged"]
    with_channels.good("verify")


def test_what_cannot_be_resumed(with_channels: Operator) -> None:
    said = with_channels.bad(2, "channels", "resume", "fax")
    assert '"ehr", "ward phone"' in said
    assert "is not paused" in with_channels.bad(1, "channels", "resume", "ehr")


def test_without_channels(operator: Operator) -> None:
    assert "TOXMON_CHANNELS" in operator.bad(2, "channels", "list")
    assert "TOXMON_CHANNELS" in operator.bad(2, "channels", "resume", "ehr")
