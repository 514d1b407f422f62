"""Bodies that no route can read: each is refused in words, keeps nothing, and the next one works.

Hazard H05: two systems must not read the same message differently, and none may grade a fever as
none because a reader took NaN, the last of two equal names, or gave up half way.
"""

from __future__ import annotations

import re

import pytest

from tests.api.conftest import Ward, kept

AT = b'"effective_at": "2026-03-01T07:00:00Z"'
LIMIT = 1024 * 1024


def one(value: bytes) -> bytes:
    """A set of one temperature whose value is written as given."""
    return b'{%s, "observations": [{"kind": "body_temperature", "unit": "Cel", "value": %s}]}' % (
        AT,
        value,
    )


GOOD = one(b"38.6")

# name, body, what the problem says
UNREADABLE = (
    ("no_body", b"", "not JSON"),
    ("only_blanks", b" \n\t ", "not JSON"),
    ("not_json", b"effective_at=now", "not JSON"),
    ("half_a_body", GOOD[: len(GOOD) // 2], "line 1 column"),
    ("two_bodies", GOOD + GOOD, "Extra data"),
    ("a_trailing_comma", GOOD[:-1] + b",}", "not JSON"),
    ("single_quotes", GOOD.replace(b'"', b"'"), "not JSON"),
    ("a_comment", b"/* a fever */" + GOOD, "not JSON"),
    ("python", b"{'a': None, 'b': True}", "not JSON"),
    ("xml", b"<observation/>", "not JSON"),
    ("NaN", one(b"NaN"), "NaN is not a number"),
    ("Infinity", one(b"Infinity"), "Infinity is not a number"),
    ("minus_Infinity", one(b"-Infinity"), "-Infinity is not a number"),
    ("NaN_in_lower_case", one(b"nan"), "not JSON"),
    ("hexadecimal", one(b"0x26"), "not JSON"),
    ("a_leading_zero", one(b"038.6"), "not JSON"),
    ("a_leading_plus", one(b"+38.6"), "not JSON"),
    ("a_bare_point", one(b".5"), "not JSON"),
    ("a_point_at_the_end", one(b"38."), "not JSON"),
    ("a_comma_for_a_point", one(b"38,6"), "not JSON"),
    ("an_underscore", one(b"3_8"), "not JSON"),
    ("digits_of_another_script", one("٣٨".encode()), "not JSON"),
    ("a_whole_number_of_5000_digits", one(b"9" * 5_000), "too long"),
    ("an_exponent_beyond_all", one(b"1e99999999999999999999"), "too long"),
    ("an_exponent_below_all", one(b"1e-99999999999999999999"), "too long"),
    ("a_name_twice", GOOD[:-1] + b', "effective_at": "2026-03-01T07:01:00Z"}', "effective_at"),
    ("a_name_twice_within", one(b'38.6, "value": 36.6'), '"value" stands twice'),
    ("a_name_twice_four_deep", b'{"a": [{"b": {"c": 1, "c": 1}}]}', '"c" stands twice'),
    ("a_name_twice_by_escape", b'{"a": 1, "\\u0061": 2}', '"a" stands twice'),
    ("100_deep_in_lists", b"[" * 100 + b"]" * 100, "deeper than 32"),
    ("100_deep_in_objects", b'{"a":' * 100 + b"1" + b"}" * 100, "deeper than 32"),
    ("33_deep", b"[" * 33 + b"]" * 33, "deeper than 32"),
    ("100000_deep", b"[" * 100_000 + b"]" * 100_000, "deeper than 32"),
    ("100000_deep_and_open", b'{"a":' * 100_000, "deeper than 32"),
    ("half_a_surrogate_pair", one(b'"\\ud83d"'), "surrogate"),
    ("half_a_surrogate_pair_in_a_name", b'{"\\udc00": 1}', "surrogate"),
    ("the_halves_the_wrong_way_round", one(b'"\\udc00\\ud83d"'), "surrogate"),
    ("NUL_by_escape", one(b'"\\u0000"'), "NUL"),
    ("NUL_in_a_name", b'{"\\u0000": 1}', "NUL"),
    ("NUL_itself", b'{"a": "\x00"}', "not JSON"),
    ("a_line_break_in_a_text", b'{"a": "b\nc"}', "not JSON"),
    ("an_escape_that_is_none", b'{"a": "\\x41"}', "not JSON"),
    ("UTF_16", GOOD.decode().encode("utf-16"), "not UTF-8"),
    ("UTF_16_without_a_mark", GOOD.decode().encode("utf-16-le"), "not JSON"),
    ("UTF_32", GOOD.decode().encode("utf-32-be"), "not JSON"),
    ("Latin_1", '{"name": "Zoé"}'.encode("latin-1"), "not UTF-8"),
    ("a_byte_order_mark", b"\xef\xbb\xbf" + GOOD, "not JSON"),
    ("overlong_UTF_8", b'{"a": "\xc0\x80"}', "not UTF-8"),
    ("a_surrogate_in_UTF_8", b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
    ("bytes_at_random", bytes(range(255, 0, -1)), "not UTF-8"),
    ("compressed", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "not UTF-8"),
)

ACTS = (
    "acknowledge", "shelve", "unshelve", "note", "resolve", "hand-over", "accept",
    "out-of-service", "in-service",
)  # fmt: skip

# JSON, but not what any route takes.
NO_OBJECT = (
    ("a_list", b"[]"),
    ("a_list_of_the_right_thing", b"[" + GOOD + b"]"),
    ("a_text", b'"body_temperature"'),
    ("a_number", b"38.6"),
    ("true", b"true"),
    ("null", b"null"),
)

MEDIA_TYPES = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/xml", "application/fhir+xml", "application/jsonx", "application", "",
)  # fmt: skip


MAY_BE_LEFT_OUT = (
    "/webhooks/<>/approval", "/webhooks/<>/rotate", "/webhooks/<>/test", "/deliveries/<>/redeliver",
)  # fmt: skip
"""There is nothing to say, and so a body need not come: tests/telling."""
NOBODY = "01980000-0000-7000-8000-000000000000"


def ids(cases: tuple) -> list[str]:
    return [case[0] for case in cases]


def paths(ward: Ward) -> list[tuple[str, str]]:
    """Every route that takes a JSON body, and who may use it."""
    return [
        ("/patients", "nurse"),
        (f"/patients/{ward.patient}/observations", "nurse"),
        (f"/patients/{ward.patient}/infusions", "nurse"),
        (f"/patients/{ward.patient}/administrations", "nurse"),
        (f"/patients/{ward.patient}/attributions", "physician"),
        (f"/patients/{ward.patient}/deaths", "physician"),
        (f"/observations/{ward.fact}/corrections", "nurse"),
        (f"/observations/{ward.doubted}/confirmation", "nurse"),
        (f"/observations/{ward.fact}/retraction", "nurse"),
        (f"/patients/{ward.patient}/pauses", "nurse"),
        (f"/patients/{ward.patient}/stays", "nurse"),
        ("/rosters", "nurse"),
        (f"/rosters/{ward.shift}/corrections", "nurse"),
        (f"/rosters/{ward.shift}/retraction", "nurse"),
        *((f"/alerts/{ward.alert}/{act}", "physician") for act in ACTS),
        (f"/administrations/{ward.dose}/corrections", "nurse"),
        (f"/patients/{ward.patient}/doses/distinct", "nurse"),
        (f"/patients/{ward.patient}/doses/elsewhere", "pharmacist"),
        (f"/patients/{ward.patient}/dosing/tocilizumab/check", "integration"),
        (f"/patients/{ward.patient}/dosing/tocilizumab/reservations", "physician"),
        (f"/patients/{ward.patient}/dosing/tocilizumab/releases", "pharmacist"),
        (f"/patients/{ward.patient}/dosing/tocilizumab/overrides", "physician"),
        (f"/patients/{ward.patient}/permissions/{ward.permission}/release", "pharmacist"),
        (f"/patients/{ward.patient}/permissions/{ward.permission}/return", "nurse"),
        ("/dosing/tocilizumab/check", "integration"),
        ("/stock", "pharmacist"),
        *((f"/patients/{ward.patient}/{act}", "physician") for act in ("merge", "unmerge", "move")),
        ("/held/reread", "physician"),
        (f"/held/{NOBODY}/dismissal", "physician"),
        (f"/messages/{NOBODY}/replay", "admin"),
        ("/webhooks", "admin"),
        (f"/webhooks/{NOBODY}/end", "admin"),
        ("/grade/crs", "nurse"),
        ("/grade/icans", "nurse"),
    ]


# Of CDS Hooks: a fault in the form is 400 there, and a call has many drafts in it.
CDS = ("//cds-services/toxmon-dose", "//cds-services/toxmon-dose/feedback")


def everywhere(ward: Ward) -> list[tuple[str, str]]:
    """The paths outside our own API too."""
    return [*paths(ward), *((path, "integration") for path in CDS)]


def test_the_paths_are_all_that_take_json(ward: Ward) -> None:
    named = re.compile(r"/([0-9a-f-]{36}|tocilizumab)/")
    shapes = {named.sub("/<>/", path) for path, _ in paths(ward)}
    posts = {
        re.sub(r"<\w+>", "<>", rule.rule.removeprefix("/api/v1"))
        for rule in ward.api.app.url_map.iter_rules()
        if "POST" in rule.methods and not rule.rule.startswith(("/fhir", "/hooks"))
        if not rule.endpoint.startswith("ward.")  # Pages take forms: tests/ward.
    }
    assert {re.sub(r"^/grade/\w+$", "/grade/<>", path) for path in shapes} == posts - {
        "/observations/batch", "/cds-services/<>", "/cds-services/<>/feedback", *MAY_BE_LEFT_OUT,
    }  # fmt: skip


def test_the_good_body_is_good(ward: Ward) -> None:
    reply = ward.api.post(f"/patients/{ward.patient}/observations", raw=GOOD)
    assert reply.status == 201, reply.body


@pytest.mark.parametrize("case", UNREADABLE, ids=ids(UNREADABLE))
def test_an_unreadable_body_is_400_everywhere(ward: Ward, case: tuple[str, bytes, str]) -> None:
    _, body, words = case
    before = kept(ward.api.service)
    for path, role in everywhere(ward):
        reply = ward.api.post(path, raw=body, by=role)
        ward.refused(reply, 400)
        assert words in reply.body["detail"], path
    assert kept(ward.api.service) == before
    ward.chart_well()


@pytest.mark.parametrize("case", NO_OBJECT, ids=ids(NO_OBJECT))
def test_what_is_no_object_is_422_everywhere(ward: Ward, case: tuple[str, bytes]) -> None:
    before = kept(ward.api.service)
    for path, role in paths(ward):
        ward.refused(ward.api.post(path, raw=case[1], by=role), 422, "")
    for path in CDS:
        ward.refused(ward.api.post(path, raw=case[1], by="integration"), 400, "")
    assert kept(ward.api.service) == before
    ward.chart_well()


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_another_media_type_is_415_everywhere(ward: Ward, media_type: str) -> None:
    before = kept(ward.api.service)
    for path, role in [*everywhere(ward), ("/observations/batch", "nurse")]:
        reply = ward.api.post(path, raw=GOOD, by=role, headers={"Content-Type": media_type})
        ward.refused(reply, 415)
        assert "application/json" in reply.body["detail"]
    assert kept(ward.api.service) == before


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/fhir+json"]
)
def test_json_by_other_names_is_read(ward: Ward, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    assert ward.api.post("/grade/crs", raw=b"{}", headers=headers).status == 200


def test_a_body_over_the_limit_is_413_everywhere(ward: Ward) -> None:
    before = kept(ward.api.service)
    for path, role in paths(ward):
        ward.refused(ward.api.post(path, raw=GOOD.ljust(LIMIT + 1), by=role), 413)
    for path in CDS:
        reply = ward.api.post(path, raw=GOOD.ljust(4 * LIMIT + 1), by="integration")
        ward.refused(reply, 413)
    too_many = b"\n" * (8 * LIMIT + 1)
    headers = {"Content-Type": "application/x-ndjson"}
    ward.refused(ward.api.post("/observations/batch", raw=too_many, headers=headers), 413)
    assert kept(ward.api.service) == before
    ward.chart_well()


def test_a_body_at_the_limit_is_read(ward: Ward) -> None:
    reply = ward.api.post(f"/patients/{ward.patient}/observations", raw=GOOD.ljust(LIMIT))
    assert reply.status == 201, reply.body


def test_a_number_at_the_limit_of_the_reader_is_refused_by_its_place(ward: Ward) -> None:
    """4,300 digits are what the reader takes; what comes through it is a value like any other."""
    for value in (b"9" * 4_300, b"1e999999", b"1e-999999", b"0." + b"0" * 4_000 + b"1"):
        reply = ward.api.post(f"/patients/{ward.patient}/observations", raw=one(value))
        ward.refused(reply, 422, "/observations/0/value")
