"""A Subscription of FHIR, served by the outbox: asked for, approved, told, ended."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import Api, Clock
from tests.store.rows import chart
from tests.telling.conftest import Receiver
from tests.telling.test_subscribing import Receivers, grace, posted, site  # noqa: F401 - a fixture
from toxmon.actions.record import Charted

pytestmark = pytest.mark.conforms("fhir-subscription")
FORM = {"Content-Type": "application/fhir+json"}


def asking(url: str, **more: Any) -> dict[str, Any]:
    channel = {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"}
    told = {"status": "requested", "criteria": "Observation?", "reason": "a test", **more}
    return {"resourceType": "Subscription", **told, "channel": channel | more.get("channel", {})}


def call(api: Api, method: str, path: str, body: Any = None, by: str = "admin") -> Any:
    token = api.tokens[by] if by in api.tokens else api.token(by)
    reply = api.client.open(
        f"/fhir/{path}",
        method=method,
        data=None if body is None else json.dumps(body),
        headers={**FORM, "Authorization": f"Bearer {token}"},
    )
    return reply.status_code, json.loads(reply.data) if reply.data else None


@pytest.fixture
def receiver(receivers: Receivers) -> Receiver:
    return receivers(200)


def test_it_is_asked_for_approved_told_and_ended(
    site: Api,  # noqa: F811
    receiver: Receiver,
    clock: Clock,
) -> None:
    service = site.service
    service.base_url = "https://toxmon.site"
    status, made = call(site, "POST", "Subscription", asking(receiver.url))
    assert (status, made["status"], made["criteria"]) == (201, "requested", "Observation?")
    assert made["extension"][0]["valueString"].startswith("whsec_")
    name = made["id"]
    assert "extension" not in call(site, "GET", f"Subscription/{name}")[1]

    ours = next(
        each for each in site.get("/webhooks", by="admin").body["items"] if each["name"] == name
    )
    assert site.post(f"/webhooks/{ours['id']}/approval", by="admin").status == 403
    assert site.post(f"/webhooks/{ours['id']}/approval", by=grace(site)).status == 200
    assert call(site, "GET", f"Subscription/{name}")[1]["status"] == "active"

    patient = site.patient()
    fact = Charted(kind="body_temperature", value=Decimal("38.5"), effective_at=service.clock())
    chart(service, patient, [fact])
    clock.forward(seconds=1)
    assert posted(service, f"webhook:{name}").sent >= 1
    bundle = json.loads(receiver.got[-1][2])
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "history")
    told = {each["name"]: each for each in bundle["entry"][0]["resource"]["parameter"]}
    assert told["subscription"]["valueReference"]["reference"].endswith(f"Subscription/{name}")
    assert b"38.5" not in receiver.got[-1][2]

    assert call(site, "DELETE", f"Subscription/{name}")[0] == 204
    assert call(site, "GET", f"Subscription/{name}")[1]["status"] == "off"
    listed = call(site, "GET", "Subscription")[1]
    assert [each["resource"]["id"] for each in listed["entry"]] == [name]
    assert call(site, "DELETE", f"Subscription/{name}")[0] == 409
    assert call(site, "GET", "Subscription/nobody")[0] == 404


WRONG = [
    ({"status": "active"}, "Subscription.status"),
    ({"criteria": "Observation?code=8310-5"}, "Subscription.criteria"),
    ({"criteria": "Claim?"}, "Subscription.criteria"),
    ({"criteria": 5}, "Subscription.criteria"),
    ({"end": "2027-01-01T00:00:00Z"}, "Subscription.end"),
    ({"channel": {"type": "email"}}, "Subscription.channel.type"),
    ({"channel": {"payload": "text/plain"}}, "Subscription.channel.payload"),
    ({"channel": {"header": ["Authorization: Basic x"]}}, "Subscription.channel.header"),
    ({"channel": {"endpoint": "ftp://x"}}, "Subscription.channel.endpoint"),
    ({"channel": {"endpoint": ""}}, "Subscription.channel.endpoint"),
]


@pytest.mark.parametrize(("more", "place"), WRONG, ids=str)
def test_what_is_not_offered_is_refused_with_its_place(
    site: Api,  # noqa: F811
    more: dict[str, Any],
    place: str,
) -> None:
    site.service.base_url = "https://toxmon.site"
    status, body = call(site, "POST", "Subscription", asking("https://ehr.site/x", **more))
    assert status == 422, body
    assert body["resourceType"] == "OperationOutcome"
    assert place in [each["expression"][0] for each in body["issue"]]


def test_a_place_that_is_not_allowed_and_who_may(site: Api, receiver: Receiver) -> None:  # noqa: F811
    site.service.base_url = "https://toxmon.site"
    site.service.refuses = lambda url: "it may not be reached"
    status, body = call(site, "POST", "Subscription", asking(receiver.url))
    assert status == 422
    assert body["issue"][0]["severity"] == "error"
    assert call(site, "POST", "Subscription", asking(receiver.url), by="nurse")[0] == 403
    assert call(site, "GET", "Subscription", by="nurse")[0] == 403
    assert call(site, "GET", "Subscription", by="auditor")[0] == 200
