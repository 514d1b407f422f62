"""POST /hooks/hl7v2: who may, what it takes, and a status that says what the ACK says."""

from __future__ import annotations

from typing import Any

from tests.conftest import Api, Reply
from tests.ehr.hl7v2.messages import PID, adt, message, obx, oru, pv1

BODY = oru("m1", obx("500"))


def post(api: Api, body: bytes, by: str = "integration", form: str = "text/plain") -> Reply:
    return api.call("POST", "//hooks/hl7v2", by=by, raw=body, headers={"Content-Type": form})


def test_a_message_over_http_is_charted_and_acknowledged(api: Api) -> None:
    assert post(api, adt("A01", "a1", PID, pv1())).status == 200
    reply = post(api, BODY, form="application/hl7-v2")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/hl7-v2"
    assert b"\rMSA|AA|m1\r" in reply.raw
    assert post(api, BODY).raw.split(b"MSA")[1] == reply.raw.split(b"MSA")[1]
    listed = api.get("/patients?limit=10").body["items"]
    (patient,) = listed
    found = api.get(f"/patients/{patient['id']}/observations?kind=ferritin").body["items"]
    assert [each["value"] for each in found] == [500]


STATUS = [
    (b"", 422, b"AE"),
    (b"\x0bMSH\x1c\r", 422, b"AE"),
    (BODY.replace(b"PID|", b"XX|"), 422, b"AE"),
    (message("ORM^O01", "o1", PID), 422, b"AR"),
    (oru("m2", obx("500"), head=["", "", "AL", "AL"]), 200, b"AA"),
]


def test_the_status_says_what_the_answer_says(api: Api) -> None:
    for body, status, code in STATUS:
        reply = post(api, body)
        assert reply.status == status
        assert b"\rMSA|" + code in reply.raw


def test_a_sender_that_wants_no_answer_gets_none(api: Api) -> None:
    reply = post(api, oru("m1", obx("500"), head=["", "", "NE", "NE"]))
    assert (reply.status, reply.raw) == (202, b"")


def test_only_a_program_with_a_token_sends_messages(api: Api) -> None:
    for role in ("nurse", "physician", "pharmacist", "admin", "auditor"):
        assert post(api, BODY, by=role).status == 403
    for header in ("", "Bearer", "Basic abc", "Bearer x", f"Bearer {'x' * 9000}"):
        headers: dict[str, Any] = {"Content-Type": "text/plain", "Authorization": header}
        reply = api.client.post("/hooks/hl7v2", data=BODY, headers=headers)
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_other_forms_and_sizes_are_refused(api: Api) -> None:
    assert post(api, BODY, form="application/json").status == 415
    assert post(api, b"x" * (4 * 1024 * 1024 + 1)).status == 413
