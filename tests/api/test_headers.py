"""Headers that hold for every route: the id of a request, the form of an answer, the next page."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import pytest

from tests.api.conftest import Ward, kept
from tests.conftest import Api, Reply
from toxmon.api.answers import reply
from toxmon.store import Unavailable

AT = "2026-03-01T07:00:00Z"
SET = {"effective_at": AT, "observations": [{"kind": "seizure", "value": "none"}]}
NDJSON = "application/x-ndjson"

GOOD_IDS = (
    "x", "7f1c-3", "a b", "f" * 128, "6c1e0f54-3f0c-4c8e-9a50-0d1f3a6b7c21", "(a)%s{0}", '"', "!~",
)  # fmt: skip
BAD_IDS = ("", " ", "x" * 129, "a\tb", "é", "\x7f", "a\x85b", "\xa0", "a" * 100_000)


def told(reply: Reply) -> str:
    assert reply.headers.getlist("X-Request-Id") == [reply.headers["X-Request-Id"]]
    found: str = reply.headers["X-Request-Id"]
    return found


@pytest.mark.parametrize("sent", GOOD_IDS)
def test_the_id_of_a_request_is_told_again(ward: Ward, sent: str) -> None:
    for path in (f"/patients/{ward.patient}", "/nothing", "//health/live", "//docs", "//metrics"):
        assert told(ward.api.get(path, headers={"X-Request-Id": sent})) == sent


@pytest.mark.parametrize("sent", BAD_IDS, ids=lambda text: ascii(text)[:20])
def test_an_id_that_is_none_is_replaced(ward: Ward, sent: str) -> None:
    reply = ward.api.get(f"/patients/{ward.patient}", headers={"X-Request-Id": sent})
    assert reply.status == 200
    assert told(reply) != sent
    assert 12 < len(told(reply)) < 40
    assert told(reply).isascii()


def test_every_request_has_an_id_of_its_own(ward: Ward) -> None:
    replies = [
        ward.api.get("/patients"),
        ward.api.get("/patients", by="nobody"),
        ward.api.get("/patients?nothing=1"),
        ward.api.get("//nothing"),
        ward.api.call("PUT", "/patients"),
        ward.api.call("OPTIONS", "/patients"),
        ward.api.call("HEAD", "/patients"),
        ward.api.post("/patients", raw=b"{"),
        ward.api.post("/patients", raw=b" " * 2_000_000),
        ward.api.post("/patients//observations", {}),
    ]
    assert {reply.status for reply in replies} >= {200, 400, 401, 404, 405, 413, 422}
    assert len({told(reply) for reply in replies}) == len(replies)


def test_the_log_tells_the_id(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*args: object, **kwargs: object) -> None:
        raise Unavailable("the disk is full")

    def not_foreseen(*args: object, **kwargs: object) -> None:
        raise ValueError("100 % of it")

    patient = api.patient()
    for number, (failure, status) in enumerate(((gone, 503), (not_foreseen, 500))):
        sent = f"id-{number} %s %(name)s {{}}"
        with monkeypatch.context() as patch:
            patch.setattr(api.service.store, "writing", failure)
            reply = api.post(
                f"/patients/{patient}/observations", SET, headers={"X-Request-Id": sent}
            )
        assert (reply.status, told(reply)) == (status, sent)
        (line,) = [each for each in caplog.messages if sent in each]
        assert line.startswith(f"[{sent}] ")
        assert (sent in reply.body["detail"]) == (status == 500)
    with monkeypatch.context() as patch:
        patch.setattr(api.service.store, "writing", gone)
        assert api.get(f"/patients/{patient}").status == 200
    assert "not in the audit chain" in caplog.messages[-1]
    assert caplog.messages[-1].startswith("[")
    logging.getLogger("toxmon.elsewhere").warning("no request %s", "here")
    assert caplog.messages[-1] == "no request here"


TAKEN = (
    "*/*", "application/json", "application/problem+json", "application/*", "APPLICATION/JSON",
    "text/html, application/json;q=0.1", "application/json; charset=utf-8", "text/html,*/*;q=0.8",
    "text/html, image/gif, *; q=.2", "application/json;q=0.001", "application/json , x/y", "", "[",
    "json", "é", "application/json;q=0, */*",
)  # fmt: skip
NOT_TAKEN = (
    "text/html", "application/xml", "text/*", "application/fhir+json", "application/json;q=0",
    "*/*;q=0", "application/json;q=0.000, application/*;q=0", "text/csv, image/*", NDJSON,
    "application/jsonx",
)  # fmt: skip


@pytest.mark.parametrize("accept", TAKEN)
def test_who_takes_json_is_answered(ward: Ward, accept: str) -> None:
    headers = {"Accept": accept.encode().decode("latin-1")}
    reply = ward.api.get(f"/patients/{ward.patient}", headers=headers)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("accept", NOT_TAKEN)
def test_who_takes_no_json_is_refused_before_anything_is_kept(ward: Ward, accept: str) -> None:
    before = kept(ward.api.service)
    headers = {"Accept": accept}
    for path in (f"/patients/{ward.patient}/observations", "/observations/batch"):
        reply = ward.api.post(path, SET, headers=headers)
        ward.refused(reply, 406)
        assert "application/json" in reply.body["detail"]
    ward.refused(ward.api.get("/patients", headers=headers), 406)
    assert kept(ward.api.service) == before
    # What is not JSON in the first place has its own form, and a wrong path stays one.
    for path in ("//docs", "//metrics", "//openapi.json", "//health/live"):
        assert ward.api.get(path, headers=headers).status == 200
    ward.refused(ward.api.get("/nothing", headers=headers), 404)
    assert ward.api.call("OPTIONS", "/patients", headers=headers).status == 200


def test_lines_are_answered_to_who_takes_lines(ward: Ward) -> None:
    line = b'{"patient_id": "x"}\n'
    headers = {"Accept": NDJSON, "Content-Type": NDJSON}
    reply = ward.api.post("/observations/batch", raw=line, headers=headers)
    assert (reply.status, reply.headers["Content-Type"]) == (200, NDJSON)
    ward.refused(
        ward.api.post("/observations/batch", raw=line, headers=headers | {"Accept": "text/csv"}),
        406,
    )


def followed(api: Api, url: str, by: str) -> tuple[list[str], int]:
    """(the ids or numbers of a list, on how many pages), read as a follower of links does."""
    seen, pages = [], 0
    while url:
        reply = api.get(f"/{url}", by=by)
        assert reply.status == 200, reply.body
        pages += 1
        seen += [str(each.get("id", each.get("n"))) for each in reply.body["items"]]
        link = reply.headers.get("Link")
        assert (link is None) == (reply.body["next"] is None)
        url = ""
        if link is not None:
            url, rel = link.split(">; ")
            url = url.removeprefix("<")
            assert rel == 'rel="next"'
            assert reply.body["next"] in urlsplit(url).query
        assert pages < 60
    return seen, pages


def test_a_list_can_be_read_by_its_links(api: Api) -> None:
    api.service.clock.forward(hours=2)  # type: ignore[attr-defined]
    ids = sorted(api.patient(f"P {number}") for number in range(5))
    for minute in range(7):
        at = f"2026-03-01T07:{minute:02}:00Z"
        api.chart(ids[0], at, heart_rate=(80, "/min"), seizure="none")
    assert followed(api, "/api/v1/patients?limit=2", "nurse") == (ids, 3)
    path = f"/api/v1/patients/{ids[0]}/observations"
    query = "kind=heart_rate&from=2026-03-01T08:01:00%2B01:00&limit=3"
    seen, pages = followed(api, f"{path}?{query}", "nurse")
    assert (len(set(seen)), pages) == (6, 2)
    seen, pages = followed(api, f"/api/v1/audit?patient={ids[0]}&limit=3", "auditor")
    assert len(set(seen)) == len(seen) == 8 + 2
    # Mounted below another path, the links stay below it.
    reply = api.client.get(
        "/api/v1/patients?limit=2",
        headers={"Authorization": f"Bearer {api.token('nurse')}"},
        environ_overrides={"SCRIPT_NAME": "/tox mon"},
    )
    assert reply.headers["Link"].startswith("</tox%20mon/api/v1/patients?limit=2&cursor=")


def test_what_is_no_page_has_no_link(ward: Ward) -> None:
    for path in ("", "/timeline", "/grades", "/grades/history"):
        assert "Link" not in ward.api.get(f"/patients/{ward.patient}{path}").headers


def test_a_next_that_is_no_page_is_no_link(api: Api) -> None:
    """A check has a next time too."""
    with api.app.test_request_context("/api/v1/patients/x/checks"):
        assert "Link" not in reply(200, {"next": "2026-03-01T09:00:00Z"}).headers
        assert "Link" in reply(200, {"items": [], "next": "x"}).headers
