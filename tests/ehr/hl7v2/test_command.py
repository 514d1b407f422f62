"""`toxmon mllp read` and `replay`, and what is refused before a line listens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import KEY
from tests.ehr.hl7v2.conftest import Hospital, make_token
from tests.ehr.hl7v2.messages import PID, adt, obx, oru, pv1
from toxmon.actions import verify
from toxmon.cli import main

Run = Callable[..., Result]
NAMED = ("--token-name", "Lab")


@pytest.fixture
def run(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command over the record of the hospital."""

    path = hospital.service.store.query("pragma database_list")[0]["file"]
    monkeypatch.setenv("TOXMON_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("TOXMON_SECRET_KEY", KEY.decode())
    make_token(hospital.service)

    def running(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["mllp", *map(str, arguments)])

    return running


def test_files_are_read_in_any_form(run: Run, hospital: Hospital, tmp_path: Path) -> None:
    batch, one = tmp_path / "batch.hl7", tmp_path / "one.hl7"
    two = adt("A01", "1", PID, pv1()) + oru("2", obx("500"))
    batch.write_bytes(b"\xef\xbb\xbfFHS|^~\\&\r\n" + two.replace(b"\r", b"\r\n") + b"FTS|1\r\n")
    one.write_bytes(oru("3", obx("7", code="X^Other^L")).replace(b"\r", b"\n"))
    done = run("read", *NAMED, batch, one)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[:2] == ["AA  batch.hl7 1", "AA  batch.hl7 2"]
    assert lines[2].startswith("AA  one.hl7 1  no code of it is known")
    assert [int(value) for value in hospital.values(hospital.patient())] == [500]
    again = run("read", *NAMED, batch)
    assert again.output.splitlines() == lines[:2]


def test_what_could_not_be_read_is_read_again(run: Run, hospital: Hospital, tmp_path: Path) -> None:
    hospital.admit()
    umlaut = oru("u1", obx("500"), "NTE|1|L|Müller").decode().encode("latin-1")
    path = tmp_path / "umlaut.hl7"
    path.write_bytes(umlaut)
    done = run("read", *NAMED, path)
    assert done.exit_code == 1
    assert "MSH-18" in done.output
    assert run("replay").exit_code == 1
    done = run("replay", "--charset", "8859/1")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("AA  ")
    assert [int(value) for value in hospital.values(hospital.patient())] == [500]
    assert run("replay").output == "", "nothing waits any more"
    assert verify.verify(hospital.service, lambda done, total: None) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--token-name or --token-file"),
        (("--token-name", "Nobody"), "no live token"),
        ((*NAMED, "--host", "0.0.0.0"), "--allow"),
        ((*NAMED, "--allow", "10.1"), "--allow"),
        ((*NAMED, "--tls-ca", __file__), "--tls-cert and --tls-key"),
        ((*NAMED, "--tls-cert", __file__, "--tls-key", __file__), "cannot be used"),
        ((*NAMED, "--charset", "EBCDIC"), "--charset"),
        ((*NAMED, "--processing-id", "X"), "--processing-id"),
        ((*NAMED, "--ignore", "ADT^A40"), "never ignored"),
        (("--token-file", __file__), "no live one"),
    ],
)
def test_what_cannot_be_used_is_refused_before_a_line_listens(
    run: Run, options: tuple[str, ...], words: str
) -> None:
    done = run(*options)
    assert done.exit_code == 2, done.output
    assert words in done.output


def test_a_token_in_a_file_is_that_of_the_sender(
    run: Run, hospital: Hospital, tmp_path: Path
) -> None:
    from toxmon.actions import tokens

    _, text = tokens.create(hospital.service, "integration", "Filed", ("bmt-1",))
    file, body = tmp_path / "token", tmp_path / "a.hl7"
    file.write_text(text + "\n")
    body.write_bytes(adt("A01", "1", PID, pv1()))
    done = run("read", "--token-file", file, body)
    assert done.exit_code == 0, done.output
    rows = hospital.service.store.query("select source, recorded_by from message")
    assert rows == [{"source": "Filed", "recorded_by": "Filed"}]
