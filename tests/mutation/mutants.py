"""Every single thing that is changed in a module, one at a time.

Changed are comparisons (by one side of their bound), `and` and `or`, `not`, conditions, filters,
numbers, yes and no, names of codes, arithmetic, and whether a statement is done at all. Left alone
are sentences, docstrings, annotations, decorators and assertions: no grade hangs on them.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import CodeType
from typing import Any

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
CODE = re.compile(r"[a-z][a-z0-9_]+")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LEFT_ALONE = {"annotation", "returns", "decorator_list", "type_comment"}
WORDS = {"text", "title", "words", "source", "TITLE", "SOURCE", "__all__"}
"""Keywords and names whose text is read by people, or by no test."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change: `was` became `now` in `line`."""

    line: int
    was: str
    now: str
    code: CodeType


Change = tuple[ast.AST, str, Any, Any]
"""A node, its field, the place in the field where that is a list, and what is put there."""


def mutants(source: str, path: str) -> Iterator[Mutant]:
    """Each change of the module, in the order of its lines."""
    tree = ast.parse(source)
    changes = sorted(_changes(tree), key=lambda change: _line(change[0]))
    for node, field, place, new in changes:
        shown = _shown(node, field, place)
        line, was = _line(shown(node)), ast.unparse(shown(node))
        old = getattr(node, field)
        if place is None:
            setattr(node, field, new)
        else:
            old, kept = old[place], old
            kept[place] = new
        fixed = ast.fix_missing_locations(copy.deepcopy(tree))
        now = ast.unparse(shown(node))
        if place is None:
            setattr(node, field, old)
        else:
            kept[place] = old
        yield Mutant(line, was, now, compile(fixed, path, "exec"))


def _shown(node: ast.AST, field: str, place: Any) -> Callable[[ast.AST], ast.AST]:
    """What of a node is worth to be shown: of an `if`, its condition; of a body, the statement."""
    if place is not None and isinstance(getattr(node, field)[place], ast.stmt):
        return lambda found: getattr(found, field)[place]  # type: ignore[no-any-return]
    if field == "test":
        return lambda found: found.test  # type: ignore[attr-defined,no-any-return]
    return lambda found: found


def _line(node: ast.AST) -> int:
    """The line that a node begins in; a filter has none of its own."""
    found = (getattr(each, "lineno", None) for each in ast.walk(node))
    return next(line for line in found if line is not None)


def _changes(node: ast.AST, outside: bool = True) -> Iterator[Change]:
    yield from _of(node)
    for field, value in ast.iter_fields(node):
        if field in LEFT_ALONE or (isinstance(node, ast.keyword) and node.arg in WORDS):
            continue
        children = value if isinstance(value, list) else [value]
        for place, child in enumerate(children):
            if not isinstance(child, ast.AST) or isinstance(child, ast.Assert | ast.JoinedStr):
                continue
            at = place if isinstance(value, list) else None
            yield from _in_place(node, field, at, child, outside)
            if not _is_docstring(child) and not _is_words(child):
                inside = outside and not isinstance(child, ast.FunctionDef | ast.Lambda)
                yield from _changes(child, inside)


def _of(node: ast.AST) -> Iterator[Change]:
    """What is changed within a node."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            yield node, "ops", place, COMPARED[type(operator)]()
    elif isinstance(node, ast.BoolOp):
        yield node, "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in COMPUTED:
        yield node, "op", None, COMPUTED[type(node.op)]()
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not _is_turned(node.test):
        yield node, "test", None, ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.comprehension):
        for place, _ in enumerate(node.ifs):
            yield node, "ifs", place, ast.Constant(True)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield node, "func", None, ast.Name(CALLED[node.func.id], ast.Load())
    elif isinstance(node, ast.Constant):
        for new in _constants(node.value):
            yield node, "value", None, new


def _is_turned(test: ast.expr) -> bool:
    """Is the opposite of a condition among the other changes of it?"""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(
            test.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is | ast.IsNot
        )
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _constants(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str) and NUMBER.fullmatch(value):
        # By one of its last digit, up and down.
        step = Decimal(1).scaleb(Decimal(value).as_tuple().exponent)  # type: ignore[arg-type]
        yield str(Decimal(value) + step)
        yield str(Decimal(value) - step)
    elif isinstance(value, str) and CODE.fullmatch(value):
        yield f"{value}_"


def _in_place(
    parent: ast.AST, field: str, place: int | None, child: ast.AST, outside: bool
) -> Iterator[Change]:
    """What is put in the place of a node."""
    if isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not):
        yield parent, field, place, child.operand
    is_done = isinstance(child, ast.AugAssign) or (
        isinstance(child, ast.Expr) and isinstance(child.value, ast.Call)
    )
    if is_done and not outside:
        yield parent, field, place, ast.Pass()
    if isinstance(child, ast.Continue):
        yield parent, field, place, ast.Break()


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_words(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in WORDS
    )
