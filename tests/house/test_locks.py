"""The locks hold exact releases with their hashes, agree with pyproject.toml, and name no index."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.tree import ROOT

LOCKS = ("build", "runtime", "test", "fuzz")


def locked(name: str) -> dict[str, Requirement]:
    """The pins of one lock, by project. A project that is pinned twice would need a closer look."""
    pins: dict[str, Requirement] = {}
    for entry in entries(name):
        pin = Requirement(entry.split(" \\\n")[0])
        assert pin.name not in pins
        pins[canonicalize_name(pin.name)] = pin
    return pins


def entries(name: str) -> list[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return re.findall(r"^[a-z0-9].*(?:\n    --hash.*)*", text, re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_every_release_is_exact_and_has_its_hashes(name: str) -> None:
    assert entries(name)
    for entry in entries(name):
        pin = Requirement(entry.split(" \\\n")[0])
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), entry
        assert pin.url is None
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_says_where_packages_come_from(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    assert not re.search(r"https?:|file:|--(?:extra-)?index|--find-links|--trusted-host|@ ", text)


def test_the_locks_agree() -> None:
    """One environment may take all three, in any order."""
    together = locked("test")
    for name in ("build", "runtime"):
        assert {k: str(pin) for k, pin in locked(name).items()} == {
            k: str(together[k]) for k in locked(name)
        }


def test_the_locks_have_what_pyproject_asks_for() -> None:
    """Else somebody added a dependency and forgot `make lock`."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = asked["dependency-groups"]
    wanted = {
        "runtime": asked["project"]["dependencies"],
        "build": [*groups["build"], *asked["build-system"]["requires"]],
        "test": [*groups["build"], *groups["test"], *asked["project"]["dependencies"]],
        "fuzz": groups["fuzz"],
    }
    for lock, lines in wanted.items():
        pins = locked(lock)
        for requirement in map(Requirement, lines):
            pin = pins[canonicalize_name(requirement.name)]
            (version,) = (Version(spec.version) for spec in pin.specifier)
            assert requirement.specifier.contains(version), f"{pin} is not {requirement}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "arm64", "AMD64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_runtime_is_the_same_on_every_python_and_machine(python: str, machine: str) -> None:
    """Only the bundled SQLite may be absent, where it has no wheel."""
    there = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
    }
    missing = {name for name, pin in locked("runtime").items() if not holds(pin.marker, there)}
    assert missing == set()
    there["platform_machine"] = "riscv64"
    missing = {name for name, pin in locked("runtime").items() if not holds(pin.marker, there)}
    assert missing == {"sqlcipher3"}


def holds(marker: Marker | None, there: dict[str, str]) -> bool:
    return marker is None or marker.evaluate({**there, "platform_python_implementation": "CPython"})
