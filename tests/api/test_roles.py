"""Who may do what, as a table; whom nobody sees; and when a token is dead.

A patient out of reach is not there: 404, never 403, so that nobody learns who lies elsewhere.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.api.conftest import Ward, kept
from tests.conftest import Api, Clock, Reply
from tests.every import every
from toxmon.actions import tokens
from toxmon.actions.tokens import ROLES

# nurse, physician, pharmacist, integration, admin, auditor: x may, - may not; open: no token.
TABLE = """
POST /patients                                    xx-x--
GET  /patients                                    xxxx--
GET  /patients/<patient_id>                       xxxx--
POST /patients/<patient_id>/infusions             xx-x--
POST /patients/<patient_id>/administrations       xxxx--
POST /administrations/<administration_id>/corrections          xxxx--
POST /patients/<patient_id>/doses/distinct        xxx---
POST /patients/<patient_id>/doses/elsewhere       xxx---
GET  /patients/<patient_id>/dosing/<medication>   xxxx--
POST /patients/<patient_id>/dosing/<medication>/check          xxxx--
POST /patients/<patient_id>/dosing/<medication>/reservations   -xx---
POST /patients/<patient_id>/dosing/<medication>/releases       --x---
POST /patients/<patient_id>/dosing/<medication>/overrides      -xx---
POST /dosing/<medication>/check                   xxxxx-
GET  /patients/<patient_id>/dosing/steroids       xxxx--
GET  /patients/<patient_id>/guidance              xxxx--
GET  /guidance                                    xxxxxx
GET  /patients/<patient_id>/prevention            xxxx--
GET  /stock                                       xxxx--
POST /stock                                       x-x---
GET  /patients/<patient_id>/permissions           xxxx--
POST /patients/<patient_id>/permissions/<permission_id>/release -xx---
POST /patients/<patient_id>/permissions/<permission_id>/return xxx---
POST /patients/<patient_id>/attributions          -x-x--
POST /patients/<patient_id>/deaths                -x-x--
POST /patients/<patient_id>/pauses                xx----
POST /patients/<patient_id>/stays                 xx-x--
GET  /patients/<patient_id>/checks                xxxx--
GET  /checks                                      xxxx--
POST /patients/<patient_id>/merge                 -x-x--
POST /patients/<patient_id>/unmerge               -x-x--
POST /patients/<patient_id>/move                  -x-x--
GET  /patients/<patient_id>/merges                xxxx--
GET  /held                                        xxxxx-
POST /held/reread                                 -x-xx-
POST /held/<held_id>/dismissal                    -x-x--
GET  /messages/<message_id>                       -x-xx-
POST /messages/<message_id>/replay                ---xx-
GET  /interfaces                                  ---xx-
GET  /board                                       xxxx--
GET  /alerts                                      xxxx--
GET  /alerts/<alert_id>                           xxxx--
GET  /events                                      xxxx--
GET  /webhooks                                    ----xx
GET  /webhooks/<webhook_id>                       ----xx
POST /webhooks                                    ----x-
POST /webhooks/<webhook_id>/approval              ----x-
POST /webhooks/<webhook_id>/rotate                ----x-
POST /webhooks/<webhook_id>/end                   ----x-
POST /webhooks/<webhook_id>/test                  ----x-
GET  /webhooks/<webhook_id>/deliveries            ----xx
POST /deliveries/<delivery_id>/redeliver          ----x-
POST /alerts/<alert_id>/acknowledge               xxx---
POST /alerts/<alert_id>/shelve                    xxx---
POST /alerts/<alert_id>/unshelve                  xxx---
POST /alerts/<alert_id>/note                      xxx---
POST /alerts/<alert_id>/resolve                   -x----
POST /alerts/<alert_id>/hand-over                 xxx---
POST /alerts/<alert_id>/accept                    xxx---
POST /alerts/<alert_id>/out-of-service            -x--x-
POST /alerts/<alert_id>/in-service                -x--x-
GET  /rosters                                     xxxxx-
POST /rosters                                     xx--x-
POST /rosters/<shift_id>/corrections              xx--x-
POST /rosters/<shift_id>/retraction               xx--x-
POST /patients/<patient_id>/observations          xx-x--
GET  /patients/<patient_id>/observations          xxxx--
POST /observations/<observation_id>/corrections   xxxx--
POST /observations/<observation_id>/confirmation  xx-x--
POST /observations/<observation_id>/retraction    xxxx--
POST /observations/batch                          xx-x--
GET  /patients/<patient_id>/grades                xxxx--
GET  /patients/<patient_id>/grades/history        xxxx--
GET  /patients/<patient_id>/timeline              xxxx--
GET  /patients/<patient_id>/concordance           xxxx--
GET  /grade                                       xxxxx-
POST /grade/<scale>                               xxxxx-
GET  /kinds                                       xxxxxx
GET  /protocols                                   xxxxxx
GET  /protocols/<name>                            xxxxxx
GET  /audit                                       ----xx
POST //cds-services/<service_id>                  xxxx--
POST //cds-services/<service_id>/feedback         xxxx--
GET  //cds-services                               open
GET  //health/live                                open
GET  //health/ready                               open
GET  //health/web                                 open
GET  //metrics                                    open
GET  //docs                                       open
GET  //openapi.json                               open
"""
OF_HOSPITALS = ("//fhir", "//hooks")
"""Told in words of their own: tests/ehr/test_who_may.py."""
ORDER = ("nurse", "physician", "pharmacist", "integration", "admin", "auditor")
ROWS = [tuple(line.split()) for line in TABLE.strip().splitlines()]
CLINICAL = ("nurse", "physician", "pharmacist", "integration")
GUARDED = [row for row in ROWS if row[2] != "open"]
OPEN = [row for row in ROWS if row[2] == "open"]
NOBODY = "01980000-0000-7000-8000-000000000000"


def path_of(ward: Ward, rule: str) -> str:
    return (
        rule.replace("<patient_id>", ward.patient)
        .replace("<observation_id>", ward.fact)
        .replace("<alert_id>", ward.alert)
        .replace("<shift_id>", ward.shift)
        .replace("<administration_id>", ward.dose)
        .replace("<permission_id>", ward.permission)
        .replace("<medication>", "tocilizumab")
        .replace("<service_id>", "toxmon-dose")
        .replace("<scale>", "crs")
        .replace("<held_id>", NOBODY)
        .replace("<message_id>", NOBODY)
        .replace("<webhook_id>", NOBODY)
        .replace("<delivery_id>", NOBODY)
        .replace("<name>", "ide-cel")
    )


def test_the_table_has_every_route_and_every_role(ward: Ward) -> None:
    routes = {
        (method, rule.rule.removeprefix("/api/v1") if "/api/v1" in rule.rule else f"/{rule.rule}")
        for rule in ward.api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("ward.")  # Pages: tests/ward/test_who_may.py.
    }
    routes = {each for each in routes if not each[1].startswith(OF_HOSPITALS)}
    assert {(method, rule) for method, rule, _ in ROWS} == routes
    assert len(ROWS) == len(routes)
    assert set(ORDER) == set(ROLES)
    assert {len(marks) for *_, marks in GUARDED} == {len(ORDER)}


@pytest.mark.parametrize(("method", "rule", "marks"), GUARDED)
@every("role", ORDER)
def test_who_may_do_what(ward: Ward, method: str, rule: str, marks: str, role: str) -> None:
    """A body with nothing in it is refused for that, but only when the role is let through."""
    before = kept(ward.api.service)
    body = {"nothing": 1} if method == "POST" else None
    query = "?unit=bmt-1" if (method, rule) == ("GET", "/stock") else ""
    reply = ward.api.call(method, path_of(ward, rule) + query, body, by=role)
    if marks[ORDER.index(role)] == "-":
        ward.refused(reply, 403)
        assert role in reply.body["detail"]
    else:
        refused = 400 if rule.startswith("//cds-services") else 422
        there = 404 if NOBODY in path_of(ward, rule) else 200
        assert reply.status == (refused if method == "POST" else there), reply.body
    after = kept(ward.api.service)
    assert {**after, "token": 0} == {**before, "token": 0}


@pytest.mark.conforms("http-bearer")
@every(("method", "rule", "marks"), GUARDED)
def test_nobody_does_anything_without_a_token(
    ward: Ward, method: str, rule: str, marks: str
) -> None:
    body = {"nothing": 1} if method == "POST" else None
    headers = {"Authorization": ""}
    reply = ward.api.call(method, path_of(ward, rule), body, headers=headers)
    ward.refused(reply, 401)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "rule", "marks"), OPEN)
def test_what_is_open_says_nothing_of_a_patient(
    ward: Ward, method: str, rule: str, marks: str
) -> None:
    reply = ward.api.client.open(rule[1:], method=method)
    assert reply.status_code == 200
    for secret in (ward.patient, ward.fact, "WARD-1", "nurse of the test", "tmk_"):
        assert secret.encode() not in reply.data


def test_a_pharmacist_corrects_doses_and_nothing_else(ward: Ward) -> None:
    body = {"value": 17, "unit": "/min", "reason": "x"}
    before = kept(ward.api.service)
    for fact in (ward.fact, ward.infusion, ward.attribution):
        ward.refused(ward.api.post(f"/observations/{fact}/corrections", body, by="pharmacist"), 403)
        path = f"/observations/{fact}/retraction"
        ward.refused(ward.api.post(path, {"reason": "x"}, by="pharmacist"), 403)
    assert kept(ward.api.service) == before
    path = f"/observations/{ward.dose}/retraction"
    assert ward.api.post(path, {"reason": "not given"}, by="pharmacist").status == 201


def ask_all(ward: Ward, patient: str, fact: str, by: str) -> list[tuple[str, str, Reply]]:
    """Every route about a patient or one of its facts, with a good body."""
    api = ward.api
    wanted = {"dose": {"value": 560, "unit": "mg"}, "reason": "x"}
    dosing = f"/patients/{patient}/dosing/tocilizumab"
    permission = f"/patients/{patient}/permissions/{ward.permission}"
    at = "2026-03-01T07:00:00Z"
    seen = {"kind": "seizure", "value": "none"}
    bodies = {
        f"/patients/{patient}/observations": {"effective_at": at, "observations": [seen]},
        f"/patients/{patient}/infusions": {"product": "ide-cel", "infused_at": at},
        f"/patients/{patient}/administrations": {"medication": "x", "given_at": at},
        f"/patients/{patient}/attributions":
            {"sign": "fever", "cause": "x", "from": at, "reason": "x"},
        f"/patients/{patient}/deaths": {"died_at": at, "cause": "other"},
        f"/patients/{patient}/pauses":
            {"from": at, "until": "2026-03-01T09:00:00Z", "checks": [], "reason": "x"},
        f"/patients/{patient}/stays": {"from": at, "setting": "inpatient"},
        f"/observations/{fact}/corrections": {"value": 1, "unit": "/min", "reason": "x"},
        f"/observations/{fact}/confirmation": {"reason": "x"},
        f"/observations/{fact}/retraction": {"reason": "x"},
        f"/administrations/{fact}/corrections": {"status": "stopped", "reason": "x"},
        f"/patients/{patient}/doses/distinct": {"doses": [*ward.pair], "reason": "x"},
        f"/patients/{patient}/doses/elsewhere":
            {"medication": "tocilizumab", "answer": "none", "reason": "x"},
        f"{dosing}/check": {"dose": wanted["dose"]},
        f"{dosing}/reservations": wanted,
        f"{dosing}/releases": wanted,
        f"{dosing}/overrides": wanted,
        f"{permission}/release": {"override": True, "reason": "x"},
        f"{permission}/return": {"reason": "x"},
        f"/patients/{patient}/merge": {"into": NOBODY, "reason": "x"},
        f"/patients/{patient}/unmerge": {"into": NOBODY, "reason": "x"},
        f"/patients/{patient}/move": {"facts": [fact], "to": NOBODY, "reason": "x"},
    }  # fmt: skip
    asked = [
        f"/patients/{patient}", f"/patients/{patient}/observations", f"/patients/{patient}/grades",
        f"/patients/{patient}/grades/history", f"/patients/{patient}/timeline",
        f"/patients/{patient}/checks", f"/alerts?patient={patient}",
        f"/patients/{patient}/guidance", f"/patients/{patient}/prevention",
        f"/patients/{patient}/dosing/steroids", f"/patients/{patient}/permissions", dosing,
        f"/patients/{patient}/concordance", f"/patients/{patient}/merges",
    ]  # fmt: skip
    return [("POST", path, api.post(path, body, by=by)) for path, body in bodies.items()] + [
        ("GET", path, api.get(path, by=by)) for path in asked
    ]


def test_every_route_of_a_patient_is_asked(ward: Ward) -> None:
    rules = ward.api.app.url_map.bind("")
    asked = set()
    for method, path, _ in ask_all(ward, NOBODY, NOBODY, by="auditor"):
        url = f"/api/v1{path.partition('?')[0]}"
        rule, _ = rules.match(url, method=method, return_rule=True)
        asked.add((method, str(rule)))
    named = re.compile("<(patient|observation|administration)_id>")
    about = {(method, f"/api/v1{rule}") for method, rule, _ in GUARDED if named.search(rule)}
    assert about - asked == set()


@pytest.mark.parametrize("role", CLINICAL)
def test_a_patient_out_of_reach_is_not_there(ward: Ward, role: str) -> None:
    far = ward.api.token(role, units=("icu-2",))
    before = kept(ward.api.service)
    of_somebody = ask_all(ward, ward.patient, ward.fact, by=far)
    of_nobody = ask_all(ward, NOBODY, NOBODY, by=far)
    told = 0
    for (_, path, reply), (_, _, same) in zip(of_somebody, of_nobody, strict=True):
        assert reply.body == same.body, path
        if reply.status != 403:  # What the role may not do at all is told to everybody alike.
            ward.refused(reply, 404)
            told += 1
    assert told >= 14
    assert kept(ward.api.service) == before


def test_a_patient_within_reach_is_there(ward: Ward) -> None:
    near = ward.near_nurse
    assert ward.api.get(f"/patients/{ward.patient}", by=near).status == 200
    assert ward.api.get(f"/patients/{ward.far_patient}", by=near).status == 404
    reply = ward.api.call("GET", "/patients?identifier=urn:mrn|FAR-1", by=near)
    assert reply.body["items"] == []
    assert ward.api.get("/patients?identifier=urn:mrn|WARD-1", by=near).body["items"] != []


def test_lists_hold_what_is_within_reach(ward: Ward) -> None:
    def listed(by: str) -> set[str]:
        found: list[str] = []
        cursor = ""
        while cursor is not None:
            page = ward.api.get(f"/patients?limit=1{cursor}", by=by).body
            found += [each["id"] for each in page["items"]]
            cursor = page["next"] and f"&cursor={page['next']}"
        assert len(found) == len(set(found))
        return set(found)

    assert listed(ward.near_nurse) == {ward.patient, ward.untreated}
    assert listed(ward.api.token("nurse", units=("icu-2",))) == {ward.far_patient}
    assert listed(ward.api.token("nurse", units=("nowhere",))) == set()
    assert listed(ward.api.token("nurse")) == {ward.patient, ward.untreated, ward.far_patient}


def test_nobody_enrols_into_a_unit_out_of_reach(ward: Ward) -> None:
    before = kept(ward.api.service)
    body = {"identifiers": [{"system": "urn:mrn", "value": "X"}], "unit": "icu-2"}
    ward.refused(ward.api.post("/patients", body, by=ward.near_nurse), 403)
    assert kept(ward.api.service) == before


def test_a_batch_reaches_no_further(ward: Ward) -> None:
    seen = {"effective_at": "2026-03-01T07:00:00Z", "kind": "seizure", "value": "none"}
    lines = [
        {"patient_id": ward.patient, **seen},
        {"patient_id": ward.far_patient, **seen},
        {"identifier": {"system": "urn:mrn", "value": "FAR-1"}, **seen},
        {"identifier": {"system": "urn:mrn", "value": "NOBODY"}, **seen},
    ]
    reply = ward.api.post("/observations/batch", lines, by=ward.near_nurse)
    assert [each["status"] for each in reply.body] == [201, 404, 404, 404]
    assert reply.body[2]["errors"] == reply.body[3]["errors"]


def test_an_auditor_of_some_units_reads_about_their_patients(ward: Ward) -> None:
    near = ward.near_auditor
    ward.refused(ward.api.get("/audit", by=near), 403)
    ward.refused(ward.api.get(f"/audit?patient={ward.far_patient}", by=near), 404)
    items = ward.api.get(f"/audit?patient={ward.patient}", by=near).body["items"]
    assert {each["patient_id"] for each in items} == {ward.patient}


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "bearer  ", "Basic dXNlcjpwYXNz", "Token {0}", "{0}",
        "Bearer {0}x", "Bearer x{0}", "Bearer tmk_", "Bearer tmk__", "Bearer tmk_x_y",
        "Bearer tmk_%_y", "Bearer {1}", "Bearer {2}", "Bearer null", "Bearer " + "x" * 5_000,
        "Bearer {0}, Bearer {0}", "Bearer tmk_é_é", "Bearer {0} {0}",
    ],
)  # fmt: skip
def test_what_is_no_live_token_is_401(ward: Ward, header: str) -> None:
    good = ward.api.token("nurse")
    other_secret = good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB")
    other_id = good.replace(good.split("_")[1], "0" * 16)
    text = header.format(good, other_secret, other_id)
    before = kept(ward.api.service)
    reply = ward.api.get("/patients", headers={"Authorization": text})
    ward.refused(reply, 401)
    assert good not in reply.raw.decode()
    assert kept(ward.api.service) == before


def test_the_scheme_may_be_written_in_any_case(ward: Ward) -> None:
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {ward.api.token('nurse')}"}
        assert ward.api.get("/patients", headers=headers).status == 200


def test_an_expired_token_is_dead(api: Api, clock: Clock) -> None:
    bearer = api.token("nurse", lasts=timedelta(hours=8))
    assert api.get("/patients", by=bearer).status == 200
    clock.forward(hours=7, minutes=59, seconds=59)
    api.app.extensions["toxmon_tokens"].clear()
    assert api.get("/patients", by=bearer).status == 200
    clock.forward(seconds=1)
    api.app.extensions["toxmon_tokens"].clear()
    assert api.get("/patients", by=bearer).status == 401


def test_a_revoked_token_is_dead_within_two_seconds(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = [100.0]
    monkeypatch.setattr("toxmon.api.door.elapsed", lambda: elapsed[0])
    row, bearer = tokens.create(api.service, "nurse", "Ada")
    assert api.get("/patients", by=bearer).status == 200
    tokens.revoke(api.service, row["id"])
    elapsed[0] += 2.0
    assert api.get("/patients", by=bearer).status == 401
    # It stays dead, and another one of the same person lives.
    assert api.get("/patients", by=bearer).status == 401
    assert api.get("/patients", by=tokens.create(api.service, "nurse", "Ada")[1]).status == 200


def test_a_token_of_another_deployment_is_dead(api: Api) -> None:
    """The same row under another key: a copied table of tokens opens nothing."""
    _, bearer = tokens.create(api.service, "admin", "Eve")
    api.service.key = b"another key, as long as the one of the tests"
    assert api.get("/kinds", by=bearer).status == 401


def test_what_a_token_did_stands_under_its_name(ward: Ward) -> None:
    ward.api.get(f"/patients/{ward.patient}/timeline", by="physician")
    items = ward.api.get(f"/audit?patient={ward.patient}&limit=500", by="auditor").body["items"]
    last = [each for each in items if each["action"] == "read.timeline"][-1]
    assert (last["actor"], last["role"]) == ("physician of the test", "physician")
