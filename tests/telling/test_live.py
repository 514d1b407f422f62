"""From the bedside to a real receiver: how soon, what is said, who hears of a correction."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from tests.conftest import Api, Clock
from tests.faults.conftest import nurse_at
from tests.faults.senders import Client, assert_verified
from tests.faults.watched import Item, awaited, grave
from tests.running import Ward, running
from tests.telling.conftest import LOOPBACK, SECRET, Receiver, webhook, whsec
from toxmon.actions import Service
from toxmon.actions.posting import Telling
from toxmon.protocol import Protocols
from toxmon.scheduler import Watch
from toxmon.store import deliveries

Receivers = Callable[..., Receiver]
WITHIN_S = 2.0
NAME, MRN = "Wilhelmina Zweigenthal", "MRN-7731-QX"
TABLE = """
[[channel]]
name = "{name}"
kind = "webhook"
url = "{url}"
secret = "{secret}"
all = {all}
"""


@contextmanager
def telling(
    url: str, folder: Path, everything: Mapping[str, Receiver], on_call: Mapping[str, Receiver]
) -> Iterator[Ward]:
    """A server with webhooks: some hear everything, some only what the roster sends them."""
    tables = [
        TABLE.format(name=name, url=to.url, secret=whsec(SECRET), all=every)
        for every, listed in (("true", everything), ("false", on_call))
        for name, to in listed.items()
    ]
    file = folder / "channels.toml"
    file.write_text("".join(tables), "utf-8")
    allowed = " ".join(f"127.0.0.1:{to.port}" for to in (*everything.values(), *on_call.values()))
    settings = {
        "TOXMON_CHANNELS": str(file),
        "TOXMON_WEBHOOK_ALLOW": allowed,
        "TOXMON_BASE_URL": "https://toxmon.example.org",
        "TOXMON_SWEEP_SECONDS": "1",
    }
    with running(url, folder, **settings) as ward:
        yield ward


def admitted(nurse: Client, number: int = 0) -> str:
    """A patient with a name, infused an hour ago."""
    identifiers = [{"system": "urn:mrn", "value": f"{MRN}{number}"}]
    new = {"identifiers": identifiers, "unit": "bmt-1", "name": NAME, "birth_date": "1961-05-02"}
    patient: str = nurse.ask("POST", "/patients", new)["id"]
    infused_at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    infusion = {"product": "ide-cel", "infused_at": infused_at}
    nurse.ask("POST", f"/patients/{patient}/infusions", infusion)
    return patient


def on_duty(nurse: Client, role: str, person: str, channel: str) -> Item:
    """A shift that has begun."""
    now = datetime.now(UTC)
    shift = {
        "unit": "bmt-1",
        "role": role,
        "person": person,
        "channel": channel,
        "from": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(hours=8)).isoformat(),
    }
    found: Item = nurse.ask("POST", "/rosters", shift)
    return found


def believed(receiver: Receiver) -> list[Item]:
    """What a receiver was told, each message checked as Standard Webhooks has it."""
    checks = Webhook(whsec(SECRET))
    return [checks.verify(body, headers) for _, headers, body in receiver.got]


def of_type(receiver: Receiver, kind: str) -> list[Item]:
    return [each for each in believed(receiver) if each["type"] == kind]


def told_of(receiver: Receiver, alert: Item) -> bool:
    raised = of_type(receiver, "alarm.raised")
    return any(each["data"]["alert_id"] == alert["id"] for each in raised)


@pytest.mark.slow
@pytest.mark.hazard("H56")
@pytest.mark.hazard("H73")
def test_a_grade_3_is_at_the_receiver_within_two_seconds(
    database_url: str, tmp_path: Path, protocols: Protocols, receivers: Receivers
) -> None:
    well, hanging = receivers(), receivers("hangs")
    both = {"hanging": hanging, "ehr": well}
    with telling(database_url, tmp_path, both, {}) as ward:
        nurse = nurse_at(ward, protocols)
        took = []
        for number in range(5):
            patient = admitted(nurse, number)
            began = time.monotonic()
            path = f"/patients/{patient}/observations"
            kept = nurse.ask("POST", path, grave(datetime.now(UTC)))
            (alert,) = kept["alerts"]
            awaited(partial(told_of, well, alert), "the receiver was told nothing")
            took.append(time.monotonic() - began)
        assert max(took) < WITHIN_S, took
        # The other one was told as well, and holds on to its first messages to this moment.
        assert hanging.got
        first = of_type(well, "alarm.raised")[0]
        assert (first["data"]["priority"], first["data"]["level"]) == ("high", 3)
        assert first["data"]["unit"] == "bmt-1"
        asked = nurse.ask("GET", f"/alerts/{first['data']['alert_id']}")
        assert first["id"] in {each["id"] for each in asked["items"]}
        states = {each["channel"]: each["state"] for each in asked["deliveries"]}
        assert states == {"ehr": "sent", "hanging": "waiting"}

        # Nobody who reads along learns who it is, or what is the matter with them.
        raw = b"".join(
            line.encode() + b"".join(f"{k}:{v}".encode() for k, v in headers.items()) + body
            for receiver in both.values()
            for line, headers, body in receiver.got
        )
        with urllib.request.urlopen(f"{ward.url}/metrics", timeout=10) as answer:
            metrics = answer.read()
        for told in (*NAME.split(), MRN, "urn:mrn", "1961-05", "temperature"):
            for where in (raw, metrics, ward.log.read_bytes()):
                assert told.encode() not in where
        hanging.released.set()


@pytest.mark.slow
@pytest.mark.hazard("H26")
def test_who_was_told_of_a_value_is_told_that_it_was_corrected(
    tmp_path: Path, protocols: Protocols, receivers: Receivers
) -> None:
    """Also when their shift is over by then; and nobody else's phone is troubled with it."""
    phone, other = receivers(), receivers()
    url = f"sqlite:///{tmp_path / 'ward.db'}"
    with telling(url, tmp_path, {}, {"phone of Ada": phone, "phone of Ben": other}) as ward:
        nurse = nurse_at(ward, protocols)
        shift = on_duty(nurse, "bedside_nurse", "Ada", "phone of Ada")
        patient = admitted(nurse)
        kept = nurse.ask("POST", f"/patients/{patient}/observations", grave(datetime.now(UTC)))
        (alert,) = kept["alerts"]
        phone.wait_for(1)
        (told,) = believed(phone)
        assert (told["type"], told["data"]["step"]) == ("alarm.escalated", 0)
        assert (told["data"]["alert_id"], told["data"]["version"]) == (
            alert["id"],
            kept["version"],
        )
        swap = {**{k: shift[k] for k in ("unit", "role", "from", "until")}, "person": "Ben"}
        change = {**swap, "channel": "phone of Ben", "reason": "they have swapped"}
        nurse.ask("POST", f"/rosters/{shift['id']}/corrections", change)

        # Somebody else's thermometer: with it goes the fever, and with that the CRS.
        ids = {each["kind"]: each["id"] for each in kept["observations"]}
        right = {"value": 36.9, "unit": "Cel", "reason": "of the patient in the next bed"}
        nurse.ask("POST", f"/observations/{ids['body_temperature']}/corrections", right)
        phone.wait_for(2)
        (withdrawn,) = of_type(phone, "alarm.withdrawn")
        assert withdrawn["data"]["alert_id"] == alert["id"]
        assert withdrawn["data"]["condition"] == "withdrawn"
        told = re.sub(rb"T[0-9:.]+", b"", phone.got[-1][2])  # An instant may have these digits.
        assert told.count(b"36.9") == 0
        now = nurse.ask("GET", f"/alerts/{alert['id']}")
        assert "was corrected by nurse of the test from 39.1 to 36.9" in now["alert"]["says"]
        assert {each["channel"] for each in now["deliveries"]} >= {"phone of Ada"}


@pytest.mark.slow
def test_an_operator_resumes_a_channel_whose_receiver_was_gone(
    tmp_path: Path, protocols: Protocols, receivers: Receivers
) -> None:
    gone, well = receivers(410), receivers()
    url = f"sqlite:///{tmp_path / 'ward.db'}"
    with telling(url, tmp_path, {"ehr": gone, "pager": well}, {}) as ward:
        nurse = nurse_at(ward, protocols)
        path = f"/patients/{admitted(nurse)}/observations"
        (alert,) = nurse.ask("POST", path, grave(datetime.now(UTC)))["alerts"]

        def trouble() -> Item | None:
            found = nurse.ask("GET", "/alerts")["items"]
            return next((each for each in found if each["rule"] == "technical:delivery"), None)

        told = awaited(trouble, "nobody said that a channel was paused")
        assert (told["condition"], told["key"]) == ("present", "technical:delivery:ehr")
        assert "paused" in nurse.call("GET", "//health/ready").body["reason"]
        gone.answers = 200
        done = ward.run("channels", "resume", "ehr")
        assert done.returncode == 0, done.stderr
        assert nurse.call("GET", "//health/ready").status == 200
        over = trouble()
        assert over is not None
        assert over["state"] == "returned_unacknowledged"
        assert nurse.post(f"/alerts/{alert['id']}/note", {"text": "seen"}).status == 200
        awaited(lambda: of_type(gone, "alarm.noted"), "nothing goes out through it")
        assert_verified(ward)


@pytest.mark.hazard("H35")
def test_never_acknowledged_each_role_is_told_in_its_turn(
    api: Api, service: Service, clock: Clock, receivers: Receivers
) -> None:
    """The chain of the shipped policy for HIGH, as phones hear it; the last step repeats."""
    chain = {
        "bedside_nurse": [0],
        "charge_nurse": [3],
        "on_call_physician": [6],
        "consultant": [10, 15, 20, 25],
    }
    phones = {role: receivers() for role in chain}
    channels = {role: webhook(phone, role) for role, phone in phones.items()}
    service.channels = tuple(channels)
    for role in chain:
        shift = {"unit": "bmt-1", "role": role, "person": f"{role} of today", "channel": role}
        span = {"from": "2026-03-01T06:00:00Z", "until": "2026-03-01T20:00:00Z"}
        assert api.post("/rosters", {**shift, **span}).status == 201
    patient = api.treated()
    kept = api.post(f"/patients/{patient}/observations", grave(clock.now))
    (alert,) = kept.body["alerts"]
    began = clock.now
    watch = Watch(service, 15, Telling(channels, LOOPBACK))
    watch.lanes.start()
    came: dict[str, list[timedelta]] = {role: [] for role in chain}
    try:
        while clock.now <= began + timedelta(minutes=26):
            wait = watch.beat()
            clock.forward(seconds=0.001)  # Of two acts at one instant the later is a little later.
            awaited(lambda: deliveries.next_due(service.store) is None, "a message waits")
            for role, phone in phones.items():
                bodies = [orjson.loads(body) for _, _, body in phone.got]
                told = sum(each["data"]["alert_id"] == alert["id"] for each in bodies)
                came[role] += [clock.now - began] * (told - len(came[role]))
            clock.forward(seconds=max(wait, 0.001))
    finally:
        watch.shutdown()
    for role, minutes in chain.items():
        assert len(came[role]) == len(minutes), came
        for at, expected in zip(came[role], minutes, strict=True):
            assert abs(at - timedelta(minutes=expected)) < timedelta(seconds=1), came
    shown = api.get(f"/alerts/{alert['id']}").body
    steps = [each["body"] for each in shown["items"] if each["event"] == "escalated"]
    assert [each["told"][0]["person"] for each in steps][:2] == [
        "bedside_nurse of today",
        "charge_nurse of today",
    ]
    assert shown["alert"]["signal"] == "sounding"
