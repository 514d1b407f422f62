"""Which test files come nearest to a module, by what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/grading", "tests/dosing", "tests/properties", "tests/course")
OURS = ("toxmon.", "tests.")
HUBS = {"toxmon.scales", "toxmon.grading.published", "toxmon.grading.course"}
"""They import nearly all, so that a way through them says nothing."""


def test_files(module: str) -> list[str]:
    """The test files in FOLDERS from which the fewest imports lead to `module`, or one more.

    Where nothing but a hub leads to it, that way counts too.
    """
    return _within_reach(module, HUBS) or _within_reach(module, set())


def foreign(files: Iterable[str]) -> list[str]:
    """What the files, and whatever of ours leads on from them, import of others' modules."""
    front = {_named(ROOT / file) for file in files}
    front |= {f"{name.rpartition('.')[0]}.conftest" for name in front}
    seen, found = set(front), set[str]()
    while front:
        for name in front:
            found |= {other for other in _all_imports(name) if not f"{other}.".startswith(OURS)}
        front = {name for each in front for name in _imports(each)} - seen
        seen |= front
    return sorted(found)


def _within_reach(module: str, closed: set[str]) -> list[str]:
    distances = {
        str(path.relative_to(ROOT)): _distance(_named(path), module, closed)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).glob("test_*.py"))
    }
    near = [far for far in distances.values() if far is not None]
    return [path for path, far in distances.items() if far is not None and far <= min(near) + 1]


def _distance(start: str, module: str, closed: set[str]) -> int | None:
    far, front, seen = 0, {start}, {start}
    while front:
        if module in front:
            return far
        front = {name for each in front - closed for name in _imports(each)} - seen
        seen |= front
        far += 1
    return None


def _imports(module: str) -> frozenset[str]:
    """What of ours a module imports. A package is no way on: it gathers what is far apart."""
    if (ROOT / module.replace(".", "/")).is_dir():
        return frozenset()
    return frozenset(name for name in _all_imports(module) if name.startswith(OURS))


@cache
def _all_imports(module: str) -> frozenset[str]:
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (
        frozenset(_imported(ast.parse(path.read_text("utf-8")))) if path.is_file() else frozenset()
    )


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module.startswith(OURS):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _named(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
