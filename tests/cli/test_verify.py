"""`toxmon verify`: whatever was changed behind the back of toxmon is found, and where.

Each case changes a copy of a sound record in the way that somebody with the file could: the
triggers are dropped first. A line of `TAMPERINGS` says what is done and what verify must say.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import KEY, Operator
from tests.cli.record import chart_a_ward

ROWS_CHANGED = "the rows that it tells of were changed"
CHANGED = "was changed, or was signed with another key"
REGRADED = "on record otherwise than graded from nothing"

HOT = "select seq from fact where kind = 'body_temperature' and value like '%38.6%' limit 1"
GRADE = "select seq from assessment where scale = 'crs' and low = 1 limit 1"
CHARTED = "select n from access where action = 'chart' order by n limit 1 offset 2"
NEWEST = "select max(n) from access where version is not null"

# what was done, in SQL; what verify says of it
TAMPERINGS: tuple[tuple[str, str, str], ...] = (
    ("a_value", f"update fact set value = '36.6' where seq = ({HOT})", ROWS_CHANGED),
    ("a_time", f"update fact set effective_at = '2026-03-01T06:30:00.000000+00:00' "
     f"where seq = ({HOT})", ROWS_CHANGED),
    ("an_author", f"update fact set recorded_by = 'Eve' where seq = ({HOT})", ROWS_CHANGED),
    ("what_was_sent", f"update fact set sent = '{{}}' where seq = ({HOT})", ROWS_CHANGED),
    ("a_status", f"update fact set status = 'quarantined' where seq = ({HOT})", ROWS_CHANGED),
    ("a_reason", "update fact set reason = 'none' where reason is not null", ROWS_CHANGED),
    ("a_fact_less", f"delete from fact where seq = ({HOT})", ROWS_CHANGED),
    ("a_fact_moved", "update fact set patient_id = (select id from patient order by id limit 1) "
     "where patient_id <> (select id from patient order by id limit 1)", ROWS_CHANGED),
    ("a_fact_more", "insert into fact (id, patient_id, version, kind, value, status, effective_at, "
     "recorded_at, recorded_by) select 'x', patient_id, 99, kind, value, status, effective_at, "
     "recorded_at, recorded_by from fact limit 1", "facts of version 99 have no link"),
    ("a_fact_more_of_a_version", "insert into fact (id, patient_id, version, kind, value, status, "
     "effective_at, recorded_at, recorded_by) select 'x', patient_id, version, kind, value, "
     "status, effective_at, recorded_at, recorded_by from fact limit 1", ROWS_CHANGED),
    ("a_grade", f"update assessment set low = 0, high = 0 where seq = ({GRADE})", ROWS_CHANGED),
    ("what_a_grade_says", f"update assessment set body = '{{}}' where seq = ({GRADE})",
     ROWS_CHANGED),
    ("a_grade_in_short", f"update assessment set short = 'x' where seq = ({GRADE})", REGRADED),
    ("a_grade_less", f"delete from assessment where seq = ({GRADE})", ROWS_CHANGED),
    ("a_name", "update patient set name = 'Eve' where name = 'Ada'", ROWS_CHANGED),
    ("a_birth", "update patient set birth_date = '1991-05-02'", ROWS_CHANGED),
    ("a_unit", "update patient set unit = 'icu-2'", ROWS_CHANGED),
    ("two_who_were_swapped", "update identifier set value = 'X' where value = 'A1'; update "
     "identifier set value = 'A1' where value = 'B2'; update identifier set value = 'B2' where "
     "value = 'X'", ROWS_CHANGED),
    ("a_number_more", "insert into identifier select 'urn:x', '1', id, recorded_at from patient "
     "limit 1", ROWS_CHANGED),
    ("a_link_less", f"delete from access where n = ({CHARTED})", "is missing before it"),
    ("the_first_link_less", "delete from access where n = 1", "link 1 is missing before it"),
    ("what_a_link_says", f"update access set actor = 'Eve' where n = ({CHARTED})", CHANGED),
    ("when_a_link_was", f"update access set at = '2026-03-01T00:00:00.000000+00:00' "
     f"where n = ({CHARTED})", CHANGED),
    ("a_link_signed_by_nobody", f"update access set digest = hex(randomblob(32)) "
     f"where n = ({CHARTED})", CHANGED),
    ("a_link_that_follows_another", f"update access set previous = hex(randomblob(32)) "
     f"where n = ({CHARTED})", "does not follow from the link before it"),
    ("what_a_link_tells_of", "update access set detail = 'x' where action = 'token.create'",
     CHANGED),
    ("which_rows_a_link_signs", f"update access set content = 'x' where n = ({CHARTED})", CHANGED),
    ("two_links_swapped", "update access set n = -1 where n = 3; update access set n = 3 where "
     "n = 4; update access set n = 4 where n = -1", "does not follow from the link before it"),
    ("links_in_another_order", "update access set n = -n; "
     "update access set n = (select max(-n) from access) + 1 + n where n < 0",
     "does not follow from the link before it"),
    ("the_tail_cut_off", f"delete from access where n >= ({NEWEST})", "its versions have gaps"),
    ("the_tail_cut_off_with_its_facts", "delete from fact where kind = 'administration'; "
     f"delete from access where n >= ({NEWEST})", "its versions have gaps"),
    ("all_links", "delete from access", "its versions have gaps"),
    ("a_version", "update head set version = version + 1", "its versions have gaps"),
    ("a_head_less", "delete from head where patient_id = (select min(id) from patient)",
     "has no head"),
    ("the_saved_state", "update fold set state = 'x'", "cannot be read; repair folds it again"),
    ("the_ledger", "update fold set ledger = replace(ledger, '450', '4500')",
     "is not what all facts give; repair folds it again"),
    ("a_ledger_less", "update fold set ledger = null", "cannot be read; repair folds it again"),
    ("a_ledger_that_is_none", "update fold set ledger = '{'", "cannot be read; repair folds it"),
    ("a_range_of_the_laboratory", "update fact set sent = replace(sent, '300', '3000') "
     "where kind = 'ferritin'", ROWS_CHANGED),
    ("a_grade_of_the_blood", "update assessment set low = 0 where scale = 'icaht_early'",
     ROWS_CHANGED),
    ("a_role", "update token set role = 'admin' where role = 'nurse'", ROWS_CHANGED),
    ("the_reach_of_a_token", "update token set units = null", ROWS_CHANGED),
    ("the_end_of_a_token", "update token set expires_at = null", ROWS_CHANGED),
    ("the_secret_of_a_token", "update token set secret = 'x'", ROWS_CHANGED),
    ("a_token_less", "delete from token_end; delete from token where role = 'nurse'",
     ROWS_CHANGED),
    ("a_revoked_token_back", "delete from token_end", ROWS_CHANGED),
    ("a_token_from_nowhere", "insert into token select 'x', 'Eve', 'admin', null, secret, "
     "recorded_at, null from token limit 1", "has no link in the audit chain"),
    ("who_acknowledged", "update alert_event set recorded_by = 'Eve' "
     "where kind = 'acknowledged'", ROWS_CHANGED),
    ("when_an_alert_was_acknowledged", "update alert_event "
     "set recorded_at = '2026-03-01T07:00:00.000000+00:00' where kind = 'acknowledged'",
     ROWS_CHANGED),
    ("what_an_alert_said", "update alert_event set body = replace(body, 'grade 1', 'grade 0') "
     "where kind = 'raised'", ROWS_CHANGED),
    ("an_alert_that_was_never_raised", "delete from alert_event where kind = 'raised' "
     "and patient_id is not null", ROWS_CHANGED),
    ("an_escalation_less", "delete from alert_event where seq = (select max(seq) from alert_event "
     "where kind = 'escalated')", ROWS_CHANGED),
    ("an_acknowledgement_more", "insert into alert_event (id, alarm_id, patient_id, treatment_id, "
     "unit, version, key, kind, recorded_at, recorded_by, body) select 'x', alarm_id, patient_id, "
     "treatment_id, unit, version, key, kind, recorded_at, 'Eve', body from alert_event "
     "where kind = 'acknowledged' limit 1", ROWS_CHANGED),
    ("a_technical_alert", "update alert_event set body = replace(body, 'charge_nurse', 'nobody') "
     "where patient_id is null", ROWS_CHANGED),
    ("two_alert_events_swapped", "update alert_event set seq = -seq where seq in "
     "(select min(seq) from alert_event union select max(seq) from alert_event); "
     "update alert_event set seq = (select sum(-seq) from alert_event where seq < 0) + seq "
     "where seq < 0", "alarms cannot be read"),
    ("a_missed_check", "update watch_event set at = '2026-03-01T07:00:00.000000+00:00' "
     "where kind = 'missed'", ROWS_CHANGED),
    ("a_missed_check_less", "delete from watch_event where seq = (select max(seq) from "
     "watch_event where kind = 'missed')", ROWS_CHANGED),
    ("who_was_on_call", "update shift set person = 'Eve' where replaces_id is null", ROWS_CHANGED),
    ("until_when_somebody_was_on_call", "update shift set "
     "until_at = '2026-03-01T13:00:00.000000+00:00' where replaces_id is not null", ROWS_CHANGED),
    ("a_swap_less", "delete from shift where replaces_id is not null", ROWS_CHANGED),
    ("how_an_alert_stands", "update alarm set state = 'normal', open = 0 "
     "where patient_id is not null", "stands otherwise than its events make it"),
    ("an_alert_off_the_list", "delete from alarm where patient_id is not null",
     "is not on the list, where its events put it"),
    ("the_open_alerts_of_a_patient", "update head set alarms = '[]'",
     "are not those that their events leave open"),
    ("a_watch_less", "delete from watch", "is not watched; repair watches it again"),
    ("a_protocol", "update edition set text = replace(text, '1', '2') where kind = 'product'",
     "is not the text that its digest is of"),
)  # fmt: skip


@dataclass(frozen=True)
class Sound:
    """A sound record; each test has a copy of it."""

    folder: Path

    def copy_to(self, path: Path) -> None:
        shutil.copyfile(self.folder / "ward.db", path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    folder = tmp_path_factory.mktemp("sound")
    url = f"sqlite:///{folder / 'ward.db'}"
    operator = Operator(folder, {"TOXMON_DATABASE_URL": url, "TOXMON_SECRET_KEY": KEY})
    chart_a_ward(operator)
    words = ("--role", "nurse", "--name", "Ada", "--unit", "bmt-1")
    made = operator.json("token", "create", *words)["id"]
    operator.good("token", "revoke", made)
    with closing(sqlite3.connect(folder / "ward.db", isolation_level=None)) as database:
        database.execute("pragma journal_mode = delete")
    return Sound(folder)


def tamper(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        triggers = database.execute("select name from sqlite_master where type = 'trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f"drop trigger {name}")
        before = database.total_changes
        database.executescript(f"pragma foreign_keys = off; {script};")
        assert database.total_changes > before, "nothing was changed"


def test_a_sound_record_is_whole(operator: Operator, sound: Sound) -> None:
    sound.copy_to(operator.database)
    assert operator.good("verify") == "the record is whole; every grade follows from its facts\n"
    assert operator.json("verify") == []
    assert operator.run("verify").stderr == "", "a bar is for a terminal"


@pytest.mark.parametrize("case", TAMPERINGS, ids=[case[0] for case in TAMPERINGS])
def test_what_was_changed_is_found(
    operator: Operator, sound: Sound, case: tuple[str, str, str]
) -> None:
    _, script, words = case
    sound.copy_to(operator.database)
    tamper(operator.database, script)
    result = operator.run("verify")
    assert result.exit_code == 1, result.output
    assert words in result.stdout
    assert "findings" in result.stderr
    found = json.loads(operator.run("verify", "--json").stdout)
    assert any(words in each["what"] for each in found)
    assert all(each["where"] for each in found)


def test_another_key_is_found(operator: Operator, sound: Sound) -> None:
    sound.copy_to(operator.database)
    other = {"TOXMON_SECRET_KEY": "another key for tests, as long as the first"}
    result = operator.run("verify", **other)
    assert result.exit_code == 1
    assert result.stdout.count(CHANGED) > 10
    assert "TOXMON_SECRET_KEY" in operator.bad(2, "verify", "--repair", **other)


def test_a_page_that_was_overwritten_is_found(operator: Operator, sound: Sound) -> None:
    sound.copy_to(operator.database)
    raw = bytearray(operator.database.read_bytes())
    with closing(sqlite3.connect(operator.database)) as database:
        (page,) = database.execute(
            "select rootpage from sqlite_master where name = 'fact_of_patient'"
        ).fetchone()
    raw[(page - 1) * 4096 + 8 : page * 4096] = bytes(4096 - 8)
    operator.database.write_bytes(raw)
    result = operator.run("verify")
    assert result.exit_code == 1
    assert "database" in result.output


def test_work_that_was_spoilt_is_repaired(operator: Operator, sound: Sound) -> None:
    sound.copy_to(operator.database)
    tamper(operator.database, "update fold set state = 'x'; delete from checkpoint")
    assert operator.run("verify").exit_code == 1
    result = operator.run("verify", "--repair")
    assert result.exit_code == 0, result.output
    assert "folded again; 0 assessments were added" in result.stderr
    assert "whole" in operator.good("verify")


def test_a_record_that_was_changed_is_not_repaired_into_truth(
    operator: Operator, sound: Sound
) -> None:
    sound.copy_to(operator.database)
    tamper(operator.database, f"update fact set value = '36.6' where seq = ({HOT})")
    result = operator.run("verify", "--repair")
    assert result.exit_code == 1
    assert ROWS_CHANGED in result.stdout


def test_where_there_is_no_record_nothing_is_verified(operator: Operator) -> None:
    assert "there is no record" in operator.bad(2, "verify")
    assert list(operator.folder.iterdir()) == []
