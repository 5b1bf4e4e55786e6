"""Returns before fees and taxes: those of a portfolio that pays none from its own money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.errors import Undefined
from analytics.engine.returns import time_weighted_return
from analytics.selectors import Scope, returns_of
from analytics.series import daily, each_day
from portfolios.ledger.records import EXPENSE
from portfolios.selectors import costs_paid
from tests.analytics.worlds import book, closes, day, event, market
from tests.factories import make_portfolio, record

DAY = timedelta(days=1)
RETURNS = ("twr", "twr_annualised", "mwr", "modified_dietz", "simple_return")


def number(figure: Any) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


@pytest.mark.django_db
def test_costs_are_told_entry_by_entry_and_those_outside_of_trades_are_the_expenses_of_the_ledger(
    euro_portfolio: Any, dollar_portfolio: Any, began: date
) -> None:
    scope = Scope([euro_portfolio, dollar_portfolio], "EUR")
    found = costs_paid(scope.portfolios, scope.told.books, "EUR")
    postings = [one for held in scope.books for one in held.postings if one.kind == EXPENSE]
    assert sum(one.amount for one in found if one.is_booked) == sum(one.amount for one in postings)
    own = [(one.entry, one.is_tax, one.is_booked, one.amount) for one in costs_paid([euro_portfolio], scope.told.books, "EUR")]
    assert own == [
        ("buy", False, False, Decimal("4.90")),
        ("buy", False, False, Decimal(1)),
        ("dividend", True, True, Decimal(6)),
        ("sell", False, False, Decimal("4.90")),
        ("fee", False, True, Decimal(12)),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("since", [0, 1, 11, 150, 205])
@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_every_return_before_costs_is_at_least_that_after_them(
    euro_portfolio: Any, dollar_portfolio: Any, began: date, since: int, currency: str
) -> None:
    portfolios, start = [euro_portfolio, dollar_portfolio], began + since * DAY
    net, gross = (returns_of(Scope(portfolios, currency, gross=told), start) for told in (False, True))
    for name in RETURNS:
        before, after = getattr(gross.performance, name), getattr(net.performance, name)
        assert before.known == after.known and (not after.known or number(before) > number(after)), name
    assert number(net.gross_twr) == number(gross.gross_twr) == number(gross.performance.twr)
    assert number(gross.net_twr) == number(net.net_twr) == number(net.performance.twr)
    for amount in ("start_value", "end_value", "net_flows", "gain"):
        assert getattr(gross.performance, amount) == getattr(net.performance, amount)
    assert sum(number(one.contribution) for one in gross.parts) == pytest.approx(number(gross.performance.twr), abs=1e-9)
    assert np.prod([1 + number(year.twr) for year in gross.years]) >= np.prod([1 + number(year.twr) for year in net.years])
    assert gross.performance.series.twr[-1] == pytest.approx(number(gross.performance.twr))
    assert number(gross.worst_fall) >= number(net.worst_fall)


@pytest.mark.django_db
def test_without_costs_gross_is_net(person: Any, share: Any, began: date) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", began, amount="5000")
    record(portfolio, "buy", began + 2 * DAY, share, quantity="20", price="100.02")
    record(portfolio, "sell", began + 90 * DAY, share, quantity="5", price="101")
    net, gross = (returns_of(Scope([portfolio], gross=told)) for told in (False, True))
    assert [getattr(net.performance, name) for name in RETURNS] == [getattr(gross.performance, name) for name in RETURNS]
    assert net.years == gross.years and net.falls == gross.falls and net.extremes == gross.extremes


@pytest.mark.django_db
def test_gross_returns_are_those_of_the_same_entries_paid_from_another_pocket(person: Any, share: Any, began: date, today: date) -> None:
    """Where cash is not tracked, a fee is a flow: without it the same money was at work, and nothing was lost."""
    costly, free = make_portfolio(person, tracks_cash=False), make_portfolio(person, tracks_cash=False)
    for portfolio, fees in ((costly, "5"), (free, "0")):
        record(portfolio, "buy", began, share, quantity="10", price="100")
        record(portfolio, "sell", began + 100 * DAY, share, quantity="4", price="101", fees=fees)
    gross, net = (returns_of(Scope([costly], gross=True)).performance, returns_of(Scope([free])).performance)
    for name in RETURNS:
        assert number(getattr(gross, name)) == pytest.approx(number(getattr(net, name)), abs=1e-12), name


@given(st.integers(0, 2**32 - 1))
def test_on_any_ledger_each_day_is_at_least_as_good_before_costs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    first = date(2024, 1, 1)
    events, held = [event("deposit", first.isoformat(), amount="100000")], 0
    for _ in range(int(chance.integers(1, 12))):
        on = (first + DAY * int(chance.integers(1, 40))).isoformat()
        events.append(event("buy", on, instrument=1, quantity="10", gross="1000", fees=f"{chance.uniform(0, 9):.2f}"))
        held += 10
        if chance.random() < 0.5:
            events.append(event("fee", on, amount=f"{chance.uniform(0, 9):.2f}"))
        if chance.random() < 0.3:
            events.append(event("dividend", on, instrument=1, gross="50", taxes=f"{chance.uniform(0, 20):.2f}"))
    events.sort(key=lambda one: (one.day, one.id))
    told = replace_ids(events)
    tracks = bool(chance.random() < 0.5)
    ledger = book(*(one for one in told if tracks or one.kind != "deposit"), tracks_cash=tracks)
    prices = {f"d{(first + DAY * n):%Y_%m_%d}": float(100 * chance.uniform(0.8, 1.2)) for n in range(45)}
    series = daily([ledger], currency="EUR", market=market(closes(1, **prices)), last=day("2024-02-14"))
    expenses = [(one.day, one.amount) for one in ledger.postings if one.kind == EXPENSE]
    fees = [(one.day, getattr(one, "fees", Decimal(0))) for one in told if one.kind == "buy"]
    costs = each_day([*expenses, *fees], series.first, len(series.inflow))
    before = series.before_costs(costs)
    try:
        net, gross = (time_weighted_return(one.value, one.inflow, one.outflow) for one in (series, before))
    except Undefined:
        return
    assert gross >= net - 1e-12
    none = series.before_costs(np.zeros(len(costs)))
    assert (none.inflow == series.inflow).all() and (none.outflow == series.outflow).all()


def replace_ids(events: list[Any]) -> list[Any]:
    return [replace(one, id=place, sequence=place) for place, one in enumerate(events, start=1)]


# ── page and API ────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_switch_stands_in_the_address_of_page_file_and_api(signed_in: Any, api: Any, euro_portfolio: Any) -> None:
    page = signed_in.get("/performance/?returns=gross&period=MAX").content.decode()
    assert "before fees and taxes" in page and 'href="?period=MAX"' in page
    assert "after fees and taxes" in signed_in.get("/performance/?period=MAX").content.decode()
    path = f"/api/v1/portfolios/{euro_portfolio.pk}/performance"
    net, gross = api.get(path).json(), api.get(f"{path}?returns=gross").json()
    assert (net["returns"], gross["returns"]) == ("net", "gross") and net["gain"] == gross["gain"]
    assert float(gross["simple_return"]) > float(net["simple_return"]) and float(gross["series"][-1]["twr"]) == pytest.approx(float(gross["twr"]))
    refused = api.get(f"{path}?returns=both")
    assert refused.status_code == 400 and refused.json()["errors"][0]["field"] == "returns"
    file = signed_in.get("/performance/?returns=gross&period=MAX&export=json").json()
    told = {row["figure"]: row["value"] for row in file["figures"]}
    assert file["returns"] == "gross" and float(told["simple_return"]) == pytest.approx(float(gross["simple_return"]))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["twr", "mwr", "modified_dietz", "simple_return", "maximum_drawdown", "excess", "contribution"])
def test_an_explanation_says_which_of_the_two_it_is(signed_in: Any, euro_portfolio: Any, name: str) -> None:
    found = returns_of(Scope([euro_portfolio], gross=True)).explanations[name]
    assert "Before fees and taxes" in found.words and "After fees and taxes" not in found.words
    assert signed_in.get(f"/performance/?period=MAX&returns=gross&why={name}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("gross", [False, True])
@pytest.mark.parametrize("name", ["modified_dietz", "simple_return"])
def test_returns_on_money_are_made_again_from_their_terms_and_rows(euro_portfolio: Any, began: date, name: str, gross: bool) -> None:
    found = returns_of(Scope([euro_portfolio], gross=gross), began + 50 * DAY).explanations[name]
    *gains, over, result = [number(term.figure) for term in found.terms]
    assert sum(gains) / over == pytest.approx(result, abs=1e-12)
    assert sum(number(line.cells[-1]) for line in found.lines) == pytest.approx(over, abs=1e-6)
