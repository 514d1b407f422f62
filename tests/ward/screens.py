"""Pictures of the pages for README.md, of the demo ward: `make screens` and nobody by hand."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.running import ROOT, free_port
from tests.ward.browser import DESK, PHONE, browser, context
from toxmon.demo.people import PASSWORD

FOLDER = ROOT / "docs" / "screens"
OPEN = re.compile(r"The ward is open")
PATIENT = re.compile(r"^  (DEMO-\d+)  (\S+)", re.MULTILINE)


def main() -> None:
    """Open a demo ward, look at its pages, close it."""
    port = free_port()
    command = [sys.executable, "-m", "toxmon", "demo", "--port", str(port), "--seed", "1"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        said = ""
        assert demo.stdout is not None
        for line in demo.stdout:
            said += line
            if "Alerts: some are taken" in line:
                break
        FOLDER.mkdir(exist_ok=True)
        _look(f"http://127.0.0.1:{port}", dict(PATIENT.findall(said)))
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(30)


def _look(url: str, patients: dict[str, str]) -> None:
    sick = patients["DEMO-006"]
    pictures = (
        ("board", "nurse", "/ward/bmt-1", DESK, False),
        ("board-dark", "nurse", "/ward/bmt-1", DESK, True),
        ("record", "nurse", f"/p/{patients['DEMO-004']}/obs/new", PHONE, False),
        ("patient", "nurse", f"/p/{sick}", DESK, False),
        ("why", "physician", f"/p/{sick}/why?scale=crs", DESK, False),
        ("timeline", "physician", f"/p/{sick}/timeline?range=7d", (1366, 1000), False),
        ("tocilizumab", "pharmacist", f"/p/{sick}/tocilizumab", DESK, False),
        ("handover", "nurse", f"/p/{sick}/handover", (900, 1200), False),
    )
    with browser() as running:
        for name, role, path, size, dark in pictures:
            at = context(running, size, dark=dark)
            page = at.new_page()
            _sign_in(page, url, role)
            page.goto(url + path)
            page.wait_for_timeout(300)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            # Flat colors: a palette says the same in a third of the bytes.
            picture.quantize(128).save(FOLDER / f"{name}.png", optimize=True)
            print(Path(f"docs/screens/{name}.png"))
            at.close()


def _sign_in(page: Page, url: str, role: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name").fill(role)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


if __name__ == "__main__":
    main()
