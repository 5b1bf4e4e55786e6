"""Calls to Alpha Vantage over real connections, and that the field's own client reads what the emulator tells."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from market.providers.alpha_vantage import AlphaVantage
from market.providers.base import History, Profile, SymbolQuote
from market.providers.failures import Failure, FailureKind, NoBudget
from tests.emulator import Emulator

KEY = "KEYKEYKEYKEYKEYK"
D = Decimal


def open_at(emulator: Emulator, **more: Any) -> AlphaVantage:
    return AlphaVantage.open(KEY, base=emulator.base("alpha_vantage"), **more)


def test_quotes_of_the_world_arrive_in_major_units(emulator: Emulator) -> None:
    symbols = {"IBM": "IBM", "BRK.B": "BRK-B", "VOD.LON": "VOD.L", "SAP.DEX": "SAP.DE", "RY.TRT": "RY.TO"}
    found = open_at(emulator).quotes([*symbols, "NOPE"], emulator.world.now())
    for theirs, ours in symbols.items():
        security, answer = emulator.world.get(ours), found[theirs]
        assert security is not None and isinstance(answer, SymbolQuote)
        assert (answer.price, answer.currency) == (emulator.world.quote(security).price, security.currency)
    assert isinstance(found["NOPE"], Failure) and found["NOPE"].kind is FailureKind.UNKNOWN_SYMBOL


@pytest.mark.parametrize("paid", [False, True])
def test_histories_of_the_world_arrive_raw_with_their_actions(emulator: Emulator, paid: bool) -> None:
    world = emulator.world
    emulator.switches["alpha_vantage"].plan = not paid
    found = open_at(emulator, paid=paid).histories({"AAPL": None, "VOD.LON": None}, world.now())
    for theirs, ours in {"AAPL": "AAPL", "VOD.LON": "VOD.L"}.items():
        security, history = world.get(ours), found[theirs]
        assert security is not None and isinstance(history, History)
        bars = {bar.day: bar.close for bar in world.bars(security)}
        assert all(bars[row.day] == row.close for row in history.prices)
        assert len(history.prices) == (len(bars) if paid else len(history.prices)) > 800
        assert {each.ex_day: each.amount for each in history.actions if each.amount} == {
            each.ex_day: each.amount for each in world.dividends(security)
        }
        assert history.final_until == date(2026, 6, 15)


def test_a_paid_table_is_refused_to_a_free_key(emulator: Emulator) -> None:
    emulator.switches["alpha_vantage"].plan = True
    found = open_at(emulator, paid=True).histories({"AAPL": None}, emulator.world.now())["AAPL"]
    assert isinstance(found, Failure) and found.kind is FailureKind.PLAN_RESTRICTED


def test_the_rest_of_the_world_is_told_as_well(emulator: Emulator) -> None:
    source, now = open_at(emulator), emulator.world.now()
    assert [(each.symbol, each.exchange, each.currency) for each in source.search("Vodafone")] == [("VOD.LON", "XLON", "GBP")]
    profiles = source.profiles(["AAPL", "SPY"])
    assert isinstance(profiles["AAPL"], Profile) and profiles["AAPL"].country == "US"
    assert isinstance(profiles["SPY"], Profile) and len(profiles["SPY"].weights) == 7
    series = source.series({"TREASURY_YIELD:3month": date(2026, 6, 1)})["TREASURY_YIELD:3month"]
    assert isinstance(series, tuple) and series[0].day == date(2026, 6, 2)
    assert source.news(["AAPL", "NOPE"], datetime(2026, 6, 10, tzinfo=UTC), now)[0].symbols == ("AAPL",)
    pairs = source.quotes(["BTC/EUR", "EUR/USD", "XXX/USD"], now)
    assert [isinstance(each, SymbolQuote) for each in pairs.values()] == [True, True, False]
    histories = source.histories({"BTC/EUR": None, "EUR/USD": None}, now)
    assert [len(each.prices) for each in histories.values() if isinstance(each, History)] == [350, 100]
    assert [each.final_until for each in histories.values() if isinstance(each, History)] == [date(2026, 6, 15)] * 2


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ({"error_in_200": "daily"}, FailureKind.RATE_LIMITED),
        ({"error_in_200": "burst"}, FailureKind.RATE_LIMITED),
        ({"error_in_200": "note"}, FailureKind.RATE_LIMITED),
        ({"error_in_200": "demo"}, FailureKind.AUTH),
        ({"wrong_key": True}, FailureKind.AUTH),
        ({"limit": 0}, FailureKind.RATE_LIMITED),
        ({"html": True}, FailureKind.MALFORMED),
        ({"truncated": True}, FailureKind.UNREACHABLE),
        ({"fault": 500}, FailureKind.UNREACHABLE),
    ],
)
def test_each_fault_of_the_source_is_told_as_what_it_is(emulator: Emulator, switch: dict[str, Any], kind: FailureKind) -> None:
    emulator.switches["alpha_vantage"].turn(**switch)
    found = open_at(emulator).quotes(["IBM"], emulator.world.now())["IBM"]
    assert isinstance(found, Failure) and found.kind is kind
    assert KEY not in found.detail


def test_our_own_budget_is_kept(emulator: Emulator) -> None:
    def refuse(cost: int) -> None:
        raise NoBudget("25 calls are used up.", retry_after=60)

    found = open_at(emulator, gate=refuse).quotes(["IBM"], emulator.world.now())["IBM"]
    assert isinstance(found, Failure) and found.retry_after == 60
    assert emulator.calls() == []


def test_an_unknown_symbol_of_a_series_is_unknown(emulator: Emulator) -> None:
    found = open_at(emulator).histories({"NOPE": None}, emulator.world.now())["NOPE"]
    assert isinstance(found, Failure) and found.kind is FailureKind.UNKNOWN_SYMBOL


# ── the field's own client ──────────────────────────────────────────────────


@pytest.fixture
def client(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules of the client, whose calls reach the emulator."""
    package = pytest.importorskip("alpha_vantage.alphavantage")
    monkeypatch.setattr(package.AlphaVantage, "_ALPHA_VANTAGE_API_URL", f"{emulator.base('alpha_vantage')}/query?")
    return pytest.importorskip("alpha_vantage")


def test_the_fields_client_reads_the_emulators_series_as_we_do(emulator: Emulator, client: Any) -> None:
    from alpha_vantage.timeseries import TimeSeries

    theirs = TimeSeries(key=KEY)
    ours = open_at(emulator).histories({"IBM": date(2026, 5, 1)}, emulator.world.now())["IBM"]
    rows, _ = theirs.get_daily("IBM")
    assert isinstance(ours, History) and len(rows) == 100
    assert {each.day: each.close for each in ours.prices} == {
        date.fromisoformat(day): D(row["4. close"]) for day, row in rows.items() if date.fromisoformat(day) > date(2026, 5, 1)
    }
    weekly, _ = theirs.get_weekly_adjusted("IBM")
    adjusted, _ = theirs.get_daily_adjusted("IBM")
    assert set(next(iter(weekly.values()))) >= {"4. close", "5. adjusted close", "7. dividend amount"}
    assert next(iter(adjusted.values()))["8. split coefficient"] == "1.0000"
    answer, _ = theirs.get_quote_endpoint("IBM")
    assert D(answer["05. price"]) == emulator.world.quote(emulator.world.get("IBM")).price  # type: ignore[arg-type]
    assert theirs.get_symbol_search("Vodafone")[0].iloc[0]["8. currency"] == "GBX"


def test_the_fields_client_reads_the_emulators_companies_rates_and_actions(emulator: Emulator, client: Any) -> None:
    from alpha_vantage.cryptocurrencies import CryptoCurrencies
    from alpha_vantage.foreignexchange import ForeignExchange
    from alpha_vantage.fundamentaldata import FundamentalData

    assert FundamentalData(key=KEY).get_company_overview("IBM")[0]["Sector"] == "TECHNOLOGY"
    assert FundamentalData(key=KEY).get_splits("IBM")[0].iloc[0]["split_factor"] == "1.0460"
    assert len(FundamentalData(key=KEY).get_dividends("IBM")[0]) > 60
    assert ForeignExchange(key=KEY).get_currency_exchange_rate("EUR", "USD")[0]["8. Bid Price"] == "-"
    assert len(ForeignExchange(key=KEY).get_currency_exchange_daily("EUR", "USD")[0]) == 100
    assert len(CryptoCurrencies(key=KEY).get_digital_currency_daily("BTC", "EUR")[0]) == 350


@pytest.mark.parametrize("kind", ["daily", "burst", "note", "invalid"])
def test_the_fields_client_takes_the_emulators_refusals_for_errors(emulator: Emulator, client: Any, kind: str) -> None:
    from alpha_vantage.timeseries import TimeSeries

    emulator.switches["alpha_vantage"].error_in_200 = kind
    with pytest.raises(ValueError):
        TimeSeries(key=KEY, treat_info_as_error=True).get_daily("IBM")
