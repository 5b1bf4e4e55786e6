"""The Markets page: search, indices, movers of what is held, watchlists; and the pages that change a watchlist."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.selectors import markets, movers, search
from market.choices import AssetClass
from market.errors import UnknownWatchlist
from market.models import Watchlist
from market.selectors import listed_of, watchlist_table
from market.services import PriceRow, create_watchlist, ingest_prices
from portfolios.services import TransactionDraft, record_many
from tests.factories import D, make_instrument, make_person, make_portfolio, set_quote

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)


def text_of(answer: Any) -> str:
    """What is readable on a page, without markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))).replace("\u00a0", " ")


def symbols(user: Any, watchlist: Watchlist) -> list[str]:
    return [row.symbol for row in watchlist_table(user, watchlist.pk).rows]


def holding(owner: Any, *instruments: Any, **fields: Any) -> Any:
    """A portfolio that holds three of each, bought a month ago."""
    portfolio, day = make_portfolio(owner, **fields), timezone.localdate() - timedelta(days=30)
    drafts = [TransactionDraft(kind="deposit", traded_on=day, amount=D(10**6), currency="EUR")]
    drafts += [TransactionDraft(kind="buy", traded_on=day, instrument=one, quantity=D(3), price=D(10)) for one in instruments]
    record_many(owner, portfolio, drafts)
    return portfolio


# ── movers ──────────────────────────────────────────────────────────────────


def test_movers_are_the_largest_changes_each_way_of_the_last_session_alone(person: Any) -> None:
    changes = {"UP9": "109", "UP1": "101", "DN5": "95", "DN2": "98", "SAME": "100", "ALSO1": "101"}
    held = [make_instrument(symbol, price=price, previous="100") for symbol, price in changes.items()]
    old, new = make_instrument("OLD"), make_instrument("NEW")
    set_quote(old, "200", "100", as_of=timezone.now() - timedelta(days=9))
    holding(person, *held, old, new)
    make_instrument("NOTHELD", price="500", previous="100")
    found = markets(person).movers
    assert [row.symbol for row in found.rising] == ["UP9", "ALSO1", "UP1"]
    assert [row.symbol for row in found.falling] == ["DN5", "DN2"]
    assert (found.held, found.unchanged) == (8, 1)
    assert {row.symbol: row.day_change_fraction.why_not[:20] for row in found.untold} == {
        "NEW": "No price of NEW has ",
        "OLD": "The newest price is ",
    }


def test_five_movers_each_way_are_told_however_many_moved(person: Any) -> None:
    several = [make_instrument(f"S{n:02}", price=str(100 + n - 10), previous="100") for n in range(20)]
    found = movers(listed_of(person, [one.pk for one in several]))
    assert [row.symbol for row in found.rising] == ["S19", "S18", "S17", "S16", "S15"]
    assert [row.symbol for row in found.falling] == ["S00", "S01", "S02", "S03", "S04"]


def test_movers_are_of_ones_own_open_portfolios(person: Any, stranger: Any) -> None:
    one, two = make_instrument("ONE", price="11", previous="10"), make_instrument("TWO", price="11", previous="10")
    holding(person, one)
    holding(stranger, two)
    assert [row.symbol for row in markets(person).movers.rising] == ["ONE"]


# ── the page ────────────────────────────────────────────────────────────────


def test_the_page_without_anything_says_how_to_begin(signed_in: Client) -> None:
    page = text_of(signed_in.get("/markets/"))
    for words in ("Nothing is watched yet", "Nothing is held yet", "No index is known yet."):
        assert words in page


def test_the_page_shows_indices_movers_and_the_open_list_with_source_and_age(signed_in: Client, person: Any) -> None:
    spx = make_instrument("SPX", name="S&P 500", asset_class=AssetClass.INDEX, currency="USD", price="5000", previous="4900")
    world = make_instrument("WRLD", name="World", asset_class=AssetClass.ETF, price="50", previous="50")
    acme, old, new = make_instrument("ACME", price="9", previous="10"), make_instrument("OLD"), make_instrument("NEW")
    set_quote(old, "5", "4", as_of=timezone.now() - timedelta(days=20))
    ingest_prices(spx, [PriceRow(MONDAY + timedelta(days=n), D(n + 1)) for n in range(40)], "test")
    holding(person, acme, benchmark=world)
    create_watchlist(person, name="Chips", instruments=[acme, old, new])
    create_watchlist(person, name="Another")
    answer = signed_in.get("/markets/")
    page = text_of(answer)
    assert page.index("World") < page.index("S&P 500")
    assert "−10.00%" in page and "+2.04%" in page
    assert "20 d old" in page and "no price yet" in page and "Prices: Test." in page
    assert page.count("Undefined") >= 3
    assert answer.content.decode().count('<svg class="spark') == 1
    assert "30 closes" in page
    assert [row.symbol for row in markets(person).shown.rows] == ["ACME", "OLD", "NEW"]  # type: ignore[union-attr]
    assert markets(person).indices[1].closes == tuple(float(n) for n in range(11, 41))


def test_a_search_shows_what_is_known_at_once_and_htmx_gets_that_part(signed_in: Client, person: Any) -> None:
    make_instrument("ACME", price="9", previous="10")
    make_instrument("HIDDEN", name="Acme of somebody", owner=make_person())
    whole = text_of(signed_in.get("/markets/?q=acme"))
    assert "Found for “acme” 1" in whole and "Acme of somebody" not in whole
    part = signed_in.get("/markets/?q=acme", headers={"HX-Request": "true", "HX-Target": "hits"})
    assert part.content.decode().lstrip().startswith('<div id="hits"')
    assert "Watchlists" not in text_of(part).replace("Watchlists of", "")
    nothing = text_of(signed_in.get("/markets/?q=" + "x" * 300))
    assert "No instrument here has this name" in nothing and "Search at the sources" in nothing
    assert "<script>" not in signed_in.get("/markets/?q=<script>alert(1)</script>&list=").content.decode()
    assert search(person, "").rows == ()


def test_another_list_is_opened_by_its_address_and_htmx_gets_the_card(signed_in: Client, person: Any) -> None:
    acme, coin = make_instrument("ACME"), make_instrument("COIN")
    create_watchlist(person, name="Chips", instruments=[acme])
    coins = create_watchlist(person, name="Coins", instruments=[coin])
    assert "COIN" not in text_of(signed_in.get("/markets/"))
    part = signed_in.get(f"/markets/?list={coins.pk}", headers={"HX-Request": "true", "HX-Target": "watchlists"})
    assert part.content.decode().lstrip().startswith('<section class="card" id="watchlists"')
    assert "COIN" in text_of(part)


@pytest.mark.parametrize("asked", ["7777", "abc", "-1", "9" * 40, "1 or 1=1"])
def test_a_list_that_is_none_of_ones_own_is_not_there(signed_in: Client, stranger: Any, asked: str) -> None:
    assert signed_in.get("/markets/", {"list": asked}).status_code == 404
    theirs = create_watchlist(stranger, name="Theirs")
    assert signed_in.get("/markets/", {"list": theirs.pk}).status_code == 404


def test_a_foreign_list_is_not_told_by_the_selector(person: Any, stranger: Any) -> None:
    with pytest.raises(UnknownWatchlist):
        markets(person, list_id=create_watchlist(stranger, name="Theirs").pk)


def test_the_page_costs_the_same_with_one_instrument_and_with_two_hundred() -> None:
    costs = []
    for count in (1, 200):
        owner = make_person(f"watcher{count}")
        several = [make_instrument(f"W{count}X{n}", price="11", previous="10") for n in range(count)]
        for one in several[:10]:
            ingest_prices(one, [PriceRow(MONDAY, D(5)), PriceRow(MONDAY + timedelta(days=1), D(6))], "test")
        holding(owner, *several)
        create_watchlist(owner, name="Chips", instruments=several)
        browser = Client()
        browser.force_login(owner)
        for state in ("cold", "warm"):
            if state == "cold":
                cache.clear()
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(f"/markets/?q=W{count}X").status_code == 200
            costs.append(len(captured))
        with CaptureQueriesContext(connection) as captured:
            markets(owner, text=f"W{count}X")
        assert len(captured) == 8
    assert costs[:2] == costs[2:], costs
    assert max(costs) <= 11, costs


def test_hidden_amounts_hide_nothing_of_the_market(signed_in: Client, person: Any) -> None:
    person.preferences.hide_amounts = True
    person.preferences.save()
    make_instrument("ACME", price="123.45", previous="100")
    assert "€123.45" in text_of(signed_in.get("/markets/?q=acme"))


# ── changing lists ──────────────────────────────────────────────────────────


def test_the_first_list_is_made_from_an_instrument_and_the_person_comes_back_to_where_they_were(signed_in: Client, person: Any) -> None:
    acme = make_instrument("ACME")
    drawer = signed_in.get(f"/watchlists/watch/?instrument={acme.pk}&next=/markets/?q=acme")
    assert 'value="Watchlist"' in drawer.content.decode()
    made = signed_in.post("/watchlists/add/", {"name": "Watchlist", "instrument": acme.pk, "next": "/markets/?q=acme"})
    assert made["Location"] == "/markets/?q=acme"
    only = Watchlist.objects.get(owner=person)
    assert symbols(person, only) == ["ACME"]
    assert "Take off" in text_of(signed_in.get(f"/watchlists/watch/?instrument={acme.pk}"))
    outside = signed_in.post("/watchlists/add/", {"name": "Other", "instrument": acme.pk, "next": "https://evil.example/"})
    assert outside["Location"].startswith("/markets/?list=")


def test_a_refused_name_is_told_at_its_field_in_either_form(signed_in: Client, person: Any) -> None:
    acme = make_instrument("ACME")
    create_watchlist(person, name="Chips")
    for sent in ({"name": "chips"}, {"name": "CHIPS", "instrument": acme.pk}, {"name": ""}, {"name": "x" * 61}):
        answer = signed_in.post("/watchlists/add/", sent)
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"name"})
    assert Watchlist.objects.count() == 1


def test_what_is_taken_off_by_mistake_is_put_back_where_it_was(signed_in: Client, person: Any) -> None:
    several = [make_instrument(symbol) for symbol in ("AAA", "BBB", "CCC")]
    chips = create_watchlist(person, name="Chips", instruments=several)
    taken = signed_in.post(f"/watchlists/{chips.pk}/instruments/{several[1].pk}/take/", {"place": "2"}, follow=True)
    assert symbols(person, chips) == ["AAA", "CCC"]
    undo = re.search(r'class="toast.*?action="([^"]+)"', taken.content.decode(), re.DOTALL)
    assert undo is not None
    signed_in.post(html.unescape(undo[1]))
    assert symbols(person, chips) == ["AAA", "BBB", "CCC"]
    signed_in.post(f"/watchlists/{chips.pk}/instruments/{several[2].pk}/move/", {"place": "1"})
    assert symbols(person, chips) == ["CCC", "AAA", "BBB"]
    again = signed_in.post(f"/watchlists/{chips.pk}/instruments/{several[2].pk}/put/", follow=True)
    assert "CCC was on Chips already" in text_of(again)


def test_a_list_is_renamed_and_deleted_on_its_page(signed_in: Client, person: Any) -> None:
    chips = create_watchlist(person, name="Chips", instruments=[make_instrument("ACME")])
    page = signed_in.get(f"/watchlists/{chips.pk}/edit/")
    assert "ACME Corporation" in text_of(page)
    signed_in.post(f"/watchlists/{chips.pk}/edit/", {"name": "Machines"})
    assert Watchlist.objects.get().name == "Machines"
    assert signed_in.post(f"/watchlists/{chips.pk}/delete/")["Location"] == "/markets/"
    assert not Watchlist.objects.exists()


@pytest.mark.parametrize("count", [1, 200])
def test_the_page_of_a_list_costs_the_same_however_long(signed_in: Client, person: Any, count: int, django_assert_max_num_queries: Any) -> None:
    chips = create_watchlist(person, name="Chips", instruments=[make_instrument(f"S{n}", price="5") for n in range(count)])
    with django_assert_max_num_queries(5):
        assert signed_in.get(f"/watchlists/{chips.pk}/edit/").status_code == 200


@pytest.mark.parametrize("instrument", ["", "abc", "9" * 40, "424242"])
def test_an_instrument_that_is_none_is_told_so(signed_in: Client, instrument: str) -> None:
    assert signed_in.get("/watchlists/watch/", {"instrument": instrument}).status_code == 404


def test_a_stranger_changes_nothing_of_a_list_and_watches_nothing_that_is_private(client: Client, person: Any, stranger: Any) -> None:
    house, acme = make_instrument("HOUSE", owner=person), make_instrument("ACME")
    chips = create_watchlist(person, name="Chips", instruments=[house])
    theirs = create_watchlist(stranger, name="Theirs")
    client.force_login(stranger)
    base = f"/watchlists/{chips.pk}"
    assert client.get(f"{base}/edit/").status_code == 404
    for path in ("edit/", "delete/", f"instruments/{house.pk}/take/", f"instruments/{house.pk}/move/", f"instruments/{acme.pk}/put/"):
        assert client.post(f"{base}/{path}", {"name": "Mine", "place": "1"}).status_code == 404, path
    assert client.post(f"/watchlists/{theirs.pk}/instruments/{house.pk}/put/").status_code == 404
    assert client.post("/watchlists/add/", {"name": "More", "instrument": house.pk}).status_code == 404
    assert client.get("/watchlists/watch/", {"instrument": house.pk}).status_code == 404
    assert (symbols(person, chips), Watchlist.objects.get(pk=chips.pk).name, theirs.items.count()) == (["HOUSE"], "Chips", 0)


def test_a_full_list_says_so(signed_in: Client, person: Any) -> None:
    several = [make_instrument(f"S{n}") for n in range(201)]
    full = create_watchlist(person, name="Full", instruments=several[:200])
    answer = signed_in.post(f"/watchlists/{full.pk}/instruments/{several[200].pk}/put/", follow=True)
    assert "holds 200 instruments, as many as a watchlist can" in text_of(answer)
    assert full.items.count() == 200
