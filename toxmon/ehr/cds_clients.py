"""Which ordering systems may call, as the site's file `TOXMON_CDS_CLIENTS` has it.

One `[[client]]` each, with its public keys in a file beside it. Nothing is ever fetched: an address
of keys that a token names is only compared with the one that is registered.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ALGORITHMS = ("ES384", "RS384", "ES256", "RS256")
"""The first two are what CDS Hooks recommends. No other is taken: none at all, and no HMAC."""
OF_CURVE = {"secp384r1": ("ES384",), "secp256r1": ("ES256",)}
SHORTEST_RSA = 2_048
REQUIRED, MAYBE = ("name", "issuer", "jwks_file", "audience"), ("jku", "tenant")
FIELDS = (*REQUIRED, *MAYBE, "units", "algorithms")


class ClientError(ValueError):
    """The file cannot be used: every fault, each with its place."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the algorithms that it may be used with."""

    key: EllipticCurvePublicKey | RSAPublicKey
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An ordering system. `audience`: where it calls us, such as https://toxmon.example.org.

    `jku` and `tenant`, where they are set, must stand in its tokens. `units` None: every unit.
    """

    name: str
    issuer: str
    audience: str
    keys: Mapping[str, Key]
    jku: str | None = None
    tenant: str | None = None
    units: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Clients:
    """Those who may call, and the pages (origins) from which a browser may."""

    known: tuple[Client, ...] = ()
    origins: frozenset[str] = field(default_factory=frozenset)

    def of(self, issuer: str, tenant: object) -> Client | None:
        """The client of an issuer and a tenant."""
        of_issuer = [each for each in self.known if each.issuer == issuer]
        exact = [each for each in of_issuer if each.tenant is not None and each.tenant == tenant]
        return next(iter(exact or [each for each in of_issuer if each.tenant is None]), None)


NOBODY = Clients()


def load_clients(path: Path | None) -> Clients:
    """The clients of a file; nobody without one. Raises ClientError with every fault."""
    if path is None:
        return NOBODY
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ClientError(f"cannot read {path}: {why}") from error
    except tomllib.TOMLDecodeError as error:
        raise ClientError(f"{path}: {error}") from error
    faults = [
        f"{name}: is not known; write origins = [...] and [[client]]"
        for name in read.keys() - {"client", "origins"}
    ]
    origins = read.get("origins", [])
    if not _texts(origins) or not all(_is_origin(each) for each in origins):
        faults.append('origins: write a list such as ["https://ehr.example.org"], without a path')
    listed = read.get("client", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        listed = []
        faults.append("client: write each one below a line [[client]]")
    elif not listed:
        faults.append("there is no [[client]] in it")
    known: list[Client] = []
    for number, table in enumerate(listed, 1):
        named = table.get("name")
        place = f'client "{named}"' if isinstance(named, str) and named else f"client {number}"
        wrong, client = _client(table, path.parent)
        if client is not None:
            for other in known:
                if other.name == client.name:
                    wrong.append("there are two of that name")
                if (other.issuer, other.tenant) == (client.issuer, client.tenant):
                    wrong.append("there are two of that issuer and tenant")
            known.append(client)
        faults += [f"{place}: {each}" for each in wrong]
    if faults:
        raise ClientError("\n".join(f"{path}: {fault}" for fault in faults))
    return Clients(tuple(known), frozenset(origins))


def _client(table: Mapping[str, Any], folder: Path) -> tuple[list[str], Client | None]:
    """What is wrong with a table, and the client that it describes when nothing is."""
    faults = [
        f"{name}: is not known; known are {', '.join(FIELDS)}"
        for name in table
        if name not in FIELDS
    ]
    faults += [f"{name}: is missing" for name in REQUIRED if name not in table]
    for name in (*REQUIRED, *MAYBE):
        if name in table and not (isinstance(table[name], str) and table[name].strip()):
            faults.append(f"{name}: is not a text")
    units = table.get("units")
    if units is not None and (not _texts(units) or not units):
        faults.append("units: write a list of units; leave it out for every unit")
    allowed = table.get("algorithms", list(ALGORITHMS))
    if not _texts(allowed) or not allowed or not set(allowed) <= set(ALGORITHMS):
        faults.append(f"algorithms: write some of {', '.join(ALGORITHMS)}")
    if not faults and not _is_origin(table["audience"]):
        faults.append("audience: write where it calls us, such as https://toxmon.example.org")
    if faults:
        return faults, None
    wrong, keys = _keys(folder / table["jwks_file"], tuple(allowed))
    if wrong:
        return [f"jwks_file: {each}" for each in wrong], None
    return [], Client(
        name=table["name"],
        issuer=table["issuer"],
        audience=table["audience"].rstrip("/"),
        keys=keys,
        jku=table.get("jku"),
        tenant=table.get("tenant"),
        units=None if units is None else frozenset(units),
    )


def _keys(path: Path, allowed: tuple[str, ...]) -> tuple[list[str], dict[str, Key]]:
    """The keys of a JWK Set by their ids. Keys of a kind that we do not use are passed over."""
    try:
        listed = json.loads(path.read_text("utf-8"))["keys"]
    except OSError as error:
        return [f"cannot read {path}: {error.strerror}"], {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return [f'{path} is not a JWK Set: an object with "keys"'], {}
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return [f'{path}: "keys" is not a list of objects'], {}
    faults, found = [], {}
    for number, plain in enumerate(listed, 1):
        place = f"key {number} of {path}"
        if plain.get("kty") == "oct" or "d" in plain or "k" in plain:
            faults.append(f"{place} is secret; put public keys alone into this file")
            continue
        if plain.get("kty") not in ("EC", "RSA") or plain.get("use", "sig") != "sig":
            continue
        kid = plain.get("kid")
        if not isinstance(kid, str) or not kid or kid in found:
            faults.append(f'{place} has no "kid", or one that stands twice')
            continue
        fault, key = _key(plain, allowed)
        if fault is not None:
            faults.append(f"{place} {fault}")
        elif key is not None:
            found[kid] = key
    if not faults and not found:
        faults.append(f"{path} has no key for any of {', '.join(allowed)}")
    return faults, found


def _key(plain: dict[str, Any], allowed: tuple[str, ...]) -> tuple[str | None, Key | None]:
    """What is wrong with a key, or the key; neither, where it is of a kind that is not allowed."""
    made = ECAlgorithm if plain["kty"] == "EC" else RSAAlgorithm
    try:
        key = made.from_jwk(plain)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return "is not a public key that can be read", None
    algorithms: tuple[str, ...] = ()
    if isinstance(key, EllipticCurvePublicKey):
        algorithms = OF_CURVE.get(key.curve.name, ())
    elif isinstance(key, RSAPublicKey):
        if key.key_size < SHORTEST_RSA:
            return f"is shorter than {SHORTEST_RSA} bits", None
        algorithms = ("RS384", "RS256")
    else:
        return "is secret; put public keys alone into this file", None
    named = plain.get("alg")
    usable = tuple(each for each in algorithms if each in allowed and named in (None, each))
    return None, Key(key, usable) if usable else None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _is_origin(value: str) -> bool:
    """An address without path, query or credentials."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and "@" not in value
