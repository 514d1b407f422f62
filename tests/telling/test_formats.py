"""Each format as its own receiver reads it: what it says of an alarm, and what it never says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from tests.conftest import Api, Clock
from tests.postgres import PostgresServer
from tests.telling.conftest import LOOPBACK, SECRET, Receiver, waiting, whsec
from tests.telling.engines import KEY, alerta, alertmanager, read
from toxmon import clock as real
from toxmon.actions import Service
from toxmon.actions.deliver import Delivered, deliver
from toxmon.actions.posting import Telling
from toxmon.channels import (
    ALERTA,
    ALERTMANAGER,
    CLOUDEVENTS,
    FHIR,
    FORMATS,
    OF_ALARMS,
    PAGERDUTY,
    Channel,
    load_channels,
)
from toxmon.scheduler import told_of_delivery

Receivers = Callable[..., Receiver]
BASE = "https://toxmon.site"
SAID = {"title": "CRS grade 3", "says": "on norepinephrine"}
SECRETS = ("CRS", "norepinephrine", "p1")
"""What no format of another maker may say, unless the site allows the first two."""


def channel(url: str, form: str, **more: Any) -> Channel:
    secrets = () if form in OF_ALARMS else (SECRET,)
    key = KEY if form in (PAGERDUTY, ALERTA) else ""
    return Channel("ehr", "webhook", url, secrets, True, format=form, key=key, **more)


def tell(service: Service, to: Channel, *, names: bool = False) -> Delivered:
    """Post everything that waits."""
    telling = Telling({"ehr": to}, LOOPBACK, BASE + "/", names)
    done = Delivered()
    while True:
        more = deliver(service, to, lambda row: telling.post(service, row), told_of_delivery)
        if not more.sent + more.failed:
            return done
        done = Delivered(done.sent + more.sent, done.failed + more.failed, done.dead + more.dead)


def posted(service: Service, receiver: Receiver, form: str, **more: Any) -> Any:
    """The body of what a receiver of a format got last, and its headers."""
    assert tell(service, channel(receiver.url, form, **more)).failed == 0
    _, headers, body = receiver.got[-1]
    return orjson.loads(body), headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("form", OF_ALARMS)
def test_other_makers_learn_where_and_how_urgent(
    service: Service, receivers: Receivers, form: str
) -> None:
    receiver = receivers()
    waiting(service, "one", **SAID)
    body, headers = posted(service, receiver, form)
    text = orjson.dumps(body).decode()
    assert "HIGH alarm: bmt-1, bed 4" in text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "webhook-signature" not in headers
    waiting(service, "two", **SAID)
    text = orjson.dumps(posted(service, receiver, form, thin=False)[0]).decode()
    assert [secret for secret in SECRETS if secret in text] == ["CRS", "norepinephrine"]
    waiting(service, "three", **SAID, patient_id=None)
    assert "norepinephrine" in orjson.dumps(posted(service, receiver, form)[0]).decode()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.conforms("pagerduty")
def test_pagerduty(service: Service, receivers: Receivers) -> None:
    receiver = receivers(202)
    waiting(service, "one", state="unacknowledged")
    assert posted(service, receiver, PAGERDUTY)[0] == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "a1",
        "client": "toxmon",
        "client_url": f"{BASE}/alerts/a1",
        "payload": {
            "summary": "HIGH alarm: bmt-1, bed 4",
            "source": BASE,
            "severity": "critical",
            "timestamp": "2026-03-01T08:00:00+00:00",
            "component": "bmt-1",
            "group": "toxmon",
            "class": "alarm",
            "custom_details": {"unit": "bmt-1", "bed": "4"},
        },
    }
    for priority, severity in (("medium", "warning"), ("low", "info")):
        waiting(service, priority, priority=priority)
        assert posted(service, receiver, PAGERDUTY)[0]["payload"]["severity"] == severity
    for state, action in (
        ("acknowledged", "acknowledge"),
        ("shelved", "acknowledge"),
        ("returned_unacknowledged", "trigger"),
        ("normal", "resolve"),
    ):
        waiting(service, state, state=state)
        body, _ = posted(service, receiver, PAGERDUTY)
        assert (body["event_action"], body["dedup_key"]) == (action, "a1")
        assert ("payload" in body) == (action == "trigger")
    waiting(service, "long", alert_id="x" * 400)
    assert len(posted(service, receiver, PAGERDUTY)[0]["dedup_key"]) == 255


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.conforms("cloudevents")
def test_cloudevents(service: Service, receivers: Receivers) -> None:
    service.clock = real.now
    receiver = receivers()
    waiting(service, "one", **SAID)
    body, headers = posted(service, receiver, CLOUDEVENTS)
    assert headers["content-type"] == "application/cloudevents+json"
    assert Webhook(whsec(SECRET)).verify(receiver.got[-1][2], headers) == body
    assert {name: body[name] for name in body if name not in ("data", "time")} == {
        "specversion": "1.0",
        "id": "event-of-one",
        "source": BASE,
        "type": "toxmon.alarm.raised",
        "subject": "patients/p1",
        "datacontenttype": "application/json",
    }
    assert body["data"]["version"] == 7
    assert "says" not in body["data"]


@pytest.mark.conforms("fhir-subscription")
def test_a_fhir_subscription(api: Api, clock: Clock, receivers: Receivers) -> None:
    """Numbers without a gap, the status first, references that last, and no content."""
    service, receiver = api.service, receivers()
    to = channel(receiver.url, FHIR, events=("*",))
    service.listening = service.destinations = (to.destination,)
    patient = api.treated()
    kept = api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.1, "Cel"))
    fact = kept.body["observations"][0]["id"]
    wrong = {"value": 38.4, "unit": "Cel", "reason": "typed wrong"}
    again = api.post(f"/observations/{fact}/corrections", wrong)
    assert again.status == 201
    assert api.post("/webhooks/ehr/test", by="admin").status == 202
    clock.forward(seconds=1)  # Of what was charted at one instant the later is a little later.
    assert tell(service, to).failed == 0
    numbers, focused = [], {}
    for _, headers, raw in receiver.got:
        assert headers["content-type"] == "application/fhir+json"
        bundle = orjson.loads(raw)
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "history")
        status, *changed = bundle["entry"]
        said = {each["name"]: each for each in status["resource"]["parameter"]}
        assert said["topic"]["valueCanonical"].startswith(f"{BASE}/fhir/SubscriptionTopic/")
        assert (
            said["subscription"]["valueReference"]["reference"] == f"{BASE}/fhir/Subscription/ehr"
        )
        assert all("resource" not in entry for entry in changed), "ids only"
        assert all({"request", "response"} <= entry.keys() for entry in bundle["entry"])
        if said["type"]["valueCode"] == "handshake":
            continue
        event = {each["name"]: each for each in said["notification-event"]["part"]}
        number = event["event-number"]["valueString"]
        assert number == said["events-since-subscription-start"]["valueString"]
        numbers.append(int(number))
        if "focus" in event:
            focus = event["focus"]["valueReference"]["reference"]
            assert focus == changed[0]["fullUrl"]
            focused[int(number)] = focus.removeprefix(f"{BASE}/fhir/")
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    kinds = {focus.partition("/")[0] for focus in focused.values()}
    assert {"Patient", "Observation", "Flag"} <= kinds
    # A correction is told under the id of the first fact, which FHIR knows the observation by.
    assert list(focused.values()).count(f"Observation/{fact}") == 2
    assert b"39.1" not in b"".join(raw for _, _, raw in receiver.got)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_test_has_words_in_every_format(api: Api, receivers: Receivers) -> None:
    service, receiver = api.service, receivers()
    for form in FORMATS:
        to = channel(receiver.url, form)
        service.destinations = (to.destination,)
        assert api.post("/webhooks/ehr/test", by="admin").status == 202
        assert tell(service, to) == Delivered(sent=1)
    assert len(receiver.got) == len(FORMATS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.conforms("alertmanager", by="Alertmanager")
def test_alertmanager_takes_what_it_is_told(service: Service, tmp_path: Path) -> None:
    service.clock = real.now
    raised = (real.now() - timedelta(minutes=3)).isoformat()
    with alertmanager(tmp_path) as address:
        to = channel(f"{address}/api/v2/alerts", ALERTMANAGER)

        def standing() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = read(f"{address}/api/v2/alerts")
            return found

        waiting(service, "one", priority="medium", state="unacknowledged", raised_at=raised)
        waiting(service, "other", state="unacknowledged", alert_id="a2")
        assert tell(service, to) == Delivered(sent=2)
        assert {_labels(each) for each in standing()} == {("a1", "warning"), ("a2", "critical")}
        # It worsens: the same alarm in another severity, and in no other any more.
        waiting(service, "two", priority="high", state="unacknowledged", raised_at=raised)
        tell(service, to)
        assert {_labels(each) for each in standing()} == {("a1", "critical"), ("a2", "critical")}
        first = next(each for each in standing() if each["labels"]["alarm"] == "a1")
        assert first["annotations"] == {"summary": "HIGH alarm: bmt-1, bed 4", "bed": "4"}
        assert first["generatorURL"] == f"{BASE}/alerts/a1"
        waiting(service, "three", state="normal", raised_at=raised)
        tell(service, to)
        assert {_labels(each) for each in standing()} == {("a2", "critical")}


def _labels(alert: dict[str, Any]) -> tuple[str, str]:
    return alert["labels"]["alarm"], alert["labels"]["severity"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.conforms("alerta", by="alerta-server")
def test_alerta_takes_what_it_is_told(
    service: Service, postgres: PostgresServer, pytestconfig: pytest.Config
) -> None:
    assert pytestconfig.cache is not None
    with alerta(pytestconfig.cache.mkdir("engines"), postgres) as address:
        to = channel(f"{address}/alert", ALERTA)

        def standing() -> list[tuple[str, str, str]]:
            found = read(f"{address}/alerts", Authorization=f"Key {KEY}")["alerts"]
            return sorted((each["event"], each["severity"], each["status"]) for each in found)

        waiting(service, "one", priority="medium", state="unacknowledged")
        waiting(service, "two", state="unacknowledged", alert_id="a2")
        assert tell(service, to) == Delivered(sent=2)
        assert standing() == [("toxmon a1", "warning", "open"), ("toxmon a2", "critical", "open")]
        waiting(service, "three", state="unacknowledged")
        waiting(service, "four", state="normal", alert_id="a2")
        tell(service, to)
        after = [("toxmon a1", "critical", "open"), ("toxmon a2", "cleared", "closed")]
        assert standing() == after
        # Without its key nothing is taken, and it is said.
        keyless = Channel("ehr", "webhook", f"{address}/alert", (), True, format=ALERTA)
        waiting(service, "five")
        assert tell(service, keyless).failed == 1


HOOK = f"""
[[channel]]
name = "ehr"
kind = "webhook"
url = "https://ehr.site/hook"
secret = "{whsec(SECRET)}"
events = ["grade.changed", "alarm.*"]
units = ["bmt-1"]
format = "cloudevents"
thin = false
[[channel]]
name = "pd"
kind = "webhook"
url = "https://events.pagerduty.com/v2/enqueue"
format = "pagerduty"
key_file = "pd.key"
"""


def test_the_file_says_what_goes_where(tmp_path: Path) -> None:
    (tmp_path / "channels.toml").write_text(HOOK, "utf-8")
    (tmp_path / "pd.key").write_text("canary-key\n", "utf-8")
    found = load_channels(tmp_path / "channels.toml")
    ehr, pd = found["ehr"], found["pd"]
    assert (ehr.format, ehr.thin, ehr.units) == (CLOUDEVENTS, False, frozenset({"bmt-1"}))
    assert (pd.key, pd.secrets, pd.events) == ("canary-key", (), ("alarm.*",))
    assert "canary" not in repr(found)
    wanted = ehr.destination
    for type_, unit, wants in (
        ("alarm.raised", "bmt-1", True),
        ("grade.changed", "bmt-1", True),
        ("grade.changed", "icu", False),
        ("alarm.raised", None, True),
        ("facts.charted", "bmt-1", False),
    ):
        assert wanted.wants(type_, unit) is wants
