"""A night on a ward, over the server that an operator starts, on both databases.

A nurse with a phone records a full set and reads the grade; the board in another window has the
alert; somebody takes it; the timeline, the handover on paper and the pharmacy know of it.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.running import Ward, running
from tests.ward.browser import DESK, PHONE, Seen, context, violations

PASSWORD = "a quiet night to you"
A_POLL_MS = 15_000
FULL_SET = ("388", "86", "52", "95", "118", "22")


@pytest.fixture
def open_ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    """A real server process over each database."""
    with running(database_url, tmp_path) as ward:
        yield ward


def post(ward: Ward, token: str, path: str, body: Any) -> Any:
    request = urllib.request.Request(
        f"{ward.url}/api/v1{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def hours_ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


def admitted(ward: Ward) -> str:
    """A patient in bed 12, three days after cilta-cel, afebrile until now."""
    token = ward.token("physician")
    patient = post(ward, token, "/patients", {
        "identifiers": [{"system": "urn:mrn", "value": "7710345"}], "name": "Journey, Jo",
        "birth_date": "1961-05-02", "sex": "female", "unit": "bmt-1",
    })["id"]  # fmt: skip
    at = f"/patients/{patient}"
    stay = {"setting": "inpatient", "unit": "bmt-1", "bed": "12", "from": hours_ago(80)}
    post(ward, token, f"{at}/stays", stay)
    post(ward, token, f"{at}/infusions", {"product": "cilta-cel", "infused_at": hours_ago(74)})
    post(ward, token, f"{at}/observations", {"effective_at": hours_ago(1), "observations": [
        {"kind": "body_temperature", "value": 36.9, "unit": "Cel"},
        {"kind": "systolic_bp", "value": 112, "unit": "mm[Hg]"},
        {"kind": "vasopressors", "value": []}, {"kind": "oxygen_device", "value": "room_air"},
        {"kind": "weight", "value": 71.5, "unit": "kg"},
    ]})  # fmt: skip
    return str(patient)


def person(ward: Ward, role: str, name: str, shown: str) -> None:
    """An account, as an operator makes it."""
    secret = ward.log.parent / "password.txt"
    secret.write_text(PASSWORD, "utf-8")
    done = ward.run(
        "user", "create", "--role", role, "--name", name, "--shown", shown,
        "--password-file", str(secret),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def signed_in(ward: Ward, browser: BrowserContext, name: str) -> Page:
    page = browser.new_page()
    page.goto(ward.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_be_visible()
    return page


def type_by_pad(page: Page, digits: str) -> int:
    for digit in digits:
        page.locator(f".keys [data-key='{digit}']").tap()
    return len(digits)


def record_full_set(page: Page) -> int:
    """Record a full set with ICE 10 by the pad; how many taps it took."""
    page.locator("#temperature").focus()
    taps = sum(type_by_pad(page, digits) for digits in FULL_SET)
    for group, value in (("oxygen", "cannula"), ("pressors", "none"), ("ice", "all"),
                         ("neuro", "none")):  # fmt: skip
        page.locator(f"label:has([name={group}][value={value}])").tap()
        taps += 1
    page.locator(".save").tap()
    return taps + 1


@pytest.mark.slow
@pytest.mark.check(31, 33, 84)
def test_a_night_on_the_ward(open_ward: Ward, chromium: Browser, tmp_path: Path) -> None:
    ward = open_ward
    patient = admitted(ward)
    for role, name, shown in (("nurse", "nadia", "Nadia Holm"), ("physician", "priya", "P. Anders"),
                              ("pharmacist", "theo", "T. Lindgren")):  # fmt: skip
        person(ward, role, name, shown)
    seen = Seen(ward.url.removeprefix("http://"))
    phone, desk, shop = (
        context(chromium, size, touch=size == PHONE) for size in (PHONE, DESK, DESK)
    )
    bedside, board, pharmacy = (
        signed_in(ward, browser, name)
        for browser, name in ((phone, "nadia"), (desk, "priya"), (shop, "theo"))
    )
    for page in (bedside, board, pharmacy):
        seen.watch(page)
    expect(board.get_by_text("Journey, Jo").first).to_be_visible()

    # From the board to the form in two taps at the most, and a full set in 18 to 20.
    bedside.locator(f"a[href='/p/{patient}/obs/new']").first.tap()
    taps = record_full_set(bedside)
    expect(bedside.locator("h1")).to_contain_text("Saved")
    assert taps <= 20, taps
    assert "CRS" in bedside.inner_text("main")
    assert bedside.locator(".grade.g2").count() >= 1, bedside.inner_text("main")

    # The other window has it within a poll, and takes it in one tap.
    button = board.get_by_role("button", name="Acknowledge CRS grade 2, bed 12")
    expect(button).to_be_visible(timeout=A_POLL_MS)
    button.click()
    expect(board.get_by_text("You acknowledged: CRS grade 2, bed 12.")).to_be_visible()
    bedside.goto(f"{ward.url}/p/{patient}")
    assert "P. Anders" in bedside.inner_text("main"), bedside.inner_text("main")

    # The timeline, one sheet of paper, and the next tocilizumab.
    board.goto(f"{ward.url}/p/{patient}/timeline")
    assert board.locator(".drawings svg:visible").first.is_visible()
    board.goto(f"{ward.url}/p/{patient}/handover")
    board.pdf(path=tmp_path / "handover.pdf", format="A4", prefer_css_page_size=True)
    printed = (tmp_path / "handover.pdf").read_bytes()
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1
    pharmacy.goto(f"{ward.url}/p/{patient}/tocilizumab")
    words = pharmacy.inner_text("main")
    assert any(word in words for word in ("YES", "NOT YET", "CHECK", "NO")), words
    for page in (bedside, board, pharmacy):
        assert violations(page) == []
    assert seen.wrong == []
    for browser in (phone, desk, shop):
        browser.close()
