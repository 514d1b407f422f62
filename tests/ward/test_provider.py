"""Signing in at a provider of OpenID Connect: a real one, and one that does everything wrong."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.conftest import Api, Clock
from tests.ward.conftest import Site
from tests.ward.test_signing_in import Desk, one_database
from toxmon.actions import accounts
from toxmon.actions.verify import chain
from toxmon.ward.oidc import Provider, ProviderError, challenge, load_provider
from toxmon.ward.provider import HELD

ROLES = {"tox-doctors": "physician", "tox-nurses": "nurse"}
UNITS = {"ward-bmt-1": "bmt-1", "ward-all": "*"}
PEOPLE = [
    {"sub": "ada", "name": "A. Lovelace", "preferred_username": "Ada L",
     "groups": ["tox-nurses", "ward-bmt-1"]},
    {"sub": "boss", "name": "B. Boss", "groups": ["tox-doctors", "ward-all"]},
    {"sub": "eve", "name": "Eve", "groups": ["catering"]},
    {"sub": "noward", "name": "N. Ward", "groups": "tox-nurses"},
]  # fmt: skip


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """A provider that others wrote, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("oidc-provider-mock")
    users = [word for each in PEOPLE for word in ("--user-claims", json.dumps(each))]
    command = [sys.executable, "-W", "ignore", program, "-p", str(port), "-n", "True", *users]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                requests.get(address, timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield address
        process.terminate()


def provider_at(issuer: str) -> Provider:
    return Provider(
        issuer=issuer, client_id="toxmon", client_secret="a secret", roles=ROLES, units=UNITS
    )


@pytest.fixture
def offered(api: Api, issuer: str, clock: Clock) -> Iterator[Provider]:
    """The app with that provider. What it signs is of the true time."""
    from datetime import UTC, datetime

    clock.now = datetime.now(UTC)
    api.app.extensions[HELD] = provider_at(issuer)
    yield api.app.extensions[HELD]
    api.app.extensions[HELD] = None


def there(desk: Desk) -> str:
    answer = desk.client.get("/sign-in/provider?back=/me")
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def agreed(url: str, who: str) -> str:
    """The address that the provider sends the browser back to."""
    answer = requests.post(url, data={"sub": who}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def back(desk: Desk, url: str) -> Any:
    parts = urlsplit(url)
    return desk.client.get(f"{parts.path}?{parts.query}")


def not_in(desk: Desk, answer: Any, words: str) -> None:
    assert answer.status_code == 422
    assert "<h1>Not signed in</h1>" in answer.text
    assert words in answer.text, answer.text
    assert desk.client.get("/me").status_code == 303


def test_there_and_back(api: Api, offered: Provider) -> None:
    desk = Desk(api)
    assert "Sign in with the hospital account" in desk.client.get("/sign-in").text
    url = there(desk)
    asked = parse_qs(urlsplit(url).query)
    kept = desk.client.get_cookie("toxmon_way")
    assert kept is not None
    held = json.loads(bytes.fromhex(kept.value.partition(".")[0]))
    assert asked["state"] == [held["state"]]
    assert asked["nonce"] == [held["nonce"]]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["code_challenge"] == [challenge(held["verifier"])]
    assert held["verifier"] not in url
    answer = back(desk, agreed(url, "ada"))
    assert (answer.status_code, answer.location) == (303, "/me")
    page = desk.client.get("/me").text
    assert "A. Lovelace" in page
    assert "bmt-1" in page
    assert "New password" not in page
    # The code and the cookie are worth nothing a second time.
    not_there = back(Desk(api), agreed(there(Desk(api)), "ada"))
    assert not_there.status_code == 422
    assert list(chain(api.service)) == []


def test_a_new_role_is_a_new_row(api: Api, offered: Provider, issuer: str) -> None:
    desk = Desk(api)
    back(desk, agreed(there(desk), "ada"))
    offered.roles = {"tox-nurses": "pharmacist"}
    offered.units = None
    back(desk, agreed(there(desk), "ada"))
    (row,) = accounts.every(api.service)
    assert (row["role"], row["units"], row["name"]) == ("pharmacist", None, "ada.l")
    standings = api.service.store.query("select role from account_standing order by seq")
    assert [each["role"] for each in standings] == ["nurse", "pharmacist"]
    back(desk, agreed(there(desk), "ada"))
    assert len(api.service.store.query("select * from account_standing")) == 2
    assert list(chain(api.service)) == []


@one_database
def test_two_of_one_name_are_told_apart(api: Api, offered: Provider) -> None:
    accounts.create(api.service, "ada.l", "A. Lovelace", "nurse", None, None)
    desk = Desk(api)
    back(desk, agreed(there(desk), "ada"))
    assert "A. Lovelace (2)" in desk.client.get("/me").text
    # And stays so: nobody changes names by signing in again.
    back(desk, agreed(there(desk), "ada"))
    shown = {row["shown"] for row in accounts.every(api.service)}
    assert shown == {"A. Lovelace", "A. Lovelace (2)"}


@one_database
@pytest.mark.parametrize(
    ("who", "words"), [("eve", "no group of this account has a role"), ("noward", "has a ward")]
)
def test_without_a_group_nobody_comes_in(api: Api, offered: Provider, who: str, words: str) -> None:
    desk = Desk(api)
    not_in(desk, back(desk, agreed(there(desk), who)), words)
    assert accounts.every(api.service) == []


@one_database
def test_a_disabled_account_stays_out(api: Api, offered: Provider) -> None:
    desk = Desk(api)
    back(desk, agreed(there(desk), "boss"))
    (row,) = accounts.every(api.service)
    assert (row["role"], row["units"]) == ("physician", None)
    accounts.end(api.service, row["id"])
    not_in(desk, back(desk, agreed(there(desk), "boss")), "this account is disabled")


@one_database
def test_an_answer_to_another_question_is_refused(
    api: Api, offered: Provider, clock: Clock
) -> None:
    desk = Desk(api)
    good = agreed(there(desk), "ada")
    forged = re.sub(r"state=[^&]*", "state=x", good)
    not_in(desk, back(desk, forged), "not to the question")
    not_in(desk, back(desk, f"{good}&iss=https://evil.example"), "another provider")
    not_in(desk, back(desk, "/sign-in/provider/back"), "not to the question")
    state = re.search(r"state=[^&]*", good)
    assert state is not None
    denied = f"/sign-in/provider/back?{state[0]}&error=access_denied"
    not_in(desk, back(desk, denied), "the provider refused: access_denied")
    not_in(desk, back(desk, f"/sign-in/provider/back?{state[0]}&code=made-up"), "did not confirm")
    kept = desk.client.get_cookie("toxmon_way")
    assert kept is not None
    for cookie in ("", "00", ".", "zz.zz", kept.value[:-1], "é"):
        desk.client.set_cookie("toxmon_way", cookie)
        not_in(desk, back(desk, good), "10 minutes")
    desk.client.set_cookie("toxmon_way", kept.value)
    clock.forward(minutes=11)
    not_in(desk, back(desk, good), "10 minutes")


@one_database
def test_a_provider_that_is_down_is_told(api: Api, offered: Provider) -> None:
    desk = Desk(api)
    api.app.extensions[HELD] = provider_at("http://127.0.0.1:9")
    not_in(desk, desk.client.get("/sign-in/provider"), "cannot be reached")
    api.app.extensions[HELD] = None
    not_in(desk, desk.client.get("/sign-in/provider"), "no provider is set up")
    assert "Sign in with" not in desk.client.get("/sign-in").text


@dataclass
class Crooked:
    """A provider that says what a test lets it say."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    token: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    issuer: str = ""

    def answer(self, path: str) -> Any:
        if path.startswith("/.well-known"):
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            found = {name: f"{self.issuer}/{name}" for name in names}
            return {"issuer": self.issuer, **found, **self.metadata}
        if path == "/jwks_uri":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [{**public, "kid": "one", "use": "sig"}]}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "ada", "aud": "toxmon", "iat": now, "exp": now + 60,
            "nonce": self.nonce, "groups": ["tox-nurses", "ward-bmt-1"], **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.token or jwt.encode(
            claims, self.key, "RS256", headers={"kid": "one", **self.header}
        )
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


@pytest.fixture
def crooked(api: Api, offered: Provider) -> Iterator[Crooked]:
    found = Crooked()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(found.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.issuer = f"http://127.0.0.1:{server.server_port}"
        api.app.extensions[HELD] = provider_at(found.issuer)
        yield found
        server.shutdown()


def tried(desk: Desk, crooked: Crooked) -> Any:
    asked = parse_qs(urlsplit(there(desk)).query)
    crooked.nonce = asked["nonce"][0]
    return desk.client.get(f"/sign-in/provider/back?code=x&state={asked['state'][0]}")


def unsigned(claims: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


@one_database
def test_only_what_is_signed_for_us_and_now_is_believed(api: Api, crooked: Crooked) -> None:
    assert tried(Desk(api), crooked).status_code == 303  # As it should be, it works.
    now = time.time()
    for claims in (
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["toxmon", "another"], "azp": "another"},
        {"exp": now - 120, "iat": now - 180},
        {"iat": now + 3600, "exp": now + 7200},
        {"iat": "soon"},
        {"nonce": "of another"},
        {"nonce": None},
        {"sub": None},
        {"exp": None},
        {"groups": 7},
        {"groups": {"tox-nurses": 1}},
        {"groups": None},
    ):
        crooked.claims = claims
        desk = Desk(api)
        not_in(desk, tried(desk, crooked), "Nobody was signed in")
    crooked.claims = {}
    for token in ("", "x", "a.b.c", unsigned({"iss": crooked.issuer, "sub": "ada"})):
        crooked.token = token or "."
        desk = Desk(api)
        not_in(desk, tried(desk, crooked), "Nobody was signed in")
    crooked.token = jwt.encode({"sub": "ada"}, "k" * 32, "HS256", headers={"kid": "one"})
    desk = Desk(api)
    not_in(desk, tried(desk, crooked), "cannot be trusted")
    crooked.token, crooked.header = None, {"kid": "another"}
    desk = Desk(api)
    not_in(desk, tried(desk, crooked), "does not publish")
    crooked.header = {}
    for metadata, words in (
        ({"issuer": "https://evil.example"}, "calls itself otherwise"),
        ({"issuer": 7}, "cannot be reached"),
        ({"token_endpoint": None}, "does not say its token_endpoint"),
        ({"jwks_uri": "http://127.0.0.1:9/"}, "cannot be reached"),
    ):
        crooked.metadata = metadata
        api.app.extensions[HELD] = provider_at(crooked.issuer)
        desk = Desk(api)
        not_in(desk, desk.client.get("/sign-in/provider"), words)


@one_database
def test_a_browser_goes_there_and_comes_back_signed_in(
    site: Site, offered: Provider, issuer: str
) -> None:
    page = site.page(None, "/me")
    page.click("text=Sign in with the hospital account")
    page.wait_for_url(f"{issuer}/**")
    page.fill("input[name=sub]", "ada")
    page.click("text=Authorize >> nth=-1")
    page.wait_for_url(f"{site.url}/me")
    assert "A. Lovelace" in page.inner_text("header")


GOOD = """
issuer = "https://login.example.org/"
client_id = "toxmon"
client_secret_file = "secret"
[roles]
"tox-nurses" = "nurse"
"""


def test_the_file_of_the_provider(tmp_path: Path) -> None:
    path = tmp_path / "oidc.toml"
    (tmp_path / "secret").write_text("s3cret\n")
    path.write_text(GOOD)
    found = load_provider(path)
    assert found is not None
    assert (found.issuer, found.client_secret) == ("https://login.example.org", "s3cret")
    assert "s3cret" not in repr(found)
    assert load_provider(None) is None
    for text, words in (
        ("x", "oidc.toml"),
        ("", "client_id is missing"),
        (GOOD.replace("https", "http"), "begins with https"),
        (GOOD.replace('"nurse"', '"king"'), "the roles are nurse"),
        (GOOD.replace('"nurse"', "7"), "not a table of lines"),
        (GOOD.replace('"secret"', '"nowhere"'), "cannot be read"),
        (GOOD.replace('client_id = "toxmon"', "client_id = 7"), "client_id is not a text"),
        (f"color = 1\n{GOOD}", "color is not known"),
        (GOOD.split('"tox-')[0], "nobody could sign in"),
    ):
        path.write_text(text)
        with pytest.raises(ProviderError, match=words):
            load_provider(path)
