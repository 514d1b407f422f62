"""Reads protocol files: all faults at once, in words, before anything is used.

A file says in its key `form` what it describes. A folder of a site is read like the shipped one;
a file there replaces the shipped one of its name, and that is told.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from toxmon.data import shipped
from toxmon.protocol.alarms import Alarms
from toxmon.protocol.drug import Drug
from toxmon.protocol.drug_agreement import codes_twice
from toxmon.protocol.faults import Fault, ProtocolError, line_of, spread
from toxmon.protocol.forms import FORMS, Document, form_of
from toxmon.protocol.guidance import Guidance
from toxmon.protocol.policy import PolicyDocument
from toxmon.protocol.prevention import Prevention
from toxmon.protocol.product import Product

SYNTAX = (
    ("overwrite", "each key once in its table"),
    ("twice", "[[window]] with two brackets for each of several blocks"),
    ("Expected '='", 'name = "value"'),
    ("Invalid value", 'text in quotation marks, numbers and dates without: name = "value"'),
    ("Illegal character", "text in quotation marks on one line, or in three of them over several"),
    ("Unterminated", "the closing quotation marks"),
    ("Unclosed", "the closing bracket"),
    ("Expected ']'", "the closing brackets: [[window]]"),
    ("Expected newline", 'one key on a line, and a span of time in quotation marks: every = "4 h"'),
    ("Unescaped", "two backslashes for one"),
)


@dataclass(frozen=True, slots=True)
class Protocols:
    """Every protocol in force, by name, and which shipped ones a site has replaced, in words."""

    products: Mapping[str, Product]
    policies: Mapping[str, PolicyDocument]
    alarms: Mapping[str, Alarms]
    overrides: tuple[str, ...]
    drugs: Mapping[str, Drug] = field(default_factory=dict)
    guidance: Mapping[str, Guidance] = field(default_factory=dict)
    prevention: Mapping[str, Prevention] = field(default_factory=dict)

    def product(self, name: str) -> Product | None:
        """The product of this name or other name, such as "Tecvayli"; capitals do not matter."""
        found: Product | None = _called(name, self.products)
        return found

    def drug(self, name: str) -> Drug | None:
        """The drug of this name, brand or biosimilar; capitals do not matter. None if unknown."""
        found: Drug | None = _called(name, self.drugs)
        return found

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Every document with its form."""
        for form, named in self._named().items():
            for document in named.values():
                yield form, document

    def document(self, name: str, form: str | None = None) -> Document | None:
        """The document of this name, of this form; else of the first form in FORMS that has one."""
        for each, named in self._named().items():
            if form in (None, each):
                found = _called(name, named) if FORMS[each].by_any_name else named.get(name)
                if found is not None:
                    return found
        return None

    def _named(self) -> Mapping[str, Mapping[str, Document]]:
        return {form: getattr(self, each.kept) for form, each in FORMS.items()}


def _called(name: str, named: Mapping[str, Any]) -> Any:
    """The one that is called this, by its own name or another one; None if none is."""
    return next((each for each in named.values() if each.is_called(name)), None)


def load_protocols(extra: Path | None = None) -> Protocols:
    """Read the shipped files and those of a site's folder.

    Raises ProtocolError with every fault of every file, and then nothing is in force.
    """
    known, faults = _folder(shipped("protocols"), "")
    overrides: list[str] = []
    if extra is not None:
        site, more = _folder(extra, f"{extra}/")
        faults += more
        for key, (path, document) in site.items():
            if key in known:
                overrides.append(f"{_told(*key)}: {path} replaces the shipped one")
            known[key] = (path, document)
    faults += _across(known)
    if faults:
        raise ProtocolError(faults)
    kept: dict[str, dict[str, Any]] = {each.kept: {} for each in FORMS.values()}
    for (form, name), (_, document) in known.items():
        kept[FORMS[form].kept][name] = document
    return Protocols(**kept, overrides=tuple(overrides))


def check(path: Path) -> list[Fault]:
    """Every fault of a file, or of all files below a folder. Nothing is put in force."""
    if path.is_dir():
        known, faults = _folder(path, f"{path}/")
        return [*faults, *_across(known)]
    try:
        read(_text(path, str(path)), str(path))
    except ProtocolError as error:
        return error.faults
    return []


def read_product(text: str, where: str) -> Product:
    """A product from the text of its file. `where` names the file in faults (ProtocolError)."""
    document = read(text, where, "product")
    assert isinstance(document, Product)
    return document


def read_policy(text: str, where: str) -> PolicyDocument:
    """A policy from the text of its file. `where` names the file in faults (ProtocolError)."""
    document = read(text, where, "policy")
    assert isinstance(document, PolicyDocument)
    return document


def read_alarms(text: str, where: str) -> Alarms:
    """An alarm policy from the text of its file. `where` names it in faults (ProtocolError)."""
    document = read(text, where, "alarms")
    assert isinstance(document, Alarms)
    return document


def read_drug(text: str, where: str) -> Drug:
    """A drug from the text of its file. `where` names the file in faults (ProtocolError)."""
    document = read(text, where, "drug")
    assert isinstance(document, Drug)
    return document


@lru_cache(maxsize=256)
def read(text: str, where: str, form: str | None = None) -> Document:
    """The document of a file, as its own key `form` says; `form` insists on one of FORMS.

    The same text is read once: a document never changes. Faults are looked for again each time.
    """
    data = _parsed(text, where)
    given = data.get("form")
    if form is None and (not isinstance(given, str) or given not in FORMS):
        what = "it is missing" if given is None else f"{given!r} is not known here"
        instead = " or ".join(f'form = "{each}"' for each in FORMS)
        raise ProtocolError([Fault(f"{where}: form", what, instead, line_of(text, "form"))])
    described = FORMS[form or str(given)]
    schema = described.schema()
    faults: list[Fault] = []
    read: dict[str, Any] = {}
    try:
        read = schema.load(data)
    except ValidationError as error:
        faults = [
            Fault(f"{where}: {path}", str(words), words.instead, line_of(text, path))
            for path, words in spread(error.messages)
        ]
    name, stem = data.get("name"), Path(where).stem
    told = any(fault.place == f"{where}: name" for fault in faults)
    if where.endswith(".toml") and isinstance(name, str) and name != stem and not told:
        what = f"the file is called {stem}.toml and its name is {name!r}"
        faults.append(Fault(f"{where}: name", what, f'name = "{stem}"', line_of(text, "name")))
    if faults:
        raise ProtocolError(sorted(faults, key=lambda fault: (fault.line or 0, fault.place)))
    digest = sha256(text.encode()).hexdigest()
    del read["form"]
    return described.build(read, digest, text)


def _parsed(text: str, where: str) -> dict[str, Any]:
    """The text as TOML, its decimals exact."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        what = re.sub(r" \(at .*\)$", "", str(error))
        at = re.search(r"at line (\d+), column (\d+)", str(error))
        instead = next((words for sign, words in SYNTAX if sign in what), 'name = "value"')
        line = int(at[1]) if at else len(text.splitlines()) or None
        raise ProtocolError([Fault(where, f"this is not TOML: {what}", instead, line)]) from None
    except RecursionError:
        fault = Fault(where, "the lists are nested too deeply to be read", "lists of values")
        raise ProtocolError([fault]) from None


def _text(path: Path, where: str) -> str:
    """The file's text, with every kind of line end read as one, so that its digest is stable."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProtocolError([Fault(where, "the file is not UTF-8 text", "it as UTF-8")]) from None
    except OSError as error:
        what = f"it cannot be read: {error.strerror or error}"
        raise ProtocolError([Fault(where, what, "the path of a readable file")]) from None


Documents = dict[tuple[str, str], tuple[Path, Document]]


CODES = "codes"


def _folder(folder: Path, shown: str) -> tuple[Documents, list[Fault]]:
    """Every document below a folder by (form, name), and every fault."""
    known: Documents = {}
    faults: list[Fault] = []
    if not folder.is_dir():
        return known, [Fault(str(folder), "there is no such folder", "the path of a folder")]
    # Code maps are no protocols: toxmon/intake/code_map.py reads those.
    paths = sorted(path for path in folder.rglob("*.toml") if path.parent.name != CODES)
    if not paths:
        fault = Fault(
            str(folder), "no protocol file (*.toml) is in it", "a file such as my-product.toml"
        )
        return known, [fault]
    for path in paths:
        where = f"{shown}{path.relative_to(folder).as_posix()}"
        try:
            document = read(_text(path, where), where)
        except ProtocolError as error:
            faults += error.faults
            continue
        key = (form_of(document), document.name)
        if key in known:
            what = f"{known[key][0]} is called {document.name!r} too"
            faults.append(Fault(f"{where}: name", what, "one file for each name"))
        known[key] = (path, document)
    return known, faults


def _told(form: str, name: str) -> str:
    """A document as it is told of: an alarm policy and a policy may have one name."""
    return name if form in ("product", "policy") else f"{form} {name}"


def _across(known: Documents) -> list[Fault]:
    """What must agree between documents: names, and the codes of drugs."""
    faults: list[Fault] = []
    for form, name in known:
        if form != "product" and ("product", name) in known:
            place = str(known[form, name][0])
            faults.append(Fault(f"{place}: name", f"{name!r} is a product", "another name"))
    faults += _names_twice(known)
    drugs = [(str(path), each) for path, each in known.values() if isinstance(each, Drug)]
    return [*faults, *codes_twice(drugs)]


def _names_twice(known: Documents) -> list[Fault]:
    """Other names that two products or drugs have, or that are the name of another one."""
    faults: list[Fault] = []
    found: list[tuple[str, Path, Any]] = [
        (form, path, each) for (form, _), (path, each) in known.items() if FORMS[form].by_any_name
    ]
    for form, path, document in found:
        for number, alias in enumerate(document.aliases, start=1):
            for _, _, other in found:
                if other is not document and other.is_called(alias):
                    place = f"{path}: aliases[{number}]"
                    what = f"{other.name} is called {alias!r} too"
                    faults.append(Fault(place, what, f"names that no other {form} has"))
    return faults
