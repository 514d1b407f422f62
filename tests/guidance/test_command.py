"""`toxmon guidance PATIENT`: the words of the API on 80 columns, for a patient named in any way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Api, Clock
from tests.guidance.test_api import with_icans_3
from toxmon import wiring
from toxmon.actions import Service
from toxmon.cli import main
from toxmon.config import Config
from toxmon.protocol import Protocols
from toxmon.store import open_store

Run = Callable[..., Result]


@pytest.fixture
def run(
    api: Api,
    clock: Clock,
    protocols: Protocols,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """The command over the record of the API, at its time, with protocols that are read once."""
    monkeypatch.chdir(tmp_path)

    def create(config: Config) -> Service:
        store = open_store(config.database_url)
        return Service(store, clock, config.secret_key, protocols, config.zone)

    monkeypatch.setattr(wiring, "create_service", create)
    environment = {
        "TOXMON_DATABASE_URL": f"sqlite:///{tmp_path / 'ward.db'}",
        "TOXMON_SECRET_KEY": "a key for tests, thirty-two bytes or more",
        "TOXMON_SITE_TIMEZONE": "Europe/Berlin",
    }

    def call(*words: str) -> Result:
        result = CliRunner(env=environment).invoke(main, ["guidance", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def test_the_page_fits_and_says_what_the_api_says(api: Api, run: Run) -> None:
    patient = with_icans_3(api)
    result = run("T1")
    assert result.exit_code == 0, result.output
    page = result.stdout.splitlines()
    assert max(map(len, page)) <= 80
    assert "\x1b" not in result.stdout
    words = " ".join(result.stdout.split())
    for said in (
        "Support for a clinician, never an order.",
        "ICANS grade 3",
        "71.5 kg weighed 2026-03-09 09:00",
        "-> methylprednisolone 71.5 mg for this patient (1 mg/kg x 71.5 kg)",
        "WHERE THEY DIFFER",
        "NOT FOR THIS PATIENT",
        "Carvykti US label, from memory. 2024, label, not verified.",
    ):
        assert said in words
    body = api.get(f"/patients/{patient}/guidance").body
    for syndrome in body["open"]:
        assert syndrome["says"] in words
        for section in syndrome["sections"]:
            for line in section["lines"]:
                assert line["text"] in words, line["id"]
                assert line["source"]["source"] in words
        for difference in syndrome["differences"]:
            for side in difference["sides"]:
                assert f"{side['body']}: {side['says']}" in words


def test_json_is_what_the_api_tells(api: Api, run: Run) -> None:
    patient = with_icans_3(api)
    told = json.loads(run(patient, "--json").stdout)
    assert told == api.get(f"/patients/{patient}/guidance").body
    asked = json.loads(run(patient, "--scale", "iec_hs", "--json").stdout)
    assert asked == api.get(f"/patients/{patient}/guidance?scale=iec_hs").body


def test_a_patient_is_named_by_id_by_system_and_value_or_by_a_number(api: Api, run: Run) -> None:
    patient = api.patient("A1")
    for name in (patient, "urn:mrn|A1", "A1", " A1 "):
        assert json.loads(run(name, "--json").stdout)["patient_id"] == patient
    both = [{"system": "urn:case", "value": "A1"}, {"system": "urn:case", "value": "77"}]
    other = api.patient("B2", identifiers=both)
    assert json.loads(run("77", "--json").stdout)["patient_id"] == other
    several = run("A1")
    assert several.exit_code == 2
    assert "urn:mrn|A1" in several.stderr
    assert "urn:case|A1" in several.stderr
    for unknown in ("nobody", "urn:mrn|Z9", "A", ""):
        result = run(unknown)
        assert result.exit_code == 1
        assert "no patient is called" in result.stderr


def test_a_scale_that_no_guidance_speaks_of_is_refused(api: Api, run: Run) -> None:
    api.patient("A1")
    result = run("A1", "--scale", "anemia")
    assert result.exit_code == 2
    assert "names what no guidance speaks of; it does of" in result.stderr


def test_without_weight_the_page_says_so_at_the_top(api: Api, run: Run) -> None:
    api.treated("ide-cel")
    page = run("T1").stdout.splitlines()
    assert "NO WEIGHT IS CHARTED: NO DOSE IS COMPUTED" in "\n".join(page[:6])
