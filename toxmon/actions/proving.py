"""Which part of a signed message is wrong: a header, the time, the body or the secret.

A signature that does not fit says nothing of why. What does: the bytes that we posted under that
id, and what programs on the way are known to do to JSON. Nothing here is kept or logged.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
HEADERS = (ID, TIMESTAMP, SIGNATURE)
WINDOW = timedelta(seconds=300)
VERSION = "v1,"


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it. `part`: valid, or which part is wrong; `said` is what is signed."""

    part: str
    words: str
    said: bytes = b""

    @property
    def valid(self) -> bool:
        """Is nothing wrong?"""
        return self.part == "valid"


def read_headers(text: str) -> dict[str, str]:
    """Headers as they were copied, one a line, by their name in small letters."""
    found = {}
    for line in text.splitlines():
        # As curl and developer tools copy them: -H 'webhook-id: msg_1'
        plain = line.strip().removeprefix("-H").strip().strip("'\"")
        name, colon, value = plain.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found


def prove(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[tuple[str, bytes]],
    now: datetime,
    posted: Sequence[bytes] = (),
    window: timedelta = WINDOW,
) -> Proof:
    """Say what is wrong, or that nothing is. `secrets`: (its name in words, the key).

    `posted`: bodies that we are known to have posted under that id.
    """
    missing = [name for name in HEADERS if not headers.get(name)]
    if missing:
        return Proof("header", f"missing: {', '.join(missing)}")
    stamp = headers[TIMESTAMP]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return Proof("header", f"{TIMESTAMP} is not a number of seconds since 1970")
    signatures = _signatures(headers[SIGNATURE])
    if not signatures:
        return Proof("header", f"{SIGNATURE} has no signature that begins with {VERSION}")
    said = _said(headers, body)
    by = _by(secrets, said, signatures)
    if by is None:
        return _why(headers, body, secrets, signatures, posted)
    off = round(now.timestamp()) - int(stamp)
    allowed = round(window.total_seconds())
    if abs(off) > allowed:
        way = "too old" if off > 0 else "ahead of our clock"
        words = (
            f"the timestamp is {way} by {abs(off) - allowed} s: it lies {abs(off)} s "
            f"{'back' if off > 0 else 'ahead'}, and {allowed} s are allowed. The signature itself "
            f"fits {by}"
        )
        return Proof("timestamp", words, said)
    return Proof("valid", f"signed with {by}, {abs(off)} s {'ago' if off >= 0 else 'ahead'}", said)


def _why(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[tuple[str, bytes]],
    signatures: Sequence[bytes],
    posted: Sequence[bytes],
) -> Proof:
    """Why no secret fits."""
    said = _said(headers, body)
    for how, other in (*(("", each) for each in posted), *_otherwise(body)):
        if other != body and _by(secrets, _said(headers, other), signatures) is not None:
            words = f"the body was changed: it has {len(body)} bytes, and {len(other)} were signed"
            return Proof("body", f"{words}{how}", said)
    if body in posted:
        words = "the secret is wrong, or a header was changed: the body is what we posted"
        return Proof("secret", words, said)
    if posted:
        words = (
            f"the body was changed: it has {len(body)} bytes, and we posted {len(posted[0])} under "
            "this id; with what we posted the secret does not fit either"
        )
        return Proof("body", words, said)
    words = (
        "the secret is wrong: it fits neither this body nor this body as other programs would "
        "write it. If it is right, the body is not what was signed: compare byte for byte"
    )
    return Proof("secret", words, said)


def _otherwise(body: bytes) -> Iterator[tuple[str, bytes]]:
    """What a body may have been before a program or an editor changed it."""
    lines = body.replace(b"\r\n", b"\n")
    yield ": the ends of lines were changed", lines
    yield ": an end of line was added", lines.rstrip(b"\n")
    yield ": an end of line was taken away", body + b"\n"
    try:
        plain = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    yield ": the JSON was written anew", orjson.dumps(plain)
    yield ": the JSON was written anew", orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _said(headers: Mapping[str, str], body: bytes) -> bytes:
    return f"{headers[ID]}.{headers[TIMESTAMP]}.".encode("utf-8", "replace") + body


def _signatures(text: str) -> list[bytes]:
    found = []
    for each in text.split():
        if each.startswith(VERSION):
            try:
                found.append(base64.b64decode(each.removeprefix(VERSION), validate=True))
            except (binascii.Error, ValueError):
                continue
    return found


def _by(
    secrets: Sequence[tuple[str, bytes]], said: bytes, signatures: Sequence[bytes]
) -> str | None:
    """The name of the secret that signed it, or None."""
    for name, secret in secrets:
        right = hmac.digest(secret, said, "sha256")
        if any(hmac.compare_digest(right, each) for each in signatures):
            return name
    return None
