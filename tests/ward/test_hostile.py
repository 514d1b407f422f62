"""Forms and addresses that no page of ours has made: whatever is sent, the answer is no 5xx."""

from __future__ import annotations

import random
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest

from tests.conftest import Api
from tests.house.tree import ROOT
from tests.ward.test_who_may import LEAVING, entered, filled, named_in, rows
from toxmon.actions import accounts, sessions
from toxmon.actions.tokens import ROLES

WARD = ROOT / "toxmon" / "ward"
READ = re.compile(
    r'(?:form\.\w+\(|posted\(|form\[|args\.get\(|args\.getlist\(|\.form\.get\()\s*"(\w+)"'
)
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
PARTS = ("", "_date", "_time", "_fold")
ROUNDS = 2
VALUES = (
    "", " ", "\x00", "a\x00b", "0", "-1", "1e400", "1,5", "99999999999999999999", "nan", "inf",
    "٣٧", "²", "38.6", "86", "2026-13-45", "0001-01-01", "9999-12-31", "2026-03-01", "25:61",
    "24:00", "09:00", "02:30", "<script>", "\u202e\ufeff", "😀" * 300, "x" * 5_000, "../../x",
    "'; drop table fact; --", "%s%n", "on", "true", "yes", "no", "none", "crs", "icans", "nurse",
    "bmt-1", "tocilizumab", "30", "now", "given", "retract", "correct", "*", "[]", "{}", "\r\nX: y",
    "//[x", "/p/1",
)  # fmt: skip
ODD = ("%00", "%FF", "x" * 3_000, "%F0%9F%98%80", "..%2F..", "-1", "9" * 40, "%0A", "[x")
FORM = "application/x-www-form-urlencoded"
BYTES = (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"%", b"%zz", b"\x00")


@cache
def names() -> tuple[str, ...]:
    """Every name that a page reads from a form or an address."""
    found = {name for path in WARD.glob("*.py") for name in READ.findall(path.read_text("utf-8"))}
    assert len(found) > 100
    found.discard("form_token")
    return tuple(sorted({name + part for name in found for part in PARTS}))


def sent(chosen: random.Random) -> bytes:
    """A body of a form with all of them: one value each, some twice, some of bytes that are no
    text."""
    pairs = [(name, chosen.choice(VALUES)) for name in names() if chosen.random() < 0.9]
    pairs += [(chosen.choice(names()), chosen.choice(VALUES)) for _ in range(5)]
    body = urlencode(pairs).encode()
    for raw in chosen.sample(BYTES, 2):
        name = chosen.choice(names())
        body += b"&" + name.encode() + b"=" + quote_from_bytes(raw).encode()
    return body


def hostile(address: str) -> bool:
    return not any(each in address for each in ("/switch", "/wall", "/me", *LEAVING))


class Forms(HTMLParser):
    """The forms of a page: where each goes, and for each field what could be chosen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, list[str]]]] = []
        self._of_select: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form" and has.get("method") == "post":
            self.found.append((has.get("action", ""), {}))
        if not self.found:
            return
        fields = self.found[-1][1]
        if tag in ("input", "select", "textarea", "button") and has.get("name"):
            options = fields.setdefault(has["name"], [])
            kind = has.get("type", "text")
            if kind in ("radio", "checkbox", "hidden", "submit") or tag == "button":
                options.append(has.get("value", "on"))
            elif tag == "select":
                self._of_select = options
            else:
                options.append({"date": "2026-03-01", "time": "09:30"}.get(kind, "38.2"))
        if tag == "option":
            self._of_select.append(has.get("value", ""))


def filled_in(fields: dict[str, list[str]], chosen: random.Random) -> list[tuple[str, str]]:
    """A form as somebody might fill it in, but for one or two fields."""
    said = {name: chosen.choice(options or ["words"]) for name, options in fields.items()}
    odd = [name for name in said if name not in ("form_token", "form_id")]
    for name in chosen.sample(odd, min(len(odd), chosen.choice((0, 1, 2)))):
        said[name] = chosen.choice(VALUES)
    return list(said.items())


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_form_and_no_address_breaks_a_page(api: Api, number: int) -> None:
    """First what its own forms could send, but for one field; then all names there are at once."""
    chosen = random.Random(number)
    named = named_in(api)
    wrong, kept = [], 0
    for role in ROLES:
        client = entered(api, role)
        for rule, method, roles in rows():
            if role not in (roles or ()) or not hostile(rule):
                continue
            address = filled(rule, named)
            asked: list[tuple[str, bytes]] = []
            if method == "GET":
                page = client.get(address)
                few = urlencode([(name, chosen.choice(VALUES)) for name in names()[number::9]])
                answers: list[Any] = [page, client.get(f"{address}?{few}")]
                if page.mimetype == "text/html":
                    forms = [each for each in Forms(page.text).found if hostile(each[0])]
                    for to, fields in chosen.sample(forms, min(3, len(forms))):
                        asked.append((to or address, urlencode(filled_in(fields, chosen)).encode()))
            else:
                proof = TOKEN.findall(client.get("/me").text)[0]
                answers = []
                asked.append((address, b"form_token=" + proof.encode() + b"&" + sent(chosen)))
            for to, body in asked:
                answer = client.post(to, data=body, content_type=FORM)
                kept += answer.status_code == 303
                if answer.status_code == 403 and "Not sent from here" in answer.text:
                    wrong.append(f"{to} as {role}: nothing was tested")
                answers.append(answer)
            wrong += [
                f"{method} {rule} as {role}: {each.status_code}, {asked}"
                for each in answers
                if each.status_code >= 500
            ]
            for each in answers:
                each.close()
    assert wrong == []
    assert kept > 10  # Some of it was as it should be, so that it came further than the first look.


def test_nothing_that_is_sent_before_signing_in_breaks_a_page(api: Api) -> None:
    chosen = random.Random(0)
    row = accounts.create(api.service, "ada", "Nurse Ada", "nurse", None, None)
    over, session = sessions.open_for(api.service, row["id"], "password")
    sessions.lock(api.service, session)
    for address in ("/sign-in", "/sign-in?back=//[x", "/switch", "/unlock"):
        for value in VALUES:
            fields = [("name", value), ("secret", chosen.choice(VALUES)), ("back", value),
                      ("to", value), ("seal", value), ("who", value), ("carried.x", value),
                      ("carried.x", "é")]  # fmt: skip
            for cookie in ("nobody's", over):
                client = api.app.test_client()
                client.set_cookie("toxmon", cookie)
                answer = client.post(address, data=urlencode(fields).encode(), content_type=FORM)
                assert answer.status_code < 500, (address, value)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_name_in_an_address_breaks_a_page(api: Api) -> None:
    wrong = []
    client = entered(api, "physician")
    for rule, method, roles in rows():
        if roles and "physician" in roles and method == "GET" and "<" in rule:
            for odd in ODD:
                address = re.sub(r"<(?:\w+:)?\w+>", odd, rule)
                answer = client.get(address)
                if answer.status_code >= 500:
                    wrong.append(f"{address[:80]}: {answer.status_code}")
    assert wrong == []
