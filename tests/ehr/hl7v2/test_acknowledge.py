"""The answer: in which mode, to whom, in which words; and what it never tells back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.ehr.hl7v2.conftest import Hospital
from tests.ehr.hl7v2.messages import obx, oru
from toxmon.ehr.hl7v2.acknowledge import Note, acknowledgements
from toxmon.ehr.hl7v2.header import read_header
from toxmon.ehr.hl7v2.message import head_of, parse

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
# MSH-15, MSH-16; what is told of a good message, and of one that is not.
MATRIX = [
    ("", "", ["AA"], ["AE"]),
    ("AL", "NE", ["CA"], ["CE"]),
    ("NE", "AL", ["AA"], ["AE"]),
    ("AL", "AL", ["CA", "AA"], ["CE"]),
    ("NE", "NE", [], []),
    ("ER", "NE", [], ["CE"]),
    ("SU", "NE", ["CA"], []),
    ("NE", "ER", [], ["AE"]),
    ("NE", "SU", ["AA"], []),
    ("ER", "AL", ["AA"], ["CE"]),
    ("AL", "ER", ["CA"], ["CE"]),
    ("SU", "ER", ["CA"], ["AE"]),
    ("AL", "", ["CA"], ["CE"]),
    ("", "AL", ["AA"], ["AE"]),
]


def answers(code: str, *notes: Note, **more: str) -> list[str]:
    head = ["", "", more.pop("accept", ""), more.pop("application", "")]
    found = head_of(oru("m1", obx(), head=head, **more))
    assert found is not None
    told = acknowledgements(read_header(found), code, notes, NOW)
    return [each.decode() for each in told]


@pytest.mark.parametrize(("accept", "application", "good", "bad"), MATRIX)
@pytest.mark.conforms("v2-ack")
def test_the_sender_says_which_answers_it_wants(
    accept: str, application: str, good: list[str], bad: list[str]
) -> None:
    for code, expected in (("AA", good), ("AE", bad)):
        told = answers(code, accept=accept, application=application)
        assert [each.split("\r")[1] for each in told] == [f"MSA|{each}|m1" for each in expected]


def test_a_refusal_in_enhanced_mode_is_cr() -> None:
    (told,) = answers("AR", accept="AL", application="NE")
    assert "\rMSA|CR|m1\r" in told


def test_sender_and_receiver_change_places() -> None:
    (told,) = answers("AA")
    fields = told.split("\r")[0].split("|")
    assert fields[2:6] == ["TOXMON", "SITE", "LAB", "HOSP"]
    assert fields[6:9] == ["20260301080000+0000", "", "ACK^R01^ACK"]
    assert fields[10:12] == ["P", "2.5.1"]
    assert len(fields[9]) == 20
    assert told.endswith("\r")


@pytest.mark.conforms("v2-ack")
def test_errors_are_told_as_the_version_has_them() -> None:
    note = Note("OBX[3]-6", "103", "W", "its unit | is not read")
    (told,) = answers("AA", note)
    assert told.split("\r")[2] == (
        r"ERR||OBX^3^6|103^Table value not found^HL70357|W||||its unit \F\ is not read"
    )
    (told,) = answers("AE", note, version="2.3")
    assert told.split("\r")[1] == r"MSA|AE|m1|its unit \F\ is not read"
    assert told.split("\r")[0].split("|")[8] == "ACK^R01"


def test_the_answer_speaks_in_the_delimiters_and_the_characters_of_the_sender() -> None:
    body = "MSH$*!?%$LAB$Höhe$$$20260301$$ORU*R01$mö1$P$2.5.1$$$$$$8859/1\r".encode("latin-1")
    head = head_of(body)
    assert head is not None
    (told,) = acknowledgements(read_header(head), "AA", [Note("", "207", "E", "a$b")], NOW)
    lines = told.decode("latin-1").split("\r")
    assert lines[0].startswith("MSH$*!?%$TOXMON$$LAB$Höhe$")
    assert lines[1] == "MSA$AA$mö1"
    assert "a?F?b" in lines[2]
    assert parse(told).head.get(18) == "8859/1"


def test_what_has_no_header_is_answered_too(hospital: Hospital) -> None:
    (told,) = hospital.send(b'{"name": "Jane Doe"}').answers
    assert b"\rMSA|AE|\r" in told
    assert b"Doe" not in told


def test_no_answer_tells_back_what_was_sent(hospital: Hospital) -> None:
    hospital.admit()
    body = oru("m1", obx("SECRET", kind="NM"), obx("SECRET", kind="CE", number=2, unit="SECRET"))
    answered = hospital.send(body)
    assert answered.code == "AA"
    assert b"SECRET" not in b"".join(answered.answers)
    broken = hospital.send(body.replace(b"OBX|2", b"SECRET|2"))
    assert broken.code == "AE"
    assert b"SECRET" not in b"".join(broken.answers)
