"""The benchmarks run, each with a few requests, so that they cannot rot. No time counts."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import bodies, layers, page
from benchmarks.__main__ import measure
from benchmarks.load import WrongAnswer, run
from benchmarks.page import Results
from benchmarks.sizes import Sizes

TINY = Sizes(
    rounds=1,
    seconds=0.3,
    warm_up=0.0,
    connections=2,
    patients=4,
    batch_connections=1,
    batch_patients=2,
    batch_observations=20,
    ward_connections=2,
    histories=(10, 30),
    wards=(2, 4),
    course_days=1,
    course_repeats=1,
    profiled=layers.CHUNK,
    planned_checks=60,
    due_checks=4,
    sweep_rounds=1,
    cohorts=(20, 40),
    doses=(2, 5),
    drawn_days=2,
)


@pytest.mark.slow
def test_a_run_measures_and_prints_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not in pytest's own folder: PostgreSQL runs as somebody else when this runs as root, and may
    # not enter there. The run removes what it makes.
    results = measure(Path(tempfile.gettempdir()), TINY, lambda words: None)
    assert [each.name for each in results.sets] == ["floor", "SQLite", "PostgreSQL"]
    assert len(results.batches) == 5
    assert [each.name for each in results.histories] == ["10 facts", "30 facts"]
    assert [each.name for each in results.wards] == ["2 patients", "4 patients"]
    for each in (*results.sets, *results.batches, *results.histories, *results.wards):
        assert each.measured.per_second > 0
        assert each.ratio > 0
    assert results.memory.patients == 4
    assert results.regraded.instants == 36
    assert results.regraded.changes > 0
    assert [each.name for each in results.swept] == ["SQLite", "PostgreSQL"]
    for swept in results.swept:
        assert swept.checks >= 60
        assert swept.due >= 4
        # Every patient that was due was told of: an occurrence, an event and an alarm at least.
        assert swept.rows >= 5 * swept.patients
    assert results.cohorts.graded > 0
    assert list(results.cohorts.resident_mb) == [20, 40]
    assert results.layers.changes > 0
    # A layer that nobody goes through is called otherwise by now, and its time counted elsewhere.
    assert set(results.layers.own_us) == {*layers.LAYERS, layers.WEB}
    assert {layer for layer, own in results.layers.own_us.items() if own <= 0} == set()

    copy = tmp_path / "performance.md"
    copy.write_text(f"By hand.\n\n{page.BEGIN}\n1867\n{page.END}\n\nMore by hand.\n", "utf-8")
    monkeypatch.setattr(page, "PAGE", copy)
    page.write(results)
    written = copy.read_text("utf-8")
    assert written.startswith(f"By hand.\n\n{page.BEGIN}\n\nMeasured on ")
    assert written.endswith(f"\n{page.END}\n\nMore by hand.\n")
    assert "\n1867\n" not in written
    for goal in page.goals(results):
        assert f"| {goal.words} | {goal.wanted} | {goal.found} |" in written
    assert reached(results, 0.40)
    assert not reached(results, 0.399)


def reached(results: Results, ratio: float) -> bool:
    """Would a set on SQLite at this ratio reach its goal?"""
    floor, sqlite, postgres = results.sets
    sets = [floor, replace(sqlite, ratio=ratio), postgres]
    return page.goals(replace(results, sets=sets))[0].reached


def test_the_committed_page_has_its_marks() -> None:
    text = page.PAGE.read_text("utf-8")
    assert text.count(page.BEGIN) == text.count(page.END) == 1
    assert text.index(page.BEGIN) < text.index(page.END)


def test_a_request_is_as_long_as_it_says_whenever_it_is_sent() -> None:
    made = bodies.set_request("token", "patient", 1, 0)
    head, _, body = made.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    assert len(bodies.NOW) == len("2026-03-01T08:00:00.000000+00:00")


@pytest.fixture
def answering() -> Iterator[list[bytes]]:
    """[port, answer]: somebody who answers whatever comes with `answer`, in two parts."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(65536):
                    for part in (told[1][:20], told[1][20:]):
                        connection.sendall(part)

        told.append(str(listener.getsockname()[1]).encode())
        threading.Thread(target=answer, daemon=True).start()
        yield told


def plan(port: bytes, requests: int) -> dict[str, object]:
    connection = ["POST / HTTP/1.1\r\n\r\n"] * requests
    return {
        "port": int(port), "seconds": 0, "warm_up": 0, "once": True, "connections": [connection],
    }  # fmt: skip


def test_the_load_generator_counts_what_was_answered(answering: list[bytes]) -> None:
    answering.append(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}")
    assert run(plan(answering[0], 3))["answered"] == 3


def test_the_load_generator_takes_no_refusal_for_an_answer(answering: list[bytes]) -> None:
    answering.append(b"HTTP/1.1 503 Unavailable\r\nContent-Length: 4\r\n\r\nlater")
    with pytest.raises(WrongAnswer, match="503"):
        run(plan(answering[0], 1))
