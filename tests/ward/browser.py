"""A real Chromium, and what is asked of every page that it shows."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# Without a window the shell does the same work, with less around it.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# Chromium as it is for a test: no look at the outside, which a closed network would refuse.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--force-color-profile=srgb", "--font-render-hinting=none",
]  # fmt: skip
PHONE, SMALL, DESK, WALL = (390, 844), (360, 740), (1366, 768), (1920, 1080)


def chromium() -> str:
    """The path of a Chromium; where there is none, it is installed as Debian has it."""
    with (Path(tempfile.gettempdir()) / "toxmon-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Test processes begin at the same time.
        program = _found()
        if program is None and os.geteuid() == 0 and shutil.which("apt-get"):
            install = "apt-get install -y -qq --no-install-recommends fonts-dejavu-core"
            command = f"{install} chromium-headless-shell || {install} chromium"
            subprocess.run(
                ["/bin/sh", "-c", f"apt-get update -qq && ({command})"],
                check=True,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
            )
            program = _found()
    assert program, "the pages are tested in a browser: install Chromium (apt install chromium)"
    return program


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@cache
def axe_script() -> str:
    """axe-core, as a package carries it."""
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


@dataclass
class Seen:
    """What one browser context was told meanwhile, and should not have been."""

    own: str
    wrong: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note what the page asks for and complains of."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: Any) -> None:
        # An answer of 4xx and 5xx is told as an error too; whether it may be, the test says.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _asked(self, url: str) -> None:
        self.requests.append(url)
        if urlsplit(url).netloc != self.own and not url.startswith(("data:", "blob:")):
            self.wrong.append(f"asked elsewhere: {url}")


def violations(page: Page, but: tuple[str, ...] = ()) -> list[str]:
    """What axe finds against a page, a line each; nothing is well."""
    page.evaluate(axe_script())
    # Style sheets are read ahead for one rule alone, which is an experiment and off.
    found = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations'], preload: false}))"
    )
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        if each["id"] not in but
        for node in each["nodes"]
    ]


def context(
    running: Browser,
    size: tuple[int, int] = DESK,
    *,
    dark: bool = False,
    script: bool = True,
    touch: bool = False,
    **more: Any,
) -> BrowserContext:
    """A browser of its own, with nothing remembered."""
    width, height = size
    return running.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        has_touch=touch,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        **more,
    )
