"""The API of the market, as api.md states it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from market.models import FxRate, Instrument
from market.services import PriceRow, RateRow, ingest_prices, ingest_rates
from tests.factories import D, make_instrument

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)


@pytest.fixture
def stranger_api(stranger: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(stranger)
    return client


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"], body["status"], body["code"]) == (status, "application/problem+json", status, code)
    return body  # type: ignore[no-any-return]


@pytest.mark.parametrize("path", ["instruments", "instruments/1", "instruments/1/prices", "stocks/AAPL", "fx/EUR/USD"])
def test_nobody_reads_the_market_without_signing_in(path: str, db: None) -> None:
    assert APIClient().get(f"/api/v1/{path}").status_code == 401


# ── instruments ─────────────────────────────────────────────────────────────


def test_an_instrument_is_told_with_its_quote(api: APIClient) -> None:
    one = make_instrument(
        "ACME", currency="USD", price="102.5", previous="100", isin="US0378331005", sector="Technology", country="US", region="North America"
    )
    body = api.get(f"/api/v1/instruments/{one.pk}").json()
    quote = body.pop("quote")
    assert (
        body.items()
        >= {
            "id": one.pk,
            "symbol": "ACME",
            "name": "ACME Corporation",
            "asset_class": "stock",
            "currency": "USD",
            "exchange": "XTST",
            "isin": "US0378331005",
            "price_factor": "1",
            "sector": "Technology",
            "country": "US",
            "region": "North America",
            "own": False,
            "source": "",
            "note": "",
        }.items()
    )
    assert (quote["price"], quote["change"], quote["change_percent"], quote["market_cap"], quote["stale"]) == ("102.5", "2.5", "2.5", None, False)
    assert [one["figure"] for one in quote["undefined"]] == ["market_cap"]
    assert quote["time"].endswith(("Z", "+00:00"))


def test_the_list_is_filtered_by_search_class_and_currency(api: APIClient, person: Any) -> None:
    make_instrument("AAA", name="First", currency="EUR")
    make_instrument("BBB", name="Second", currency="USD", asset_class="etf")
    make_instrument("CCC", name="Third of mine", currency="USD", owner=person)

    def symbols(query: str) -> list[str]:
        return [one["symbol"] for one in api.get(f"/api/v1/instruments?{query}").json()["results"]]

    assert symbols("") == ["AAA", "BBB", "CCC"]
    assert symbols("search=second") == ["BBB"]
    assert symbols("search=cc") == ["CCC"]
    assert symbols("asset_class=etf") == ["BBB"]
    assert symbols("currency=usd") == ["BBB", "CCC"]
    assert symbols("own=true") == ["CCC"]
    assert symbols("own=false") == ["AAA", "BBB"]
    problem(api.get("/api/v1/instruments?asset_class=castle"), 400, "invalid")
    problem(api.get("/api/v1/instruments?currency=GBp"), 400, "invalid")


def test_the_list_pages_by_cursor_without_gaps_or_doubles(api: APIClient) -> None:
    for n in range(25):
        make_instrument(f"S{n % 5}", exchange=f"X{n}")
    seen, address = [], "/api/v1/instruments?page_size=7"
    while address:
        body = api.get(address).json()
        seen += [one["id"] for one in body["results"]]
        address = body["next"]
    assert sorted(seen) == sorted(Instrument.objects.values_list("pk", flat=True))
    assert len(set(seen)) == 25


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_costs_one_query_however_long(count: int, api: APIClient, django_assert_num_queries: Any) -> None:
    for n in range(count):
        make_instrument(f"S{n}", price="5")
    with django_assert_num_queries(1):
        assert len(api.get("/api/v1/instruments?page_size=500").json()["results"]) == count


def test_an_own_instrument_is_made_changed_and_removed(api: APIClient) -> None:
    made = api.post("/api/v1/instruments", {"symbol": "house", "name": "House", "asset_class": "property", "currency": "eur"})
    assert made.status_code == 201
    body = made.json()
    assert (body["symbol"], body["currency"], body["own"], body["quote"]) == ("HOUSE", "EUR", True, None)
    address = f"/api/v1/instruments/{body['id']}"
    assert made["Location"].endswith(address)
    assert api.patch(address, {"name": "House in Delft"}).json()["name"] == "House in Delft"
    assert api.delete(address).status_code == 204
    problem(api.get(address), 404, "unknown_instrument")


def test_a_refused_instrument_names_its_fields(api: APIClient) -> None:
    body = problem(api.post("/api/v1/instruments", {"symbol": "X", "currency": "GBp", "asset_class": "castle"}), 400, "invalid")
    assert {error["field"] for error in body["errors"]} == {"name", "currency", "asset_class"}
    api.post("/api/v1/instruments", {"symbol": "X", "name": "x", "currency": "EUR"})
    assert "instrument" in problem(api.post("/api/v1/instruments", {"symbol": "x", "name": "x", "currency": "EUR"}), 409, "instrument_exists")


def test_the_same_key_makes_one_instrument(api: APIClient) -> None:
    sent = {"symbol": "X", "name": "x", "currency": "EUR"}
    answers = [api.post("/api/v1/instruments", sent, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Instrument.objects.count() == 1


def test_everybodys_instrument_is_not_ones_to_change(api: APIClient) -> None:
    one = make_instrument("ACME")
    for answer in (
        api.patch(f"/api/v1/instruments/{one.pk}", {"name": "x"}),
        api.delete(f"/api/v1/instruments/{one.pk}"),
        api.post(f"/api/v1/instruments/{one.pk}/prices", {"prices": [{"date": "2024-03-04", "close": "1"}]}),
    ):
        problem(answer, 403, "forbidden")


def test_a_strangers_instrument_does_not_exist(stranger_api: APIClient, person: Any) -> None:
    one = make_instrument("HOUSE", owner=person, price="1")
    address = f"/api/v1/instruments/{one.pk}"
    for answer in (
        stranger_api.get(address),
        stranger_api.patch(address, {"name": "x"}),
        stranger_api.delete(address),
        stranger_api.get(f"{address}/prices"),
        stranger_api.post(f"{address}/prices", {"prices": [{"date": "2024-03-04", "close": "1"}]}),
        stranger_api.get("/api/v1/stocks/HOUSE"),
    ):
        problem(answer, 404, "unknown_instrument")
    assert stranger_api.get("/api/v1/instruments").json()["results"] == []


# ── prices ──────────────────────────────────────────────────────────────────


def test_a_history_is_given_by_day_week_or_month(api: APIClient) -> None:
    one = make_instrument("ACME", currency="USD", note="Adjusted for splits.")
    rows = [PriceRow(MONDAY + timedelta(days=n), D(10 + n), D(9 + n), D(11 + n), D(8 + n), 100) for n in range(40)]
    ingest_prices(one, rows, "test")
    address = f"/api/v1/instruments/{one.pk}/prices"
    body = api.get(f"{address}?start=2024-03-05&end=2024-03-06").json()
    assert (body["currency"], body["note"], body["next"]) == ("USD", "Adjusted for splits.", None)
    assert body["results"] == [
        {
            "date": "2024-03-05",
            "time": None,
            "open": "10",
            "high": "12",
            "low": "9",
            "close": "11",
            "volume": 100,
            "source": "test",
            "simulated": False,
        },
        {
            "date": "2024-03-06",
            "time": None,
            "open": "11",
            "high": "13",
            "low": "10",
            "close": "12",
            "volume": 100,
            "source": "test",
            "simulated": False,
        },
    ]
    week = api.get(f"{address}?interval=week").json()["results"][0]
    assert (week["date"], week["open"], week["high"], week["low"], week["close"], week["volume"]) == ("2024-03-10", "9", "17", "8", "16", 700)
    assert [bar["date"] for bar in api.get(f"{address}?interval=month").json()["results"]] == ["2024-03-31", "2024-04-12"]
    assert api.get(address).json()["results"][-1]["date"] == "2024-04-12"
    problem(api.get(f"{address}?interval=year"), 400, "invalid")
    problem(api.get(f"{address}?start=2024-03-06&end=2024-03-05"), 400, "invalid")
    problem(api.get(f"{address}?start=13/13/2024"), 400, "invalid")


def test_a_bar_of_days_without_open_has_no_open(api: APIClient) -> None:
    one = make_instrument()
    ingest_prices(one, [PriceRow(MONDAY, D("10"))], "test")
    (bar,) = api.get(f"/api/v1/instruments/{one.pk}/prices?interval=month").json()["results"]
    assert (bar["open"], bar["high"], bar["low"], bar["volume"], bar["close"]) == (None, None, None, None, "10")


@pytest.mark.parametrize("count", [3, 300])
def test_a_history_costs_two_queries_however_long(count: int, api: APIClient, django_assert_num_queries: Any) -> None:
    one = make_instrument()
    ingest_prices(one, [PriceRow(MONDAY - timedelta(days=n), D("10")) for n in range(count)], "test")
    with django_assert_num_queries(2):
        assert len(api.get(f"/api/v1/instruments/{one.pk}/prices").json()["results"]) == count


@pytest.mark.parametrize(("interval", "count"), [("day", 40), ("week", 6), ("month", 2)])
def test_a_history_is_paged_by_day_and_back(interval: str, count: int, api: APIClient) -> None:
    one = make_instrument()
    ingest_prices(one, [PriceRow(MONDAY + timedelta(days=n), D("10")) for n in range(40)], "test")
    address = f"/api/v1/instruments/{one.pk}/prices?interval={interval}"
    whole = api.get(address).json()
    assert (len(whole["results"]), whole["next"], whole["previous"]) == (count, None, None)
    pages = [api.get(f"{address}&page_size=1").json()]
    while pages[-1]["next"]:
        pages.append(api.get(pages[-1]["next"]).json())
    assert [bar for page in pages for bar in page["results"]] == whole["results"]
    assert api.get(pages[-1]["previous"]).json()["results"] == pages[-2]["results"]
    assert api.get(pages[1]["previous"]).json()["previous"] is None


def test_a_long_history_comes_in_pages_of_five_hundred(api: APIClient) -> None:
    one = make_instrument()
    ingest_prices(one, [PriceRow(MONDAY - timedelta(days=n), D("10")) for n in range(501)], "test")
    first = api.get(f"/api/v1/instruments/{one.pk}/prices").json()
    assert len(first["results"]) == 500
    assert [bar["date"] for bar in api.get(first["next"]).json()["results"]] == ["2024-03-04"]


@pytest.mark.parametrize("asked", ["page_size=0", "page_size=501", "page_size=abc", "cursor=bad", "cursor=!!!", "cursor=YQ=="])
def test_a_page_that_cannot_be_is_refused_by_field(asked: str, api: APIClient) -> None:
    one = make_instrument()
    for path in ("instruments", f"instruments/{one.pk}/prices"):
        body = problem(api.get(f"/api/v1/{path}?{asked}"), 400, "invalid")
        assert [error["field"] for error in body["errors"]] == [asked.partition("=")[0]]


def test_own_prices_are_entered_to_the_last_digit_and_entered_again(api: APIClient, person: Any) -> None:
    one = make_instrument("HOUSE", owner=person)
    address = f"/api/v1/instruments/{one.pk}/prices"
    sent = {"prices": [{"date": "2024-03-04", "close": "400000.123456789012345678"}, {"date": "2024-03-05", "close": 410000}]}
    assert api.post(address, sent).json() == {"count": 2, "changed": 2}
    assert api.post(address, sent).json() == {"count": 2, "changed": 0}
    assert [bar["close"] for bar in api.get(address).json()["results"]] == ["400000.123456789012345678", "410000"]
    assert api.get("/api/v1/stocks/HOUSE").json()["price"] == "410000"


@pytest.mark.parametrize(
    ("row", "status", "field", "code"),
    [
        ({"date": "2024-03-05", "close": "NaN"}, 400, "prices.1.close", "not_exact"),
        ({"date": "2024-03-05", "close": "1e400"}, 400, "prices.1.close", "not_exact"),
        ({"date": "2024-03-05", "close": "1.0000000000000000001"}, 400, "prices.1.close", "not_exact"),
        ({"date": "2024-03-05", "close": True}, 400, "prices.1.close", "not_exact"),
        ({"date": "2024-03-05"}, 400, "prices.1.close", "required"),
        ({"date": "2024-13-05", "close": "1"}, 400, "prices.1.date", "invalid"),
        ({"date": "2999-01-01", "close": "1"}, 422, "prices.1.date", "future"),
        ({"date": "2024-03-05", "close": "0"}, 422, "prices.1.close", "not_positive"),
        ({"date": "2024-03-04", "close": "1"}, 422, "prices.1.date", "duplicate"),
    ],
)
def test_a_price_that_cannot_be_right_is_refused_by_row_and_field(
    api: APIClient, person: Any, row: dict[str, Any], status: int, field: str, code: str
) -> None:
    one = make_instrument(owner=person)
    answer = api.post(f"/api/v1/instruments/{one.pk}/prices", {"prices": [{"date": "2024-03-04", "close": "1"}, row]})
    body = answer.json()
    assert answer.status_code == status
    assert [(error["field"], error["code"]) for error in body["errors"]] == [(field, code)]
    assert not one.prices.exists()


def test_more_than_ten_thousand_prices_are_refused(api: APIClient, person: Any) -> None:
    one = make_instrument(owner=person)
    prices = [{"date": (MONDAY - timedelta(days=n)).isoformat(), "close": "1"} for n in range(10_001)]
    assert api.post(f"/api/v1/instruments/{one.pk}/prices", {"prices": prices}).status_code == 400
    assert api.post(f"/api/v1/instruments/{one.pk}/prices", {"prices": []}).status_code == 400


# ── quotes ──────────────────────────────────────────────────────────────────


def test_a_stock_is_found_by_symbol_in_any_case(api: APIClient) -> None:
    make_instrument("BRK.B", currency="USD", price="410.05", previous="400")
    body = api.get("/api/v1/stocks/brk.b").json()
    assert (body["symbol"], body["price"], body["currency"], body["change"], body["change_percent"]) == ("BRK.B", "410.05", "USD", "10.05", "2.5125")
    assert {"volume", "market_cap", "time", "source", "stale"} <= body.keys()


def test_a_stock_that_is_unknown_or_without_a_price_says_so(api: APIClient) -> None:
    make_instrument("MUTE")
    problem(api.get("/api/v1/stocks/NONE"), 404, "unknown_instrument")
    answer = api.get("/api/v1/stocks/MUTE")
    problem(answer, 503, "no_quote")
    assert answer["Retry-After"] == "30"


def test_a_batch_answers_what_it_can_and_lists_the_rest(api: APIClient) -> None:
    make_instrument("AAA", price="1")
    body = api.post("/api/v1/stocks/batch", {"symbols": ["AAA", "NONE"]}).json()
    assert [one["symbol"] for one in body["results"]] == ["AAA"]
    assert [(one["symbol"], one["code"]) for one in body["errors"]] == [("NONE", "unknown_instrument")]


@pytest.mark.parametrize("symbols", [[], ["X"] * 501, "AAA", [{"a": 1}], ["x" * 33]])
def test_a_batch_of_none_too_many_or_nonsense_is_refused(api: APIClient, symbols: Any) -> None:
    problem(api.post("/api/v1/stocks/batch", {"symbols": symbols}), 400, "invalid")


def test_five_hundred_symbols_cost_two_queries(api: APIClient, django_assert_num_queries: Any) -> None:
    symbols = [make_instrument(f"S{n}", price="5").symbol for n in range(500)]
    with django_assert_num_queries(2):
        assert len(api.post("/api/v1/stocks/batch", {"symbols": symbols}).json()["results"]) == 500


# ── exchange rates ──────────────────────────────────────────────────────────


def test_a_rate_tells_its_own_day(api: APIClient) -> None:
    ingest_rates([RateRow("EUR", "USD", MONDAY, D("1.25"), "ecb")])
    assert api.get("/api/v1/fx/eur/USD?date=2024-03-06").json() == {
        "base": "EUR",
        "quote": "USD",
        "date": "2024-03-04",
        "asked": "2024-03-06",
        "rate": "1.25",
        "source": "ecb",
        "simulated": False,
    }
    body = problem(api.get("/api/v1/fx/EUR/USD?date=2024-03-20"), 422, "missing_rate")
    assert (body["base"], body["quote"], body["date"]) == ("EUR", "USD", "2024-03-20")


def test_a_rate_of_a_day_to_come_or_of_pence_is_refused(api: APIClient) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    problem(api.get(f"/api/v1/fx/EUR/USD?date={tomorrow}"), 400, "invalid")
    problem(api.get("/api/v1/fx/EUR/USD?date=0001-01-01"), 400, "invalid")
    problem(api.get("/api/v1/fx/EUR/GBp"), 404, "unknown_currency")


def test_own_rates_are_entered_and_win_for_oneself(api: APIClient, stranger_api: APIClient) -> None:
    ingest_rates([RateRow("EUR", "USD", MONDAY, D("1.25"), "ecb")])
    sent = {"rates": [{"base": "EUR", "quote": "USD", "date": "2024-03-04", "rate": "1.3"}]}
    assert api.post("/api/v1/fx/rates", sent).json() == {"count": 1}
    assert api.get("/api/v1/fx/USD/EUR?date=2024-03-04").json()["source"] == "own"
    assert stranger_api.get("/api/v1/fx/EUR/USD?date=2024-03-04").json()["rate"] == "1.25"
    body = problem(
        api.post("/api/v1/fx/rates", {"rates": [{"base": "EUR", "quote": "EUR", "date": "2024-03-04", "rate": "1"}]}), 422, "invalid_rates"
    )
    assert body["errors"][0]["field"] == "rates.0.quote"
    assert FxRate.objects.filter(owner__isnull=False).count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "instruments?q=apple", "instruments/{pk}/prices?from=2023-01-02", "instruments/{pk}/actions?type=split", "fx/EUR/USD?day=2023-01-02",
        "news?symbol=ACME", "market/health?portfolio=1",
    ],
)  # fmt: skip
def test_a_parameter_that_is_not_there_is_named_and_not_left_out(path: str, api: APIClient) -> None:
    instrument = make_instrument("ACME")
    body = problem(api.get("/api/v1/" + path.format(pk=instrument.pk)), 400, "invalid")
    assert [one["code"] for one in body["errors"]] == ["unknown_parameter"]
    assert "There is no parameter of this name here. Use " in body["detail"]


def test_a_slip_of_the_pen_takes_nothing_back(api: APIClient) -> None:
    path = f"/api/v1/instruments/{make_instrument('ACME').pk}/classification"
    told = api.put(path, {"sector": "Energy", "country": "NO"}, format="json").json()
    body = problem(api.put(path, {"sectr": "Utilities"}, format="json"), 400, "invalid")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [("sectr", "unknown_field")]
    assert api.get(path).json() == told
    again = api.put(path, {**told, "weights": []}, format="json")
    assert (again.status_code, again.json()["sector"]) == (200, "Energy")
