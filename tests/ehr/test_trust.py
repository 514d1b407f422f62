"""Who may call: tokens that a registered ordering system has signed for this one call, and ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.ehr.conftest import AUDIENCE, CLIENTS, ISSUER, SIGN, VIEW, Ehr, Keys, body_of
from toxmon.ehr import cds_trust
from toxmon.ehr.cds_clients import ClientError, load_clients

PATH = f"/cds-services/{VIEW}"

# The example of the specification, with the public key that it prints.
EXAMPLE = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVo"
    "ci5leGFtcGxlLmNvbS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsInN1YiI6"
    "ImNsaWVudF9pZCIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2Ui"
    "LCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJhNWItOGVl"
    "YzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0.CUFPkplnWd6Y"
    "GIvzoHolWCQBDsCL8QtTWKGg_QFpS169WrqDGzktRi-_we6-6rVzbjerU27ZKww_SW0-b9RTz-dPJNcqsueMio8r6EqX"
    "UXhbLm_ch3XFSbDlGHDl_tqo"
)
EXAMPLE_KEY = {
    "kty": "EC", "use": "sig", "crv": "P-384", "kid": "example-kid", "alg": "ES384",
    "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
}  # fmt: skip


def ask(ehr: Ehr, token: str) -> Any:
    return ehr.send(PATH, body_of(VIEW, "nobody"), by=token)


def refused(ehr: Ehr, token: str, *words: str) -> None:
    reply = ask(ehr, token)
    assert reply.status == 401, reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert all(each in reply.body["detail"] for each in words), reply.body["detail"]


@pytest.mark.parametrize(
    ("kid", "alg"), [("es384", "ES384"), ("rs", "RS384"), ("es256", "ES256"), ("rs", "RS256")]
)
def test_a_token_that_is_signed_for_this_call_is_taken(ehr: Ehr, kid: str, alg: str) -> None:
    assert ask(ehr, ehr.token(PATH, kid, alg)).status == 200


def test_several_audiences_one_of_which_is_this_call_are_taken(ehr: Ehr) -> None:
    audiences = ["https://elsewhere.example.org", AUDIENCE + PATH]
    assert ask(ehr, ehr.token(PATH, aud=audiences)).status == 200


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-60, False), (-59, True), (3_600 + 60, True), (3_600 + 61, False)]
)
def test_a_token_expires_and_is_not_good_for_ever(ehr: Ehr, seconds: int, taken: bool) -> None:
    now = int(ehr.clock().timestamp())
    token = ehr.token(PATH, exp=now + seconds, iat=now - 120)
    assert ask(ehr, token).status == (200 if taken else 401)


@pytest.mark.parametrize(("name", "seconds"), [("iat", 61), ("nbf", 61)])
def test_a_token_of_the_future_is_refused(ehr: Ehr, name: str, seconds: int) -> None:
    now = int(ehr.clock().timestamp())
    refused(ehr, ehr.token(PATH, **{name: now + seconds}), name)
    assert ask(ehr, ehr.token(PATH, **{name: now + seconds - 1})).status == 200


@pytest.mark.parametrize(
    "more",
    [
        {"aud": AUDIENCE},
        {"aud": f"{AUDIENCE}/cds-services/{SIGN}"},
        {"aud": f"{AUDIENCE}{PATH}/"},
        {"aud": f"{AUDIENCE}{PATH}?x=1"},
        {"aud": PATH},
        {"aud": []},
        {"aud": None},
        {"iss": "https://nobody.example.org/"},
        {"iss": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
        {"exp": None},
        {"iat": None},
        {"headers": {"kid": "another"}},
        {"headers": {"kid": "rs"}},
        {"headers": {"kid": None}},
        {"headers": {"jku": "https://attacker.example.org/jwks.json"}},
        {"headers": {"typ": "JOSE"}},
        {"headers": {"crit": ["exp"]}},
    ],
    ids=lambda more: json.dumps(more)[:60],
)
def test_a_token_that_is_not_for_this_call_is_refused(ehr: Ehr, more: dict[str, Any]) -> None:
    refused(ehr, ehr.token(PATH, **more))
    assert ask(ehr, ehr.token(PATH)).status == 200


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("value", ["1", True, -1, 10**12, 10**400, [1]])
def test_a_time_that_is_no_time_is_refused(ehr: Ehr, name: str, value: Any) -> None:
    raw = ehr.claims(PATH) | {name: value}
    head = {"alg": "ES384", "typ": "JWT", "kid": "es384"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (head, raw)
    ]
    signer = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA384)
    signature = signer.sign(b".".join(parts), ehr.keys.private["es384"])
    token = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    refused(ehr, token)


def unsigned(head: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(head).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", None, "HS256", "HS384", "ES512", ["ES384"]]
)
def test_no_signature_and_no_shared_secret(ehr: Ehr, alg: Any) -> None:
    head = {"alg": alg, "typ": "JWT", "kid": "es384"}
    refused(ehr, unsigned(head, ehr.claims(PATH)))
    refused(ehr, unsigned(head, ehr.claims(PATH), b"x" * 96))


def test_the_public_key_is_no_shared_secret(ehr: Ehr) -> None:
    """The oldest trick: sign with HMAC, and the public key as its secret."""
    head = {"alg": "HS384", "typ": "JWT", "kid": "rs"}
    token = unsigned(head, ehr.claims(PATH))
    public = json.dumps(next(each for each in ehr.keys.public["keys"] if each["kid"] == "rs"))
    signed = token.rstrip(".").encode()
    mac = hmac.digest(public.encode(), signed, hashlib.sha384)
    refused(ehr, f"{signed.decode()}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}", "alg")


def test_a_key_is_not_used_with_an_algorithm_of_another_kind(ehr: Ehr) -> None:
    refused(ehr, ehr.token(PATH, "es256", "ES256", headers={"kid": "es384"}), "kid")


def test_a_changed_token_is_refused(ehr: Ehr) -> None:
    head, claims, signature = ehr.token(PATH).split(".")
    other = unsigned({}, {**ehr.claims(PATH), "jti": "other"}).split(".")[1]
    refused(ehr, f"{head}.{other}.{signature}", "signature")
    refused(ehr, f"{head}.{claims}.{signature[:-8]}AAAAAAAA", "signature")


def test_a_token_is_good_for_one_call(ehr: Ehr) -> None:
    token = ehr.token(PATH)
    assert ask(ehr, token).status == 200
    refused(ehr, token, "jti")
    ehr.clock.forward(minutes=7)
    refused(ehr, token)


def test_a_token_that_was_refused_is_not_used_up(ehr: Ehr) -> None:
    token = ehr.token(PATH)
    elsewhere = ehr.send(f"/cds-services/{SIGN}", body_of(SIGN, "nobody"), by=token)
    assert elsewhere.status == 401
    assert ask(ehr, token).status == 200


def test_used_tokens_are_forgotten_when_they_have_expired(
    ehr: Ehr, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = ehr.api.app.extensions["toxmon_cds_trust"]
    monkeypatch.setattr(trust, "_used", {})
    monkeypatch.setattr(cds_trust, "MOST_REMEMBERED", 2)
    statuses = [ask(ehr, ehr.token(PATH)).status for _ in range(3)]
    assert statuses == [200, 200, 503]
    ehr.clock.forward(minutes=10)
    assert ask(ehr, ehr.token(PATH)).status == 200


@pytest.mark.parametrize(
    "token",
    [
        "..", "a.b.c", "e30.e30.", "e30.e30.e30", "\u00e9.b.c", "x" * 8_193,
        unsigned({"alg": "ES384"}, {"iss": ISSUER}), unsigned({"alg": "ES384"}, {"iss": [ISSUER]}),
        ".".join(base64.urlsafe_b64encode(b"[" * 2_000).decode() for _ in range(3)),
        base64.urlsafe_b64encode(b'{"iss":1,"iss":2}').decode() + ".e30.e30",
        f"{base64.urlsafe_b64encode(b'[]').decode()}.e30.e30",
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_token_is_refused(ehr: Ehr, token: str) -> None:
    refused(ehr, token.encode("latin-1", "replace").decode("latin-1"))


def test_the_example_of_the_specification_is_signed_well_and_has_expired(
    ehr: Ehr, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [EXAMPLE_KEY]}))
    (tmp_path / "clients.toml").write_text(
        '[[client]]\nname = "example"\nissuer = "https://fhir-ehr.example.com/"\n'
        'jwks_file = "keys.json"\njku = "https://fhir-ehr.example.com/jwk_uri"\n'
        'tenant = "2ddd6c3a-8e9a-44c6-a305-52111ad302a2"\naudience = "https://cds.example.org"\n'
    )
    trust = cds_trust.Trust(load_clients(tmp_path / "clients.toml"))
    called, header = "/cds-services/some-service", f"Bearer {EXAMPLE}"
    with pytest.raises(cds_trust.Unauthorized, match="expired"):
        trust.caller(ehr.api.service, header, called)
    with pytest.raises(cds_trust.Unauthorized, match="aud"):
        trust.caller(ehr.api.service, header, "/cds-services/other")
    with pytest.raises(cds_trust.Unauthorized, match="signature"):
        trust.caller(ehr.api.service, header[:-4] + "AAAA", called)


# Tokens of toxmon.


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("integration", 200), ("pharmacist", 200), ("physician", 200), ("nurse", 200),
        ("admin", 403), ("auditor", 403),
    ],
)  # fmt: skip
def test_a_token_of_toxmon_may_call_by_its_role(ehr: Ehr, role: str, status: int) -> None:
    reply = ehr.send(PATH, body_of(VIEW, "nobody"), by=role)
    assert reply.status == status
    if status == 403:
        assert role in reply.body["detail"]


@pytest.mark.parametrize("path", [PATH, f"{PATH}/feedback"])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer tmk_x_y"])
def test_nobody_may_not_call(ehr: Ehr, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    reply = ehr.api.client.post(path, json={}, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"].lower().startswith("bearer")


# The file.


def written(tmp_path: Path, keys: Keys, text: str) -> Path:
    (tmp_path / "ordering.jwks.json").write_text(json.dumps(keys.public))
    (tmp_path / "clients.toml").write_text(text)
    return tmp_path / "clients.toml"


def test_without_a_file_nobody_is_registered() -> None:
    assert load_clients(None).known == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('issuer = "', 'issuers = "', "issuers: is not known"),
        ('issuer = "https://ehr.example.org/"\n', "", "issuer: is missing"),
        ('name = "Ordering"', 'name = ""', "name: is not a text"),
        ('name = "Ordering"', 'name = "Other hospital"', "two of that name"),
        ('tenant = "other"\n', "", "two of that issuer"),
        ("ordering.jwks", "nowhere.jwks", "cannot read"),
        ('audience = "https://', 'audience = "', "audience:"),
        ('toxmon.example.org"', 'toxmon.example.org/path"', "audience:"),
        ('origins = ["https://ehr.example.org"]', 'origins = ["*"]', "origins:"),
        ('units = ["elsewhere"]', "units = []", "units:"),
        ('tenant = "other"', 'algorithms = ["HS256"]', "algorithms:"),
        ("[[client]]", "[[clients]]", "clients: is not known"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(
    tmp_path: Path, keys: Keys, old: str, new: str, words: str
) -> None:
    assert len(load_clients(written(tmp_path, keys, CLIENTS)).known) == 2
    with pytest.raises(ClientError, match=words):
        load_clients(written(tmp_path, keys, CLIENTS.replace(old, new)))


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("[]", "not a JWK Set"),
        ('{"keys": {}}', "not a list"),
        ('{"keys": []}', "no key"),
        ('{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "1"}]}', "secret"),
        ('{"keys": [{"kty": "EC", "crv": "P-384", "d": "x", "kid": "1"}]}', "secret"),
        ('{"keys": [{"kty": "EC", "crv": "P-384", "kid": "1"}]}', "cannot|can be read"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1"}]}', "no key"),
        ('{"keys": [{"kty": "EC"}]}', "kid"),
    ],
)
def test_a_set_of_keys_that_cannot_be_used_says_why(
    tmp_path: Path, keys: Keys, listed: str, words: str
) -> None:
    path = written(tmp_path, keys, CLIENTS)
    (tmp_path / "ordering.jwks.json").write_text(listed)
    with pytest.raises(ClientError, match=words):
        load_clients(path)
