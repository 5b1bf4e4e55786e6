"""What instruments are, from sources: one list of sectors, what each source says, what stands after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from babel import Locale

from market.choices import AssetClass, Dimension
from market.classes import REGIONS, SECTORS, region_of
from market.models import Classification, FundWeight, Instrument, SourceProfile, SourceSymbol
from market.providers import naming
from market.providers.base import Profile, Weight
from market.providers.failures import Failure, FailureKind, NoBudget, Unreachable
from market.providers.limits import DAY, MINUTE, Limits, Window
from market.services.calls import Source, budgets, frugal_gate
from market.services.refreshing import due_profiles, refresh_profiles
from market.services.refreshing.settling import Said, settled, told

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=31)
APPLE, MICROSOFT = "US0378331005", "US5949181045"


def source(name: str, answers: Mapping[str, Profile] | Exception) -> tuple[Source[Profile], list[str]]:
    asked: list[str] = []

    def call(symbols: Sequence[str]) -> Mapping[str, Any]:
        asked.extend(symbols)
        if isinstance(answers, Exception):
            raise answers
        return {symbol: answers.get(symbol, Failure(FailureKind.NO_DATA, "Nothing.")) for symbol in symbols}

    return Source(name, 10, call), asked


@pytest.fixture
def listed(db: None) -> Any:
    """Makes an everybody's share in USD on NASDAQ, with its symbol at each source."""

    def make(symbol: str, *sources: str, **fields: Any) -> Instrument:
        made = Instrument.objects.create(**{"symbol": symbol, "name": symbol, "currency": "USD", "exchange": "XNAS", **fields})
        for name in sources or ("yahoo",):
            SourceSymbol.objects.create(instrument=made, source=name, symbol=symbol)
        return made

    return make


def hear(instrument: Instrument, now: datetime = NOW, **said: Profile) -> Instrument:
    """One round in which each source says this, the first first."""
    sources = [source(name, {instrument.symbol: profile})[0] for name, profile in said.items()]
    refresh_profiles([instrument.pk], now, lambda _: sources)
    return Instrument.objects.get(pk=instrument.pk)


def technology(symbol: str = "AAPL", **fields: Any) -> Profile:
    return Profile(symbol, **{"asset_class": "stock", "sector": "Technology", "industry": "Consumer Electronics", "country": "US", **fields})


# ── the lists ───────────────────────────────────────────────────────────────


def test_every_word_of_a_source_leads_to_a_sector_of_the_list() -> None:
    assert set(naming._SECTOR_OF.values()) == set(SECTORS)


@pytest.mark.parametrize(
    ("word", "sector"),
    [
        ("Consumer Cyclical", "Consumer discretionary"),
        ("Consumer Defensive", "Consumer staples"),
        ("Financial Services", "Financials"),
        ("consumer_defensive", "Consumer staples"),
        ("realestate", "Real estate"),
        ("INFORMATION TECHNOLOGY", "Technology"),
        ("LIFE SCIENCES", "Health care"),
        ("Healthcare", "Health care"),
        ("Telecommunication Services", "Communication services"),
    ],
)
def test_words_of_sources_become_one_sector(word: str, sector: str) -> None:
    assert naming.sector(word) == sector and sector in SECTORS


def test_every_country_is_in_a_region() -> None:
    none_issue = {"AQ", "EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
    codes = {code for code in Locale("en").territories if len(code) == 2 and code.isalpha()} - none_issue
    assert {code for code in codes if region_of(code) not in REGIONS} == set()


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("US", "North America"),
        ("MX", "Latin America and the Caribbean"),
        ("TR", "Asia"),
        ("CY", "Asia"),
        ("RU", "Europe"),
        ("ZA", "Africa"),
        ("", ""),
    ],
)
def test_regions_are_those_of_the_united_nations(country: str, region: str) -> None:
    assert region_of(country) == region


# ── what stands ─────────────────────────────────────────────────────────────


def test_what_is_blank_is_filled_in_with_the_region_of_the_country() -> None:
    said = Said("stock", "Technology", "Software", "IE", isin=APPLE)
    expected = {"sector": "Technology", "industry": "Software", "country": "IE", "region": "Europe", "isin": APPLE}
    assert settled(Said("stock"), [said]) == expected


def test_another_source_changes_nothing_that_stands() -> None:
    stands = Said("stock", "Technology", "Software", "US", "North America", APPLE)
    assert settled(stands, [Said("etf", "Financials", "Banks", "GB", isin=MICROSOFT)]) == {}


def test_a_source_that_changed_its_mind_is_followed_where_no_other_agrees_with_what_stands() -> None:
    stands = Said("stock", "Technology", "Internet", "US", "North America")
    now, before = Said(sector="Communication services", industry="Media"), Said(sector="Technology", industry="Internet")
    assert settled(stands, [now], [before]) == {"sector": "Communication services", "industry": "Media"}
    assert settled(stands, [now, Said(sector="Technology")], [before, Said()]) == {}


def test_an_administrator_is_not_contradicted() -> None:
    assert settled(Said("other"), [Said("etf", "Energy", "Oil", "US")], decided=["sector", "industry", "country", "region", "asset_class"]) == {}


def test_an_isin_that_another_listing_has_is_not_taken() -> None:
    assert settled(Said("stock"), [Said(isin=APPLE)], taken={APPLE}) == {}


def test_without_the_administrator_the_sources_stand_again() -> None:
    said = [Said(sector="Technology", industry="Software", country="US"), Said(sector="Financials", country="IE")]
    assert told(said, {}) == {"sector": "Technology", "industry": "Software", "country": "US", "region": "North America"}
    decided = {"sector": "Energy", "country": "IE"}
    assert told(said, decided) == {"sector": "Energy", "industry": "", "country": "IE", "region": "Europe"}


# ── a round ─────────────────────────────────────────────────────────────────


def test_what_a_source_says_is_kept_with_its_name_and_time(listed: Any) -> None:
    apple = hear(listed("AAPL"), yahoo=technology())
    assert (apple.sector, apple.industry, apple.country, apple.region) == ("Technology", "Consumer Electronics", "US", "North America")
    row = SourceProfile.objects.get(instrument=apple)
    assert (row.source, row.fetched_at, row.sector, row.said_sector) == ("yahoo", NOW, "Technology", "")
    assert SourceSymbol.objects.get(instrument=apple).profile_at == NOW


def test_a_word_that_is_no_sector_is_kept_as_the_sources_word_and_the_share_stays_unclassified(listed: Any) -> None:
    made = hear(listed("BLNK"), yahoo=technology("BLNK", sector="Shell companies"))
    row = SourceProfile.objects.get(instrument=made)
    assert (made.sector, row.sector, row.said_sector) == ("", "", "Shell companies")


def test_what_the_first_source_leaves_out_is_asked_at_the_next(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub")
    made = hear(apple, yahoo=technology(sector="", industry=""), finnhub=technology(country="GB"))
    assert (made.sector, made.country) == ("Technology", "US")
    assert SourceProfile.objects.filter(instrument=apple).count() == 2


def test_a_whole_answer_costs_one_call(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub")
    first, second = source("yahoo", {"AAPL": technology()}), source("finnhub", {"AAPL": technology()})
    assert refresh_profiles([apple.pk], NOW, lambda _: [first[0], second[0]]).calls == 1
    assert (first[1], second[1]) == (["AAPL"], [])


def test_sources_that_disagree_are_shown_and_change_nothing(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "finnhub", sector="Technology", country="US", region="North America")
    hear(apple, yahoo=technology(country=""), finnhub=technology(sector="Financials", country="IE"))
    assert Instrument.objects.get(pk=apple.pk).sector == "Technology"
    assert [row.source for row in SourceProfile.objects.in_conflict()] == ["finnhub"]
    Classification.objects.create(instrument=apple, owner=None, sector="Technology", country="US")
    assert not SourceProfile.objects.in_conflict().exists()


def test_an_isin_is_filled_in_where_it_is_one_and_nobody_else_has_it_there(listed: Any) -> None:
    assert hear(listed("AAPL"), yahoo=technology(isin=APPLE)).isin == APPLE
    assert hear(listed("AAPL.1"), yahoo=technology("AAPL.1", isin="US0378331006")).isin == ""  # its check digit is wrong
    twin = hear(listed("AAPL.2"), yahoo=technology("AAPL.2", isin=APPLE))
    assert twin.isin == "" and SourceProfile.objects.in_conflict().get().instrument_id == twin.pk
    abroad = listed("APC", exchange="XETR", currency="EUR")
    assert hear(abroad, yahoo=technology("APC", isin=APPLE)).isin == APPLE


def test_the_parts_of_a_fund_are_kept_exactly_and_added_up_by_name(listed: Any) -> None:
    fund = listed("QQQ", asset_class=AssetClass.ETF)
    weights = (
        Weight("sector", "Technology", Decimal("0.552")),
        Weight("sector", "Basic materials", Decimal("0.011")),
        Weight("sector", "Basic materials", Decimal("0.002")),
        Weight("sector", "Shell companies", Decimal("0.1")),
        Weight("asset_class", "stock", Decimal("0.99")),
        Weight("asset_class", "cash", Decimal("0.01")),
        Weight("country", "United States", Decimal("0.97")),
        Weight("holding", "NVIDIA CORP", Decimal("0.0892")),
    )
    hear(fund, yahoo=Profile("QQQ", weights=weights))
    rows = [(row.dimension, row.key, row.name, row.weight) for row in FundWeight.objects.filter(profile__instrument=fund, dimension=Dimension.SECTOR)]
    assert rows == [
        ("sector", "Technology", "Technology", Decimal("0.552")),
        ("sector", "", "Shell companies", Decimal("0.1")),
        ("sector", "Basic materials", "Basic materials", Decimal("0.013")),
    ]
    assert FundWeight.objects.get(dimension=Dimension.COUNTRY).key == "US"
    hear(fund, LATER, yahoo=Profile("QQQ", weights=weights[:1]))
    assert FundWeight.objects.count() == 1


def test_parts_that_make_more_than_the_whole_are_no_description(listed: Any) -> None:
    fund = listed("QQQ", asset_class=AssetClass.ETF)
    weights = (Weight("sector", "Technology", Decimal("0.7")), Weight("sector", "Energy", Decimal("0.5")), Weight("holding", "X", Decimal("0.1")))
    hear(fund, yahoo=Profile("QQQ", weights=weights))
    assert [row.dimension for row in FundWeight.objects.all()] == ["holding"]


def test_nobody_is_asked_what_a_persons_own_instrument_is(listed: Any, person: Any) -> None:
    own = listed("HOUSE", owner=person)
    first, asked = source("yahoo", {"HOUSE": technology("HOUSE")})
    assert refresh_profiles([own.pk], NOW, lambda _: [first]).told == () and asked == []


def test_a_source_that_is_down_changes_nothing_and_is_asked_again(listed: Any) -> None:
    apple = listed("AAPL", sector="Energy")
    first, _ = source("yahoo", Unreachable("Down."))
    done = refresh_profiles([apple.pk], NOW, lambda _: [first])
    assert done.told == () and done.failures[apple.pk]["yahoo"].kind == FailureKind.UNREACHABLE
    assert due_profiles([apple.pk], NOW, 10) == [apple.pk]


def test_a_source_without_a_profile_is_left_alone_for_a_month_and_its_prices_are_not_doubted_for_it(listed: Any) -> None:
    apple = listed("AAPL", "yahoo", "newsapi")
    first, _ = source("yahoo", {})
    refresh_profiles([apple.pk], NOW, lambda _: [first])
    row = SourceSymbol.objects.get(source="yahoo")
    assert (row.state, row.detail, row.profile_retry_at) == ("ok", "", NOW + timedelta(days=30))
    assert due_profiles([apple.pk], NOW, 10) == [] and due_profiles([apple.pk], LATER, 10) == [apple.pk]


def test_new_instruments_come_first_and_the_others_after_a_month(listed: Any) -> None:
    old, new, fresh = listed("OLD"), listed("NEW"), listed("FRESH")
    SourceSymbol.objects.filter(instrument=old).update(profile_at=NOW - timedelta(days=31))
    SourceSymbol.objects.filter(instrument=fresh).update(profile_at=NOW - timedelta(days=29))
    assert due_profiles([old.pk, new.pk, fresh.pk], NOW, 10) == [new.pk, old.pk]
    assert due_profiles([old.pk, new.pk, fresh.pk], NOW, 1) == [new.pk]


@pytest.mark.parametrize("count", [2, 40])
def test_a_round_costs_as_many_queries_for_two_as_for_forty(count: int, listed: Any, django_assert_num_queries: Any) -> None:
    made = [listed(f"S{number}") for number in range(count)]
    first, _ = source("yahoo", {one.symbol: technology(one.symbol, isin=APPLE, weights=(Weight("sector", "Energy", Decimal(1)),)) for one in made})
    with django_assert_num_queries(13):
        refresh_profiles([one.pk for one in made], NOW, lambda _: [first])


def test_half_of_a_days_budget_is_left_to_prices() -> None:
    limits = Limits(windows=(Window(4, DAY), Window(1, MINUTE)))
    gate = frugal_gate(
        "sparing", limits, lambda cost: budgets._add(budgets._slot("sparing", limits.windows[0], budgets.time.time()), cost, limits.windows[0])
    )
    gate(1)
    gate(1)
    with pytest.raises(NoBudget, match="kept for prices"):
        gate(1)
