"""The environment, and `toxmon.toml`, as one frozen value; refused with name and reason.

Each setting is a variable `TOXMON_...`; the same name without the prefix, in lower case, may stand
in a `toxmon.toml` of the working directory or the file that `TOXMON_CONFIG` names. The environment
wins. A secret may be given as a file: `TOXMON_SECRET_KEY_FILE`.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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
    Setting("SWEEP_SECONDS", "15", "Seconds between two looks at the time, 1 to 3600."),
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


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process. Raises ConfigError."""
    environment = os.environ if environment is None else environment
    given = {**_from_file(environment), **_from_environment(environment)}
    values = {setting.name: given.get(setting.name, setting.default) for setting in SETTINGS}
    folder = Path(values["PROTOCOLS"]) if values["PROTOCOLS"] else None
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"TOXMON_PROTOCOLS: there is no folder {folder}")
    url = values["DATABASE_URL"]
    if not url.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ConfigError(
            "TOXMON_DATABASE_URL: use sqlite:///path/to/file or postgresql://user@host/database"
        )
    return Config(
        database_url=url,
        secret_key=_secret_key(values["SECRET_KEY"], url),
        zone=_zone(values["SITE_TIMEZONE"]),
        protocols=folder,
        policy=values["POLICY"],
        threads=_number("THREADS", values["THREADS"], 1, 128),
        scheduler=_yes_no("SCHEDULER", values["SCHEDULER"]),
        sweep_seconds=_number("SWEEP_SECONDS", values["SWEEP_SECONDS"], 1, 3600),
    )


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
            try:
                given[name.removesuffix("_FILE")] = Path(value).read_text().strip()
            except OSError as error:
                raise ConfigError(f"{variable}: cannot read {value}: {error.strerror}") from error
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
        read = tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"TOXMON_CONFIG: cannot read {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    known = {setting.name.lower() for setting in SETTINGS}
    for name in read:
        if name not in known:
            raise ConfigError(f"{path}: {name} is not a setting; known are {sorted(known)}")
    return {name.upper(): str(value) for name, value in read.items()}


def _secret_key(given: str, url: str) -> bytes:
    if given:
        if len(given) < 32:
            raise ConfigError("TOXMON_SECRET_KEY: at least 32 characters are needed")
        return given.encode()
    if not url.startswith("sqlite"):
        raise ConfigError(
            "TOXMON_SECRET_KEY is needed with PostgreSQL: every process must have the same. Make "
            "one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    path = Path(url.partition(":///")[2] + ".key")
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(
            f"TOXMON_DATABASE_URL: cannot write beside the database, {path}: {error.strerror}"
        ) from error
    return path.read_bytes().strip()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f'TOXMON_SITE_TIMEZONE: "{name}" is not an IANA time zone, such as Europe/Berlin'
        ) from error


def _number(name: str, value: str, low: int, high: int) -> int:
    if not value.isdecimal() or not low <= int(value) <= high:
        raise ConfigError(f'TOXMON_{name}: "{value}" is not a whole number from {low} to {high}')
    return int(value)


def _yes_no(name: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise ConfigError(f'TOXMON_{name}: "{value}" is neither yes nor no')
    return value == "yes"
