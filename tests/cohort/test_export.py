"""A file of a cohort: who is in it, what it never says, and that it comes out again."""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from tests.conftest import Api, Clock
from toxmon.actions import SYSTEM, Actor, Conflicting, NotFound, Service, cohort_files
from toxmon.actions.verify import verify
from toxmon.cohort.export import Cohort, FilterError, Wanted, as_toml, find, plain, read, write
from toxmon.cohort.export.filed import cell
from toxmon.cohort.export.found import study_id
from toxmon.cohort.export.lines import worded
from toxmon.cohort.export.made import make
from toxmon.grading.facts import Bounds
from toxmon.store import NEVER, access, facts

HERE = Actor("doc", "Doc", "physician", frozenset({"bmt-1"}))


def found(service: Service, wanted: Wanted, actor: Actor = SYSTEM) -> Cohort:
    with service.store.reading():
        return find(service, actor, wanted)


def zipped(service: Service, wanted: Wanted) -> bytes:
    out: list[bytes] = []
    write(service, wanted, found(service, wanted), out.append, lambda done, total: None)
    return b"".join(out)


def opened(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def table(files: dict[str, str], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"])))


@pytest.fixture
def three(api: Api, clock: Clock) -> list[str]:
    """CRS 2 with tocilizumab; a quiet course; a quiet one of another product and ward."""
    one = api.treated("axi-cel")
    at = "2026-03-01T07:00:00Z"
    charted = api.chart(
        one, at, body_temperature=(39.1, "Cel"), hypotension=True, oxygen_device="room_air",
        vasopressors=[],
    )  # fmt: skip
    assert charted.status == 201, charted.body
    dose = {"medication": "Actemra", "given_at": "2026-03-01T07:30:00Z",
            "dose": {"value": 560, "unit": "mg"}}  # fmt: skip
    assert api.post(f"/patients/{one}/administrations", dose).status == 201
    typed = {"medication": "that of Mrs Miller", "given_at": "2026-03-01T07:40:00Z"}
    assert api.post(f"/patients/{one}/administrations", typed).status == 201
    two = api.treated("axi-cel")
    api.chart(two, at, body_temperature=(36.8, "Cel"))
    away = api.patient("AWAY", unit="onco-2", name="Miller, Ada")
    infused = {"product": "ide-cel", "infused_at": "2026-02-20T06:00:00Z"}
    assert api.post(f"/patients/{away}/infusions", infused).status == 201
    clock.forward(hours=1)
    return [one, two, away]


def test_the_filter_finds_who_is_meant(service: Service, three: list[str]) -> None:
    def who(**asked: Any) -> set[str]:
        wanted = read(asked)
        return {each.patient_id for each in found(service, wanted).courses}

    one, two, away = three
    assert who() == {one, two, away}
    assert who(product="axi-cel") == {one, two}
    assert who(crs_from=2) == {one}
    assert who(crs_from=3) == set()
    assert who(icans_from=1) == set()
    assert who(tocilizumab=True) == {one}
    assert who(tocilizumab=False) == {two, away}
    assert who(infused_from="2026-03-01") == {one, two}
    assert who(infused_to=date(2026, 2, 28)) == {away}
    reached = found(service, Wanted(), HERE)
    assert {each.patient_id for each in reached.courses} == {one, two}


@pytest.mark.check(115)
def test_a_file_says_nothing_of_who_it_is(service: Service, three: list[str]) -> None:
    files = opened(zipped(service, Wanted().at(service.clock())))
    everything = "\n".join(files.values())
    for secret in ("Miller", "T1", "AWAY", "1961", *three, "onco-2", "bmt-1"):
        assert secret not in everything.replace("SHA256SUMS", ""), secret
    rows = table(files, "courses")
    assert {row["age_y"] for row in rows} == {"64"}
    assert all(row["study_id"].startswith("S") for row in rows)
    in_it = "\n".join(files[f"{name}.csv"] for name in ("courses", "readings", "gradings", "doses"))
    assert "2026" not in in_it


def test_what_a_course_says(service: Service, three: list[str]) -> None:
    files = opened(zipped(service, Wanted(crs_from=2).at(service.clock())))
    (row,) = table(files, "courses")
    assert row["study_id"] == study_id(service, three[0])
    assert (row["treatment"], row["product"], row["crs_max"]) == ("1", "axi-cel", "2")
    assert (row["crs_max_days"], row["tocilizumab_first_days"]) == ("0.0417", "0.0625")
    assert (row["tocilizumab_doses"], row["death_days"]) == ("1", "")
    readings = table(files, "readings")
    assert len(readings) == int(row["readings"])
    assert {
        "days": "0.0417",
        "kind": "body_temperature",
        "value": "39.1",
        "unit": "Cel",
    }.items() <= (readings[0].items())
    assert len(table(files, "gradings")) == int(row["gradings"])
    assert [each["drug"] for each in table(files, "doses")] == ["tocilizumab", "other"]


@pytest.mark.check(116)
def test_the_zip_has_its_papers_and_comes_out_again(
    service: Service, api: Api, clock: Clock, three: list[str]
) -> None:
    wanted = Wanted().at(service.clock())
    first = zipped(service, wanted)
    files = opened(first)
    sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].splitlines())
    assert set(sums) == set(files) - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(files[name].encode()).hexdigest() == digest
    manifest = orjson.loads(files["manifest.json"])
    assert manifest["software"].startswith("toxmon ")
    assert {each["kind"] for each in manifest["protocols"]} >= {"product", "policy"}
    assert manifest["rows"]["courses"] == 3
    assert manifest["few_alike"] == ["all together: 3 patients"]
    assert read(orjson.loads(files["filter.json"])) == wanted
    assert read(tomllib.loads(files["filter.toml"])) == wanted
    told = {
        (row["table"], row["column"])
        for row in csv.DictReader(io.StringIO(files["dictionary.csv"]))
    }
    for name in ("courses", "readings", "gradings", "doses"):
        assert {(name, column) for column in table(files, name)[0]} <= told
    assert {("kind", each["kind"]) for each in table(files, "readings")} <= told

    # A day later more is known; the same question has the same answer, byte for byte.
    clock.forward(days=1)
    api.chart(three[1], "2026-03-02T07:00:00Z", body_temperature=(39.5, "Cel"))
    assert zipped(service, wanted) == first
    assert zipped(service, Wanted().at(service.clock())) != first


def test_what_was_corrected_is_there_once(api: Api, service: Service, clock: Clock) -> None:
    patient = api.treated()
    answer = api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.5, "Cel"))
    fact = answer.body["observations"][0]["id"]
    # What was recorded at that very instant was known then; the standing clock is just before it,
    # for each write of a patient is recorded after the one before.
    row = facts.get(service.store, fact)
    assert row is not None
    before = row["recorded_at"]
    clock.forward(minutes=5)
    body = {"value": 36.5, "unit": "Cel", "reason": "wrong patient"}
    put = api.post(f"/observations/{fact}/corrections", body)
    assert put.status == 201, put.body
    now = opened(zipped(service, Wanted().at(service.clock())))
    assert [row["value"] for row in table(now, "readings")] == ["36.5"]
    then = opened(zipped(service, Wanted(known_at=before)))
    assert [row["value"] for row in table(then, "readings")] == ["39.5"]
    earlier = opened(zipped(service, Wanted(known_at=before - timedelta(microseconds=1))))
    assert table(earlier, "readings") == []


def test_numbers_and_dates_stand_only_where_they_are_asked_for(
    service: Service, three: list[str]
) -> None:
    wanted = read({"ids": "numbers", "times": "dates", "purpose": "registry", "form": "ndjson",
                   "tables": ["courses"], "columns": ["product", "crs_max_days"]})  # fmt: skip
    files = opened(zipped(service, wanted.at(service.clock())))
    assert "readings.ndjson" not in files
    rows = [orjson.loads(line) for line in files["courses.ndjson"].splitlines()]
    assert list(rows[0]) == ["study_id", "treatment", "numbers", "product", "crs_max_at"]
    assert "AWAY" in {row["numbers"] for row in rows}
    assert "2026-03-01T08:00:00+01:00" in {row["crs_max_at"] for row in rows}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"crs_from": 9}, "crs_from"),
        ({"crs_from": True}, "crs_from"),
        ({"nothing": 1}, "nothing"),
        ({"infused_from": "yesterday"}, "infused_from"),
        ({"infused_from": "2026-02-02", "infused_to": "2026-01-01"}, "infused_to"),
        ({"ids": "numbers"}, "purpose"),
        ({"times": "dates", "purpose": "fun"}, "purpose"),
        ({"tables": ["patients"]}, "tables"),
        ({"tables": "courses"}, "tables"),
        ({"columns": ["name"]}, "columns"),
        ({"known_at": "2026-03-06T06:00:00"}, "known_at"),
        ({"known_at": 5}, "known_at"),
        ({"product": "x" * 200}, "product"),
        ({"product": 5}, "product"),
        ({"tocilizumab": "yes"}, "tocilizumab"),
        ({"form": ["csv"]}, "form"),
    ],
)
def test_a_wrong_question_is_refused_by_field(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(FilterError) as caught:
        read(asked)
    assert field in {name for name, _ in caught.value.faults}


def test_a_question_comes_back_from_plain_data() -> None:
    wanted = Wanted(product="axi-cel", infused_from=date(2025, 1, 1), crs_from=2, tocilizumab=False,
                    known_at=datetime(2026, 3, 6, 6, tzinfo=UTC))  # fmt: skip
    assert read(plain(wanted)) == wanted
    assert read(tomllib.loads(as_toml(wanted))) == wanted


def test_values_as_text() -> None:
    low = Bounds(None, Decimal("0.5"), False, True)
    high = Bounds(Decimal(5), None, False, False)
    both = Bounds(Decimal(1), Decimal(2), False, False)
    assert [worded(each) for each in (low, high, both)] == ["<0.5", ">=5", "1-2"]
    assert [worded(each) for each in (True, False, ("a", "b"), "x", Decimal("36.50"))] == [
        "yes", "no", "a b", "x", "36.50",
    ]  # fmt: skip
    assert [cell(each) for each in ("=1+1", "-0.5", "-x", "S1", None, 3)] == [
        "'=1+1", "-0.5", "'-x", "S1", None, 3,
    ]  # fmt: skip


@pytest.mark.check(113)
def test_a_file_is_made_noted_and_fetched(service: Service, clock: Clock, three: list[str]) -> None:
    doc = Actor("doc", "Doc", "physician")
    wanted = Wanted().at(service.clock())
    file_id = cohort_files.ask(service, doc, plain(wanted), 3)
    with pytest.raises(Conflicting):
        cohort_files.fetch(service, doc, file_id)
    make(service, doc, file_id, wanted, 3)
    row = cohort_files.readable(service, doc, file_id)
    data = b"".join(cohort_files.fetch(service, doc, file_id)())
    assert row["state"] == "ready"
    assert (row["size"], row["digest"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert data == zipped(service, wanted)
    bounds = {
        "after": 0,
        "patient": "%",
        "actor": "Doc",
        "from_at": NEVER,
        "to_at": service.clock(),
    }
    links = [each for each in access.page(service.store, bounds, 100) if "export" in each["action"]]
    assert [each["action"] for each in links] == ["export.cohort", "export.fetch"]
    told = orjson.loads(links[0]["detail"])
    rows = {name: len(table(opened(data), name)) for name in told["rows"]}
    assert told["rows"] == rows
    assert (told["patients"], told["ids"], told["times"]) == (3, "study", "days")
    assert verify(service, lambda done, total: None) == []
    with pytest.raises(NotFound):
        cohort_files.readable(service, Actor("else", "Else", "physician"), file_id)
    clock.forward(hours=25)
    with pytest.raises(NotFound):
        cohort_files.fetch(service, doc, file_id)
    other = cohort_files.ask(service, doc, plain(wanted), 3)
    assert service.store.query("select count(*) as n from cohort_part")[0]["n"] == 0
    assert [each["id"] for each in cohort_files.mine(service, doc)] == [other]


def test_a_record_that_changed_meanwhile_is_said(service: Service, three: list[str]) -> None:
    doc = Actor("doc", "Doc", "physician")
    file_id = cohort_files.ask(service, doc, {}, 2)
    make(service, doc, file_id, Wanted().at(service.clock()), 2)
    row = cohort_files.readable(service, doc, file_id)
    assert (row["state"], "changed meanwhile" in row["says"]) == ("failed", True)


def test_two_at_a_time_and_one_that_was_stopped(service: Service, clock: Clock) -> None:
    doc = Actor("doc", "Doc", "physician")
    first = cohort_files.ask(service, doc, {}, 0)
    cohort_files.ask(service, doc, {}, 0)
    with pytest.raises(Conflicting):
        cohort_files.ask(service, doc, {}, 0)
    clock.now += timedelta(minutes=3)
    row = cohort_files.readable(service, doc, first)
    assert cohort_files.state(row, service.clock()) == "stopped"
    cohort_files.ask(service, doc, {}, 0)
