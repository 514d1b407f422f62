"""A record to try connections against: a small invented ward, and a token for each who asks.

Nobody in it is real, and it lies in a folder of its own, so that nothing else can be touched.
"""

from __future__ import annotations

import base64
import secrets
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from toxmon import clock
from toxmon.actions import Actor, Service, enrol, infuse, record, tokens
from toxmon.actions.placing import stay
from toxmon.actions.record import Charted
from toxmon.channels import SECRET
from toxmon.protocol import load_protocols
from toxmon.store import Row, open_store

UNIT = "sandbox-1"
SYSTEM = "urn:sandbox:mrn"
SENDERS = ("sandbox-lab", "sandbox-adt", "sandbox-pharmacy", "sandbox-ehr")
PERSONS = ("nurse", "physician", "pharmacist", "admin", "auditor")
SOURCE = "sandbox-hook"
MAKER = Actor("sandbox", "sandbox", "system")


class NotEmpty(Exception):
    """The folder has something in it, which is left alone."""


@dataclass(frozen=True, slots=True)
class Invented:
    """A patient who is not. `day`: days since the infusion; None: before it."""

    number: str
    name: str
    born: date
    sex: str
    day: int | None
    temperatures_cel: tuple[str, ...]


WARD = (
    Invented("SB-1", "Sandbox, Ada", date(1961, 5, 2), "female", 2, ("37.1", "38.6", "39.1")),
    Invented("SB-2", "Sandbox, Bo", date(1975, 9, 14), "male", 6, ("36.8", "37.0")),
    Invented("SB-3", "Sandbox, Cy", date(1990, 1, 30), "other", None, ("36.6",)),
)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What was made: where the settings lie, the tokens by who they are for, the patients' ids."""

    settings: Path
    tokens: dict[str, str]
    patients: dict[str, str]


def make(folder: Path) -> Sandbox:
    """Make a sandbox in a folder that is empty or not there yet. Raises NotEmpty, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotEmpty
    folder = folder.resolve()
    key = secrets.token_urlsafe(48)
    _write(folder / "ward.db.key", key)
    signing = SECRET + base64.b64encode(secrets.token_bytes(32)).decode()
    _write(folder / "sandbox-hook.secret", signing)
    _write(folder / "sources.toml", SOURCES)
    settings = folder / "toxmon.toml"
    _write(
        settings,
        f'database_url = "sqlite:///{folder / "ward.db"}"\nsources = "{folder / "sources.toml"}"\n',
    )
    with closing(open_store(f"sqlite:///{folder / 'ward.db'}")) as store:
        store.migrate()
        service = Service(store, clock.SteadyClock(), key.encode(), load_protocols(None), UTC)
        ids = {each.number: _admit(service, each) for each in WARD}
        bearers = {role: tokens.create(service, role, f"sandbox {role}")[1] for role in PERSONS}
        bearers |= {
            name: tokens.create(service, "integration", name, (UNIT,))[1] for name in SENDERS
        }
    return Sandbox(settings, bearers, ids)


SOURCES = f"""\
[[source]]
name = "{SOURCE}"
form = "json"
verify = "standard-webhooks"
secret_file = "sandbox-hook.secret"
units = ["{UNIT}"]
"""


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text, "utf-8")


def _admit(service: Service, each: Invented) -> str:
    """Begin the record of an invented patient, and chart what is known. Returns the id."""
    told = {"name": each.name, "birth_date": each.born, "sex": each.sex, "unit": UNIT}
    numbers = [{"system": SYSTEM, "value": each.number}]
    made: list[str] = []

    def render(row: dict[str, object]) -> bytes:
        made.append(str(row["id"]))
        return b""

    enrol.enrol(service, MAKER, told, numbers, render)
    now = service.clock()
    began = now - timedelta(days=each.day or 0, hours=2)
    charted: list[Charted] = [stay("inpatient", began - timedelta(days=1), UNIT, None, None)]
    editions: list[Row] = []
    if each.day is not None:
        fact, editions = infuse.infusion(service, "axi-cel", began, {"dose": None})
        charted.append(fact)
    first = now - timedelta(hours=len(each.temperatures_cel))
    charted += [
        _temperature(text, first + timedelta(hours=hour))
        for hour, text in enumerate(each.temperatures_cel)
    ]
    record.record(service, MAKER, made[0], charted, lambda outcome: b"", began_under=editions)
    return made[0]


def _temperature(text: str, at: datetime) -> Charted:
    value = Decimal(text)
    sent = {"value": float(value), "unit": "Cel"}
    return Charted(kind="body_temperature", value=value, effective_at=at, sent=sent)
