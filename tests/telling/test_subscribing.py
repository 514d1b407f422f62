"""Webhooks made over HTTP: where they may lead, who lets them begin, what their secret is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.conftest import Api, Clock, Reply
from tests.telling.conftest import LOOPBACK, Receiver
from toxmon import clock as real
from toxmon.actions import Service, tokens
from toxmon.actions.deliver import Delivered, deliver
from toxmon.actions.posting import Telling
from toxmon.actions.verify import verify
from toxmon.channels import Channel, Destination
from toxmon.scheduler import told_of_delivery
from toxmon.scheduler.lanes import Lanes
from toxmon.webhooks import refusal

Receivers = Callable[..., Receiver]


@pytest.fixture
def site(api: Api) -> Api:
    """A server that allows loopback, with a channel of its file; and two administrators."""
    service = api.service
    service.refuses = lambda url: refusal(url, LOOPBACK)
    service.destinations = service.listening = (Destination("ehr"),)

    return api


def grace(api: Api) -> str:
    """The token of another administrator."""
    if "grace" not in api.tokens:
        api.tokens["grace"] = tokens.create(api.service, "admin", "Grace")[1]
    return api.tokens["grace"]


def asked(api: Api, url: str, name: str = "grades", **more: Any) -> Reply:
    return api.post("/webhooks", {"name": name, "url": url, **more}, by="admin")


def begun(api: Api, url: str, **more: Any) -> dict[str, Any]:
    """A webhook in use, with its secret."""
    made = asked(api, url, **more)
    assert made.status == 201, made.body
    approved = api.post(f"/webhooks/{made.body['id']}/approval", by=grace(api))
    assert approved.status == 200, approved.body
    assert "secret" not in approved.body
    found: dict[str, Any] = made.body
    return found


def posted(service: Service, name: str = "webhook:grades") -> Delivered:
    """A round of its lane."""
    telling = Telling({}, LOOPBACK)
    channel = telling.channel(name, service)
    found = Delivered()
    while True:
        done = deliver(service, channel, lambda row: telling.post(service, row), told_of_delivery)
        if not done.sent + done.failed:
            return found
        found = Delivered(
            found.sent + done.sent, found.failed + done.failed, found.dead + done.dead
        )


def test_it_begins_when_another_has_approved_it(site: Api, receivers: Receivers) -> None:
    service, receiver = site.service, receivers()
    service.clock = real.now
    made = asked(site, receiver.url, events=["grade.changed", "facts.*"])
    assert (made.status, made.body["state"]) == (201, "pending")
    assert made.body["secret"].startswith("whsec_")
    site.patient()
    assert posted(service) == Delivered(), "nothing is told before it is approved"
    path = f"/webhooks/{made.body['id']}"
    assert site.post(f"{path}/approval", by="admin").status == 403
    assert site.post(f"{path}/approval", by="nurse").status == 403
    approved = site.post(f"{path}/approval", by=grace(site)).body
    assert (approved["state"], approved["approved_by"]) == ("well", "Grace")
    assert site.post(f"{path}/approval", by=grace(site)).status == 409
    patient = site.treated(at=_ago(7200))
    site.chart(patient, _ago(60), body_temperature=(39.1, "Cel"))
    assert posted(service).failed == 0
    types = []
    for _, headers, body in receiver.got:
        message = Webhook(made.body["secret"]).verify(body, headers)
        types.append(message["type"])
        assert message["data"]["patient_id"] == patient
    assert set(types) == {"facts.charted", "grade.changed"}
    assert verify(service, lambda done, of: None) == []


def _ago(seconds: float) -> str:
    return (real.now() - timedelta(seconds=seconds)).isoformat()


def test_no_secret_is_stored_and_none_is_told_twice(site: Api, receivers: Receivers) -> None:
    url = receivers().url
    headers = {"Idempotency-Key": "made-once"}
    body = {"name": "grades", "url": url}
    first = site.post("/webhooks", body, by="admin", headers=headers)
    again = site.post("/webhooks", body, by="admin", headers=headers)
    assert (again.status, again.body["id"]) == (201, first.body["id"])
    assert "secret" not in again.body
    assert "secret" not in site.get(f"/webhooks/{first.body['id']}", by="admin").body
    store, secret = site.service.store, first.body["secret"].removeprefix("whsec_")
    for table in ("webhook", "webhook_event", "request", "access"):
        assert secret not in str(store.query(f"select * from {table}"))


def test_a_changed_secret_signs_beside_the_old_one_for_a_day(
    site: Api, clock: Clock, receivers: Receivers
) -> None:
    receiver = receivers()
    made = begun(site, receiver.url)
    path = f"/webhooks/{made['id']}"
    turned = site.post(f"{path}/rotate", by="admin").body
    assert turned["secret"] != made["secret"]
    assert turned["both_sign_until"] == "2026-03-02T08:00:00Z"
    assert site.post(f"{path}/rotate", by="admin").status == 409
    service = site.service
    for day, secrets in ((0, (made["secret"], turned["secret"])), (1, (turned["secret"],))):
        clock.forward(days=day)
        assert site.post(f"{path}/test", by="admin").status == 202
        channel = Telling({}, LOOPBACK).channel("webhook:grades", service)
        assert len(channel.secrets) == len(secrets)
        service.clock = real.now  # The library compares the stamp with the time that is.
        row = service.store.query("select * from delivery order by seq desc limit 1")[0]
        assert Telling({"webhook:grades": channel}, LOOPBACK).post(service, row).ok
        service.clock = clock
        _, headers, body = receiver.got[-1]
        for each in secrets:
            assert Webhook(each).verify(body, headers)["type"] == "webhook.test"
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body, headers)


def test_what_has_ended_is_told_nothing_more(site: Api, receivers: Receivers) -> None:
    receiver = receivers()
    made = begun(site, receiver.url, events=["*"])
    site.patient()
    path = f"/webhooks/{made['id']}"
    ended = site.post(f"{path}/end", {"reason": "the interface engine moved"}, by="admin")
    assert (ended.status, ended.body["state"]) == (200, "ended")
    assert posted(site.service) == Delivered()
    site.patient(mrn="A2")
    assert posted(site.service) == Delivered()
    assert receiver.got == []
    assert site.post(f"{path}/end", {"reason": "again"}, by="admin").status == 409
    for act in ("rotate", "test"):
        assert site.post(f"{path}/{act}", by="admin").status == 409
    # It stays on record, and its name with it.
    assert asked(site, receiver.url).status == 409
    items = site.get(f"{path}/deliveries", by="auditor").body["items"]
    assert [item["state"] for item in items] == ["given_up"]
    alarms = site.get("/alerts", by="nurse").body["items"]
    assert alarms == [], "that it was ended is no matter for an alarm"
    assert verify(site.service, lambda done, of: None) == []


def test_another_process_that_has_not_heard_of_the_end_posts_nothing(
    site: Api, receivers: Receivers
) -> None:
    receiver = receivers()
    made = begun(site, receiver.url, events=["*"])
    site.patient()
    known = site.service.subscribed
    site.post(f"/webhooks/{made['id']}/end", {"reason": "moved"}, by="admin")
    site.service.subscribed = known
    site.patient(mrn="A2")
    assert posted(site.service) == Delivered(failed=1)
    items = site.get(f"/webhooks/{made['id']}/deliveries", by="admin").body["items"]
    assert [item["state"] for item in items] == ["given_up", "given_up"]
    assert receiver.got == []
    assert site.get("/alerts", by="nurse").body["items"] == []


def test_what_stands_in_the_file_is_shown_without_its_address(site: Api) -> None:
    (item,) = site.get("/webhooks", by="auditor").body["items"]
    assert item == {
        "id": "ehr", "name": "ehr", "made_over": "file", "kind": "webhook", "format": "standard",
        "events": ["alarm.*"], "units": None, "state": "well", "since": None, "says": None,
        "url": None, "recorded_by": None, "recorded_at": None, "approved_by": None,
        "both_sign_until": None,
    }  # fmt: skip
    assert site.get("/webhooks/ehr", by="admin").body == item
    for act, body in (("approval", None), ("rotate", None), ("end", {"reason": "no"})):
        reply = site.post(f"/webhooks/ehr/{act}", body, by="admin")
        assert (reply.status, "file" in str(reply.body)) == (422, True)
    assert site.post("/webhooks/ehr/test", by="admin").status == 202
    (sent,) = site.get("/webhooks/ehr/deliveries", by="admin").body["items"]
    assert (sent["type"], sent["state"]) == ("webhook.test", "waiting")


def test_a_message_is_sent_again_under_its_id(site: Api, receivers: Receivers) -> None:
    receiver = receivers()
    made = begun(site, receiver.url, events=["patient.enrolled"])
    site.patient()
    (waits,) = site.get(f"/webhooks/{made['id']}/deliveries", by="admin").body["items"]
    path = f"/deliveries/{waits['id']}/redeliver"
    assert site.post(path, by="admin").status == 409, "it waits already"
    assert posted(site.service) == Delivered(sent=1)
    assert site.post(path, by="admin").body["state"] == "waiting"
    assert posted(site.service) == Delivered(sent=1)
    assert receiver.ids() == [waits["id"]] * 2
    assert site.post("/deliveries/none/redeliver", by="admin").status == 404
    assert site.post(path, by="nurse").status == 403


def test_the_lanes_see_it_without_a_restart(site: Api, receivers: Receivers) -> None:
    receiver = receivers()
    service = site.service
    lanes = Lanes(service, Telling({}, LOOPBACK), told_of_delivery, "test")
    service.wake = lanes.kick
    lanes.start()
    try:
        made = begun(site, receiver.url)
        assert site.post(f"/webhooks/{made['id']}/test", by="admin").status == 202
        receiver.wait_for(1)
    finally:
        lanes.shutdown()
        service.wake = lambda: None


def test_of_many_who_approve_at_once_one_does(site: Api, receivers: Receivers) -> None:
    made = asked(site, receivers().url).body
    other = grace(site)
    statuses = []

    def approve() -> None:
        client = Api(site.app, site.app.test_client(), site.service, site.tokens)
        statuses.append(client.post(f"/webhooks/{made['id']}/approval", by=other).status)

    threads = [threading.Thread(target=approve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409, 409]


def test_an_administrator_of_one_unit_lets_nothing_else_out(
    site: Api, receivers: Receivers
) -> None:
    url = receivers().url
    mine = site.token("admin", units=("bmt-1",))
    body = {"name": "grades", "url": url}
    for units in ({}, {"units": ["icu"]}, {"units": ["bmt-1", "icu"]}):
        assert site.post("/webhooks", {**body, **units}, by=mine).status == 403
    assert site.post("/webhooks", {**body, "units": ["bmt-1"]}, by=mine).status == 201
    whole = asked(site, url, name="all").body["id"]
    assert site.get(f"/webhooks/{whole}", by=mine).status == 404
    assert site.get("/webhooks/ehr", by=mine).status == 404
    names = [item["name"] for item in site.get("/webhooks", by=mine).body["items"]]
    assert names == ["grades"]


def test_only_what_its_units_are_told(site: Api, receivers: Receivers) -> None:
    begun(site, receivers().url, events=["patient.*"], units=["icu"])
    site.patient(mrn="A1")
    assert posted(site.service) == Delivered()
    site.patient(mrn="A2", unit="icu")
    assert posted(site.service) == Delivered(sent=1)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"),
    ({"name": "a b"}, "/name"),
    ({"name": "é"}, "/name"),
    ({"url": "ftp://127.0.0.1/x"}, "/url"),
    ({"url": "http://"}, "/url"),
    ({"url": "http://[::1"}, "/url"),
    ({"url": "http://u:p@127.0.0.1/"}, "/url"),
    ({"url": "http://127.0.0.1:99999/"}, "/url"),
    ({"url": "http://127.0.0.1/ä"}, "/url"),
    ({"url": "http://127.0.0.1/\u0007"}, "/url"),
    ({"url": "http://169.254.169.254/latest/meta-data"}, "/url"),
    ({"url": "http://[::ffff:169.254.169.254]/"}, "/url"),
    ({"url": "http://[fe80::1]/"}, "/url"),
    ({"url": "http://0.0.0.0/"}, "/url"),
    ({"url": "http://224.0.0.1/"}, "/url"),
    ({"url": "http://10.0.0.1/"}, "/url"),
    ({"url": "https://10.0.0.1:8443/"}, "/url"),
    ({"url": "http://[fc00::1]/"}, "/url"),
    ({"url": "http://" + "a" * 300 + ".invalid/"}, "/url"),
    ({"url": 5}, "/url"),
    ({"events": []}, "/events"),
    ({"events": ["grade"]}, "/events/0"),
    ({"events": "alarm.*"}, "/events"),
    ({"units": []}, "/units"),
    ({"format": "pagerduty"}, "/format"),
    ({"format": "fhir-subscription"}, "/format"),
    ({"secret": "whsec_x"}, "/secret"),
]


@pytest.mark.hazard("H57")
def test_what_cannot_be_asked_for(site: Api, receivers: Receivers) -> None:
    body = {"name": "grades", "url": receivers().url}
    for change, pointer in WRONG:
        reply = site.post("/webhooks", {**body, **change}, by="admin")
        assert reply.status == 422, (change, reply.body)
        assert [error["pointer"] for error in reply.body["errors"]] == [pointer], change
    assert site.service.store.query("select id from webhook") == []


def test_who_may_not_even_look(site: Api) -> None:
    for role in ("nurse", "physician", "pharmacist", "integration"):
        assert site.get("/webhooks", by=role).status == 403
    assert site.post("/webhooks", {}, by="auditor").status == 403
    for path in ("/webhooks/none", "/webhooks/none/deliveries"):
        assert site.get(path, by="admin").status == 404
    for act in ("approval", "rotate", "test"):
        assert site.post(f"/webhooks/none/{act}", by="admin").status == 404
    faulty = site.get("/webhooks/ehr/deliveries?cursor=x", by="admin")
    assert faulty.status == 422


def test_a_channel_of_the_file_cannot_take_the_name_of_one() -> None:
    assert Telling({}, LOOPBACK).channel("webhook:x") == Channel("webhook:x", "gone", "")
