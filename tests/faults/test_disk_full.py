"""No room on the disk: 503, nothing half kept; once there is room again the same key succeeds."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.conftest import nurse_at
from tests.faults.senders import Client, Reply, assert_verified, hour_ago, vitals
from tests.faults.test_kill import children
from tests.faults.test_unavailable import assert_turned_away
from tests.running import Ward, running
from toxmon.protocol import Protocols

ROOM = 800 * 1024
"""Bytes that are left when it begins: enough for some sets, not for all."""
MOST = 400
"""Sets that do not fit into that room."""


@contextmanager
def _by_limit(folder: Path) -> Iterator[Path]:
    """Files of the server may not grow beyond a size; needs no rights."""
    yield folder


@contextmanager
def _by_mount(folder: Path) -> Iterator[Path]:
    """A file system in memory that has little room; needs to be root."""
    folder = folder / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _may_mount() -> bool:
    """Whether this machine lets us: containers often do not, even to root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


# Where nothing may be mounted the limit alone is tried: what toxmon must do is the same.
WAYS = {"limit": _by_limit, **({"mount": _by_mount} if _may_mount() else {})}


def _fill(way: str, ward: Ward, folder: Path) -> None:
    if way == "limit":
        largest = max(path.stat().st_size for path in folder.glob("ward.db*"))
        _limit(ward, largest + ROOM)
        return
    free = os.statvfs(folder)
    with (folder / "filler").open("wb") as filler:
        filler.write(bytes(free.f_bavail * free.f_frsize - ROOM))


def _make_room(way: str, ward: Ward, folder: Path) -> None:
    if way == "limit":
        _limit(ward, resource.RLIM_INFINITY)
    else:
        (folder / "filler").unlink()


def _limit(ward: Ward, size: int) -> None:
    """Set how large a file the server may write, in bytes, from outside of it."""
    for pid in children(ward):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_turns_away_and_the_same_key_succeeds_later(
    way: str, tmp_path: Path, protocols: Protocols
) -> None:
    with WAYS[way](tmp_path) as folder:
        url = f"sqlite:///{folder / 'ward.db'}"
        with running(url, tmp_path) as ward:
            _full_and_roomy_again(way, ward, nurse_at(ward, protocols), folder)


def _full_and_roomy_again(way: str, ward: Ward, nurse: Client, folder: Path) -> None:
    began = hour_ago()
    patient = nurse.treated("F1", began)
    path = f"/patients/{patient}/observations"

    def post(number: int) -> Reply:
        return nurse.post(path, vitals(began + timedelta(seconds=number)), f"key-{number}")

    kept: dict[int, list[str]] = {}
    _fill(way, ward, folder)
    for number in range(MOST):
        reply = post(number)
        if reply.status != 201:
            break
        kept[number] = _ids(reply)
    assert len(kept) > 2, "it was full at once: nothing is proven"
    assert_turned_away(reply)
    full_at = len(kept)
    # It stays so, for everybody, and what was kept can still be read.
    for number in range(full_at, full_at + 5):
        assert_turned_away(post(number))
    there = nurse.everything(patient)
    assert {each["id"] for each in there} == {id_ for ids in kept.values() for id_ in ids}
    grades = nurse.call("GET", f"/patients/{patient}/grades")
    assert grades.status == 200
    assert grades.body["grades"]["crs"]["low"] == 1

    _make_room(way, ward, folder)
    for number in range(full_at + 5):
        again = post(number)
        assert again.status == 201, again
        # A key that was answered is answered as then; one that was turned away succeeds, once.
        assert kept.setdefault(number, _ids(again)) == _ids(again)
    there = nurse.everything(patient)
    assert sorted(each["id"] for each in there) == sorted(
        id_ for ids in kept.values() for id_ in ids
    )
    assert_verified(ward)


def _ids(reply: Reply) -> list[str]:
    return [each["id"] for each in reply.body["observations"]]
