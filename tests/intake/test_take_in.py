"""What another system says becomes facts once, in whatever order and however often it comes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.intake.ward import AT, LAB, MRN, NURSE, Ward, result
from toxmon.actions import Actor, Conflicting, Refused, Service, held
from toxmon.actions.corrections import correct
from toxmon.actions.enrol import enrol
from toxmon.actions.received import body_of, keep_unreadable
from toxmon.actions.record import Charted, replacing
from toxmon.actions.take_in import Arrival, Merging, Message, take
from toxmon.intake.code_map import read_code_map
from toxmon.intake.report import DOSE, STAY, Coding, Identifier, Report
from toxmon.store import facts, feeds, messages, patients
from toxmon.store import held as held_rows


def test_a_result_is_charted_and_graded(ward: Ward) -> None:
    taken = ward.says(result())
    assert [each.outcome for each in taken.results] == ["charted"]
    assert ward.facts() == [("38.6", "final")] or ward.facts()[0][1] == "final"
    assert ward.crs()[0] == 1
    row = facts.get(ward.service.store, taken.results[0].fact_id or "")
    assert row is not None
    assert row["recorded_by"] == "LAB/HOSP"
    ward.sound()


@pytest.mark.hazard("H51")
def test_the_same_message_twice_is_one(ward: Ward) -> None:
    first = ward.says(result(), control_id="X", body=b"one")
    again = ward.says(result(), control_id="X", body=b"one")
    assert again.duplicate
    assert again.message_id == first.message_id
    assert again.results == first.results
    assert len(ward.facts()) == 1
    with pytest.raises(Conflicting):
        ward.says(result(value=Decimal("40")), control_id="X", body=b"another")
    assert len(ward.facts()) == 1


def test_the_same_statement_in_another_message_is_one_fact(ward: Ward) -> None:
    ward.says(result())
    assert ward.says(result()).results[0].outcome == "duplicate"
    unnamed = result(key=None, value=Decimal("37.1"), effective_at=AT + timedelta(minutes=5))
    assert ward.says(unnamed).results[0].outcome == "charted"
    assert ward.says(unnamed).results[0].outcome == "duplicate"
    assert len(ward.facts()) == 2


def test_versions_in_any_order_come_to_the_same_record(ward: Ward) -> None:
    said = [
        ("preliminary", "38.1", 0),
        ("final", "38.6", 1),
        ("corrected", "37.2", 2),
        ("corrected", "37.4", 3),
    ]
    for turn, order in enumerate(permutations(said)):
        key = f"F{turn}"
        at = AT + timedelta(minutes=turn)
        for state, value, minute in order:
            version = result(
                key=key,
                value=Decimal(value),
                state=state,
                said_at=AT + timedelta(minutes=60 + minute),
                effective_at=at,
            )
            ward.says(version)
            ward.says(version)
    assert {value for value, _ in ward.facts()} == {ward.facts()[0][0]}
    assert len(ward.facts()) == 24
    assert "37.4" in str(ward.facts()[0][0])
    ward.sound()


def test_a_withdrawal_takes_the_fact_away_also_when_it_comes_first(ward: Ward) -> None:
    ward.says(result(key="A"))
    assert ward.says(result(key="A", state="withdrawn")).results[0].outcome == "withdrawn"
    assert ward.facts() == []
    assert ward.crs()[1] >= ward.crs()[0] == 0
    assert ward.says(result(key="B", state="withdrawn")).results[0].outcome == "withdrawn"
    assert ward.says(result(key="B")).results[0].outcome == "outdated"
    late = result(key="A", state="final", said_at=AT)
    assert ward.says(late).results[0].outcome == "outdated"
    assert ward.facts() == []
    ward.sound()


def test_what_comes_again_after_its_withdrawal_waits_for_a_person(ward: Ward) -> None:
    ward.says(result(said_at=AT))
    ward.says(result(state="wrong_patient", said_at=AT + timedelta(minutes=1)))
    later = ward.says(result(said_at=AT + timedelta(minutes=2))).results[0]
    assert later.outcome == "held"
    assert later.hold is not None
    assert later.hold.reason == "came_after_withdrawal"
    assert ward.facts() == []


def test_a_value_corrected_here_is_not_overwritten_by_its_sender(ward: Ward) -> None:
    fact_id = ward.says(result()).results[0].fact_id or ""

    def replacement(fact: Any) -> Charted:
        new = Charted(kind="body_temperature", value=Decimal("36.8"), effective_at=AT)
        return replacing(new, fact, "read wrongly")

    correct(ward.service, NURSE, fact_id, replacement, lambda _: b"")
    answer = ward.says(result(state="corrected", value=Decimal("39.9"))).results[0]
    assert answer.hold is not None
    assert answer.hold.reason == "corrected_here"
    assert "36.8" in str(ward.facts()[0][0])


def test_a_result_for_an_unknown_patient_waits_and_is_joined(empty: Ward) -> None:
    taken = empty.says(result(), result(key="F2", code="8480-6", unit="mm[Hg]", value=Decimal(84)))
    assert [each.outcome for each in taken.results] == ["held", "held"]
    assert [row["reason"] for row in held.listed(empty.service, LAB)] == ["unknown_patient"] * 2
    arrived = empty.arrives()
    assert [each.outcome for each in arrived.joined] == ["charted", "charted"]
    assert held.listed(empty.service, LAB) == []
    assert len(empty.facts()) == 1
    # Its sender has named it: sent once more it is still one fact.
    assert empty.says(result()).results[0].outcome == "duplicate"
    resource = taken.results[0].resource_id
    assert resource is not None
    empty.sound()


def test_what_waits_is_joined_when_a_person_enrols(empty: Ward) -> None:
    empty.says(result())
    patient = {"name": None, "birth_date": date(1961, 5, 2), "sex": None, "unit": "bmt-1"}
    numbers = [{"system": MRN.system, "value": MRN.value}]
    told: list[Any] = []

    def render(row: Any) -> bytes:
        told.append(row)
        return b"{}"

    enrol(empty.service, NURSE, patient, numbers, render)
    empty.patient_id = told[0]["id"]
    assert told[0]["version"] == 2
    assert len(empty.facts()) == 1
    empty.sound()


def test_what_is_not_mapped_is_read_again_after_it_was(ward: Ward) -> None:
    local = Report(
        what="observation",
        patient=(MRN,),
        key="L1",
        codings=(Coding("99LAB", "FERR", "Ferritin"),),
        value=Decimal(1200),
        unit_text="ug/L",
        effective_at=AT,
    )
    first = ward.says(local).results[0]
    assert first.hold is not None
    assert first.hold.reason == "unknown_code"
    unmapped = held_rows.unmapped(ward.service.store, 5)
    assert (unmapped[0]["code"], unmapped[0]["display"]) == ("FERR", "Ferritin")
    same = held.reread(ward.service, NURSE)
    assert (same.read, same.settled, same.waiting) == (1, 0, 1)
    assert len(held.listed(ward.service, LAB)) == 1

    text = '[[code]]\nsystem = "99LAB"\ncode = "FERR"\nkind = "ferritin"\n'
    maps = {**ward.service.code_maps, "LAB/HOSP": read_code_map(text, "lab")}
    object.__setattr__(ward.service, "code_maps", maps)
    again = held.reread(ward.service, NURSE)
    assert (again.read, again.settled) == (1, 1)
    assert ward.facts("ferritin") == [("1200", "final")] or len(ward.facts("ferritin")) == 1
    assert held.listed(ward.service, LAB) == []
    assert ward.says(local).results[0].outcome == "duplicate"
    ward.sound()


def test_a_person_may_dismiss_what_waits(ward: Ward) -> None:
    ward.says(result(unit="furlong"))
    row = held.listed(ward.service, LAB)[0]
    assert row["reason"] == "unknown_unit"
    held.dismiss(ward.service, NURSE, row["id"], "a test of the interface")
    assert held.listed(ward.service, LAB) == []
    with pytest.raises(Conflicting):
        held.dismiss(ward.service, NURSE, row["id"], "again")
    ward.sound()


CASES = [
    ({"code": "770-8", "unit": "%"}, "denied_code"),
    ({"code": "1-8"}, "unknown_code"),
    ({"unit": None}, "unknown_unit"),
    ({"unit": "Cel", "unit_text": "[degF]"}, "units_disagree"),
    ({"value": None}, "no_value"),
    ({"value": True}, "value_refused"),
    ({"value": Decimal(900)}, "value_refused"),
    ({"value": "warm"}, "value_refused"),
    ({"effective_at": None, "time_fault": "a day is no instant"}, "no_time"),
    ({"effective_at": AT + timedelta(days=1)}, "time_refused"),
    ({"patient": (Identifier("urn:mrn", "nobody"),)}, "unknown_patient"),
    ({"patient": ()}, "unknown_patient"),
]


@pytest.mark.parametrize(("more", "reason"), CASES, ids=lambda each: str(each)[:40])
def test_what_cannot_be_read_waits_with_its_reason(
    ward: Ward, more: dict[str, Any], reason: str
) -> None:
    answer = ward.says(result(**more)).results[0]
    assert answer.outcome == "held"
    assert answer.hold is not None
    assert answer.hold.reason == reason
    assert answer.hold.words
    assert ward.facts() == []
    assert len(held.listed(ward.service, LAB)) == 1


def test_a_strict_message_with_a_time_in_the_future_is_refused_whole(ward: Ward) -> None:
    late = result(key="L", effective_at=AT + timedelta(days=1), place="/entry/1")
    before = ward.service.store.query("select count(*) as n from message")[0]["n"]
    with pytest.raises(Refused) as refused:
        ward.says(result(), late, strict=True)
    assert [fault.pointer for fault in refused.value.faults] == ["/entry/1"]
    assert ward.facts() == []
    assert ward.service.store.query("select count(*) as n from message")[0]["n"] == before
    ward.sound()


def test_a_statement_sent_for_another_patient_moves(ward: Ward) -> None:
    first = ward.patient_id
    ward.says(result())
    other = Identifier("urn:mrn", "B2")
    ward.arrives(other)
    second = ward.patient_id
    assert second != first
    moved = ward.says(result(patient=(other,), state="corrected")).results[0]
    assert moved.outcome == "corrected"
    assert moved.patient_id == second
    assert len(ward.facts()) == 1
    ward.patient_id = first
    assert ward.facts() == []
    ward.sound()


def test_a_patient_is_described_anew_and_found_by_a_new_number(ward: Ward) -> None:
    other = Identifier("urn:case", "C9")
    taken = ward.arrives(MRN, other, name="Ada", birth_date=date(1961, 5, 2), sex="female")
    assert taken.arrived[0].changed
    row = patients.get(ward.service.store, ward.patient_id)
    assert row is not None
    assert (row["name"], row["birth_date"], row["sex"]) == ("Ada", "1961-05-02", "female")
    assert patients.holder(ward.service.store, "urn:case", "C9") == ward.patient_id
    assert not ward.arrives(MRN, other, name="Ada").arrived[0].changed
    ward.sound()


def test_a_merge_that_a_message_tells_of(ward: Ward) -> None:
    first = ward.patient_id
    other = Identifier("urn:mrn", "B2")
    ward.arrives(other)
    second = ward.patient_id
    ward.says(result(patient=(other,), key="P2"))
    told = Merging(kind="merge", gone=(other,), into=(MRN,), reason="A40")
    merged = ward.says(mergings=(told,)).merged[0]
    assert merged["outcome"] == "merged"
    ward.patient_id = first
    assert len(ward.facts()) == 1
    # The sender goes on with what it has named, under either number.
    answer = ward.says(result(patient=(other,), key="P2", state="corrected", value=Decimal("39")))
    assert answer.results[0].outcome == "corrected"
    assert answer.results[0].patient_id == first
    assert [value for value, _ in ward.facts()] == [ward.facts()[0][0]]
    back = Merging(kind="unmerge", gone=(other,), into=(MRN,), reason="A37")
    assert ward.says(mergings=(back,)).merged[0]["outcome"] == "unmerged"
    assert ward.facts() == []
    ward.patient_id = second
    assert "39" in str(ward.facts()[0][0])
    again = result(patient=(other,), key="P2", state="corrected", value=Decimal("37"))
    assert ward.says(again).results[0].patient_id == second
    assert "37" in str(ward.facts()[0][0])
    ward.sound()


def test_doses_and_stays(ward: Ward) -> None:
    dose = Report(
        what=DOSE,
        patient=(MRN,),
        key="D1",
        text="Actemra",
        effective_at=AT,
        detail={
            "dose": {"value": Decimal(560), "unit": "mg"},
            "route": "iv",
            "status": "completed",
        },
    )
    stay = Report(
        what=STAY,
        patient=(MRN,),
        key="E1",
        effective_at=AT,
        detail={"setting": "inpatient", "unit": "bmt-1", "bed": "12"},
    )
    per_kg = Report(
        what=DOSE,
        patient=(MRN,),
        key="D2",
        text="tocilizumab",
        effective_at=AT,
        detail={"dose": {"value": Decimal(8), "unit": "mg/kg"}},
    )
    outcomes = [each.outcome for each in ward.says(dose, stay, per_kg).results]
    assert outcomes == ["charted", "charted", "held"]
    assert ward.says(dose, stay).results[0].outcome == "duplicate"
    assert ward.facts("administration") == [('"tocilizumab"', "final")]
    ward.sound()


def test_a_message_that_cannot_be_read_is_kept_as_it_came(ward: Ward) -> None:
    raw = b"MSH|\xff\x00 no"
    message = Message("LAB/HOSP", "hl7v2", None, raw, "x-application/hl7-v2+er7")
    kept = keep_unreadable(ward.service, LAB, message, "no character set")
    assert keep_unreadable(ward.service, LAB, message, "no character set") == kept
    row = messages.get(ward.service.store, kept)
    assert row is not None
    assert body_of(row) == raw
    ward.sound()


def test_a_sender_of_one_unit_reaches_no_other(ward: Ward) -> None:
    narrow = Actor("icu", "ICU", "integration", frozenset({"icu"}))
    message = Message("ICU", "fhir", None, b"{}", "application/fhir+json")
    answer = take(ward.service, narrow, message, [result()]).results[0]
    assert answer.hold is not None
    assert answer.hold.reason == "out_of_reach"
    arrival = Arrival(identifiers=(Identifier("urn:mrn", "C3"),), ward="bmt-1")
    arrived = take(ward.service, narrow, message, [], arrivals=(arrival,)).arrived[0]
    assert arrived.patient_id is None


def test_the_whole_is_undone_together(ward: Ward, service: Service) -> None:
    """A failure in the middle of a message leaves nothing of it."""
    bad = Report(what="observation", patient=(MRN,), key="X", value=Decimal(1), effective_at=AT)
    object.__setattr__(bad, "what", "nonsense")
    with pytest.raises(KeyError):
        ward.says(result(), bad)
    assert ward.facts() == []
    ward.sound()


def infusing(
    drug: str, since: int, until: int | None, key: str, state: str = "final", ordinal: int = 1
) -> Report:
    """An infusion of a drug, by minutes after the beginning."""
    return Report(
        what=DOSE,
        patient=(MRN,),
        key=key,
        text=drug,
        effective_at=AT + timedelta(minutes=since),
        until_at=None if until is None else AT + timedelta(minutes=until),
        state=state,
        ordinal=ordinal,
        detail={"status": "started" if until is None else "completed"},
    )


PUMPS = [
    infusing("norepinephrine", 0, None, "N", ordinal=1),
    infusing("vasopressin", 10, None, "V", ordinal=1),
    infusing("norepinephrine", 0, 30, "N", ordinal=2),
    infusing("vasopressin", 10, 20, "V", ordinal=2),
]


@pytest.mark.parametrize("order", [PUMPS, PUMPS[::-1], [*PUMPS[2:], *PUMPS[:2]]])
def test_what_runs_together_follows_from_what_was_begun_and_ended(
    ward: Ward, order: list[Report]
) -> None:
    for report in order:
        ward.says(report)
    rows = facts.standing_of_kind(ward.service.store, ward.patient_id, "vasopressors")
    said = [
        ((row["effective_at"] - AT).total_seconds() / 60, row["value"])
        for row in rows
        if row["value"] is not None
    ]
    assert [(minute, value.count("pres"), "norepinephrine" in value) for minute, value in said] == [
        (0, 0, True),
        (10, 1, True),
        (20, 0, True),
        (30, 0, False),
    ]
    ward.sound()


def test_an_infusion_taken_back_takes_its_list_back(ward: Ward) -> None:
    ward.says(infusing("norepinephrine", 0, None, "N"))
    assert len(ward.facts("vasopressors")) == 1
    assert ward.crs()[1] >= 3
    ward.says(infusing("norepinephrine", 0, None, "N", state="withdrawn", ordinal=2))
    assert ward.facts("vasopressors") == []
    ward.sound()


def test_a_patient_whom_nothing_places_waits_and_is_placed(empty: Ward) -> None:
    nowhere = Arrival(identifiers=(MRN,), name="Ada")
    for _ in range(2):
        told = empty.says(result(), arrivals=(nowhere,))
        assert told.arrived[0].patient_id is None
    assert [row["reason"] for row in held.listed(empty.service, LAB)] == [
        "no_ward",
        "unknown_patient",
    ]
    maps = {**empty.service.code_maps, "LAB/HOSP": read_code_map('[source]\nunit = "b"', "lab")}
    object.__setattr__(empty.service, "code_maps", maps)
    done = held.reread(empty.service, NURSE)
    assert done.settled >= 1
    assert held.listed(empty.service, LAB) == []
    empty.patient_id = patients.holder(empty.service.store, MRN.system, MRN.value) or ""
    assert len(empty.facts()) == 1
    empty.sound()


def test_a_merge_that_is_refused_waits(ward: Ward) -> None:
    one, two = Identifier("urn:mrn", "B2"), Identifier("urn:mrn", "C3")
    ward.arrives(one)
    ward.arrives(two)
    ward.says(mergings=(Merging(kind="merge", gone=(two,), into=(MRN,)),))
    told = Merging(kind="merge", gone=(two,), into=(one,))
    assert ward.says(mergings=(told,)).merged[0]["outcome"] == "refused"
    row = held.listed(ward.service, LAB)[0]
    assert row["reason"] == "merge_refused"
    assert row["words"]
    ward.says(mergings=(Merging(kind="unmerge", gone=(two,), into=(MRN,)),))
    assert held.reread(ward.service, NURSE).settled == 1
    assert held.listed(ward.service, LAB) == []
    ward.sound()


def test_a_sender_is_heard_whatever_has_to_wait(empty: Ward) -> None:
    empty.says(result())
    assert feeds.get(empty.service.store, LAB.id) is not None
