"""Which test files come nearest to a module, by what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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


@cache
def _imports(module: str) -> frozenset[str]:
    path = ROOT / f"{module.replace('.', '/')}.py"
    return (
        frozenset(_imported(ast.parse(path.read_text("utf-8")))) if path.is_file() else frozenset()
    )


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(OURS))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _named(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
