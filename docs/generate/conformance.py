"""Prints docs/reference/conformance.md: what the interfaces do, by standard, and what shows it.

The tests are found by their mark, `@pytest.mark.conforms("fhir-conditional-create", by="fhirpy")`,
without running them. `by` names the program that the test speaks through, where that is not ours.
A mark that is not in the table below is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

TREE = Path(__file__).parents[2]
PAGE = TREE / "docs" / "reference" / "conformance.md"

PARTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "FHIR R4": {
        "fhir-create": ("create, read, ETag, version", "FHIR R4, RESTful API"),
        "fhir-conditional-create": ("conditional create: 201, 200, 412", "FHIR R4, ccreate"),
        "fhir-update": ("update, If-Match, entered-in-error", "FHIR R4, update"),
        "fhir-transaction": ("transaction: all or nothing, answers in order", "FHIR R4, Bundle"),
        "fhir-batch": ("batch: each entry alone", "FHIR R4, Bundle"),
        "fhir-message": ("$process-message", "FHIR R4, messaging"),
        "fhir-outcome": ("every fault is an OperationOutcome", "FHIR R4, OperationOutcome"),
        "fhir-valid": ("what is told is valid R4", "FHIR R4, StructureDefinitions"),
        "fhir-examples": ("the official examples are answered as documented", "FHIR R4, examples"),
        "fhir-status": ("entered-in-error and cancelled never grade", "Observation.status"),
        "fhir-components": ("panels are read by their components", "US Core, vital signs"),
        "fhir-time": ("no offset is no instant; a day is not graded", "FHIR R4, dateTime"),
        "fhir-search": ("search, paging complete under inserts", "FHIR R4, search"),
        "fhir-everything": ("Patient/$everything", "FHIR R4, operations"),
        "fhir-capability": ("the CapabilityStatement is truthful", "FHIR R4, capabilities"),
        "fhir-notification": (
            "subscription notifications in: handshake, heartbeat, gaps, duplicates",
            "Subscriptions R5 Backport",
        ),
        "fhir-subscription": ("Subscription, rest-hook, served by the outbox", "FHIR R4"),
    },
    "HL7 v2": {
        "v2-oru": ("ORU^R01 by segments and fields", "HL7 v2.5.1, chapter 7"),
        "v2-ack": ("AA, AE, AR, CA, CE, CR; MSA-2; ERR", "HL7 v2.5.1, chapter 2"),
        "v2-durable": ("acknowledged only after it is kept", "HL7 v2.5.1, enhanced mode"),
        "v2-status": ("every OBX-11 status", "HL7 table 0085; v2-to-FHIR"),
        "v2-correction": ("corrections in either order", "NIST LRI 1.0, 1.1"),
        "v2-encoding": ("LF, BOM, five encoding characters, batches", "HL7 v2.7, encoding rules"),
        "v2-adt": ("ADT: admit, transfer, discharge, A40, A37", "HL7 v2.5.1, chapter 3"),
        "v2-ras": ("RAS^O17 doses; orders are no doses", "HL7 v2.5.1, chapter 4"),
        "v2-duplicate": ("the same control id twice is one message", "HL7 v2.5.1, chapter 2"),
        "v2-mllp": ("MLLP framing, TLS", "HL7 MLLP release 1"),
    },
    "Webhooks": {
        "hook-in": ("signed calls in: Standard Webhooks, HMAC, token", "Standard Webhooks 1.0"),
        "hook-out": ("signed, retried, same id", "Standard Webhooks 1.0"),
        "hook-410": ("410 pauses and is told", "Standard Webhooks 1.0"),
        "hook-ssrf": ("no address but those allowed; no redirects; pinned", "OWASP SSRF"),
        "cloudevents": ("structured CloudEvents", "CloudEvents 1.0"),
        "pagerduty": ("trigger, acknowledge, resolve", "PagerDuty Events API v2"),
        "alertmanager": ("alerts, also as resolved", "Alertmanager API v2"),
        "alerta": ("alerts", "Alerta API"),
        "feed": ("events in commit order, none passed over", "GET /api/v1/events"),
    },
    "CDS Hooks": {
        "cds-discovery": ("discovery", "CDS Hooks 2.0"),
        "cds-cards": ("cards, feedback, trust", "CDS Hooks 2.0"),
    },
    "HTTP": {
        "http-problem": ("problem+json on every fault of /api", "RFC 9457"),
        "http-openapi": ("OpenAPI 3.1 is valid and answered as documented", "OpenAPI 3.1"),
        "http-idempotency": ("Idempotency-Key", "draft-ietf-httpapi-idempotency-key"),
        "http-bearer": ("401 and 403 with WWW-Authenticate", "RFC 6750"),
    },
}
ROWS = {name: row for part in PARTS.values() for name, row in part.items()}

OPENING = """# Conformance: what the interfaces do, and which tests show it

Printed by `docs/generate/conformance.py` from the marks of the tests; do not edit.

A row names a behavior and where it is written down. Beside it stand the tests that fail when it is
otherwise, and the programs that they speak through where those are not ours. `make test` runs all
of them. A row without a test is not claimed.
"""


def marked(tests: Path = TREE / "tests") -> dict[str, list[tuple[str, str | None]]]:
    """By row, (test, the foreign program or None). Raises LookupError for an unknown row."""
    found: dict[str, list[tuple[str, str | None]]] = {name: [] for name in ROWS}
    for path in sorted(tests.rglob("*.py")):
        where = f"tests/{path.relative_to(tests).as_posix()}"
        for test, name, by in _marks(ast.parse(path.read_text("utf-8")), where):
            if name not in found:
                raise LookupError(f"{where}: {test} is marked with {name}, which is no row")
            if (test, by) not in found[name]:
                found[name].append((test, by))
    return found


def _marks(tree: ast.Module, where: str) -> Iterator[tuple[str, str, str | None]]:
    """(test, row, by) of each mark, on a test, a class, or the whole module (pytestmark)."""
    for node in ast.walk(tree):
        marks: list[ast.expr] = []
        name = ""
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            marks, name = node.decorator_list, f"::{node.name}"
        elif isinstance(node, ast.Assign) and _names(node) == ["pytestmark"]:
            value = node.value
            marks = value.elts if isinstance(value, ast.List) else [value]
        for mark in marks:
            if not (
                isinstance(mark, ast.Call)
                and isinstance(mark.func, ast.Attribute)
                and mark.func.attr == "conforms"
            ):
                continue
            by = next(
                (
                    str(each.value.value)
                    for each in mark.keywords
                    if each.arg == "by" and isinstance(each.value, ast.Constant)
                ),
                None,
            )
            for each in mark.args:
                if isinstance(each, ast.Constant):
                    yield f"{where}{name}", str(each.value), by


def _names(node: ast.Assign) -> list[str]:
    return [each.id for each in node.targets if isinstance(each, ast.Name)]


def page() -> str:
    """The page as text."""
    tests = marked()
    shown = sum(bool(found) for found in tests.values())
    parts = [OPENING, f"\n{shown} of {len(tests)} rows have tests.\n"]
    for part, rows in PARTS.items():
        parts.append(f"\n## {part}\n\n| behavior | by | spoken through | tests |\n")
        parts.append("| --- | --- | --- | --- |\n")
        for name, (words, clause) in rows.items():
            parts.append(f"| {words} | {clause} | {_by(tests[name])} | {_cell(tests[name])} |\n")
    return "".join(parts)


def _by(found: list[tuple[str, str | None]]) -> str:
    return ", ".join(dict.fromkeys(by for _, by in found if by)) or "-"


def _cell(found: list[tuple[str, str | None]]) -> str:
    by_file: dict[str, list[str]] = {}
    for test, _ in found:
        where, _, name = test.partition("::")
        words = name.removeprefix("test_").replace("_", " ")
        by_file.setdefault(where, [])
        if words:
            by_file[where].append(words)
    if not by_file:
        return "**none: not claimed**"
    return "<br>".join(
        f"[{where.removeprefix('tests/')}](../../{where})" + (f": {'; '.join(n)}" if n else "")
        for where, n in by_file.items()
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
