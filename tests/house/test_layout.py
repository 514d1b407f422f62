"""The sizes, names and order of docs/style.md, where a machine can see them and ruff does not."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

from tests.house.tree import ROOT, files, named

LONGEST_MODULE = 400
SAY_NOTHING = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

# Rooms of pure functions: `now` is an argument, and nothing is read, logged or asked.
PURE_ROOMS = {"alerting", "assessment", "dosing", "grading", "guidance", "timeline"}

# All that medicine needs of Python. A module that is missing here has to argue its way in.
PURE_MODULES = {
    "__future__", "abc", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "hashlib", "itertools", "math", "operator", "re", "types", "typing",
    "unicodedata",
}  # fmt: skip

# Put together here, so that this file does not find itself.
GIVEN_UP = re.compile("|".join(("pytest.sk" + "ip", "mark.sk" + "ip", "mark.xf" + "ail")))


def test_a_module_is_short_enough_to_read() -> None:
    lengths = {named(p): len(p.read_text("utf-8").splitlines()) for p in files("toxmon", ".py")}
    assert lengths, "found no module at all"
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_a_module_is_named_for_what_it_holds() -> None:
    parts = {p: set(p.relative_to(ROOT).with_suffix("").parts) for p in files("toxmon", ".py")}
    assert [named(path) for path in parts if parts[path] & SAY_NOTHING] == []


def test_grading_needs_only_plain_python() -> None:
    outside = {
        f"{named(path)} imports {name}"
        for path in files("toxmon/grading", ".py")
        for name in imported(path)
        if not name.startswith("toxmon.grading") and name.split(".")[0] not in PURE_MODULES
    }
    assert outside == set()


def test_every_pure_room_is_under_the_contract() -> None:
    """import-linter refuses the names of rooms that do not exist, so new ones must be added."""
    medicine = next(c for c in contracts() if c["name"] == "Medicine touches nothing")
    assert {f"toxmon.{room}" for room in PURE_ROOMS & rooms()} == set(medicine["source_modules"])


def test_every_room_stands_in_the_order_of_imports() -> None:
    layers = next(c["layers"] for c in contracts() if c["type"] == "layers")
    placed = {room for layer in layers for room in re.findall(r"toxmon\.(\w+)", layer)}
    assert rooms() - placed == set()


def test_a_test_runs_or_is_not_there() -> None:
    assert [named(p) for p in files("tests", ".py") if GIVEN_UP.search(p.read_text("utf-8"))] == []


def contracts() -> list[dict[str, Any]]:
    """The import contracts of pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def rooms() -> set[str]:
    """The modules and packages that stand directly in toxmon."""
    modules = {p.relative_to(ROOT / "toxmon").parts[0] for p in files("toxmon", ".py")}
    return {name.removesuffix(".py") for name in modules} - {"__init__", "__main__"}


def imported(path: Path) -> set[str]:
    """The modules that a file imports, anywhere in it, by their full names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)}: imports are written in full"
            names.add(node.module or "")
    return names
