"""What a sender says later of a fact finds it in whichever record it lies by then."""

from __future__ import annotations

import pytest

from tests.hooks.conftest import Site, message, observed
from tests.hooks.test_receiving import values
from toxmon.actions import tokens
from toxmon.actions.verify import verify


@pytest.mark.hazard("H12", "H51")
def test_a_correction_follows_a_fact_through_a_merge_and_back(site: Site) -> None:
    one, other = site.api.patient(), site.api.patient("B1")
    assert site.standard(message()).status == 200
    body = {"into": other, "reason": "one person"}
    assert site.api.post(f"/patients/{one}/merge", body, by="physician").status == 200
    corrected = observed(value=38.9, status="corrected", issued_at="2026-03-01T07:50:00Z")
    told = site.standard(message(corrected)).body["results"][0]
    assert (told["outcome"], told["patient"]) == ("corrected", other), told
    assert values(site, other) == ["38.9"]
    new = site.standard(message(observed(id="r-9", effective_at="2026-03-01T07:40:00Z")))
    assert new.body["results"][0]["patient"] == other
    undone = site.api.post(f"/patients/{one}/unmerge", body, by="physician").body
    assert len(undone["staying"]) == 1
    assert (values(site, one), values(site, other)) == (["38.9"], ["38.6"])
    again = observed(value=39.0, status="corrected", issued_at="2026-03-01T07:55:00Z")
    told = site.standard(message(again)).body["results"][0]
    assert (told["outcome"], told["patient"]) == ("corrected", one), told
    gone = observed(status="withdrawn", issued_at="2026-03-01T07:58:00Z")
    assert site.standard(message(gone)).body["results"][0]["outcome"] == "withdrawn"
    assert (values(site, one), values(site, other)) == ([], ["38.6"])
    assert verify(site.api.service, lambda *_: None) == []


def test_a_program_moves_what_it_sent_and_its_corrections_follow(site: Site) -> None:
    one, other = site.api.patient(), site.api.patient("B1")
    fact = site.standard(message()).body["results"][0]["fact"]

    _, lab = tokens.create(site.api.service, "integration", "lab")
    body = {"facts": [fact], "to": other, "reason": "another wristband"}
    moved = site.api.post(f"/patients/{one}/move", body, by=lab)
    assert moved.status == 200, moved.body
    assert (values(site, one), values(site, other)) == ([], ["38.6"])
    gone = observed(status="withdrawn", issued_at="2026-03-01T07:58:00Z")
    assert site.standard(message(gone)).body["results"][0]["outcome"] == "withdrawn"
    assert values(site, other) == []
    assert verify(site.api.service, lambda *_: None) == []
