"""Pages of one's own instruments, and the administration of everybody's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from lxml import html

from accounts.models import Preferences
from market.models import FxRate, Instrument, Price, PriceColumn
from market.selectors import fx_columns, price_columns, quotes_of
from market.services import PriceRow, RateRow, ingest_prices, ingest_rates
from tests.factories import D, make_instrument

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)
HOUSE = {"name": "House in Delft", "symbol": "house", "asset_class": "property", "currency": "EUR"}


@pytest.fixture
def browser(client: Client, person: Any) -> Client:
    client.force_login(person)
    return client


def sure_of(answer: Any) -> str:
    """What the button says that saves the prices that were read."""
    (value,) = html.fromstring(answer.content).xpath('//button[@name="sure"]/@value')
    return str(value)


def test_a_person_adds_an_instrument_and_enters_its_prices(browser: Client, person: Any) -> None:
    assert "Nothing of your own yet" in browser.get("/instruments/").content.decode()
    assert browser.get("/instruments/add/?name=House&symbol=H").context["form"]["name"].value() == "House"
    made = browser.post("/instruments/add/", HOUSE)
    instrument = Instrument.objects.get()
    assert made["Location"] == f"/instruments/{instrument.pk}/prices/"
    assert (instrument.symbol, instrument.owner) == ("HOUSE", person)
    browser.post(made["Location"], {"day": "2024-03-04", "close": "400000.50"})
    many = {"lines": "2023-03-04 380000\n\n2022-03-04;370000\r\n"}
    browser.post(made["Location"], many | {"sure": sure_of(browser.post(made["Location"], many))})
    page = browser.get(made["Location"]).content.decode()
    assert page.index("400,000.50") < page.index("380,000.00") < page.index("370,000.00")
    assert quotes_of([instrument.pk])[instrument.pk].price == D("400000.50")
    assert "House in Delft" in browser.get("/instruments/").content.decode()
    browser.post(f"/instruments/{instrument.pk}/prices/remove/", {"day": "2024-03-04"})
    assert quotes_of([instrument.pk])[instrument.pk].price == D("380000")


@pytest.mark.parametrize(
    ("locale", "written", "meant", "shown"), [("en-US", "412.500", D("412.5"), "412.50"), ("de-DE", "412.500", D(412500), "412.500,00")]
)
def test_many_prices_are_shown_as_they_were_read_before_they_are_saved(
    browser: Client, person: Any, locale: str, written: str, meant: Decimal, shown: str
) -> None:
    Preferences.objects.update_or_create(user=person, defaults={"locale": locale})
    instrument = make_instrument("HOUSE", owner=person)
    asked = {"lines": f"2024-03-04 {written}"}
    page = browser.post(f"/instruments/{instrument.pk}/prices/", asked)
    assert page.status_code == 200 and not Price.objects.exists()
    read = html.fromstring(page.content).get_element_by_id("understood").text_content()
    assert shown in read.replace("\xa0", " ")
    sure = {"sure": sure_of(page)}
    browser.post(f"/instruments/{instrument.pk}/prices/", {"lines": "2024-03-04 7"} | sure)  # a yes to something else
    assert not Price.objects.exists()
    browser.post(f"/instruments/{instrument.pk}/prices/", asked | sure)
    assert Price.objects.get().close == meant


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"day": "2999-01-01", "close": "5"}, "2999-01-01 is in the future."),
        ({"day": "2024-03-04", "close": "0"}, "The price must be above zero."),
        ({"day": "2024-03-04", "close": "NaN"}, "is not a number"),
        ({"day": "13/13/2024", "close": "5"}, "Enter a valid date."),
        ({"lines": "2024-03-04 5\nsoon 6"}, "Line 2: write a day and a price"),
        ({"lines": "2024-03-04 5\n\n2024-03-04 6"}, "Line 3: 2024-03-04 stands in the list twice."),
        ({"lines": "2024-02-30 5"}, "Line 1: 2024-02-30 is not a day of the calendar."),
        ({"lines": "2024-03-04 five"}, "Line 1: “five” is not a number."),
        ({"lines": "\n".join(f"{date(2000, 1, 1) + timedelta(days=n)} 5" for n in range(2001))}, "at most 2000 go at once"),
    ],
)
def test_a_price_that_cannot_be_right_is_told_at_its_field_and_nothing_is_stored(
    browser: Client, person: Any, sent: dict[str, str], words: str
) -> None:
    instrument = make_instrument("HOUSE", owner=person)
    answer = browser.post(f"/instruments/{instrument.pk}/prices/", sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Price.objects.exists()


def test_a_person_edits_and_removes_an_instrument(browser: Client, person: Any) -> None:
    instrument = make_instrument("HOUSE", owner=person, asset_class="property")
    browser.post(f"/instruments/{instrument.pk}/edit/", HOUSE | {"name": "House in Leiden", "country": "nl"})
    instrument.refresh_from_db()
    assert (instrument.name, instrument.country) == ("House in Leiden", "NL")
    taken = make_instrument("WATCH", owner=person)
    answer = browser.post(f"/instruments/{taken.pk}/edit/", HOUSE)
    assert answer.status_code == 422
    assert "You have an instrument HOUSE already." in answer.content.decode()
    assert browser.post(f"/instruments/{taken.pk}/remove/")["Location"] == "/instruments/"
    assert list(Instrument.objects.values_list("symbol", flat=True)) == ["HOUSE"]


def test_a_refused_description_is_told_at_its_fields(browser: Client) -> None:
    answer = browser.post("/instruments/add/", HOUSE | {"isin": "123", "country": "N1"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"isin", "country"}


@pytest.mark.parametrize("path", ["edit", "prices"])
def test_pages_of_a_strangers_instrument_do_not_exist(browser: Client, stranger: Any, path: str) -> None:
    instrument = make_instrument("HOUSE", owner=stranger)
    assert browser.get(f"/instruments/{instrument.pk}/{path}/").status_code == 404
    assert browser.post(f"/instruments/{instrument.pk}/{path}/", HOUSE).status_code == 404
    assert browser.get(f"/instruments/{make_instrument('ACME').pk}/{path}/").status_code == 403


@pytest.mark.parametrize("path", ["", "add/", "1/edit/", "1/prices/"])
def test_the_pages_ask_to_sign_in(client: Client, path: str) -> None:
    assert client.get(f"/instruments/{path}").status_code == 302


@pytest.mark.parametrize("count", [1, 25])
def test_the_list_of_own_instruments_costs_the_same_however_long(
    browser: Client, person: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for n in range(count):
        make_instrument(f"S{n}", owner=person, price="5")
    with django_assert_max_num_queries(5):
        assert browser.get("/instruments/").status_code == 200


# ── administration ──────────────────────────────────────────────────────────


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root", "root@example.org", "a very long sentence"))
    return client


@pytest.mark.parametrize("name", ["instrument", "price", "fxrate", "quote", "corporateaction"])
def test_an_administrators_list_costs_the_same_however_long(admin: Client, name: str, django_assert_max_num_queries: Any) -> None:
    for n in range(30):
        one = make_instrument(f"S{n}", price="5")
        one.actions.create(kind="dividend", ex_day=MONDAY, amount=D("1"), source="test")
        ingest_prices(one, [PriceRow(MONDAY, D("10"))], "test")
    ingest_rates([RateRow("EUR", "USD", MONDAY - timedelta(days=n), D("1.1"), "test") for n in range(30)])
    with django_assert_max_num_queries(14):
        assert admin.get(f"/admin/market/{name}/").status_code == 200
    assert admin.get(f"/admin/market/{name}/?q=S1").status_code == 200


def test_what_belongs_to_a_person_is_not_shown_to_administrators(admin: Client, person: Any) -> None:
    secret = make_instrument("SECRET", owner=person, price="5")
    ingest_prices(secret, [PriceRow(MONDAY, D("10"))], "own")
    for name in ("instrument", "price", "quote"):
        assert "SECRET" not in admin.get(f"/admin/market/{name}/").content.decode()
    assert admin.get(f"/admin/market/instrument/{secret.pk}/change/").status_code == 302


def test_a_price_changed_by_an_administrator_reaches_the_columns(admin: Client) -> None:
    one = make_instrument("ACME")
    added = admin.post("/admin/market/price/add/", {"instrument": one.pk, "day": "2024-03-04", "close": "10"})
    assert added.status_code == 302
    assert price_columns([one.pk])[one.pk].closes.tolist() == [10.0]
    row = Price.objects.get()
    admin.post(f"/admin/market/price/{row.pk}/change/", {"close": "12.000000000000000001"})
    assert Price.objects.get().close == D("12.000000000000000001")
    assert price_columns([one.pk])[one.pk].closes.tolist() == [12.0]
    refused = admin.post(f"/admin/market/price/{row.pk}/change/", {"close": "-1"})
    assert refused.status_code == 200
    assert "The price must be above zero." in refused.content.decode()
    admin.post(f"/admin/market/price/{row.pk}/delete/", {"post": "yes"})
    assert (price_columns([one.pk]), PriceColumn.objects.count()) == ({}, 1)


def test_a_rate_changed_by_an_administrator_reaches_the_columns(admin: Client) -> None:
    admin.post("/admin/market/fxrate/add/", {"quote": "USD", "day": "2024-03-04", "rate": "1.25"})
    assert fx_columns(["USD"])["USD"].rates.tolist() == [1.25]
    row = FxRate.objects.get()
    assert (row.base, row.owner) == ("EUR", None)
    admin.post(f"/admin/market/fxrate/{row.pk}/change/", {"rate": "1.3"})
    assert fx_columns(["USD"])["USD"].rates.tolist() == [1.3]
    assert "is not a currency code" in admin.post("/admin/market/fxrate/add/", {"quote": "QQQ", "day": "2024-03-04", "rate": "1"}).content.decode()
    admin.post("/admin/market/fxrate/", {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert fx_columns(["USD"]) == {}
