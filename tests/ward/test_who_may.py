"""Every page as every role: who is let in is what docs/reference/pages.md says, and no other."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import Api
from tests.house.tree import ROOT
from toxmon.actions import accounts, sessions
from toxmon.actions.tokens import ROLES

PRINTED = ROOT / "docs" / "reference" / "pages.md"
ROW = re.compile(r"\| `([^`]+)` \| (GET|POST) \| [^|]+ \| ([^|]+) \|")
NOBODY = "everybody, not signed in"


def rows() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """(address, method, roles) as the page says; None: nobody has to be signed in."""
    for rule, method, roles in ROW.findall(PRINTED.read_text("utf-8")):
        yield rule, method, None if roles.strip() == NOBODY else frozenset(roles.split(", "))


def entered(api: Api, role: str, units: tuple[str, ...] | None = None) -> FlaskClient:
    """A browser in which somebody of this role has just signed in."""
    name = "-".join((role, *(units or ())))
    row = accounts.create(api.service, name, f"{role} who looks", role, units, None)
    client = api.app.test_client()
    client.set_cookie("toxmon", sessions.open_for(api.service, row["id"], "password")[0])
    return client


def filled(rule: str, named: dict[str, str]) -> str:
    """An address with the ids of what is there."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: named.get(found[1], "none-of-these"), rule)


def named_in(api: Api) -> dict[str, str]:
    """A patient with facts and an alert, by the names that addresses have for them."""
    patient = api.treated()
    api.service.clock.forward(hours=1)  # type: ignore[attr-defined]
    kept = api.chart(
        patient, "2026-03-01T08:30:00Z", body_temperature=(39.2, "Cel"),
        systolic_bp=(80, "mm[Hg]"), vasopressors=["norepinephrine"], oxygen_device="room_air",
    ).body  # fmt: skip
    return {
        "patient_id": patient, "fact_id": kept["observations"][0]["id"],
        "alert_id": kept["alerts"][0]["id"], "unit": "bmt-1", "scale": "crs",
        "version": str(kept["version"]),
        "medication": "tocilizumab", "name": "ide-cel",
    }  # fmt: skip


def test_the_page_is_printed_anew() -> None:
    printed: dict[str, Any] = runpy.run_path(str(ROOT / "docs/generate/pages.py"), run_name="read")
    assert PRINTED.read_text("utf-8") == printed["page"](), "run `make docs`"
    assert len(list(rows())) > 50


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_these_roles_are_let_in(api: Api) -> None:
    named = named_in(api)
    wrong = []
    for role in ROLES:
        client = entered(api, role)
        for rule, method, roles in rows():
            if roles is None or rule in LEAVING:
                continue
            # A POST without the proof of a form of ours changes nothing, and comes after the role.
            status = client.open(filled(rule, named), method=method).status_code
            forbidden = b"Not sent from here"
            if method == "POST":
                answer = client.open(filled(rule, named), method=method)
                let_in = answer.status_code == 403 and forbidden in answer.data
            else:
                let_in = status not in (403, 401)
            if let_in != (role in roles) or status >= 500:
                wrong.append(f"{method} {rule} as {role}: {status}")
    assert wrong == []


LEAVING = {"/sign-out", "/lock", "/unlock"}
"""These end the session of the one who asks."""


@pytest.mark.hazard("H68")
@pytest.mark.parametrize("role", ["nurse", "physician", "pharmacist", "integration"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_patient_of_another_ward_is_not_there(api: Api, role: str) -> None:
    named = named_in(api)
    client = entered(api, role, ("icu-2",))
    for rule, method, roles in rows():
        if roles is None or role not in roles or method != "GET":
            continue
        if not re.search("patient_id|fact_id|alert_id", rule):
            continue
        far, nobody = (
            client.get(filled(rule, names))
            for names in (named, {**named, "patient_id": "nobody", "fact_id": "0", "alert_id": "0"})
        )
        # The way to open a patient in an emergency is offered alike, there or not.
        expected = 200 if rule == "/p/<patient_id>/open" else 404
        assert (far.status_code, nobody.status_code) == (expected, expected), rule


def test_nobody_is_let_in_without_signing_in(api: Api) -> None:
    named = named_in(api)
    client = api.app.test_client()
    for rule, method, roles in rows():
        answer = client.open(filled(rule, named), method=method)
        if roles is None:
            assert answer.status_code < 500, rule
        else:
            assert answer.status_code in (302, 303, 401), (rule, answer.status_code)
            assert named["patient_id"].encode() not in answer.data or b"sign" in answer.data
