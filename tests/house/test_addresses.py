"""Nothing in the project names the machine it was written on, or where its packages come from."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from tests.house.tree import ROOT, files, named

# The folder of this checkout, as a path of its own and not as the end of a longer one.
HERE = re.compile(rf"(?<![\w./-]){re.escape(str(ROOT))}(?![\w-])")
# Put together, so that this file does not find itself.
INDEX = re.compile("--(?:extra-)?index" + "-url|--find" + '-links[ =]|"resolved": *"http')


def text_of(path: Path) -> str:
    """The text of a file, also of one that is packed."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode()
    if path.suffix == ".mo":  # A catalog, compiled: its texts lie in it as they are.
        return path.read_bytes().decode("utf-8", "replace")
    return path.read_text("utf-8")


def told(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{named(path)}:{number}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_this_checkout() -> None:
    everything = list(files())
    assert len(everything) > 50
    assert told(HERE, everything) == []


def test_no_file_names_an_index_of_packages() -> None:
    assert told(INDEX, list(files())) == []
