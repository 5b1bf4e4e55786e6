"""Classifying an instrument on its page and over the API."""

from __future__ import annotations

from typing import Any

import pytest

from market import services
from market.models import Classification, FundWeight, Instrument, SourceProfile
from market.selectors import classification
from tests import factories
from tests.factories import D
from tests.market.test_classification import THEN, make_fund, make_share

pytestmark = pytest.mark.django_db


def test_the_page_tells_what_counts_and_who_says_so(signed_in: Any) -> None:
    share = make_share(country="", sector="")
    SourceProfile.objects.filter(instrument=share).update(sector="", said_sector="Shell companies", country="")
    page = signed_in.get(f"/instruments/{share.pk}/classify/").content.decode()
    assert "Unclassified" in page and "“Shell companies”" in page and "Yahoo Finance was asked" in page


def test_a_person_classifies_undoes_and_takes_back(signed_in: Any, person: Any) -> None:
    share = make_share()
    address = f"/instruments/{share.pk}/classify/"
    assert signed_in.post(address, {"sector": "Energy", "country": "US", "next": "/holdings/"})["Location"] == "/holdings/"
    assert (classification(person, share).sector, classification(person, share).region) == ("Energy", "North America")
    form = signed_in.get(address).context["form"]
    assert form.initial == {"sector": "Energy", "country": "US"}
    signed_in.post(f"{address}undo/")
    assert classification(person, share).sector == "Technology"
    signed_in.post(f"{address}undo/")
    signed_in.post(f"/instruments/{share.pk}/declassify/")
    assert classification(person, share).sector == "Technology"


def test_the_parts_of_a_fund_are_written_in_percent_line_by_line(signed_in: Any, person: Any) -> None:
    fund = make_fund(sector={"Technology": "0.5"})
    address = f"/instruments/{fund.pk}/classify/"
    signed_in.post(address, {"parts_sector": "Health care 60.5\nEnergy: 20 %\n\n", "parts_holding": "3M Co 1.25"})
    parts = [(one.dimension, one.key, one.weight) for one in FundWeight.objects.exclude(classification=None)]
    assert parts == [("holding", "3M Co", D("0.0125")), ("sector", "Health care", D("0.605")), ("sector", "Energy", D("0.2"))]
    assert signed_in.get(address).context["form"].initial["parts_sector"] == "Health care 60.5\nEnergy 20"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"parts_sector": "Energy"}, "Line 1: write a name and its part in percent"),
        ({"parts_sector": "Energy 80\nTechnology 30"}, "add up to 110 %"),
        ({"parts_country": "Atlantis 10"}, "“Atlantis” is not known here"),
        ({"country": "XX"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_changes(given: Any, said: str, signed_in: Any) -> None:
    answer = signed_in.post(f"/instruments/{make_fund().pk}/classify/", given)
    assert answer.status_code == 422 and said in answer.content.decode() and not Classification.objects.exists()


def test_an_instrument_of_ones_own_is_not_said_twice(signed_in: Any, person: Any) -> None:
    own = factories.make_instrument("HOUSE", owner=person, asset_class="property", country="NL")
    assert signed_in.get(f"/instruments/{own.pk}/classify/").context["form"].initial == {}


def test_asking_what_it_is_needs_a_source_and_is_done_once_in_ten_minutes(
    signed_in: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    share, rung = make_share(), []
    monkeypatch.setattr("market.tasks.refresh_profiles_of.apply_async", lambda args, **_: rung.append(args))
    assert "No source is on" in signed_in.post(f"/instruments/{share.pk}/describe/", follow=True).content.decode()
    settings.PROVIDERS = ["yahoo"]
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            signed_in.post(f"/instruments/{share.pk}/describe/")
    assert rung == [([share.pk],)]


@pytest.mark.parametrize("parts", [1, 40])
def test_the_page_costs_the_same_however_many_parts(parts: int, signed_in: Any, person: Any, django_assert_max_num_queries: Any) -> None:
    fund = make_fund(holding={f"Holding {number}": "0.02" for number in range(parts)})
    services.classify(person, fund, sector="Energy")
    with django_assert_max_num_queries(8):
        signed_in.get(f"/instruments/{fund.pk}/classify/")


# ── the API ─────────────────────────────────────────────────────────────────


def test_an_instrument_tells_what_it_is_and_whose_word_that_is(api: Any, person: Any, django_assert_max_num_queries: Any) -> None:
    fund = make_fund(sector={"Technology": "0.552"})
    services.classify(person, fund, country="IE")
    with django_assert_max_num_queries(5):
        told = api.get(f"/api/v1/instruments/{fund.pk}").json()
    assert (told["country"], told["region"], told["sector"], told["industry"]) == ("IE", "Europe", "", "")
    assert told["weights"] == [
        {"dimension": "sector", "parts": [{"key": "Technology", "name": "Technology", "weight": "0.552"}], "unclassified": "0.448"}
    ]
    assert told["classification_source"] == {
        "asset_class": "source", "sector": "", "industry": "", "country": "own", "region": "own", "weights": {"sector": "source"}
    }  # fmt: skip


def test_the_api_classifies_reads_back_and_takes_back(api: Any, person: Any) -> None:
    fund = make_fund()
    address = f"/api/v1/instruments/{fund.pk}/classification"
    wanted = {"sector": "energy", "weights": [{"dimension": "country", "parts": [{"name": "Ireland", "weight": "0.25"}]}]}
    answer = api.put(address, wanted, format="json")
    assert answer.status_code == 200 and answer.json() == api.get(address).json()
    assert (answer.json()["sector"], answer.json()["weights"][0]["parts"][0]["key"]) == ("Energy", "IE")
    assert api.delete(address).status_code == 204 and api.get(address).json()["sector"] == ""


def test_the_api_names_the_part_that_cannot_be(api: Any) -> None:
    wanted = {"weights": [{"dimension": "sector", "parts": [{"name": "Energy", "weight": "0.7"}, {"name": "Technology", "weight": "0.7"}]}]}
    answer = api.put(f"/api/v1/instruments/{make_fund().pk}/classification", wanted, format="json")
    assert answer.status_code == 422 and answer.json()["code"] == "invalid_classification"
    assert [one["field"] for one in answer.json()["errors"]] == ["weights.sector"]


def test_what_a_person_says_mends_their_data_health(person: Any) -> None:
    from market.selectors.health import Mend, Weakness, weak_points

    share = factories.make_instrument(country="US")
    found = [one for one in weak_points(person, [share.pk], []) if one.kind == Weakness.UNCLASSIFIED]
    assert [one.mends for one in found] == [(Mend.CLASSIFY,)]
    services.classify(person, share, sector="Energy")
    assert not [one for one in weak_points(person, [share.pk], []) if one.kind == Weakness.UNCLASSIFIED]


def test_what_is_unclassified_in_a_grouped_table_leads_to_the_form(signed_in: Any, person: Any, a_portfolio: Any) -> None:
    a_portfolio(2)
    first, second = Instrument.objects.order_by("pk")
    page = signed_in.get("/holdings/?group=sector").content.decode()
    assert f"/instruments/{first.pk}/classify/?next=" in page and "Unclassified" in page
    services.classify(person, first, sector="Energy")
    page = signed_in.get("/holdings/?group=sector").content.decode()
    assert f"/instruments/{first.pk}/classify/" not in page and f"/instruments/{second.pk}/classify/" in page and "Energy" in page


def test_a_stranger_finds_nothing_of_anothers_instrument(api: Any, signed_in: Any, stranger: Any) -> None:
    theirs = factories.make_instrument(owner=stranger)
    assert signed_in.get(f"/instruments/{theirs.pk}/classify/").status_code == 404
    assert api.put(f"/api/v1/instruments/{theirs.pk}/classification", {}, format="json").status_code == 404
    assert Instrument.objects.get(pk=theirs.pk).classifications.count() == 0


# ── administrators ──────────────────────────────────────────────────────────


def test_an_administrator_sees_what_disagrees_and_decides(admin_client: Any) -> None:
    share = make_share()
    SourceProfile.objects.create(instrument=share, source="finnhub", fetched_at=THEN, sector="Financials", country="IE")
    conflicts = "/admin/market/sourceprofile/?agreement=conflict"
    page = admin_client.get(conflicts).content.decode()
    assert "finnhub" in page and "1 source profile" in page
    added = admin_client.post("/admin/market/classification/add/", {"instrument": share.pk, "sector": "Financials", "parts_sector": ""})
    assert added.status_code == 302 and Instrument.objects.get(pk=share.pk).sector == "Financials"
    assert "0 source profiles" in admin_client.get(conflicts).content.decode()
    row = Classification.objects.get()
    admin_client.post(f"/admin/market/classification/{row.pk}/change/", {"sector": ""})
    assert Instrument.objects.get(pk=share.pk).sector == "Technology"


def test_an_administrator_is_told_what_cannot_be(admin_client: Any) -> None:
    fund = make_fund()
    given = {"instrument": fund.pk, "parts_sector": "Energy 80\nTechnology 30"}
    page = admin_client.post("/admin/market/classification/add/", given)
    assert page.status_code == 200 and "add up to 110 %" in page.content.decode() and not Classification.objects.exists()


def test_what_a_person_says_is_no_matter_of_administrators(admin_client: Any, person: Any) -> None:
    services.classify(person, make_share(), sector="Energy")
    assert "0 classifications" in admin_client.get("/admin/market/classification/").content.decode()
