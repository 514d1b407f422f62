"""Breaking the glass: the rules of access keep nobody from a bedside, and it is seen (H69)."""

from __future__ import annotations

import pytest

from tests.conftest import Clock
from tests.ward.conftest import Site
from tests.ward.test_signing_in import Desk, one_database
from toxmon.actions import Actor, Forbidden, NotFound, glass
from toxmon.actions.verify import chain
from toxmon.store import access, events

REASON = "called to the resuscitation"


@pytest.fixture
def patient(api) -> str:
    return api.treated()


def desk_of(api, role: str, units: tuple[str, ...] | None, name: str) -> Desk:
    from toxmon.actions import accounts, sessions

    desk = Desk(api)
    row = accounts.create(api.service, name, f"{name.title()} Example", role, units, None)
    cookie, _ = sessions.open_for(api.service, row["id"], "password")
    desk.client.set_cookie("toxmon", cookie)
    return desk


def opened(desk: Desk, patient: str) -> None:
    answer = desk.post(f"/p/{patient}/open", {"category": "emergency", "reason": REASON})
    assert (answer.status_code, answer.location) == (303, f"/p/{patient}")


@pytest.mark.hazard("H69")
def test_one_patient_opens_at_once_for_an_hour(api, patient: str, clock: Clock) -> None:
    other = api.patient(mrn="other")
    desk = desk_of(api, "physician", ("icu",), "eve")
    closed = desk.client.get(f"/p/{patient}")
    assert closed.status_code == 404
    assert f"/p/{patient}/open" in closed.text
    opened(desk, patient)
    page = desk.client.get(f"/p/{patient}")
    assert page.status_code == 200
    assert "Opened in an emergency to Eve Example until" in page.text
    assert desk.client.get(f"/p/{other}").status_code == 404
    # Everybody who looks at this patient meanwhile sees it.
    ward = desk_of(api, "nurse", ("bmt-1",), "ann")
    assert "Opened in an emergency to Eve Example" in ward.client.get(f"/p/{patient}").text
    assert "Opened in an emergency" not in ward.client.get(f"/p/{other}").text
    clock.forward(minutes=59)
    desk.client.get("/seen")  # Locked by now; that is another matter.
    clock.forward(minutes=1)
    again = desk_of(api, "physician", ("icu",), "eve2")
    assert again.client.get(f"/p/{patient}").status_code == 404
    assert "Opened in an emergency" not in (
        desk_of(api, "nurse", ("bmt-1",), "ann2").client.get(f"/p/{patient}").text
    )
    assert list(chain(api.service)) == []


@pytest.mark.hazard("H69")
@one_database
def test_it_ends_by_itself(api, patient: str, clock: Clock) -> None:
    desk = desk_of(api, "nurse", ("icu",), "eve")
    opened(desk, patient)
    for minute in range(0, 63, 3):
        status = desk.client.get(f"/p/{patient}").status_code
        assert status == (200 if minute < 60 else 404), minute
        clock.forward(minutes=3)


@pytest.mark.hazard("H69")
@one_database
def test_absent_and_out_of_reach_are_told_alike(api, patient: str) -> None:
    desk = desk_of(api, "physician", ("icu",), "eve")
    absent = patient[:-1] + ("0" if patient[-1] != "0" else "1")

    def same(path: str) -> tuple[int, str]:
        answer = desk.client.get(path.format(patient)), desk.client.get(path.format(absent))
        texts = [each.text.replace(patient, "ID").replace(absent, "ID") for each in answer]
        plain = [_without_proofs(text) for text in texts]
        assert plain[0] == plain[1]
        return answer[0].status_code, plain[0]

    assert same("/p/{}")[0] == 404
    assert same("/p/{}/open")[0] == 200
    nothing = desk.post(f"/p/{absent}/open", {"category": "emergency", "reason": REASON})
    assert nothing.status_code == 404
    acts = access.page(api.service.store, bounds(), 1000)
    assert [each["action"] for each in acts if each["action"].startswith("glass")] == [
        "glass.refuse"
    ]


def _without_proofs(page: str) -> str:
    import re

    return re.sub(r"(value|data-lock-token)=\"[0-9a-f]{16,}\"", "", page)


def bounds() -> dict[str, object]:
    from toxmon.store import EVER, NEVER

    return {"patient": "%", "actor": "%", "from_at": NEVER, "to_at": EVER, "after": 0}


@one_database
def test_who_may_not_open(api, patient: str) -> None:
    for number, role in enumerate(("admin", "auditor", "integration")):
        desk = desk_of(api, role, ("icu",), f"eve{number}")
        assert desk.client.get(f"/p/{patient}/open").status_code == 403
        assert "/open" not in desk.client.get(f"/p/{patient}").text
    for role in ("nurse", "integration"):
        token = Actor("0123456789abcdef", "monitor", role, frozenset({"icu"}))
        with pytest.raises(Forbidden):
            glass.open_patient(api.service, token, patient, "emergency", REASON)


@one_database
def test_a_reason_is_needed(api, patient: str) -> None:
    desk = desk_of(api, "nurse", ("icu",), "eve")
    for sent in (
        {"category": "", "reason": REASON},
        {"category": "fun", "reason": REASON},
        {"category": "cover", "reason": ""},
        {"category": "cover", "reason": "short"},
        {"category": "cover", "reason": "x" * 501},
        {"category": "cover", "reason": "\x00" * 20},
    ):
        answer = desk.post(f"/p/{patient}/open", sent)
        assert answer.status_code == 422, sent
        assert "<title>Error: " in answer.text
    assert desk.client.get(f"/p/{patient}").status_code == 404


@pytest.mark.hazard("H68", "H69")
@one_database
def test_every_page_of_the_patient_opens_and_none_did_before(api, patient: str) -> None:
    desk = desk_of(api, "physician", ("icu",), "eve")
    rules = [
        rule.rule.replace("<patient_id>", patient)
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/p/<patient_id>") and rule.arguments == {"patient_id"}
        and "GET" in (rule.methods or ()) and not rule.rule.endswith("/open")
    ]  # fmt: skip
    assert f"/p/{patient}" in rules
    before = {path: desk.client.get(path).status_code for path in rules}
    # A page of another role says so whoever asks; no page says that the patient is there.
    assert set(before.values()) <= {403, 404}, before
    absent = patient[:-1] + ("0" if patient[-1] != "0" else "1")
    for path, status in before.items():
        assert desk.client.get(path.replace(patient, absent)).status_code == status, path
    opened(desk, patient)
    after = {path: desk.client.get(path).status_code for path in rules}
    ward = desk_of(api, "physician", ("bmt-1",), "wim")
    assert after == {path: ward.client.get(path).status_code for path in rules}


@one_database
def test_a_token_reaches_no_further_for_it(api, patient: str) -> None:
    desk = desk_of(api, "physician", ("icu",), "eve")
    opened(desk, patient)
    token = api.token("physician", units=("icu",))
    assert api.get(f"/patients/{patient}", by=token).status == 404


def test_each_is_told_and_looked_at_by_name(api, patient: str) -> None:
    desk = desk_of(api, "physician", ("icu",), "eve")
    opened(desk, patient)
    told = events.after(api.service.store, 0, {"type": "access.opened"}, 10)
    assert [each["unit"] for each in told] == ["bmt-1"]
    assert REASON not in told[0]["body"]
    auditor = desk_of(api, "auditor", None, "olga")
    assert "1 patient was opened in an emergency" in auditor.client.get("/me").text
    page = auditor.client.get("/admin/break-glass")
    assert REASON in page.text
    assert "Eve Example" in page.text
    glass_id = glass.waiting(api.service, Actor("x", "x", "auditor"))[0]["id"]
    answer = auditor.post("/admin/break-glass", {"glass": glass_id, "note": ""})
    assert answer.status_code == 422
    answer = auditor.post("/admin/break-glass", {"glass": glass_id, "note": "was needed"})
    assert answer.status_code == 303
    page = auditor.client.get("/admin/break-glass").text
    assert "was needed" in page
    assert "Olga Example" in page
    assert "1 patient was opened" not in page
    answer = auditor.post("/admin/break-glass", {"glass": glass_id, "note": "again"})
    assert answer.status_code == 409
    assert auditor.post("/admin/break-glass", {"glass": "x", "note": "y"}).status_code == 404
    assert desk.client.get("/admin/break-glass").status_code == 403
    assert list(chain(api.service)) == []


@one_database
def test_an_auditor_of_some_wards_sees_theirs(api, patient: str) -> None:
    desk = desk_of(api, "physician", ("icu",), "eve")
    opened(desk, patient)
    elsewhere = Actor("y", "y", "auditor", frozenset({"icu"}))
    assert glass.waiting(api.service, elsewhere) == []
    row = glass.waiting(api.service, Actor("x", "x", "auditor"))[0]
    with pytest.raises(NotFound):
        glass.review(api.service, elsewhere, row["id"], "seen")
    with pytest.raises(Forbidden):
        glass.review(api.service, Actor("z", "Eve Example", "admin"), row["id"], "seen")


def test_an_opening_that_nobody_signed_is_found(api, patient: str) -> None:
    desk = desk_of(api, "physician", ("icu",), "eve")
    opened(desk, patient)
    store = api.service.store
    row = {**store.query("select * from glass")[0], "id": "forged"}
    with store.writing():
        store.insert("glass", [row])
    assert [each.where for each in chain(api.service)] == ["opened patient forged"]


@one_database
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.hazard("H69")
def test_from_not_there_to_the_patient_without_script(site: Site, dark: bool) -> None:
    patient = site.api.treated()
    page = site.page("physician", units=("icu",), dark=dark, script=False)
    assert site.go(page, f"/p/{patient}") == 404
    page.click("text=Open in an emergency")
    page.check("input[value=emergency]")
    page.fill("#reason", REASON)
    page.click("text=Open this patient")
    page.wait_for_url(f"**/p/{patient}")
    assert "Opened in an emergency to" in page.inner_text("body")
    looks = site.page("auditor", "/admin/break-glass", (390, 844), dark=dark)
    site.well(looks)
    form = site.page("nurse", "/p/nobody/open", (390, 844), dark=dark, units=("icu",))
    site.well(form)
