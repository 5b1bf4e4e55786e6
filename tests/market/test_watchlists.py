"""Watchlists: what a person does with them, what they show, and that nobody else comes near."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from market.choices import AssetClass, Quality
from market.errors import InvalidWatchlist, NotWatched, TooManyWatchlists, UnknownInstrument, UnknownWatchlist, WatchlistFull, WatchlistTaken
from market.models import Instrument, Quote, Watchlist, WatchlistItem
from market.selectors import (
    find_listed,
    followed_instruments,
    get_watchlist,
    indices,
    listed_of,
    shown_source,
    watchlist_table,
    watchlists_of,
    watchlists_with,
    with_closes,
)
from market.services import (
    MOST_WATCHED,
    MOST_WATCHLISTS,
    PriceRow,
    add_to_watchlist,
    create_watchlist,
    delete_watchlist,
    ingest_prices,
    move_in_watchlist,
    remove_from_watchlist,
    rename_watchlist,
)
from tests.factories import D, make_instrument, set_quote
from tests.threads import at_once

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)


def deeds(person: Any) -> list[str]:
    return list(AuditEntry.objects.filter(subject=person.pk).order_by("sequence").values_list("action", flat=True))


def symbols(user: Any, watchlist: Watchlist) -> list[str]:
    return [row.symbol for row in watchlist_table(user, watchlist.pk).rows]


# ── what a person does ──────────────────────────────────────────────────────


def test_a_list_is_made_with_instruments_renamed_and_deleted_each_deed_audited_without_its_name(person: Any) -> None:
    one, two = make_instrument("ONE"), make_instrument("TWO")
    made = create_watchlist(person, name="  Chips \n and  more ", instruments=[two, one, two])
    assert (made.name, symbols(person, made)) == ("Chips and more", ["TWO", "ONE"])
    assert rename_watchlist(person, made, name="Chips").name == "Chips"
    delete_watchlist(person, made)
    assert deeds(person) == ["watchlist.created", "watchlist.changed", "watchlist.removed"]
    assert not WatchlistItem.objects.exists()
    assert "Chips" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_an_instrument_is_put_on_a_list_once_moved_about_it_and_taken_off(person: Any) -> None:
    several = [make_instrument(symbol) for symbol in ("AAA", "BBB", "CCC", "DDD")]
    chips = create_watchlist(person, name="Chips")
    assert [add_to_watchlist(person, chips, one) for one in (*several, several[0])] == [True, True, True, True, False]
    move_in_watchlist(person, chips, several[3].pk, place=1)
    assert symbols(person, chips) == ["DDD", "AAA", "BBB", "CCC"]
    move_in_watchlist(person, chips, several[3].pk, place=3)
    assert symbols(person, chips) == ["AAA", "BBB", "DDD", "CCC"]
    for place, end in ((99, ["BBB", "DDD", "CCC", "AAA"]), (-5, ["AAA", "BBB", "DDD", "CCC"])):
        move_in_watchlist(person, chips, several[0].pk, place=place)
        assert symbols(person, chips) == end
    remove_from_watchlist(person, chips, several[1].pk)
    assert symbols(person, chips) == ["AAA", "DDD", "CCC"]
    add_to_watchlist(person, chips, several[1])
    assert symbols(person, chips) == ["AAA", "DDD", "CCC", "BBB"]
    assert deeds(person) == ["watchlist.created"] + ["watchlist.instrument_added"] * 4 + ["watchlist.changed"] * 4 + [
        "watchlist.instrument_removed",
        "watchlist.instrument_added",
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "required"), (" \t\n", "required"), ("x" * 61, "too_long"), ("a\x00b", "invalid"), ("a\x1bb", "invalid"), ("a\ud800b", "invalid")],
)
def test_a_name_that_cannot_be_kept_is_told_at_its_field(person: Any, name: str, code: str) -> None:
    with pytest.raises(InvalidWatchlist) as refused:
        create_watchlist(person, name=name)
    assert [(error.field, error.code) for error in refused.value.errors] == [("name", code)]
    chips = create_watchlist(person, name="Chips")
    with pytest.raises(InvalidWatchlist):
        rename_watchlist(person, chips, name=name)
    assert get_watchlist(person, chips.pk).name == "Chips"


def test_two_lists_of_one_person_have_two_names_whatever_their_case(person: Any, stranger: Any) -> None:
    chips = create_watchlist(person, name="Chips")
    with pytest.raises(WatchlistTaken) as refused:
        create_watchlist(person, name="CHIPS")
    assert refused.value.data == {"watchlist": chips.pk}
    coins = create_watchlist(person, name="Coins")
    with pytest.raises(WatchlistTaken):
        rename_watchlist(person, coins, name="chips")
    assert rename_watchlist(person, chips, name="CHIPS").name == "CHIPS"
    assert create_watchlist(stranger, name="Chips").owner == stranger


def test_a_person_has_fifty_lists_and_a_list_two_hundred_instruments(person: Any) -> None:
    several = [make_instrument(f"S{n}") for n in range(MOST_WATCHED + 1)]
    with pytest.raises(WatchlistFull):
        create_watchlist(person, name="Too many", instruments=several)
    full = create_watchlist(person, name="Full", instruments=several[:-1])
    with pytest.raises(WatchlistFull) as refused:
        add_to_watchlist(person, full, several[-1])
    assert refused.value.data == {"most": 200}
    assert add_to_watchlist(person, full, several[0]) is False
    for n in range(MOST_WATCHLISTS - 1):
        create_watchlist(person, name=f"List {n}")
    with pytest.raises(TooManyWatchlists):
        create_watchlist(person, name="One more")
    assert (Watchlist.objects.count(), full.items.count()) == (50, 200)


def test_a_list_that_is_gone_or_holds_it_no_more_is_told_and_nothing_changes(person: Any) -> None:
    one, two = make_instrument("ONE"), make_instrument("TWO")
    chips = create_watchlist(person, name="Chips", instruments=[one])
    for deed in (lambda: remove_from_watchlist(person, chips, two.pk), lambda: move_in_watchlist(person, chips, two.pk, place=1)):
        with pytest.raises(NotWatched):
            deed()
    Watchlist.objects.all().delete()
    for deed in (
        lambda: add_to_watchlist(person, chips, one),
        lambda: remove_from_watchlist(person, chips, one.pk),
        lambda: move_in_watchlist(person, chips, one.pk, place=1),
        lambda: rename_watchlist(person, chips, name="Other"),
        lambda: delete_watchlist(person, chips),
    ):
        with pytest.raises(UnknownWatchlist):
            deed()
    assert deeds(person) == ["watchlist.created"]


def test_nobody_does_anything_to_somebody_elses_list_or_with_somebody_elses_instrument(person: Any, stranger: Any) -> None:
    house, acme = make_instrument("HOUSE", owner=person), make_instrument("ACME")
    chips = create_watchlist(person, name="Chips", instruments=[house])
    theirs = create_watchlist(stranger, name="Theirs")
    for deed in (
        lambda: get_watchlist(stranger, chips.pk),
        lambda: watchlist_table(stranger, chips.pk),
        lambda: add_to_watchlist(stranger, chips, acme),
        lambda: remove_from_watchlist(stranger, chips, house.pk),
        lambda: move_in_watchlist(stranger, chips, house.pk, place=1),
        lambda: rename_watchlist(stranger, chips, name="Mine"),
        lambda: delete_watchlist(stranger, chips),
    ):
        with pytest.raises(UnknownWatchlist):
            deed()
    with pytest.raises(UnknownInstrument):
        add_to_watchlist(stranger, theirs, house)
    with pytest.raises(UnknownInstrument):
        create_watchlist(stranger, name="More", instruments=[house])
    assert watchlists_with(stranger, house.pk) == frozenset()
    assert [one.name for one in watchlists_of(stranger)] == ["Theirs"]
    assert [row.symbol for row in listed_of(stranger, [house.pk, acme.pk])] == ["ACME"]
    assert find_listed(stranger, "HOUSE").rows == ()
    assert symbols(person, chips) == ["HOUSE"]


@pytest.mark.django_db(transaction=True)
def test_lists_made_at_the_same_moment_keep_to_one_name_and_instruments_to_one_order(person: Any) -> None:
    outcomes = at_once(*[lambda: create_watchlist(person, name="Chips")] * 4)
    assert sum(isinstance(one, Watchlist) for one in outcomes) == 1, outcomes
    assert sum(isinstance(one, WatchlistTaken) for one in outcomes) == 3, outcomes
    chips = Watchlist.objects.get()
    several = [make_instrument(f"S{n}") for n in range(6)]
    added = at_once(*[lambda one=one: add_to_watchlist(person, chips, one) for one in (*several, *several[:2])])
    assert sorted(added) == [False, False, True, True, True, True, True, True]
    assert sorted(chips.items.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_what_anybody_watches_is_followed_once(person: Any, stranger: Any) -> None:
    one, two, _ = make_instrument("ONE"), make_instrument("TWO"), make_instrument("THREE")
    create_watchlist(person, name="Chips", instruments=[one, two])
    create_watchlist(stranger, name="Theirs", instruments=[two])
    assert followed_instruments() == {one.pk, two.pk}


# ── what lists show ─────────────────────────────────────────────────────────


def test_a_row_tells_price_change_closes_source_and_age(person: Any) -> None:
    acme = make_instrument("ACME", currency="USD", exchange="XNAS", price="102.5", previous="100")
    Quote.objects.update(source="yahoo", quality=Quality.DELAYED)
    ingest_prices(acme, [PriceRow(MONDAY + timedelta(days=n), D(n + 1)) for n in range(40)], "test")
    (row,) = watchlist_table(person, create_watchlist(person, name="Chips", instruments=[acme]).pk).rows
    assert (row.symbol, row.name, row.exchange, row.is_own) == ("ACME", "ACME Corporation", "NASDAQ", False)
    assert (row.price.value, row.price.currency, row.price.stale_since) == (D("102.5"), "USD", None)
    assert (row.day_change.value, row.day_change_fraction.value) == (D("2.5"), D("0.025"))
    assert row.closes == tuple(float(n) for n in range(11, 41))
    assert (row.source, row.quote.quality, row.quote.stale) == ("Yahoo Finance", "delayed", False)  # type: ignore[union-attr]
    assert [shown_source(name) for name in ("demo", "own", "house_prices")] == ["Demo market", "Own price", "House prices"]


@pytest.mark.parametrize(
    ("asset_class", "days", "changed"),
    [(AssetClass.STOCK, 4, True), (AssetClass.STOCK, 5, False), (AssetClass.CRYPTO, 1, True), (AssetClass.CRYPTO, 2, False)],
)
def test_a_change_of_the_day_is_told_only_of_a_price_of_the_last_session(person: Any, asset_class: str, days: int, changed: bool) -> None:
    one = make_instrument("ONE", asset_class=asset_class)
    noon = datetime.combine(timezone.localdate(), datetime.min.time(), UTC) + timedelta(hours=12)
    set_quote(one, "11", "10", as_of=noon - timedelta(days=days))
    (row,) = listed_of(person, [one.pk])
    assert row.day_change.known is row.day_change_fraction.known is changed
    assert changed or row.day_change_fraction.why_not.startswith("The newest price is of ")


def test_what_is_not_known_of_a_row_says_why_and_an_old_price_since_when(person: Any) -> None:
    make = make_instrument
    new, alone, old = make("NEW"), make("ALONE", price="5"), make("OLD")
    set_quote(old, "5", "4", as_of=timezone.now() - timedelta(days=30))
    by_symbol = {row.symbol: row for row in listed_of(person, [new.pk, alone.pk, old.pk])}
    assert by_symbol["NEW"].price.why_not == by_symbol["NEW"].day_change.why_not == "No price of NEW has arrived yet."
    assert (by_symbol["NEW"].quote, by_symbol["NEW"].source) == (None, "")
    assert by_symbol["ALONE"].day_change.why_not == "No earlier price of ALONE is known."
    assert by_symbol["OLD"].price.stale_since == timezone.localdate() - timedelta(days=30)


@pytest.mark.parametrize("count", [1, 200])
def test_a_list_costs_three_queries_however_long(person: Any, count: int, django_assert_num_queries: Any) -> None:
    several = [make_instrument(f"S{n}", price="5", previous="4") for n in range(count)]
    ingest_prices(several[0], [PriceRow(MONDAY, D(5))], "test")
    chips = create_watchlist(person, name="Chips", instruments=several)
    with django_assert_num_queries(3):
        assert len(watchlist_table(person, chips.pk).rows) == count
    for n in range(20):
        create_watchlist(person, name=f"List {n}")
    with django_assert_num_queries(1):
        assert [one.count for one in watchlists_of(person)] == [count] + [0] * 20


def test_closes_of_several_groups_cost_one_query_and_none_without_rows(person: Any, django_assert_num_queries: Any) -> None:
    one, two = make_instrument("ONE"), make_instrument("TWO")
    ingest_prices(one, [PriceRow(MONDAY, D(5))], "test")
    rows = listed_of(person, [one.pk, two.pk])
    with django_assert_num_queries(1):
        first, second, both = with_closes(rows[:1], rows[1:], rows)
    assert [row.closes for row in (*first, *second, *both)] == [(5.0,), (), (5.0,), ()]
    with django_assert_num_queries(0):
        assert with_closes((), ()) == ((), ())


def test_indices_are_everybodys_and_what_is_compared_with_stands_first(person: Any) -> None:
    make_instrument("DAX", name="DAX", asset_class=AssetClass.INDEX)
    make_instrument("MINE", name="A mine", asset_class=AssetClass.INDEX, owner=person)
    world, own = make_instrument("WRLD", name="World ETF", asset_class=AssetClass.ETF), make_instrument("OWN", owner=person)
    make_instrument("ACME")
    assert [row.symbol for row in indices()] == ["DAX"]
    assert [row.symbol for row in indices([world.pk, own.pk])] == ["WRLD", "DAX"]


def test_what_a_person_sees_no_more_is_neither_told_nor_counted(person: Any, stranger: Any, client: Client, api: APIClient) -> None:
    house, acme = make_instrument("HOUSE", owner=person, exchange=""), make_instrument("ACME")
    mine = create_watchlist(person, name="Mine", instruments=[house, acme])
    Instrument.objects.filter(pk=house.pk).update(owner=stranger)  # as when it goes along with a portfolio
    assert symbols(person, mine) == ["ACME"]
    assert [one.count for one in watchlists_of(person)] == [1] == [get_watchlist(person, mine.pk).count]
    client.force_login(person)
    for path in (f"/markets/?list={mine.pk}", f"/watchlists/{mine.pk}/edit/"):
        said = client.get(path).content.decode()
        assert "ACME" in said and "HOUSE" not in said
    told = api.get(f"/api/v1/watchlists/{mine.pk}").json()
    assert told["count"] == 1 and [one["symbol"] for one in told["instruments"]] == ["ACME"]
    Instrument.objects.filter(pk=house.pk).update(owner=person)
    assert symbols(person, mine) == ["HOUSE", "ACME"]


def test_a_search_finds_by_symbol_isin_and_name_the_nearest_first(person: Any, django_assert_num_queries: Any) -> None:
    make_instrument("ZZZ", name="Art and co", isin="US0378331005")
    make_instrument("ARTX", name="X")
    make_instrument("ART", name="Z")
    make_instrument("QQQ", name="Smart")
    make_instrument("HOUSE", name="Artless", owner=person)
    with django_assert_num_queries(1):
        found = find_listed(person, " art ")
    assert [row.symbol for row in found.rows] == ["ART", "ARTX", "ZZZ", "HOUSE", "QQQ"]
    assert [row.symbol for row in find_listed(person, "us03783").rows] == ["ZZZ"]
    with django_assert_num_queries(0):
        assert find_listed(person, "  ").rows == ()
    for n in range(30):
        make_instrument(f"M{n}")
    many = find_listed(person, "m")
    assert (len(many.rows), many.more, found.more) == (25, True, False)
