"""Guidance as support: sources, differences, doses for the weight, what is not verified."""

from __future__ import annotations

import pytest

from tests.api.dosed import at, dosed
from tests.ward.conftest import Site
from tests.ward.typed import person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_what_is_advised_with_sources_differences_and_doses(site: Site) -> None:
    ward = dosed(site.api, site.clock)
    ward.turn(1)
    page = site.page("physician", f"/p/{ward.patient}/guidance")
    main = page.inner_text("main")
    assert "Support for a clinician, never an order." in main
    assert "CRS at least grade 1" in main
    assert "Sources differ" in main
    assert "For this patient: 560 mg (8 mg/kg x 70 kg" in main
    assert "doi:10.1200/JCO.21.01992" in main
    assert page.locator(".unverified").count() > 5
    assert "scale=" not in main
    site.well(page)


def test_without_a_weight_no_amount_is_told_and_one_syndrome_is_told_whole(site: Site) -> None:
    patient = site.api.treated("axi-cel")
    site.api.chart(patient, at(0), body_temperature=(39, "Cel"))
    page = person(site, "nurse")
    assert page.open(f"/p/{patient}/guidance?scale=icans") == 200
    assert "no weight is charted: no dose is computed" in page.page
    assert "Back to what is open" in page.page
    assert page.open(f"/p/{patient}/guidance?scale=nothing") == 422
    assert "choose one of those that are shown" in page.page
    assert page.open("/p/nobody/guidance") == 404
    assert person(site, "auditor").open(f"/p/{patient}/guidance") == 403
