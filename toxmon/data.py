"""Finds the folders of data that travel with toxmon, in a checkout and in an installed package."""

from __future__ import annotations

import shutil
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


class DataMissing(Exception):
    """A folder that toxmon brings along is not where it should be: the installation is broken."""


def shipped(name: str) -> Path:
    """The folder `name` ("protocols", "migrations") that came with this toxmon.

    The installed package carries it inside itself; in a checkout it lies at the root, beside the
    package. Raises DataMissing, which says where it was looked for.
    """
    places = (PACKAGE / "_data" / name, PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise DataMissing(
        f"The folder {name!r} that belongs to toxmon was found neither at {places[0]} "
        f"nor at {places[1]}. Install toxmon again, or run it from a whole checkout."
    )


MEMORY, ROOM_BYTES = "/dev/shm", 2**30  # noqa: S108 - callers make a folder of their own in it


def memory() -> str | None:
    """A folder in memory, where the system has one with room; None where it has not.

    For a record that nobody keeps: nothing of it comes on a disk, and nobody waits for one.
    """
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM_BYTES else None
    except OSError:
        return None  # Not on this system.
