"""`toxmon protocols`: list, show, check, with those of the site."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Operator
from toxmon.cli.protocols import KINDS
from toxmon.data import shipped
from toxmon.protocol import FORMS

Written = Callable[..., str]
SHIPPED = {
    **{
        path.stem: kind
        for kind, folder in (("product", "products"), ("drug", "drugs"), ("guidance", "guidance"))
        for path in sorted((shipped("protocols") / folder).glob("*.toml"))
    },
    "default": "policy",
}
OF_THE_CARD = {
    *("ide-cel", "cilta-cel", "axi-cel", "brexu-cel", "tisa-cel", "liso-cel", "obe-cel"),
    *("teclistamab", "elranatamab", "talquetamab", "linvoseltamab", "epcoritamab", "glofitamab"),
    *("mosunetuzumab", "odronextamab", "blinatumomab", "tarlatamab"),
    *("anito-cel", "arlo-cel", "gc012f", "generic-car-t"),
}
"""The products on the market, and those of trials, that a site can watch from the first day."""


@pytest.fixture
def site(operator: Operator) -> Path:
    """A folder of the site, with a copy of one shipped product."""
    folder = operator.folder / "site"
    folder.mkdir()
    shutil.copy(shipped("protocols") / "products" / "ide-cel.toml", folder / "ide-cel.toml")
    return folder


def test_protocols_are_listed(operator: Operator) -> None:
    rows = operator.json("protocols", "list")
    named = [(row["name"], row["kind"]) for row in rows]
    assert sorted(named) == sorted(
        [*SHIPPED.items(), ("default", "alarms"), ("default", "prevention")]
    )
    assert {name for name, _ in named} >= OF_THE_CARD
    assert all(len(row["edition"]) == 64 and row["version"] >= 1 for row in rows)
    said = operator.good("protocols", "list")
    assert all(f"{name} " in said for name in SHIPPED)
    assert list(operator.folder.iterdir()) == [], "to look at protocols makes no record and no key"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_protocol_is_shown(operator: Operator, name: str) -> None:
    page = operator.good("protocols", "show", name)
    assert "that cite a source are not verified" in " ".join(page.split())
    plain = operator.json("protocols", "show", name)
    assert plain["name"] == name
    assert plain["digest"] in page


def test_a_policy_and_alarms_of_one_name_are_told_apart(operator: Operator) -> None:
    plain = {
        kind: operator.json("protocols", "show", "default", "--kind", kind)
        for kind in ("policy", "alarms")
    }
    assert {kind: each["form"] for kind, each in plain.items()} == {
        "policy": "policy",
        "alarms": "alarms",
    }
    page = operator.good("protocols", "show", "default", "--kind", "alarms")
    assert "igg_lt_400_prophylactic: igg < 400 mg/dL, low" in page
    said = operator.bad(2, "protocols", "show", "ide-cel", "--kind", "alarms")
    assert "there is no protocol ide-cel of kind alarms; known are default" in said
    operator.bad(2, "protocols", "show", "default", "--kind", "dose")


@pytest.mark.parametrize("called", ["Yescarta", "yescarta", "axi-cel"])
def test_a_product_is_found_by_its_brand(operator: Operator, called: str) -> None:
    assert operator.json("protocols", "show", called)["name"] == "axi-cel"
    assert operator.good("protocols", "show", called).startswith("axi-cel, version ")


@pytest.mark.parametrize("called", ["Actemra", "tocilizumab-aazg", "RoActemra"])
def test_a_drug_is_found_by_a_brand_and_a_biosimilar(operator: Operator, called: str) -> None:
    assert operator.json("protocols", "show", called, "--kind", "drug")["name"] == "tocilizumab"
    assert "Policy standard, in force" in operator.good("protocols", "show", called)


def test_a_protocol_that_is_none(operator: Operator) -> None:
    said = operator.bad(2, "protocols", "show", "axicel")
    assert f"there is no protocol axicel; known are {', '.join(sorted(SHIPPED))}" in said
    assert "Usage: " in operator.bad(2, "protocols", "show")


def test_what_is_shipped_has_no_fault(operator: Operator) -> None:
    assert operator.good("protocols", "check") == "no faults\n"


def test_a_site_replaces_and_says_so(operator: Operator, site: Path) -> None:
    path = site / "ide-cel.toml"
    path.write_text(path.read_text("utf-8").replace("version       = 1", "version = 7", 1), "utf-8")
    assert operator.good("protocols", "check", str(site)) == "no faults\n"
    said = operator.good("protocols", "list", TOXMON_PROTOCOLS=str(site))
    assert "ide-cel            version 7" in said
    assert "ide-cel.toml" in said.splitlines()[-1]


def test_every_fault_is_told_with_its_place(operator: Operator, site: Path) -> None:
    path = site / "ide-cel.toml"
    text = path.read_text("utf-8").replace("version       = 1", "version = 'one'", 1)
    path.write_text(text + "\n[[windoww]]\n", "utf-8")
    (site / "broken.toml").write_text("name = ", "utf-8")
    for words in (("protocols", "check", str(site)), ("protocols", "check", str(path))):
        result = operator.run(*words)
        assert result.exit_code == 1, result.output
        assert "ide-cel.toml" in result.stdout
        assert "version" in result.stdout
        assert "windoww" in result.stdout
        assert result.stderr.endswith("faults\n")
    assert "broken.toml" in operator.run("protocols", "check", str(site)).stdout


def test_a_faulty_folder_is_not_used(operator: Operator, site: Path) -> None:
    (site / "broken.toml").write_text("name = ", "utf-8")
    for words in (("migrate",), ("serve",), ("token", "create", "--role", "nurse", "--name", "A")):
        assert "broken.toml" in operator.bad(2, *words, TOXMON_PROTOCOLS=str(site))
    assert "broken.toml" in operator.bad(1, "protocols", "list", TOXMON_PROTOCOLS=str(site))
    assert not operator.database.exists()


def test_a_path_that_is_none(operator: Operator) -> None:
    assert "does not exist" in operator.bad(2, "protocols", "check", "nowhere")


def test_every_kind_of_file_can_be_asked_for() -> None:
    assert tuple(FORMS) == KINDS
