"""The machine and the programs of a run, as far as they matter and nobody can be told by them."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.single import Stand

IN_MEMORY = {"tmpfs", "ramfs"}
PACKAGES = ("granian", "Flask", "flask-smorest", "marshmallow", "psycopg", "orjson")


def lines(stand: Stand, syncs: float) -> list[tuple[str, str]]:
    """What to know beside absolute figures, as (name, words)."""
    databases = {ward.name: ward.database for ward in stand.wards}
    sqlite = databases["SQLite"]
    return [
        ("processor", f"{_processor()}, {os.cpu_count()} in use by this system"),
        ("memory", _memory()),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        (
            "SQLite",
            f"{sqlite['version']} ({sqlite['library']}), journal {sqlite['journal']}, "
            f"synchronous {sqlite['synchronous']}",
        ),
        (
            "PostgreSQL",
            f"{databases['PostgreSQL']['version']}, fsync {databases['PostgreSQL']['fsync']}, "
            "its data on the same disk",
        ),
        ("packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        ("disk", f"{syncs:,.0f} appended blocks of 4 KB made durable a second"),
    ]


def durable_blocks(folder: Path, seconds: float) -> float:
    """How many blocks of 4 KB a second can be appended to a file and made durable, one by one."""
    block, count = os.urandom(4096), 0
    sync = os.fdatasync if hasattr(os, "fdatasync") else os.fsync
    path = folder / "blocks"
    with path.open("wb", buffering=0) as file:
        began = time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            file.write(block)
            sync(file.fileno())
            count += 1
    path.unlink()
    return count / took


def in_memory(folder: Path) -> bool:
    """Does the folder lie in memory, where making durable costs nothing?"""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return False
    found = {}
    for line in mounts.read_text().splitlines():
        _, place, kind, *_ = line.split()
        found[Path(place)] = kind
    resolved = folder.resolve()
    nearest = next(each for each in (resolved, *resolved.parents) if each in found)
    return found[nearest] in IN_MEMORY


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    if sys.platform == "win32":
        return "not told"
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{pages / 1024**3:.0f} GB"
