"""The files of the project, for tests that look at all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What is never committed (.gitignore) and what is nobody's text.
NOT_OURS = {"__pycache__", "build", "dist", "secrets", "node_modules"}
DOTTED_AND_OURS = {".ci", ".dockerignore", ".gitignore"}
NOT_TEXT = {".db", ".db-shm", ".db-wal", ".png", ".pyc", ".so", ".whl"}


def files(below: str = "", suffix: str = "") -> Iterator[Path]:
    """The project's text files, optionally below a folder or with a suffix, in order."""
    for folder, folders, names in os.walk(ROOT / below):
        folders[:] = sorted(name for name in folders if _is_ours(name))
        for name in sorted(names):
            path = Path(folder, name)
            if _is_ours(name) and path.suffix not in NOT_TEXT and name.endswith(suffix):
                yield path


def named(path: Path) -> str:
    """The path as a person names it: from the top of the tree."""
    return path.relative_to(ROOT).as_posix()


def _is_ours(name: str) -> bool:
    if name.startswith("."):
        return name in DOTTED_AND_OURS
    return name not in NOT_OURS and not name.endswith(".egg-info")
