"""What mutation testing changes and leaves alone, how it ends a trial, and what its page says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.mutation import report, trial
from tests.mutation.mutants import mutants
from tests.mutation.reach import foreign
from tests.mutation.reach import test_files as nearest

# one line of source, all that is changed in it
CHANGED = (
    ("x = a < 3", ("a <= 3", "4")),
    ("x = 0 <= a < b", ("0 < a < b", "0 <= a <= b", "1")),
    ("x = a is None and not b", ("a is None or not b", "a is not None", "a is None and b")),
    ("x = Decimal('38.0')", ("'38.1'", "'37.9'")),
    ("x = 'oxygen_device'", ("'oxygen_device_'",)),
    ("x = 'At most grade 3'", ()),
    ("TITLE = 'fever'", ()),
    ("x = f(title='fever', code='fever')", ("'fever_'",)),
    ("x = f'{a < 3} days'", ()),
    ("assert a < 3", ()),
    ("x: Literal['fever'] = True", ("False",)),
    ("x = max(a + b, a * b)", ("min(a + b, a * b)", "a - b", "a + b")),
    ("x = [a for a in b if a > 1]", ("for a in b if True", "a >= 1", "2")),
    ("x = a if b and c else d", ("not (b and c)", "b or c")),
    ("x = a if b == c else d", ("b != c",)),
    ("def f(): told.append(a)", ("pass",)),
    ("told.append(a)", ()),
    ('def f():\n    """A day."""\n    x += 2', ("pass", "x -= 2", "3")),
)


@pytest.mark.parametrize("case", CHANGED, ids=[case[0] for case in CHANGED])
def test_what_is_changed(case: tuple[str, tuple[str, ...]]) -> None:
    source, wanted = case
    found = list(mutants(source, "module.py"))
    for words in wanted:
        assert any(words in mutant.now for mutant in found), (words, [m.now for m in found])
    assert len(found) == len(wanted)


def test_each_change_is_alone_and_of_its_line() -> None:
    source = "low = 1\nhigh = 2\n"
    said = []
    for mutant in mutants(source, "module.py"):
        names: dict[str, int] = {}
        exec(mutant.code, names)
        said.append((mutant.line, names["low"], names["high"]))
    assert said == [(1, 2, 2), (2, 1, 3)]


def test_a_statement_that_is_left_out_is_shown_alone() -> None:
    source = "def f(a):\n    a.append('Words')\n    return a\n"
    (mutant,) = mutants(source, "module.py")
    assert (mutant.line, mutant.was, mutant.now) == (2, "a.append('Words')", "pass")


ENDS = (
    ("def test_it():\n    pass\n", 60.0, trial.SURVIVED),
    ("def test_it():\n    assert 1 > 2\n", 60.0, trial.KILLED),
    ("while True: pass\n", 2.0, trial.TIMED_OUT),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", ENDS, ids=[case[2] for case in ENDS])
def test_how_a_trial_ends(case: tuple[str, float, str], tmp_path: Path) -> None:
    text, seconds, wanted = case
    path = tmp_path / "test_it.py"
    path.write_text(text, "utf-8")
    run = trial.start([str(path)], seconds)
    while (end := run.done()) is None:
        time.sleep(0.05)
    assert end == wanted


@pytest.mark.slow
def test_a_trial_says_which_file_noticed(tmp_path: Path) -> None:
    files = [tmp_path / f"test_{name}.py" for name in ("one", "other", "last")]
    for file, passes in zip(files, (True, False, False), strict=True):
        file.write_text(f"def test_it():\n    assert {passes}\n", "utf-8")
    run = trial.start([str(file) for file in files], 60.0)
    while (end := run.done()) is None:
        time.sleep(0.05)
    assert (end, run.by) == (trial.KILLED, str(files[1]))


def test_what_is_loaded_once_is_what_others_have_written() -> None:
    found = foreign(["tests/grading/test_tables.py"])
    assert {"pytest", "decimal", "re"} <= set(found)
    assert not [name for name in found if name.startswith(("toxmon", "tests"))]


def test_the_nearest_tests_of_a_module_are_found() -> None:
    assert "tests/grading/test_tables.py" in nearest("toxmon.grading.crs")
    assert "tests/grading/test_icaht.py" in nearest("toxmon.grading.icaht")
    assert nearest("toxmon.grading.nowhere") == []


def test_the_page_counts_what_is_known_to_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = tmp_path / "same.toml"
    same.write_text('[[crs]]\nline = "a"\nwas = "b"\nnow = "c"\nwhy = "d"\n', "utf-8")
    monkeypatch.setattr(report, "SAME", same)
    survivors = [{"line": "a", "was": "b", "now": "c"}, {"line": "x | y", "was": "x", "now": "y"}]
    known = {"crs": {"path": "crs.py", "changes": 22, "tests": ["t.py"], "survivors": survivors}}
    text = "".join(report.page(known, ["icans.py"]))
    assert "| `crs.py` | 22 | 20 | 1 | 95.2% | `t` |" in text
    assert "| `x \\| y` | `x` | `y` |" in text
    assert "| `a` |" not in text
    assert "- `icans.py`" in text
    assert report.reached(known)
    known["crs"]["changes"] = 20
    assert not report.reached(known)


def test_the_page_is_that_of_the_results() -> None:
    assert report.PAGE.read_text("utf-8") == "".join(report.page(*report.read()))
    tried, _ = report.read()
    for module, same in report.same().items():
        for each in same:
            assert set(each) == {"line", "was", "now", "why"}, module
            assert {key: each[key] for key in ("line", "was", "now")} in tried[module]["survivors"]
