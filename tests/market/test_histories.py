"""Daily histories: one call with its actions, nothing rewritten for a last digit, nothing wrong stored, closes in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.choices import AssetClass, SuspectReason
from market.models import CorporateAction, Instrument, Price, PriceColumn, Quote, SourceSymbol, Suspect
from market.providers.base import ActionRow, History, PriceRow
from market.providers.failures import Failure, FailureKind, Throttled
from market.services import ingest_prices
from market.services.calls import Source
from market.services.refreshing.due import due_quotes
from market.services.refreshing.histories import due_histories, refresh_histories, store_closes

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)  # a Friday, an hour after New York closed
FIRST = date(2026, 11, 9)


def bars(*closes: str) -> tuple[PriceRow, ...]:
    return tuple(PriceRow(FIRST + timedelta(days=number), Decimal(close)) for number, close in enumerate(closes))


def source(answers: Mapping[str, Any] | Exception) -> tuple[Any, list[list[str]]]:
    asked: list[list[str]] = []

    def call(symbols: Sequence[str]) -> Mapping[str, Any]:
        asked.append(list(symbols))
        if isinstance(answers, Exception):
            raise answers
        return {symbol: answers[symbol] for symbol in symbols}

    made: Source[History] = Source("yahoo", 1, call)
    return (lambda _: [made]), asked


@pytest.fixture
def apple(db: None) -> Instrument:
    made = Instrument.objects.create(symbol="AAPL", name="Apple", currency="USD", exchange="XNAS")
    SourceSymbol.objects.create(instrument=made, source="yahoo", symbol="AAPL")
    return made


def closes(instrument: Instrument) -> list[str]:
    return [format(close.normalize(), "f") for close in Price.objects.filter(instrument=instrument).order_by("day").values_list("close", flat=True)]


def test_the_first_back_fill_brings_prices_and_actions_in_one_call(apple: Instrument) -> None:
    actions = (ActionRow("dividend", FIRST, amount=Decimal("0.26")), ActionRow("split", FIRST + timedelta(days=2), Decimal(4), Decimal(1)))
    sources, asked = source({"AAPL": History("USD", bars("400", "404", "102", "101"), actions)})
    done = refresh_histories([apple.pk], NOW, sources)
    assert (done.rows, done.actions, asked) == (4, 2, [["AAPL"]])
    assert closes(apple) == ["400", "404", "102", "101"]
    assert PriceColumn.objects.get(instrument=apple).version > 0


def test_the_same_history_again_changes_nothing(apple: Instrument) -> None:
    sources, _ = source({"AAPL": History("USD", bars("271.49", "270.1"))})
    refresh_histories([apple.pk], NOW, sources)
    version = PriceColumn.objects.get(instrument=apple).version
    noisy, _ = source({"AAPL": History("USD", bars("271.4901", "270.1"))})
    assert refresh_histories([apple.pk], NOW, noisy).rows == 0
    assert PriceColumn.objects.get(instrument=apple).version == version and closes(apple)[0] == "271.49"


def test_a_correction_by_the_source_is_taken_over(apple: Instrument) -> None:
    refresh_histories([apple.pk], NOW, source({"AAPL": History("USD", bars("271.49", "270.1"))})[0])
    assert refresh_histories([apple.pk], NOW, source({"AAPL": History("USD", bars("271.49", "269.9"))})[0]).rows == 1
    assert closes(apple) == ["271.49", "269.9"]


def test_a_split_that_comes_later_adds_an_action_and_rewrites_no_price(apple: Instrument) -> None:
    refresh_histories([apple.pk], NOW, source({"AAPL": History("USD", bars("400", "404"))})[0])
    after = History("USD", bars("400", "404", "102"), (ActionRow("split", FIRST + timedelta(days=2), Decimal(4), Decimal(1)),))
    for _ in range(2):
        done = refresh_histories([apple.pk], NOW, source({"AAPL": after})[0])
    assert (done.rows, done.actions) == (0, 0)
    assert closes(apple) == ["400", "404", "102"] and CorporateAction.objects.count() == 1


def test_the_running_day_is_no_price_of_a_day(apple: Instrument) -> None:
    history = History("USD", bars("271", "272", "273"), final_until=FIRST + timedelta(days=1))
    refresh_histories([apple.pk], NOW, source({"AAPL": history})[0])
    assert closes(apple) == ["271", "272"]


def test_a_history_in_another_currency_is_not_stored(apple: Instrument) -> None:
    done = refresh_histories([apple.pk], NOW, source({"AAPL": History("EUR", bars("250", "251"))})[0])
    assert not Price.objects.exists() and done.doubted == {apple.pk: 2}
    assert Suspect.objects.get().reason == SuspectReason.CURRENCY


def test_a_history_without_a_currency_is_in_that_of_its_symbol(apple: Instrument) -> None:
    untold = {"AAPL": History("", bars("271", "272"))}
    refresh_histories([apple.pk], NOW, source(untold)[0])
    assert not Price.objects.exists()
    SourceSymbol.objects.update(currency="USD")
    refresh_histories([apple.pk], NOW, source(untold)[0])
    assert closes(apple) == ["271", "272"]


def test_a_day_a_hundred_times_too_high_is_left_out_and_told(apple: Instrument) -> None:
    done = refresh_histories([apple.pk], NOW, source({"AAPL": History("USD", bars("271", "27200", "273", "274", "274", "275"))})[0])
    assert closes(apple) == ["271", "273", "274", "274", "275"] and done.doubted == {apple.pk: 1}
    row = Suspect.objects.get()
    assert (row.day, row.price, row.before) == (FIRST + timedelta(days=1), Decimal(27200), Decimal(271))


def test_what_an_administrator_entered_wins(apple: Instrument) -> None:
    ingest_prices(apple, [PriceRow(FIRST, Decimal("265"))], "manual")
    refresh_histories([apple.pk], NOW, source({"AAPL": History("USD", bars("271", "272"))})[0])
    assert closes(apple) == ["265", "272"]


def test_a_source_that_fails_leaves_what_is_stored_and_is_asked_again(apple: Instrument) -> None:
    refresh_histories([apple.pk], NOW - timedelta(days=9, hours=-2), source({"AAPL": History("USD", bars("271"))})[0])
    done = refresh_histories([apple.pk], NOW, source(Throttled("Too many.", retry_after=60))[0])
    assert done.failures[apple.pk]["yahoo"].kind == FailureKind.RATE_LIMITED and closes(apple) == ["271"]
    assert due_histories([apple.pk], NOW, 10) == [apple.pk]


def test_an_unknown_symbol_waits_a_day(apple: Instrument) -> None:
    refresh_histories([apple.pk], NOW, source({"AAPL": Failure(FailureKind.UNKNOWN_SYMBOL, "Unknown.")})[0])
    assert due_histories([apple.pk], NOW + timedelta(hours=23), 10) == []
    assert due_histories([apple.pk], NOW + timedelta(hours=25), 10) == [apple.pk]


def test_a_source_without_a_history_is_asked_for_quotes_all_the_same(apple: Instrument) -> None:
    refresh_histories([apple.pk], NOW, source({"AAPL": Failure(FailureKind.NO_DATA, "No history.")})[0])
    assert due_quotes([apple.pk], NOW, timedelta(minutes=15)) == [apple.pk]
    assert due_histories([apple.pk], NOW + timedelta(minutes=30), 10) == []
    assert due_histories([apple.pk], NOW + timedelta(minutes=61), 10) == [apple.pk]


def test_those_without_a_history_come_first_then_the_check_of_the_week(db: None, django_assert_num_queries: Any) -> None:
    ids = []
    for symbol, days in (("OLD", 9), ("NEW", None), ("DONE", 2), ("OLDER", 12)):
        made = Instrument.objects.create(symbol=symbol, name=symbol, currency="USD")
        SourceSymbol.objects.create(instrument=made, source="yahoo", symbol=symbol, history_at=None if days is None else NOW - timedelta(days=days))
        ids.append(made.pk)
    old, new, _, older = ids
    with django_assert_num_queries(1):
        assert due_histories(ids, NOW, 10) == [new, older, old]
    assert due_histories(ids, NOW, 1) == [new]


def test_a_coin_is_compared_every_day(db: None) -> None:
    coin = Instrument.objects.create(symbol="BTC", name="Bitcoin", currency="USD", asset_class=AssetClass.CRYPTO)
    SourceSymbol.objects.create(instrument=coin, source="coingecko", symbol="bitcoin", history_at=NOW - timedelta(hours=25))
    assert due_histories([coin.pk], NOW, 10) == [coin.pk]


# ── closes ──────────────────────────────────────────────────────────────────


def quoted(instrument: Instrument, price: str, as_of: datetime, asked_at: datetime) -> None:
    Quote.objects.create(
        instrument=instrument, price=Decimal(price), as_of=as_of, fetched_at=asked_at, source="yahoo", quality="delayed", volume=1000
    )
    SourceSymbol.objects.filter(instrument=instrument).update(asked_at=asked_at)


def test_a_quote_that_was_asked_for_after_the_close_is_the_price_of_the_day(apple: Instrument) -> None:
    quoted(apple, "271.49", NOW - timedelta(minutes=60), NOW - timedelta(minutes=25))
    assert store_closes(NOW) == 1
    row = Price.objects.get()
    assert (row.day, row.close, row.source, row.volume) == (date(2026, 11, 20), Decimal("271.49"), "yahoo", 1000)
    assert store_closes(NOW) == 0


def test_a_quote_from_within_the_day_is_none(apple: Instrument) -> None:
    quoted(apple, "271.49", NOW - timedelta(hours=3), NOW - timedelta(hours=3))
    assert store_closes(NOW) == 0


def test_a_thin_share_whose_last_trade_was_at_noon_has_that_as_its_close(apple: Instrument) -> None:
    quoted(apple, "271.49", NOW - timedelta(hours=6), NOW - timedelta(minutes=5))
    assert store_closes(NOW) == 1


def test_the_price_that_a_day_has_is_kept(apple: Instrument) -> None:
    ingest_prices(apple, [PriceRow(date(2026, 11, 20), Decimal("271.50"))], "yahoo")
    quoted(apple, "271.49", NOW - timedelta(minutes=60), NOW - timedelta(minutes=25))
    assert store_closes(NOW) == 0 and closes(apple) == ["271.5"]


def test_closing_many_takes_no_query_for_each(db: None, django_assert_max_num_queries: Any) -> None:
    for number in range(40):
        made = Instrument.objects.create(symbol=f"S{number}", name="S", currency="USD", exchange="XNAS")
        SourceSymbol.objects.create(instrument=made, source="yahoo", symbol=f"S{number}")
        quoted(made, "10", NOW - timedelta(minutes=60), NOW - timedelta(minutes=25))
    with django_assert_max_num_queries(18):  # PostgreSQL takes rows in by COPY: a few statements, however many rows
        assert store_closes(NOW) == 40
