"""A protocol is found by its name, its brand, or its code in a trial; it answers by its name."""

from __future__ import annotations

import pytest

from tests.conftest import Api
from toxmon.protocol import FORMS


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("ide-cel", "ide-cel"),
        ("Abecma", "ide-cel"),
        ("abecma", "ide-cel"),
        ("bb2121", "ide-cel"),
        ("Yescarta", "axi-cel"),
        ("Tecvayli", "teclistamab"),
        ("RoActemra", "tocilizumab"),
        ("tocilizumab-aazg", "tocilizumab"),
        ("default", "default"),
    ],
)
def test_a_protocol_is_found_by_each_of_its_names(api: Api, called: str, name: str) -> None:
    found = api.get(f"/protocols/{called}")
    assert found.status == 200, found.body
    assert found.body["name"] == name
    assert found.body == api.get(f"/protocols/{name}").body


def test_a_name_that_is_none(api: Api) -> None:
    found = api.get("/protocols/abecm")
    assert found.status == 404
    assert "GET /api/v1/protocols lists them" in found.body["detail"]


def test_every_protocol_that_is_listed_is_there(api: Api) -> None:
    items = api.get("/protocols").body["items"]
    assert len({(item["kind"], item["name"]) for item in items}) == len(items) > 20
    assert {item["kind"] for item in items} == set(FORMS)
    for item in items:
        found = api.get(f"/protocols/{item['name']}?kind={item['kind']}").body
        assert found["digest"] == item["edition"]


def test_without_a_kind_a_policy_comes_before_alarms(api: Api) -> None:
    assert api.get("/protocols/default").body["form"] == "policy"
    assert api.get("/protocols/default?kind=alarms").body["form"] == "alarms"
    assert api.get("/protocols/ide-cel?kind=alarms").status == 404
    refused = api.get("/protocols/ide-cel?kind=dose")
    assert refused.status == 422, refused.body
