"""Prints docs/hazards.md: what may go wrong with a watch, and the tests that show it does not.

The tests are found by their mark, `@pytest.mark.hazard("H26")`, without running them. A mark with
an id that is not in the table below is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

TREE = Path(__file__).parents[2]
PAGE = TREE / "docs" / "hazards.md"

PARTS: Mapping[str, Mapping[str, str]] = {
    "What a value means": {
        "H01": "CRP in the wrong one of its two units is off by ten",
        "H02": "Cells or fibrinogen on another scale are off by a thousand or a hundred",
        "H03": "A temperature in Fahrenheit, or of the armpit, is read as core Celsius",
        "H04": "A weight in pounds, of long ago or guessed, sets a dose",
        "H05": "NaN, true as a number, a decimal comma, a name twice: JSON that means nothing sure",
        "H06": "A true extreme is refused, and the sickest patient is not watched",
        "H07": "An ICE item that nobody asked counts as right",
        "H08": "ICE of an adult is used where it cannot apply: sedation, aphasia, a child",
        "H09": "Oxygen at home, low pressure of old or another cause is graded as CRS",
        "H10": "Nobody charts that a vasopressor or oxygen was stopped, or somebody assumes it",
    },
    "Who, and which course": {
        "H11": "A value is charted for the wrong patient",
        "H12": "Two records are merged, or a merge is undone, and doses or alerts are lost",
        "H13": "A second infusion inherits day 0, doses or a waiver from the first",
        "H14": "Day 0 is corrected later, and windows and checks stay where they were",
        "H15": "After a transfer the alert rings on the ward that the patient has left",
        "H16": "The watch ends too early, or goes on after death",
    },
    "Time": {
        "H17": "The clocks change, and a day or an interval is an hour off",
        "H18": "The clock is set back, and nothing is due any more",
        "H19": "The clock jumps ahead, and everything is overdue or thrown away",
        "H20": "A value from the future stays the newest one",
        "H21": "Two machines do not agree what time it is",
        "H22": "Values of the past arrive late and clear what is so now",
    },
    "Grades over time": {
        "H23": "A grade of yesterday is shown as that of now",
        "H24": "Tocilizumab or an antipyretic hides the fever that a grade needs",
        "H25": "The waiver of fever never ends, and sepsis is graded as CRS",
        "H26": "A correction lowers the grade, and the alert is gone without a word",
        "H27": "What arrives last overwrites what is newer at the bedside",
        "H28": "The only value that bears a grade is taken back, and nobody can see it",
        "H29": "A protocol is edited under patients who are treated by it",
        "H30": "A new version of the software grades the past anew",
        "H31": "Days without a blood count are counted as low, or as recovered",
    },
    "Alarms and people": {
        "H32": "Nothing sweeps for a night, and what was missed stays untold",
        "H33": "A check that is late is dropped, as schedulers do",
        "H34": "Every process runs the same check, and everybody is paged several times",
        "H35": "The page has arrived, and nobody has read it",
        "H36": "A program, or somebody who has gone home, has acknowledged it",
        "H37": "Hundreds of alerts at once bury the one that matters",
        "H38": "A value that wavers about a limit wears everybody out",
        "H39": "A silence lasts longer than the danger stays small",
        "H40": "Nobody is on call, or the shift ends, and the alert is nobody's",
        "H41": "Nobody measures and no feed sends, so nothing is wrong",
        "H42": "A screen shows the calm of an hour ago",
        "H43": "A pause or maintenance is forgotten and never ends",
    },
    "Tocilizumab": {
        "H44": "One dose reported by two systems counts twice",
        "H45": "A dose given elsewhere is not counted",
        "H46": "Two people are both allowed the last dose",
        "H47": "The eight hours or the twenty-four are counted wrongly",
        "H48": "Ordered, given, stopped and wasted doses are taken for each other",
        "H49": "The band of weight, the cap or the rounding is wrong",
        "H50": "The limits of another product, country or guideline are applied",
    },
    "Interfaces": {
        "H51": "A message is sent again, and counts twice",
        "H52": "Half of a batch is kept",
        "H53": "A message that cannot be delivered is lost, or blocks all others",
        "H54": "An older grade arrives after the newer one",
        "H55": "A reader of the feed passes over a row",
        "H56": "One slow receiver keeps all others waiting",
        "H57": "The address of a webhook leads where it must not",
        "H58": "A limit on requests drops vital signs",
    },
    "Storage and running": {
        "H59": "The disk is full",
        "H60": "The database is locked, or has no connection left",
        "H61": "The power fails after the answer",
        "H62": "The disk says that it could not write, and is believed the second time",
        "H63": "The database file is damaged without a sign",
        "H64": "A failover loses what was acknowledged, or leaves two that write",
        "H65": "A replica answers with an old grade",
        "H66": "A restored backup sets the world back by hours",
        "H67": "The server answers, and grades or watches nothing",
    },
    "Security": {
        "H68": "A ward reads or changes patients of another",
        "H69": "The rules of access keep somebody out in an emergency",
        "H70": "Somebody acts in the name of another, on a shared screen",
        "H71": "A token is leaked, or may do too much",
        "H72": "The audit trail is changed or cut short",
        "H73": "What identifies a patient stands in a log",
        "H74": "A library with a known fault stays in, for its scanner has looked at nothing",
    },
}
HAZARDS = {id_: title for part in PARTS.values() for id_, title in part.items()}

OPENING = """# Hazards, and the tests that stand against them

Printed by `docs/generate/hazards.py` from the marks of the tests; do not edit.

Each row is a way in which software that watches patients can do harm. Beside it stand the tests
that fail when toxmon lets it happen; `make test` runs all of them. Where no test is marked there
may be a control in the code, and tests of parts of it, but nobody has claimed that they are proof:
do not rely on it. The ids are those of the hazard log that this project is built against. Whoever
runs toxmon on a ward needs a log and a clinical safety officer of their own: this page is evidence
for it and no replacement.
"""


def marked(tests: Path = TREE / "tests") -> dict[str, list[str]]:
    """By the id of a hazard, the tests that carry it. Raises LookupError for an unknown id."""
    found: dict[str, list[str]] = {id_: [] for id_ in HAZARDS}
    for path in sorted(tests.rglob("*.py")):
        where = f"tests/{path.relative_to(tests).as_posix()}"
        for name, id_ in _marks(ast.parse(path.read_text("utf-8")), where):
            if id_ not in found:
                raise LookupError(f"{where}: {name} is marked with {id_}, which is no hazard")
            found[id_].append(name)
    return {id_: list(dict.fromkeys(names)) for id_, names in found.items()}


def _marks(tree: ast.Module, where: str) -> Iterator[tuple[str, str]]:
    """(test, hazard) of each mark; of a table of cases, its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and _is_mark(mark.func):
                    for each in mark.args:
                        if isinstance(each, ast.Constant):
                            yield f"{where}::{node.name}", str(each.value)


def _is_mark(node: ast.expr) -> bool:
    """`pytest.mark.hazard`, or `way` of the table of ways in which an alert might vanish."""
    if isinstance(node, ast.Name):
        return node.id == "way"
    return isinstance(node, ast.Attribute) and node.attr == "hazard"


def page() -> str:
    """The page as text."""
    tests = marked()
    proved = sum(bool(names) for names in tests.values())
    parts = [
        OPENING,
        f"\n{proved} of {len(tests)} hazards have marked tests; {len(tests) - proved} have none.\n",
    ]
    for part, hazards in PARTS.items():
        parts.append(f"\n## {part}\n\n| | what may happen | tests |\n| --- | --- | --- |\n")
        parts += [f"| {id_} | {title} | {_cell(tests[id_])} |\n" for id_, title in hazards.items()]
    return "".join(parts)


def _cell(names: list[str]) -> str:
    """The tests by file; their names are the words of what they show."""
    by_file: dict[str, list[str]] = {}
    for name in names:
        where, _, test = name.partition("::")
        by_file.setdefault(where, []).append(test.removeprefix("test_").replace("_", " "))
    if not by_file:
        return "**no test is marked with it yet**"
    return "<br>".join(
        f"[{where.removeprefix('tests/')}](../{where}): {'; '.join(tests)}"
        for where, tests in by_file.items()
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
