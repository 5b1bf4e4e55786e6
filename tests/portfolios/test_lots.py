"""Lots: what was bought, what is left of it, and what each sale took, for pages and programs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from portfolios.ledger.events import LotChoice
from portfolios.selectors import compare_methods, lots_of
from portfolios.services.drafts import LegDraft
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding", price="40")


@pytest.fixture
def fifo(person: Any, asml: Any) -> Any:
    """Bought 2 at 10, 2 at 20 and 2 at 30; sold 3 at 35, more than a year after the first."""
    portfolio = make_portfolio(person, cost_method="fifo")
    for day, price in (("2023-01-03", "10"), ("2024-01-04", "20"), ("2024-01-05", "30")):
        record(portfolio, "buy", day, asml, quantity="2", price=price)
    record(portfolio, "sell", "2024-02-01", asml, quantity="3", price="35")
    return portfolio


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


# ── what the selectors say ──────────────────────────────────────────────────


def test_a_lot_says_how_many_units_there_were_and_how_many_are_left(fifo: Any, asml: Any) -> None:
    lots = lots_of(fifo).every(asml.pk)
    assert [(lot.status, lot.bought, lot.quantity, lot.realised) for lot in lots] == [
        ("closed", D("2"), D("0"), D("50")),
        ("part_closed", D("2"), D("1"), D("15")),
        ("open", D("2"), D("2"), D("0")),
    ]
    assert (lots[0].closed_on, lots[0].bought_cost, lots[0].unit_cost, lots[0].days_held) == (date(2024, 2, 1), D("20"), D("10"), 394)


def test_a_sale_lists_its_lots_with_the_time_that_each_was_held(fifo: Any, asml: Any) -> None:
    (sale,) = lots_of(fifo).sales[asml.pk]
    assert (sale.quantity, sale.cost, sale.proceeds, sale.gain) == (D("3"), D("40"), D("105"), D("65"))
    assert [(match.quantity, match.days_held, match.is_long) for match in sale.matches] == [(D("2"), 394, True), (D("1"), 28, False)]


def test_exactly_one_year_is_not_more_than_a_year(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo")
    record(portfolio, "buy", "2023-02-01", asml, quantity="2", price="10")
    for day in ("2024-02-01", "2024-02-02"):
        record(portfolio, "sell", day, asml, quantity="1", price="35")
    assert [sale.matches[0].is_long for sale in lots_of(portfolio).sales[asml.pk]] == [False, True]


def test_units_are_those_of_today_however_often_they_were_split(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo")
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="40")
    record(portfolio, "sell", "2024-02-01", asml, quantity="4", price="50")
    record(portfolio, "split", "2024-03-01", asml, ratio_new="4", ratio_old="1")
    (lot,) = lots_of(portfolio).every(asml.pk)
    assert (lot.bought, lot.quantity, lot.bought_cost) == (D("40"), D("24"), D("400"))
    (before,) = lots_of(portfolio, as_of=date(2024, 2, 15)).every(asml.pk)
    assert (before.bought, before.quantity) == (D("10"), D("6"))


def test_a_pool_that_was_sold_out_and_filled_again_is_another_lot(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="average")
    for day, kind, quantity in (("2024-01-03", "buy", "2"), ("2024-01-04", "sell", "2"), ("2024-02-01", "buy", "3"), ("2024-02-02", "sell", "1")):
        record(portfolio, kind, day, asml, quantity=quantity, price="10")
    lots = lots_of(portfolio).every(asml.pk)
    assert [(lot.pooled, lot.status, lot.bought, lot.quantity) for lot in lots] == [
        (True, "closed", D("2"), D("0")),
        (True, "part_closed", D("3"), D("2")),
    ]


def test_units_that_are_short_are_lots_below_zero(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo", allows_short=True)
    record(portfolio, "short_sell", "2024-01-03", asml, quantity="10", price="50")
    record(portfolio, "buy_to_cover", "2024-02-01", asml, quantity="4", price="40")
    (lot,) = lots_of(portfolio).every(asml.pk)
    assert (lot.is_short, lot.status, lot.bought, lot.quantity, lot.realised) == (True, "part_closed", D("-10"), D("-6"), D("40"))
    record(portfolio, "buy_to_cover", "2024-03-01", asml, quantity="6", price="40")
    (gone,) = lots_of(portfolio).every(asml.pk)
    assert (gone.is_short, gone.status, gone.bought, gone.realised) == (True, "closed", D("-10"), D("100"))


def test_lots_keep_their_date_through_a_spin_off_and_a_transfer(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo")
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="50")
    part = make_instrument("PART", price="5")
    record(portfolio, "spin_off", "2024-02-01", asml, legs=(LegDraft(instrument=part, cost_share=D("0.2")),))
    record(portfolio, "transfer_out", "2024-03-01", asml, quantity="4")
    table = lots_of(portfolio)
    (kept,), (new,) = table.every(asml.pk), table.every(part.pk)
    assert (kept.status, kept.bought, kept.quantity, kept.cost) == ("part_closed", D("10"), D("6"), D("240"))
    assert (new.opened_on, new.quantity, new.cost) == (date(2024, 1, 3), D("10"), D("100"))


def test_section_104_tells_what_was_matched_on_the_day_from_the_pool(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="section104")
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="50")
    record(portfolio, "sell", "2024-02-01", asml, quantity="4", price="60")
    record(portfolio, "buy", "2024-02-15", asml, quantity="3", price="55")
    (sale,) = lots_of(portfolio).sales[asml.pk]
    assert sorted((match.quantity, match.days_held) for match in sale.matches if match.days_held is not None) == [(D("3"), -14)]
    assert sum(lot.quantity for lot in lots_of(portfolio).every(asml.pk)) == D("9")


def test_every_method_is_compared_and_nothing_stored_changes(fifo: Any, asml: Any) -> None:
    results = {one.method: one for one in compare_methods(fifo)}
    assert set(results) == {"average", "fifo", "lifo", "hifo", "lofo", "specific", "section104"}
    assert (results["fifo"].realised.value, results["fifo"].long_gain.value, results["fifo"].is_own) == (D("65"), D("50"), True)
    assert not results["average"].long_gain.known
    sums = {one.realised.value + one.unrealised.value for one in results.values()}  # type: ignore[operator]
    assert sums == {D("105") + D("120") - D("120")}
    fifo.refresh_from_db()
    assert fifo.cost_method == "fifo"


# ── the page ────────────────────────────────────────────────────────────────


def test_the_page_shows_lots_of_each_state_and_filters_them(signed_in: Any, fifo: Any, asml: Any) -> None:
    address = reverse("portfolio-lots", args=[fifo.pk])
    page = text(signed_in.get(address))
    assert 'Closed<span class="only-phone"> 1 Feb 2024' in page and "Part closed" in page and "of 2" in page and "ASML Holding" in page
    assert "Closed 1 Feb 2024" not in text(signed_in.get(address + "?status=open"))
    assert "No such lots" in text(signed_in.get(address + "?status=open&as_of=2020-01-01")) or "No lots yet" in text(
        signed_in.get(address + "?status=open&as_of=2020-01-01")
    )
    assert signed_in.get(address + f"?instrument={asml.pk}").status_code == 200
    assert signed_in.get(address + "?instrument=999999").status_code == 404
    assert signed_in.get(address + "?instrument=x&method=y&status=z&as_of=soon").status_code == 404
    assert "Choose a day up to today." in text(signed_in.get(address + "?as_of=2999-01-01"))


def test_sales_name_their_lots_with_term_and_parts_of_the_gain(signed_in: Any, fifo: Any) -> None:
    page = text(signed_in.get(reverse("portfolio-lots", args=[fifo.pk]) + "?show=sales"))
    assert "lot of 3 Jan 2023" in page and "394 d" in page and "Long" in page and "+€65.00" in page


def test_any_method_can_be_asked_and_all_compared(signed_in: Any, fifo: Any) -> None:
    address = reverse("portfolio-lots", args=[fifo.pk])
    assert "A look under another method." in text(signed_in.get(address + "?method=average"))
    page = text(signed_in.get(address + "?show=methods"))
    assert "Highest cost first" in page and "+€65.00" in page and "The portfolio’s" in page


@pytest.mark.parametrize("show", ["", "sales", "methods"])
def test_the_page_asks_as_much_of_the_database_however_many_lots(
    signed_in: Any, fifo: Any, asml: Any, show: str, django_assert_max_num_queries: Any
) -> None:
    for day in range(6, 28):
        record(fifo, "buy", date(2024, 1, day), make_instrument(price="10"), quantity="2", price="30")
        record(fifo, "sell", date(2024, 2, day), asml, quantity="0.01", price="30")
    with django_assert_max_num_queries(14):
        signed_in.get(reverse("portfolio-lots", args=[fifo.pk]) + f"?show={show}")


def test_a_portfolio_without_lots_says_what_opens_one(signed_in: Any, portfolio: Any) -> None:
    assert "No lots yet" in text(signed_in.get(reverse("portfolio-lots", args=[portfolio.pk])))
    assert "Nothing was sold" in text(signed_in.get(reverse("portfolio-lots", args=[portfolio.pk]) + "?show=sales"))


# ── the API ─────────────────────────────────────────────────────────────────


def test_programs_get_the_same_lots_sales_and_methods(signed_in: Any, fifo: Any, asml: Any) -> None:
    answer = signed_in.get(reverse("api-lots", args=[fifo.pk])).json()
    assert [(lot["status"], lot["bought"], lot["quantity"]) for lot in answer["open"]] == [("part_closed", "2", "1"), ("open", "2", "2")]
    assert [lot["realized_gain"] for lot in answer["closed_lots"]] == ["50"]
    (sale,) = answer["sales"]
    assert [(match["term"], match["days_held"]) for match in sale["matches"]] == [("long", 394), ("short", 28)]
    methods = signed_in.get(reverse("api-lots-methods", args=[fifo.pk]) + "?instrument=ASML").json()
    assert {one["method"]: one["realized_gain"] for one in methods["results"]}["fifo"] == "65"


def test_every_method_answers_side_by_side_also_where_a_sale_names_a_lot_that_another_method_took_before(api: Any, person: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo", tracks_cash=False)
    share = make_instrument("SIDE", price="30")
    record(portfolio, "buy", "2024-01-02", share, quantity="10", price="10")
    second = record(portfolio, "buy", "2024-02-02", share, quantity="10", price="20")
    record(portfolio, "sell", "2024-03-01", share, quantity="10", price="30")
    record(portfolio, "sell", "2024-03-02", share, quantity="5", price="30", lots=(LotChoice(second.entry, D(5)),))
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/lots/methods").json()
    told = {one["method"]: (one["cost"], one["realized_gain"], one["unrealized_gain"]) for one in answer["results"]}
    assert told == {
        "average": ("75", "225", "75"),
        "fifo": ("100", "250", "50"),
        "lifo": ("50", "200", "100"),
        "hifo": ("50", "200", "100"),
        "lofo": ("100", "250", "50"),
        "specific": ("100", "250", "50"),
        "section104": ("75", "225", "75"),
    }
    pools = [{"figure": f"{method}.long_term_gain", "reason": "Units of a pool have no day of their own."} for method in ("average", "section104")]
    assert answer["undefined"] == pools
    assert [one["method"] for one in answer["results"] if one["undefined"]] == ["average", "section104"]
    for method in told:
        assert api.get(f"/api/v1/portfolios/{portfolio.pk}/lots?method={method}").status_code == 200


def test_each_instrument_without_a_price_or_a_rate_is_named(signed_in: Any, person: Any) -> None:
    portfolio = make_portfolio(person, cost_method="fifo", tracks_cash=False)
    for symbol in ("HOUSE", "BARN"):
        record(portfolio, "buy", "2024-01-02", make_instrument(symbol), quantity="1", price="10")
    ore = make_instrument("ORE", currency="NOK", price="9")
    record(portfolio, "buy", "2024-01-02", ore, quantity="1", price="10", settlement_currency="EUR", amount="8", fx_rate="0.1")
    said = ["No price of HOUSE is known.", "No price of BARN is known.", "No NOK/EUR rate is known, which ORE needs."]
    wanted = sorted(f"{one} It stands at its cost." for one in said)
    for path in ("lots", "lots/methods"):
        told = signed_in.get(f"/api/v1/portfolios/{portfolio.pk}/{path}").json()
        assert sorted(one if isinstance(one, str) else one["detail"] for one in told["warnings"]) == wanted, path
    for show in ("", "methods"):
        page = text(signed_in.get(reverse("portfolio-lots", args=[portfolio.pk]) + f"?show={show}"))
        assert all(page.count(sentence) == 1 for sentence in wanted), show
