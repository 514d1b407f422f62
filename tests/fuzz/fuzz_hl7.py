"""Fuzz the reader of HL7 v2 by coverage: `make fuzz`, or python tests/fuzz/fuzz_hl7.py CORPUS.

Needs atheris. Whatever the bytes are, they are read or refused with a place and words.
"""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["toxmon.ehr.hl7v2"]):
    from toxmon.ehr.hl7v2.admissions import EVENTS, admission_of
    from toxmon.ehr.hl7v2.doses import doses_of
    from toxmon.ehr.hl7v2.header import check_header, read_header
    from toxmon.ehr.hl7v2.message import NotRead, head_of, messages_in, parse
    from toxmon.ehr.hl7v2.results import results_of

from tests.ehr.hl7v2.messages import PID, adt, obx, oru, pv1, ras, rxa
from toxmon.intake.report import dump_report, load_report


def try_one(data: bytes) -> None:
    """Read bytes as every kind of message."""
    for body in messages_in(data):
        head = head_of(body)
        if head is None:
            continue
        header = read_header(head)
        try:
            check_header(header, "P")
            parsed = parse(body)
            times = header.times(UTC)
            reports = []
            if header.type == "ADT" and header.event in EVENTS:
                reports = list(admission_of(parsed, header, times).reports)
            elif header.type == "RAS":
                reports = doses_of(parsed, header, times)
            else:
                reports = results_of(parsed, header, times)
        except NotRead as refused:
            check(refused)
            continue
        for report in reports:
            assert dump_report(load_report(dump_report(report))) == dump_report(report)


def check(refused: NotRead) -> None:
    """A refusal says why."""
    assert refused.words


def seed(folder: Path) -> None:
    """Begin with messages that are good."""
    folder.mkdir(parents=True, exist_ok=True)
    joined = adt("A40", "2", PID, "MRG|B2^^^HOSP^MR")
    seeds = [oru("m1", obx(), "NTE|1|L|note"), adt("A01", "1", PID, pv1()), joined, ras("d", rxa())]
    for number, body in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(body)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        seed(Path(sys.argv[1]))
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
