"""A person at the pages without a browser: opens one, fills its form in, sends it.

What is sent is what the form of the page holds: its hidden fields, and nothing that was not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.ward.conftest import Site

Fields = list[tuple[str, str]]


class _Forms(HTMLParser):
    """The forms of a page: where they go, the fields they hold, and their buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, Fields, set[str]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((got.get("action", ""), [], set()))
        elif not self.forms or "name" not in got:
            return
        elif tag in ("input", "select", "textarea", "button"):
            self.forms[-1][2].add(got["name"])
            kind = got.get("type", "text")
            boxes = kind in ("radio", "checkbox") and "checked" not in got
            if tag == "input" and not boxes:
                self.forms[-1][1].append((got["name"], got.get("value", "")))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))


@dataclass
class Typed:
    """One person; `page` is what the last answer showed, in words."""

    client: FlaskClient
    answer: TestResponse | None = None
    forms: list[tuple[str, Fields, set[str]]] = field(default_factory=list)
    page: str = ""

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status_code

    def open(self, path: str) -> int:
        """Open an address."""
        return self._took(self.client.get(path))

    def send(self, to: str, again: Fields | None = None, **values: Any) -> int:
        """Fill in the form of this page whose address ends with `to`, send it, and follow.

        A list is sent as so many fields. `again`: what was sent before, in place of the form.
        """
        fields = again if again is not None else self.filled(to, **values)
        action = next(action for action, _, _ in self.forms if action.endswith(to))
        return self._took(self.client.post(action, data=_many(fields)))

    def filled(self, to: str, **values: Any) -> Fields:
        """What would be sent."""
        values = {name.replace("__", "-"): value for name, value in values.items()}
        for action, fields, names in self.forms:
            if action.endswith(to) and values.keys() <= names:
                kept = [(name, value) for name, value in fields if name not in values]
                for name, value in values.items():
                    every = value if isinstance(value, list) else [value]
                    kept += [(name, str(each)) for each in every]
                return kept
        raise AssertionError(f"no form to {to} with {sorted(values)}: {self.forms}")

    def _took(self, answer: TestResponse) -> int:
        status = answer.status_code
        if status == 303:
            answer = self.client.get(answer.headers["Location"])
        reader = _Forms()
        reader.feed(answer.get_data(as_text=True))
        self.answer, self.forms, self.page = answer, reader.forms, " ".join(reader.words)
        return status


def _many(fields: Fields) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def person(site: Site, role: str, **more: Any) -> Typed:
    """Somebody of this role who has signed in."""
    client = site.api.app.test_client()
    client.set_cookie("toxmon", site.signed_in(role, more.get("units"), more.get("name", "")))
    return Typed(client)
