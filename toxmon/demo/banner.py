"""What the demo prints once the ward is open: what to look at, as whom, and three commands."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from toxmon.demo.client import BASE
from toxmon.demo.mishaps import Mishaps
from toxmon.demo.people import PASSWORD, PIN
from toxmon.demo.telling import NAMES
from toxmon.demo.ward import Patient, instant

NOW = "$(date -u +%FT%TZ)"
MAY = {
    "nurse": "charts, corrects, records infusions and doses",
    "physician": "the same, and says what has another cause",
    "pharmacist": "releases, records and corrects doses, counts vials",
    "integration": "another program, such as the laboratory's",
    "admin": "audit trail and protocols",
    "auditor": "audit trail and protocols",
}


def banner(
    address: str,
    tokens: Mapping[str, str],
    patients: Iterable[Patient],
    patient_ids: Mapping[str, str],
    grades: Mapping[str, Mapping[str, str]],
    wrong: Mishaps,
    looked_at: datetime,
    now: datetime,
    speed: float,
) -> str:
    """The words, ready to print. `looked_at` lies between the wrong value and its correction.

    `grades` are by medical record number and scale, in words.
    """
    patients = list(patients)
    products = Counter(patient.product for patient in patients)
    after = wrapped(f"{count} after {product}" for product, count in sorted(products.items()))
    days = [int(patient.hours(now) // 24) for patient in patients]
    width, widest = max(map(len, tokens)), max(map(len, products))
    lines = [
        "",
        f"The ward is open: {len(patients)} invented patients, {min(days)} to {max(days)} days "
        "since the infusion or the first dose,",
        *after,
        "",
        f"Open {address} in a browser, also in a second one as somebody else, and sign in:",
        "",
        f"  name      {' | '.join(tokens)}",
        f"  password  {PASSWORD}    (PIN to unlock and to hand over: {PIN})",
        "",
        "Programs have tokens of the same roles:",
        *(
            f"  {role:{width}}  {token}  {MAY.get(role, '')}".rstrip()
            for role, token in tokens.items()
        ),
        "",
        f"  {address}/docs          every route, to read and to try",
        f"  {address}/health/ready  whether the server is ready, and on what it runs",
        "",
        "Three commands that work as they are:",
        "",
        *curls(address, tokens, patients, patient_ids, wrong, looked_at),
        "",
        "The patients, by medical record number; every scale of one is at GET /patients/ID/grades:",
        *(
            f"  {one.mrn}  {patient_ids[one.mrn]}  {one.product:{widest}}  day {day:2}  "
            f"{one.name:16}  {worth_knowing(grades.get(one.mrn, {}))}".rstrip()
            for one, day in zip(patients, days, strict=True)
        ),
        "",
        f"The ward goes on, {speed:g} times as fast as it would: each change of a grade is printed",
        "here, and everything is charted with the time of its telling. Ctrl-C closes the ward and",
        "removes it.",
        "",
    ]
    return "\n".join(lines)


def looking(address: str, database_url: str, nurse: str) -> str:
    """How to see the alerts come and go."""
    sign_in = f"-H {shlex.quote('Authorization: Bearer ' + nurse)}"
    return "\n".join(
        (
            "Alerts: some are taken at once, some by nobody until the charge nurse is called. See",
            "them in a second terminal, as a board that draws itself anew, or as a program does:",
            "",
            f"TOXMON_DATABASE_URL={shlex.quote(database_url)} toxmon ward --watch",
            f"curl -s {sign_in} '{address}{BASE}/alerts?limit=20'",
            "",
            "Within the next minutes one patient has a fever, somebody takes the alert, and the",
            "patient worsens: it sounds again. One goes home, one dies. One is in theatre, and at",
            "one bed nobody has made the rounds. HIGH alerts that nobody takes go to the charge",
            "nurse after 3 minutes, then to the physician on call.",
            "",
        )
    )


def worth_knowing(grades: Mapping[str, str]) -> str:
    """The grades of a patient in a line; `grades` are by scale, in words."""
    return ", ".join(f"{name} {grades[scale]}" for scale, name in NAMES.items() if scale in grades)


def wrapped(parts: Iterable[str], width: int = 88) -> list[str]:
    """The parts with commas between them, as lines, and a full stop at the end."""
    return textwrap.wrap(", ".join(parts) + ".", width)


def curls(
    address: str,
    tokens: Mapping[str, str],
    patients: Iterable[Patient],
    patient_ids: Mapping[str, str],
    wrong: Mishaps,
    looked_at: datetime,
) -> list[str]:
    """The three commands, each after the line that says what it does."""
    calm = next(iter(patients))
    one, other = patient_ids[calm.mrn], patient_ids[wrong.corrected.mrn]
    seen = instant(wrong.wrong_at + timedelta(minutes=1))
    known = instant(looked_at.replace(microsecond=looked_at.microsecond // 1000 * 1000))
    body = {
        "effective_at": NOW,
        "observations": [
            {"kind": "body_temperature", "value": 38.6, "unit": "Cel"},
            {"kind": "systolic_bp", "value": 84, "unit": "mm[Hg]"},
            {"kind": "vasopressors", "value": []},
            {"kind": "oxygen_device", "value": "nasal_cannula"},
            {"kind": "oxygen_flow", "value": 3, "unit": "L/min"},
        ],
    }
    base = f"{address}{BASE}/patients"
    sign_in = f"-H {shlex.quote('Authorization: Bearer ' + tokens['nurse'])}"
    # The shell puts in the time at which the command is run, or the set would be older than what
    # the ward has charted since.
    data = shlex.quote(json.dumps(body, separators=(",", ":"))).replace(NOW, f"'{NOW}'")
    post = (
        f"curl -s {sign_in} -H 'Content-Type: application/json' -d {data} {base}/{one}/observations"
    )
    return [
        f"# {calm.name} has a fever and low pressure: post a set, read what it changes",
        post,
        "",
        f"# {calm.name}'s grades now",
        f"curl -s {sign_in} {base}/{one}/grades",
        "",
        f"# What the screen said of {wrong.corrected.name} before 39.8 was corrected to 36.8",
        f"curl -s {sign_in} '{base}/{other}/grades?as_of={seen}&known_at={known}'",
    ]
