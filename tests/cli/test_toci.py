"""`toxmon toci PATIENT`: what the API answers of a dose, in words, and a release by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from tests.api.dosed import Dosed, at, dosed
from tests.cli.conftest import KEY, Operator
from tests.conftest import Api, Clock, _migrate
from toxmon import wiring
from toxmon.actions import Service, tokens
from toxmon.actions.verify import verify
from toxmon.app import create_app
from toxmon.config import Config
from toxmon.protocol import Protocols
from toxmon.store import open_store

ROOT = Path(__file__).parents[2]


@dataclass
class Pharmacy:
    """Somebody at a terminal, and the API over the same record at the same time."""

    operator: Operator
    ward: Dosed

    @property
    def api(self) -> Api:
        return self.ward.api

    def said(self, code: int, *words: str, **more: Any) -> str:
        """What `toxmon toci` prints, the exit code being this one; no line is too long."""
        result = self.operator.run("toci", *words, TOXMON_SITE_TIMEZONE="UTC", **more)
        assert result.exit_code == code, (result.exit_code, result.output)
        if "--json" not in words:
            assert max(map(len, result.stdout.splitlines()), default=0) <= 80, result.stdout
        return result.stdout

    def bad(self, code: int, *words: str, **more: Any) -> str:
        """What it says on standard error, having printed nothing."""
        assert self.said(code, *words, **more) == ""
        return self.operator.bad(code, "toci", *words, **more)

    def same(self, code: int, words: list[str], query: str = "", **body: Any) -> dict[str, Any]:
        """The answer as JSON; it is the one of the API."""
        told = json.loads(self.said(code, self.ward.patient, *words, "--json"))
        reply = self.api.post(f"{self.ward.path}/check{query}", body, by="pharmacist")
        assert reply.status == 200, reply.body
        assert told == reply.body
        assert told["allowed"] == (code == 0)
        found: dict[str, Any] = told
        return found

    def states(self) -> list[str]:
        """How the permissions of the patient stand."""
        items = self.api.get(f"/patients/{self.ward.patient}/permissions").body["items"]
        return [each["state"] for each in items]


def service_at(url: str, clock: Clock, protocols: Protocols, key: bytes = KEY.encode()) -> Service:
    return Service(open_store(url), clock, key, protocols, ZoneInfo("UTC"))


@pytest.fixture
def pharmacy(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, protocols: Protocols
) -> Iterator[Pharmacy]:
    """A patient of 70 kg with a fever, at 08:00 UTC, whose number is T1."""
    url, clock = f"sqlite:///{operator.database}", Clock()
    _migrate(url)
    service = service_at(url, clock, protocols)
    api = Api(create_app(service), None, service)  # type: ignore[arg-type]
    api.client = api.app.test_client()

    def made(config: Config) -> Service:
        return service_at(config.database_url, clock, protocols, config.secret_key)

    monkeypatch.setattr(wiring, "create_service", made)
    yield Pharmacy(operator, dosed(api, clock))
    assert verify(service, lambda done, total: None) == []
    service.store.close()


def test_yes_with_the_dose_for_the_weight(pharmacy: Pharmacy) -> None:
    lines = pharmacy.said(0, "T1").splitlines()
    assert lines[0] == "YES: a dose of tocilizumab may be given at 01-Mar-2026 08:00 UTC"
    assert "Left before this one: 3 in 24 h, 4 in this treatment." in lines
    text = " ".join(line.strip() for line in lines)
    assert "The dose for the weight: 8 mg/kg x 70 kg = 560 mg, cap 800 mg; weighed 01-Mar" in text
    assert "No dose is on record." in lines
    assert "Source: " in text


def test_not_yet_and_when(pharmacy: Pharmacy) -> None:
    pharmacy.ward.give(0)
    pharmacy.ward.turn(4)
    text = pharmacy.said(1, "T1", "--dose", "560")
    assert text.startswith("NOT YET: no tocilizumab at 01-Mar-2026 12:00 UTC\n- ")
    assert "By time the next is allowed at 01-Mar-2026 16:00 UTC." in text
    assert "   1  01-Mar-2026 08:00 UTC        560 mg  nurse of the test  in the last" in text
    pharmacy.said(0, "T1", "--dose", "560", "--at", at(8))
    pharmacy.said(1, "T1", "--dose", "560", "--at", "2026-03-01T15:59:59Z")


def test_no_for_more_than_the_cap(pharmacy: Pharmacy) -> None:
    text = pharmacy.said(1, "T1", "--dose", "801")
    assert text.startswith("NO: 801 mg of tocilizumab is not permitted")
    assert "By time the next is allowed" not in text


def test_json_is_what_the_api_tells(pharmacy: Pharmacy) -> None:
    ward = pharmacy.ward
    ward.give(-2)
    ward.turn(6.5)
    mass = {"value": 560, "unit": "mg"}
    pharmacy.same(0, [])
    pharmacy.same(0, ["--dose", "560"], dose=mass)
    pharmacy.same(0, ["--dose", "560mg", "--for", "crs"], dose=mass, indication="crs")
    pharmacy.same(1, ["--at", at(5.9)], at=at(5.9))
    pharmacy.same(1, ["--dose", "8000"], dose={"value": 8, "unit": "g"})
    ward.give(6.4)
    pharmacy.same(1, [])
    ward.turn(7)
    before = "2026-03-01T14:23:00+00:00"
    then = pharmacy.same(0, ["--known-at", before], f"?known_at={quote(before)}")
    assert (then["as_of"], len(then["given"])) == ("2026-03-01T14:23:00Z", 1)
    assert len(pharmacy.same(1, ["--dose", "560"], dose=mass)["given"]) == 2


def test_another_drug_is_told_too(pharmacy: Pharmacy, protocols: Protocols) -> None:
    assert len(protocols.drugs) > 3
    for name in protocols.drugs:
        told = pharmacy.operator.run("toci", "T1", "--drug", name, "--json")
        assert json.loads(told.stdout)["medication"] == name, told.output
        assert name in pharmacy.said(told.exit_code, "T1", "--drug", name).splitlines()[0]
    assert "of tocilizumab" in pharmacy.said(0, "T1", "--drug", "Tyenne")


def test_what_is_on_record_fits_the_page(pharmacy: Pharmacy) -> None:
    """Doses that may be one, of unknown time and amount, reserved by somebody with a long name."""
    ward = pharmacy.ward
    ward.give(-1)
    ward.give(-0.9)
    ward.give(None, None, given_before=at(-12))
    ward.turn(8)
    asked = ward.ask("overrides", reason="CRS 4")
    name = "Dr. Maximiliane von und zu Hohenlohe-Waldenburg-Schillingsfuerst of the pharmacy"
    wanted = {"override": True, "reason": "agreed"}
    physician = pharmacy.api.token("physician")
    assert asked.status == 201, asked.body
    permission = asked.body["permission"]["id"]
    done = ward.step(permission, "release", by=physician, **wanted)
    assert done.status == 201, done.body
    _, longest = tokens.create(pharmacy.api.service, "pharmacist", name)
    page = pharmacy.said(1, "T1", "--dose", "560", "--release", "--token", longest)
    text = " ".join(page.split())
    assert "[possibly the same]" in text
    assert "[released]" in text
    assert "amount unknown" in text
    assert page.count("\n! ") > 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 1, "no patient is called 'nobody'"),
        (("urn:mrn|nobody",), 1, "no patient is called"),
        (("",), 1, "no patient is called ''"),
        (("T1", "--drug", "aspirin"), 1, "there are no rules for a drug of that name"),
        (("T1", "--dose", "a lot"), 2, "--dose: 'a lot' is not a dose in mg"),
        (("T1", "--dose", "0"), 2, "is not a dose in mg"),
        (("T1", "--dose", "-560"), 2, "is not a dose in mg"),
        (("T1", "--dose", "NaN"), 2, "is not a dose in mg"),
        (("T1", "--dose", "8 mg/kg"), 2, "is not a dose in mg"),
        (("T1", "--at", "2026-03-01T08:00:00"), 2, "--at: "),
        (("T1", "--at", "noon"), 2, "--at: "),
        (("T1", "--known-at", "noon"), 2, "--known-at: "),
        (("T1", "--for", "fever"), 2, "--for: 'fever' is none of crs, icans"),
        (("T1", "--release", "--dose", "560"), 2, "name yourself with --token"),
        (("T1", "--release"), 2, "say which dose with --dose MG"),
        (("T1", "--release", "--dose", "560", "--token", "tmk_x_y"), 2, "--token: it is unknown"),
        (("T1", "--release", "--dose", "5", "--known-at", at(0)), 2, "leave out --known-at"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_what_cannot_be_answered_is_said(
    pharmacy: Pharmacy, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in " ".join(pharmacy.bad(code, *words).split())
    assert pharmacy.states() == []


def test_a_number_that_two_have_is_nobodys(pharmacy: Pharmacy) -> None:
    other = [{"system": "urn:other", "value": "T1"}]
    second = pharmacy.api.patient(identifiers=other)
    said = pharmacy.bad(2, "T1")
    assert "2 patients or more have the number 'T1'" in said
    assert "urn:mrn|T1" in said
    assert "urn:other|T1" in said
    for name in ("urn:mrn|T1", pharmacy.ward.patient):
        told = json.loads(pharmacy.said(0, name, "--json"))
        assert told["patient_id"] == pharmacy.ward.patient
    told = json.loads(pharmacy.operator.run("toci", "urn:other|T1", "--json").stdout)
    assert told["patient_id"] == second


@pytest.mark.parametrize("role", ["physician", "nurse", "integration", "admin", "auditor"])
def test_only_a_pharmacist_releases(pharmacy: Pharmacy, role: str) -> None:
    token = pharmacy.api.token(role)
    said = pharmacy.bad(2, "T1", "--dose", "560", "--release", "--token", token)
    assert f"a dose is released by a pharmacist, not by a {role}" in " ".join(said.split())
    assert token not in said
    assert pharmacy.states() == []


def test_a_release_is_by_name_and_happens_once(pharmacy: Pharmacy) -> None:
    token = pharmacy.api.token("pharmacist")
    words = ("T1", "--dose", "560", "--for", "crs", "--release", "--token")
    text = pharmacy.said(0, *words, token)
    (kept,) = pharmacy.api.get(f"/patients/{pharmacy.ward.patient}/permissions").body["items"]
    assert (kept["state"], kept["by"], kept["dose"]["value"]) == (
        "released", "pharmacist of the test", 560,
    )  # fmt: skip
    said = " ".join(line.strip() for line in text.splitlines())
    assert f"RELEASED by pharmacist of the test, permission {kept['id']}" in said
    again = pharmacy.said(1, *words, "-", stdin=f"{token}\n")
    assert "RELEASED" not in again
    assert again.startswith("NOT YET")
    assert "[released]" in again
    assert pharmacy.states() == ["released"]
    told = json.loads(pharmacy.said(1, *words, token, "--json"))
    assert [each["code"] for each in told["reasons"]] == ["interval"]


def test_a_release_can_be_read_as_json(pharmacy: Pharmacy) -> None:
    words = ("T1", "--dose", "560", "--release", "--token", "-", "--json")
    told = json.loads(pharmacy.said(0, *words, stdin=pharmacy.api.token("pharmacist")))
    assert (told["allowed"], told["released"]["state"]) == (True, "released")
    assert pharmacy.states() == ["released"]


def test_a_token_of_another_unit_does_not_see_the_patient(pharmacy: Pharmacy) -> None:
    far = pharmacy.api.token("pharmacist", units=("icu-2",))
    said = pharmacy.bad(1, "T1", "--dose", "560", "--release", "--token", far)
    assert "no such patient" in said
    assert pharmacy.states() == []


def test_a_time_gone_by_is_not_released(pharmacy: Pharmacy) -> None:
    token = pharmacy.api.token("pharmacist")
    words = ("T1", "--dose", "560", "--release", "--token", token, "--at")
    assert "lies in the past" in pharmacy.bad(2, *words, at(-1))
    assert pharmacy.states() == []


@pytest.mark.hazard("H46")
def test_two_pharmacists_at_once_release_one_dose(operator: Operator, protocols: Protocols) -> None:
    """As two processes, each with its own look at the record."""
    url, clock = f"sqlite:///{operator.database}", Clock()
    _migrate(url)
    clock.now = datetime.now(UTC)
    service = service_at(url, clock, protocols)
    app = create_app(service)
    api = Api(app, app.test_client(), service)
    patient = api.treated(at=(clock.now - timedelta(hours=3)).isoformat())
    seen = (clock.now - timedelta(minutes=1)).isoformat()
    reply = api.chart(patient, seen, body_temperature=(39.0, "Cel"), weight=(70, "kg"))
    assert reply.status == 201
    clean = {key: each for key, each in os.environ.items() if not key.startswith("TOXMON_")}
    settings = {key: each for key, each in operator.environment.items() if each is not None}
    words = ("toci", "T1", "--dose", "560", "--release", "--token", api.token("pharmacist"))
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "toxmon", *words],
            env={**clean, **settings, "PYTHONPATH": str(ROOT)}, cwd=operator.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [each.communicate(timeout=120) for each in running]
    assert sorted(each.returncode for each in running) == [0, 1], said
    assert [err for _, err in said] == ["", ""]
    assert sorted("RELEASED by" in out for out, _ in said) == [False, True]
    items = api.get(f"/patients/{patient}/permissions").body["items"]
    assert [each["state"] for each in items] == ["released"]
    service.store.close()


@pytest.mark.parametrize("command", [("toci", "T1"), ("guidance", "T1"), ("ward",), ("alerts",)])
def test_reading_with_another_key_breaks_no_chain(
    pharmacy: Pharmacy, command: tuple[str, ...]
) -> None:
    """Every reading is noted in the audit chain, and signed."""
    other = "another key for tests, as long as the first"
    said = pharmacy.operator.bad(2, *command, TOXMON_SECRET_KEY=other)
    assert "TOXMON_SECRET_KEY is not the key" in said
    pharmacy.operator.good(*command)


def test_where_there_is_no_record_that_is_said(operator: Operator) -> None:
    assert "there is no record" in operator.bad(2, "toci", "T1")
    assert list(operator.folder.iterdir()) == []


def test_a_record_that_cannot_be_read_is_no_permission(operator: Operator) -> None:
    operator.database.write_bytes(b"no database at all" * 100)
    assert "cannot be reached" in operator.bad(1, "toci", "T1")
