"""The environment, and `toxmon.toml`, as one frozen value; refused with name and reason.

Each setting is a variable `TOXMON_...`; the same name without the prefix, in lower case, may stand
in a `toxmon.toml` of the working directory or the file that `TOXMON_CONFIG` names. The environment
wins. A secret may be given as a file: `TOXMON_SECRET_KEY_FILE`.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SHORTEST_KEY = 32


class ConfigError(Exception):
    """A setting that cannot be used: its name, what is wrong, what to write instead."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as `docs/reference/settings.md` prints it."""

    name: str
    default: str
    words: str
    secret: bool = False


SETTINGS = (
    Setting(
        "DATABASE_URL",
        "sqlite:///toxmon.db",
        "Where the record lies: sqlite:///relative/path, sqlite:////absolute/path or "
        "postgresql://user:password@host/database.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY",
        "",
        "Signs the audit chain and digests tokens; at least 32 characters. With SQLite and no key, "
        "one is made beside the database file and kept there.",
        secret=True,
    ),
    Setting(
        "SITE_TIMEZONE",
        "UTC",
        "The site's time zone, an IANA name such as Europe/Berlin: what day it is.",
    ),
    Setting(
        "PROTOCOLS",
        "",
        "A folder with protocols of the site; a file there replaces the shipped one of that name.",
    ),
    Setting("POLICY", "default", "The name of the policy that new treatments begin under."),
    Setting("THREADS", "16", "Requests that are answered at the same time, 1 to 128."),
    Setting("SCHEDULER", "yes", "Whether `toxmon serve` also watches the time, yes or no."),
    Setting(
        "SWEEP_SECONDS",
        "15",
        "The most seconds between two looks at the time, 1 to 30; what is due earlier is looked "
        "at when it is due.",
    ),
    Setting(
        "LEASE_SECONDS",
        "60",
        "Seconds after which what one process has claimed may be done by another, 10 to 600.",
    ),
    Setting(
        "CHANNELS",
        "",
        "A file with the channels that alarms are told through; without one they stand on screens "
        "alone. Its form is in docs/channels.md.",
    ),
    Setting(
        "BASE_URL",
        "",
        "Where people open toxmon, such as https://toxmon.example.org: the link in a message. With "
        "https the cookie of a sign-in goes nowhere else.",
    ),
    Setting(
        "NOTIFY_NAMES",
        "no",
        "Whether messages may name the patient and say what is the matter, yes or no. With no they "
        "name the unit and the bed.",
    ),
    Setting(
        "WEBHOOK_ALLOW",
        "",
        "Where webhooks may go: host:port, addresses and networks (10.1.0.0/16), parted by blanks. "
        "Nowhere else; loopback only where it is named.",
    ),
    Setting(
        "CDS_CLIENTS",
        "",
        "A file with the ordering systems (EHRs) that may ask for cards with tokens that they sign "
        "themselves; without one, tokens of toxmon are the only ones. Its form is in "
        "docs/how-to/cds-hooks.md.",
    ),
    Setting(
        "CODE_MAPS",
        "",
        "A folder with code maps of the site: what the codes, answers, drugs and wards of each "
        "sender are called here. Their form is in docs/reference/code-maps.md.",
    ),
    Setting(
        "SOURCES",
        "",
        "A file with the systems that post signed messages: how each one signs, which units it "
        "reaches, what its codes mean. Its form is in docs/how-to/webhooks-in.md.",
    ),
    Setting(
        "LOCK_MINUTES",
        "5",
        "Minutes after which a screen at which nobody is locks, 1 to 60; a PIN opens it again.",
    ),
    Setting(
        "OIDC",
        "",
        "A file with the provider (OpenID Connect) at which people sign in, beside accounts of "
        "toxmon. Its form is in docs/how-to/sign-in.md.",
    ),
    Setting(
        "HEARTBEAT_URL",
        "",
        "An address that is asked after each whole sweep and delivery, so that somebody outside "
        "notices when it stops (Healthchecks and the like).",
        secret=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """What toxmon runs with."""

    database_url: str
    secret_key: bytes
    zone: ZoneInfo
    protocols: Path | None
    policy: str
    threads: int
    scheduler: bool
    sweep_seconds: int
    lease_seconds: int
    channels: Path | None
    base_url: str
    notify_names: bool
    webhook_allow: str
    cds_clients: Path | None
    sources: Path | None
    code_maps: Path | None
    heartbeat_url: str
    lock_minutes: int
    oidc: Path | None


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process. Raises ConfigError."""
    values = _values(environment)
    url = _database_url(values["DATABASE_URL"])
    return Config(
        database_url=url,
        zone=_zone(values["SITE_TIMEZONE"]),
        protocols=_folder(values["PROTOCOLS"]),
        policy=values["POLICY"],
        threads=_number("THREADS", values["THREADS"], 1, 128),
        scheduler=_yes_no("SCHEDULER", values["SCHEDULER"]),
        sweep_seconds=_number("SWEEP_SECONDS", values["SWEEP_SECONDS"], 1, 30),
        lease_seconds=_number("LEASE_SECONDS", values["LEASE_SECONDS"], 10, 600),
        channels=_file("CHANNELS", values["CHANNELS"]),
        base_url=_address("BASE_URL", values["BASE_URL"]),
        notify_names=_yes_no("NOTIFY_NAMES", values["NOTIFY_NAMES"]),
        webhook_allow=values["WEBHOOK_ALLOW"],
        cds_clients=_file("CDS_CLIENTS", values["CDS_CLIENTS"]),
        sources=_file("SOURCES", values["SOURCES"]),
        code_maps=_folder(values["CODE_MAPS"], "CODE_MAPS"),
        heartbeat_url=_address("HEARTBEAT_URL", values["HEARTBEAT_URL"]),
        lock_minutes=_number("LOCK_MINUTES", values["LOCK_MINUTES"], 1, 60),
        oidc=_file("OIDC", values["OIDC"]),
        # Last, because it may make a key, and nothing is made for what is refused.
        secret_key=_secret_key(values["SECRET_KEY"], url),
    )


def protocols_folder(environment: Mapping[str, str] | None = None) -> Path | None:
    """The site's folder of protocols alone, where no record is needed. Raises ConfigError."""
    return _folder(_values(environment)["PROTOCOLS"])


def _values(environment: Mapping[str, str] | None) -> dict[str, str]:
    environment = os.environ if environment is None else environment
    given = {**_from_file(environment), **_from_environment(environment)}
    return {setting.name: given.get(setting.name, setting.default) for setting in SETTINGS}


def _folder(name: str, setting: str = "PROTOCOLS") -> Path | None:
    folder = Path(name) if name else None
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"TOXMON_{setting}: there is no folder {folder}")
    return folder


def _file(name: str, value: str) -> Path | None:
    path = Path(value) if value else None
    if path is not None and not path.is_file():
        raise ConfigError(f"TOXMON_{name}: there is no file {path}")
    return path


def _address(name: str, value: str) -> str:
    """An address of the web, or nothing. What was given is not quoted: it may be a secret."""
    if value and not re.fullmatch(r"https?://[\x21-\x7e]*[^\W_][\x21-\x7e]*", value):
        raise ConfigError(f"TOXMON_{name}: write an address such as https://example.org/path")
    return value


def _database_url(url: str) -> str:
    """A URL of one of the two databases; of SQLite, a file in a folder that is there."""
    if url.startswith(("postgresql://", "postgres://")):
        return url
    scheme, _, name = url.partition(":///")
    if scheme != "sqlite" or not name or name.startswith("?"):
        raise ConfigError(
            "TOXMON_DATABASE_URL: use sqlite:///path/to/file or postgresql://user@host/database"
        )
    path = Path(name)
    if path.is_dir() or not path.parent.is_dir():
        what = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise ConfigError(f"TOXMON_DATABASE_URL: {what}; name a file in a folder that is there")
    return url


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    known = {setting.name: setting for setting in SETTINGS}
    given: dict[str, str] = {}
    for variable, value in environment.items():
        if not variable.startswith("TOXMON_") or variable == "TOXMON_CONFIG":
            continue
        name = variable.removeprefix("TOXMON_")
        if name in known:
            given[name] = value
        elif name.endswith("_FILE") and name.removesuffix("_FILE") in known:
            if variable.removesuffix("_FILE") in environment:
                raise ConfigError(f"{variable} and the same without _FILE are set; unset one")
            given[name.removesuffix("_FILE")] = _read(Path(value), variable).strip()
        elif not name.startswith("TEST_"):
            names = ", ".join(f"TOXMON_{name}" for name in known)
            raise ConfigError(f"{variable} is not a setting. The settings are: {names}")
    return given


def _from_file(environment: Mapping[str, str]) -> dict[str, str]:
    named = environment.get("TOXMON_CONFIG")
    path = Path(named or "toxmon.toml")
    if not named and not path.is_file():
        return {}
    try:
        read = tomllib.loads(_read(path, "TOXMON_CONFIG"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    known = {setting.name.lower() for setting in SETTINGS}
    for name in read:
        if name not in known:
            names = ", ".join(sorted(known))
            raise ConfigError(f"{path}: {name} is not a setting; known are {names}")
    return {name.upper(): _text(path, name, value) for name, value in read.items()}


def _text(path: Path, name: str, value: Any) -> str:
    """A value of toxmon.toml as the environment would have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int):
        raise ConfigError(f"{path}: {name} is neither text nor a whole number")
    return str(value)


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{variable}: cannot read {path}: {why}") from error


def _secret_key(given: str, url: str) -> bytes:
    if given:
        if len(given) < SHORTEST_KEY:
            raise ConfigError(f"TOXMON_SECRET_KEY: at least {SHORTEST_KEY} characters are needed")
        return given.encode()
    if not url.startswith("sqlite"):
        raise ConfigError(
            "TOXMON_SECRET_KEY is needed with PostgreSQL: every process must have the same. Make "
            "one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    path = Path(url.partition(":///")[2] + ".key")
    if not path.exists():
        _make_key(path)
    key = _read(path, "TOXMON_SECRET_KEY").strip()
    if len(key) < SHORTEST_KEY:
        raise ConfigError(
            f"TOXMON_SECRET_KEY: {path} holds less than {SHORTEST_KEY} characters; put back the "
            "key that this record was written with"
        )
    return key.encode()


def _make_key(path: Path) -> None:
    """Make a key that is whole from the first moment it can be seen, and made only once."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:  # Another process was faster; its key is as good.
            pass
        finally:
            new.unlink()
    except OSError as error:
        raise ConfigError(
            f"TOXMON_DATABASE_URL: cannot write beside the database, {path}: {error.strerror}"
        ) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f'TOXMON_SITE_TIMEZONE: "{name}" is not an IANA time zone, such as Europe/Berlin'
        ) from error


def _number(name: str, value: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
        raise ConfigError(f'TOXMON_{name}: "{value}" is not a whole number from {low} to {high}')
    return int(value)


def _yes_no(name: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise ConfigError(f'TOXMON_{name}: "{value}" is neither yes nor no')
    return value == "yes"
