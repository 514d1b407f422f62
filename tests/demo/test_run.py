"""`toxmon demo` as a visitor runs it: the ward opens, answers, goes on, and leaves nothing."""

import itertools
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

OPENS_WITHIN_S = 120
CLOSES_WITHIN_S = 30

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Visit:
    """A running `toxmon demo`, what it has printed so far, and where it keeps its files."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.port = folder, free_port()
        command = [sys.executable, "-m", "toxmon", "demo", "--port", str(self.port), *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "TMPDIR": str(folder)},
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self.readers = [
            Thread(target=self._read, args=pair)
            for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))
        stream.close()

    def wait_for(self, lines: list[str], pattern: str, seconds: float = OPENS_WITHIN_S) -> str:
        """The first line that matches, once it is printed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [line for line in lines if re.search(pattern, line)]
            if found:
                return found[0]
            assert self.process.poll() is None, self.err
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} was not printed in {seconds} s: {self.out} {self.err}")

    def close(self, number: int) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(CLOSES_WITHIN_S)
        for reader in self.readers:
            reader.join()
        return code

    def left(self) -> list[str]:
        """What it has left behind: files, and a server that still answers."""
        found = [str(path) for path in self.folder.glob("toxmon-demo-*")]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                found.append(f"port {self.port}")
        return found


@pytest.fixture(scope="module")
def open_ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """A ward at which an hour passes in six seconds."""
    visit = Visit(tmp_path_factory.mktemp("ward"), "--speed", "600")
    try:
        visit.wait_for(visit.out, "nurse after 3 minutes")
        yield visit
    finally:
        if visit.process.poll() is None:
            visit.close(signal.SIGKILL)


def answer(command: str) -> Any:
    """What a printed curl line answers; without curl on this machine, the same request."""
    if shutil.which("curl"):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    words = shlex.split(command.replace("$(date -u +%FT%TZ)", now))
    headers, data, address = {}, None, words[-1]
    for option, value in itertools.pairwise(words):
        if option == "-H":
            name, _, header = value.partition(": ")
            headers[name] = header
        elif option == "-d":
            data = value.encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers)) as response:
        return json.load(response)


def commands(visit: Visit) -> list[str]:
    return [line for line in visit.out if line.startswith("curl ")]


def get(visit: Visit, path: str) -> Any:
    """Read a path as the nurse whose token was printed."""
    token = next(line.split()[1] for line in visit.out if line.startswith("  nurse "))
    address = f"http://127.0.0.1:{visit.port}/api/v1{path}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def test_the_three_commands_work_as_they_are(open_ward: Visit) -> None:
    post, read, before, *_ = commands(open_ward)
    kept = answer(post)
    assert len(kept["observations"]) == 5
    assert kept["grades"]["crs"]["low"] >= 2
    assert answer(read)["grades"]["crs"]["low"] >= 2
    assert answer(before)["grades"]["crs"]["value"] == 1
    now_known = re.sub(r"&known_at=[^']*", "", before)
    assert answer(now_known)["grades"]["crs"]["value"] == 0


def test_there_are_many_patients_with_grades_of_their_own(open_ward: Visit) -> None:
    wards = graded(open_ward)
    assert len(wards) >= 20
    assert len({told["treatment"]["product"] for told in wards}) >= 6
    days = [told["treatment"]["day"] for told in wards]
    episodes = [told["grades"]["crs"]["episode"] for told in wards]
    assert min(days) <= 1
    assert max(days) >= 94
    assert {0, 1, 2} <= {episode["peak"] if episode else 0 for episode in episodes}


def graded(visit: Visit) -> list[Any]:
    """The grades of every patient."""
    patients = get(visit, "/patients?limit=100")["items"]
    return [get(visit, f"/patients/{patient['id']}/grades") for patient in patients]


def test_late_and_delayed_toxicities_are_to_be_seen(open_ward: Visit) -> None:
    """One patient for each, told from the others by product and day, as by a visitor."""
    wards = graded(open_ward)

    def patient(product: str, day: int) -> Any:
        """The grades of the one on that day, or on the next where midnight has passed since."""
        (found,) = [
            told["grades"]
            for told in wards
            if told["treatment"]["product"] == product
            and told["treatment"]["day"] in (day, day + 1)
        ]
        return found

    def ends(grade: Any) -> tuple[int, int]:
        return grade["low"], grade["high"]

    long = patient("axi-cel", 20)
    assert ends(long["icaht_early"]) == (3, 4)
    assert long["car_hematotox"]["risk"] == "high"
    assert long["easix"]["time_points"]["day_3"]["easix"] > 0
    assert ends(patient("tisa-cel", 27)["icaht_early"]) == (2, 2)
    assert ends(patient("brexu-cel", 45)["icaht_late"]) == (3, 4)
    suspected = patient("ide-cel", 12)["iec_hs"]
    assert (suspected["suspected"], *ends(suspected)) == (True, 0, 4)
    assert ends(patient("obe-cel", 16)["iec_hs"]) == (3, 3)
    palsy = patient("cilta-cel", 24)["cranial_nerve_palsy"]
    assert (palsy["onset_day"], *ends(palsy)) == (22, 2, 2)
    movement = patient("cilta-cel", 43)["movement_neurocognitive"]
    assert (movement["onset_day"], *ends(movement)) == (41, 3, 3)
    bowel = patient("cilta-cel", 95)["enterocolitis"]
    assert (bowel["onset_day"], *ends(bowel)) == (92, 3, 3)
    late = patient("axi-cel", 55)["icaht_late"]
    assert (late["cut"]["by"], *ends(late)) == ("disease_progression", 2, 2)


def test_the_grades_worth_knowing_stand_beside_each_name(open_ward: Visit) -> None:
    lines = [line for line in open_ward.out if line.startswith("  DEMO-")]
    assert len(lines) >= 20
    assert all("CRS " in line and "ICANS " in line for line in lines)
    for words in (
        "early ICAHT at least grade 3", "late ICAHT at least grade 3",
        "IEC-HS suspected, not confirmed", "IEC-HS grade 3", "cranial nerve palsy grade 2",
        "movement and cognition grade 3", "enterocolitis grade 3",
    ):  # fmt: skip
        assert any(words in line for line in lines), words


def test_the_board_and_the_api_agree_about_the_alerts(open_ward: Visit) -> None:
    *_, alerts = commands(open_ward)
    told = answer(alerts.replace("limit=20", "limit=200"))["items"]
    assert {"acknowledged", "unacknowledged"} <= {one["state"] for one in told}
    board = next(line for line in open_ward.out if line.startswith("TOXMON_DATABASE_URL="))
    setting, command = board.removesuffix(" --watch").split(" ", 1)
    name, _, url = setting.partition("=")
    shown = subprocess.run(
        [sys.executable, "-m", *command.split(), "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, name: url},
    )
    listed = {one["id"] for place in json.loads(shown.stdout)["items"] for one in place["alerts"]}
    assert len(listed & {one["id"] for one in told}) >= len(listed) - 5
    assert len(listed) > 20


def test_nobody_is_told_of_what_is_long_over(open_ward: Visit) -> None:
    """The ward opens with its alerts taken; a few are new."""
    sounding = [
        one for one in get(open_ward, "/alerts?limit=200")["items"] if one["signal"] == "sounding"
    ]
    assert len(sounding) < 12


def test_the_ward_shows_each_thing_that_can_happen_to_a_fact(open_ward: Visit) -> None:
    statuses: set[str] = set()
    uncertain = 0
    for patient in get(open_ward, "/patients?limit=100")["items"]:
        cursor = ""
        while cursor is not None:
            path = f"/patients/{patient['id']}/observations?limit=200{cursor}"
            page = get(open_ward, path)
            statuses |= {one["status"] for one in page["items"]}
            cursor = f"&cursor={page['next']}" if page["next"] else None
        history = get(open_ward, f"/patients/{patient['id']}/grades/history")["items"]
        uncertain += sum(one["value"] is None for one in history)
    assert {"final", "corrected", "quarantined", "entered-in-error"} <= statuses
    assert uncertain > 5


def terminal(visit: Visit, *words: str) -> subprocess.CompletedProcess[str]:
    """What `toxmon` answers in a second terminal."""
    setting = next(line for line in visit.out if line.startswith("export TOXMON_DATABASE_URL="))
    name, _, url = setting.removeprefix("export ").partition("=")
    return subprocess.run(
        [sys.executable, "-m", "toxmon", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, name: url},
    )


def patient_id(visit: Visit, mrn: str) -> str:
    line = next(line for line in visit.out if line.startswith(f"  {mrn}  "))
    return line.split()[1]


def test_a_fourth_dose_is_refused_everywhere_with_the_same_words_and_time(open_ward: Visit) -> None:
    at = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = next(line for line in open_ward.out if line.startswith("toxmon toci DEMO-"))
    _, *words = line.split()
    _, _, _, check, sign, _ = commands(open_ward)
    assert patient_id(open_ward, words[1]) in check

    def then(command: str, known: str, more: str) -> Any:
        assert known in command
        return answer(command.replace(known, more))

    asked = '{"dose":{"value":560,"unit":"mg"}'
    told = then(check, asked, f'{asked},"at":"{at}"')
    assert {one["code"] for one in told["reasons"]} == {"interval", "doses_in_24_h"}
    shown = terminal(open_ward, *words, "--at", at, "--json")
    assert shown.returncode == 1
    typed = json.loads(shown.stdout)
    draft = '"dosageInstruction":[{'
    (card,) = then(sign, draft, draft + f'"timing":{{"event":["{at}"]}},')["cards"]
    assert card["indicator"] == "critical"
    assert typed["says"] == told["says"]
    assert card["detail"].startswith(told["says"])
    assert typed["next_allowed_at"] == told["next_allowed_at"]
    assert told["next_allowed_at"] in card["detail"]
    # As they are printed they are refusals too.
    assert answer(check)["allowed"] is False
    assert answer(sign)["cards"][0]["indicator"] == "critical"


def test_no_dose_was_a_breach_and_one_is_a_question(open_ward: Visit) -> None:
    rules: list[str] = []
    cursor = ""
    while cursor is not None:
        page = get(open_ward, f"/alerts?limit=200&state=all{cursor}")
        rules += [one["rule"] for one in page["items"]]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    assert len(rules) > 200
    assert "dose:breach" not in rules
    assert rules.count("dose:unreconciled") == 1


def test_guidance_for_icans_names_doses_and_where_sources_differ(open_ward: Visit) -> None:
    line = next(line for line in open_ward.out if line.startswith("  toxmon guidance"))
    shown = terminal(open_ward, *line.split()[1:])
    assert shown.returncode == 0, shown.stderr
    assert "ICANS grade 3" in shown.stdout
    assert "Dexamethasone 10 mg every 6" in shown.stdout
    assert "WHERE THEY DIFFER" in shown.stdout


def test_progress_is_plain_lines_where_nobody_looks(open_ward: Visit) -> None:
    assert open_ward.err[0].startswith("Filling the ward: ")
    assert open_ward.err[-1] == "Filling the ward: 100 %"
    assert not any("\r" in line or "\x1b" in line for line in open_ward.err)


def test_ctrl_c_in_the_middle_of_filling_closes_it_too(tmp_path: Path) -> None:
    # Here, and the next one so late, because the ward above has to go on for 75 seconds first.
    visit = Visit(tmp_path)
    visit.wait_for(visit.err, "20 %")
    assert visit.close(signal.SIGINT) == 0
    assert visit.left() == []
    assert not any("Traceback" in line for line in visit.err)


def test_an_alert_is_raised_taken_and_comes_back_when_the_patient_worsens(
    open_ward: Visit,
) -> None:
    line = open_ward.wait_for(open_ward.out, "DEMO-.* has a fever")
    who = line.split()[1]
    for words in ("raised", "told Nadia Holm", "acknowledged by Nadia Holm", "worse: it sounds"):
        open_ward.wait_for(open_ward.out, rf"{who} .*CRS.*: {words}")


def test_the_ward_goes_on_and_then_closes_without_a_trace(open_ward: Visit) -> None:
    open_ward.wait_for(open_ward.out, r"^\d\d:\d\d:\d\d  DEMO-\d{3}  .*(grade|gradable)")
    assert open_ward.close(signal.SIGTERM) == 0
    assert open_ward.out[-1] == "The ward is closed and removed."
    assert open_ward.left() == []
