"""The console of integrations: endpoints, deliveries, signatures, what waits, the sandbox."""

from __future__ import annotations

import base64
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import Clock
from tests.ward.conftest import Site
from toxmon.actions import deliver, webhooks
from toxmon.actions.posting import Telling
from toxmon.channels import read_secret
from toxmon.demo.sandbox import NotEmpty, make
from toxmon.webhooks import read_allowed, signed

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LOOPBACK = read_allowed("127.0.0.0/8")
REFUSAL = b'{"error": "no such ward"}'


class Receiver(ThreadingHTTPServer):
    """A receiver on this machine that keeps what came and answers `status`."""

    status = 200

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({n.lower(): v for n, v in self.headers.items()}, body))
                answer = b"" if receiver.status < 300 else REFUSAL
                self.send_response(receiver.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.shutdown()


def asked(site: Site, receiver: Receiver) -> tuple[str, str, Page]:
    """A webhook that was asked for and approved on the pages: its id, its secret, the page."""
    site.service.refuses = lambda url: None
    page = site.page("admin", "/integrate/endpoints/new", name="one", script=False)
    page.fill("#name", "ehr")
    page.fill("#url", receiver.url)
    page.check("input[value='patient.*']")
    page.check("input[value='standard']", force=True)
    page.click("main button")
    secret = page.inner_text("#secret")
    assert secret.startswith("whsec_")
    assert "waits for approval" in page.inner_text("#state")
    assert "Another administrator" in page.inner_text("main")
    (row,) = site.service.store.query("select id from webhook")
    page = site.page("admin", f"/integrate/endpoints/{row['id']}", name="two", script=False)
    assert secret not in page.content()
    page.click("button:has-text('Approve')")
    assert page.inner_text("#state") == "in use"
    return row["id"], secret, page


def posted(site: Site) -> None:
    """Post what waits, as the lane of the webhook does."""
    channel = webhooks.channel(site.service, "webhook:ehr")
    assert channel is not None
    telling = Telling({}, LOOPBACK)

    def post(row: dict[str, Any]) -> deliver.Outcome:
        return telling.post(site.service, row)

    deliver.deliver(site.service, channel, post, lambda *told: None)


def proved(page: Page, which: str, headers: dict[str, str], body: bytes, secret: str = "") -> str:
    """What the page says of a message."""
    page.select_option("#which", which)
    page.fill("#secret", secret)
    page.fill("#headers", "\n".join(f"{name}: {value}" for name, value in headers.items()))
    page.fill("#body", body.decode())
    page.click("main button:has-text('Verify')")
    assert secret == "" or secret not in page.content()
    return page.inner_text("#proof")


@pytest.mark.check(106)
@pytest.mark.check(107)
@pytest.mark.check(108)
@pytest.mark.check(109)
def test_from_asking_to_the_bytes_that_were_sent(
    site: Site, clock: Clock, receiver: Receiver
) -> None:
    site.service.locks_after = timedelta(days=9)
    endpoint, secret, admin = asked(site, receiver)
    receiver.status = 422
    site.api.patient("A1")
    posted(site)
    clock.forward(minutes=20)
    posted(site)
    receiver.status = 200

    # Each try has its code, its time and how the answer began; what was sent is what came.
    page = site.page("integration", "/integrate/deliveries")
    site.well(page)
    assert page.locator("#deliveries tbody tr").count() == 1
    page.click("#deliveries a")
    message = page.locator("code").first.inner_text()
    assert page.locator(".card h3").all_inner_texts()[-1].startswith("01-Mar-2026 09:00:00: 422, ")
    assert page.locator(".card h3").count() == 2
    assert REFUSAL.decode() in page.locator(".card").first.inner_text()
    headers, body = receiver.got[-1]
    assert page.locator("pre.sent").first.text_content() == body.decode()
    assert "given up" in page.inner_text("#state")
    site.well(page)
    assert page.get_by_role("button", name="Send again").count() == 0

    # An administrator sees that, and not what was said; counts before anything goes out again.
    site.go(admin, f"/integrate/deliveries/{message}")
    assert "422" in admin.inner_text("main")
    assert admin.locator("pre").count() == 0
    site.go(admin, "/integrate/again?since_date=2026-03-01&since_time=08:00")
    assert "1 message, the oldest made 01-Mar-2026 09:00" in admin.inner_text("#counted")
    assert admin.inner_text("#counted button") == "Send 1 again"
    admin.click("#counted button")
    assert "state=waiting" in admin.url
    posted(site)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [message] * 3
    site.go(admin, f"/integrate/deliveries/{message}")
    assert admin.inner_text("#state").startswith("sent")
    admin.click("button:has-text('Send again')")
    posted(site)
    assert len(receiver.got) == 4
    headers, body = receiver.got[-1]
    assert headers["webhook-id"] == message

    # Which part is wrong.
    three = {name: headers[name] for name in headers if name.startswith("webhook-")}
    site.go(page, "/integrate/verify")
    site.well(page)
    assert proved(page, endpoint, three, body).startswith("Valid")
    assert f"{message}." in (page.text_content("#said") or "")
    changed = body.replace(b'","', b'", "')
    said = proved(page, endpoint, three, changed)
    assert said.startswith("Not valid: the body")
    assert f"it has {len(changed)} bytes, and {len(body)} were signed" in said
    fewer = {name: three[name] for name in three if name != "webhook-timestamp"}
    said = proved(page, endpoint, fewer, body)
    assert said.startswith("Not valid: a header")
    assert "webhook-timestamp" in said
    wrong = "whsec_" + base64.b64encode(bytes(32)).decode()
    said = proved(page, "pasted", three, body, wrong)
    assert said.startswith("Not valid: the secret")
    assert proved(page, "pasted", three, body, secret).startswith("Valid")
    clock.forward(seconds=712)
    said = proved(page, endpoint, three, body)
    assert "the timestamp is too old by 412 s" in said
    site.well(page)

    # The secret is changed: for a day both are good.
    site.go(admin, f"/integrate/endpoints/{endpoint}")
    admin.click("button:has-text('Change the secret')")
    newer = admin.inner_text("#secret")
    assert newer != secret
    assert "02-Mar-2026 09:31" in admin.inner_text("#overlap")
    assert admin.get_by_text("Change the secret").count() == 0
    site.api.patient("A2")
    posted(site)
    both, body = receiver.got[-1]
    assert len(both["webhook-signature"].split()) == 2
    for each in (secret, newer):
        assert proved(page, "pasted", both, body, each).startswith("Valid")
    clock.forward(hours=24)
    page = site.page("integration", "/integrate/verify", name="later")
    site.api.patient("A3")
    posted(site)
    one, body = receiver.got[-1]
    assert len(one["webhook-signature"].split()) == 1
    assert proved(page, "pasted", one, body, newer).startswith("Valid")
    assert "secret" in proved(page, "pasted", one, body, secret)
    old = read_secret(secret)
    assert old is not None
    stale = signed([old], "msg_1", int(clock.now.timestamp()), b"{}")
    assert "not good since 02-Mar-2026" in proved(page, endpoint, stale, b"{}")
    site.quiet()


@ONE
def test_an_endpoint_is_asked_for_in_words_and_ended(site: Site, receiver: Receiver) -> None:
    endpoint, _, admin = asked(site, receiver)
    site.go(admin, "/integrate/endpoints/new")
    admin.fill("#name", "no blanks")
    admin.fill("#url", "ftp://elsewhere")
    admin.click("main button")
    assert admin.title().startswith("Error:")
    assert admin.locator("#summary li").count() >= 4
    assert admin.input_value("#name") == "no blanks"
    site.go(admin, f"/integrate/endpoints/{endpoint}")
    admin.click("button:has-text('Send a test')")
    posted(site)
    admin.reload()
    assert admin.inner_text("#state").startswith("sent")
    site.go(admin, f"/integrate/endpoints/{endpoint}")
    admin.fill("#reason", "the receiver is gone")
    admin.click("button:has-text('End: it')")
    assert admin.inner_text("#state") == "ended"
    page = site.page("integration", "/integrate", dark=True)
    assert "ehr" in page.inner_text("table")
    assert page.locator("text=Ask for a webhook").count() == 0
    site.well(page)
    assert site.go(page, "/integrate/endpoints/new") == 403
    assert site.go(page, "/integrate/endpoints/nothing") == 404
    away = site.page("integration", "/integrate", units=("other",), name="away")
    assert "no endpoint yet" in away.inner_text("main")
    assert site.go(away, f"/integrate/endpoints/{endpoint}") == 404
    nurse = site.page("nurse")
    assert site.go(nurse, "/integrate") == 403


@ONE
def test_the_code_that_is_shown_verifies(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site.page("integration", "/integrate/verify")
    code = {each: page.text_content(f"#{each}") or "" for each in ("shell", "python", "javascript")}
    key, body, now = bytes(range(32)), '{"a": "ä"}'.encode(), int(time.time())
    secret = "whsec_" + base64.b64encode(key).decode()
    headers = signed([key], "msg_1", now, body)
    other = {**headers, "webhook-id": "msg_2"}
    space: dict[str, Any] = {}
    exec(code["python"], space)
    assert space["verify"](secret, headers, body)
    assert not space["verify"](secret, other, body)
    assert not space["verify"](secret, headers, body, now=lambda: now + 301)
    script = f"""async ([secret, headers, body]) => {{ {code["javascript"]}
        return verify(secret, headers, new TextEncoder().encode(body)); }}"""
    assert page.evaluate(script, [secret, headers, body.decode()]) is True
    assert page.evaluate(script, [secret, other, body.decode()]) is False
    (tmp_path / "body.json").write_bytes(body)
    environment = {"SECRET": secret, "WEBHOOK_ID": "msg_1", "WEBHOOK_TIMESTAMP": str(now)}
    done = subprocess.run(
        ["/bin/sh", "-c", code["shell"]], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )  # fmt: skip
    assert f"v1,{done.stdout.strip()}" == headers["webhook-signature"]


@ONE
@pytest.mark.check(111)
@pytest.mark.check(112)
def test_the_sandbox_is_apart_and_the_reference_is_here(site: Site, tmp_path: Path) -> None:
    page = site.page("integration", "/integrate/sandbox")
    site.well(page)
    commands = page.locator("pre").all_inner_texts()
    assert "toxmon sandbox" in commands[0]
    made = make(tmp_path / "sandbox")
    assert site.service.store.query("select count(*) as n from patient")[0]["n"] == 0
    answer = site.api.get("/patients", by=made.tokens["nurse"])
    assert answer.status == 401
    with pytest.raises(NotEmpty):
        make(tmp_path / "sandbox")
    page.click("text=Documentation")
    assert "toxmon API" in page.title()
    assert page.request.get(site.url + "/openapi.json").ok
    site.quiet()


@ONE
def test_what_waits_is_seen_read_again_and_dismissed(site: Site) -> None:
    sent = {
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "urn:lab", "code": "XYZ", "display": "A thing"}]},
        "subject": {"identifier": {"system": "urn:mrn", "value": "NOBODY"}},
        "effectiveDateTime": "2026-03-01T07:00:00Z",
        "valueQuantity": {"value": 5, "system": "http://unitsofmeasure.org", "code": "mg/L"},
    }  # fmt: skip
    answer = site.api.call("POST", "//fhir/Observation", sent, by="integration",
                           headers={"Content-Type": "application/fhir+json"})  # fmt: skip
    assert answer.status in (200, 201, 202), answer.body
    page = site.page("integration", "/integrate/interfaces")
    assert "statements wait" in page.inner_text("main")
    site.well(page)
    page.locator("nav[aria-label=Integration] >> text=Held messages").click()
    assert "NOBODY" not in page.url
    site.well(page)
    page.click("button:has-text('Read again')")
    assert "it still waits" in page.inner_text("[role=status]")
    page.click("text=The message as it came")
    assert "XYZ" in page.inner_text("#body")
    site.well(page)
    page.click("main button")
    assert page.title().startswith("Error:")
    site.go(page, "/integrate/held")
    page.click("text=Dismiss…")
    page.click("main button")
    assert "Reason" in page.inner_text("#summary")
    page.fill("#reason", "a test of the sender")
    page.click("main button")
    assert "Nothing waits." in page.inner_text("main")
    site.go(page, "/integrate/held?reason=nonsense&after=x")
    assert page.title().startswith("Error:")
    site.quiet()
