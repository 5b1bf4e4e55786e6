"""Newest prices from sources: what is believed is stored, what is not waits, and the last good price stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.choices import ActionKind, AssetClass, SuspectReason, SymbolState, Verdict
from market.models import CorporateAction, Instrument, Quote, SourceSymbol, Suspect
from market.providers.base import SymbolQuote
from market.providers.failures import Failure, FailureKind, Unreachable
from market.services.calls import Source
from market.services.refreshing.due import Candidate, due, due_quotes, quote_jobs
from market.services.refreshing.judging import Known, suspicion
from market.services.refreshing.quotes import refresh_quotes
from tests import factories

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday: New York is open
QUARTER = timedelta(minutes=15)


def quote(symbol: str, price: str, *, currency: str = "USD", as_of: datetime = NOW) -> SymbolQuote:
    return SymbolQuote(symbol, Decimal(price), as_of, "delayed", currency=currency)


def source(name: str, answers: Mapping[str, Any] | Exception) -> tuple[Source[SymbolQuote], list[list[str]]]:
    asked: list[list[str]] = []

    def call(symbols: Sequence[str]) -> Mapping[str, Any]:
        asked.append(sorted(symbols))
        if isinstance(answers, Exception):
            raise answers
        return {symbol: answers.get(symbol, Failure(FailureKind.UNKNOWN_SYMBOL, "Unknown.")) for symbol in symbols}

    return Source(name, 100, call), asked


@pytest.fixture
def listed(db: None) -> Any:
    """Makes an everybody's instrument in USD on NASDAQ, with its symbol at each source."""

    def make(symbol: str, *sources: str, price: str = "", as_of: datetime = NOW - timedelta(hours=1), **fields: Any) -> Instrument:
        made = Instrument.objects.create(symbol=symbol, name=symbol, currency="USD", exchange="XNAS", **fields)
        for name in sources or ("yahoo",):
            SourceSymbol.objects.create(instrument=made, source=name, symbol=symbol)
        if price:
            Quote.objects.create(instrument=made, price=Decimal(price), as_of=as_of, fetched_at=as_of, source="yahoo", quality="delayed", sequence=1)
        return made

    return make


def stored(instrument: Instrument) -> Decimal | None:
    found = Quote.objects.filter(pk=instrument.pk).first()
    return None if found is None else found.price


def test_a_price_is_stored_with_its_source_and_time(listed: Any) -> None:
    apple = listed("AAPL")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "271.49")})
    assert refresh_quotes([apple.pk], NOW, lambda _: [first]).published == (apple.pk,)
    row = Quote.objects.get(pk=apple.pk)
    assert (row.price, row.source, row.quality, row.as_of) == (Decimal("271.49"), "yahoo", "delayed", NOW)


def test_what_one_source_does_not_know_comes_from_the_next(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub")
    first, _ = source("yahoo", {})
    second, _ = source("finnhub", {"AAPL": quote("AAPL", "271.49")})
    refresh_quotes([apple.pk], NOW, lambda _: [first, second])
    assert Quote.objects.get(pk=apple.pk).source == "finnhub"


def test_the_last_good_price_stays_when_every_source_is_down(listed: Any) -> None:
    apple = listed("AAPL", price="270")
    first, _ = source("yahoo", Unreachable("Down."))
    done = refresh_quotes([apple.pk], NOW, lambda _: [first])
    assert stored(apple) == 270 and done.failures[apple.pk]["yahoo"].kind == FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    ("price", "currency", "reason"),
    [
        ("27149", "USD", SuspectReason.HUNDREDFOLD),
        ("2.71", "USD", SuspectReason.HUNDREDFOLD),
        ("380", "USD", SuspectReason.JUMP),
        ("180", "USD", SuspectReason.JUMP),
        ("271", "EUR", SuspectReason.CURRENCY),
        ("400", "", SuspectReason.CURRENCY),
    ],
)
def test_a_price_that_cannot_be_meant_is_kept_aside_and_shown_nowhere(listed: Any, price: str, currency: str, reason: SuspectReason) -> None:
    apple = listed("AAPL", price="270")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", price, currency=currency)})
    done = refresh_quotes([apple.pk], NOW, lambda _: [first])
    assert stored(apple) == 270 and done.suspects == {apple.pk: reason}
    row = Suspect.objects.get()
    assert (row.price, row.before, row.reason, row.verdict) == (Decimal(price), Decimal(270), reason, Verdict.OPEN)


def test_a_second_source_that_agrees_settles_it(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub", price="270")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "180")})
    second, asked = source("finnhub", {"AAPL": quote("AAPL", "180.5")})
    refresh_quotes([apple.pk], NOW, lambda _: [first, second])
    assert stored(apple) == 180 and asked == [["AAPL"]]
    assert (Suspect.objects.get().verdict, Suspect.objects.get().confirmed_by) == (Verdict.ACCEPTED, "finnhub")


def test_a_second_source_that_says_what_is_believable_is_taken_instead(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub", price="270")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "2.71")})
    second, _ = source("finnhub", {"AAPL": quote("AAPL", "271")})
    refresh_quotes([apple.pk], NOW, lambda _: [first, second])
    assert Quote.objects.get(pk=apple.pk).source == "finnhub" and Suspect.objects.get().verdict == Verdict.OPEN


def test_another_currency_is_not_believed_however_many_say_so(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub", price="270")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "250", currency="EUR")})
    second, _ = source("finnhub", {"AAPL": quote("AAPL", "250", currency="EUR")})
    refresh_quotes([apple.pk], NOW, lambda _: [first, second])
    assert stored(apple) == 270


def test_a_split_explains_a_jump(listed: Any) -> None:
    apple = listed("AAPL", price="270", as_of=NOW - timedelta(days=1))
    CorporateAction.objects.create(instrument=apple, kind=ActionKind.SPLIT, ex_day=NOW.date(), ratio_new=4, ratio_old=1, source="yahoo")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "67.9")})
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    assert stored(apple) == Decimal("67.9") and not Suspect.objects.exists()


def test_without_its_drop_after_a_split_a_price_is_doubted(listed: Any) -> None:
    apple = listed("AAPL", price="270", as_of=NOW - timedelta(days=1))
    CorporateAction.objects.create(instrument=apple, kind=ActionKind.SPLIT, ex_day=NOW.date(), ratio_new=4, ratio_old=1, source="yahoo")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "271")})
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    assert stored(apple) == 270 and Suspect.objects.get().reason == SuspectReason.JUMP


def test_after_a_long_silence_a_move_is_a_move(listed: Any) -> None:
    apple = listed("AAPL", price="270", as_of=NOW - timedelta(days=200))
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "180")})
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    assert stored(apple) == 180


def test_a_price_from_the_future_is_refused(listed: Any) -> None:
    apple = listed("AAPL", price="270")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "271", as_of=NOW + timedelta(hours=5))})
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    assert stored(apple) == 270 and not Suspect.objects.exists()


def test_what_somebody_refused_stays_refused_for_the_day(listed: Any) -> None:
    apple = listed("AAPL", price="270")
    first, _ = source("yahoo", {"AAPL": quote("AAPL", "27100")})
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    Suspect.objects.update(verdict=Verdict.REFUSED)
    refresh_quotes([apple.pk], NOW + QUARTER, lambda _: [first])
    assert Suspect.objects.get().verdict == Verdict.REFUSED


def test_an_unknown_symbol_is_not_asked_for_again_until_tomorrow(listed: Any) -> None:
    apple = listed("AAPL")
    first, asked = source("yahoo", {})
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    refresh_quotes([apple.pk], NOW + timedelta(hours=23), lambda _: [first])
    assert len(asked) == 1
    refresh_quotes([apple.pk], NOW + timedelta(hours=25), lambda _: [first])
    assert len(asked) == 2
    assert SourceSymbol.objects.get().state == SymbolState.UNKNOWN


def test_a_source_that_was_down_says_nothing_about_a_symbol(listed: Any) -> None:
    apple = listed("AAPL")
    first, _ = source("yahoo", Unreachable("Down."))
    refresh_quotes([apple.pk], NOW, lambda _: [first])
    row = SourceSymbol.objects.get()
    assert (row.state, row.retry_at, row.asked_at) == (SymbolState.OK, None, None)


def test_nobodys_own_instrument_is_asked_for_at_a_source(person: Any) -> None:
    house = factories.make_instrument(owner=person)
    first, asked = source("yahoo", {})
    refresh_quotes([house.pk], NOW, lambda _: [first])
    assert asked == []


def test_the_number_of_queries_does_not_grow_with_the_instruments(listed: Any, django_assert_max_num_queries: Any) -> None:
    many = [listed(f"S{number}", price="10") for number in range(60)]
    first, asked = source("yahoo", {f"S{number}": quote(f"S{number}", "10.5") for number in range(60)})
    with django_assert_max_num_queries(12):
        done = refresh_quotes([one.pk for one in many], NOW, lambda _: [first])
    assert len(done.published) == 60 and len(asked) == done.calls == 1


# ── judging ─────────────────────────────────────────────────────────────────


@given(st.decimals(min_value="0.01", max_value="100000", places=2), st.floats(0.72, 1.28))
def test_an_ordinary_move_is_always_believed(price: Decimal, move: float) -> None:
    after = (price * Decimal(str(round(move, 3)))).quantize(Decimal("0.0001"))
    assert suspicion(quote("X", str(after)), Known("USD", price, NOW - timedelta(days=1))) is None


@given(st.decimals(min_value="0.01", max_value="100000", places=2), st.floats(0.6, 1.9))
def test_pence_taken_for_pounds_are_never_believed(price: Decimal, move: float) -> None:
    after = price * Decimal(str(round(move, 3))) * 100
    assert suspicion(quote("X", str(after)), Known("USD", price, NOW - timedelta(days=1))) == SuspectReason.HUNDREDFOLD


# ── when ────────────────────────────────────────────────────────────────────


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_what_trades_is_due_again_after_the_interval() -> None:
    apple = Candidate(1, "XNAS", AssetClass.STOCK, at("2026-11-20 15:00"))
    assert due([apple], at("2026-11-20 15:10"), QUARTER) == []
    assert due([apple], at("2026-11-20 15:15"), QUARTER) == [1]


def test_what_closed_is_asked_for_once_more_and_then_left_alone_until_it_opens() -> None:
    assert due([Candidate(1, "XNAS", AssetClass.STOCK, at("2026-11-20 20:55"))], at("2026-11-20 21:40"), QUARTER) == [1]
    asked = Candidate(1, "XNAS", AssetClass.STOCK, at("2026-11-20 21:40"))
    assert due([asked], at("2026-11-22 12:00"), QUARTER) == []
    assert due([asked], at("2026-11-23 14:31"), QUARTER) == [1]


def test_coins_are_due_on_sundays_and_funds_after_their_time() -> None:
    coin = Candidate(1, "", AssetClass.CRYPTO, at("2026-11-22 11:00"))
    fund = Candidate(2, "", AssetClass.FUND, at("2026-11-20 11:00"))
    assert due([coin, fund], at("2026-11-20 21:00"), QUARTER) == []
    assert due([coin, fund], at("2026-11-22 12:00"), QUARTER) == [2, 1]


def test_what_was_never_asked_for_comes_first_and_then_the_stalest() -> None:
    rows = [Candidate(pk, "XNAS", AssetClass.STOCK, asked) for pk, asked in ((1, at("2026-11-20 14:40")), (2, None), (3, at("2026-11-20 14:35")))]
    assert due(rows, at("2026-11-20 15:30"), QUARTER) == [2, 3, 1]


def test_coins_have_jobs_of_their_own_and_the_stalest_comes_first(listed: Any) -> None:
    made = [listed(name) for name in ("AAPL", "BTC", "MSFT", "ETH", "IBM")]
    Instrument.objects.filter(symbol__in=["BTC", "ETH"]).update(asset_class=AssetClass.CRYPTO)
    ids = [one.pk for one in made]
    assert quote_jobs(ids, NOW, QUARTER, 2) == [[ids[0], ids[2]], [ids[1], ids[3]], [ids[4]]]
    assert quote_jobs([], NOW, QUARTER, 2) == []


def test_only_what_somebody_follows_and_a_source_knows_is_due(listed: Any, django_assert_num_queries: Any) -> None:
    followed, _, unknown = listed("AAPL"), listed("MSFT"), listed("GONE")
    SourceSymbol.objects.filter(instrument=unknown).update(retry_at=NOW + timedelta(hours=5))
    nowhere = Instrument.objects.create(symbol="X", name="X", currency="USD")
    with django_assert_num_queries(1):
        assert due_quotes([followed.pk, unknown.pk, nowhere.pk], NOW, QUARTER) == [followed.pk]
