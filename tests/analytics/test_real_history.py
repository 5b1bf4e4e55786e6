"""Years of real closes and rates: buys of 2008, valued each day to the end of the real data, against pandas.

The reference is computed here from the two data files that ship inside installed packages, by pandas alone: nothing of the
product is used for it but what a person would type in.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.test import Client

from analytics.selectors import performance
from market.providers.demo import SOURCE, demo_market
from market.selectors import day_of
from market.services import PriceRow, RateRow, ingest_many, ingest_rates
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2008, 1, 2), date(2022, 12, 28)
BUYS = [  # day, symbol, units, fee in dollars
    ("2008-01-02", "AAPL", 1000, "9.99"),
    ("2008-01-02", "KO", 300, "4.95"),
    ("2008-03-17", "JPM", 250, "0"),
    ("2008-09-15", "XOM", 120, "4.95"),
    ("2008-10-10", "AAPL", 700, "9.99"),
    ("2008-11-28", "KO", 55, "1"),
]
SALES = [("2012-06-15", "AAPL", 400, "9.99"), ("2020-03-23", "JPM", 250, "4.95")]
SYMBOLS = ["AAPL", "KO", "JPM", "XOM"]


def _file(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], *parts)


@pytest.fixture(scope="module")
def closes() -> pd.DataFrame:
    """In dollars, on trading days."""
    table = pd.read_csv(_file("skfolio", "datasets", "data", "sp500_dataset.csv.gz"), index_col=0, parse_dates=True)
    index = pd.read_csv(_file("skfolio", "datasets", "data", "sp500_index.csv.gz"), index_col=0, parse_dates=True)
    return table[SYMBOLS].join(index.iloc[:, 0].rename("SPX"))


@pytest.fixture(scope="module")
def dollar() -> pd.Series:
    """Dollars for a euro, on the days of the European Central Bank."""
    with zipfile.ZipFile(_file("currency_converter", "eurofxref-hist.zip")) as archive:
        text = archive.read(archive.namelist()[0])
    table = pd.read_csv(io.BytesIO(text), index_col=0, parse_dates=True, na_values=["N/A"]).sort_index()
    return table["USD"].dropna()


@pytest.fixture(scope="module")
def provided() -> tuple[dict[str, list[PriceRow]], list[RateRow]]:
    """What the demo market gives for these instruments and the dollar, from a month before the first trade."""
    since = date(2007, 12, 1)
    history = demo_market.history(dict.fromkeys([*SYMBOLS, "SPX"]), LAST)
    rates = [row for row in demo_market.rates(None, LAST) if row.quote == "USD" and row.day >= since]
    return {symbol: [row for row in rows if row.day >= since] for symbol, rows in history.items() if symbol in {*SYMBOLS, "SPX"}}, rates


@pytest.fixture
def bought(person: Any, closes: pd.DataFrame, provided: tuple[dict[str, list[PriceRow]], list[RateRow]]) -> Any:
    """A portfolio in euro without cash tracking: each trade at the close of its day, in dollars, at the reference rate."""
    history, rates = provided
    ids = {symbol: make_instrument(symbol, currency="USD", asset_class="index" if symbol == "SPX" else "stock") for symbol in [*SYMBOLS, "SPX"]}
    ingest_many({one.pk: history[symbol] for symbol, one in ids.items()}, SOURCE)
    ingest_rates(rates)
    portfolio = make_portfolio(person, tracks_cash=False, benchmark=ids["SPX"])
    for kind, trades in (("buy", BUYS), ("sell", SALES)):
        for day, symbol, units, fee in trades:
            price = Decimal(str(closes.loc[day, symbol]))
            record(portfolio, kind, day, ids[symbol], quantity=str(units), price=price, fees=fee)
    return portfolio


@pytest.fixture(scope="module")
def reference(closes: pd.DataFrame, dollar: pd.Series) -> pd.DataFrame:
    """Value, flows and growth of every calendar day in euro, by pandas."""
    days = pd.date_range("2008-01-01", LAST)
    price = closes.reindex(closes.index.union(days)).ffill().loc[days]
    rate = 1 / dollar.reindex(dollar.index.union(days)).ffill().loc[days]
    units = pd.DataFrame(0.0, index=days, columns=SYMBOLS)
    table = pd.DataFrame({"in": 0.0, "out": 0.0}, index=days)
    for day, symbol, count, fee in BUYS:
        units.loc[day:, symbol] += count
        table.loc[day, "in"] += (count * price.loc[day, symbol] + float(fee)) * rate[day]
    for day, symbol, count, fee in SALES:
        units.loc[day:, symbol] -= count
        table.loc[day, "out"] += (count * price.loc[day, symbol] - float(fee)) * rate[day]
    table["value"] = (units * price[SYMBOLS]).sum(axis=1) * rate
    base = table["value"].shift(1, fill_value=0.0) + table["in"]
    table["growth"] = ((table["value"] + table["out"]) / base.where(base != 0)).fillna(1.0).cumprod()
    table["index"] = price["SPX"] * rate
    net = (table["in"] - table["out"]).to_numpy()
    table["same"] = (net / table["index"]).cumsum() * table["index"]
    return table


def test_fifteen_years_of_daily_value_return_and_index_equal_pandas(bought: Any, reference: pd.DataFrame) -> None:
    found = performance([bought], end=LAST)
    series = found.series
    assert [day_of(series.days[0]), day_of(series.days[-1]), len(series.days)] == [date(2008, 1, 1), LAST, len(reference)]
    assert np.abs(series.value - reference["value"]).max() / reference["value"].max() < 1e-12
    assert series.value == pytest.approx(reference["value"].to_numpy(), rel=1e-9)
    assert series.twr + 1 == pytest.approx(reference["growth"].to_numpy(), rel=1e-9)
    assert found.twr.value == pytest.approx(reference["growth"].iloc[-1] - 1, rel=1e-9)
    assert series.invested == pytest.approx((reference["in"] - reference["out"]).cumsum().to_numpy(), rel=1e-9, abs=1e-6)
    assert series.benchmark_twr is not None and series.same_money is not None
    bench = (reference["index"] / reference["index"].iloc[1] - 1).to_numpy()
    assert series.benchmark_twr[1:] == pytest.approx(bench[1:], rel=1e-9, abs=1e-9)
    assert series.same_money == pytest.approx(reference["same"].to_numpy(), rel=1e-9)


def test_the_exact_end_value_is_the_last_point_of_the_series(bought: Any, reference: pd.DataFrame) -> None:
    found = performance([bought], end=LAST)
    assert isinstance(found.end_value.value, Decimal)
    assert float(found.end_value.value) == pytest.approx(reference["value"].iloc[-1], rel=1e-12)
    assert isinstance(found.gain.value, Decimal)


def test_the_crash_of_2008_alone_opens_at_the_close_before(bought: Any, reference: pd.DataFrame) -> None:
    found = performance([bought], start=date(2008, 9, 1), end=date(2009, 3, 9))
    growth = reference["growth"]
    assert found.twr.value == pytest.approx(growth["2009-03-09"] / growth["2008-08-31"] - 1, rel=1e-9)
    assert float(found.start_value.value or 0) == pytest.approx(reference["value"]["2008-08-31"], rel=1e-12)
    assert found.benchmark is not None
    assert found.benchmark.twr.value == pytest.approx(reference["index"]["2009-03-09"] / reference["index"]["2008-08-31"] - 1, rel=1e-9)


def test_volatility_of_the_last_year_equals_pandas(bought: Any, reference: pd.DataFrame, closes: pd.DataFrame) -> None:
    found = performance([bought], end=LAST)
    days = closes.index[closes.index > pd.Timestamp("2021-12-28")].intersection(reference.index).insert(0, pd.Timestamp("2021-12-28"))
    expected = reference["growth"][days].pct_change().dropna().std(ddof=1) * 252**0.5
    assert found.volatility.value == pytest.approx(expected, rel=1e-9)
    assert found.risk_level.value == 6 if 0.15 <= expected < 0.25 else found.risk_level.value


def test_the_api_tells_the_same(bought: Any, person: Any, reference: pd.DataFrame) -> None:
    browser = Client()
    browser.force_login(person)
    body = browser.get(f"/api/v1/portfolios/{bought.pk}/performance", {"end": LAST.isoformat()}).json()
    assert float(body["twr"]) == pytest.approx(reference["growth"].iloc[-1] - 1, rel=1e-9)
    values = np.array([float(point["value"]) for point in body["series"]])
    assert np.abs(values - reference["value"].to_numpy()).max() < 1e-6
    assert [float(point["twr"]) for point in body["series"]] == pytest.approx((reference["growth"] - 1).tolist(), abs=1e-9)
