"""What waits is shown, read again after a fix, dismissed by name; messages stand as they came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.hooks.conftest import Site, message, observed
from tests.hooks.test_receiving import values
from toxmon.actions import interfaces
from toxmon.actions.verify import verify
from toxmon.intake.code_map import CodeMap, Mapped

ODD = observed(id="r-2", code={"system": "99LAB", "code": "TMP2", "display": "Temp. (ear)"})


def waiting(site: Site, query: str = "", by: str = "integration") -> list[dict[str, Any]]:
    answer = site.api.get(f"/held{query}", by=by)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def test_what_waits_is_read_again_once_its_code_is_mapped(site: Site) -> None:
    patient = site.api.patient()
    assert site.standard(message(ODD)).status == 200
    [held] = waiting(site)
    assert (held["reason"], held["code"]["code"], held["patient"]) == (
        "unknown_code", "TMP2", patient,
    )  # fmt: skip
    assert held["said"]["value"] == {"decimal": "38.6"}
    assert waiting(site, "?source=other") == []
    assert waiting(site, f"?reason=unknown_code&patient={patient}&source=lab") == [held]
    assert site.api.get("/held?reason=odd", by="integration").status == 422
    told = site.api.post("/held/reread", {"ids": [held["id"]]}, by="integration").body
    assert told == {"read": 1, "settled": 0, "waiting": 1}
    codes = {("99LAB", "TMP2"): Mapped("body_temperature", "Cel")}
    site.api.service.code_maps = {"lab": CodeMap(codes)}
    told = site.api.post("/held/reread", {"source": "lab"}, by="integration").body
    assert told == {"read": 1, "settled": 1, "waiting": 0}
    assert values(site, patient) == ["38.6"]
    assert waiting(site) == []
    assert verify(site.api.service, lambda *_: None) == []


def test_pages_of_what_waits(site: Site) -> None:
    site.api.patient()
    odd = [observed(id=f"r-{n}", code={"system": "99LAB", "code": f"C{n}"}) for n in range(5)]
    site.standard(message(*odd))
    first = site.api.get("/held?limit=3", by="admin").body
    second = site.api.get(f"/held?limit=3&cursor={first['next']}", by="admin").body
    codes = [each["code"]["code"] for each in (*first["items"], *second["items"])]
    assert (codes, second["next"]) == ([f"C{n}" for n in range(5)], None)
    assert site.api.get("/held?cursor=x", by="admin").status == 422


def test_a_person_dismisses_with_a_reason(site: Site) -> None:
    site.api.patient()
    site.standard(message(ODD))
    [held] = waiting(site)
    path = f"/held/{held['id']}/dismissal"
    assert site.api.post(path, {}, by="physician").status == 422
    assert site.api.post(path, {"reason": "no such test here"}, by="nurse").status == 403
    done = site.api.post(path, {"reason": "no such test here"}, by="physician")
    assert (done.status, done.body["recorded_by"]) == (200, "physician of the test")
    assert site.api.post(path, {"reason": "again"}, by="physician").status == 409
    assert site.api.post("/held/nobody/dismissal", {"reason": "x"}, by="physician").status == 404
    assert waiting(site) == []
    refused = site.api.post("/held/reread", {"ids": ["x"], "source": "y"}, by="admin")
    assert refused.status == 422
    assert site.api.post("/held/reread", {}, by="admin").status == 422
    assert verify(site.api.service, lambda *_: None) == []


def test_a_message_is_shown_as_it_came_and_who_looked_is_noted(site: Site) -> None:
    site.api.patient()
    raw = b'{"patient": {"system": "urn:mrn", "value": "A1"},\n "observations": [1]}'
    kept = site.standard(raw).body["message"]
    shown = site.api.get(f"/messages/{kept}", by="integration")
    assert shown.body["body"].encode() == raw
    assert [each["outcome"] for each in shown.body["outcomes"]] == ["unreadable"]
    again = site.api.post(f"/messages/{kept}/replay", by="integration", body={"reason": "a fix"})
    assert again.status == 409
    some = site.api.token("integration", units=("bmt-1",))
    assert site.api.get(f"/messages/{kept}", by=some).status == 404
    assert site.api.get("/messages/nobody", by="admin").status == 404
    acts = [each["action"] for each in site.api.get("/audit", by="auditor").body["items"]]
    assert "read.message" in acts


def test_a_message_is_read_again_wholly_or_what_of_it_waits(site: Site) -> None:
    patient = site.api.patient()
    kept = site.standard(message(ODD)).body["message"]
    site.api.service.code_maps = {
        "lab": CodeMap({("99LAB", "TMP2"): Mapped("body_temperature", "Cel")})
    }
    told = site.api.post(f"/messages/{kept}/replay", by="admin", body={"reason": "a fix"}).body
    assert told == {"outcome": "replayed", "read": 1, "settled": 1}
    assert values(site, patient) == ["38.6"]
    told = site.api.post(f"/messages/{kept}/replay", by="admin", body={"reason": "a fix"}).body
    assert told["read"] == 0
    assert verify(site.api.service, lambda *_: None) == []


@pytest.mark.hazard("H58")
def test_how_each_system_stands(site: Site) -> None:
    site.api.patient()
    site.standard(message(observed(), ODD))
    site.standard(b"{")
    answer = site.api.get("/interfaces", by="admin")
    assert answer.status == 200, answer.body
    [lab] = answer.body["sources"]
    assert (lab["source"], lab["kept"], lab["unreadable"]) == ("lab", 2, 1)
    assert lab["lately"] == {"charted": 1, "held": 1}
    assert lab["waiting"] == {"unknown_code": 1}
    [code] = answer.body["unmapped"]
    assert (code["system"], code["code"], code["display"]) == ("99LAB", "TMP2", "Temp. (ear)")
    assert len(answer.body["needs"]) == 2
    assert b"38.6" not in answer.raw
    assert site.api.get("/interfaces", by="nurse").status == 403
    some = site.api.token("admin", units=("bmt-1",))
    assert site.api.get("/interfaces", by=some).status == 403


def test_a_clock_that_is_off_is_told(site: Site) -> None:
    site.api.patient()
    sent = (site.clock() - timedelta(hours=1)).strftime("%Y%m%d%H%M%S+0000")
    raw = (
        f"MSH|^~\\&|LAB|HOSP|TOXMON|SITE|{sent}||ORU^R01^ORU_R01|m1|P|2.5.1\r"
        "PID|||A1^^^urn:mrn\rOBR|1||F1|X^Y^L|||20260301070000+0000|||||||||||||||||F\r"
        "OBX|1|NM|8310-5^Temperature^LN||38.6|Cel^^UCUM|||||F|||20260301070000+0000\r"
    ).encode()
    headers = {
        "Content-Type": "application/hl7-v2",
        "Authorization": "Bearer a-secret-of-the-gateway",
    }
    assert site.post("engine", raw, headers).status in (200, 422)
    told = interfaces.told(site.api.service)
    [engine] = [each for each in told["sources"] if each["form"] == "hl7v2"]
    assert engine["clock_off_s"] == 3600
    assert any("behind our clock" in each for each in told["needs"])
