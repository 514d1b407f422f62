"""Every refusal of the reader, as the table beside this file says it."""

from pathlib import Path

import pytest

from toxmon.protocol import Fault, ProtocolError, check, read, read_policy, read_product

HERE = Path(__file__).parent
NAMES = ("product", "engager", "policy", "alarms", "drug")
SAMPLES = {name: (HERE / f"sample-{name}.toml").read_text() for name in NAMES}


def rows():
    lines = (HERE / "faults.md").read_text().splitlines()
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 7 and cells[0] in SAMPLES:
            yield pytest.param(*cells, id=f"line {number}")


def changed(name, after, passage, becomes):
    text = SAMPLES[name]
    passage, becomes = passage.replace("⏎", "\n"), becomes.replace("⏎", "\n")
    start = text.index(after) if after else 0
    assert passage in text[start:], "the passage must stand in the sample"
    return text[:start] + text[start:].replace(passage, becomes, 1)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_themselves_are_without_fault(name):
    assert check(HERE / f"sample-{name}.toml") == []


@pytest.mark.parametrize(
    ("name", "after", "passage", "becomes", "place", "what", "instead"), list(rows())
)
def test_each_fault_is_told_with_its_place_and_what_to_write(
    name, after, passage, becomes, place, what, instead
):
    where = f"products/sample-{name}.toml"
    with pytest.raises(ProtocolError) as error:
        read(changed(name, after, passage, becomes), where)
    place, _, line = place.partition("@")
    place = f"{where}: {place.strip()}" if place else where
    faults = [fault for fault in error.value.faults if fault.place == place]
    assert [(fault.what, fault.instead) for fault in faults] == [(what, instead)]
    if line:
        assert faults[0].line == int(line)
    # One change, one fault; only `on` beside from, until and every contradicts all three.
    assert len(error.value.faults) == (3 if "`on`" in what else 1)


def test_every_fault_of_a_file_is_told_at_once():
    text = SAMPLES["product"].replace("verified", "verifeid")
    text = text.replace('from = "day 1"', 'from = "1"').replace("median = 2.5", "median = 99")
    with pytest.raises(ProtocolError) as error:
        read_product(text, "products/sample-product.toml")
    places = [
        fault.place.removeprefix("products/sample-product.toml: ") for fault in error.value.faults
    ]
    assert "window[1].from" in places
    assert "published[1].onset.median" in places
    # Misspelt everywhere: each place tells the unknown key and the missing one.
    assert len([place for place in places if place.endswith(".verifeid")]) == text.count("verifeid")
    assert len([place for place in places if place.endswith(".verified")]) == text.count("verifeid")
    assert str(error.value).count("\n") == len(places) - 1


def test_faults_are_told_in_the_order_of_the_file():
    text = SAMPLES["product"].replace("verified = false", "verified = 0")
    with pytest.raises(ProtocolError) as error:
        read_product(text, "x")
    lines = [fault.line for fault in error.value.faults]
    assert lines == sorted(lines)


def test_a_fault_reads_as_a_sentence():
    fault = Fault("products/x.toml: window[1].from", "'1' is not a day", 'from = "day 0"', 12)
    assert str(fault) == (
        "products/x.toml: window[1].from (line 12): '1' is not a day. "
        'Write instead: from = "day 0"'
    )


def test_a_file_of_the_other_form_is_refused():
    with pytest.raises(ProtocolError, match=r"form.*'policy' is not known here.*product"):
        read_product(SAMPLES["policy"], "kept with a treatment")
    with pytest.raises(ProtocolError, match=r"form.*'product' is not known here.*policy"):
        read_policy(SAMPLES["product"], "kept with a treatment")


def test_a_key_of_signs_is_refused_like_any_other():
    with pytest.raises(ProtocolError) as error:
        read(SAMPLES["policy"].replace("version = 2", 'version = 2\n"-" = 3'), "sample-policy.toml")
    (fault,) = error.value.faults
    assert (fault.place, fault.line) == ("sample-policy.toml: -", None)


def test_a_text_that_is_kept_elsewhere_needs_no_file_name():
    assert read_product(SAMPLES["product"], "kept with a treatment").version == 3


def test_text_that_is_nested_too_deeply_is_refused():
    with pytest.raises(ProtocolError, match="nested too deeply"):
        read("form = " + "[" * 100_000, "deep.toml")


def test_a_file_that_is_not_text_is_a_fault(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b'form = "\xff\xfe"')
    assert [fault.what for fault in check(path)] == ["the file is not UTF-8 text"]


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    (fault,) = check(tmp_path / "none.toml")
    assert fault.what == "it cannot be read: No such file or directory"


def test_line_ends_and_byte_order_marks_do_not_matter(tmp_path):
    path = tmp_path / "sample-product.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SAMPLES["product"].replace("\n", "\r\n").encode())
    assert check(path) == []
