"""A site's own folder: what it adds, what it replaces, and what is told about it."""

import shutil
from pathlib import Path

import pytest

from toxmon import data
from toxmon.data import DataMissing, shipped
from toxmon.protocol import ProtocolError, check, load_protocols

HERE = Path(__file__).parent


def site(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_", "-")
        path.with_suffix(".toml").parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".toml").write_text(text)
    return tmp_path


def sample(name):
    return (HERE / f"sample-{name}.toml").read_text()


def test_a_site_adds_files_of_its_own(tmp_path):
    folder = site(
        tmp_path, products__sample_product=sample("product"), sample_policy=sample("policy")
    )
    protocols = load_protocols(folder)
    assert protocols.products["sample-product"].version == 3
    assert protocols.policies["sample-policy"].policy.masking.total_seconds() == 12 * 3600
    assert {"ide-cel", "cilta-cel"} < set(protocols.products)
    assert protocols.overrides == ()


def test_a_site_replaces_a_shipped_file_and_it_is_told(tmp_path):
    text = (shipped("protocols") / "products" / "ide-cel.toml").read_text()
    text = text.replace("\nversion       = 1\n", "\nversion       = 7\n")
    folder = site(tmp_path, ide_cel=text)
    protocols = load_protocols(folder)
    assert protocols.products["ide-cel"].version == 7
    assert protocols.overrides == (f"ide-cel: {folder / 'ide-cel.toml'} replaces the shipped one",)
    assert protocols.products["ide-cel"].digest != load_protocols().products["ide-cel"].digest


def test_alarms_of_a_site_replace_the_shipped_ones_and_leave_the_policy_of_that_name(tmp_path):
    text = sample("alarms").replace('name = "sample-alarms"', 'name = "default"')
    folder = site(tmp_path, alarms__default=text)
    protocols = load_protocols(folder)
    assert protocols.alarms["default"].version == 4
    assert protocols.policies == load_protocols().policies
    path = folder / "alarms" / "default.toml"
    assert protocols.overrides == (f"alarms default: {path} replaces the shipped one",)


def test_a_document_is_found_by_its_name_and_its_form():
    protocols = load_protocols()
    assert protocols.document("default") is protocols.policies["default"]
    assert protocols.document("default", "alarms") is protocols.alarms["default"]
    assert protocols.document("Abecma") is protocols.products["ide-cel"]
    assert protocols.document("ide-cel", "policy") is None
    assert protocols.document("nothing") is None
    assert ("alarms", protocols.alarms["default"]) in list(protocols.documents())


def test_alarms_are_not_called_like_a_product(tmp_path):
    text = sample("alarms").replace('"sample-alarms"', '"ide-cel"')
    with pytest.raises(ProtocolError, match="'ide-cel' is a product"):
        load_protocols(site(tmp_path, alarms__ide_cel=text))


def test_a_fault_of_a_site_puts_nothing_in_force(tmp_path):
    folder = site(
        tmp_path,
        sample_product=sample("product").replace("version = 3", "version = 0"),
        sample_policy=sample("policy").replace("version = 2", "version = 0"),
    )
    with pytest.raises(ProtocolError) as error:
        load_protocols(folder)
    assert [fault.place for fault in error.value.faults] == [
        f"{folder}/sample-policy.toml: version",
        f"{folder}/sample-product.toml: version",
    ]
    assert check(folder) == error.value.faults


def test_two_files_of_one_name_are_refused(tmp_path):
    folder = site(tmp_path, a__sample_policy=sample("policy"), b__sample_policy=sample("policy"))
    (fault,) = check(folder)
    assert fault.place == f"{folder}/b/sample-policy.toml: name"
    assert fault.what == f"{folder}/a/sample-policy.toml is called 'sample-policy' too"


def test_a_policy_is_not_called_like_a_product(tmp_path):
    text = sample("policy").replace('"sample-policy"', '"ide-cel"')
    with pytest.raises(ProtocolError, match="'ide-cel' is a product"):
        load_protocols(site(tmp_path, policy__ide_cel=text))


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ProtocolError, match="there is no such folder"):
        load_protocols(tmp_path / "none")


def test_a_folder_without_protocols_is_told(tmp_path):
    (fault,) = check(tmp_path)
    assert fault.what == "no protocol file (*.toml) is in it"


def test_the_installed_package_is_looked_into_first(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "PACKAGE", tmp_path / "toxmon")
    shutil.copytree(shipped_of_checkout(), tmp_path / "protocols")
    assert shipped("protocols") == tmp_path / "protocols"
    (tmp_path / "toxmon" / "_data" / "protocols").mkdir(parents=True)
    assert shipped("protocols") == tmp_path / "toxmon" / "_data" / "protocols"


def shipped_of_checkout():
    return HERE.parents[1] / "protocols"


def test_a_broken_installation_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "PACKAGE", tmp_path / "toxmon")
    with pytest.raises(DataMissing, match="'protocols' that belongs to toxmon was found neither"):
        shipped("protocols")
