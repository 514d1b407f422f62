"""Times, values, units and ranges as they are sent, and what each is read as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.ehr.hl7v2.messages import message, obx
from toxmon.ehr.hl7v2.codes import unit_of
from toxmon.ehr.hl7v2.message import Delimiters, Segment, parse
from toxmon.ehr.hl7v2.statuses import of_result
from toxmon.ehr.hl7v2.times import Times, day_of
from toxmon.ehr.hl7v2.values import range_of, value_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "offset", "at"),
    [
        ("20260301080000+0100", None, "2026-03-01T07:00:00Z"),
        ("202603010800-0530", None, "2026-03-01T13:30:00Z"),
        ("20260301080000.1234+0000", None, "2026-03-01T08:00:00.1234Z"),
        ("20260301080000", None, "2026-03-01T07:00:00Z"),
        ("20260701080000", None, "2026-07-01T06:00:00Z"),
        ("20260301080000", -5, "2026-03-01T13:00:00Z"),
        ("20260301080000+0100", -5, "2026-03-01T07:00:00Z"),
        ("20261025023000+0200", None, "2026-10-25T00:30:00Z"),
        ("20261025023000", 2, "2026-10-25T00:30:00Z"),
    ],
)
def test_an_instant(text: str, offset: int | None, at: str) -> None:
    message_offset = None if offset is None else timezone(timedelta(hours=offset))
    found = Times(BERLIN, message_offset).read(text, "OBX-14")
    assert (found.at, found.fault) == (datetime.fromisoformat(at), None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026030108", "exact to the hour"),
        ("20260301", "exact to the day"),
        ("202603", "exact to the month"),
        ("2026", "exact to the year"),
        ("20260301+0100", "exact to the day"),
        ("20261025023000", "clocks skip or show twice"),
        ("20260329023000", "clocks skip or show twice"),
        ("20260230080000", "no time that can be"),
        ("20260301250000", "no time that can be"),
        ("20260301080060", "no time that can be"),
        ("00000301080000+0100", "no time that can be"),
        ("00010101000000+0100", "no time that can be"),
        ("20260301080000+2500", "no time that can be"),
        ("2026-03-01T08:00:00Z", "is not written"),
        ("20260301080000Z", "is not written"),
        ("20260301 0800", "is not written"),
        ("٢٠٢٦٠٣٠١٠٨٠٠", "is not written"),
    ],
)
def test_what_is_no_instant(text: str, fault: str) -> None:
    found = Times(BERLIN).read(text, "OBX-14")
    assert found.at is None
    assert fault in (found.fault or "")
    assert "2026" not in (found.fault or "")


def test_nothing_is_neither() -> None:
    found = Times(UTC).read("", "OBX-14")
    assert (found.at, found.fault) == (None, None)


def test_a_day_of_birth_needs_a_day() -> None:
    assert str(day_of("19610502")) == "1961-05-02"
    assert str(day_of("196105021230+0100")) == "1961-05-02"
    assert [day_of(text) for text in ("1961", "19610230", "", "x")] == [None] * 4


def segment(**more: str) -> Segment:
    found = parse(message("ORU^R01", "m", obx(**more))).one("OBX")  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "sent", "value"),
    [
        ("NM", "12.50", Decimal("12.50")),
        ("NM", "-1", Decimal(-1)),
        ("NM", "+.5", Decimal("0.5")),
        ("NM", "<0.1", "<0.1"),
        ("NM", "1e3", "1e3"),
        ("NM", "1,5", "1,5"),
        ("NM", "1~2", "1~2"),
        ("NM", "NaN", "NaN"),
        ("NM", "١٢", None),
        ("SN", "^100", Decimal(100)),
        ("SN", "=^5", Decimal(5)),
        ("SN", "<^5", "<5"),
        ("SN", ">=^0.0000001", ">=0.0000001"),
        ("SN", "^1^:^128", "1:128"),
        ("SN", "^2^+", "2+"),
        ("SN", "<>^5", "<>5"),
        ("SN", "^5~^6", "^5~^6"),
        ("ST", "12.5", "12.5"),
        ("ST", "<0.1", "<0.1"),
        ("TX", r"see\.br\note", "see\nnote"),
        ("NM", "", None),
        ("NM", '""', None),
    ],
)
def test_a_value(kind: str, sent: str, value: object) -> None:
    if sent.isascii():
        assert value_of(segment(kind=kind, value=sent)) == value
    else:
        by = Delimiters(charset="utf-8")
        fields = ("OBX", "1", kind, "", "", sent)
        assert value_of(Segment("OBX", 1, fields, by)) == sent


def test_a_coded_value_keeps_every_code() -> None:
    found = value_of(segment(kind="CWE", value="336623009^Nasal cannula^SCT^NC^Cannula^99L"))
    assert [(each.system, each.code, each.display) for each in found] == [  # type: ignore[union-attr]
        ("SCT", "336623009", "Nasal cannula"),
        ("99L", "NC", "Cannula"),
    ]
    assert value_of(segment(kind="CE", value="^words alone")) == "words alone"


@pytest.mark.parametrize("kind", ["ED", "RP", "MO", "", "XYZZY"])
def test_of_other_types_the_words_say_that_they_are_not_read(kind: str) -> None:
    said = value_of(segment(kind=kind, value="^AP^PDF^Base64^QQ=="))
    assert isinstance(said, str)
    assert "not read" in said
    assert "PDF" not in said


@pytest.mark.parametrize(
    ("sent", "unit"),
    [
        ("mg/dL^milligram per deciliter^UCUM", ("mg/dL", "milligram per deciliter")),
        ("17^mg/dL^99U^mg/dL^^UCUM", ("mg/dL", None)),
        ("mg/dL", (None, "mg/dL")),
        ("mg/dl^^ISO+", (None, "mg/dl")),
        ("17^mg/dL^99U", (None, "mg/dL")),
        (r"x10\S\9/L", (None, "x10^9/L")),
        ("", (None, None)),
        ('""', (None, None)),
    ],
)
def test_a_unit_is_of_ucum_only_where_it_says_so(sent: str, unit: object) -> None:
    assert unit_of(sent, Delimiters()) == unit


@pytest.mark.parametrize(
    ("sent", "low", "high"),
    [
        ("0-17", "0", "17"),
        ("3.5 - 5.0", "3.5", "5.0"),
        ("0 to 17", "0", "17"),
        ("-2--1", "-2", "-1"),
        ("<5", None, "5"),
        (">= 60", "60", None),
        ("70_105", None, None),
        ("17-3", None, None),
        ("negative", None, None),
        ("1:20-1:40", None, None),
        ("", None, None),
    ],
)
def test_a_range_is_read_only_where_it_is_plain(
    sent: str, low: str | None, high: str | None
) -> None:
    found = range_of(sent)
    assert found == (low and Decimal(low), high and Decimal(high))


def test_a_status_in_no_table_waits() -> None:
    assert of_result("Q").waits
    assert of_result("f").state == "final"
