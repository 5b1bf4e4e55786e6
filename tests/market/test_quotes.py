"""A quote is the newest price: replaced by newer ones only, told once a batch, cached by symbol."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from market.choices import AssetClass, Quality
from market.errors import InvalidPrices, NoQuote, UnknownInstrument
from market.models import Quote
from market.selectors import quotes_of, stock, stocks
from market.selectors.quote_cache import Near
from market.services import QuoteDraft, publish_quotes
from market.services.listing import rename_instrument
from market.shapes import QuoteSerializer, SymbolsWanted
from market.signals import quotes_changed
from tests.factories import D, make_instrument, set_quote

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


def draft(instrument: Any, price: str, at: datetime = NOON, **more: Any) -> QuoteDraft:
    return QuoteDraft(instrument.pk, D(price), at, "test", Quality.LIVE, **more)


def test_a_quote_says_price_change_source_and_age() -> None:
    one = make_instrument("ACME", currency="USD")
    publish_quotes([draft(one, "102", previous_close=D("100"), volume=5)])
    view = quotes_of([one.pk])[one.pk]
    assert (view.symbol, view.price, view.currency, view.previous_close, view.volume) == ("ACME", D("102"), "USD", D("100"), 5)
    assert (view.change, view.change_fraction) == (D("2"), D("0.02"))
    assert (view.as_of, view.source, view.quality, view.sequence) == (NOON, "test", "live", 1)


def test_without_a_close_before_there_is_no_change() -> None:
    one = make_instrument()
    publish_quotes([draft(one, "102")])
    view = quotes_of([one.pk])[one.pk]
    assert (view.previous_close, view.change, view.change_fraction) == (None, None, None)


def test_only_a_newer_quote_replaces_and_each_raises_the_sequence() -> None:
    one = make_instrument()
    assert publish_quotes([draft(one, "10")]) == (one.pk,)
    assert publish_quotes([draft(one, "11")]) == ()
    assert publish_quotes([draft(one, "12", NOON - timedelta(seconds=1))]) == ()
    assert publish_quotes([draft(one, "13", NOON + timedelta(seconds=1))]) == (one.pk,)
    view = quotes_of([one.pk])[one.pk]
    assert (view.price, view.sequence) == (D("13"), 2)


def test_the_newest_of_two_quotes_in_a_batch_is_kept() -> None:
    one = make_instrument()
    publish_quotes([draft(one, "11", NOON + timedelta(seconds=1)), draft(one, "10")])
    assert quotes_of([one.pk])[one.pk].price == D("11")


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_price_that_cannot_be_right_refuses_the_batch(price: str) -> None:
    one, other = make_instrument(), make_instrument()
    with pytest.raises(InvalidPrices) as refusal:
        publish_quotes([draft(other, "5"), draft(one, price)])
    assert refusal.value.errors[0].field == "quotes.1.price"
    assert not Quote.objects.exists()


def test_a_quote_from_the_future_is_refused() -> None:
    with pytest.raises(InvalidPrices, match="faults"):
        publish_quotes([draft(make_instrument(), "5", timezone.now() + timedelta(hours=1))])


def test_a_quote_of_an_instrument_that_is_gone_is_left_out() -> None:
    one, gone = make_instrument(), make_instrument()
    drafts = [draft(one, "5"), draft(gone, "6")]
    gone.delete()
    assert publish_quotes(drafts) == (one.pk,)


def test_a_batch_is_told_once_after_the_commit(django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("portfolio_site.web.push.send", lambda group, message: sent.append((group, message)))
    heard: list[tuple[int, ...]] = []
    quotes_changed.connect(hear := lambda instrument_ids, **_: heard.append(instrument_ids), weak=False)
    one, other = make_instrument(), make_instrument()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            publish_quotes([draft(one, "5"), draft(other, "6")])
            assert sent == []
    finally:
        quotes_changed.disconnect(hear)
    assert heard == [(one.pk, other.pk)]
    assert sent == [("quotes", {"type": "quotes.changed", "ids": [one.pk, other.pk]})]


@pytest.mark.parametrize("count", [1, 80])
def test_publishing_and_reading_cost_the_same_queries_however_many(count: int, django_assert_num_queries: Any) -> None:
    instruments = [make_instrument() for _ in range(count)]
    drafts = [draft(one, "5") for one in instruments]
    with django_assert_num_queries(5):  # three, and the savepoint of the test's transaction
        publish_quotes(drafts)
    with django_assert_num_queries(1):
        assert len(quotes_of([one.pk for one in instruments])) == count


@pytest.mark.parametrize(
    ("asset_class", "quality", "age", "stale"),
    [
        (AssetClass.STOCK, Quality.LIVE, timedelta(days=3), False),
        (AssetClass.STOCK, Quality.LIVE, timedelta(days=5), True),
        (AssetClass.CRYPTO, Quality.LIVE, timedelta(hours=20), False),
        (AssetClass.CRYPTO, Quality.LIVE, timedelta(hours=30), True),
        (AssetClass.OTHER, Quality.OWN, timedelta(days=300), False),
        (AssetClass.OTHER, Quality.OWN, timedelta(days=400), True),
    ],
)
def test_a_quote_grows_stale_by_its_class_and_quality(asset_class: str, quality: str, age: timedelta, stale: bool) -> None:
    one = make_instrument(asset_class=asset_class)
    publish_quotes([QuoteDraft(one.pk, D("5"), timezone.now() - age, "test", quality)])
    assert quotes_of([one.pk])[one.pk].stale is stale


# ── by symbol ───────────────────────────────────────────────────────────────


def test_stocks_answer_in_order_and_list_what_they_cannot(person: Any) -> None:
    make_instrument("AAA", price="1")
    make_instrument("BBB", price="2")
    make_instrument("MUTE")
    answer = stocks(person, ["bbb", "NONE", "AAA", "MUTE", "AAA"])
    assert [view.symbol for view in answer.quotes] == ["BBB", "AAA"]
    assert [(one.symbol, one.code) for one in answer.errors] == [("NONE", "unknown_instrument"), ("MUTE", "no_quote")]


@pytest.mark.parametrize("count", [2, 200])
def test_a_batch_costs_two_queries_cold_and_one_from_the_cache(count: int, person: Any, django_assert_num_queries: Any) -> None:
    symbols = [make_instrument(f"S{n}", price="5").symbol for n in range(count)]
    with django_assert_num_queries(2):
        cold = stocks(person, symbols)
    with django_assert_num_queries(1):
        warm = stocks(person, symbols)
    assert warm == cold
    assert len(warm.quotes) == count


def test_a_new_quote_replaces_the_cached_one_at_once(person: Any, django_capture_on_commit_callbacks: Any) -> None:
    one = make_instrument("AAA")
    for second, price in enumerate(("5", "6")):
        with django_capture_on_commit_callbacks(execute=True):
            publish_quotes([draft(one, price, NOON + timedelta(seconds=second))])
        assert stock(person, "AAA").price == D(price)


def test_ones_own_instrument_comes_before_everybodys_and_stays_ones_own(person: Any, stranger: Any) -> None:
    make_instrument("GOLD", price="2000")
    make_instrument("GOLD", price="1", owner=person)
    assert stock(person, "GOLD").price == D("1")
    assert stock(stranger, "GOLD").price == D("2000")
    assert stock(person, "GOLD").price == D("1")


def test_a_strangers_instrument_is_unknown(person: Any, stranger: Any) -> None:
    make_instrument("HOUSE", price="300000", owner=person)
    with pytest.raises(UnknownInstrument):
        stock(stranger, "HOUSE")


def test_a_known_instrument_without_a_price_says_so(person: Any) -> None:
    make_instrument("MUTE")
    with pytest.raises(NoQuote, match="no price of it has arrived"):
        stock(person, "MUTE")


def test_of_two_listings_the_newest_quote_answers(person: Any) -> None:
    one, other = make_instrument("DUAL", exchange="XAAA"), make_instrument("DUAL", exchange="XBBB")
    set_quote(one, "5", as_of=NOON)
    set_quote(other, "6", as_of=NOON + timedelta(days=1))
    assert stock(person, "DUAL").price == D("6")


# ── the level in the process ────────────────────────────────────────────────


def test_a_price_stays_in_the_process_for_a_second_and_the_shared_cache_is_not_asked(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("market.selectors.quote_cache.time.monotonic", lambda: clock[0])
    one = make_instrument("AAA", price="5")
    assert stock(person, "AAA").price == D("5")
    asked: list[Any] = []
    monkeypatch.setattr("market.selectors.quote_cache.cache.get_many", lambda keys: asked.append(keys) or {})
    assert stock(person, "AAA").price == D("5") and asked == []
    Quote.objects.filter(pk=one.pk).update(price=D("6"))  # as another process would store it
    clock[0] += 0.9
    assert stock(person, "AAA").price == D("5")
    clock[0] += 0.2
    assert stock(person, "AAA").price == D("6") and len(asked) == 1


def test_what_was_read_before_a_newer_price_came_does_not_replace_it() -> None:
    one = make_instrument("AAA")
    publish_quotes([draft(one, "5")])
    old = quotes_of([one.pk])[one.pk]
    publish_quotes([draft(one, "6", NOON + timedelta(seconds=1))])
    kept = Near()
    kept.put({"AAA": quotes_of([one.pk])[one.pk]})
    kept.put({"AAA": old})
    assert kept.get_many(["AAA"])["AAA"].price == D("6")


def test_only_so_many_prices_stay_in_the_process() -> None:
    one = make_instrument("AAA", price="5")
    view, kept = quotes_of([one.pk])[one.pk], Near(most=3)
    for number in range(5):
        kept.put({f"S{number}": view})
    assert len(kept) == 3 and set(kept.get_many(f"S{number}" for number in range(5))) == {"S2", "S3", "S4"}
    kept.drop(["S3", "S9"])
    assert set(kept.get_many(["S3", "S4"])) == {"S4"}


def test_a_renamed_instrument_leaves_no_price_under_its_former_symbol(person: Any, django_capture_on_commit_callbacks: Any) -> None:
    one = make_instrument("FB", price="5")
    assert stock(person, "FB").price == D("5")
    with django_capture_on_commit_callbacks(execute=True):
        rename_instrument(person, one, "META", NOON.date())
    assert stock(person, "META").symbol == "META"
    with pytest.raises(UnknownInstrument):
        stock(person, "FB")


def test_a_price_is_written_anew_where_it_changed_and_no_caller_can_change_what_is_kept() -> None:
    one = make_instrument("AAA", price="5")
    writer, view = QuoteSerializer(), quotes_of([one.pk])[one.pk]
    told = writer.to_representation(view)
    told["price"] = "spoiled"
    assert writer.to_representation(view)["price"] == "5"
    set_quote(one, "6")
    assert writer.to_representation(quotes_of([one.pk])[one.pk])["price"] == "6"


@pytest.mark.parametrize("wrong", ["", "  ", "A" * 33, "A\0", 7.5, None, ["A"], {}])
def test_a_symbol_out_of_the_ordinary_is_told_by_its_place(wrong: Any) -> None:
    assert SymbolsWanted(data={"symbols": [" aaa ", "b"]}).run_validation({"symbols": [" aaa ", "b"]}) == {"symbols": ["aaa", "b"]}
    asked = SymbolsWanted(data={"symbols": ["AAA", wrong]})
    assert asked.is_valid() is (wrong == 7.5) and (asked.is_valid() or list(asked.errors["symbols"]) == [1])
