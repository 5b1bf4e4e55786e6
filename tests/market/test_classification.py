"""What an instrument is to one person: their word before the administrator's, that before the sources'."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from market import services
from market.choices import AssetClass, Dimension, ToldBy
from market.errors import InvalidClassification, NothingToUndo, UnknownInstrument
from market.models import Classification, FundWeight, Instrument, SourceProfile
from market.selectors import classification, classifications, described
from tests import factories
from tests.factories import D

THEN = datetime(2026, 11, 1, tzinfo=UTC)


def make_share(**fields: Any) -> Instrument:
    """A share that a source described: technology, in Ireland."""
    made = factories.make_instrument(**{"sector": "Technology", "country": "IE", "region": "Europe", "provider": "yahoo", **fields})
    SourceProfile.objects.create(instrument=made, source="yahoo", fetched_at=THEN, sector="Technology", country="IE")
    return made


def make_fund(**parts: dict[str, str]) -> Instrument:
    """An exchange-traded fund with parts that a source told, by dimension."""
    made = factories.make_instrument(asset_class=AssetClass.ETF)
    profile = SourceProfile.objects.create(instrument=made, source="yahoo", fetched_at=THEN)
    for dimension, weights in parts.items():
        for name, weight in weights.items():
            FundWeight.objects.create(profile=profile, dimension=dimension, key=name, name=name, weight=D(weight))
    return made


def test_without_a_word_of_ones_own_the_source_stands(person: Any) -> None:
    told = classification(person, make_share())
    assert (told.sector, told.country, told.region, told.source, told.fetched_at) == ("Technology", "IE", "Europe", "Yahoo Finance", THEN)
    assert told.told_by["sector"] == ToldBy.SOURCE and told.told_by["industry"] == ToldBy.NOBODY and not told.is_own


def test_a_persons_word_holds_for_them_and_for_nobody_else(person: Any, stranger: Any) -> None:
    share = make_share()
    services.classify(person, share, sector="defence", country="United States")
    mine, theirs = classification(person, share), classification(stranger, share)
    assert (mine.sector, mine.country, mine.region) == ("Defence", "US", "North America")
    assert mine.told_by["sector"] == mine.told_by["region"] == ToldBy.OWN and mine.told_by["asset_class"] == ToldBy.SOURCE
    assert (theirs.sector, theirs.country) == ("Technology", "IE")


def test_words_of_sources_are_understood_when_a_person_writes_them(person: Any) -> None:
    share = make_share()
    services.classify(person, share, sector="Consumer Cyclical", country="nl")
    assert (classification(person, share).sector, classification(person, share).country) == ("Consumer discretionary", "NL")


def test_taking_back_leaves_what_the_sources_say_and_can_be_taken_back(person: Any) -> None:
    share = make_share()
    services.classify(person, share, sector="Energy")
    assert services.declassify(person, share) is True and services.declassify(person, share) is False
    assert classification(person, share).sector == "Technology"
    services.undo_classification(person, share)
    assert classification(person, share).sector == "Energy"
    services.undo_classification(person, share)
    assert classification(person, share).sector == "Technology"


def test_undo_brings_the_parts_of_a_fund_back_to_the_last_digit(person: Any) -> None:
    fund = make_fund(sector={"Technology": "0.6"})
    services.classify(person, fund, weights={"sector": [("Energy", D("0.123456789012345678"))]})
    services.classify(person, fund, sector="Financials")
    assert classification(person, fund).parts(Dimension.SECTOR)[0].key == "Financials"
    services.undo_classification(person, fund)
    assert classification(person, fund).weights[Dimension.SECTOR][0].weight == D("0.123456789012345678")


def test_there_is_nothing_to_undo_where_nothing_was_changed(person: Any) -> None:
    with pytest.raises(NothingToUndo, match="changed nothing"):
        services.undo_classification(person, make_share())


def test_an_instrument_of_somebody_else_cannot_be_classified(person: Any, stranger: Any) -> None:
    theirs = factories.make_instrument(owner=stranger)
    with pytest.raises(UnknownInstrument):
        services.classify(person, theirs, sector="Energy")
    with pytest.raises(UnknownInstrument):
        services.classify_for_everybody(person, theirs, sector="Energy")


@pytest.mark.parametrize(
    ("words", "weights", "field"),
    [
        ({"country": "Atlantis"}, {}, "country"),
        ({"region": "Middle Earth"}, {}, "region"),
        ({"asset_class": "magic"}, {}, "asset_class"),
        ({"sector": "x" * 61}, {}, "sector"),
        ({"industry": "x" * 81}, {}, "industry"),
        ({}, {"sector": [("Energy", D("0.6")), ("Technology", D("0.6"))]}, "weights.sector"),
        ({}, {"sector": [("Energy", D("0.1")), ("energy", D("0.1"))]}, "weights.sector.1.name"),
        ({}, {"country": [("Atlantis", D("0.1"))]}, "weights.country.0.name"),
        ({}, {"region": [("Europe", D(0))]}, "weights.region.0.weight"),
        ({}, {"holding": [("", D("0.1"))]}, "weights.holding.0.name"),
        ({}, {"colour": [("Red", D("0.1"))]}, "weights.colour"),
        ({}, {"holding": [(f"H{n}", D("0.01")) for n in range(51)]}, "weights.holding"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_changes_nothing(words: Any, weights: Any, field: str, person: Any) -> None:
    share = make_share()
    with pytest.raises(InvalidClassification) as refused:
        services.classify(person, share, weights=weights, **words)
    assert [one.field for one in refused.value.errors] == [field]
    assert not Classification.objects.exists()


# ── administrators ──────────────────────────────────────────────────────────


def test_an_administrator_wins_over_sources_and_a_person_over_the_administrator(person: Any, stranger: Any) -> None:
    share = make_share()
    services.classify_for_everybody(person, share, sector="Industrials", country="DE")
    assert Instrument.objects.get(pk=share.pk).sector == "Industrials"
    told = classification(stranger, Instrument.objects.get(pk=share.pk))
    assert (told.sector, told.region, told.told_by["sector"]) == ("Industrials", "Europe", ToldBy.ADMINISTRATOR)
    services.classify(stranger, share, sector="Energy")
    assert classification(stranger, Instrument.objects.get(pk=share.pk)).sector == "Energy"


def test_when_the_administrators_word_goes_the_sources_stand_again(person: Any) -> None:
    share = make_share()
    services.classify_for_everybody(person, share, sector="Industrials", country="DE")
    services.classify_for_everybody(person, share)
    share.refresh_from_db()
    assert (share.sector, share.country, share.region) == ("Technology", "IE", "Europe")


def test_what_an_instrument_was_listed_with_outlives_the_administrators_word(person: Any) -> None:
    listed = factories.make_instrument(sector="Utilities", country="GB", region="Europe")
    services.classify_for_everybody(person, listed, sector="Energy")
    services.classify_for_everybody(person, listed)
    listed.refresh_from_db()
    assert (listed.sector, listed.country) == ("Utilities", "GB")


# ── parts of funds ──────────────────────────────────────────────────────────


def test_the_parts_of_a_fund_make_a_whole_with_what_nobody_told(person: Any) -> None:
    told = classification(person, make_fund(sector={"Technology": "0.552", "Energy": "0.006"}))
    assert [(part.name, part.weight) for part in told.parts(Dimension.SECTOR)] == [
        ("Technology", D("0.552")),
        ("Energy", D("0.006")),
        ("Unclassified", D("0.442")),
    ]
    assert told.untold(Dimension.SECTOR) == D("0.442") and told.untold(Dimension.COUNTRY) == 1


def test_parts_that_rounding_made_too_much_still_make_exactly_a_whole(person: Any) -> None:
    told = classification(person, make_fund(sector={"Technology": "0.6", "Energy": "0.4004"}))
    assert [part.weight for part in told.parts(Dimension.SECTOR)] == [D("0.5996"), D("0.4004")]


def test_regions_of_a_fund_follow_its_countries(person: Any) -> None:
    told = classification(person, make_fund(country={"US": "0.5", "CA": "0.1", "JP": "0.3"}))
    assert {part.key: part.weight for part in told.parts(Dimension.REGION)} == {"North America": D("0.6"), "Asia": D("0.3"), "": D("0.1")}


def test_ones_own_parts_replace_those_of_the_source_dimension_by_dimension(person: Any) -> None:
    fund = make_fund(sector={"Technology": "1"}, country={"US": "1"})
    services.classify(person, fund, weights={"country": [("Ireland", D("0.25")), ("DE", D("0.5"))]})
    told = classification(person, fund)
    assert [(part.key, part.weight) for part in told.parts(Dimension.COUNTRY)] == [("DE", D("0.5")), ("IE", D("0.25")), ("", D("0.25"))]
    assert told.parts(Dimension.SECTOR)[0].key == "Technology"
    assert (told.told_by["country_weights"], told.told_by["sector_weights"]) == (ToldBy.OWN, ToldBy.SOURCE)


def test_a_share_is_one_part(person: Any) -> None:
    share = make_share(country="")
    assert [(part.key, part.weight) for part in classification(person, share).parts(Dimension.SECTOR)] == [("Technology", Decimal(1))]
    assert [(part.name, part.weight) for part in classification(person, share).parts(Dimension.COUNTRY)] == [("Unclassified", Decimal(1))]


# ── at a known number of queries ────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 30])
def test_many_cost_three_queries(count: int, person: Any, django_assert_num_queries: Any) -> None:
    made = [make_fund(sector={"Technology": "0.5"}) for _ in range(count)]
    services.classify(person, made[0], country="US")
    with django_assert_num_queries(3):
        found = classifications(made, person.pk)
    assert found[made[0].pk].country == "US" and all(one.weights for one in found.values())


@pytest.mark.parametrize("count", [1, 30])
def test_tables_get_the_words_of_all_holders_with_one_query(count: int, person: Any, stranger: Any, django_assert_num_queries: Any) -> None:
    made = [make_share() for _ in range(count)]
    for who, sector in ((person, "Energy"), (stranger, "Utilities")):
        services.classify(who, made[0], sector=sector)
    with django_assert_num_queries(1):
        instruments, words = described([one.pk for one in made], {person.pk, stranger.pk})
    assert len(instruments) == count and words[(person.pk, made[0].pk)].sector == "Energy" and words[(stranger.pk, made[0].pk)].sector == "Utilities"


def test_a_shared_portfolio_is_grouped_as_its_owner_classifies(person: Any, stranger: Any, a_portfolio: Any) -> None:
    from portfolios.selectors import holdings_of

    portfolio = a_portfolio(1)
    held = holdings_of(portfolio).rows[0].instrument
    share = Instrument.objects.get(pk=held.id)
    services.classify(person, share, sector="Energy", asset_class="crypto")
    services.classify(stranger, share, sector="Utilities")
    row = holdings_of(portfolio).rows[0].instrument
    assert (row.sector, row.asset_class, row.traded_as, row.is_classified_by_owner) == ("Energy", "crypto", "stock", True)
