"""The channels that people and programs are told through, as the site's file has them.

One `[[channel]]` each. Its address and its secrets stand in this file alone, which is the
server's: nothing of them can be read or changed over HTTP.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NOTIFY, WEBHOOK = "notify", "webhook"
KINDS = (NOTIFY, WEBHOOK)
SECRET = "whsec_"  # noqa: S105 - the prefix of Standard Webhooks, and no secret
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes of a signing secret, both inclusive, as Standard Webhooks 1.0 has them."""
MOST_SECRETS = 4
FIELDS = (
    "name", "kind", "url", "url_file", "secret", "secret_file", "all", "events", "units", "format",
    "thin", "key", "key_file",
)  # fmt: skip
OF_A_WEBHOOK = ("events", "units", "format", "thin", "key", "key_file")

STANDARD, CLOUDEVENTS, FHIR = "standard", "cloudevents", "fhir-subscription"
PAGERDUTY, ALERTMANAGER, ALERTA = "pagerduty", "alertmanager", "alerta"
FORMATS = (STANDARD, CLOUDEVENTS, FHIR, PAGERDUTY, ALERTMANAGER, ALERTA)
OF_ALARMS = (PAGERDUTY, ALERTMANAGER, ALERTA)
"""Formats that have no words for anything but an alarm."""
KEYED = (PAGERDUTY, ALERTA)
"""Formats with a key of their own: PagerDuty must have one, Alerta may."""
ALARMS = "alarm.*"
PATTERN = re.compile(r"\*|[a-z_]+\.(\*|[a-z_]+)")
MADE_OVER_HTTP = "webhook:"
"""What the names of webhooks begin with that were made over HTTP; no other name does."""


class ChannelError(ValueError):
    """The file of channels cannot be used: every fault, each with its place. No secret is told."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What goes through a channel, without where it leads: all that may be told of it.

    `events` are types, or `*`, or all of a kind as `alarm.*`; `units` None is every unit.
    """

    name: str
    kind: str = "webhook"
    events: tuple[str, ...] = (ALARMS,)
    units: frozenset[str] | None = None
    format: str = STANDARD

    def wants(self, type_: str, unit: str | None) -> bool:
        """Is an event of this type and unit for it? What concerns the site concerns each unit."""
        if unit is not None and self.units is not None and unit not in self.units:
            return False
        whole = type_.partition(".")[0] + ".*"
        return any(each in ("*", type_, whole) for each in self.events)


@dataclass(frozen=True, slots=True)
class Channel:
    """A way out. `all`: what it asks for goes there whoever is on call; else whom the roster names.

    `secrets` are the keys that a webhook is signed with, the one in force first; `key` is the one
    of PagerDuty or Alerta. Without `thin` a message also says what is the matter.
    """

    name: str
    kind: str
    url: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    all: bool = False
    events: tuple[str, ...] = (ALARMS,)
    units: frozenset[str] | None = None
    format: str = STANDARD
    thin: bool = True
    key: str = field(default="", repr=False)

    @property
    def destination(self) -> Destination:
        """What goes through it."""
        return Destination(self.name, self.kind, self.events, self.units, self.format)


def load_channels(path: Path | None) -> dict[str, Channel]:
    """The channels of a file by name; none without a file. Raises ChannelError."""
    if path is None:
        return {}
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ChannelError(f"cannot read {path}: {why}") from error
    except tomllib.TOMLDecodeError as error:
        raise ChannelError(f"{path}: {error}") from error
    faults: list[str] = [
        f"{name}: is not known; write [[channel]]" for name in read.keys() - {"channel"}
    ]
    found: dict[str, Channel] = {}
    listed = read.get("channel", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        listed = []
        faults.append("channel: write each one below a line [[channel]]")
    elif not listed:
        faults.append("there is no [[channel]] in it")
    for number, table in enumerate(listed, 1):
        named = table.get("name")
        place = f'channel "{named}"' if isinstance(named, str) and named else f"channel {number}"
        wrong, channel = _channel(table, path.parent)
        if channel is not None and channel.name in found:
            wrong.append("there are two of that name")
        faults += [f"{place}: {each}" for each in wrong]
        if channel is not None:
            found.setdefault(channel.name, channel)
    if faults:
        raise ChannelError("\n".join(f"{path}: {fault}" for fault in faults))
    return found


def listening(channels: Mapping[str, Channel]) -> tuple[Destination, ...]:
    """Those that what they ask for goes to, whoever is on call."""
    return tuple(channel.destination for channel in channels.values() if channel.all)


def _channel(table: Mapping[str, Any], folder: Path) -> tuple[list[str], Channel | None]:
    """What is wrong with one, and the channel when nothing is."""
    wrong = [
        f"{name} is not known; known are {', '.join(FIELDS)}"
        for name in table
        if name not in FIELDS
    ]
    name, kind = table.get("name"), table.get("kind")
    if not isinstance(name, str) or not name.strip() or len(name) > 100:
        wrong.append("name: write a name of 1 to 100 characters, such as the roster uses")
    elif name.startswith(MADE_OVER_HTTP):
        wrong.append(f"name: {MADE_OVER_HTTP} begins the names of webhooks made over HTTP")
    if kind not in KINDS:
        wrong.append(f"kind: write {' or '.join(KINDS)}")
    every = table.get("all", kind == WEBHOOK)
    if not isinstance(every, bool):
        wrong.append("all: write true or false")
    urls = _secret_texts(table, "url", folder, wrong)
    if len(urls) != 1:
        wrong.append("url: write one address, as url or in a file named by url_file")
    elif kind == WEBHOOK:
        wrong += address_faults(urls[0])
    elif "://" not in urls[0]:
        wrong.append("url: write an address of Apprise, such as mailto://... or ntfys://...")
    secrets = []
    for text in _secret_texts(table, "secret", folder, wrong):
        secret = read_secret(text)
        if secret is None:
            wrong.append(
                f"secret: write {SECRET} and {SHORTEST_SECRET} to {LONGEST_SECRET} random bytes in "
                'base64; make one with: python3 -c "import base64, secrets; '
                "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
            )
        else:
            secrets.append(secret)
    form = table.get("format", STANDARD)
    least = 0 if form in OF_ALARMS else 1
    if (
        kind == WEBHOOK
        and not least <= len(secrets) <= MOST_SECRETS
        and not any("secret" in each for each in wrong)
    ):
        wrong.append(f"secret: a webhook is signed with 1 to {MOST_SECRETS} secrets")
    if kind == NOTIFY and secrets:
        wrong.append("secret: only a webhook is signed; what Apprise needs stands in its url")
    key = _key(table, form, folder, wrong)
    events, units, thin = _asked(table, kind, form, wrong)
    if wrong or not isinstance(name, str):
        return wrong, None
    return [], Channel(
        name, str(kind), urls[0], tuple(secrets), bool(every), events, units, form, thin, key
    )


def _asked(
    table: Mapping[str, Any], kind: Any, form: Any, wrong: list[str]
) -> tuple[tuple[str, ...], frozenset[str] | None, bool]:
    """Which events of which units a webhook asks for, and whether it is told no more than ids."""
    if kind == NOTIFY:
        wrong += [f"{name}: only a webhook has it" for name in OF_A_WEBHOOK if name in table]
        return (ALARMS,), None, True
    if form not in FORMATS:
        wrong.append(f"format: write one of {', '.join(FORMATS)}")
    events = table.get("events", [ALARMS])
    if not _texts(events) or not all(PATTERN.fullmatch(each) for each in events):
        wrong.append('events: write types of events, such as ["alarm.*", "grade.changed"] or ["*"]')
        events = [ALARMS]
    elif form in OF_ALARMS and not all(each.startswith("alarm.") for each in events):
        wrong.append(f'events: the format {form} has words for alarms only; write ["{ALARMS}"]')
    if "events" in table and table.get("all") is False:
        wrong.append("events: all = false leaves it to the roster what goes there; write one")
    units = table.get("units")
    if units is not None and not _texts(units):
        wrong.append('units: write names of units, such as ["bmt-1"]; without it: every unit')
        units = None
    thin = table.get("thin", True)
    if not isinstance(thin, bool):
        wrong.append("thin: write true or false")
    return tuple(events), None if units is None else frozenset(units), bool(thin)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, str) and e for e in value)


def _key(table: Mapping[str, Any], form: Any, folder: Path, wrong: list[str]) -> str:
    """The key of PagerDuty or Alerta; the empty string when there is none."""
    keys = _secret_texts(table, "key", folder, wrong)
    if keys and form not in KEYED:
        wrong.append(f"key: only the formats {' and '.join(KEYED)} have one")
    elif len(keys) > 1 or not all(each.isascii() and each.isprintable() for each in keys):
        wrong.append("key: write one, in ASCII")
    elif form == PAGERDUTY and not keys and not any(each.startswith("key") for each in wrong):
        wrong.append("key: write the routing key of PagerDuty, best in a file named by key_file")
    return keys[0] if keys else ""


def read_secret(text: str) -> bytes | None:
    """The bytes of a `whsec_` secret; None for what is none."""
    if not text.startswith(SECRET):
        return None
    try:
        plain = text.removeprefix(SECRET)
        found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if SHORTEST_SECRET <= len(found) <= LONGEST_SECRET else None


def _secret_texts(table: Mapping[str, Any], name: str, folder: Path, wrong: list[str]) -> list[str]:
    """The value of a field that may be a text, several, or the name of a file with one a line."""
    given, file = table.get(name), table.get(f"{name}_file")
    if given is not None and file is not None:
        wrong.append(f"{name} and {name}_file stand both; write one")
        return []
    if file is not None:
        try:
            return (folder / str(file)).read_text("utf-8").split()
        except (OSError, UnicodeDecodeError):
            wrong.append(f"{name}_file: cannot read {file}")
            return []
    texts: Iterable[Any] = given if isinstance(given, list) else [] if given is None else [given]
    found = [text for text in texts if isinstance(text, str) and text]
    if given is not None and not found:
        wrong.append(f"{name}: write a text")
    return found


def address_faults(url: str) -> list[str]:
    """What is wrong with the address of a webhook, whether or not it may be reached."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ["url: is not an address"]
    wrong = []
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        wrong.append("url: write https://host/path")
    if parts.username or parts.password or parts.fragment:
        wrong.append("url: leave out user, password and #; the receiver checks the signature")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        wrong.append("url: write it in ASCII, without blanks")
    return wrong
