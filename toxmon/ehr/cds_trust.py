"""Who calls: an ordering system by a token that it has signed, or anybody with a token of toxmon.

A signed token (JWT) is good for one call of one address by one registered system. What it needs is
checked here by our own clock; PyJWT checks the signature. Nothing is fetched (decision 0087).
"""

from __future__ import annotations

import base64
import binascii
import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import jwt
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import ServiceUnavailable, Unauthorized

from toxmon import strict_json
from toxmon.actions import Actor, Forbidden, Service, tokens
from toxmon.ehr.cds_clients import ALGORITHMS, NOBODY, Client, Clients

log = logging.getLogger("toxmon.ehr")

CALLERS = ("integration", "pharmacist", "physician", "nurse")
ROLE = "ehr"
"""What an ordering system is in the audit chain: it asks and tells, and sends no measurements, so
its silence is nobody's alarm."""
SKEW_S = 60
LONGEST_LIFE = timedelta(hours=1)
LONGEST_TOKEN = 8_192
LONGEST_ID = 255
MOST_REMEMBERED = 100_000


class Trust:
    """Who may call, and which signed tokens were used; the latter for this process alone."""

    def __init__(self, clients: Clients = NOBODY) -> None:
        self.clients = clients
        self._used: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def caller(self, service: Service, header: str, path: str) -> Actor:
        """The actor of an Authorization header, for a call of `path`.

        Raises Unauthorized; Forbidden for a token of toxmon whose role may not call.
        """
        scheme, _, bearer = header.partition(" ")
        bearer = bearer.strip()
        if scheme.lower() != "bearer" or not bearer:
            raise refused("send Authorization: Bearer TOKEN: a token of toxmon or a signed JWT")
        if len(bearer) > LONGEST_TOKEN:
            raise refused(f"the token is longer than {LONGEST_TOKEN} characters")
        if bearer.count(".") == 2:
            return self._signed(service, bearer, path)
        found = tokens.identify(service, bearer)
        if found is None:
            raise refused("this token is unknown, expired or revoked")
        actor = found[0]
        if actor.role not in CALLERS:
            raise Forbidden(f"the role {actor.role} may not do that; {', '.join(CALLERS)} may")
        return actor

    def _signed(self, service: Service, token: str, path: str) -> Actor:
        head, claims = _part(token, 0), _part(token, 1)
        issuer = claims.get("iss")
        client = self.clients.of(issuer, claims.get("tenant")) if isinstance(issuer, str) else None
        if client is None:
            raise refused("the issuer of this token (iss, tenant) is not registered here")
        _check_signature(client, token, head)
        until = _check_claims(client, claims, path, service.clock().timestamp())
        self._use_once(client, str(claims["jti"]), until, service.clock().timestamp())
        return Actor(f"ehr:{client.name}", client.name, ROLE, client.units)

    def _use_once(self, client: Client, jti: str, until: float, now: float) -> None:
        """Refuse a token that was used. It is remembered until nobody would take it any more."""
        with self._lock:
            if (client.name, jti) in self._used:
                raise refused("this token was used before; sign a new one for each call (jti)")
            if len(self._used) >= MOST_REMEMBERED:
                self._used = {key: end for key, end in self._used.items() if end >= now}
            if len(self._used) >= MOST_REMEMBERED:
                log.error("more than %s signed tokens at once", MOST_REMEMBERED)
                raise ServiceUnavailable("too many calls at once", retry_after=SKEW_S)
            self._used[client.name, jti] = until


def refused(why: str) -> Unauthorized:
    """401 with the words, and with the header that says what to send."""
    return Unauthorized(why, www_authenticate=WWWAuthenticate("bearer", {"realm": "toxmon"}))


def _part(token: str, number: int) -> Mapping[str, Any]:
    """A part of a JWT, read as strictly as every body is."""
    text = token.split(".")[number]
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = strict_json.read(raw)
    except (binascii.Error, ValueError, strict_json.Unreadable) as error:
        raise refused("this token is not a JWT") from error
    if not isinstance(found, dict):
        raise refused("this token is not a JWT")
    return found


def _check_signature(client: Client, token: str, head: Mapping[str, Any]) -> None:
    algorithm, kid, jku = head.get("alg"), head.get("kid"), head.get("jku")
    if algorithm not in ALGORITHMS:
        raise refused(f"alg is not one of {', '.join(ALGORITHMS)}")
    if str(head.get("typ", "")).upper() != "JWT":
        raise refused("typ is not JWT")
    if "crit" in head or "b64" in head:
        raise refused("it needs something that is not understood here (crit)")
    if jku is not None and jku != client.jku:
        raise refused("jku is not the address of keys that is registered for this issuer")
    key = client.keys.get(kid) if isinstance(kid, str) else None
    if key is None or algorithm not in key.algorithms:
        raise refused("there is no key of this kid for this alg; the site may have to register it")
    try:
        # Times and the audience are checked by `_check_claims`, by the clock that we all go by.
        jwt.decode(token, key.key, algorithms=[str(algorithm)], options=SIGNATURE_ALONE)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise refused("the signature is not that of the registered key") from error


SIGNATURE_ALONE: Any = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def _check_claims(client: Client, claims: Mapping[str, Any], path: str, now: float) -> float:
    """Raises Unauthorized unless it is for this address and for now; until when to remember it."""
    called = claims.get("aud")
    audience = f"{client.audience}{path}"
    if audience not in (called if isinstance(called, list) else [called]):
        raise refused(f"aud is not the address that is called; the site has it as {audience}")
    until, since = _seconds(claims, "exp"), _seconds(claims, "iat")
    if now >= until + SKEW_S:
        raise refused("it has expired (exp)")
    if since > now + SKEW_S or since > until:
        raise refused("it was issued in the future (iat)")
    if until > now + LONGEST_LIFE.total_seconds() + SKEW_S:
        raise refused("it is good for longer than an hour (exp)")
    if claims.get("nbf") is not None and _seconds(claims, "nbf") > now + SKEW_S:
        raise refused("it is not good yet (nbf)")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= LONGEST_ID:
        raise refused(f"jti is not a text of 1 to {LONGEST_ID} characters")
    return until + SKEW_S


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < 10**11:
        raise refused(f"{name} is not a time in seconds")
    return float(value)
