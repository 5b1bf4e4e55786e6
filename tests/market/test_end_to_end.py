"""From the wire to the stored price: the jobs, the sources and a server that speaks as they do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import time_machine

from market import tasks
from market.models import CorporateAction, FxRate, Instrument, Price, Quote, SourceSymbol, Suspect
from market.selectors.interest import _asked
from tests.emulator import Emulator
from tests.emulator.things import Security


def listed(emulator: Emulator, *symbols: str, sources: tuple[str, ...] = ("yahoo",)) -> list[Instrument]:
    made = []
    for symbol in symbols:
        of: Security = emulator.world.get(symbol)  # type: ignore[assignment]
        one = Instrument.objects.create(
            symbol=symbol, name=of.name, currency=of.currency, exchange=of.mic, asset_class=of.asset_class, provider="yahoo"
        )
        for source in sources:
            SourceSymbol.objects.create(instrument=one, source=source, symbol=symbol, currency=of.currency)
        made.append(one)
    return made


def true_price(emulator: Emulator, symbol: str) -> Decimal:
    return emulator.world.quote(emulator.world.get(symbol)).price  # type: ignore[arg-type]


def test_quotes_of_shares_funds_indices_and_pence_arrive_in_one_call(world: Emulator) -> None:
    names = [one.symbol for one in world.world.securities() if one.asset_class in {"stock", "etf", "index"}][:30]
    listed(world, *names)
    tasks.plan_quotes()
    assert Quote.objects.count() == len(names)
    for quote in Quote.objects.select_related("instrument"):
        assert quote.price == pytest.approx(true_price(world, quote.instrument.symbol), rel=Decimal("0.0001"))
    quotes = [call for call in world.calls("yahoo") if "/v7/finance/quote" in call.path]
    assert len(quotes) == 1


def test_two_hundred_shares_and_coins_mixed_arrive_in_three_calls(world: Emulator) -> None:
    shares, coins = [f"GEN{n:04d}" for n in range(1, 181)], [f"GEN{n:04d}-USD" for n in range(1, 21)]
    for place, coin in enumerate(coins):
        listed(world, *shares[9 * place : 9 * place + 9])
        (one,) = listed(world, coin, sources=())
        SourceSymbol.objects.create(instrument=one, source="coingecko", symbol=f"gen-coin-{coin[3:7]}", currency="USD")
    assert tasks.plan_quotes() == 200 == Quote.objects.count()
    asked = [call.path for call in world.calls() if "/v7/finance/quote" in call.path or "/simple/price" in call.path]
    assert sorted(path.partition("?")[0].rpartition("/")[2] for path in asked) == ["price", "quote", "quote"]


def test_a_history_arrives_raw_with_its_actions(world: Emulator) -> None:
    split = next(one for one in world.world.securities() if one.asset_class == "stock" and world.world.splits(one))
    (one,) = listed(world, split.symbol)
    tasks.plan_histories()
    bars = {bar.day: bar.close for bar in world.world.bars(split)}
    stored = dict(Price.objects.filter(instrument=one).values_list("day", "close"))
    assert len(stored) > 200 and max(stored) < world.world.now().date()
    assert all(close == pytest.approx(bars[day], rel=Decimal("0.0002")) for day, close in stored.items())
    assert CorporateAction.objects.filter(instrument=one, kind="split").count() == len(world.world.splits(split))


def test_rates_arrive_and_nobody_is_asked_twice(world: Emulator) -> None:
    assert tasks.fetch_rates() > 1000
    assert FxRate.objects.filter(quote="USD", source="ecb").exists()
    before = len(world.calls())
    assert tasks.fetch_rates() == 0 and len(world.calls()) == before


def test_when_the_first_source_is_down_the_next_one_answers(world: Emulator) -> None:
    listed(world, "AAPL", sources=("yahoo", "finnhub"))
    world.switches["yahoo"].turn(down=True)
    tasks.plan_quotes()
    assert Quote.objects.get().source == "finnhub"
    assert Quote.objects.get().price == pytest.approx(true_price(world, "AAPL"), rel=Decimal("0.0001"))


@pytest.mark.parametrize("fault", [{"html": True}, {"truncated": True}, {"reset": True}, {"fault": 500}, {"limit": 0}])
def test_whatever_a_source_sends_instead_the_last_good_price_stays(world: Emulator, fault: dict[str, Any]) -> None:
    (apple,) = listed(world, "AAPL")
    tasks.plan_quotes()
    good = Quote.objects.get(pk=apple.pk).price
    world.switches["yahoo"].turn(**fault)
    world.world.clock.move(minutes=20)
    with time_machine.travel(world.world.now(), tick=False):
        tasks.plan_quotes()
    assert Quote.objects.get(pk=apple.pk).price == good and not Suspect.objects.exists()


def test_a_price_a_hundred_times_too_high_waits_and_one_of_another_source_is_taken(world: Emulator) -> None:
    (apple,) = listed(world, "AAPL", sources=("yahoo", "finnhub"))
    tasks.plan_quotes()
    world.switches["yahoo"].turn(hundredfold_quotes=["AAPL"])
    world.world.clock.move(minutes=20)
    with time_machine.travel(world.world.now(), tick=False):
        tasks.plan_quotes()
        assert Quote.objects.get(pk=apple.pk).price == pytest.approx(true_price(world, "AAPL"), rel=Decimal("0.0001"))
    assert Quote.objects.get(pk=apple.pk).source == "finnhub" and Suspect.objects.count() == 1


def test_a_renewed_crumb_is_all_that_an_expired_one_costs(world: Emulator) -> None:
    listed(world, "AAPL")
    world.switches["yahoo"].turn(crumb_calls=1)
    for _ in range(3):
        tasks.plan_quotes()
        world.world.clock.move(minutes=20)
        with time_machine.travel(world.world.now(), tick=False):
            tasks.plan_quotes()
    assert Quote.objects.exists()


def test_what_nobody_follows_is_not_asked_for(world: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(world, "AAPL")
    monkeypatch.setattr("market.selectors.interest._asked", [])
    assert tasks.plan_quotes() == 0 and not world.calls()


def test_without_a_source_nothing_is_asked(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROVIDERS = []
    one = Instrument.objects.create(symbol="AAPL", name="Apple", currency="USD")
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="AAPL")
    monkeypatch.setattr("market.selectors.interest._asked", [lambda: [one.pk]])
    tasks.plan_quotes()
    assert not Quote.objects.exists()


def test_every_reason_to_follow_is_known() -> None:
    assert {reason.__name__ for reason in _asked} >= {
        *("held_instruments", "benchmark_instruments", "alerted_instruments", "listed_indices", "blended_instruments")
    }
