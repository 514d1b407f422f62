"""Accounts, kept by an administrator on a page."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Api
from tests.ward.conftest import Site
from tests.ward.test_glass import desk_of
from tests.ward.test_signing_in import Desk, one_database
from toxmon.actions import accounts
from toxmon.actions.verify import chain

SHOWN_ONCE = re.compile(r"shown only now: <code>([0-9a-f-]+)</code>")
NEW = {"name": "Grace", "shown": "G. Hopper", "role": "nurse", "reach": "some", "units": "bmt-1"}


@pytest.fixture
def admin(api: Api) -> Desk:
    return desk_of(api, "admin", None, "root")


def account(api: Api, name: str = "grace") -> dict[str, object]:
    return next(row for row in accounts.every(api.service) if row["name"] == name)


def test_an_account_from_its_making_to_its_end(api: Api, admin: Desk) -> None:
    page = admin.post("/admin/users", NEW)
    assert page.status_code == 200
    word = SHOWN_ONCE.search(page.text)
    assert word
    assert word[1] not in admin.client.get("/admin/users").text
    grace = Desk(api)
    assert grace.sign_in("grace", word[1]).status_code == 303
    where = f"/admin/users/{account(api)['id']}"
    changed = {"act": "change", "shown": "G. Hopper", "role": "physician", "reach": "every"}
    assert admin.post(where, {**changed, "units": ""}).status_code == 303
    assert "physician" in grace.client.get("/me").text
    page = admin.post(where, {"act": "password"})
    again = SHOWN_ONCE.search(page.text)
    assert again
    assert grace.client.get("/me").status_code == 303
    assert grace.sign_in("grace", word[1]).status_code == 422
    assert grace.sign_in("grace", again[1]).status_code == 303
    assert admin.post(where, {"act": "end"}).status_code == 422
    assert admin.post(where, {"act": "end", "sure": "yes"}).status_code == 303
    assert grace.client.get("/me").status_code == 303
    assert grace.sign_in("grace", again[1]).status_code == 422
    assert "Disabled on" in admin.client.get(where).text
    assert admin.post(where, {"act": "password"}).status_code == 422
    assert list(chain(api.service)) == []


@one_database
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "a b"}, {"name": "ROOT"}, {"shown": ""}, {"shown": "root example"},
        {"role": "king"}, {"role": ""}, {"reach": ""}, {"units": ""}, {"reach": "every"},
        {"units": "x" * 65}, {"name": "\x00"}, {"shown": "\x00"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_beside_its_field(
    api: Api, admin: Desk, wrong: dict[str, str]
) -> None:
    page = admin.post("/admin/users", {**NEW, **wrong})
    assert page.status_code == 422
    assert "<title>Error: Users - toxmon</title>" in page.text
    assert [row["name"] for row in accounts.every(api.service)] == ["root"]


@one_database
def test_nobody_gives_what_they_have_not(api: Api, admin: Desk) -> None:
    of_one_ward = desk_of(api, "admin", ("bmt-1",), "small")
    for path in ("/admin/users", "/admin/tokens", f"/admin/users/{account(api, 'root')['id']}"):
        assert of_one_ward.client.get(path).status_code == 403
        assert desk_of(api, "auditor", None, f"a{len(path)}").client.get(path).status_code == 403
    own = f"/admin/users/{account(api, 'root')['id']}"
    page = admin.post(own, {"act": "end", "sure": "yes"})
    assert page.status_code == 422
    assert "another administrator" in page.text
    assert admin.client.get("/admin/users/nobody").status_code == 404


@one_database
def test_a_token_is_ended(api: Api, admin: Desk) -> None:
    token = api.token("nurse")
    assert api.get("/patients?limit=1").status == 200
    page = admin.client.get("/admin/tokens").text
    _, token_id, secret = token.split("_", 2)  # A secret may have a _ of its own.
    assert token_id in page
    assert secret not in page
    assert admin.post("/admin/tokens", {"token": token_id}).status_code == 303
    assert admin.post("/admin/tokens", {"token": token_id}).status_code == 409
    assert admin.post("/admin/tokens", {"token": "x"}).status_code == 404
    assert "Ended" in admin.client.get("/admin/tokens").text


@one_database
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_for_everybody(site: Site, dark: bool) -> None:
    site.api.token("nurse")
    row = accounts.create(site.service, "grace", "G. Hopper", "nurse", ["bmt-1"], None)
    page = site.page("admin", "/admin/users", (390, 844), dark=dark)
    site.well(page)
    site.go(page, f"/admin/users/{row['id']}")
    site.well(page)
    site.go(page, "/admin/tokens")
    site.well(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
