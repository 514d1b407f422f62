"""The hospital's provider of OpenID Connect, as the site's file `TOXMON_OIDC` has it.

Asked by authorization code with PKCE, a state and a nonce; its answer is taken only when it is
signed by the provider's keys, for us, for this attempt and now.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt

from toxmon.actions.tokens import ROLES
from toxmon.clock import elapsed

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""No HMAC and never none: only a key that the provider alone has."""
REQUIRED = {"issuer", "client_id", "client_secret_file", "roles"}
KNOWN = REQUIRED | {"title", "scopes", "name_claim", "login_claim", "group_claim", "units"}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PATIENCE_S = 5
LEEWAY = timedelta(seconds=60)
METADATA_LIVES_S = 3600.0


class ProviderError(ValueError):
    """The file cannot be used: every fault, each with its place."""


class NotSignedIn(Exception):
    """The provider did not let this person in, or not so that we may believe it: why."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, by the provider's words: role and units by their groups."""

    subject: str
    login: str
    shown: str
    role: str
    units: tuple[str, ...] | None


@dataclass(slots=True, kw_only=True)
class Provider:
    """Where people of this hospital sign in. `units` None: whoever has a role has every unit."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, str]
    units: Mapping[str, str] | None = None
    title: str = "the hospital account"
    scopes: str = "openid profile"
    name_claim: str = "name"
    login_claim: str = "preferred_username"
    group_claim: str = "groups"
    _known: tuple[float, dict[str, Any], dict[str, Any]] | None = None

    def ask(self, back_at: str, state: str, nonce: str, verifier: str) -> str:
        """The address at which the person signs in. Raises NotSignedIn."""
        where, _keys = self._metadata()
        with self._session(back_at) as session:
            url, _state = session.create_authorization_url(
                where["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    def person(self, back_at: str, code: str, nonce: str, verifier: str, now: datetime) -> Person:
        """Who signed in, by the code that came back. Raises NotSignedIn."""
        from authlib.common.errors import AuthlibBaseError
        from requests import RequestException

        where, _keys = self._metadata()
        try:
            with self._session(back_at) as session:
                answer = session.fetch_token(
                    where["token_endpoint"], code=code, code_verifier=verifier, timeout=PATIENCE_S
                )
                claims = self._claims(answer.get("id_token"), nonce, now)
                if self.group_claim not in claims and "userinfo_endpoint" in where:
                    more = session.get(where["userinfo_endpoint"], timeout=PATIENCE_S).json()
                    if isinstance(more, dict) and more.get("sub") == claims["sub"]:
                        claims = {**more, **claims}
        except (AuthlibBaseError, RequestException, ValueError, AttributeError) as error:
            what = type(error).__name__
            raise NotSignedIn(f"the provider did not confirm the sign-in ({what})") from error
        return self._reach(claims)

    def _claims(self, token: object, nonce: str, now: datetime) -> dict[str, Any]:
        """What a signed token says. Raises NotSignedIn."""
        if not isinstance(token, str):
            raise NotSignedIn("the provider sent no signed statement of who it is")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(token),
                algorithms=list(ALGORITHMS),
                audience=self.client_id,
                issuer=self.issuer,
                options={
                    "require": ["iss", "sub", "aud", "exp", "iat"],
                    # By our clock, below: one process has one time.
                    "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                },
            )  # fmt: skip
            ends, begins = float(claims["exp"]), float(claims["iat"])
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise NotSignedIn(f"the provider's statement cannot be trusted: {error}") from error
        at, leeway = now.timestamp(), LEEWAY.total_seconds()
        if not begins - leeway <= at < ends + leeway:
            raise NotSignedIn("the provider's statement is not of now; do the clocks agree?")
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotSignedIn("the provider's statement is of another sign-in")
        party = claims.get("azp", self.client_id)
        if party != self.client_id:
            raise NotSignedIn("the provider's statement is for another program")
        return claims

    def _key(self, token: str) -> Any:
        kid = jwt.get_unverified_header(token).get("kid")
        for anew in (False, True):  # Keys change; a new one is looked for once.
            _where, published = self._metadata(anew=anew)
            keys = jwt.PyJWKSet.from_dict(published).keys
            fitting = [key for key in keys if key.key_id == kid or (kid is None and len(keys) == 1)]
            if fitting:
                return fitting[0]
        raise NotSignedIn("the provider's statement is signed with a key that it does not publish")

    def _reach(self, claims: Mapping[str, Any]) -> Person:
        """Role and units by groups. Raises NotSignedIn for who has none."""
        told = claims.get(self.group_claim, ())
        listed = told if isinstance(told, list) else [told]
        groups = {each for each in listed if _is_text(each)}
        role = next((role for group, role in self.roles.items() if group in groups), None)
        if role is None:
            raise NotSignedIn("no group of this account has a role in toxmon; ask who runs it")
        units = None
        if self.units is not None:
            found = [unit for group, unit in self.units.items() if group in groups]
            units = None if "*" in found else tuple(sorted(set(found)))
            if units == ():
                raise NotSignedIn("no group of this account has a ward in toxmon; ask who runs it")
        subject = str(claims["sub"])
        login = claims.get(self.login_claim) or claims.get("email") or subject
        shown = claims.get(self.name_claim) or login
        return Person(f"{self.issuer}|{subject}", str(login), str(shown)[:80], role, units)

    def _metadata(self, *, anew: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """(where its endpoints are, its keys), as the provider publishes them."""
        import requests

        if self._known is not None and not anew and self._known[0] > elapsed():
            return self._known[1], self._known[2]
        try:
            where = requests.get(
                f"{self.issuer}/.well-known/openid-configuration", timeout=PATIENCE_S
            ).json()
            if not isinstance(where, dict) or where.get("issuer", "").rstrip("/") != self.issuer:
                raise NotSignedIn("the provider calls itself otherwise than it is configured here")
            needed = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
            missing = needed - {name for name in where if _is_text(where[name])}
            if missing:
                raise NotSignedIn(f"the provider does not say its {', '.join(sorted(missing))}")
            keys = requests.get(where["jwks_uri"], timeout=PATIENCE_S).json()
        except (requests.RequestException, ValueError, AttributeError) as error:
            words = "the provider cannot be reached; an account of toxmon itself works meanwhile"
            raise NotSignedIn(words) from error
        self._known = (elapsed() + METADATA_LIVES_S, where, keys)
        return where, keys

    def _session(self, back_at: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self.client_id, self.client_secret, scope=self.scopes, redirect_uri=back_at,
            code_challenge_method="S256",
        )  # fmt: skip


def challenge(verifier: str) -> str:
    """What the provider is shown of a verifier beforehand (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def load_provider(path: Path | None) -> Provider | None:
    """The provider of a file; None without one. Raises ProviderError with every fault."""
    if path is None:
        return None
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProviderError(f"TOXMON_OIDC: {path}: {error}") from error
    faults = [f"{name} is missing" for name in sorted(REQUIRED - set(read))]
    faults += [f"{name} is not known" for name in sorted(set(read) - KNOWN)]
    for name in KNOWN & set(read) - {"roles", "units"}:
        if not _is_text(read[name]) or not read[name].strip():
            faults.append(f"{name} is not a text")
    for name in {"roles", "units"} & set(read):
        table = read[name]
        if not isinstance(table, dict) or not all(_is_text(each) for each in table.values()):
            faults.append(f'{name} is not a table of lines such as "group" = "nurse"')
    if not faults:
        faults += _value_faults(read)
    secret = ""
    if not faults:
        file = path.parent / read["client_secret_file"]
        try:
            secret = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"client_secret_file: {file} cannot be read: {error}")
    if faults:
        raise ProviderError("\n".join(f"TOXMON_OIDC: {path}: {fault}" for fault in faults))
    given = {name: value for name, value in read.items() if name != "client_secret_file"}
    given["issuer"] = given["issuer"].rstrip("/")
    return Provider(client_secret=secret, **given)


def _value_faults(read: Mapping[str, Any]) -> list[str]:
    faults = []
    parts = urlsplit(read["issuer"])
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        faults.append("issuer is not an address that begins with https://")
    if not read["roles"]:
        faults.append("roles is empty, so nobody could sign in")
    for group, role in read["roles"].items():
        if role not in ROLES:
            faults.append(f'roles: "{group}" has "{role}"; the roles are {", ".join(ROLES)}')
    return faults


def _is_text(value: object) -> bool:
    return isinstance(value, str)
