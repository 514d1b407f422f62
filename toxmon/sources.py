"""The systems that send to toxmon, as the site's file has them: who they are, how they sign.

One `[[source]]` each. A source without `verify` is known by the name of its token or its HL7 v2
sender, and only has a map of codes here. Secrets stand in this file alone, or in files that it
names; none is ever told.

    [[source]]
    name = "lab-gateway"
    form = "json"                       # json, fhir or hl7v2
    verify = "standard-webhooks"        # or hmac-sha256, or token
    secret_file = "lab-gateway.secret"  # one a line; all of them are good
    units = ["bmt-1"]                   # without it: every unit
    code_map = "lab-gateway.toml"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from toxmon.channels import LONGEST_SECRET, MOST_SECRETS, SECRET, SHORTEST_SECRET, read_secret
from toxmon.intake.code_map import CodeMap, CodeMapError, read_code_map

STANDARD, HMAC, TOKEN = "standard-webhooks", "hmac-sha256", "token"
VERIFIES = (STANDARD, HMAC, TOKEN)
JSON, FHIR, HL7V2 = "json", "fhir", "hl7v2"
FORMS = (JSON, FHIR, HL7V2)
HEX, BASE64 = "hex", "base64"
ENCODINGS = (HEX, BASE64)
FIELDS = (
    "name", "form", "verify", "secret", "secret_file", "header", "encoding", "prefix", "id_header",
    "units", "code_map", "window_seconds",
)  # fmt: skip
WINDOW_SECONDS, LONGEST_WINDOW = 300, 3600
SHORTEST_PLAIN = 16
"""Characters of a secret that is no `whsec_` one."""
NAMES = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
HEADERS = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
RESERVED = ("shipped", "default", "hl7v2", "fhir")
"""The map that travels with toxmon, that of every source, and addresses of their own."""


class SourceError(ValueError):
    """The file of sources cannot be used: every fault, each with its place. No secret is told."""


@dataclass(frozen=True, slots=True)
class Source:
    """A system that sends. `verify` None: it is no webhook, and signs nothing.

    `header`, `encoding` and `prefix` say where and how a plain HMAC or a token stands, `id_header`
    where the sender's own number of the message does. `units` None is every unit.
    """

    name: str
    form: str | None = None
    verify: str | None = None
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    header: str = ""
    encoding: str = HEX
    prefix: str = ""
    id_header: str | None = None
    units: frozenset[str] | None = None
    code_map: CodeMap | None = None
    window: timedelta = timedelta(seconds=WINDOW_SECONDS)


NOBODY: Mapping[str, Source] = {}


def load_sources(path: Path | None) -> dict[str, Source]:
    """The sources of a file by name; none without a file. Raises SourceError."""
    if path is None:
        return {}
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceError(f"cannot read {path}: {why}") from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path}: {error}") from error
    faults = [f"{name}: is not known; write [[source]]" for name in read.keys() - {"source"}]
    listed = read.get("source", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        listed = []
        faults.append("source: write each one below a line [[source]]")
    elif not listed:
        faults.append("there is no [[source]] in it")
    found: dict[str, Source] = {}
    for number, table in enumerate(listed, 1):
        named = table.get("name")
        place = f'source "{named}"' if isinstance(named, str) and named else f"source {number}"
        wrong, source = _source(table, path.parent)
        if source is not None and source.name in found:
            wrong.append("there are two of that name")
        faults += [f"{place}: {each}" for each in wrong]
        if source is not None:
            found.setdefault(source.name, source)
    if faults:
        raise SourceError("\n".join(f"{path}: {fault}" for fault in faults))
    return found


def code_maps(sources: Mapping[str, Source]) -> dict[str, CodeMap]:
    """The maps of those sources that have one, by name."""
    return {name: each.code_map for name, each in sources.items() if each.code_map is not None}


def _source(table: Mapping[str, Any], folder: Path) -> tuple[list[str], Source | None]:
    """What is wrong with one, and the source when nothing is."""
    wrong = [
        f"{name} is not known; known are {', '.join(FIELDS)}"
        for name in table
        if name not in FIELDS
    ]
    name, form, verify = table.get("name"), table.get("form"), table.get("verify")
    if not isinstance(name, str) or not NAMES.fullmatch(name):
        wrong.append("name: write 1 to 100 letters, digits, points, hyphens; it stands in the path")
    elif name in RESERVED:
        wrong.append(f'name: "{name}" has a meaning of its own; choose another')
    if verify is not None and verify not in VERIFIES:
        wrong.append(f"verify: write {', '.join(VERIFIES)}; without it the source is no webhook")
    if form not in FORMS and (form is not None or verify is not None):
        wrong.append(f"form: write {', '.join(FORMS)}")
    secrets = _secrets(table, verify, folder, wrong)
    header = _header(table, "header", verify, wrong)
    id_header = _header(table, "id_header", verify, wrong)
    encoding = table.get("encoding", HEX)
    if encoding not in ENCODINGS or ("encoding" in table and verify != HMAC):
        wrong.append(f"encoding: of {HMAC} alone; write {' or '.join(ENCODINGS)}")
    prefix = table.get("prefix", "")
    if not isinstance(prefix, str) or not prefix.isascii() or ("prefix" in table and not header):
        wrong.append("prefix: write what stands in the header before the signature, in ASCII")
    units = table.get("units")
    if units is not None and not _texts(units):
        wrong.append('units: write names of units, such as ["bmt-1"]; without it: every unit')
        units = None
    return _finished(
        wrong,
        name,
        form,
        verify,
        secrets,
        (header, encoding, prefix, id_header),
        units,
        _code_map(table, folder, wrong),
        _window(table, verify, wrong),
    )


def _finished(
    wrong: list[str],
    name: Any,
    form: Any,
    verify: Any,
    secrets: tuple[bytes, ...],
    signed: tuple[Any, Any, Any, Any],
    units: Any,
    code_map: CodeMap | None,
    window: timedelta,
) -> tuple[list[str], Source | None]:
    if wrong:
        return wrong, None
    header, encoding, prefix, id_header = signed
    if verify == HMAC:
        header = header or "X-Signature-256"
    if verify == TOKEN and not header:
        header, prefix = "Authorization", "Bearer "
    reach = None if units is None else frozenset(units)
    return [], Source(
        name, form, verify, secrets, header, encoding, prefix, id_header, reach, code_map, window
    )


def _secrets(
    table: Mapping[str, Any], verify: Any, folder: Path, wrong: list[str]
) -> tuple[bytes, ...]:
    """The bytes of the secrets, all of which are good."""
    given, file = table.get("secret"), table.get("secret_file")
    if given is not None and file is not None:
        wrong.append("secret and secret_file stand both; write one")
        return ()
    texts = given if isinstance(given, list) else [] if given is None else [given]
    if file is not None:
        try:
            texts = (folder / str(file)).read_text("utf-8").split()
        except (OSError, UnicodeDecodeError, ValueError):
            wrong.append(f"secret_file: cannot read {file}")
            return ()
    if verify is None:
        if texts:
            wrong.append("secret: nothing is signed without verify; write how")
        return ()
    found = [_secret(text, verify) for text in texts]
    if not 1 <= len(found) <= MOST_SECRETS:
        wrong.append(f"secret: write 1 to {MOST_SECRETS}, best in a file named by secret_file")
    elif None in found and verify == STANDARD:
        wrong.append(
            f"secret: write {SECRET} and {SHORTEST_SECRET} to {LONGEST_SECRET} random bytes in "
            "base64; toxmon webhook secret makes one"
        )
    elif None in found:
        wrong.append(f"secret: write {SHORTEST_PLAIN} ASCII characters or more, without blanks")
    return tuple(each for each in found if each is not None)


def _secret(text: Any, verify: str) -> bytes | None:
    if not isinstance(text, str):
        return None
    if verify == STANDARD:
        return read_secret(text)
    plain = len(text) >= SHORTEST_PLAIN and all("!" <= letter <= "~" for letter in text)
    return text.encode() if plain else None


def _header(table: Mapping[str, Any], name: str, verify: Any, wrong: list[str]) -> str | None:
    given = table.get(name)
    if given is None:
        return None
    if not isinstance(given, str) or not HEADERS.fullmatch(given):
        wrong.append(f"{name}: write the name of a header, such as X-Signature-256")
    elif verify not in (HMAC, TOKEN):
        wrong.append(f"{name}: of {HMAC} and {TOKEN} alone; the others name their own")
    else:
        return given
    return None


def _window(table: Mapping[str, Any], verify: Any, wrong: list[str]) -> timedelta:
    seconds = table.get("window_seconds", WINDOW_SECONDS)
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not whole or not 1 <= seconds <= LONGEST_WINDOW:
        wrong.append(f"window_seconds: write a whole number from 1 to {LONGEST_WINDOW}")
        return timedelta(seconds=WINDOW_SECONDS)
    if "window_seconds" in table and verify != STANDARD:
        wrong.append(f"window_seconds: only {STANDARD} signs when it was sent")
    return timedelta(seconds=seconds)


def _code_map(table: Mapping[str, Any], folder: Path, wrong: list[str]) -> CodeMap | None:
    named = table.get("code_map")
    if named is None:
        return None
    try:
        text = (folder / str(named)).read_text("utf-8")
        return read_code_map(text, str(named))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, CodeMapError):
            wrong += [f"code_map: {fault}" for fault in str(error).split("\n")]
        else:
            wrong.append(f"code_map: cannot read {named}")
    return None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, str) and e for e in value)
