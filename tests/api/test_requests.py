"""Paths, methods, parameters and headers: whatever is odd about them is a problem in words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from werkzeug.routing import Rule

from tests.api.conftest import Ward, kept
from tests.every import every

ALL_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NOBODY = "01980000-0000-7000-8000-000000000000"


def rules(ward: Ward) -> dict[str, tuple[Rule, set[str]]]:
    """Every path of our own API with its methods, over all rules of that path."""
    found: dict[str, tuple[Rule, set[str]]] = {}
    for rule in ward.api.app.url_map.iter_rules():
        if rule.rule.startswith(("/fhir", "/hooks")):
            continue  # Their answers are those of FHIR and HL7 v2: tests/ehr.
        if rule.endpoint.startswith("ward."):
            continue  # Pages for people: tests/ward.
        known = found.get(rule.rule, (rule, set()))[1]
        found[rule.rule] = (rule, known | set(rule.methods or ()))
    return found


def filled(ward: Ward, rule: str) -> str:
    """The path of a rule with something in it that is there."""
    return "/" + (
        rule.replace("<patient_id>", ward.patient)
        .replace("<observation_id>", ward.fact)
        .replace("<scale>", "crs")
        .replace("<name>", "ide-cel")
    )


def test_another_method_is_405_and_says_which_are_allowed(ward: Ward) -> None:
    before = kept(ward.api.service)
    tried = 0
    for path, (_, methods) in rules(ward).items():
        for method in sorted(ALL_METHODS - methods):
            reply = ward.api.call(method, filled(ward, path), by="physician")
            if method == "HEAD":
                assert (reply.status, reply.raw) == (405, b"")
            else:
                ward.refused(reply, 405)
            assert {each.strip() for each in reply.headers["Allow"].split(",")} == methods
            tried += 1
    assert tried > 80
    assert kept(ward.api.service) == before


def test_a_made_up_method_is_refused(ward: Ward) -> None:
    ward.refused(ward.api.call("FROB", f"/patients/{ward.patient}"), 405)


def test_options_tells_the_methods_and_nothing_else(ward: Ward) -> None:
    for path, (_, methods) in rules(ward).items():
        reply = ward.api.call("OPTIONS", filled(ward, path))
        assert reply.status == 200
        assert reply.raw == b""
        assert {each.strip() for each in reply.headers["Allow"].split(",")} == methods
        assert not [name for name, _ in reply.headers if name.startswith("Access-Control")]


def test_head_is_get_without_its_body(ward: Ward) -> None:
    for path, (_, methods) in rules(ward).items():
        if "GET" in methods:
            role = "auditor" if path.endswith("/audit") else "physician"
            get = ward.api.get(filled(ward, path), by=role)
            head = ward.api.call("HEAD", filled(ward, path), by=role)
            assert (head.status, head.raw) == (get.status, b"")
            assert head.headers["Content-Type"] == get.headers["Content-Type"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/patients/", "/patient", "/PATIENTS", "//api/v2/patients", "//api", "////etc",
        "//.env", "//api/v1/../v1/patients", "/patients/x/observations/y", "/grade/crs/icans",
        "/observations", "/observations/batch/", "/observations/x", "//health", "//docs/",
    ],
)  # fmt: skip
def test_an_unknown_path_is_404(ward: Ward, path: str) -> None:
    ward.refused(ward.api.get(path), 404)


@pytest.mark.parametrize(
    "garbage",
    [
        "%00", "x%00y", f"{NOBODY}%00", "%0A", "%0D%0AX-Injected:%20yes", "%FF", "%C0%80",
        "%ED%A0%80", "%", "%25", "_" * 36, "x" * 10_000, "%27%20or%201%3D1%20--", "*", "null",
        "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a%5Cb", "-1", "0", "1e9", "NaN",
        "٣", "%F0%9F%98%B7", "{patient_id}", "<script>", NOBODY, NOBODY.upper(),
    ],
)  # fmt: skip
def test_an_id_of_nobody_is_404_everywhere(ward: Ward, garbage: str) -> None:
    before = kept(ward.api.service)
    bodies = {
        "observations": {"effective_at": "2026-03-01T07:00:00Z",
                         "observations": [{"kind": "seizure", "value": "none"}]},
        "infusions": {"product": "ide-cel", "infused_at": "2026-03-01T07:00:00Z"},
        "administrations": {"medication": "x", "given_at": "2026-03-01T07:00:00Z"},
        "attributions": {"sign": "fever", "cause": "x", "from": "2026-03-01T07:00:00Z",
                         "reason": "x"},
        "deaths": {"died_at": "2026-03-01T07:00:00Z", "cause": "other"},
        "corrections": {"value": 1, "unit": "/min", "reason": "x"},
        "confirmation": {"reason": "x"},
        "retraction": {"reason": "x"},
    }  # fmt: skip
    for name, body in bodies.items():
        noun = "observations" if name in ("corrections", "confirmation", "retraction") else (
            "patients"
        )  # fmt: skip
        ward.refused(ward.api.post(f"/{noun}/{garbage}/{name}", body, by="physician"), 404)
    for name in ("", "/observations", "/grades", "/grades/history", "/timeline"):
        ward.refused(ward.api.get(f"/patients/{garbage}{name}"), 404)
    ward.refused(ward.api.get(f"/protocols/{garbage}"), 404)
    ward.refused(ward.api.post(f"/grade/{garbage}", {}), 404)
    assert kept(ward.api.service) == before
    ward.chart_well()


def test_an_empty_id_is_another_path(ward: Ward) -> None:
    """Slashes in a row are one; where to ask instead is told, and nothing is done."""
    before = kept(ward.api.service)
    reply = ward.api.post("/patients//observations", {})
    assert reply.status in (308, 404, 405)
    assert kept(ward.api.service) == before


LISTS = ("/patients", "/patients/{0}/observations", "//api/v1/audit")


@every("path", LISTS)
@pytest.mark.parametrize(
    "limit",
    ["0", "501", "-1", "1.0", "1e2", "abc", "", "%20" "5", "5%20", "1_0", "0x10", "%2B5", "true",
     "%EF%BC%95", "%D9%A5", "9" * 5_000, "NaN", "%00"],
)  # fmt: skip
def test_a_limit_is_a_whole_number_from_1_to_500(ward: Ward, path: str, limit: str) -> None:
    url = f"{path.format(ward.patient)}?limit={limit}"
    ward.refused(ward.api.get(url, by=reader(path)), 422, "/limit")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["1", "500"])
def test_a_limit_at_its_ends_is_taken(ward: Ward, path: str, limit: str) -> None:
    url = f"{path.format(ward.patient)}?limit={limit}"
    assert ward.api.get(url, by=reader(path)).status == 200


def reader(path: str) -> str:
    return "auditor" if "audit" in path else "nurse"


def cursors() -> Iterator[str]:
    """Texts that are no cursors, and cursors that this list did not give."""
    yield from ("x", "%00", "null", "e30", "W10", "AAAA", "=", "é", "ey" * 5_000, "..", "%F0")
    for values in (
        None, {}, 1, "x", [], [1, 2, 3], [None], [[]], [{}], [True], [1.5], [-1], [2**53], [2**63],
        [2**64 - 1], ["\x00"], ["x" * 101], ["x", 1], [1, "x"], ["", -1], ["2026-03-01", 1],
        ["2026-03-01T07:00:00", 1], ["0001-01-01T00:00:00+00:00", 1],
        ["9999-12-31T23:59:59-10:00", 1], ["2026-03-01T07:00:00+00:00", 2**63],
        ["2026-03-01T07:00:00+00:00", True], ["2026-03-01T07:00:00+00:00", "1"],
        ["2026-03-01T07:00:00+00:00"], ["2026-03-01T07:00:00+00:00", 1, 1],
        ["2026-03-01T07:00:00+16:00", 1], ["2026-03-01T07:00:00-23:59", 1],
        ["2026-03-01T07:00:00+00:00:30.5", 1], ["2026-03-01T08:00:00+01:00", 1],
    ):  # fmt: skip
        yield base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_the_list_did_not_give_is_refused(ward: Ward, path: str) -> None:
    before = kept(ward.api.service)
    refused = 0
    for cursor in cursors():
        reply = ward.api.get(f"{path.format(ward.patient)}?cursor={cursor}", by=reader(path))
        if reply.status == 200:
            # A page after a place that can be; nobody is told more than the list tells.
            assert path == "/patients"
            continue
        ward.refused(reply, 422, "/cursor")
        refused += 1
    assert refused >= 37
    assert kept(ward.api.service) == before


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("page=2", ["/page"]),
        ("limit=5&limit=6", ["/limit"]),
        ("limit=0&cursor=x&page=2", ["/limit", "/page"]),
        ("Limit=5", ["/Limit"]),
        ("a/b=1", ["/a~1b"]),
        ("limit=5;cursor=x", ["/limit"]),
        ("=", ["/"]),
        ("x%00y=1", ["/x\x00y"]),
    ],
)
def test_a_parameter_that_is_none_is_refused(ward: Ward, query: str, places: list[str]) -> None:
    for path in LISTS:
        url = f"{path.format(ward.patient)}?{query}"
        ward.refused(ward.api.get(url, by=reader(path)), 422, *places)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("/patients/{0}/grades?at=2026-03-01T07:00:00Z", "/at"),
        ("/patients/{0}/grades?as_of=2026-03-01T07:00:00Z&as_of=2026-03-01T07:00:01Z", "/as_of"),
        ("/patients/{0}/grades/history?scale=gcs", "/scale"),
        ("/patients/{0}/grades/history?scale=", "/scale"),
        ("/patients/{0}/grades/history?scale=%25", "/scale"),
        ("/patients/{0}/grades/history?from=now", "/from"),
        ("/patients/{0}/observations?kind=pulse", "/kind"),
        ("/patients/{0}/observations?kind=%25", "/kind"),
        ("/patients/{0}/observations?kind=infusion", "/kind"),
        ("/patients/{0}/observations?to=2026-03-01", "/to"),
        ("/patients/{0}/timeline?kind=heart_rate", "/kind"),
        ("/patients?identifier=A1", "/identifier"),
        ("/patients?identifier=", "/identifier"),
        ("/patients?name=Ada", "/name"),
        (f"/patients?identifier=urn:mrn|{'9' * 101}", "/identifier"),
        (f"/patients?identifier={'u' * 201}|9", "/identifier"),
        ("/protocols/ide-cel?version=0", "/version"),
        ("/protocols/ide-cel?version=latest", "/version"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(ward: Ward, url: str, place: str) -> None:
    ward.refused(ward.api.get(url.format(ward.patient)), 422, place)


def test_a_percent_sign_is_no_pattern(ward: Ward) -> None:
    assert ward.api.get("/patients?identifier=urn:mrn|%25").body["items"] == []
    assert ward.api.get("/audit?patient=%25", by="auditor").body["items"] == []
    assert ward.api.get("/audit?actor=%25", by="auditor").body["items"] == []
    assert ward.api.get(f"/audit?patient={ward.patient}", by="auditor").body["items"] != []


def test_an_actor_of_any_length_is_no_fault_of_ours(ward: Ward) -> None:
    """SQLite takes no pattern of more than 50,000 bytes."""
    for name, value in (("actor", "x" * 60_000), ("actor", "_" * 30_000), ("patient", "%" * 500)):
        reply = ward.api.get(f"/audit?{name}={quote(value)}", by="auditor")
        ward.refused(reply, 422, f"/{name}")
    for query in ("actor=" + "%F0%9F%98%B7" * 200, "actor=%5C", "actor=!", "patient=!_"):
        assert ward.api.get(f"/audit?{query}", by="auditor").body["items"] == []


@pytest.mark.parametrize(
    "key", ["", '""', " ", '"', "x" * 256, "a\tb", "\x7f", '"' + "x" * 256 + '"']
)
def test_a_key_that_is_none_is_refused(ward: Ward, key: str) -> None:
    before = kept(ward.api.service)
    body = {"reason": "x"}
    path = f"/observations/{ward.doubted}/confirmation"
    ward.refused(ward.api.post(path, body, headers={"Idempotency-Key": key}), 422, "")
    assert kept(ward.api.service) == before


def writes(ward: Ward) -> list[tuple[str, dict[str, object]]]:
    """Every write to the record of the ward's patient, with a good body."""
    at = "2026-03-01T07:00:00Z"
    seen = {"kind": "seizure", "value": "none"}
    return [
        (f"/patients/{ward.patient}/observations", {"effective_at": at, "observations": [seen]}),
        (f"/patients/{ward.patient}/infusions", {"product": "ide-cel", "infused_at": at}),
        (f"/patients/{ward.patient}/administrations", {"medication": "x", "given_at": at}),
        (f"/patients/{ward.patient}/attributions",
         {"sign": "fever", "cause": "x", "from": at, "reason": "x"}),
        (f"/patients/{ward.patient}/deaths", {"died_at": at, "cause": "other"}),
        (f"/observations/{ward.fact}/corrections", {"value": 1, "unit": "/min", "reason": "x"}),
        (f"/observations/{ward.doubted}/confirmation", {"reason": "x"}),
        (f"/observations/{ward.fact}/retraction", {"reason": "x"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "tag", ['"0"', '"999999"', "999999", '"x"', 'W/"1"', '""', "-1", "٣", '"' + "9" * 5_000 + '"']
)
def test_a_version_that_is_not_the_newest_is_412(ward: Ward, tag: str) -> None:
    before = kept(ward.api.service)
    for path, body in writes(ward):
        headers = {"If-Match": tag.encode().decode("latin-1")}
        reply = ward.api.post(path, body, by="physician", headers=headers)
        ward.refused(reply, 412)
    assert kept(ward.api.service) == before
    ward.chart_well()


@pytest.mark.parametrize("form", ['"{}"', "{}", "*", ' "{}" '])
def test_the_newest_version_is_let_through(ward: Ward, form: str) -> None:
    path = f"/patients/{ward.patient}"
    version = ward.api.get(path).headers["ETag"].strip('"')
    headers = {"If-Match": form.format(version)}
    _, body = writes(ward)[0]
    reply = ward.api.post(f"{path}/observations", body, headers=headers)
    assert reply.status == 201, reply.body
    assert reply.body["version"] == int(version) + 1


def test_who_has_the_newest_version_is_told_so(ward: Ward) -> None:
    path = f"/patients/{ward.patient}"
    first = ward.api.get(path)
    again = ward.api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.raw) == (304, b"")
    ward.chart_well()
    newer = ward.api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert newer.status == 200
    assert newer.body["version"] == first.body["version"] + 1


def test_every_answer_is_kept_by_nobody(ward: Ward) -> None:
    """No cache on the way may hold what is about a patient, and no browser may guess its form."""
    for path in (f"/patients/{ward.patient}", f"/patients/{ward.patient}/grades", "/nothing"):
        headers = ward.api.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
