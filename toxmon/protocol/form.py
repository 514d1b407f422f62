"""What every block of a protocol file shares: refusal in words, citations, checks across keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, post_load

from toxmon.protocol.citation import SOURCE_KINDS, Citation, Cited
from toxmon.protocol.faults import Words, nearest
from toxmon.protocol.fields import Choice, Table, Text, Whole, YesNo, says

Found = list[tuple[tuple[str | int, ...], Words]]
"""Faults across keys: the path inside the table, as it is written, and the words."""

WHOLE = "_schema"
"""Under this key marshmallow has what is wrong with a value as a whole, beside its parts."""

UNKNOWN_KEY = "the key is not known here"
MISSING = "it is missing"


class Form(Schema):
    """A table with known keys. `makes` is what is built from it; None leaves a dictionary.

    Unknown keys are refused with the nearest known one, missing ones with an example.
    """

    makes: ClassVar[type | None] = None

    @post_load
    def _built(self, data: dict[str, Any], **_: Any) -> Any:
        return self.built(data)

    def built(self, data: dict[str, Any]) -> Any:
        """The block as a value."""
        return data if self.makes is None else self.makes(**data)

    def keys(self) -> dict[str, Any]:
        """Each key as it is written, with its field."""
        return {field.data_key or name: field for name, field in self.fields.items()}

    def handle_error(self, error: ValidationError, data: Any, *, many: bool, **_: Any) -> None:
        """Give every message of this table the words of what to write instead."""
        keys = self.keys()
        told = error.messages_dict
        for key, messages in told.items():
            if key in keys:
                told[key] = [_in_words(each, keys[key]) for each in _listed(messages)]
            else:
                told[key] = [Words(UNKNOWN_KEY, nearest(str(key), keys))]


def _listed(messages: Any) -> list[Any]:
    return messages if isinstance(messages, list) else [messages]


def _in_words(message: Any, field: Any) -> Any:
    """A message of the library's own, such as "Missing data for required field.", in our words."""
    if isinstance(message, Words | Mapping):
        return message
    what = MISSING if message == field.error_messages["required"] else str(message)
    return Words(what, field.metadata["write"])


class CitedForm(Form):
    """A table whose numbers all come from one source."""

    source = Text(
        **says(
            "where the numbers of this table come from, as a reader would look for it",
            'source = "Abecma US label text of 2021"',
        )
    )
    year = Whole(1900, 2100, **says("the year of that source", "year = 2021"))
    source_kind = Choice(SOURCE_KINDS, **says("what kind of source it is", 'source_kind = "label"'))
    verified = YesNo(
        **says(
            "true if the source named was read and says this; false if it was taken from memory, "
            "from a text that quotes it, or is a choice that no text supports",
            "verified = false",
        )
    )

    def built(self, data: dict[str, Any]) -> Any:
        rest = dict(data)
        citation = Citation(
            source=rest.pop("source"),
            year=rest.pop("year"),
            kind=rest.pop("source_kind"),
            verified=rest.pop("verified"),
        )
        return super().built({**rest, "citation": citation})


def cited(
    value: Any, what: str, write: str, *, needed: bool = False, key: str | None = None
) -> Table:
    """A field for one value in a table of its own: { value = ..., source = ..., ... }."""
    form = type(
        "CitedValue", (CitedForm,), {"value": value, "makes": Cited, "__module__": __name__}
    )
    return Table(form, **says(what, write, needed=needed, key=key))


def faults_of(faults: Iterable[tuple[tuple[str | int, ...], Words]]) -> None:
    """Raise all of these at once, each at its place; nothing if there are none."""
    tree: dict[str | int, Any] = {}
    for path, words in faults:
        node = tree
        for step in path[:-1]:
            known = node.get(step, {})
            # A list that has a fault of its own may hold a block that has one too.
            node[step] = known if isinstance(known, dict) else {WHOLE: known}
            node = node[step]
        last = node.get(path[-1])
        if isinstance(last, dict):
            last.setdefault(WHOLE, []).append(words)
        else:
            node.setdefault(path[-1], []).append(words)
    if tree:
        raise ValidationError(tree)
