"""Prints docs/reference/checklist.md: what a page must do, and the tests that show it.

The tests are found by their mark, `@pytest.mark.check(12, 13)`, without running them. A line that
has neither a test nor a reason why it cannot have one is an error, and so is a mark of no line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

TREE = Path(__file__).parents[2]
PAGE = TREE / "docs" / "reference" / "checklist.md"

AREAS: Mapping[str, Mapping[int, str]] = {
    "Board": {
        1: "40 and 200 beds are drawn; the largest paint within 1.5 s on a slow link",
        2: "windows, overdue and unacknowledged stand in the first 768 px at 1366 px width",
        3: "rows that nobody has acknowledged come first; the order is said in words",
        4: "the order by bed is kept on the device after a reload",
        5: "overdue says how many minutes, and counts on without a reload",
        6: "empty beds are listed, unless a stated choice hides them",
        7: "a filter says “Showing n of m” and has a link that ends it",
        8: "a patient without a complete set shows ?, never 0",
        9: "a grade's tile has its digit, and reads in grey",
        10: "a rise is ▲ with “was n”, a fall is ▼",
        11: "a poll without news is 304 and at most 300 bytes",
        12: "after an update the focus is on the same button, and the page has not scrolled",
        13: "an opened “why” stays open after an update",
        14: "rows keep their order while pointer or focus is among them",
        15: "the server answers 500: the table stays, with a reference",
        16: "no contact for 30 s: NOT MONITORING, tiles without fill, “as of”, a mark in the title",
        17: "contact again: the notice goes within one poll, and it is said once",
        18: "a tab that was hidden for 5 min polls within 1 s of being shown",
        19: "a count that failed is –, not 0",
        20: "a display on the wall has no names unless switched on, and no buttons",
        21: "at 390 px there are cards, and nothing scrolls sideways",
        22: "arrivals and departures are marked as changes",
    },
    "Find, scan, identity": {
        23: "the field has the focus; a bed and Enter open the patient",
        24: "a scan with prefix, suffix, CR, GS and control characters finds the patient",
        25: "an unknown scan is named; the field keeps the focus with its text selected",
        26: "another wristband on an open form stops with a page that names both patients",
        27: "name, birth and age, number, bed and day on every page of a patient, print and PDF",
        28: "a name of 60 characters wraps and is never cut",
        29: "similar names on a ward are said",
        30: "no name, number or birth date in an address, title, cookie, storage or log",
    },
    "Record observations": {
        31: "from the board to the form in at most 2 taps",
        32: "the whole form without scrolling at 390 x 844 and 360 x 740",
        33: "a full set with ICE 10 in at most 18 taps, to the page with the result",
        34: "targets of at least 44 x 40 px, keys of the pad at least 48 px high",
        35: "nothing is filled in or chosen beforehand",
        36: "the value before and its age stand beside each field",
        37: "the pad makes 38.9 of 3-8-9 and moves on; 8-6 moves on, 1-1-8 after three",
        38: "a keyboard never moves on by itself; Enter moves on and never saves",
        39: "38,9 is taken as 38.9",
        40: "389 and 3.9 °C are stopped with the limits named",
        41: "39.8 after 36.6 an hour ago is asked about once; going back keeps the values",
        42: "the preview equals the grade of the API for the same values",
        43: "without a preview saving still works, and it is said",
        44: "a double tap on Save is one set",
        45: "422 has a summary with the focus, links to the fields, and a title with “Error:”",
        46: "Save without a connection keeps all values; sent again it saves once",
        47: "turning the device keeps the values",
        48: "a lock and its end keep the values",
        49: "leaving with values that are not saved warns",
        50: "not taken is not taken: not empty, not 0; zero is zero",
        51: "a score of ICE only with all ten; “cannot assess” needs a reason",
        52: "ICE keeps its language and the interpreter",
        53: "an earlier time in two taps; a time ahead is refused",
        54: "a second set within 5 min by somebody else is asked about",
        55: "from Save to the result within 1 s (p95) on a ward of 100",
        56: "form, errors and result have nothing against them, light and dark",
    },
    "Result and why": {
        57: "grade, was, why, do now, next, alert, correct: in this order",
        58: "the focus is on the heading of the result, which is announced",
        59: "each criterion with value, time and rule, and what would change the grade",
        60: "the versions of the rules stand on result, why, print and export",
        61: "a clinician's own grade stands beside the one that is worked out",
        62: "the words of why are the same on page, API and command line",
        63: "findings that grew too old turn the tile to ? without a post",
    },
    "Timeline": {
        64: "30 d at most 20 kB; 100 d x 20 series at most 80 kB, packed",
        65: "without script: chart, lanes, links, ranges and table",
        66: "each segment and dose is reached by keyboard, has a name, and opens why",
        67: "arrow keys move the line; values are announced once a key, or “not measured”",
        68: "the axis is in proportion: ten days are ten times a day, within a pixel",
        69: "no line crosses a gap; a lone reading has a dot",
        70: "a state that began before the window is drawn from its edge",
        71: "scales are fixed ones; another is said",
        72: "newest and previous value stand in the label with their age",
        73: "each track has its unit",
        74: "one measure a track, but for blood pressure; all share the time",
        75: "bands of criteria have words, and no data is behind them",
        76: "a logarithmic track says so",
        77: "the table has the newest at the right and in view; its heads stay",
        78: "hidden tracks are counted; as many points as the API has",
        79: "corrected values are marked, and the original can be opened",
        80: "lanes and doses can be read in dark, grey and forced colors",
        81: "at 360 px it is drawn anew: text of 9.5 px and more, nothing scrolls sideways",
        82: "the grade of a lane's label is that of the board and of the API",
    },
    "Alerts and due": {
        83: "one alert a change, and not one a reading",
        84: "acknowledged in one tap; name and time on board, list and patient within a poll",
        85: "somebody else was faster: the button says so, and there is no second record",
        86: "the acknowledged ones come oldest first, with their age",
        87: "an acknowledgement ends with the next rise",
        88: "what nobody takes goes up the chain by time",
        89: "shape, mark and word differ by priority, also in grey",
        90: "nothing flashes, moves or sounds",
        91: "an empty list says when it was looked at; no tick and no green",
        92: "the due list says how late, how often and why",
        93: "shelved and suppressed ones are listed, also when there are none",
    },
    "Pharmacy": {
        94: "the first word is YES, NOT YET, NO or CHECK, with the reason beside it",
        95: "next time, given of max, in 24 h, last dose, the dose for the weight with its cap",
        96: "one second before, at and after 8 h; what is counted from is named",
        97: "a missing or old weight gives CHECK and no dose",
        98: "the word changes by the server's clock, whatever the device's is",
        99: "a corrected or withdrawn dose changes the count and stays, struck through",
        100: "a record against a rule has a reason, a second person where asked, and a mark",
        101: "below and from 30 kg each has its rule and source",
        102: "it prints on one page",
    },
    "Handover, print, PDF": {
        103: "one A4 page with banner and foot, and no buttons",
        104: "the PDF has one page, is tagged, at most 150 kB; it has name, grades and versions",
        105: "without the extra the button says Print, and nothing fails",
    },
    "Integration": {
        106: "a signature that fails is told by its part: old, changed, wrong secret, no header",
        107: "the body that is shown is the body that was sent; each attempt with its answer",
        108: "failed and delivered ones are sent again with the count said and the same ids",
        109: "a secret that is replaced works for as long as is said, and then not",
        110: "the clock of a sandbox opens windows",
        111: "what is of a sandbox can never be on a ward",
        112: "the pages of documentation ask nobody else; their examples run",
    },
    "Research": {
        113: "the count on the page is that of the file and of the audit",
        114: "another filter is in the link of the export",
        115: "the usual file has no names, numbers or birth dates, and days since the infusion",
        116: "a dictionary, the filter, versions and digests; the command line has the same bytes",
        117: "an export of 5,000 says how far it is, and can be left",
    },
    "Everywhere": {
        118: "nobody else is asked; nothing inline; the policy has nothing to report",
        119: "at most 22 kB of script and 10 kB of style a page, packed",
        120: "nothing against any page, light and dark",
        121: "every page by keyboard; what has the focus is never hidden",
        122: "320 px and four times as large: it flows anew",
        123: "the core tasks without script",
        124: "dates with the month as a word, 24 h; the hour that comes twice has its offset",
        125: "in the language that is none nothing is left untranslated or cut",
        126: "going back after saving posts nothing; a bookmark opens the same view",
        127: "a board that was open for 12 h has grown by at most 5 MB",
        128: "--help is quick; no progress into a file; --json is JSON alone; exit codes as said",
    },
}
LINES = {number: words for area in AREAS.values() for number, words in area.items()}

NOT_TESTED: Mapping[int, str] = {
    1: "A time is measured and not tested: `benchmarks/board.py` draws 200 patients.",
    6: "toxmon knows who lies where, and no list of beds; so it cannot say which are empty.",
    55: "A time is measured and not tested: `benchmarks/board.py` saves sets beside 200 patients.",
    110: "A sandbox has no clock of its own: what would open windows is charted in the past there.",
}
"""Lines that no test can show, or that hold in another way here, with the reason."""

OPENING = """# The checklist of the pages

Printed by `docs/generate/checklist.py` from the marks of the tests; do not edit.

What a page for people must do, and the tests that fail when it does not: in a real browser, against
a real server. A line without a test says why.
"""


def marked(tests: Path = TREE / "tests") -> dict[int, list[str]]:
    """By line, the tests that are marked with it. Raises LookupError for a line that is none."""
    found: dict[int, list[str]] = {number: [] for number in LINES}
    for path in sorted(tests.rglob("*.py")):
        where = f"tests/{path.relative_to(tests).as_posix()}"
        for test, number in _marks(ast.parse(path.read_text("utf-8"))):
            if number not in found:
                raise LookupError(f"{where}::{test} is marked with {number}, which is no line")
            found[number].append(f"{where}::{test}")
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if (
                isinstance(mark, ast.Call)
                and isinstance(mark.func, ast.Attribute)
                and mark.func.attr == "check"
            ):
                for each in mark.args:
                    assert isinstance(each, ast.Constant), f"{node.name}: name lines by number"
                    yield node.name, int(each.value)


def page() -> str:
    """The page as text. Raises LookupError for a line without a test and without a reason."""
    tests = marked()
    bare = [number for number in LINES if not tests[number] and number not in NOT_TESTED]
    if bare:
        raise LookupError(f"lines without a test and without a reason: {bare}")
    parts = [OPENING]
    for area, lines in AREAS.items():
        parts.append(f"\n## {area}\n\n| | it holds | shown by |\n| --- | --- | --- |\n")
        for number, words in lines.items():
            shown = [f"`{each}`" for each in tests[number]]
            if number in NOT_TESTED:
                shown.append(NOT_TESTED[number])
            parts.append(f"| {number} | {words} | {'<br>'.join(shown)} |\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
