"""Prints docs/reference/http.md from the app's OpenAPI document.

Run it from the top of the tree: `python docs/generate/routes.py`. A test fails when the page is
stale.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toxmon.app import create_app
from toxmon.config import read_config
from toxmon.wiring import create_service

PAGE = Path(__file__).parents[1] / "reference" / "http.md"

OPENING = """# Routes

Printed by `docs/generate/routes.py` from the app; do not edit. The same for programs is in
`/openapi.json` of a running server, and on its page `/docs`.

## What holds everywhere

- `Authorization: Bearer TOKEN`; `toxmon token create` makes one. A token has a role and may be
  bound to units. What is out of reach is not there: 404, never 403.
- Bodies are JSON in UTF-8 of at most 1 MiB (a batch: 8 MiB) and 32 levels. A name that stands twice
  in an object, `NaN`, and half of a surrogate pair are refused. `true` is no number, and `"38.6"`
  is none either.
- Instants are RFC 3339 with an offset; answers are in UTC with `Z`. What is more than 5 minutes
  ahead, or before the birth of the patient, is refused.
- Every problem is one (RFC 9457), as `application/problem+json`: `type`, `title`, `status`,
  `detail` and, where something was sent that cannot be taken, `errors` with every fault at once,
  each with a JSON pointer. Nothing of such a request is kept.
- `Idempotency-Key` on what is kept: the same key and body from the same token have the same answer
  and one effect; another body under the same key is 409. A problem does not use a key up, so after
  503 the same request may be sent again with its key.
- `If-Match` with the version that was read: 412 when the record is at another one by now.
- Lists have `items` and `next`: give it as `cursor` to get the next page, until it is null. The
  `Link` header has the same page's address, with `rel="next"`.
- What a patient, a ward, a drug or a cause is found again by is kept as it is sent. A blank or line
  break at its ends, or a character that nobody can see, is refused: " A1" and "A1" are not two
  patients.
- `X-Request-Id`, printable ASCII of at most 128 signs, is told again in the answer and in our log;
  without it one is made. Nothing about a patient belongs in it.
- `Accept`, where it is sent, has to allow `application/json` or `application/problem+json`, or it
  is 406. A batch of lines is answered as `application/x-ndjson`.

## All of them

| route | what it does | roles |
| --- | --- | --- |
"""


def page() -> str:
    """The page as text."""
    document = _document()
    routes = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]
    schemas = document["components"]["schemas"]
    parts = [OPENING]
    parts += [
        f"| `{method.upper()} {path}` | {_words(operation)} | {_roles(operation)} |\n"
        for path, method, operation in routes
    ]
    for path, method, operation in routes:
        if path.startswith("/api/"):
            parts += _route(path, method, operation, schemas)
    return "".join(parts).rstrip("\n") + "\n"


def _document() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = read_config({"TOXMON_DATABASE_URL": f"sqlite:///{folder}/none.db"})
        app = create_app(create_service(config))
    found: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return found


def _route(
    path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]
) -> Iterator[str]:
    yield f"\n## `{method.upper()} {path}`\n\n{_words(operation)}\n"
    if operation.get("description"):
        yield f"\n{operation['description']}\n"
    rows = [
        (f"`{each['name']}`", "", _form(each["schema"], schemas), _described(each))
        for each in operation.get("parameters", [])
        if each["in"] == "query"
    ]
    if rows:
        yield from _table("asks by query", rows)
    bodies = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if bodies:
        schema = _resolved(bodies["schema"], schemas)
        for each in schema.get("anyOf", [schema]):
            title = f"takes for {each['title']}" if "title" in each else "takes"
            inner = each["items"] if each.get("type") == "array" else each
            yield from _table(title, list(_fields(inner, schemas)))
    statuses = ", ".join(
        f"{status} {response['description'][0].lower()}{response['description'][1:]}"
        for status, response in sorted(operation["responses"].items())
        if status < "4"
    )
    problems = [status for status in sorted(operation["responses"]) if "4" <= status < "d"]
    yield f"\nAnswers {statuses}. Problems: {', '.join(problems)}.\n"


def _fields(
    schema: dict[str, Any], schemas: dict[str, Any], above: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """Each field, and below it the fields of what it holds."""
    schema = _resolved(schema, schemas)
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        each = _resolved(each, schemas)
        yield (
            f"`{above}{name}`",
            "needed" if name in needed else "",
            _form(each, schemas),
            _described(each),
        )
        inner = _resolved(each.get("items", each), schemas)
        if inner.get("properties"):
            more = "[]." if "items" in each else "."
            yield from _fields(inner, schemas, f"{above}{name}{more}")


def _form(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    schema = _resolved(schema, schemas)
    if "const" in schema:
        return f"`{schema['const']}`"
    words = [str(word) for word in schema.get("enum", ()) if word is not None]
    if words:
        return (
            "[a kind](kinds.md)" if len(words) > 40 else " or ".join(f"`{word}`" for word in words)
        )
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else [each for each in kinds if each != "null"]
    form = " or ".join(kinds)
    if "array" in kinds:
        form = f"list of {_form(schema['items'], schemas)}"
    if schema.get("format"):
        form = schema["format"]
    ends = [schema.get(end) for end in ("minimum", "maximum")]
    return f"{form}, {ends[0]} to {ends[1]}" if None not in ends else form


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """A schema in the place of its name; of one or null, the one."""
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema and {"type": "null"} in schema["anyOf"]:
            schema = next(each for each in schema["anyOf"] if each != {"type": "null"})
        else:
            return schema


def _described(schema: dict[str, Any]) -> str:
    example = schema.get("example", schema.get("schema", {}).get("example"))
    words = schema.get("description", "").rstrip(".")
    words = f"{words}." if words else ""
    return f"{words} For example `{example}`.".strip() if example else words


def _table(title: str, rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    yield f"\n| {title} | | form | |\n| --- | --- | --- | --- |\n"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n"


def _words(operation: dict[str, Any]) -> str:
    return str(operation.get("summary", ""))


def _roles(operation: dict[str, Any]) -> str:
    return ", ".join(operation.get("x-roles", ())) or "no token needed"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
