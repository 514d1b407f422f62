"""A real server and many threads: a key has one effect, whoever is first."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.running import Ward, running

THREADS = 16


class Client:
    """A program with a token."""

    def __init__(self, ward: Ward, role: str) -> None:
        self.url = f"{ward.url}/api/v1"
        self.bearer = ward.token(role)

    def post(self, path: str, body: Any, key: str | None = None) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"Bearer {self.bearer}",
            "Content-Type": "application/json",
        } | ({"Idempotency-Key": key} if key else {})
        request = urllib.request.Request(
            self.url + path, data=json.dumps(body).encode(), headers=headers
        )
        return self._answer(request)

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        _, raw = self._answer(urllib.request.Request(self.url + path, headers=headers))
        return json.loads(raw)

    @staticmethod
    def _answer(request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def ward(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ward]:
    """A server over each database; every test has patients of its own."""
    folder = tmp_path_factory.mktemp("ward")
    url = f"sqlite:///{folder / 'ward.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").fresh_database()
    with running(url, folder) as ward:
        yield ward


@pytest.fixture(scope="module")
def nurse(ward: Ward) -> Client:
    return Client(ward, "nurse")


def enrolled(nurse: Client, number: str) -> str:
    body = {"identifiers": [{"system": "urn:mrn", "value": number}], "unit": "bmt-1"}
    status, raw = nurse.post("/patients", body)
    assert status == 201, raw
    found: str = json.loads(raw)["id"]
    return found


def charting(at: datetime) -> dict[str, Any]:
    one = {"kind": "heart_rate", "value": 80, "unit": "/min"}
    return {"effective_at": at.isoformat(), "observations": [one]}


def count(ward: Ward, patient: str, what: str = "*") -> int:
    """How many facts, or different values of a column of them, the database itself has."""
    sql = f"select count({what}) from fact where patient_id = '{patient}'"
    if ward.database_url.startswith("sqlite"):
        connection = sqlite3.connect(ward.database_url.partition(":///")[2])
        try:
            found: int = connection.execute(sql).fetchone()[0]
            return found
        finally:
            connection.close()
    with psycopg.connect(ward.database_url) as server:
        row = server.execute(sql.encode()).fetchone()
        assert row is not None
        return int(row[0])


def test_one_key_has_one_effect_whoever_is_first(ward: Ward, nurse: Client) -> None:
    patient, at = enrolled(nurse, "A1"), datetime.now(UTC)
    path, body = f"/patients/{patient}/observations", charting(at)
    rounds = 12
    with ThreadPoolExecutor(THREADS) as pool:
        work = [f"key {number}" for number in range(rounds) for _ in range(THREADS)]
        answers = list(pool.map(lambda key: (key, *nurse.post(path, body, key)), work))
    assert Counter(status for _, status, _ in answers) == {201: rounds * THREADS}
    by_key: dict[str, set[bytes]] = {}
    for key, _, raw in answers:
        by_key.setdefault(key, set()).add(raw)
    assert {key: len(different) for key, different in by_key.items()} == dict.fromkeys(by_key, 1)
    assert len({raw for each in by_key.values() for raw in each}) == rounds
    assert count(ward, patient) == rounds
    # The versions have no gap, and none was given twice.
    assert nurse.get(f"/patients/{patient}")["version"] == rounds + 1
    assert count(ward, patient, "distinct version") == rounds
    assert ward.run("verify").returncode == 0


def test_one_key_with_two_bodies_is_kept_for_one_of_them(ward: Ward, nurse: Client) -> None:
    patient, at = enrolled(nurse, "A2"), datetime.now(UTC)
    bodies = [charting(at), charting(at.replace(microsecond=0))]
    path = f"/patients/{patient}/observations"
    with ThreadPoolExecutor(THREADS) as pool:
        work = [bodies[number % 2] for number in range(THREADS)]
        answers = list(pool.map(lambda body: nurse.post(path, body, "two bodies"), work))
    assert Counter(status for status, _ in answers) == {201: THREADS // 2, 409: THREADS // 2}
    assert len({raw for status, raw in answers if status == 201}) == 1
    assert count(ward, patient) == 1


def test_one_patient_is_enrolled_once(ward: Ward, nurse: Client) -> None:
    body = {"identifiers": [{"system": "urn:mrn", "value": "A3"}], "unit": "bmt-1"}
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _: nurse.post("/patients", body), range(THREADS)))
    assert Counter(status for status, _ in answers) == {201: 1, 409: THREADS - 1}
    assert len(nurse.get("/patients?identifier=urn:mrn|A3")["items"]) == 1


def test_one_fact_is_corrected_once(ward: Ward, nurse: Client) -> None:
    patient = enrolled(nurse, "A4")
    _, raw = nurse.post(f"/patients/{patient}/observations", charting(datetime.now(UTC)))
    fact = json.loads(raw)["observations"][0]["id"]
    path = f"/observations/{fact}/corrections"
    bodies = [{"value": 60 + n, "unit": "/min", "reason": "misread"} for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda body: nurse.post(path, body), bodies))
        assert Counter(status for status, _ in answers) == {201: 1, 409: THREADS - 1}
        # The same correction under one key: everybody has the answer of the first.
        newest = next(json.loads(raw) for status, raw in answers if status == 201)
        path = f"/observations/{newest['observations'][0]['id']}/corrections"
        again = list(pool.map(lambda _: nurse.post(path, bodies[0], "twice"), range(THREADS)))
    assert {status for status, _ in again} == {201}
    assert len({raw for _, raw in again}) == 1
    assert count(ward, patient) == 3


def test_a_batch_under_one_key_is_kept_once(ward: Ward, nurse: Client) -> None:
    patients, at = [enrolled(nurse, f"B{n}") for n in range(3)], datetime.now(UTC)
    lines = [
        {"patient_id": patient, "effective_at": at.isoformat(), "kind": "heart_rate",
         "value": 80 + n, "unit": "/min"}
        for patient in patients for n in range(5)
    ]  # fmt: skip
    with ThreadPoolExecutor(THREADS) as pool:
        post = nurse.post
        answers = list(
            pool.map(lambda _: post("/observations/batch", lines, "batch"), range(THREADS))
        )
    assert {status for status, _ in answers} == {200}
    assert len({raw for _, raw in answers}) == 1
    assert [count(ward, patient) for patient in patients] == [5, 5, 5]
