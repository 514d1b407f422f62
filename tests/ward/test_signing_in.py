"""Who is at the screen: signing in, locking, unlocking, handing over; what others may not do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.conftest import Api, Clock
from tests.ward.conftest import PASSWORD
from toxmon.actions import accounts, sessions
from toxmon.actions.verify import chain

TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Desk:
    """A browser without a window: what it posts, and what it is answered."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.client: FlaskClient = api.app.test_client()

    def person(self, name: str = "ada", role: str = "nurse", pin: str | None = None) -> str:
        shown = f"{name.title()} Example"
        row = accounts.create(self.api.service, name, shown, role, None, PASSWORD)
        if pin is not None:
            accounts.set_pin(self.api.service, row["id"], pin)
        return str(row["id"])

    def sign_in(self, name: str = "ada", word: str = PASSWORD, **more: str):
        return self.client.post("/sign-in", data={"name": name, "secret": word, **more})

    def token(self, path: str = "/me") -> str:
        found = TOKEN.search(self.client.get(path).text)
        assert found, path
        return found[1]

    def post(self, path: str, data: dict[str, str] | None = None, token: str | None = None, **more):
        sent = {"form_token": token or self.token(), **(data or {})}
        return self.client.post(path, data=sent, **more)


@pytest.fixture
def desk(api: Api) -> Iterator[Desk]:
    found = Desk(api)
    found.person()
    yield found
    assert list(chain(api.service)) == []


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form in a page."""
    main = page[page.index("<main") :]
    form = main[main.index('<form method="post"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_who_is_not_signed_in_is_asked_and_comes_back(desk: Desk) -> None:
    answer = desk.client.get("/me?x=1")
    assert (answer.status_code, answer.location) == (303, "/sign-in?back=/me?x%3D1")
    assert desk.client.get(answer.location).status_code == 200
    answer = desk.sign_in(back="/me?x=1")
    assert (answer.status_code, answer.location) == (303, "/me?x=1")
    page = desk.client.get("/me")
    assert page.status_code == 200
    assert "Ada Example" in page.text


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x()", ""],
)
@one_database
def test_the_way_back_is_ours(desk: Desk, back: str) -> None:
    assert desk.sign_in(back=back).location == "/"


@pytest.mark.hazard("H70")
@one_database
def test_a_cookie_names_nobody_and_is_kept_from_scripts(desk: Desk) -> None:
    header = desk.sign_in().headers["Set-Cookie"]
    assert header.startswith("toxmon=")
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in header
    assert "Domain" not in header
    assert "Expires" not in header  # It ends with the browser.
    assert "Ada" not in header
    desk.api.service.base_url = "https://toxmon.example.org"
    header = desk.sign_in().headers["Set-Cookie"]
    assert header.startswith("__Host-toxmon=")
    assert "Secure" in header


@pytest.mark.hazard("H70")
def test_a_cookie_is_worth_nothing_after_signing_out(desk: Desk) -> None:
    desk.sign_in()
    kept = desk.client.get_cookie("toxmon")
    assert kept is not None
    answer = desk.post("/sign-out")
    assert answer.location == "/sign-in"
    assert desk.client.get_cookie("toxmon") is None
    desk.client.set_cookie("toxmon", kept.value)
    assert desk.client.get("/me").status_code == 303
    assert desk.client.post("/me", data={"act": "pin"}).status_code == 403


@pytest.mark.hazard("H70")
@one_database
def test_a_planted_cookie_is_not_taken(desk: Desk) -> None:
    planted = "x" * 43
    desk.client.set_cookie("toxmon", planted)
    desk.sign_in()
    first = desk.client.get_cookie("toxmon")
    assert first is not None
    assert first.value != planted
    desk.sign_in()
    second = desk.client.get_cookie("toxmon")
    assert second is not None
    assert second.value != first.value
    assert sessions.found(desk.api.service, first.value) is None


@pytest.mark.hazard("H70")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@one_database
def test_a_form_of_somebody_elses_page_is_refused(desk: Desk, headers: dict[str, str]) -> None:
    words = {"name": "ada", "secret": PASSWORD}
    assert desk.client.post("/sign-in", data=words, headers=headers).status_code == 403
    desk.sign_in()
    assert desk.post("/lock", headers=headers).status_code == 403
    assert desk.client.post("/unlock", data=words, headers=headers).status_code == 403


@pytest.mark.hazard("H70")
@one_database
def test_a_form_without_proof_or_with_that_of_another_is_refused(desk: Desk) -> None:
    desk.person("bob")
    desk.sign_in("bob")
    of_bob = desk.token()
    desk.sign_in()
    for token in ("", "00", "zz", of_bob, "é"):
        assert desk.client.post("/lock", data={"form_token": token}).status_code == 403
    page = desk.post("/lock")
    assert page.status_code == 303


def test_what_is_wrong_is_told_alike(desk: Desk) -> None:
    known, unknown = desk.sign_in(word="wrong word"), desk.sign_in("nobody", "wrong word")
    assert known.status_code == unknown.status_code == 422
    assert "<title>Error: Sign in - toxmon</title>" in known.text
    words = "The name or the password is wrong."
    assert words in known.text
    assert words in unknown.text
    assert 'value="ada"' in known.text
    assert "wrong word" not in known.text
    for _ in range(4):
        answer = desk.sign_in(word="wrong word")
    assert "Next try from 09:05:00" in answer.text
    assert "Next try from" in desk.sign_in().text


@one_database
def test_nothing_that_is_sent_breaks_it(desk: Desk) -> None:
    for name, word in (("\x00", "\x00"), ("a" * 9_000, "b" * 9_000), ("\ud800", "é"), ("", "")):
        sent = {"name": name.encode("utf-8", "surrogatepass"), "secret": word}
        assert desk.client.post("/sign-in", data=sent).status_code == 422
    desk.client.set_cookie("toxmon", "é\x7f")
    assert desk.client.get("/me").status_code == 303
    desk.sign_in()
    for act in ("pin", "password", "look", "", "x"):
        answer = desk.post("/me", {"act": act, "pin": "1", "password": "\x00", "language": "x"})
        assert answer.status_code == 422, act


@pytest.mark.hazard("H70")
def test_a_locked_page_shows_nothing_and_comes_back(desk: Desk, clock: Clock) -> None:
    desk.sign_in()
    clock.forward(minutes=5)
    page = desk.client.get("/me?x=1")
    assert page.status_code == 401
    assert "<h1>Locked</h1>" in page.text
    assert "Sign out" not in page.text
    sent = hidden(page.text)
    wrong = desk.client.post("/unlock", data={**sent, "secret": "wrong"})
    assert wrong.status_code == 422
    assert "not the PIN or password" in wrong.text
    answer = desk.client.post("/unlock", data={**hidden(wrong.text), "secret": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/me?x=1")
    assert desk.client.get("/me").status_code == 200


@pytest.mark.parametrize("over", [False, True])
def test_what_was_posted_to_a_locked_screen_is_not_lost(
    desk: Desk, clock: Clock, over: bool
) -> None:
    desk.sign_in()
    token = desk.token()
    clock.forward(hours=13 if over else 0, minutes=6)
    typed = {"act": "look", "language": "tr", "theme": "dark", "note": '"<tag> & é', "pin": "2749"}
    page = desk.post("/me", typed, token)
    assert page.status_code == 401
    assert "Not saved yet." in page.text
    assert "&lt;tag&gt;" in page.text
    assert 'value="2749"' not in page.text  # An id may have these digits in it.
    sent = hidden(page.text)
    sent["carried.note"] = typed["note"]  # As a browser reads it.
    forged = {**sent, "carried.language": "en", "secret": PASSWORD}
    assert desk.client.post("/unlock", data=forged).status_code == 403
    page = desk.client.post("/unlock", data={**sent, "secret": PASSWORD})
    assert page.status_code == 200
    assert "data-send-on" in page.text
    again = hidden(page.text)
    assert 'action="/me"' in page.text
    assert (again["act"], again["language"]) == ("look", "tr")
    answer = desk.client.post("/me", data=again)
    assert (answer.status_code, answer.location) == (303, "/me?done=look")


@pytest.mark.hazard("H70")
@one_database
def test_nobody_saves_what_another_typed(desk: Desk, clock: Clock) -> None:
    desk.person("bob")
    desk.sign_in()
    token = desk.token()
    clock.forward(minutes=6)
    page = desk.post("/me", {"act": "look", "language": "tr", "theme": "dark"}, token)
    desk.sign_in("bob")
    answer = desk.client.post("/unlock", data={**hidden(page.text), "secret": PASSWORD})
    assert answer.status_code == 409
    assert "Another person" in answer.text


@one_database
def test_a_poll_neither_wakes_nor_redirects(desk: Desk, clock: Clock) -> None:
    desk.sign_in()
    poll = {"X-Toxmon-Poll": "1"}
    for _ in range(6):
        clock.forward(minutes=1)
        answer = desk.client.get("/seen", headers=poll)
    assert answer.status_code == 401
    assert desk.client.get("/seen").status_code == 401


@one_database
def test_a_pin_is_set_by_who_knows_the_password(desk: Desk) -> None:
    desk.sign_in()
    good = {"act": "pin", "pin": "2749", "pin_again": "2749", "pin_password": PASSWORD}
    for wrong, words in (
        ({"pin_again": "2748"}, "is another one"),
        ({"pin_password": "wrong word"}, "not the PIN or password"),
        ({"pin": "1234", "pin_again": "1234"}, "easily guessed"),
    ):
        answer = desk.post("/me", {**good, **wrong})
        assert (answer.status_code, words in answer.text) == (422, True), words
        assert "Error: My account" in answer.text
    assert desk.post("/me", good).location == "/me?done=pin"
    desk.post("/lock")
    page = desk.client.get("/me")
    assert (
        desk.client.post("/unlock", data={**hidden(page.text), "secret": "2749"}).status_code == 303
    )


@one_database
def test_a_new_password_is_set_by_who_knows_the_old_one(desk: Desk) -> None:
    desk.sign_in()
    good = {"act": "password", "old_password": PASSWORD, "password": "another word",
            "password_again": "another word"}  # fmt: skip
    assert desk.post("/me", {**good, "old_password": "x"}).status_code == 422
    assert (
        desk.post("/me", {**good, "password": "short", "password_again": "short"}).status_code
        == 422
    )
    assert desk.post("/me", good).location == "/me?done=password"
    assert desk.client.get("/me").status_code == 200
    assert desk.sign_in().status_code == 422
    assert desk.sign_in(word="another word").status_code == 303


def test_the_device_is_handed_over(desk: Desk) -> None:
    desk.person("bob", pin="2749")
    desk.sign_in("bob")
    desk.sign_in()
    page = desk.client.get("/switch")
    assert "Ada Example is signed in here" in page.text
    answer = desk.client.post("/switch", data={"name": "bob", "secret": "2749", "back": "/me"})
    assert answer.location == "/me"
    assert "Bob Example" in desk.client.get("/me").text


@one_database
def test_a_link_from_another_site_comes_in(desk: Desk) -> None:
    answer = desk.client.get("/me", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text
