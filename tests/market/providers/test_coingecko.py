"""CoinGecko: coins by id, days in UTC, three forms of errors and one 401 that is not about the key."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from market.providers.base import History, PriceRow
from market.providers.coingecko import PRO_BASE, CoinGecko
from market.providers.failures import BadAnswer, Failure, FailureKind, NotConfigured, PlanRestricted, ProviderFailed, Throttled, Unreachable
from tests.emulator import Emulator
from tests.market.providers.replay import replay, says

NOW = datetime(2026, 5, 18, 8, 20, tzinfo=UTC)
MIDNIGHT = 1_779_062_400_000  # 2026-05-18 00:00 UTC in milliseconds
DAY = 86_400_000


def test_a_hundred_coins_are_one_call() -> None:
    web = replay({f"coin-{number}": {"usd": 1, "last_updated_at": 1_779_092_258} for number in range(100)})
    answers = CoinGecko(web).quotes([f"coin-{number}" for number in range(100)], NOW)
    assert len(web.asked) == 1 and len(answers) == 100
    assert {answer.price for answer in answers.values()} == {Decimal(1)}  # type: ignore[union-attr]


def test_a_bulk_answer_that_leaves_an_unknown_id_out_in_an_order_of_its_own_still_has_an_answer_for_each() -> None:
    web = replay({"b": {"usd": 2, "last_updated_at": 1_779_092_258}, "c": {}, "a": {"usd": 0, "last_updated_at": 1_779_092_258}})
    answers = CoinGecko(web).quotes(["a", "b", "c", "d"], NOW)
    assert list(answers) == ["a", "b", "c", "d"]
    assert answers["b"].price == 2  # type: ignore[union-attr]
    kinds = {symbol: answer.kind for symbol, answer in answers.items() if isinstance(answer, Failure)}
    assert kinds == {"a": FailureKind.NO_DATA, "c": FailureKind.NO_DATA, "d": FailureKind.UNKNOWN_SYMBOL}


def test_a_coin_in_two_currencies_is_two_symbols_of_one_call() -> None:
    web = replay({"bitcoin": {"usd": 9, "eur": 8, "last_updated_at": 1}})
    answers = CoinGecko(web).quotes(["bitcoin", "bitcoin/eur"], NOW)
    assert web.asked[0][1]["ids"] == "bitcoin" and web.asked[0][1]["vs_currencies"] == "eur,usd"
    assert [(each.price, each.currency) for each in answers.values()] == [(9, "USD"), (8, "EUR")]  # type: ignore[union-attr]


def test_a_coin_far_below_a_cent_keeps_its_digits() -> None:
    web = replay(says('{"dust": {"usd": 1.23456789012e-07, "last_updated_at": 1779092258}}'))
    assert CoinGecko(web).quotes(["dust"], NOW)["dust"].price == Decimal("0.000000123456789012")  # type: ignore[union-attr]


def test_one_bad_number_spoils_its_coin_and_no_other() -> None:
    web = replay({"a": {"usd": -1, "last_updated_at": 1}, "b": {"usd": "many", "last_updated_at": 1}, "c": {"usd": 3, "last_updated_at": 1}})
    answers = CoinGecko(web).quotes(["a", "b", "c"], NOW)
    assert [isinstance(each, Failure) and each.kind for each in answers.values()] == [FailureKind.MALFORMED, FailureKind.MALFORMED, False]


def history(points: Any, after: date | None = None) -> Any:
    return CoinGecko(replay({"prices": points})).histories({"bitcoin": after}, NOW)["bitcoin"]


def test_the_value_at_midnight_is_the_close_of_the_day_before_and_the_value_of_now_is_no_close() -> None:
    found = history([[MIDNIGHT - DAY, 100], [MIDNIGHT, 110], [MIDNIGHT + 8 * 3_600_000, 120]])
    assert found == History(
        "USD", (PriceRow(date(2026, 5, 16), Decimal(100)), PriceRow(date(2026, 5, 17), Decimal(110))), final_until=date(2026, 5, 17)
    )


def test_the_value_of_now_a_minute_after_midnight_is_no_close_either() -> None:
    found = history([[MIDNIGHT - DAY, 100], [MIDNIGHT + 60_000, 110]])
    assert [row.day for row in found.prices] == [date(2026, 5, 16)]


def test_values_that_come_somewhat_late_or_twice_or_unordered_give_one_close_a_day() -> None:
    found = history(
        [[MIDNIGHT + 9, 111], [MIDNIGHT - DAY + 41_000, 100], [MIDNIGHT - DAY + 200_000, 101], [MIDNIGHT + 600_000, 120], [MIDNIGHT - 1, 99]]
    )
    assert [(row.day, row.close) for row in found.prices] == [(date(2026, 5, 16), 100), (date(2026, 5, 17), 111)]


def test_a_hole_is_an_absent_day_and_never_zero() -> None:
    found = history([[MIDNIGHT - 2 * DAY, 100], [MIDNIGHT - DAY, None], [MIDNIGHT, 0], [MIDNIGHT + 60_000, 1]])
    assert [row.day for row in found.prices] == [date(2026, 5, 15)]


def test_only_days_after_the_last_known_one_are_given() -> None:
    found = history([[MIDNIGHT - DAY, 100], [MIDNIGHT, 110]], after=date(2026, 5, 16))
    assert [row.day for row in found.prices] == [date(2026, 5, 17)]
    assert history([], after=date(2026, 5, 17)) == History("USD", ())


@pytest.mark.parametrize("points", ["no", [[1]], [["x", 1]], [[MIDNIGHT, "many"]], [[10**30, 1]], None, {}])
def test_points_that_are_none_are_a_bad_answer(points: Any) -> None:
    assert history(points).kind is FailureKind.MALFORMED


@pytest.mark.parametrize(
    ("pro", "after", "days"),
    [
        (False, None, "365"),
        (False, date(2020, 1, 1), "365"),
        (False, date(2026, 5, 16), "3"),
        (False, date(2026, 5, 19), "1"),
        (True, None, "max"),
        (True, date(2020, 1, 1), "2330"),
    ],
)
def test_a_free_plan_is_never_asked_for_more_than_a_year(pro: bool, after: date | None, days: str) -> None:
    web = replay({"prices": []})
    CoinGecko(web, pro).histories({"bitcoin": after}, NOW)
    assert web.asked == [("/coins/bitcoin/market_chart", {"vs_currency": "usd", "days": days, "interval": "daily"})]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"status": {"error_code": 429, "error_message": "slow down"}}, 429, Throttled),
        ({"status": {"error_code": 429, "error_message": "slow down"}}, 200, Throttled),  # a refusal with 200
        ({"error": {"status": {"error_code": 10012, "error_message": "365 days"}}}, 401, PlanRestricted),  # a 401 that is not about the key
        ({"status": {"error_code": 10012, "error_message": "365 days"}}, 200, PlanRestricted),
        ({"status": {"error_code": 10005, "error_message": "limited to PRO"}}, 401, PlanRestricted),
        ({"status": {"error_code": 10002, "error_message": "API Key Missing"}}, 401, NotConfigured),
        ({"status": {"error_code": 10010, "error_message": "use pro-api"}}, 400, NotConfigured),  # a paid key at the free host
        ({"status": {"error_code": 10011, "error_message": "use api"}}, 400, NotConfigured),  # and the other way round
        ({"error": "something odd"}, 400, BadAnswer),
        ({"error": ["odd"]}, 200, BadAnswer),
        ("Throttled", 429, Throttled),
        ("<html>", 401, NotConfigured),
        ("<html>", 502, Unreachable),
        ("<html>", 200, BadAnswer),
        ("", 200, BadAnswer),
    ],
)
def test_errors_in_their_three_forms_are_told_by_the_body_first(body: Any, status: int, expected: type[ProviderFailed]) -> None:
    with pytest.raises(expected):
        CoinGecko(replay(says(body, status))).quotes(["bitcoin"], NOW)


def test_the_pause_is_the_one_that_the_source_asks_for() -> None:
    with pytest.raises(Throttled) as problem:
        CoinGecko(replay(says({"status": {"error_code": 429}}, 200, retry_after="37"))).quotes(["bitcoin"], NOW)
    assert problem.value.retry_after == 37


def test_a_key_that_the_source_repeats_is_not_told_on() -> None:
    with pytest.raises(NotConfigured) as problem:
        CoinGecko(replay(says({"status": {"error_code": 10010, "error_message": "CG-SECRET is a pro key"}}, 400), secrets=["CG-SECRET"])).coins()
    assert "SECRET" not in str(problem.value)


def test_each_plan_has_its_host_its_header_and_its_limits() -> None:
    free, keyed, paid = CoinGecko.open(), CoinGecko.open("k1"), CoinGecko.open("k2", pro=True)
    assert (free.web.headers, keyed.web.headers, paid.web.headers) == ({}, {"x-cg-demo-api-key": "k1"}, {"x-cg-pro-api-key": "k2"})
    assert free.web.base == keyed.web.base != paid.web.base == PRO_BASE
    assert CoinGecko.limits().windows[0].calls < CoinGecko.limits("k1").windows[0].calls < CoinGecko.limits("k2", pro=True).windows[0].calls


def test_an_id_cannot_leave_its_place_in_the_address() -> None:
    web = replay({"prices": []})
    CoinGecko(web).histories({"bit?coin=#&%": None}, NOW)
    assert web.asked[0][0] == "/coins/bit%3Fcoin%3D%23%26%25/market_chart"


# ── with the emulator ───────────────────────────────────────────────────────


def test_a_round_trip_tells_the_prices_of_the_world(emulator: Emulator) -> None:
    source, world = CoinGecko.open(base=emulator.base("coingecko")), emulator.world
    bitcoin = world.get("BTC-USD")
    assert bitcoin is not None
    answer = source.quotes(["bitcoin", "gen-coin-0007", "nobody"], world.now())
    assert answer["bitcoin"].price == world.quote(bitcoin).price and answer["bitcoin"].as_of == world.now()  # type: ignore[union-attr]
    assert isinstance(answer["nobody"], Failure)
    history = source.histories({"bitcoin": None}, world.now())["bitcoin"]
    assert isinstance(history, History)
    told = {bar.day: bar.close for bar in world.bars(bitcoin, date(2025, 6, 1)) if not bar.running}
    assert len(history.prices) == 365 and all(told[row.day] == row.close for row in history.prices)
    assert history.final_until == date(2026, 6, 15)
    assert [each.symbol for each in source.search("bitcoin")] == ["bitcoin"]
    assert source.profiles(["bitcoin"])["bitcoin"].name == "Bitcoin"  # type: ignore[union-attr]
    assert "ethereum" in {each.id for each in source.coins()}


def test_faults_of_the_emulated_source_are_typed(emulator: Emulator) -> None:
    source, switches = CoinGecko.open(base=emulator.base("coingecko")), emulator.switches["coingecko"]
    for turned, expected in (
        ({"error_in_200": "429"}, Throttled),
        ({"limit": 0, "retry_after": 30.0}, Throttled),
        ({"wrong_key": True}, NotConfigured),
        ({"html": True}, BadAnswer),
        ({"truncated": True}, Unreachable),
        ({"reset": True}, Unreachable),
        ({"fault": 500}, Unreachable),
    ):
        switches.reset_all()
        emulator.forget_calls()
        switches.turn(**turned)
        with pytest.raises(expected):
            source.quotes(["bitcoin"], NOW)


def test_the_fields_own_client_reads_the_emulator(emulator: Emulator) -> None:
    client = pytest.importorskip("pycoingecko").CoinGeckoAPI()
    client.api_base_url = emulator.base("coingecko") + "/"
    assert client.ping()["gecko_says"]
    assert client.get_price(ids=["bitcoin", "ethereum"], vs_currencies=["usd", "eur"]).keys() == {"bitcoin", "ethereum"}
    chart = client.get_coin_market_chart_by_id("bitcoin", "usd", 10)
    assert len(chart["prices"]) == 11
    assert client.get_coin_by_id("ethereum")["symbol"] == "eth"
    with pytest.raises(ValueError, match="coin not found"):
        client.get_coin_by_id("nobody")
