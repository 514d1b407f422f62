"""What becomes of results: statuses, corrections in any order, duplicates, what waits and why."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ehr.hl7v2.conftest import Hospital
from tests.ehr.hl7v2.messages import PID, adt, message, nist_like, obx, oru, pv1, ras, rxa
from toxmon.actions import verify
from toxmon.grading.facts import Bounds
from toxmon.store import facts


@pytest.mark.conforms("v2-oru")
def test_a_result_is_charted_with_its_code_unit_range_and_time(either: Hospital) -> None:
    patient_id = either.admit()
    note = "NTE|1|L|slightly hemolyzed"
    assert (
        either.told(
            oru(
                "m1",
                obx("500", own="30-400"),
                note,
                obx("7", number=2, code="1988-5^CRP^LN", unit="mg/dL"),
            )
        )
        == "AA"
    )
    (ferritin,) = either.standing(patient_id, "ferritin")
    sent = orjson.loads(ferritin["sent"])
    assert either.values(patient_id) == [Decimal(500)]
    assert str(ferritin["effective_at"]) == "2026-03-01 06:00:00+00:00"
    assert (sent["high"], sent["notes"], sent["source"]) == ("400", ["slightly hemolyzed"], "Lab")
    assert "hemolyzed" in ferritin["doubt"]
    assert either.values(patient_id, "crp") == [Decimal(70)]


# What is sent, and after it: the letters of the answer, the values that stand, why something waits.
ALONE: dict[str, tuple[str, list[Any], list[str]]] = {
    "F": ("AA", [Decimal(500)], []),
    "P": ("AA", [Decimal(500)], []),
    "S": ("AA", [Decimal(500)], []),
    "C": ("AA", [Decimal(500)], []),
    "A": ("AA", [Decimal(500)], []),
    "D": ("AA", [], []),
    "W": ("AA", [], []),
    "X": ("AA", [], []),
    "I": ("AA", [], []),
    "N": ("AA", [], []),
    "R": ("AA; OBX^1^11 W", [], ["not_verified"]),
    "O": ("AA; OBX^1^11 W", [], ["not_verified"]),
    "B": ("AA; OBX^1^11 W", [], ["not_verified"]),
    "V": ("AA; OBX^1^11 W", [], ["not_verified"]),
    "": ("AA; OBX^1^11 W", [], ["not_verified"]),
    "Q": ("AA; OBX^1^11 W", [], ["not_verified"]),
    "U": ("AA; OBX^1^5 W", [], ["no_value"]),
}


@pytest.mark.parametrize("status", ALONE)
@pytest.mark.conforms("v2-status")
def test_each_status_of_a_result_alone(hospital: Hospital, status: str) -> None:
    patient_id = hospital.admit()
    told, values, waiting = ALONE[status]
    assert hospital.told(oru("m1", obx(status=status))) == told
    assert hospital.values(patient_id) == values
    assert hospital.waiting() == waiting


# After a final 500, a second message says 700 with this status: the values that stand then.
AFTER_FINAL: dict[str, list[int]] = {
    "F": [700], "C": [700], "A": [700], "D": [], "W": [], "X": [], "P": [500], "S": [500],
    "R": [500], "I": [500], "N": [500], "U": [500], "O": [500], "B": [500], "V": [500], "": [500],
}  # fmt: skip


@pytest.mark.parametrize("status", AFTER_FINAL)
@pytest.mark.conforms("v2-status")
def test_each_status_after_a_final_result(hospital: Hospital, status: str) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500")))
    hospital.send(oru("m2", obx("700", status)))
    assert hospital.values(patient_id) == AFTER_FINAL[status]


def test_a_status_alone_makes_a_preliminary_result_final(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500", "P")))
    assert hospital.told(oru("m2", obx("", "U"))) == "AA"
    hospital.send(oru("m3", obx("900", "P")))
    assert hospital.values(patient_id) == [Decimal(500)]


def test_a_deleted_value_is_withdrawn_and_an_empty_one_says_nothing(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500")))
    assert hospital.told(oru("m2", obx("", "F"))) == "AA; OBX^1^5 W"
    assert hospital.values(patient_id) == [Decimal(500)]
    hospital.send(oru("m3", obx('""', "C")))
    assert hospital.values(patient_id) == []


@pytest.mark.parametrize("order", [("1.0", "1.1"), ("1.1", "1.0"), ("1.0", "1.1", "1.0", "1.1")])
@pytest.mark.conforms("v2-correction")
def test_a_correction_replaces_in_any_order_though_no_time_differs(
    either: Hospital, order: Sequence[str]
) -> None:
    pid = PID.replace("A1^^^HOSP^MR", "A1^^^HOSP&2.16.840.1.113883.3.72.5.21&ISO^MR")
    assert either.send(adt("A01", "in", pid, pv1())).code == "AA"
    patient_id = either.patient("A1", "urn:oid:2.16.840.1.113883.3.72.5.21")
    for version in order:
        assert either.told(nist_like(version), processing="T") == "AA"
    assert either.values(patient_id, "wbc") == [Decimal(10_500)]
    assert either.values(patient_id, "hemoglobin") == [Decimal("12.5")]
    assert either.values(patient_id, "platelets") == [Decimal(250)]


@pytest.mark.hazard("H51")
@pytest.mark.conforms("v2-duplicate")
def test_the_same_message_again_has_one_effect(either: Hospital) -> None:
    patient_id = either.admit()
    body = oru("m1", obx("500"), obx("1", number=2, code="X^Other^L"))
    first = either.told(body)
    assert first == "AA; OBX^2^3 W"
    version = either.service.store.query("select count(*) as n from fact")[0]["n"]
    assert [either.told(body) for _ in range(3)] == [first] * 3
    assert either.service.store.query("select count(*) as n from fact")[0]["n"] == version
    assert either.values(patient_id) == [Decimal(500)]
    assert either.waiting() == ["unknown_code"]


def test_another_message_of_the_same_id_is_kept_and_has_no_effect(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500")))
    assert hospital.told(oru("m1", obx("900"))) == "AE; MSH^1^10 E"
    assert hospital.values(patient_id) == [Decimal(500)]
    kept = hospital.service.store.query("select body from message")
    assert sum("|900|" in row["body"] for row in kept) == 1


def test_a_message_that_was_built_again_is_no_other_one(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500")))
    assert hospital.told(oru("m1", obx("500"), sent="20260301080100+0100")) == "AA"
    assert hospital.values(patient_id) == [Decimal(500)]


def test_results_of_one_patient_never_replace_those_of_another(hospital: Hospital) -> None:
    first, second = hospital.admit("A1"), hospital.admit("B2")
    hospital.send(oru("m1", obx("500")))
    other = "OBR|1|P2^EHR|F2^LAB|CHEM|||20260301070000+0100"
    hospital.send(oru("m2", obx("700"), pid=PID.replace("A1^", "B2^"), request=other))
    assert hospital.values(first) == [Decimal(500)]
    assert hospital.values(second) == [Decimal(700)]


def test_the_order_of_numbers_in_pid_3_never_matters(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    numbers = PID.split("|")[3].split("~")
    turned = PID.replace(PID.split("|")[3], "~".join(reversed(numbers)))
    hospital.send(oru("m1", obx("500"), pid=turned))
    hospital.send(oru("m2", obx("900", "C")))
    assert hospital.values(patient_id) == [Decimal(900)]


def test_a_wrong_patient_is_told_to_those_who_have_the_value(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500")))
    assert hospital.told(oru("m2", obx("500", "W"))) == "AA"
    assert hospital.values(patient_id) == []
    rows = facts.every(hospital.service.store, patient_id)
    assert "for another patient" in rows[-1]["reason"]


def test_results_of_nobody_known_wait_and_are_joined_on_arrival(either: Hospital) -> None:
    assert either.told(oru("m1", obx("500"))) == "AA; PID^1^3 W"
    either.send(oru("m2", obx("800", "C")))
    assert either.values(either.admit()) == [Decimal(800)]
    assert either.waiting() == []


HELD: dict[str, tuple[str, str]] = {
    obx(unit=""): ("unknown_unit", "OBX^1^6"),
    obx(unit="mmol/L"): ("unknown_unit", "OBX^1^6"),
    obx(code="F^Ferritin^L"): ("unknown_code", "OBX^1^3"),
    obx(code="^Ferritin"): ("unknown_code", "OBX^1^3"),
    obx(code="2276-4^Ferritin^LN^1988-5^CRP^LN"): ("codes_disagree", "OBX^1^3"),
    obx("1~2"): ("value_refused", "OBX^1^5"),
    obx("500", kind="ST"): ("value_refused", "OBX^1^5"),
    obx("^1^:^128", kind="SN"): ("value_refused", "OBX^1^5"),
    obx("^AP^PDF^Base64^QQ==", kind="ED"): ("value_refused", "OBX^1^5"),
    obx(""): ("no_value", "OBX^1^5"),
    obx(at="20260301"): ("no_time", "OBX^1^14"),
    obx(at="20261025023000"): ("no_time", "OBX^1^14"),
    obx(at="20270301080000+0100"): ("time_refused", "OBX^1^14"),
    obx(at="19600301080000+0100"): ("time_refused", "OBX^1^14"),
}


@pytest.mark.parametrize("result", HELD)
def test_what_is_not_exact_waits_and_the_rest_is_charted(hospital: Hospital, result: str) -> None:
    patient_id = hospital.admit()
    reason, place = HELD[result]
    crp = obx("70", number=2, code="1988-5^CRP^LN", unit="mg/L")
    sent = result.replace("20261025023000", "20251026023000")
    body = oru("m1", sent, crp, sent="20260301080000")
    assert hospital.told(body) == f"AA; {place} W"
    assert hospital.waiting() == [reason]
    assert hospital.values(patient_id) == []
    assert hospital.values(patient_id, "crp") == [Decimal(70)]


@pytest.mark.parametrize(
    ("result", "low", "high"),
    [
        (obx("<^5", kind="SN"), 0, 5),
        (obx("<5"), 0, 5),
        (obx("<5", kind="ST"), 0, 5),
        (obx(">^40000", kind="SN"), 40000, None),
    ],
)
def test_a_comparator_is_an_interval(
    hospital: Hospital, result: str, low: int, high: int | None
) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", result))
    (found,) = hospital.values(patient_id)
    assert isinstance(found, Bounds)
    assert (found.low, found.high) == (low, high)


def test_the_time_is_of_the_result_the_order_or_the_specimen(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    spm = "SPM|1|||BLD" + "|" * 13 + "20260301050000+0100"
    hospital.send(oru("m1", obx(at="20260301040000+0100"), spm))
    bare = "OBR|1|P2|F2|CHEM"
    hospital.send(oru("m2", obx(), spm, request=bare))
    hospital.send(oru("m3", obx(), request=bare.replace("2", "3")))
    at = [row["effective_at"].hour for row in hospital.standing(patient_id, "ferritin")]
    assert sorted(at) == [3, 4]
    assert hospital.waiting() == ["no_time"]


def test_results_that_one_message_calls_the_same_are_told_apart(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    early, late = "20260301050000+0100", "20260301060000+0100"
    hospital.send(oru("m1", obx("500", at=early), obx("600", at=late, number=2)))
    assert hospital.values(patient_id) == [Decimal(500), Decimal(600)]
    bare = "OBR|1|P2|F2|CHEM|||20260301070000+0100"
    told = hospital.told(oru("m2", obx("1"), obx("2", number=2), obx("3", sub="a"), request=bare))
    assert told == "AA; OBX^1^11 W; OBX^2^11 W"
    assert hospital.waiting() == ["not_verified", "not_verified"]
    assert len(hospital.values(patient_id)) == 3


def test_a_result_that_names_itself_goes_by_that_name(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    hospital.send(oru("m1", obx("500", unique="R1^LAB")))
    moved = "OBR|1|P7|F7|CHEM|||20260301070000+0100"
    hospital.send(oru("m2", obx("700", "C", unique="R1^LAB"), request=moved))
    assert hospital.values(patient_id) == [Decimal(700)]
    hospital.send(oru("m3", obx("900", "C", unique="R1"), request=moved))
    assert len(hospital.values(patient_id)) == 2


def test_a_message_outside_the_reach_of_its_sender_waits(hospital: Hospital) -> None:
    hospital.admit()
    hospital.lab = type(hospital.lab)("far", "Far", "integration", frozenset({"elsewhere"}))
    assert hospital.told(oru("m1", obx())) == "AA; PID^1^3 W"
    assert hospital.waiting() == ["out_of_reach"]


REFUSED: dict[str, tuple[bytes, str]] = {
    "no PID": (message("ORU^R01", "m", "OBR|1"), "AE; PID^1 E"),
    "no OBR": (message("ORU^R01", "m", PID), "AE; OBR^1 E"),
    "OBX before OBR": (message("ORU^R01", "m", PID, obx()), "AE; OBX^1 E"),
    "OBR before PID": (message("ORU^R01", "m", "OBR|1", PID), "AE; OBR^1 E"),
    "no number": (oru("m", obx(), pid="PID|1||||Doe^Jane"), "AE; PID^1^3 E"),
    "an account alone": (oru("m", obx(), pid="PID|1||77^^^HOSP^AN"), "AE; PID^1^3 E"),
    "a deleted number": (oru("m", obx(), pid='PID|1||""'), "AE; PID^1^3 E"),
    "no id": (oru("", obx()), "AR; MSH^1^10 E"),
    "another type": (message("ORM^O01", "m", PID), "AR; MSH^1^9 E"),
    "another event": (message("ORU^R99", "m", PID), "AR; MSH^1^9 E"),
    "an old version": (oru("m", obx(), version="2.2"), "AR"),
    "no version": (oru("m", obx(), version=""), "AR"),
    "training": (oru("m", obx()).replace(b"|P|2.5.1", b"|T|2.5.1"), "AR; MSH^1^11 E"),
    "no processing id": (oru("m", obx()).replace(b"|P|2.5.1", b"||2.5.1"), "AR; MSH^1^11 E"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_kept_only_where_reading_it_again_may_help(
    hospital: Hospital, name: str
) -> None:
    body, told = REFUSED[name]
    assert hospital.told(body) == told
    kept = hospital.service.store.query("select encoding, body from message")
    assert [row["body"].encode() for row in kept] == ([body] if told.startswith("AE") else [])
    assert hospital.service.store.query("select count(*) as n from fact") == [{"n": 0}]


def test_what_is_ignored_by_wish_is_kept_and_has_no_effect(hospital: Hospital) -> None:
    order = message("ORM^O01", "m1", PID)
    assert hospital.told(order, ignored={"ORM"}) == "AA"
    assert hospital.told(adt("A05", "m2"), ignored={"ADT^A05"}) == "AA"
    assert hospital.told(adt("A09", "m3"), ignored={"ADT^A05"}) == "AR; MSH^1^9 E"
    assert len(hospital.service.store.query("select id from message")) == 2
    assert hospital.told(adt("A09", "m4"), ignored={"ADT"}) == "AA"
    assert hospital.told(adt("A01", "m5", PID, pv1()), ignored={"ADT"}) == "AA"
    assert hospital.patient(), "what is taken here is not ignored with its type"


VERSIONS = [
    oru("v1", obx("100", "P")),
    oru("v2", obx("200", "F")),
    oru("v3", obx("300", "C"), sent="20260301081000+0100"),
    oru("v4", obx("", "I")),
    oru("v5", obx("", "X", code="1988-5^CRP^LN")),
    oru("v6", obx("70", "F", code="1988-5^CRP^LN", unit="mg/L")),
]


@settings(max_examples=10)
@given(history=st.permutations([*VERSIONS, VERSIONS[1], VERSIONS[2]]))
def test_a_history_in_any_order_with_duplicates_gives_the_same_record(
    made: Hospital, history: list[bytes]
) -> None:
    made.numbers += 1
    mrn = f"H{made.numbers}"
    patient_id = made.admit(mrn)
    for body in history:
        mine = body.replace(b"A1^", f"{mrn}^".encode()).replace(b"F1^", f"F{mrn}^".encode())
        mine = mine.replace(b"||ORU^R01^ORU_R01|", f"||ORU^R01^ORU_R01|{mrn}".encode())
        assert made.send(mine).code == "AA"
    assert made.values(patient_id) == [Decimal(300)]
    # A test that was cancelled never stands, whichever came first.
    assert made.values(patient_id, "crp") == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, protocols: Any) -> Any:
    """A hospital in which each history has a patient of its own."""
    from zoneinfo import ZoneInfo

    from tests.conftest import KEY, Clock, _migrate
    from toxmon.actions import Service
    from toxmon.store import open_store

    url = f"sqlite:///{tmp_path_factory.mktemp('histories') / 'made.db'}"
    _migrate(url)
    store = open_store(url)
    hospital = Hospital(Service(store, Clock(), KEY, protocols, ZoneInfo("Europe/Berlin")))
    yield hospital
    assert not verify.verify(hospital.service, lambda done, total: None)
    store.close()


def test_any_bytes_are_answered_and_leave_a_record_that_is_whole(either: Hospital) -> None:
    either.admit()
    seeded = random.Random(23)
    seeds = [
        oru("m1", obx(), "NTE|1|L|x"),
        adt("A08", "a", PID, pv1()),
        ras("d", rxa()),
        VERSIONS[2],
    ]
    pieces = [
        b"|",
        b"^",
        b"~",
        b"\\",
        b"&",
        b"\r",
        b'""',
        b"\\X0A\\",
        b"<",
        b"9" * 400,
        b"x" * 3000,
    ]
    codes = set()
    for number in range(250):
        body = bytearray(seeded.choice(seeds).replace(b"|P|2.5.1", b"%d|P|2.5.1" % number))
        for _ in range(seeded.randint(1, 5)):
            place = seeded.randrange(60, len(body))
            if seeded.random() < 0.6:
                body[place:place] = seeded.choice(pieces)
            else:
                del body[place : place + seeded.randint(1, 12)]
        answered = either.send(bytes(body))
        codes.add(answered.code)
        assert not answered.again
        assert not any(b"^Application internal error^" in each for each in answered.answers)
    assert codes == {"AA", "AE", "AR"}
    assert verify.verify(either.service, lambda done, total: None) == []


def test_long_names_are_names_and_long_numbers_are_none(either: Hospital) -> None:
    patient_id = either.admit()
    long = random.Random(3).randbytes(4000).hex()
    order = f"OBR|1|P|{long}^LAB|CHEM|||20260301070000+0100"
    assert either.told(oru("m1", obx("500"), request=order)) == "AA"
    assert either.told(oru("m2", obx("600", "C"), request=order)) == "AA"
    other = order.replace("^LAB", "x^LAB")
    assert either.told(oru("m3", obx("700"), request=other)) == "AA"
    assert either.values(patient_id) == [Decimal(600), Decimal(700)]
    assert either.told(oru("m4", obx(), pid=PID.replace("A1^", f"{long}^"))) == "AE; PID^1^3 E"
    assert either.told(adt("A02", "m5", PID, pv1(long))) == "AE; PV1^1^3 E"
