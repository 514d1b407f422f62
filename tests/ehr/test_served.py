"""The real server over HTTP, with a file of clients that an operator has written."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.ehr.conftest import ANSWER, AUDIENCE, CLIENTS, DISCOVERY, JKU, SIGN, Keys, body_of
from tests.ehr.conftest import medication_request as draft
from tests.running import Ward, running
from toxmon.config import ConfigError, read_config


def sent(ward: Ward, path: str, bearer: str | None, body: Any = None) -> tuple[int, Any]:
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{ward.url}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_real_server_answers_a_registered_ordering_system(tmp_path: Path, keys: Keys) -> None:
    (tmp_path / "ordering.jwks.json").write_text(json.dumps(keys.public))
    (tmp_path / "clients.toml").write_text(CLIENTS)
    path = f"/cds-services/{SIGN}"

    def token(jti: str) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://ehr.example.org/", "aud": AUDIENCE + path, "iat": now,
            "exp": now + 300, "jti": jti,
        }  # fmt: skip
        headers = {"kid": "rs", "jku": JKU}
        return jwt.encode(claims, keys.private["rs"], algorithm="RS384", headers=headers)

    url, setting = f"sqlite:///{tmp_path / 'ward.db'}", str(tmp_path / "clients.toml")
    with running(url, tmp_path, TOXMON_CDS_CLIENTS=setting) as ward:
        status, found = sent(ward, "/cds-services", None)
        assert status == 200
        DISCOVERY.validate(found)
        body = body_of(SIGN, "nobody", draft(560))
        status, found = sent(ward, path, token("one"), body)
        assert status == 200
        ANSWER.validate(found)
        assert [card["indicator"] for card in found["cards"]] == ["info"]
        assert sent(ward, path, token("one"), body)[0] == 401
        assert sent(ward, path, token("two"), {**body, "hook": "order-select"})[0] == 400
        assert sent(ward, path, None, body)[0] == 401


def test_a_file_that_cannot_be_used_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "clients.toml").write_text('[[client]]\nname = "x"\n')
    url, setting = f"sqlite:///{tmp_path / 'ward.db'}", str(tmp_path / "clients.toml")
    ward = Ward(url, tmp_path / "log", settings={"TOXMON_CDS_CLIENTS": setting})
    done = ward.run("serve", "--port", str(ward.port))
    assert done.returncode == 2
    assert 'client "x": issuer: is missing' in done.stderr


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="TOXMON_CDS_CLIENTS"):
        read_config({"TOXMON_CDS_CLIENTS": str(tmp_path / name)})
