"""The ward is the same for the same seed, and what is told about it is in the order of telling."""

import io
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from toxmon.demo import DEFAULT_SEED
from toxmon.demo.entries import Dose
from toxmon.demo.live import Coming, Pace, coming, least_hours, live
from toxmon.demo.mishaps import MEANT_C, TYPED_C, UNLIKELY_C, mishaps
from toxmon.demo.pointing import THREE_DOSES
from toxmon.demo.scenes import scenes
from toxmon.demo.telling import with_progress
from toxmon.demo.ward import Deed, Patient, admissions, backfill, calm, instant, invent
from toxmon.grading.kinds import KINDS
from toxmon.protocol.product import Product

NOW = datetime(2026, 3, 20, 14, 5, tzinfo=UTC)
Products = Mapping[str, Product]


@pytest.fixture(scope="module")
def patients(products: Products) -> list[Patient]:
    return invent(products, DEFAULT_SEED, NOW)


@pytest.fixture(scope="module")
def deeds(patients: list[Patient]) -> list[Deed]:
    return backfill(patients, NOW, DEFAULT_SEED)


def test_twenty_patients_and_more_of_seven_car_t_products_and_three_engagers(
    patients: list[Patient], products: Products
) -> None:
    assert len(patients) >= 20
    engagers = {one.product for one in patients if products[one.product].repeated}
    assert engagers == {"teclistamab", "epcoritamab", "blinatumomab"}
    cells = {one.product for one in patients} - engagers
    assert cells == {
        "ide-cel", "cilta-cel", "axi-cel", "brexu-cel", "tisa-cel", "liso-cel", "obe-cel",
    }  # fmt: skip
    days = sorted(one.hours(NOW) / 24 for one in patients)
    assert days[0] < 1
    assert 94 < days[-1] < 96
    # Most are where everything is charted every few hours.
    assert sum(day < 14 for day in days) > len(days) / 2
    assert len({one.name for one in patients}) == len(patients)
    assert len({one.unit for one in patients}) == 2


def test_the_same_seed_gives_the_same_ward(products: Products, patients: list[Patient]) -> None:
    assert invent(products, DEFAULT_SEED, NOW) == patients
    later = invent(products, DEFAULT_SEED, NOW + timedelta(hours=7))
    for one, other in zip(patients, later, strict=True):
        assert one.course.body == other.course.body
        assert one.course.ill == other.course.ill
        assert one.course.blood == other.course.blood
    assert invent(products, DEFAULT_SEED + 1, NOW) != patients


def test_the_same_seed_tells_the_same_in_the_same_order(
    patients: list[Patient], deeds: list[Deed]
) -> None:
    again = backfill(patients, NOW, DEFAULT_SEED)
    assert [(one.key, one.body) for one in again] == [(one.key, one.body) for one in deeds]


def test_the_ward_that_opens_unless_another_is_asked_for_is_worth_a_look(
    patients: list[Patient],
) -> None:
    """Some are ill now, one was or is badly ill, and some are well."""
    crs, icans = (
        [one.course.ill.grade(scale, one.hours(NOW)) for one in patients]
        for scale in ("crs", "icans")
    )
    begun = [
        event.peak
        for one in patients
        for event in (one.course.ill.crs, one.course.ill.icans)
        if event and event.onset < one.hours(NOW)
    ]
    assert sum(grade > 0 for grade in crs) >= 3
    assert max(crs) >= 2
    assert max(icans) >= 1
    assert max(begun) >= 3
    assert crs.count(0) >= 4


def test_deeds_have_keys_of_their_own_and_none_lies_in_the_future(deeds: list[Deed]) -> None:
    assert len({one.key for one in deeds}) == len(deeds)
    assert all(one.at <= NOW for one in deeds)


def test_the_infusion_is_told_before_anything_that_follows_it(deeds: list[Deed]) -> None:
    for _, each in itertools.groupby(
        sorted(deeds, key=lambda one: one.patient.number), key=lambda one: one.patient.number
    ):
        told = list(each)
        infused = next(n for n, one in enumerate(told) if one.path.endswith("/infusions"))
        assert all(one.at <= told[infused].at for one in told[:infused])


def test_some_entries_come_late_and_some_change_places(deeds: list[Deed]) -> None:
    newest: dict[int, datetime] = {}
    late = 0
    for one in deeds:
        before = newest.setdefault(one.patient.number, one.at)
        late += one.at < before
        newest[one.patient.number] = max(before, one.at)
    # Most of the ward is charted in order, as on a real one.
    assert 8 <= late < len(deeds) / 10


def test_each_body_names_its_kinds_and_its_time_with_an_offset(deeds: list[Deed]) -> None:
    for one in deeds:
        if "observations" in one.body:
            assert all(sent["kind"] in KINDS for sent in one.body["observations"])
            assert str(one.body["effective_at"]).endswith("Z")


def test_laboratory_values_come_from_a_program_and_not_from_a_nurse(deeds: list[Deed]) -> None:
    asked = {one.asks for one in deeds if "observations" in one.body}
    assert asked == {"nurse", "integration", "physician"}
    for one in deeds:
        if "observations" not in one.body:
            continue
        kinds = {sent["kind"] for sent in one.body["observations"]}
        of_the_laboratory = {"anc", "cd4"} if one.patient.shows == "prevention" else {"anc"}
        assert bool(kinds & of_the_laboratory) == (one.asks == "integration")


def test_the_ward_is_filled_with_so_many_posts_that_a_visitor_need_not_wait(
    deeds: list[Deed],
) -> None:
    """Somewhat over ten a second and half a minute."""
    assert 1_000 < len(deeds) < 1_700


def test_an_attribution_says_since_when_and_lies_before_its_telling(deeds: list[Deed]) -> None:
    *infections, said = [one for one in deeds if one.path.endswith("/attributions")]
    assert [one.body["cause"] for one in infections] == ["pneumonia", "sinusitis"]
    assert all(one.body["from"] < instant(one.at) < one.body["until"] for one in infections)
    assert (said.asks, said.body["sign"], said.body["cause"]) == ("physician", "fever", "IEC-HS")
    since = datetime.fromisoformat(said.body["from"])
    assert timedelta(days=1) < said.at - since < timedelta(days=2)


def test_admissions_name_the_patient_by_a_medical_record_number(patients: list[Patient]) -> None:
    bodies = [body for _, body in admissions(patients)]
    numbers = {body["identifiers"][0]["value"] for body in bodies}
    assert len(numbers) == len(patients)
    assert {body["identifiers"][0]["system"] for body in bodies} == {"urn:mrn"}


@pytest.mark.parametrize("seed", range(12))
def test_every_seed_has_a_calm_patient_for_the_mishaps(products: Products, seed: int) -> None:
    patients = invent(products, seed, NOW)
    wrong = mishaps(patients, NOW)
    assert wrong.ill.course.ill.pneumonia is not None
    *_, third, corrected, ill = calm(patients, NOW)
    assert (corrected, ill) == (wrong.corrected, wrong.ill)
    for one in (third, corrected):
        assert one.course.plan.busy
        assert one.quiet(one.hours(NOW))


def test_the_mishaps_are_one_of_each(patients: list[Patient]) -> None:
    wrong = mishaps(patients, NOW)
    values = [one.body["observations"][0]["value"] for one in wrong.before]
    assert {TYPED_C, UNLIKELY_C, 71} < set(values)
    plausible, possible = (KINDS["body_temperature"].plausible, KINDS["body_temperature"].possible)
    assert plausible is not None
    assert possible is not None
    assert plausible[1] < UNLIKELY_C <= possible[1]
    correction, retraction, attribution = wrong.after
    assert correction.body["value"] == MEANT_C
    assert correction.about == wrong.before[0].key
    assert retraction.about == wrong.before[1].key
    assert attribution.body["sign"] == "fever"


class RunningClock:
    """Goes on by as much as is waited, and by a little whenever it is read."""

    def __init__(self, limit: int) -> None:
        self.now = NOW
        self.limit = limit
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)
        return len(self.waits) > self.limit


class TestLive:
    def told(
        self, patients: list[Patient], speed: float, limit: int
    ) -> tuple[list[Deed], RunningClock]:
        clock, deeds = RunningClock(limit), []

        def tell(one: Deed) -> list[str]:
            deeds.append(one)
            return []

        live(patients, NOW, tell, clock, clock.wait, speed, lambda words: None)
        return deeds, clock

    def test_it_goes_on_where_the_backfill_ended(
        self, patients: list[Patient], deeds: list[Deed]
    ) -> None:
        before = {one.key for one in deeds}
        for patient in patients:
            first = next(coming(patient, NOW))
            assert f"{patient.mrn}/{first.number}" not in before
            assert first.number == 0 or f"{patient.mrn}/{first.number - 1}" in before

    def test_everything_is_told_with_the_real_time_and_in_order(
        self, patients: list[Patient]
    ) -> None:
        told, clock = self.told(patients, 240.0, 300)
        instants = [one.at for one in told]
        assert instants == sorted(instants)
        assert instants[0] > NOW
        assert instants[-1] <= clock.now

    def test_ward_time_runs_as_many_times_as_fast_as_asked(self, patients: list[Patient]) -> None:
        slow, fast = (
            sum(clock.waits) / len(told)
            for told, clock in (
                self.told(patients, 60.0, 2400), self.told(patients, 240.0, 700)
            )
        )  # fmt: skip
        assert slow / fast == pytest.approx(4, rel=0.15)
        # Something happens every few seconds at the usual speed.
        assert 1 < fast < 6

    def test_an_hour_is_an_hour_where_something_is_shown_by_the_clock(
        self, patients: list[Patient]
    ) -> None:
        told, clock = self.told(patients, 240.0, 700)
        passed = clock.now - NOW
        assert passed < timedelta(hours=1)
        rounds = [
            one for one in told if one.patient.course.plan.by_the_clock and one.asks == "nurse"
        ]
        assert len(rounds) < 6

    def test_doses_keep_their_distance_in_real_time(self, patients: list[Patient]) -> None:
        doses = 0
        told, _ = self.told(patients, 24.0, 4000)
        last: dict[tuple[int, str], datetime] = {}
        for one in told:
            if "medication" in one.body:
                key = one.patient.number, one.body["medication"]
                least = timedelta(hours=least_hours(one.body["medication"]))
                assert key not in last or one.at - last[key] >= least
                assert one.patient.shows != THREE_DOSES or key[1] != "tocilizumab"
                last[key] = one.at
                doses += 1
        assert doses >= 3

    def test_a_dose_of_the_backfill_counts_too(self, patients: list[Patient]) -> None:
        dose = Dose(0.0, "tocilizumab", 560, "mg", "iv")
        treated = next(one for one in patients if one.course.ill.peak >= 2)
        crs = treated.course.ill.crs
        assert crs is not None
        again = Coming(NOW, treated, 0, dose)
        soon = treated.at(crs.onset + crs.hours * 0.7)
        assert not Pace([treated], soon).allows(again, treated.at(crs.onset))
        assert Pace([], NOW).allows(again, NOW)

    def test_no_fourth_dose_is_told_in_24_h_and_no_fifth_at_all(
        self, patients: list[Patient]
    ) -> None:
        full = next(one for one in patients if one.shows == THREE_DOSES)
        again = Coming(NOW, full, 0, Dose(0.0, "tocilizumab", 560, "mg", "iv"))
        pace, hour = Pace([full], NOW), timedelta(hours=1)
        assert not pace.allows(again, NOW + 6 * hour)
        assert pace.allows(again, NOW + 8 * hour)
        assert not pace.allows(again, NOW + 100 * hour)

    def test_somebody_looks_every_few_seconds_and_scenes_come_in_real_time(
        self, patients: list[Patient]
    ) -> None:
        clock, looked, told, said = RunningClock(60), [], [], []
        parts = scenes(patients, NOW)

        def tell(one: Deed) -> list[str]:
            told.append(one)
            return []

        live(
            patients, NOW, tell, clock, clock.wait, 1e-3, said.append,
            parts.coming(), lambda: looked.append(clock.now),
        )  # fmt: skip
        gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(looked)]
        assert max(gaps) < 2.1
        mine = [one for one in told if one.patient == parts.worsening]
        assert [(one.at - NOW).total_seconds() for one in mine[:2]] == [
            pytest.approx(scene.after_s, abs=0.5) for scene in parts.coming()[:2]
        ]
        assert said[0].endswith("has a fever")

    def test_only_a_change_is_said(self, patients: list[Patient]) -> None:
        said: list[str] = []
        clock = RunningClock(3)
        answers = iter([[], ["CRS grade 2 (was grade 1)"]])
        live(patients, NOW, lambda one: next(answers, []), clock, clock.wait, 240.0, said.append)
        (words,) = said
        assert words.endswith("CRS grade 2 (was grade 1)")


class Terminal(io.StringIO):
    """Says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


class TestProgress:
    def test_a_terminal_shows_a_bar_with_a_count(self, deeds: list[Deed]) -> None:
        out = Terminal()
        assert list(with_progress(deeds, "Filling the ward", out)) == deeds
        assert f"{len(deeds)}/{len(deeds)}" in out.getvalue()
        assert "\r" in out.getvalue()

    def test_a_bar_that_is_stopped_gives_the_cursor_back(self, deeds: list[Deed]) -> None:
        out = Terminal()
        progress = with_progress(deeds, "Filling the ward", out)
        next(progress)
        assert out.getvalue().rfind("\x1b[?25h") < out.getvalue().rfind("\x1b[?25l")
        progress.close()
        assert out.getvalue().rfind("\x1b[?25h") > out.getvalue().rfind("\x1b[?25l")

    def test_elsewhere_there_are_ten_plain_lines(self, deeds: list[Deed]) -> None:
        out = io.StringIO()
        assert list(with_progress(deeds, "Filling the ward", out)) == deeds
        lines = out.getvalue().splitlines()
        assert lines[0] == f"Filling the ward: {len(deeds)} posts"
        assert lines[1:] == [f"Filling the ward: {n} %" for n in range(10, 101, 10)]
        assert "\r" not in out.getvalue()
