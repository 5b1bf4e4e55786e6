"""The page of one instrument: what it says of price, chart, actions, sources and one's own position, and what it costs."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from market.choices import ActionKind, AssetClass, Dimension
from market.models import Classification, CorporateAction, FundWeight, IntradayDay, SourceProfile, SourceSymbol
from market.services import PriceRow, create_watchlist, ingest_prices
from tests.factories import D, make_instrument, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db

FIRST = date(2023, 1, 2)


def text_of(answer: Any) -> str:
    """What is readable on a page, without markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))).replace("\u00a0", " ")


def chart_of(answer: Any) -> Any:
    found = re.search(r'<script id="instrument-chart" type="application/json">(.*?)</script>', answer.content.decode(), re.DOTALL)
    return None if found is None else json.loads(found[1])


def traded(symbol: str = "ACME", *, days: int = 400, whole: bool = True, **fields: Any) -> Any:
    """An instrument with a price on each day: 100, 101, 102 …, from January 2023 on."""
    made = make_instrument(symbol, price="500", previous="499", **fields)
    prices = (PriceRow(FIRST + timedelta(days=n), D(100 + n), *((D(99 + n), D(102 + n), D(98 + n), 1000 + n) if whole else ())) for n in range(days))
    ingest_prices(made, prices, "test")
    return made


def act(instrument: Any, kind: ActionKind, day: date, **fields: Any) -> None:
    CorporateAction.objects.create(instrument=instrument, kind=kind, ex_day=day, source="yahoo", **fields)


# ── what it says ────────────────────────────────────────────────────────────


def test_the_head_names_it_and_the_price_its_state_age_and_source(signed_in: Client) -> None:
    one = traded(name="Acme Works", exchange="XAMS", isin="NL0010273215", sector="Industrials", country="NL")
    page = text_of(signed_in.get(f"/instruments/{one.pk}/"))
    for words in (
        "Acme Works",
        "ACME · Amsterdam · Shares · EUR · NL0010273215",
        "€500.00",
        "Source Test",
        "Industrials",
        "Netherlands",
        "Came here",
    ):
        assert words in page
    assert page.count("Unclassified") == 2  # industry and region: said, never blank


def test_an_old_price_and_none_at_all_say_so(signed_in: Client) -> None:
    old, new = make_instrument("OLD"), make_instrument("NEW", asset_class=AssetClass.OTHER)
    set_quote(old, "5", "4", as_of=timezone.now() - timedelta(days=20))
    page = text_of(signed_in.get(f"/instruments/{old.pk}/"))
    assert "Old" in page and "20 d old" in page and "No change of the day" in page
    page = text_of(signed_in.get(f"/instruments/{new.pk}/"))
    assert "No price yet" in page and "Undefined" in page and "No price of a day is known yet" in page
    assert "No source reported a dividend or split." in page and page.count("Unclassified") == 5


def test_somebody_elses_instrument_is_not_there(signed_in: Client, stranger: Any) -> None:
    theirs = make_instrument("HOUSE", owner=stranger)
    assert signed_in.get(f"/instruments/{theirs.pk}/").status_code == 404
    assert signed_in.post(f"/instruments/{theirs.pk}/refresh/").status_code == 404


def test_ones_own_instrument_leads_to_its_forms_and_is_asked_for_nowhere(signed_in: Client, person: Any) -> None:
    mine = make_instrument("HOUSE", owner=person, price="10", asset_class=AssetClass.PROPERTY)
    answer = signed_in.get(f"/instruments/{mine.pk}/")
    page, source = text_of(answer), answer.content.decode()
    assert "You price it yourself." in page and "Your own" in page and f"/instruments/{mine.pk}/prices/" in source
    assert f"/instruments/{mine.pk}/refresh/" not in source


# ── the chart ───────────────────────────────────────────────────────────────


def test_the_chart_is_complete_before_any_script_and_marks_what_was_paid(signed_in: Client) -> None:
    one = traded()
    last = FIRST + timedelta(days=399)
    act(one, ActionKind.DIVIDEND, last - timedelta(days=20), amount=D("1.5"))
    answer = signed_in.get(f"/instruments/{one.pk}/")
    assert '<svg class="chart__fallback"' in answer.content.decode()
    closes, dividends, volume = chart_of(answer)["data"]
    assert (closes["x"][-1], closes["y"][-1]) == (last.isoformat(), 499.0)
    assert dividends["text"] == ["Dividend €1.5000 on 16\u00a0Jan\u00a02024"] and dividends["y"] == [479.0]
    assert volume["y"][-1] == 1399 and volume["yaxis"] == "y2"


def test_under_the_chart_an_alert_at_its_newest_price_is_offered(signed_in: Client) -> None:
    one = traded()
    page = html.unescape(signed_in.get(f"/instruments/{one.pk}/").content.decode())
    assert f'href="/alerts/add/?instrument={one.pk}&kind=price_above&threshold=' in page and 'data-level="instrument-chart"' in page
    assert "js/levels" in page


@pytest.mark.parametrize(("span", "count"), [("1M", 31), ("6M", 183), ("YTD", 37), ("1Y", 366), ("ALL", 400)])
def test_a_span_reaches_back_from_the_newest_price(signed_in: Client, span: str, count: int) -> None:
    one = traded()
    assert len(chart_of(signed_in.get(f"/instruments/{one.pk}/?span={span}"))["data"][0]["x"]) == count


def test_long_spans_are_drawn_week_by_week_and_say_so(signed_in: Client) -> None:
    one = traded(days=1400)
    answer = signed_in.get(f"/instruments/{one.pk}/?span=all")
    assert len(chart_of(answer)["data"][0]["x"]) == 200
    assert "Week by week" in text_of(answer) and "5Y" not in text_of(answer)


def test_candles_are_drawn_where_all_four_prices_are_known_and_else_not_offered(signed_in: Client) -> None:
    answer = signed_in.get(f"/instruments/{traded('WHOLE').pk}/?view=candles")
    candles = chart_of(answer)["data"][0]
    assert (candles["type"], candles["open"][-1], candles["high"][-1], candles["low"][-1]) == ("candlestick", 498.0, 501.0, 497.0)
    assert "chart__fallback--candles" in answer.content.decode()
    bare = signed_in.get(f"/instruments/{traded('BARE', whole=False).pk}/?view=candles")
    assert chart_of(bare)["data"][0]["type"] == "scatter" and "Candles" not in text_of(bare)


def test_prices_are_all_adjusted_for_splits_or_all_as_quoted_never_mixed(signed_in: Client) -> None:
    one = make_instrument("SPLT", price="26", previous="25")
    quoted = {0: "96", 1: "100", 2: "25", 3: "26"}
    ingest_prices(one, [PriceRow(FIRST + timedelta(days=n), D(price), volume=100) for n, price in quoted.items()], "test")
    act(one, ActionKind.SPLIT, FIRST + timedelta(days=2), ratio_new=D(4), ratio_old=D(1))
    act(one, ActionKind.DIVIDEND, FIRST + timedelta(days=1), amount=D(2))
    usual = signed_in.get(f"/instruments/{one.pk}/")
    closes, dividends, splits, volume = chart_of(usual)["data"]
    assert closes["y"] == [24.0, 25.0, 25.0, 26.0] and volume["y"] == [400, 400, 100, 100]
    assert dividends["text"] == ["Dividend €2.0000 on 3\u00a0Jan\u00a02023 (€0.5000 in today’s units)"]
    assert splits["text"] == ["Split 4 for 1 on 4\u00a0Jan\u00a02023"]
    assert "Adjusted for splits" in text_of(usual) and "€24.00" in text_of(usual) and "€96.00" not in text_of(usual)
    raw = signed_in.get(f"/instruments/{one.pk}/?prices=raw")
    assert chart_of(raw)["data"][0]["y"] == [96.0, 100.0, 25.0, 26.0]
    assert "€96.00" in text_of(raw) and "€24.00" not in text_of(raw) and "4 for 1" in text_of(raw)


def test_the_demo_markets_prices_are_not_adjusted_twice(signed_in: Client) -> None:
    one = traded("DEMO", provider="demo")
    act(one, ActionKind.SPLIT, FIRST + timedelta(days=200), ratio_new=D("1.046"), ratio_old=D(1))
    answer = signed_in.get(f"/instruments/{one.pk}/?span=ALL")
    assert chart_of(answer)["data"][0]["y"][0] == 100.0
    assert "adjusted for splits already" in text_of(answer) and "As quoted" not in text_of(answer)


# ── tables ──────────────────────────────────────────────────────────────────


def test_the_history_is_paged_newest_first_with_its_source(signed_in: Client) -> None:
    one = traded(days=70)
    first = signed_in.get(f"/instruments/{one.pk}/")
    assert "12 Mar 2023" in text_of(first) and "Older" in text_of(first) and "Newer" not in text_of(first)
    older = signed_in.get(f"/instruments/{one.pk}/?before=2023-02-11", headers={"HX-Request": "true", "HX-Target": "history"})
    assert older.content.decode().lstrip().startswith('<section class="card" id="history"')
    assert "10 Feb 2023" in text_of(older) and "11 Feb 2023" not in text_of(older) and "Newer" in text_of(older)
    assert signed_in.get(f"/instruments/{one.pk}/?before=yesterday").status_code == 404


def test_many_dividends_are_folded_until_somebody_asks(signed_in: Client) -> None:
    one = traded(days=5)
    for year in range(2000, 2020):
        act(one, ActionKind.DIVIDEND, date(year, 3, 1), amount=D("0.25"))
    page = text_of(signed_in.get(f"/instruments/{one.pk}/"))
    assert "Show all 20" in page and "1 Mar 2019" in page and "1 Mar 2000" not in page and "Yahoo Finance" in page
    assert "1 Mar 2000" in text_of(signed_in.get(f"/instruments/{one.pk}/?actions=all"))


def test_what_sources_call_it_is_told_with_what_they_said(signed_in: Client) -> None:
    one = traded(days=2)
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="ACME.AS", state="unknown", detail="Yahoo does not know ACME.AS.")
    SourceSymbol.objects.create(instrument=one, source="exchange", symbol="OLDN", until=date(2022, 5, 4))
    answer = signed_in.get(f"/instruments/{one.pk}/")
    page = text_of(answer)
    assert page.index("ACME.AS Not known") < page.index("OLDN until 4 May 2022")
    assert "Yahoo does not know ACME.AS." in answer.content.decode()


# ── one's own position ──────────────────────────────────────────────────────


def test_what_one_holds_is_told_and_what_not_can_be_entered(signed_in: Client, person: Any, today: date) -> None:
    one, other = traded(days=2), make_instrument("OTHER", price="5")
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", today - timedelta(days=9), amount="10000")
    record(portfolio, "buy", today - timedelta(days=8), one, quantity="4", price="400")
    create_watchlist(person, name="Chips", instruments=[other])
    answer = signed_in.get(f"/instruments/{one.pk}/")
    page = text_of(answer)
    assert "€2,000.00" in page and "4 units" in page and "+€400.00" in page and f'href="/holdings/{one.pk}/"' in answer.content.decode()
    page = text_of(signed_in.get(f"/instruments/{other.pk}/"))
    assert "You do not hold it; it stands on 1 of your watchlists." in page and "Add transaction" in page


def test_hidden_amounts_hide_the_position_and_nothing_of_the_market(signed_in: Client, person: Any, today: date) -> None:
    person.preferences.hide_amounts = True
    person.preferences.save()
    one = traded()
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", today - timedelta(days=9), amount="10000")
    record(portfolio, "buy", today - timedelta(days=8), one, quantity="4", price="400")
    page = text_of(signed_in.get(f"/instruments/{one.pk}/"))
    assert "€2,000.00" not in page and "+€400.00" not in page and "4 unit" not in page and "€500.00" in page


def test_what_a_person_says_of_it_stands_before_what_sources_say_and_a_fund_tells_its_parts(signed_in: Client, person: Any) -> None:
    fund = make_instrument("FUND", asset_class=AssetClass.FUND, sector="Technology", price="5")
    Classification.objects.create(instrument=fund, owner=person, industry="Lamps")
    profile = SourceProfile.objects.create(instrument=fund, source="yahoo", fetched_at=timezone.now())
    for name, weight in (("Technology", "0.6"), ("Energy", "0.3")):
        FundWeight.objects.create(profile=profile, dimension=Dimension.SECTOR, key=name, name=name, weight=D(weight))
    page = text_of(signed_in.get(f"/instruments/{fund.pk}/"))
    assert "Lamps by you" in page and "Technology 60.0% Energy 30.0% Unclassified 10.0%" in page


def test_the_search_finds_every_instrument_one_may_see_and_the_palette_gets_that_part(signed_in: Client, stranger: Any) -> None:
    one, theirs = make_instrument("ACME", name="Acme Works", isin="NL0010273215"), make_instrument("ACMX", owner=stranger)
    for words in ("acme", "works", "NL0010273215"):
        page = signed_in.get(f"/search/?q={words}").content.decode()
        assert f'href="/instruments/{one.pk}/"' in page and f"/instruments/{theirs.pk}/" not in page
    part = signed_in.get("/search/?q=acme", headers={"HX-Request": "true", "HX-Target": "palette-found"}).content.decode()
    assert part.lstrip().startswith('<a role="option"') and "Acme Works" in part and "Dashboard" not in part


# ── asking ──────────────────────────────────────────────────────────────────


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[tuple[str, Any]]:
    """Jobs that were rung for, with Yahoo on."""
    from market import tasks

    settings.PROVIDERS = ["yahoo"]
    calls: list[tuple[str, Any]] = []
    for name in ("refresh_quotes_of", "refresh_histories_of"):
        monkeypatch.setattr(getattr(tasks, name), "delay", lambda ids, name=name: calls.append((name, ids)))
    return calls


def test_refresh_rings_a_job_once_a_minute_and_the_page_looks_again(signed_in: Client, rung: Any, django_capture_on_commit_callbacks: Any) -> None:
    one = make_instrument("ACME", price="5")
    assert "Refresh" in text_of(signed_in.get(f"/instruments/{one.pk}/"))
    with django_capture_on_commit_callbacks(execute=True):
        part = signed_in.post(f"/instruments/{one.pk}/refresh/", headers={"HX-Request": "true", "HX-Target": "quote"})
    assert "Being asked" in text_of(part) and "every 5s" in part.content.decode() and 'hx-swap-oob="true"' in part.content.decode()
    assert rung == [("refresh_quotes_of", [one.pk]), ("refresh_histories_of", [one.pk])]
    again = signed_in.post(f"/instruments/{one.pk}/refresh/", follow=True)
    assert "within the last minute" in text_of(again) and len(rung) == 2
    assert signed_in.get(f"/instruments/{one.pk}/refresh/").status_code == 405


def test_without_a_source_nothing_is_offered_and_the_reason_stands_there(signed_in: Client, settings: Any) -> None:
    settings.PROVIDERS = []
    one = make_instrument("ACME", price="5")
    page = text_of(signed_in.get(f"/instruments/{one.pk}/"))
    assert "No source of prices is set up." in page and "Refresh" not in page
    assert "No source of prices is on" in text_of(signed_in.post(f"/instruments/{one.pk}/refresh/", follow=True))


def test_prices_within_the_day_are_asked_for_and_drawn_when_they_came(
    signed_in: Client, rung: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    from market import tasks

    asked: list[Any] = []
    monkeypatch.setattr(tasks.fetch_intraday_of, "delay", asked.append)
    one = make_instrument("ACME", price="5", currency="USD", exchange="XNYS")
    path = f"/instruments/{one.pk}/?span=5D"
    assert "No intraday prices yet. Ask for them" in text_of(signed_in.get(path))
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in.post(f"/instruments/{one.pk}/intraday/", {"span": "5D"})
    assert answer["Location"] == path and asked == [[one.pk]]
    waiting = signed_in.get(path)
    assert "Asking for the prices of the last days" in text_of(waiting) and "every 2s" in waiting.content.decode()
    for day in (15, 16):
        begin = 1781530200 + 86400 * (day - 15)
        bars = [[begin + 300 * n, "5", "5.5", "4.5", "5.25", 100] for n in range(4)]
        IntradayDay.objects.create(instrument=one, day=date(2026, 6, day), source="yahoo", fetched_at=timezone.now(), bars=bars)
    answer = signed_in.get(path)
    chart = chart_of(answer)
    assert len(chart["data"][0]["x"]) == 8 and len(chart["layout"]["xaxis"]["tickvals"]) == 2
    assert "Every five minutes, from Yahoo Finance" in text_of(answer) and '<svg class="chart__fallback"' in answer.content.decode()
    assert len(chart_of(signed_in.get(f"/instruments/{one.pk}/?span=1D"))["data"][0]["x"]) == 4


def test_where_no_source_has_prices_within_the_day_the_page_says_so(signed_in: Client, settings: Any, person: Any) -> None:
    settings.PROVIDERS = []
    one = make_instrument("ACME", price="5")
    assert "No source is on that has prices of ACME within the day." in text_of(signed_in.get(f"/instruments/{one.pk}/?span=1D"))
    assert "No source is on" in text_of(signed_in.post(f"/instruments/{one.pk}/intraday/", follow=True))
    assert "1D" not in text_of(signed_in.get(f"/instruments/{make_instrument('HOUSE', owner=person).pk}/"))


# ── what it costs ───────────────────────────────────────────────────────────


def test_the_page_costs_the_same_however_long_the_history(a_portfolio: Any, person: Any, signed_in: Client) -> None:
    costs = []
    for count, held in ((3, 2), (900, 30)):
        one = traded(f"S{count}", days=count)
        for n in range(count // 3):
            act(one, ActionKind.DIVIDEND, FIRST + timedelta(days=n), amount=D(1))
        a_portfolio(held, name=f"P{held}")
        cache.clear()
        signed_in.get(f"/instruments/{one.pk}/")
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(f"/instruments/{one.pk}/").status_code == 200
        costs.append(len(captured))
        for part, most in (("prices", 8), ("history", 8), ("quote", 5)):
            with CaptureQueriesContext(connection) as captured:
                signed_in.get(f"/instruments/{one.pk}/", headers={"HX-Request": "true", "HX-Target": part})
            assert len(captured) <= most, part
    assert costs[0] == costs[1] <= 20, costs
