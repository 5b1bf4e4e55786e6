"""Twelve cases that went wrong in other trackers, each through what people and programs use.  One test for each, by number."""

from __future__ import annotations

import statistics
import time
import urllib.request
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.border import day_numbers
from analytics.selectors import Explanation, Scope, Term, explain, holding_detail, performance
from market.services import PriceRow, RateRow, ingest_prices, ingest_rates
from portfolio_site.kernel.figures import Figure
from portfolios.errors import SamePortfolio
from portfolios.models import CashBalance, Holding, Portfolio, Transaction
from portfolios.selectors import holdings_of, lots_of
from portfolios.services import TransactionDraft, record_many
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_person, make_portfolio, record, set_quote
from tests.threads import at_once
from tests.truth.drivers import Services
from tests.truth.test_invariants import standing
from tests.truth.world import FIRST, LONG, make_world, rolled_back
from tests.truth.world import day as nth

pytestmark = pytest.mark.django_db


def closes(instrument: Any, *prices: str, first: date = FIRST) -> None:
    ingest_prices(instrument, [PriceRow(first + timedelta(days=n), D(price)) for n, price in enumerate(prices)], "test")


def held(portfolio: Portfolio, instrument: Any) -> Holding:
    return Holding.objects.get(portfolio=portfolio, instrument=instrument)


# ── 1 to 5 ──────────────────────────────────────────────────────────────────


def test_case_1_the_average_forgets_what_was_sold(portfolio: Portfolio) -> None:
    """Buy 10, sell 10, buy 10 again: the average is that of the last ten."""
    share = make_instrument()
    record(portfolio, "buy", "2024-01-02", share, quantity="10", price="100")
    record(portfolio, "sell", "2024-02-02", share, quantity="10", price="130")
    record(portfolio, "buy", "2024-03-04", share, quantity="10", price="50")
    row = holdings_of(portfolio).rows[0]
    assert (row.quantity, row.cost, row.average_cost.value) == (D(10), D(500), D(50))
    assert row.realised == D(300) and row.opened_on == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("new", "old", "after", "units"), [("2", "1", "1", "200"), ("1", "50", "100", "2"), ("1", "3", "6", "33.333333333333333333")]
)
def test_case_2_a_split_moves_no_value_on_the_day_before_it(portfolio: Portfolio, new: str, old: str, after: str, units: str) -> None:
    """100 units at 2 are worth 200 the day before the split, and as much on the day of it, whatever the ratio."""
    share = make_instrument()
    closes(share, "2", "2", after, after)
    record(portfolio, "buy", nth(0), share, quantity="100", price="2")
    record(portfolio, "split", nth(2), share, ratio_new=new, ratio_old=old)
    before, on_the_day = holdings_of(portfolio, as_of=nth(1)).rows[0], holdings_of(portfolio, as_of=nth(2)).rows[0]
    assert (before.quantity, before.value.value) == (D(100), D(200))
    assert on_the_day.quantity == D(units) and abs(on_the_day.value.value - 200) < D("1e-15")
    assert before.cost == on_the_day.cost == D(200)


@settings(max_examples=60 if LONG else 6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
@rolled_back
def test_case_3_a_portfolio_that_joins_later_moves_no_return_of_the_union(seed: int) -> None:
    """Each day's return of both together lies between the day's lowest and highest part; what moves between them is no flow."""
    random, person = Random(seed), make_person()
    shares = [make_instrument(), make_instrument()]
    for share in shares:
        closes(share, *[str(random.randint(50, 150)) for _ in range(20)])
    early, late = (make_portfolio(person, tracks_cash=False) for _ in range(2))
    record(early, "buy", nth(1), shares[0], quantity="10", price="100")
    join = random.randint(3, 10)
    record(late, "buy", nth(join), shares[1], quantity=str(random.randint(1, 500)), price="100")
    for ledger, number in ((early, 12), (late, 14)):
        record(ledger, "buy", nth(number), shares[random.randint(0, 1)], quantity=str(random.randint(1, 90)), price="100")
    span = {"start": nth(1), "end": nth(19)}
    union, *parts = (_growth([*chosen], **span) for chosen in ((early, late), (early,), (late,)))
    for day, growth in union.items():
        moved = [part[day] for part in parts if day in part]
        assert not moved or min(moved) - 1e-9 <= growth <= max(moved) + 1e-9, day


def _growth(portfolios: list[Portfolio], *, start: date, end: date) -> dict[int, float]:
    """By day: the growth of it, from the second day of a portfolio on (the first one has the price that was paid in it)."""
    series = performance(portfolios, start=start, end=end).series
    first = min(int(day_numbers([t.traded_on])[0]) for t in Transaction.objects.filter(portfolio__in=portfolios))
    index = 1 + series.twr
    return {
        int(day): float(index[n] / index[n - 1])
        for n, day in enumerate(series.days)
        if n and int(day) >= first and index[n - 1]
    }  # fmt: skip


def test_case_4_a_day_of_negative_cash_breaks_nothing(portfolio: Portfolio) -> None:
    """The purchase settles before the sale that pays for it: the balance is below zero for a day, and right afterwards."""
    share, other = make_instrument(price="11"), make_instrument(price="11")
    closes(share, *["10"] * 9)
    closes(other, *["10"] * 9)
    record(portfolio, "deposit", nth(0), amount="100")
    record(portfolio, "buy", nth(1), share, quantity="10", price="10")
    record(portfolio, "buy", nth(2), other, quantity="10", price="10")
    assert holdings_of(portfolio, as_of=nth(2)).cash[0].amount == D(-100)
    record(portfolio, "sell", nth(3), share, quantity="10", price="10")
    assert CashBalance.objects.filter(portfolio=portfolio, amount__isnull=False).count() == 0
    figures = performance([portfolio], end=nth(5))
    assert figures.twr.value == pytest.approx(0) and holdings_of(portfolio, as_of=nth(2)).value.value == D(100)


def test_case_5_two_equal_fills_of_one_file_are_both_real_and_the_file_again_adds_nothing() -> None:
    world = make_world()
    product, share = Services(world), world.instruments["AAA"]
    portfolio = make_portfolio(world.person)
    content = f"date,type,symbol,quantity,price,currency\n{nth(1)},buy,{share.symbol},5,10,EUR\n{nth(1)},buy,{share.symbol},5,10,EUR\n".encode()
    assert product.read_file(portfolio.pk, content) == {"new": 2}
    product.record_file()
    assert held(portfolio, share).quantity == D(10)
    assert product.read_file(portfolio.pk, content) == {"duplicate": 2}


# ── 6 to 10 ─────────────────────────────────────────────────────────────────


def test_case_6_what_was_paid_counts_and_the_persons_rate_beats_the_days(person: Any) -> None:
    """A fund priced in dollars, paid in francs, in a portfolio in francs: invested is the francs that were paid."""
    fund = make_instrument(currency="USD", price="55")
    ingest_rates(RateRow("EUR", quote, nth(n), D(rate), "test") for n in range(5) for quote, rate in (("USD", "1.10"), ("CHF", "0.95")))
    portfolio = make_portfolio(person, base_currency="CHF")
    paid = record(portfolio, "buy", nth(1), fund, quantity="20", price="50", settlement_currency="CHF", amount="901.25", fees="1.25")
    assert (paid.price, paid.currency, paid.amount, paid.settlement_currency) == (D(50), "USD", D("901.25"), "CHF")
    assert held(portfolio, fund).cost == D("901.25") and held(portfolio, fund).cost_local == D("1001.388888888888888889")
    own = record(portfolio, "buy", nth(2), fund, quantity="10", price="50", fx_rate="0.9")
    assert own.fx_rate == D("0.9") and held(portfolio, fund).cost == D("901.25") + D(450)
    assert {row.currency: row.amount for row in CashBalance.objects.filter(portfolio=portfolio)} == {"CHF": D("-901.25"), "USD": D(-500)}


def test_case_7_a_missing_price_or_rate_is_named_and_never_one_or_zero(person: Any) -> None:
    priced, unpriced, foreign = make_instrument(price="10"), make_instrument("NOPRICE"), make_instrument("NORATE", currency="NOK", price="10")
    portfolio = make_portfolio(person)
    record(portfolio, "buy", nth(1), priced, quantity="1", price="8")
    record(portfolio, "buy", nth(1), unpriced, quantity="1", price="7")
    record(portfolio, "dividend", nth(2), unpriced, amount="3")
    record(portfolio, "buy", nth(1), foreign, quantity="1", price="60", fx_rate="0.1")
    table = holdings_of(portfolio)
    by_symbol = {row.instrument.symbol: row for row in table.rows}
    for symbol, cost, missing in (("NOPRICE", 7, "NOPRICE"), ("NORATE", 6, "NOK")):
        row = by_symbol[symbol]
        assert row.at_cost and row.value.value == row.cost == D(cost) and any(missing in sentence for sentence in row.value.warnings)
        assert row.unrealised.value == 0 and row.day_change.value is None
    assert by_symbol["NOPRICE"].price.value is None and "NOPRICE" in by_symbol["NOPRICE"].price.why_not
    assert table.holdings_value.value == D(10 + 7 + 6)
    assert all(any(missing in sentence for sentence in table.holdings_value.warnings) for missing in ("NOPRICE", "NOK"))
    with pytest.raises(Exception, match="No NOK/EUR rate is known"):
        record(portfolio, "deposit", nth(1), amount="5", currency="NOK")


@pytest.mark.parametrize("method", ["fifo", "average", "lifo"])
def test_case_8_there_and_back_again_keeps_the_order_of_acquisition(person: Any, method: str) -> None:
    """A → B → A: the lots come back with their dates and cost, no gain is made, and nothing is lost."""
    share = make_instrument()
    first, second = (make_portfolio(person, name=name, cost_method=method) for name in "AB")
    for number, price in enumerate(("10", "20", "15")):
        record(first, "buy", nth(number), share, quantity="5", price=price, fees="0.1")
    wanted = sorted((lot.opened_on, lot.quantity, lot.cost) for lot in lots_of(first).lots[share.pk])
    for source, target, number in ((first, second, 5), (second, first, 6)):
        draft = TransferDraft(instrument=share, quantity=D(12) if target == second else held(second, share).quantity, day=nth(number))
        transfer_units(person, source, target, draft)
    found = lots_of(Portfolio.objects.get(pk=first.pk)).lots[share.pk]
    assert _merged(found) == _merged_of(wanted) and held(second, share).quantity == 0
    assert held(first, share).cost == sum(cost for _, _, cost in wanted) and held(first, share).realised == held(second, share).realised == 0
    with pytest.raises(SamePortfolio):
        transfer_units(person, first, first, TransferDraft(instrument=share, quantity=D(1), day=nth(7)))


def _merged(lots: Any) -> dict[date, tuple[Decimal, Decimal]]:
    return _merged_of([(lot.opened_on, lot.quantity, lot.cost) for lot in lots])


def _merged_of(lots: list[tuple[date, Decimal, Decimal]]) -> dict[date, tuple[Decimal, Decimal]]:
    """By day of acquisition: units and cost, however many lots they lie in."""
    found: dict[date, tuple[Decimal, Decimal]] = {}
    for day, units, cost in sorted(lots):
        had = found.get(day, (Decimal(0), Decimal(0)))
        found[day] = (had[0] + units, had[1] + cost)
    return found


def test_case_9_the_own_export_makes_an_identical_ledger() -> None:
    world = make_world()
    product, share, dollars = Services(world), world.instruments["AAA"], world.instruments["BBB"]
    first = make_portfolio(world.person, cost_method="fifo")
    record(first, "deposit", nth(0), amount="5000.000000000000000001", notes="=1+1")
    record(first, "buy", nth(1), share, quantity="3.333333333333333333", price="99.99", fees="1.11", taxes="0.07", notes="a, “quoted”\nnote")
    record(first, "buy", nth(2), dollars, quantity="2", price="112.5", settlement_currency="EUR", amount="180.01", fees="0.5")
    record(first, "split", nth(3), share, ratio_new="3", ratio_old="2")
    record(first, "sell", nth(4), share, quantity="1", price="70", external_id="T-1")
    record(first, "transfer_in", nth(5), share, quantity="5", price="80", acquired_on=date(2015, 5, 5))
    record(first, "dividend", nth(6), dollars, amount="-1.5", taxes="0.2")
    second = make_portfolio(world.person, cost_method="fifo")
    content = product.export(first.pk)
    product.read_file(second.pk, content)
    product.record_file()
    assert standing(second) == standing(first) and product.export(second.pk) == content


PUBLIC = [
    "/portfolios/{pk}/", "/portfolios/{pk}/settings/", "/api/v1/portfolios/{pk}", "/api/v1/portfolios/{pk}/holdings", "/api/v1/portfolios/{pk}/lots",
    "/api/v1/portfolios/{pk}/transactions", "/api/v1/portfolios/{pk}/export", "/api/v1/portfolios/{pk}/value", "/api/v1/portfolios/{pk}/gains",
    "/api/v1/portfolios/{pk}/performance", "/api/v1/transactions/portfolio/{pk}",
]  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
def test_case_10_the_number_of_a_private_portfolio_says_nothing_to_others(client: Any, portfolio: Portfolio, stranger: Any, path: str) -> None:
    """404, and the same answer as for a number that is nobody's."""
    client.force_login(stranger)
    answer, nobodys = client.get(path.format(pk=portfolio.pk)), client.get(path.format(pk=999_999_999))
    assert answer.status_code == nobodys.status_code == 404
    assert portfolio.name.encode() not in answer.content


# ── 11 ──────────────────────────────────────────────────────────────────────

ENTRIES, SYMBOLS, YEARS = (20_000, 250, 12) if LONG else (1_500, 25, 12)


@pytest.mark.django_db(transaction=True)
@pytest.mark.drill
@pytest.mark.slow
def test_case_11_the_dashboard_answers_while_everything_is_computed_anew(live_server: Any, person: Any, today: date) -> None:
    """Health answers in milliseconds meanwhile.  20 000 entries of 250 symbols over 12 years in the long form."""
    shares = [make_instrument(price="20", previous="19") for _ in range(SYMBOLS)]
    first = today - timedelta(days=365 * YEARS)
    portfolio = make_portfolio(person, tracks_cash=False)
    gap = 365 * YEARS / ENTRIES
    for share in shares:
        ingest_prices(share, [PriceRow(first + timedelta(days=n), D(10 + n % 9)) for n in range(0, 365 * YEARS, 7)], "test")
    drafts = [
        TransactionDraft(kind="buy", traded_on=first + timedelta(days=int(n * gap)), instrument=shares[n % SYMBOLS], quantity=D(2), price=D(10))
        for n in range(ENTRIES)
    ]
    for start in range(0, ENTRIES, 10_000):
        record_many(person, portfolio, drafts[start : start + 10_000])
    browser = Client()
    browser.force_login(person)
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}

    def get(path: str) -> tuple[int, float]:
        began = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(live_server.url + path, headers=cookie), timeout=120) as answer:
            answer.read()
            return answer.status, time.perf_counter() - began

    def health() -> list[float]:
        waits = []
        for _ in range(40):
            status, seconds = get("/healthz")
            assert status == 200
            waits.append(seconds)
            time.sleep(0.02)
        return waits

    change = partial(record, portfolio, "buy", first, shares[0], quantity="1", price="10")  # back-dated to the first day
    _, page, waits = at_once(change, partial(get, "/dashboard/"), health)
    assert isinstance(page, tuple) and page[0] == 200, page
    assert isinstance(waits, list), waits
    assert statistics.median(waits) < (0.25 if LONG else 0.5), "health waits for the computation"


# ── 12 ──────────────────────────────────────────────────────────────────────

EXACT = ["total_value", "total_gain", "unrealized_gain", "realized_gain", "income", "total_cost", "cash_value", "expenses", "net_flows"]


@settings(max_examples=60 if LONG else 6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), method=st.sampled_from(["average", "fifo"]))
@rolled_back
def test_case_12_every_explanation_comes_to_its_figure(seed: int, method: str) -> None:
    """On random ledgers, to the last digit: the terms and the lines of each exact figure, of the whole and of each holding."""
    random, world = Random(seed), make_world()
    portfolio = make_portfolio(world.person, cost_method=method)
    ingest_rates([RateRow("EUR", "USD", date.today(), D("1.25"), "test")])
    for share in world.shares:
        set_quote(share, str(random.randint(1, 99)), "7")
        for number in range(random.randint(1, 4)):
            record(portfolio, "buy", nth(number), share, quantity=str(random.randint(3, 9)), price=str(random.randint(1, 50)), fees="0.37")
        record(portfolio, "sell", nth(5), share, quantity="2.333333333333333333", price=str(random.randint(1, 50)), taxes="0.11")
        record(portfolio, "dividend", nth(6), share, amount=str(random.randint(1, 50)), taxes="0.5")
    scope = Scope([portfolio], "EUR")
    for name in EXACT:
        _adds_up(explain(scope, name))
    for share in world.shares:
        found = holding_detail(world.person, [portfolio], share, "EUR").explanations
        for name in found:
            explanation = found[name]
            if isinstance(explanation.figure.value, Decimal):
                _adds_up(explanation)


def _adds_up(explanation: Explanation) -> None:
    assert explanation.terms and _result(explanation.terms[:-1]) == explanation.terms[-1].figure.value == explanation.figure.value, explanation.name
    for check in explanation.checks:
        assert _result(check[:-1]) == check[-1].figure.value, explanation.name


def _result(terms: tuple[Term, ...]) -> Decimal:
    found = Decimal(0)
    act: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
        "−": lambda a, b: a - b, "×": lambda a, b: a * b, "÷": lambda a, b: a / b, "+": lambda a, b: a + b, "": lambda a, b: a + b,
    }  # fmt: skip
    for term in terms:
        figure: Figure = term.figure
        assert isinstance(figure.value, Decimal), term.label
        found = act[term.operator](found, figure.value)
    return found.quantize(Decimal("1e-18"))
