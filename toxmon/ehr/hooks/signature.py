"""Is a message from whom it says: Standard Webhooks, a plain HMAC, or a token. In constant time.

Nothing of a secret or of a right signature is ever told. What is told is which header is missing,
how far its time is off, and that no signature is right.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Protocol

from toxmon.sources import BASE64, HMAC, STANDARD, Source

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LONGEST_ID = 255
MOST_SIGNATURES = 16


class NotSigned(Exception):
    """A message that its source has not signed so that it can be taken; says what is wrong."""


class Headers(Protocol):
    """Headers by name, in any case."""

    def get(self, key: str, /) -> str | None:
        """The header, or None."""


def verified(source: Source, headers: Headers, body: bytes, now: datetime) -> str | None:
    """What the sender calls the message, or None where it gives it no id. Raises NotSigned.

    `body`: the bytes as they came.
    """
    if source.verify == STANDARD:
        return _standard(source, headers, body, now)
    given = headers.get(source.header)
    if given is None:
        raise NotSigned(f"the header {source.header} is missing")
    if not given.startswith(source.prefix):
        raise NotSigned(f'the header {source.header} does not begin with "{source.prefix}"')
    given = given.removeprefix(source.prefix)
    if source.verify == HMAC:
        sent = _decoded(given, source.encoding)
        if sent is None:
            raise NotSigned(f"the header {source.header} is no {source.encoding} of 32 bytes")
        expected = [hmac.digest(secret, body, "sha256") for secret in source.secrets]
    else:
        sent = hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest()
        expected = [hashlib.sha256(secret).digest() for secret in source.secrets]
    if not _any_equal(sent, expected):
        raise NotSigned(
            "the signature is not right: sign the bytes of the body as they are sent, with the "
            "secret of this source"
            if source.verify == HMAC
            else "the token is not one of this source"
        )
    if source.id_header is None:
        return None
    return _id(headers.get(source.id_header), source.id_header)


def signed_part(message_id: str, timestamp: str, body: bytes) -> bytes:
    """What Standard Webhooks signs."""
    return f"{message_id}.{timestamp}.".encode() + body


def _standard(source: Source, headers: Headers, body: bytes, now: datetime) -> str:
    message_id = _id(headers.get(ID), ID)
    timestamp = headers.get(TIMESTAMP)
    if timestamp is None:
        raise NotSigned(f"the header {TIMESTAMP} is missing")
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        raise NotSigned(f"the header {TIMESTAMP} is no number of seconds since 1970")
    given = headers.get(SIGNATURE)
    if given is None:
        raise NotSigned(f"the header {SIGNATURE} is missing")
    off = int(timestamp) - now.timestamp()
    if abs(off) > source.window.total_seconds():
        way = "ahead of our clock" if off > 0 else "behind our clock"
        raise NotSigned(
            f"the {TIMESTAMP} is {abs(off):.0f} seconds {way}; at most "
            f"{source.window.total_seconds():.0f} are taken. Sign each attempt anew, and compare "
            "the clocks"
        )
    sent = [
        found
        for each in given.split(" ")[:MOST_SIGNATURES]
        if each.startswith("v1,") and (found := _decoded(each[3:], BASE64)) is not None
    ]
    if not sent:
        raise NotSigned(f"the header {SIGNATURE} has no v1,BASE64 of 32 bytes")
    said = signed_part(message_id, timestamp, body)
    expected = [hmac.digest(secret, said, "sha256") for secret in source.secrets]
    # Every pair is compared, so that the time taken tells nothing.
    right = [_any_equal(each, expected) for each in sent]
    if not any(right):
        raise NotSigned(
            "no signature is right: sign ID.TIMESTAMP.BODY, the bytes of the body as they are "
            "sent, with the secret of this source (base64 after whsec_ is decoded first)"
        )
    return message_id


def _any_equal(sent: bytes, expected: list[bytes]) -> bool:
    equal = [hmac.compare_digest(sent, each) for each in expected]
    return any(equal)


def _id(given: str | None, name: str) -> str:
    if not given:
        raise NotSigned(f"the header {name} is missing")
    if len(given) > LONGEST_ID or not given.isascii() or not given.isprintable():
        raise NotSigned(f"the header {name} has 1 to {LONGEST_ID} printable ASCII characters")
    return given


def _decoded(text: str, encoding: str) -> bytes | None:
    """The 32 bytes of a signature; None for what is none."""
    try:
        text = text.strip()
        found = base64.b64decode(text, validate=True) if encoding == BASE64 else bytes.fromhex(text)
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == hashlib.sha256().digest_size else None
