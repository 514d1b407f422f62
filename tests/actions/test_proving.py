"""Which part of a signed message is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from toxmon.actions.proving import prove, read_headers
from toxmon.webhooks import signed

KEY, OTHER = bytes(range(32)), bytes(range(32, 64))
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
BODY = b'{"a": 1, "b": "x"}'
HEADERS = signed([KEY], "msg_1", int(NOW.timestamp()), BODY)


def part(body: bytes = BODY, key: bytes = KEY, after_s: int = 0, **headers: str) -> tuple[str, str]:
    told = {name: value for name, value in (HEADERS | headers).items() if value}
    now = NOW + timedelta(seconds=after_s)
    found = prove(told, body, [("it", key)], now, ())
    return found.part, found.words


@pytest.mark.check(106)
def test_each_part_by_itself() -> None:
    assert part()[0] == "valid"
    assert part(after_s=300)[0] == part(after_s=-300)[0] == "valid"
    assert part(after_s=301) == (
        "timestamp",
        "the timestamp is too old by 1 s: it lies 301 s back, and 300 s are allowed. "
        "The signature itself fits it",
    )
    assert "ahead of our clock by 1 s" in part(after_s=-301)[1]
    assert part(key=OTHER)[0] == "secret"
    assert part(**{"webhook-id": ""}) == ("header", "missing: webhook-id")
    assert part(**{"webhook-timestamp": "now"})[0] == "header"
    assert part(**{"webhook-signature": "v2,abc"})[0] == "header"
    assert part(**{"webhook-signature": "v1,not base64"})[0] == "header"


@pytest.mark.parametrize(
    ("sent", "came", "how"),
    [
        (b'{"a":1}', b'{"a": 1}', "the JSON was written anew"),
        (b'{"a":1}', b'{"a":1}\n', "an end of line was added"),
        (b'{"a":1}\n', b'{"a":1}', "an end of line was taken away"),
        (b"a\nb", b"a\r\nb", "the ends of lines were changed"),
    ],
)
def test_what_programs_do_to_a_body_is_named(sent: bytes, came: bytes, how: str) -> None:
    headers = signed([KEY], "msg_1", int(NOW.timestamp()), sent)
    found = prove(headers, came, [("it", KEY)], NOW)
    assert found.part == "body"
    assert how in found.words
    assert f"it has {len(came)} bytes, and {len(sent)} were signed" in found.words


def test_what_we_posted_tells_more() -> None:
    found = prove(HEADERS, b"other", [("it", KEY)], NOW, [BODY])
    assert (found.part, f"{len(BODY)} were signed" in found.words) == ("body", True)
    found = prove(HEADERS, BODY, [("it", OTHER)], NOW, [BODY])
    assert (found.part, "the body is what we posted" in found.words) == ("secret", True)
    found = prove(HEADERS, b"other", [("it", OTHER)], NOW, [BODY])
    assert (found.part, "does not fit either" in found.words) == ("body", True)


def test_headers_as_they_are_copied() -> None:
    copied = "POST /x HTTP/1.1\nWebhook-Id: msg_1\n-H 'webhook-timestamp: 5'\n\nno header"
    assert read_headers(copied) == {"webhook-id": "msg_1", "webhook-timestamp": "5"}
