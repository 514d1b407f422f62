"""The file of sources: every fault at once, no secret told; and the commands beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.hooks.conftest import MAP, NEW, PLAIN, SOURCES, whsec
from toxmon.cli import main
from toxmon.sources import SourceError, code_maps, load_sources

SECRET = whsec(NEW)


def load(folder: Path, text: str) -> Any:
    path = folder / "sources.toml"
    path.write_text(text)
    return load_sources(path)


def faults(folder: Path, text: str) -> str:
    with pytest.raises(SourceError) as caught:
        load(folder, text)
    return str(caught.value)


def test_what_a_good_file_says(tmp_path: Path) -> None:
    (tmp_path / "lab-codes.toml").write_text(MAP)
    found = load(tmp_path, SOURCES)
    assert list(found) == ["lab", "gateway", "engine", "server", "quiet"]
    assert (found["gateway"].units, found["lab"].units) == (frozenset({"icu"}), None)
    assert list(code_maps(found)) == ["lab"]
    assert (found["engine"].header, found["engine"].prefix) == ("Authorization", "Bearer ")
    assert SECRET not in repr(found)
    assert PLAIN not in repr(found)
    assert load_sources(None) == {}


SIGNED = 'form = "json"\nverify = "standard-webhooks"\n'


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", 'name: write 1 to 100'),
        ('name = "a/b"', 'name: write 1 to 100'),
        ('name = "hl7v2"', "has a meaning of its own"),
        ('name = "a"\nverify = "magic"', "verify: write standard-webhooks"),
        ('name = "a"\nverify = "token"\nsecret = "abc"\nform = "json"', "16 ASCII characters"),
        (f'name = "a"\n{SIGNED}secret = "short"', "secret: write whsec_"),
        (f'name = "a"\n{SIGNED}', "secret: write 1 to 4"),
        (f'name = "a"\n{SIGNED}secret_file = "none"', "secret_file: cannot read none"),
        (f'name = "a"\n{SIGNED}secret = "x"\nsecret_file = "y"', "stand both"),
        (f'name = "a"\n{SIGNED}secret = "{SECRET}"\nheader = "X-A"', "header: of hmac-sha256"),
        (f'name = "a"\n{SIGNED}secret = "{SECRET}"\nwindow_seconds = 0', "window_seconds: write"),
        (f'name = "a"\n{SIGNED}secret = "{SECRET}"\nunits = []', "units: write names"),
        (f'name = "a"\n{SIGNED}secret = "{SECRET}"\ncode_map = "m"', "code_map: cannot read m"),
        (f'name = "a"\n{SIGNED}secret = "{SECRET}"\nencoding = "hex"', "encoding: of hmac-sha256"),
        (f'name = "a"\nsecret = "{SECRET}"', "nothing is signed without verify"),
        ('name = "a"\nform = "xml"', "form: write json, fhir, hl7v2"),
        ('name = "a"\nodd = 1', "odd is not known"),
        ('name = "a"\n[[source]]\nname = "a"', "there are two of that name"),
    ],
)  # fmt: skip
def test_a_fault_is_named(tmp_path: Path, table: str, says: str) -> None:
    words = faults(tmp_path, f"[[source]]\n{table}\n")
    assert says in words
    assert SECRET not in words


@pytest.mark.parametrize("text", ["", "source = 3", "[source]\nname = 1", "a = [", "[[sauce]]"])
def test_a_file_that_is_no_such_file(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text)


def test_the_faults_of_a_code_map_are_told_too(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[[code]]\nsystem = "X"\ncode = "1"\nkind = "nothing"\n')
    words = faults(tmp_path, '[[source]]\nname = "a"\ncode_map = "m.toml"\n')
    assert '"nothing" is not a known kind' in words


def test_a_signature_is_made_and_tried_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lab-codes.toml").write_text(MAP)
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "body").write_bytes(b'{"a": 1}')
    monkeypatch.setenv("TOXMON_SOURCES", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("TOXMON_DATABASE_URL", f"sqlite:///{tmp_path / 'w.db'}")
    body = str(tmp_path / "body")

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["webhook", *words])

    signed = json.loads(run("sign", "--source", "lab", "--json", body).output)
    tried = ["verify", "--source", "lab", "--id", signed["webhook-id"]]
    tried += ["--timestamp", signed["webhook-timestamp"]]
    right = run(*tried, "--signature", signed["webhook-signature"], body)
    assert (right.exit_code, right.output) == (0, "the signature is right\n")
    wrong = run(*tried, "--signature", "v1," + "A" * 43 + "=", body)
    assert (wrong.exit_code, "no signature is right" in wrong.output) == (1, True)
    late = run(*tried, "--signature", signed["webhook-signature"], "--at", "2031-01-01", body)
    assert (late.exit_code, "behind our clock" in late.output) == (1, True)
    plain = run("sign", "--source", "gateway", body).output
    found = re.fullmatch(r"-H 'X-Hub-Signature-256: (sha256=[0-9a-f]{64})'\n", plain)
    assert found is not None
    assert run("verify", "--source", "gateway", "--signature", found[1], body).exit_code == 0
    assert run("sign", "--source", "quiet", body).exit_code == 2
    assert run("secret").output.startswith("whsec_")


def test_a_sandbox_is_well_and_the_doctor_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sandbox"
    made = CliRunner().invoke(main, ["sandbox", str(folder), "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.output)
    assert {"nurse", "sandbox-lab", "sandbox-adt"} <= set(told["tokens"])
    assert CliRunner().invoke(main, ["sandbox", str(folder)]).exit_code == 2
    monkeypatch.setenv("TOXMON_CONFIG", told["config"])
    doctor = CliRunner().invoke(main, ["doctor", "--json"])
    assert (doctor.exit_code, json.loads(doctor.output)["needs"]) == (0, [])
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 0
    assert CliRunner().invoke(main, ["held", "list"]).output == "nothing waits\n"
    assert CliRunner().invoke(main, ["held", "reread", "--all"]).exit_code == 0
    assert CliRunner().invoke(main, ["held", "reread"]).exit_code == 2
    dismiss = ["held", "dismiss", "x", "--by", "Ada", "--reason", "no"]
    assert CliRunner().invoke(main, dismiss).exit_code == 1
    (folder / "sources.toml").write_text("[[source]]\n")
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 2
