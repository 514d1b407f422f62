"""Webhooks: what is signed, where they may go, and receivers that misbehave."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.telling.conftest import LOOPBACK, OLDER, SECRET, Receiver, whsec
from toxmon import webhooks
from toxmon.webhooks import read_allowed

Receivers = Callable[..., Receiver]
BODY = '{"type":"alarm.raised","unit":"Würzburg"}'.encode()


@pytest.mark.parametrize("secret", [SECRET, OLDER])
@pytest.mark.conforms("hook-out", by="standardwebhooks")
def test_the_public_library_believes_it_with_either_secret(secret: bytes) -> None:
    headers = webhooks.signed([SECRET, OLDER], "msg_1", int(time.time()), BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert Webhook(whsec(secret)).verify(BODY, headers)["unit"] == "Würzburg"


def test_the_public_library_refuses_what_was_changed() -> None:
    headers = webhooks.signed([SECRET], "msg_1", int(time.time()), BODY)
    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(time.time()) - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(whsec(SECRET)).verify(BODY, {**headers, **changed})
    with pytest.raises(WebhookVerificationError):
        Webhook(whsec(SECRET)).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(whsec(bytes(32))).verify(BODY, headers)


# how the receiver behaves, is it taken, what is said
BEHAVIOR = (
    (200, True, "answered 200"),
    (204, True, "answered 204"),
    (500, False, "answered 500"),
    (410, False, "answered 410"),
    (301, False, "answered 301"),
    (307, False, "answered 307"),
    ("garbage", False, "could not be reached or understood"),
    ("closes", False, "could not be reached or understood"),
    ("hangs", False, "no answer within 1.5 s"),
    ("drips", False, "no answer within 1.5 s"),
    ("endless", True, "answered 200"),
)


@pytest.mark.parametrize(("answers", "ok", "words"), BEHAVIOR, ids=[str(b[0]) for b in BEHAVIOR])
def test_a_receiver(receivers: Receivers, answers: int | str, ok: bool, words: str) -> None:
    """A redirect is not followed, and none takes longer than it may, however it misbehaves."""
    receiver = receivers(answers)
    began = time.monotonic()
    answered = webhooks.post(receiver.url, BODY, {"webhook-id": "m"}, LOOPBACK, total_s=1.5)
    assert time.monotonic() - began < 4
    assert (answered.ok, words in answered.words) == (ok, True), answered
    assert [got[0] for got in receiver.got] == ["POST /hook"]
    assert receiver.got[0][2] == BODY


def test_nobody_listens(receivers: Receivers) -> None:
    answered = webhooks.post("http://127.0.0.1:1/hook", BODY, {}, LOOPBACK)
    assert answered.status is None
    assert "/hook" not in answered.words, "an address may be a secret"


# what is allowed, the address asked for, what its name resolves to, why not (None: may)
PLACES = (
    ("ehr.site:443", "https://ehr.site/x", ["10.1.2.3"], None),
    ("10.1.0.0/16", "https://ehr.site/x", ["10.1.2.3"], None),
    ("10.1.0.0/16", "http://ehr.site:8080/x", ["10.1.2.3"], None),
    ("", "https://ehr.site/x", ["10.1.2.3"], "not in TOXMON_WEBHOOK_ALLOW"),
    ("ehr.site:443", "https://ehr.site:444/x", ["10.1.2.3"], "not in TOXMON_WEBHOOK_ALLOW"),
    ("ehr.site:443", "https://other.site/x", ["10.1.2.3"], "not in TOXMON_WEBHOOK_ALLOW"),
    ("10.1.0.0/16", "https://ehr.site/x", ["10.1.2.3", "10.2.0.1"], "not in TOXMON_WEBHOOK"),
    ("ehr.site:443", "https://ehr.site/x", ["127.0.0.1"], "loopback"),
    ("0.0.0.0/0", "https://ehr.site/x", ["127.0.0.1"], "loopback"),
    ("::/0", "https://ehr.site/x", ["::1"], "loopback"),
    ("0.0.0.0/0 ::/0", "https://ehr.site/x", ["::ffff:127.0.0.1"], "loopback"),
    ("127.0.0.0/8", "https://ehr.site/x", ["127.0.0.1"], None),
    ("localhost:443", "https://localhost/x", ["127.0.0.1"], None),
    ("0.0.0.0/0", "https://ehr.site/x", ["169.254.169.254"], "never"),
    ("ehr.site:443", "https://ehr.site/x", ["169.254.169.254"], "never"),
    ("ehr.site:443", "https://ehr.site/x", ["10.1.2.3", "169.254.169.254"], "never"),
    ("0.0.0.0/0", "https://ehr.site/x", ["224.0.0.1"], "never"),
    ("0.0.0.0/0", "https://ehr.site/x", ["0.0.0.0"], "never"),
    ("ehr.site:80", "http://ehr.site/x", ["93.184.216.34"], "needs https"),
)


@pytest.mark.parametrize(("allow", "url", "addresses", "why"), PLACES)
@pytest.mark.conforms("hook-ssrf")
def test_where_it_may_go(
    monkeypatch: pytest.MonkeyPatch, allow: str, url: str, addresses: list[str], why: str | None
) -> None:
    """Every address of a name is checked, and the one that was checked is connected to."""
    reached: list[str] = []

    class Reached(Exception):
        pass

    def connection(scheme: str, host: str, port: int, address: str, total: float) -> None:
        reached.append(address)
        raise Reached

    monkeypatch.setattr(webhooks, "_connection", connection)
    allowed = read_allowed(allow)
    if why is None:
        with pytest.raises(Reached):
            webhooks.post(url, BODY, {}, allowed, resolve=lambda host, port: addresses)
        assert reached == [addresses[0]]
    else:
        answered = webhooks.post(url, BODY, {}, allowed, resolve=lambda host, port: addresses)
        assert answered.status is None
        assert why in answered.words
        assert reached == []


def test_the_name_stays_in_the_request(receivers: Receivers) -> None:
    """The checked address is connected to under the name that was asked for."""
    receiver = receivers()
    url = f"http://ehr.site:{receiver.port}/hook?x=1"
    webhooks.post(url, BODY, {}, LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
    ((line, headers, _),) = receiver.got
    assert line == "POST /hook?x=1"
    assert headers["host"] == f"ehr.site:{receiver.port}"


@pytest.mark.parametrize(
    "entry", ["ehr.site", "ehr.site:0", "ehr.site:70000", ":443", "10.1.0.0/99"]
)
def test_an_allowance_that_cannot_be_read(entry: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        read_allowed(entry)
