"""A vignette has one answer: over HTTP, on the command line, and from a record that was charted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.actions.charting import INFUSED_AT, Charting, NotCharted, charted
from tests.conftest import Api, Clock
from toxmon.grading.course import SCALES as WATCHED
from toxmon.grading.published import PUBLISHED

TOP = Path(__file__).parents[2]
VIGNETTES = json.loads((TOP / "docs" / "vignettes.json").read_text())["vignettes"]
AT_LEAST, AT_MOST = 3, 6
KNOWS_MORE = frozenset(
    {
        # A record always knows whether there was an earlier fever, and how long a drug has run.
        "neither earlier fever nor treatment known, on a pressor",
        "any vasopressor, hours not charted",
        # The end of a follow-up is a fact with a day of its own.
        "followed up to day 100",
        "ended, nobody said when, but no later than today",
        # Not plausible, and so in quarantine.
        "far above any lower limit of normal, which nobody has sent",
        # Of a toxicity that was never charted a record has no answer; it says `not_charted`.
        "not charted",
        "not charted, and yet a day",
    }
)
METHODS = {"icaht": "icaht_method", "t_icaht": "t_icaht_method"}


def chosen(scale: str) -> list[dict[str, Any]]:
    """Vignettes of a scale that a ward can chart, with as many different answers as may be."""
    by_answer: dict[Any, list[dict[str, Any]]] = {}
    for vignette in VIGNETTES:
        if vignette["scale"] == scale and vignette["case"] not in KNOWS_MORE:
            try:
                made = charted(scale, vignette["findings"])
            except NotCharted:
                continue
            if not made.sets and not made.acts:
                continue  # Nothing is charted at all.
            answer = (vignette["expected"]["low"], vignette["expected"]["high"])
            by_answer.setdefault(answer, []).append(vignette)
    found: list[dict[str, Any]] = []
    while len(found) < AT_MOST and any(by_answer.values()):
        for waiting in by_answer.values():
            if waiting and len(found) < AT_MOST:
                found.append(waiting.pop(0))
    return found


def expected(vignette: dict[str, Any]) -> tuple[Any, Any]:
    return vignette["expected"]["low"], vignette["expected"]["high"]


# On one database: both give the same record, which is proved elsewhere.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scale", PUBLISHED)
def test_http_command_and_record_agree(scale: str, api: Api, clock: Clock) -> None:
    vignettes = chosen(scale)
    assert len(vignettes) >= AT_LEAST
    told = by_command(scale, vignettes)
    for number, vignette in enumerate(vignettes):
        words = f"{scale}: {vignette['heading']}: {vignette['case']}"
        posted = api.post(f"/grade/{scale}", vignette["findings"], by="integration")
        assert posted.status == 200, posted.body
        assert (posted.body["low"], posted.body["high"]) == expected(vignette), words
        assert (told[number]["low"], told[number]["high"]) == expected(vignette), words
        kept = from_record(api, clock, scale, vignette)
        assert (kept["low"], kept["high"]) == expected(vignette), words
        assert kept["edition"] == posted.body["edition"]


def by_command(scale: str, vignettes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = "\n".join(json.dumps(vignette["findings"]) for vignette in vignettes)
    done = subprocess.run(
        [sys.executable, "-m", "toxmon", "grade", scale, "--json"],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        cwd=TOP,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def from_record(api: Api, clock: Clock, scale: str, vignette: dict[str, Any]) -> dict[str, Any]:
    made = charted(scale, vignette["findings"])
    clock.now = max(clock.now, made.read_at, *made.sets)
    patient_id = told(api, made)
    query = f"?scale={scale}&as_of={quote(made.read_at.isoformat())}"
    method = vignette["findings"].get("method")
    if method:
        query += f"&{METHODS[scale.rsplit('_', 1)[0]]}={quote(method)}"
    answer = api.get(f"/patients/{patient_id}/grades{query}")
    assert answer.status == 200, answer.body
    grade: dict[str, Any] = answer.body["grades"][scale]
    return grade


def told(api: Api, made: Charting) -> str:
    """Chart it all in the order of the bedside, and give the patient's id."""
    patient_id = api.patient(mrn=f"V{next(api.numbers)}", birth_date=made.born.isoformat())
    before = [at for at in sorted(made.sets) if at < INFUSED_AT]
    for at in before:
        _post(api, patient_id, "observations", _set(made, at))
    infusion = {"product": "axi-cel", "infused_at": INFUSED_AT.isoformat()}
    _post(api, patient_id, "infusions", infusion)
    for path, body in made.acts:
        _post(api, patient_id, path, body, by="physician")
    for at in sorted(made.sets):
        if at >= INFUSED_AT:
            _post(api, patient_id, "observations", _set(made, at))
    return patient_id


def _set(made: Charting, at: Any) -> dict[str, Any]:
    return {"effective_at": at.isoformat(), "observations": made.sets[at]}


def _post(api: Api, patient_id: str, path: str, body: dict[str, Any], by: str = "nurse") -> None:
    answer = api.post(f"/patients/{patient_id}/{path}", body, by=by)
    assert answer.status == 201, answer.body


def test_every_watched_scale_is_published() -> None:
    assert set(WATCHED) <= set(PUBLISHED)
