"""docker-compose.yml and Dockerfile, as far as they can be held without an engine."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from fnmatch import fnmatch
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from tests.house.tree import ROOT
from toxmon.cli import main
from toxmon.config import read_config

# The official schema of compose files, as check-jsonschema carries it.
SCHEMA = resources("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"

WEB = {"web-1", "web-2"}
SCHEDULERS = {"scheduler-1", "scheduler-2"}
OURS = WEB | SCHEDULERS | {"migrate", "mllp"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def made_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make secrets` makes, run twice."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "Makefile", tree)
    made: list[dict[str, str]] = []
    for _ in range(2):
        subprocess.run(["make", "secrets"], cwd=tree, check=True, capture_output=True)
        made.append({p.name: p.read_text("utf-8") for p in (tree / "secrets").iterdir()})
    assert made[0] == made[1], "a second run must keep the passwords of a running ward"
    return tree / "secrets"


def test_the_file_is_what_compose_accepts(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, json.loads(SCHEMA.read_text("utf-8")))


def test_the_schema_refuses_what_compose_refuses(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    misspelled = {**compose, "services": {"web-1": {"image": "toxmon", "healthchek": {}}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(misspelled, schema)


def test_two_of_each_share_the_work(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == OURS | {"proxy", "postgres"}
    for name in WEB:
        assert "--no-scheduler" in compose["services"][name]["command"]
    for name in SCHEDULERS:
        assert compose["services"][name]["command"] == ["toxmon", "scheduler"]


@pytest.mark.parametrize("service", sorted(OURS))
def test_toxmon_takes_every_setting(
    compose: dict[str, Any], made_secrets: Path, service: str
) -> None:
    """With the settings of each service, and the files of `make secrets`, toxmon would start."""
    environment = {
        name: re.sub(r"^\$\{.*\}$", "Europe/Berlin", value).replace(
            "/run/secrets", str(made_secrets)
        )
        for name, value in compose["services"][service]["environment"].items()
    }
    config = read_config(environment)
    password = (made_secrets / "postgres_password").read_text("utf-8")
    assert config.database_url == f"postgresql://toxmon:{password}@postgres/toxmon"
    assert config.zone.key == "Europe/Berlin"


@pytest.mark.parametrize("service", sorted(OURS))
def test_toxmon_has_every_command(compose: dict[str, Any], service: str) -> None:
    """With `--help` behind it a command is checked for its name and its options, and not run."""
    program, command, *options = compose["services"][service]["command"]
    assert program == "toxmon"
    asked = CliRunner().invoke(main, [command, "--help"])
    assert asked.exit_code == 0, asked.output
    assert {o for o in options if o.startswith("-")} <= set(re.findall(r"--[a-z-]+", asked.output))


def test_every_secret_is_a_file_that_make_secrets_makes(
    compose: dict[str, Any], made_secrets: Path
) -> None:
    declared = {name: made_secrets.parent / s["file"] for name, s in compose["secrets"].items()}
    assert {path.resolve() for path in declared.values()} == set(made_secrets.iterdir())
    used = {name for s in compose["services"].values() for name in s.get("secrets", [])}
    assert used == set(declared)
    for service in compose["services"].values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|DATABASE_URL", variable):
                assert variable.endswith("_FILE"), f"{variable} must come from a file"
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_the_secrets_are_strong_and_kept_from_others(made_secrets: Path) -> None:
    assert stat.S_IMODE(made_secrets.stat().st_mode) == 0o700
    password, key = ((made_secrets / n).read_text() for n in ("postgres_password", "secret_key"))
    assert re.fullmatch("[0-9a-f]{64}", password)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert password != key


def test_the_proxy_knows_the_web_processes(compose: dict[str, Any]) -> None:
    proxy = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    assert set(re.findall(r"([\w-]+):8080", proxy)) == WEB
    mounted = [volume.split(":")[0] for volume in compose["services"]["proxy"]["volumes"]]
    assert "./deploy/Caddyfile" in mounted


def test_every_wait_can_end(compose: dict[str, Any]) -> None:
    """A service that is waited for until it is healthy must have a check; ours is the image's."""
    for service in compose["services"].values():
        for name, wait in service.get("depends_on", {}).items():
            awaited = compose["services"][name]
            if wait["condition"] == "service_healthy":
                check = awaited.get("healthcheck", {"image": name in WEB})
                assert not check.get("disable"), name
                assert any(check.values()), name
            else:
                assert awaited["restart"] == "no", f"{name} is waited for until it ends"


def test_the_image_is_given_all_that_it_copies() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    sent = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, f"{name}*") for name in sent), f"{source} is ignored"


def test_the_image_runs_as_nobody_special() -> None:
    last_stage = (ROOT / "Dockerfile").read_text("utf-8").split("\nFROM ")[-1]
    assert re.findall(r"^USER (\S+)", last_stage, re.MULTILINE) == ["10001"]
    assert "/health/ready" in last_stage
