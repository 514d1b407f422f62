"""Searches: what is found, in pages that lose and double nothing; who may; what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.ehr.fhir.told import FORM, Hospital, Rich
from toxmon.ehr.fhir.capability import OFFERED


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


def links(hospital: Hospital, path: str, **more: Any) -> dict[str, str]:
    return {each["relation"]: each["url"] for each in hospital.get(path, **more).body["link"]}


SEARCHES = (
    "/Observation?code=http://loinc.org|8310-5",
    "/Observation?code=8310-5,heart_rate&category=vital-signs",
    "/Observation?category=laboratory&_sort=-date",
    "/Observation?category=toxicity-grade&_sort=_lastUpdated",
    "/Observation?category=survey&_sort=-_lastUpdated&_count=3",
    "/Observation?status=preliminary,corrected",
    "/Observation?date=ge2026-03-01T07:05:00Z&date=lt2026-03-01T07:10:00Z",
    "/Observation?date=2026-03-01&_count=4",
    "/Observation?_lastUpdated=gt2026-03-01T08:00:00.000004Z",
    "/Observation?code=urn:toxmon:scale|",
    "/MedicationAdministration?code=612865&_sort=-effective-time",
    "/MedicationAdministration?effective-time=gt2026-03-01T07:00:00Z",
    "/RiskAssessment?date=ge2026-03-01",
    "/DetectedIssue?code=interval&identified=le2027",
    "/Flag?status=active&code=crs&date=2026-03-01",
    "/AdverseEvent?event=urn:toxmon:syndrome|crs",
    "/Provenance?recorded=ge2026-03-01T09:00:00Z",
)


@pytest.mark.parametrize("path", SEARCHES)
def test_a_parameter_finds_what_it_says_and_the_self_link_repeats_it(told: Rich, path: str) -> None:
    whole = f"{path}&patient={told.patient}"
    found = [each for page in told.hospital.pages(whole) for each in page]
    assert found
    assert len(set(ids(found))) == len(found)
    again = urlsplit(links(told.hospital, whole)["self"])
    assert again.path == "/fhir" + path.partition("?")[0]
    assert parse_qsl(again.query) == parse_qsl(whole.partition("?")[2])


def test_codes_are_found_by_system_and_alternatives(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&_count=500&code="

    def kinds(code: str) -> set[str]:
        found = told.hospital.found(path + code)
        return {each["code"]["coding"][-1]["code"] for each in found}

    assert kinds("8310-5") == kinds("http://loinc.org|8310-5") == {"body_temperature"}
    assert kinds("urn:toxmon:kind|8310-5") == set()
    assert kinds("8310-5,ldh") == {"body_temperature", "ldh"}
    assert kinds("8310-5&code=body_temperature") == {"body_temperature"}
    assert kinds("8310-5&code=ldh") == set()
    assert kinds("urn:toxmon:scale|") >= {"astct-crs-grade", "astct-icans-grade"}
    assert "ldh" in kinds("http://loinc.org|")
    every = kinds("http://loinc.org|,urn:toxmon:kind|,urn:toxmon:scale|")
    assert {"ldh", "vasopressors", "astct-crs-grade"} <= every


@pytest.mark.parametrize(
    ("date", "hits"),
    [
        ("2026-03-01T07:00:00Z", True), ("eq2026-03-01T08:00:00%2B01:00", True),
        ("2026-03-01T07:00Z", True), ("2026-03-01", True), ("2026-03", True), ("2026", True),
        ("gt2026-03-01T07:00:00Z", False), ("ge2026-03-01T07:00:00Z", True),
        ("lt2026-03-01T07:00:00Z", False), ("le2026-03-01T07:00:00Z", True),
        ("gt2026-02-28", True), ("gt2026-03-01", False), ("lt2026-03-01", False),
        ("sa2026-02", True), ("eb2026-04", True), ("2026-02-28", False),
        ("2026-03-01T07:00:00.000001Z", False), ("ge9999-12-30", False), ("ge0001-01-02", True),
    ],
)  # fmt: skip
def test_dates_are_as_long_as_they_are_precise(told: Rich, date: str, hits: bool) -> None:
    path = f"/Observation?patient={told.patient}&code=systolic_bp&date={date}"
    assert bool(told.hospital.found(path)) is hits


def test_a_day_is_one_of_the_site(hospital: Hospital) -> None:
    patient = hospital.api.patient()
    hospital.charted(patient, "2026-02-27T23:30:00Z", heart_rate=(80, "/min"))
    path = f"/Observation?patient={patient}&date="
    assert hospital.found(f"{path}2026-02-28")
    assert not hospital.found(f"{path}2026-02-27")


def test_sorted_by_either_clock_in_either_direction(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&_count=7&_sort="

    def crawled(sort: str) -> list[dict[str, Any]]:
        return [each for page in told.hospital.pages(path + sort) for each in page]

    for name, clock in (("date", "effectiveDateTime"), ("_lastUpdated", "issued")):
        up, down = crawled(name), crawled(f"-{name}")
        times = [datetime.fromisoformat(each[clock]) for each in up]
        assert times == sorted(times)
        assert ids(down) == ids(up)[::-1]
    newest = told.hospital.found(f"/Observation?patient={told.patient}&_sort=-date&_count=1")
    assert newest[0]["id"] == crawled("-date")[0]["id"]


SORTS = ("", "&_sort=-date", "&_sort=_lastUpdated", "&_sort=-_lastUpdated")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.hazard("H55")
@pytest.mark.conforms("fhir-search")
def test_a_crawl_is_complete_while_others_chart(hospital: Hospital, sort: str) -> None:
    patient = hospital.api.treated()
    facts = []
    for minute in range(6):
        facts.append(
            hospital.charted(
                patient, f"2026-03-01T07:0{minute}:00Z", body_temperature=(38 + minute / 10, "Cel"),
                heart_rate=(80 + minute, "/min"),
            )
        )  # fmt: skip
    path = f"/Observation?patient={patient}&_count=500{sort}"
    before = hospital.found(path)
    seen: list[dict[str, Any]] = []
    for number, page in enumerate(hospital.pages(f"{path}&_count=3".replace("_count=500&", ""))):
        seen += page
        if number < 5:  # Late, early and corrected ones, on both sides of where the crawl stands.
            hospital.charted(patient, f"2026-03-01T06:5{number}:00Z", heart_rate=(60, "/min"))
            hospital.charted(patient, f"2026-03-01T07:3{number}:00Z", heart_rate=(61, "/min"))
            hospital.correct(facts[number]["body_temperature"], 39.5, "Cel")
            hospital.retract(facts[5 - number]["heart_rate"])
    assert ids(seen) == ids(before)
    assert len(hospital.found(path)) > len(before)


def test_all_patients_are_searched_one_after_the_other(hospital: Hospital) -> None:
    patients = [hospital.api.patient(mrn=f"P{number}") for number in range(5)]
    for patient in patients[:3]:
        for minute in range(3):
            at = f"2026-03-01T07:0{minute}:00Z"
            hospital.charted(patient, at, heart_rate=(80, "/min"))
    found = [each for page in hospital.pages("/Observation?_count=2") for each in page]
    assert len(set(ids(found))) == len(found) == 9
    assert ids(hospital.found("/Patient?_count=2")) == sorted(patients)[:2]
    crawled = [each["id"] for page in hospital.pages("/Patient?_count=2") for each in page]
    assert crawled == sorted(patients)
    two = f"/Observation?patient={patients[0]},Patient/{patients[2]}&_count=4"
    assert len([each for page in hospital.pages(two) for each in page]) == 6


def test_patients_are_found_by_their_numbers(hospital: Hospital) -> None:
    patient = hospital.api.patient(mrn="A 1")
    hospital.charted(patient, "2026-03-01T07:00:00Z", heart_rate=(80, "/min"))
    assert hospital.one("/Patient?identifier=urn:mrn|A 1")["id"] == patient
    assert hospital.found("/Patient?identifier=urn:mrn|B2") == []
    for name in ("patient.identifier", "patient:identifier", "subject:Patient.identifier"):
        assert len(hospital.found(f"/Observation?{name}=urn:mrn|A 1")) == 1
    for reference in (patient, f"Patient/{patient}", f"http://localhost/fhir/Patient/{patient}"):
        for name in ("patient", "subject", "subject:Patient"):
            assert len(hospital.found(f"/Observation?{name}={reference}")) == 1
    assert hospital.refused("/Observation?patient.identifier=urn:mrn|B2", 404)
    hospital.refused("/Observation?patient.identifier=B2", 400)
    hospital.refused("/Observation?patient=Group/1", 400)


@pytest.mark.hazard("H57")
def test_who_lies_out_of_reach_is_not_there(hospital: Hospital) -> None:
    mine, other = hospital.api.patient("M"), hospital.api.patient("O", unit="elsewhere")
    found = {}
    for patient in (mine, other):
        charted = hospital.charted(patient, "2026-03-01T07:00:00Z", heart_rate=(80, "/min"))
        found[patient] = charted["heart_rate"]
    by = hospital.api.token("nurse", units=("bmt-1",))
    assert ids(hospital.found("/Patient", by=by)) == [mine]
    assert ids(hospital.found("/Observation", by=by)) == [found[mine]]
    assert ids(hospital.found(f"/Observation?_id={found[mine]},{found[other]}", by=by)) == [
        found[mine]
    ]
    for path in (
        f"/Patient/{other}", f"/Patient/{other}/_history", f"/Patient/{other}/$everything",
        f"/Observation/{found[other]}", f"/Observation/{found[other]}/_history/1",
        f"/Provenance/{found[other]}", f"/Observation?patient={other}", f"/Flag?patient={other}",
        "/Observation?patient.identifier=urn:mrn|O", f"/DetectedIssue/{other}.tocilizumab",
    ):  # fmt: skip
        assert hospital.refused(path, 404, by=by)["code"] == "not-found"
    assert hospital.found("/Patient?identifier=urn:mrn|O", by=by) == []
    auditor = hospital.api.token("auditor", units=("bmt-1",))
    hospital.refused("/AuditEvent", 403, by=auditor)
    hospital.refused(f"/AuditEvent?patient={other}", 404, by=auditor)
    events = hospital.found("/AuditEvent", by="auditor")
    about = next(each["id"] for each in events if other in str(each.get("entity")))
    hospital.refused(f"/AuditEvent/{about}", 404, by=auditor)


def test_each_type_pages_by_one_without_loss(told: Rich) -> None:
    for name, offered in OFFERED.items():
        by = "auditor" if name == "AuditEvent" else "integration"
        of = f"&patient={told.patient}" if "patient" in offered.params else ""
        whole = told.hospital.found(f"/{name}?_count=500{of}", by=by)
        assert whole, name
        if name == "AuditEvent":
            continue  # Reading it adds to it.
        crawled = [
            each for page in told.hospital.pages(f"/{name}?_count=1{of}", by=by) for each in page
        ]
        expected = whole if name not in ("CodeSystem", "ValueSet", "ConceptMap") else crawled
        assert ids(crawled) == ids(expected), name


@pytest.mark.conforms("fhir-capability")
def test_every_interaction_that_is_stated_works(told: Rich) -> None:
    statement = told.hospital.get("/metadata", headers={"Authorization": ""}).body
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    tried = 0
    for stated in statement["rest"][0]["resource"]:
        name = stated["type"]
        if name not in OFFERED:
            continue
        by = "auditor" if name == "AuditEvent" else "integration"
        codes = {each["code"] for each in stated["interaction"]}
        found = told.hospital.found(f"/{name}?_count=1", by=by)[0]
        path = f"/{name}/{found['id']}"
        ways = {
            "read": path,
            "vread": f"{path}/_history/{found.get('meta', {}).get('versionId')}",
            "history-instance": f"{path}/_history",
            "search-type": f"/{name}",
        }
        for code, way in ways.items():
            reply = told.hospital.get(way, by=by)
            assert reply.status == (200 if code in codes else 404), (way, reply.body)
            tried += 1
        for param in stated["searchParam"]:
            value = "2026" if param["type"] == "date" else "x"
            value = "a|b" if "identifier" in param["name"] else value
            reply = told.hospital.get(
                f"/{name}?{param['name']}={value}", by=by, headers={"Prefer": "handling=strict"}
            )
            assert reply.status in (200, 404), (name, param, reply.body)
            tried += 1
    assert tried > 80


@pytest.mark.conforms("fhir-everything")
def test_everything_of_a_patient_in_pages(told: Rich) -> None:
    hospital, path = told.hospital, f"/Patient/{told.patient}/$everything"
    whole = hospital.found(f"{path}?_count=500")
    kinds = list(dict.fromkeys(each["resourceType"] for each in whole))
    assert kinds == [
        "Patient", "Observation", "MedicationAdministration", "AdverseEvent", "Flag",
        "DetectedIssue", "RiskAssessment", "Provenance",
    ]  # fmt: skip
    crawled = [each for page in hospital.pages(f"{path}?_count=7") for each in page]
    assert [(each["resourceType"], each["id"]) for each in crawled] == [
        (each["resourceType"], each["id"]) for each in whole
    ]
    some = hospital.found(f"{path}?_type=Flag,Patient")
    assert {each["resourceType"] for each in some} == {"Flag", "Patient"}
    since = hospital.found(f"{path}?_since=2026-03-01T09:00:00Z&_type=Observation")
    assert 0 < len(since) < len([each for each in whole if each["resourceType"] == "Observation"])
    errors = [each for each in whole if each.get("status") == "entered-in-error"]
    assert [each["id"] for each in errors][:1] == [told.ids["taken_back"]]


def test_a_version_that_the_asker_has_is_not_sent_again(told: Rich) -> None:
    hospital, path = told.hospital, f"/Observation/{told.ids['fever']}"
    reply = hospital.get(path)
    assert (reply.headers["ETag"], reply.headers["Content-Type"]) == ('W/"2"', FORM)
    changed = datetime.fromisoformat(reply.body["meta"]["lastUpdated"])
    assert reply.headers["Last-Modified"] == changed.strftime("%a, %d %b %Y %H:%M:%S GMT")
    same = hospital.get(path, headers={"If-None-Match": 'W/"2"'})
    assert (same.status, same.raw, same.headers["ETag"]) == (304, b"", 'W/"2"')
    assert hospital.get(path, headers={"If-None-Match": 'W/"1"'}).status == 200
    old = hospital.get(f"{path}/_history/1")
    assert old.headers["ETag"] == 'W/"1"'
    assert hospital.get(f"/Patient/{told.patient}").headers["ETag"] == 'W/"1"'


def test_what_is_not_known_is_left_out_of_the_self_link_or_refused(told: Rich) -> None:
    hospital = told.hospital
    path = f"/Observation?patient={told.patient}&color=red&_count=2"
    self_link = links(hospital, path)["self"]
    assert "color" not in self_link
    assert "_count=2" in self_link
    strict = {"Prefer": "handling=strict"}
    issue = hospital.refused(path, 400, headers=strict)
    assert issue["expression"] == ["http.color"]
    assert "is not a parameter" in issue["diagnostics"]
    hospital.refused(f"/Flag?patient={told.patient}&_sort=date", 400, headers=strict)
    assert "_sort" not in links(hospital, f"/Flag?patient={told.patient}&_sort=date")["self"]


@pytest.mark.parametrize(
    "query",
    [
        "date=yesterday", "date=2026-13-01", "date=2026-03-01T07:00:00", "date=zz2026",
        "date=ap2026", "date=2026-02-30", "date=0000", "date=9999-12-31T23:59:60Z",
        "date=2026-03-01T00:00:00%2B99:00", "_count=0", "_count=-1", "_count=x", "_count=%D9%A3",
        "_sort=name", "_sort=date,code",
        "_cursor=x", "_cursor=W10", "_cursor=%00", "code:in=x", "code:text=x", "status:not=final",
        "patient:missing=true", "_lastUpdated=tomorrow", "code=%00", "code=" + "x" * 3000,
        "_id=" + ",".join(map(str, range(101))), "patient.identifier=|", "patient=%00",
        "_cursor=" + "A" * 2000, "_cursor=WyJhIiwiYiIsbnVsbF0", "_cursor=e30",
        "_cursor=WyJhIiwiMjAyNi0wMy0wMVQwMDowMDowMCswMDowMCIsWzEsMiwzXV0",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_names_the_parameter(told: Rich, query: str) -> None:
    issue = told.hospital.refused(f"/Observation?patient={told.patient}&{query}", 400)
    assert issue["severity"] == "error"
    assert "x" * 100 not in issue["diagnostics"]


def test_to_be_sorted_a_search_names_one_patient(told: Rich) -> None:
    assert told.hospital.refused("/Observation?_sort=-date", 400)["expression"] == ["http._sort"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/Practitioner", 404, "not-supported"), ("/Practitioner/1", 404, "not-supported"),
        ("/Observation/none", 404, "not-found"), ("/Observation/%00", 404, "not-found"),
        ("/Observation/" + "x" * 65, 404, "not-found"), ("/Flag/x/_history", 404, "not-supported"),
        ("/a/b/c/d/e", 404, "not-found"),
        ("/Observation/.", 404, "not-found"), ("/Observation/x.crs", 404, "not-found"),
        ("/RiskAssessment/x.crs", 404, "not-found"), ("/DetectedIssue/x.y", 404, "not-found"),
        ("/AuditEvent/x", 404, "not-found"), ("/AuditEvent/99999999999999999", 404, "not-found"),
        ("/CodeSystem/x", 404, "not-found"), ("/AdverseEvent/x.crs.1", 404, "not-found"),
    ],
)  # fmt: skip
@pytest.mark.conforms("fhir-outcome")
def test_every_error_is_an_outcome(told: Rich, path: str, status: int, code: str) -> None:
    by = "admin" if "Audit" in path else "integration"
    reply = told.hospital.get(path, by=by)
    assert reply.status == status
    assert reply.body["resourceType"] == "OperationOutcome"
    assert reply.body["issue"][0]["code"] == code


def test_signing_in_is_asked_for_in_words_of_fhir(told: Rich) -> None:
    for header in ("", "Basic x", "Bearer ", "Bearer tmk_x_y", "Bearer " + "x" * 9000):
        reply = told.hospital.get("/Patient", headers={"Authorization": header})
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"] == 'Bearer realm="toxmon"'
        assert reply.body["issue"][0]["code"] == "login"


@pytest.mark.parametrize(
    ("accept", "format_", "status"),
    [
        ("application/fhir+json", "", 200), ("application/json", "", 200), ("*/*", "", 200),
        ("application/fhir+json; fhirVersion=4.0", "", 200), ("application/*;q=0.5", "", 200),
        ("application/fhir+xml", "", 406), ("text/html", "", 406), ("nonsense", "", 200),
        ("application/fhir+json; fhirVersion=5.0", "", 406), ("application/fhir+json;q=0", "", 406),
        ("application/fhir+xml", "json", 200), ("*/*", "xml", 406), ("*/*", "text/turtle", 406),
        ("*/*", "application/fhir%2Bjson", 200), ("*/*", "application/fhir+json", 200),
    ],
)  # fmt: skip
def test_json_is_the_only_form(told: Rich, accept: str, format_: str, status: int) -> None:
    for path in ("/Patient", "/metadata"):
        query = f"?_format={format_}" if format_ else ""
        reply = told.hospital.get(path + query, headers={"Accept": accept})
        assert reply.status == status
        assert reply.headers["Content-Type"] == FORM


def test_a_search_may_come_as_a_form(told: Rich) -> None:
    hospital = told.hospital
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"patient={told.patient}&code=8310-5".encode()

    def post(path: str, raw: bytes, headers: dict[str, str]) -> Any:
        return hospital.api.call("POST", path, raw=raw, headers=headers, by="physician")

    reply = post("//fhir/Observation/_search", body, form)
    assert ids([each["resource"] for each in reply.body["entry"]]) == [told.ids["fever"]]
    assert "code=8310-5" in reply.body["link"][0]["url"]
    refused = post("//fhir/Observation/_search", b"{}", {"Content-Type": "application/json"})
    assert (refused.status, refused.body["issue"][0]["code"]) == (415, "not-supported")
    assert post("//fhir/Observation/_search", b"_format=xml", form).status == 406
    everything = post(f"//fhir/Patient/{told.patient}/$everything", b"_type=Patient", form)
    assert len(everything.body["entry"]) == 1


def test_what_is_not_offered_says_which_methods_are(told: Rich) -> None:
    reply = told.hospital.api.call("DELETE", f"//fhir/Observation/{told.ids['fever']}")
    assert reply.status == 405
    assert "GET" in reply.headers["Allow"]
    assert reply.body["issue"][0]["code"] == "not-supported"


def test_reading_is_noted_with_whose_record_it_was(hospital: Hospital) -> None:
    first, second = hospital.api.patient("F"), hospital.api.patient("S")
    for patient in (first, second):
        hospital.charted(patient, "2026-03-01T07:00:00Z", heart_rate=(80, "/min"))
    hospital.found("/Observation")
    links_ = hospital.api.get("/audit", by="auditor").body["items"]
    noted = [each["patient_id"] for each in links_ if each["action"] == "read.fhir.observation"]
    assert sorted(noted) == sorted([first, second])


def test_the_database_away_is_503_in_words_of_fhir(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toxmon.store import Unavailable

    patient = hospital.api.patient()
    hospital.get(f"/Patient/{patient}")

    def away(*args: Any, **more: Any) -> Any:
        raise Unavailable("the database is locked")

    monkeypatch.setattr(type(hospital.api.service.store), "query", away)
    reply = hospital.get(f"/Patient/{patient}")
    assert (reply.status, reply.body["issue"][0]["code"]) == (503, "transient")
    assert reply.headers["Retry-After"] == "2"


ODD = (
    "", "|", ",", "\\", "%", "'", '"', ";", "\ud7ff", "\U0001f397", "a" * 500, "-1", "1e9", "null",
)  # fmt: skip
NAMES = (
    "patient", "code", "status", "date", "_id", "_lastUpdated", "_count", "_sort", "_cursor",
    "_total", "subject:Patient", "a:b",
)  # fmt: skip


def test_no_query_makes_the_server_fail(told: Rich) -> None:
    asked = [(name, "Observation") for name in NAMES]
    everything = f"Patient/{told.patient}/$everything"
    asked += [("target", "Provenance"), ("_since", everything), ("_type", everything)]
    for name, path in asked:
        for value in ODD:
            query = f"{quote(name)}={quote(value)}&_count=1"
            reply = told.hospital.api.call("GET", f"//fhir/{path}?{query}")
            assert reply.status in (200, 400, 404), (path, name, value, reply.body)
