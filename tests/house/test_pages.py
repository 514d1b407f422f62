"""The pages hold together: links lead somewhere, and every decision is listed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import ROOT, files, named

DECISIONS = ROOT / "docs" / "decisions"


def links(page: Path) -> list[str]:
    """The targets of a page's links within the project, without what stands in code."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.M | re.S)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target for target in found if not re.match(r"[a-z]+:|#", target)]


def test_every_link_leads_somewhere() -> None:
    pages = list(files("", ".md"))
    assert any(links(page) for page in pages)
    lost = [
        f"{named(page)}: {target}"
        for page in pages
        for target in links(page)
        if not (page.parent / target.partition("#")[0]).exists()
    ]
    assert lost == []


def test_every_decision_is_listed_once_and_in_order() -> None:
    written = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    listed = [name for name in links(DECISIONS / "README.md") if name[0].isdigit()]
    assert listed == written
    numbers = [int(name[:4]) for name in written]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_decision_says_what_it_decided() -> None:
    for path in DECISIONS.glob("[0-9]*.md"):
        heading = path.read_text("utf-8").splitlines()[0]
        assert heading.startswith((f"# {path.name[:4]}. ", f"# {int(path.name[:4])}. ")), path.name


def test_every_decision_that_the_code_names_is_there() -> None:
    written = {path.name[:4] for path in DECISIONS.glob("[0-9]*.md")}
    named_in_code = {
        number: named(path)
        for path in [*files("toxmon", ".py"), *files("protocols", ".toml"), *files("docs", ".md")]
        for number in re.findall(r"[Dd]ecisions?[ /](00\d\d)\b", path.read_text("utf-8"))
    }
    assert {n: where for n, where in named_in_code.items() if n not in written} == {}
