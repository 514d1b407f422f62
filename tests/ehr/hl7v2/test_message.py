"""Messages taken apart: delimiters, escapes, character sets, line ends, and what is refused."""

from __future__ import annotations

import random

import pytest

from tests.ehr.hl7v2.messages import adt, nist_like, obx, oru, pv1, ras, rxa
from toxmon.ehr.hl7v2.message import NotRead, head_of, messages_in, parse, unescaped

GOOD = oru("m1", obx())
NOBODY_ELSE = r"MSH|^~\&|LAB|HOSP|TOXMON|SITE|20260301080000||ORU^R01|m1|P|2.5.1"


def with_text(text: str, head: str = NOBODY_ELSE) -> bytes:
    return f"{head}\rOBX|1|ST|1^a^L||{text}\r".encode("latin-1")


def text_of(body: bytes, charset: str = "ASCII") -> str:
    found = parse(body, charset).one("OBX")
    assert found is not None
    return found.text(5)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"x10\S\9/L", "x10^9/L"),
        (r"a\F\b\T\c\R\d\E\e", r"a|b&c~d" + "\\e"),
        (r"one\.br\two\.sp\three", "one\ntwo\nthree"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\X41\\X4243\D", "ABCD"),
        (r"\.in+5\text", " text"),
        (r"\Zxx\ stays", r"\Zxx\ stays"),
        (r"C:\dir", r"C:\dir"),
        (r"ends \S", r"ends \S"),
        (r"\X00\nul", "nul"),
        ("\\XE4\\", "\\XE4\\"),
        ("a^b", "a^b"),
        ('""', ""),
    ],
)
def test_escapes_are_undone_after_the_message_was_split(sent: str, meant: str) -> None:
    assert text_of(with_text(sent)) == meant


def test_an_escaped_delimiter_parts_nothing() -> None:
    found = parse(with_text(r"a\S\b^c\T\d")).one("OBX")
    assert found is not None
    assert [found.get(5, 1), found.get(5, 2), found.get(5, 3)] == ["a^b", "c&d", ""]


def test_the_message_names_its_own_delimiters() -> None:
    body = b"MSH$*!?%$LAB$HOSP$$$20260301$$ORU*R01$m1$P$2.5.1\rOBX$1$CE$1*a*L$$x*y%z!second\r"
    found = parse(body).one("OBX")
    assert found is not None
    assert (found.get(3, 3), found.get(5, 2, 2), len(found.repeats(5))) == ("L", "z", 2)


@pytest.mark.conforms("v2-encoding")
def test_a_fifth_encoding_character_changes_nothing() -> None:
    found = parse(NOBODY_ELSE.replace("&|", "&#|", 1).encode())
    assert found.head.get(9, 2) == "R01"
    assert unescaped(r"\S\#", found.head.by) == "^#"


@pytest.mark.parametrize(
    ("named", "encoding"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("8859/5", "iso8859-5"),
        ("8859/1~UNICODE UTF-8", "latin-1"),
    ],
)
def test_text_is_read_in_the_character_set_of_msh_18(named: str, encoding: str) -> None:
    words = "Ж" if encoding == "iso8859-5" else "Müller"
    head = f"{NOBODY_ELSE}||||||{named}"
    body = f"{head}\rOBX|1|ST|1^a^L||{words}\r".encode(encoding)
    assert text_of(body) == words


def test_a_site_may_say_what_an_empty_msh_18_means() -> None:
    assert text_of(with_text("Müller"), "8859/1") == "Müller"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.conforms("v2-encoding")
def test_line_ends_and_byte_order_marks_of_files_are_taken(end: str, mark: bytes) -> None:
    body = mark + GOOD.replace(b"\r", end.encode())
    assert [each.name for each in parse(body).segments] == ["MSH", "PID", "OBR", "OBX"]


@pytest.mark.conforms("v2-encoding")
def test_a_batch_is_taken_apart_without_its_envelope() -> None:
    batch = b"FHS|^~\\&|LAB\nBHS|^~\\&|LAB\n" + GOOD.replace(b"\r", b"\r\n") + b"\n"
    batch += GOOD.replace(b"m1", b"m2") + b"BTS|2\rFTS|1\r"
    assert [parse(each).head.raw(10) for each in messages_in(batch)] == ["m1", "m2"]
    assert list(messages_in(b"\xef\xbb\xbf\n\n")) == []


BAD: dict[str, bytes] = {
    "nothing": b"",
    "blank": b"\r\r",
    "no MSH": GOOD.replace(b"MSH", b"XSH", 1),
    "JSON": b'{"resourceType": "Bundle"}',
    "cut in MSH": GOOD[:5],
    "MSH alone": b"MSH",
    "no delimiters": b"MSH|||LAB\r",
    "three delimiters": GOOD.replace(rb"^~\&", rb"^~\ ", 1),
    "twice the same delimiter": GOOD.replace(rb"^~\&", rb"^^\&", 1),
    "a letter as delimiter": GOOD.replace(rb"^~\&", rb"^~\A", 1),
    "six encoding characters": GOOD.replace(rb"^~\&", rb"^~\&#!", 1),
    "a NUL": GOOD.replace(b"Doe", b"D\x00e"),
    "not ASCII": GOOD.replace(b"Doe", "Döe".encode()),
    "not the UTF-8 it says": with_text("M\xfcller", f"{NOBODY_ELSE}||||||UNICODE UTF-8"),
    "a character set nobody has": with_text("a", f"{NOBODY_ELSE}||||||EBCDIC"),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a break in a text": GOOD.replace(b"Doe", b"Do\re"),
    "another delimiter behind a name": GOOD.replace(b"PID|", b"PID^"),
    "small letters": GOOD.replace(b"PID|", b"pid|"),
    "two messages in one": GOOD + GOOD,
    "a batch in a frame": b"FHS|^~\\&|LAB\r" + GOOD,
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_said_without_what_stands_in_it(name: str) -> None:
    with pytest.raises(NotRead) as raised:
        parse(BAD[name])
    assert raised.value.words
    assert "Doe" not in str(raised.value)
    assert "ller" not in str(raised.value)


def test_a_header_is_found_in_what_cannot_be_read() -> None:
    head = head_of(BAD["not ASCII"])
    assert head is not None
    assert head.raw(10) == "m1"
    assert head_of(BAD["JSON"]) is None
    assert head_of(BAD["no delimiters"]) is None


def test_any_bytes_are_read_or_refused() -> None:
    seeded = random.Random(11)
    seeds = [GOOD, nist_like("1.0"), adt("A01", "a", pv1()), ras("r", rxa())]
    parts = [b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b'""', b"\\X", b"MSH", b"\xff", b"\x00"]
    for _ in range(3_000):
        body = bytearray(seeded.choice(seeds))
        for _ in range(seeded.randint(1, 8)):
            place = seeded.randrange(len(body) + 1)
            what = seeded.random()
            if what < 0.4:
                body[place:place] = seeded.choice(parts)
            elif what < 0.7:
                del body[place : place + seeded.randint(1, 40)]
            else:
                body[place : place + 1] = bytes([seeded.randrange(256)])
        try:
            found = parse(bytes(body))
        except NotRead:
            continue
        for segment in found.segments:
            for number in range(len(segment.fields)):
                assert isinstance(segment.get(number, 2), str)
                assert "\x00" not in segment.text(number)
