"""FHIR beside what else takes the same: a Bundle of 100 beside our own batch, a single one beside
a server that grades nothing and keeps nothing.

Everything takes turns in one run, on one disk. The peer is `benchmarks/fhir_peer.py`, run by a
Python that has `fhirstarter`; without one only the Bundles are measured.

    python -m benchmarks.fhir [--data-in FOLDER] [--peer PYTHON] [--quick]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import filling, machine
from benchmarks.bodies import EXAMINATION, NOW, TURNS, batch_request, request, vitals
from benchmarks.rounds import Compared, Variant, in_turn
from benchmarks.servers import (
    GONE_WITHIN_S,
    READY_WITHIN_S,
    NotStarted,
    Server,
    free_port,
    toxmon_server,
)
from benchmarks.sizes import FULL, QUICK, Sizes
from toxmon import clock

GOAL = 0.5
UCUM = "http://unitsofmeasure.org"
KIND = "urn:toxmon:kind"
LOINC = "http://loinc.org"
PEER = Path(__file__).with_name("fhir_peer.py")


def observation(patient_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of our own API as an Observation."""
    value = entry["value"]
    told: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": KIND, "code": entry["kind"]}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": NOW.decode(),
    }
    if "unit" in entry:
        unit = entry["unit"]
        told["valueQuantity"] = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    elif isinstance(value, int):
        told["valueInteger"] = value
    else:
        told["valueString"] = value
    return told


def bundle_request(
    token: str, patients: list[filling.Patient], observations: int, turn: int, kind: str
) -> bytes:
    """A request with a Bundle of as many observations, the same ones as in our own batch."""
    each = observations // len(patients)
    entries = [
        {
            "resource": observation(patient_id, entry),
            "request": {"method": "POST", "url": "Observation"},
        }
        for patient_id, number in patients
        for entry in [*vitals(number, turn), *EXAMINATION][:each]
    ]
    return request("/fhir", {"resourceType": "Bundle", "type": kind, "entry": entries}, token)


def bundles(
    server: Server, token: str, patients: list[filling.Patient], sizes: Sizes
) -> list[Compared]:
    """Our own batch, and Bundles of the same observations."""
    dealt = [
        patients[place * sizes.batch_patients :][: sizes.batch_patients]
        for place in range(sizes.batch_connections)
    ]
    count = sizes.batch_observations

    def load(make: Any) -> list[list[bytes]]:
        return [[make(mine, turn) for turn in range(TURNS)] for mine in dealt]

    def own(mine: list[filling.Patient], turn: int) -> bytes:
        return batch_request(token, mine, count, turn, sets=False)

    return in_turn(
        [
            Variant("our own batch", server, load(own), count),
            *(
                Variant(
                    f"a {kind}",
                    server,
                    load(
                        lambda mine, turn, kind=kind: bundle_request(token, mine, count, turn, kind)
                    ),
                    count,
                )
                for kind in ("transaction", "batch")
            ),
        ],
        sizes,
        _say,
    )


def singles(
    server: Server, peer: Server, token: str, patients: list[filling.Patient], sizes: Sizes
) -> list[Compared]:
    """One Observation in a request: validated and remembered by a peer; kept and graded by us."""

    def load(path: str) -> list[list[bytes]]:
        return [
            [
                request(path, observation(patient_id, entry), token)
                for patient_id, number in patients[place :: sizes.connections]
                for entry in vitals(number, place)[:6]
            ]
            for place in range(sizes.connections)
        ]

    return in_turn(
        [
            Variant("fhirstarter", peer, load("/Observation")),
            Variant("toxmon", server, load("/fhir/Observation")),
        ],
        sizes,
        _say,
    )


@contextmanager
def peer_server(python: Path) -> Iterator[Server]:
    """The peer, when it answers."""
    port = free_port()
    process = subprocess.Popen([str(python), "-P", "-W", "ignore", str(PEER), str(port)])
    deadline = time.monotonic() + READY_WITHIN_S
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{python} does not run {PEER}")
            time.sleep(0.1)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(GONE_WITHIN_S)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metadata", timeout=5) as answer:
            return bool(json.load(answer))
    except (urllib.error.URLError, OSError):
        return False


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fhir", description=__doc__)
    parser.add_argument("--data-in", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--peer", type=Path, help="a Python that has fhirstarter")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    if machine.in_memory(asked.data_in):
        _say("nothing is made durable there; name a folder on a disk")
        return 2
    sizes = QUICK if asked.quick else FULL
    with tempfile.TemporaryDirectory(prefix="toxmon-bench-", dir=asked.data_in) as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'ward.db'}"
        with filling.opened(url, folder) as service:
            patients = filling.fill(service, range(sizes.patients), filling.admitted(clock.now()))
            token = filling.token(service)
        with ExitStack() as stack:
            server = stack.enter_context(toxmon_server(url, folder))
            found = bundles(server, token, patients, sizes)
            if asked.peer is not None:
                peer = stack.enter_context(peer_server(asked.peer))
                found += singles(server, peer, token, patients, sizes)
    for each in found:
        rate = each.measured.per_second
        print(f"{each.name:16} {rate:8,.0f} observations a second, {each.ratio:5.2f} of the first")
    print(f"goal             a Bundle of 100 at {GOAL} of our own batch, or more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
