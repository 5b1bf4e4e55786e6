"""Real statements against a calculation made here from the raw file, by the csv module and decimals alone."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from portfolios.choices import ImportStatus
from portfolios.imports import selectors, services
from portfolios.models import CashBalance, Holding, Transaction
from tests import factories
from tests.shared import shared_file

pytestmark = pytest.mark.django_db

# units for one EUR: chosen so that every cross rate is exact and near the rates of the statement
RATES = {
    "2023-05-22": {"USD": "1.25", "CHF": "1.125", "GBP": "0.9"},
    "2023-06-09": {"USD": "1.25", "CHF": "1.125", "GBP": "0.9"},
    "2023-08-03": {"USD": "1.28", "CHF": "1.125", "GBP": "0.9"},
    "2023-12-28": {"USD": "1.28", "CHF": "1.125", "GBP": "0.9"},
    "2024-01-26": {"USD": "1.28", "CHF": "1.125", "GBP": "0.9"},
    "2024-01-29": {"USD": "1.25", "CHF": "1.125", "GBP": "0.9"},
    "2024-03-23": {"USD": "1.25", "CHF": "1.125", "GBP": "0.9"},
}


@pytest.fixture
def pounds(person):
    for currency in ("USD", "CHF", "GBP"):
        factories.set_rates(currency, {date.fromisoformat(day): rates[currency] for day, rates in RATES.items()})
    return factories.make_portfolio(person, base_currency="GBP")


@pytest.fixture
def bring(person, pounds, django_capture_on_commit_callbacks):
    """Imports a recorded file as a new person does: upload, make the unknown instruments, record."""

    def act(name, portfolio=None):
        content = shared_file(f"broker_exports/{name}").read_bytes()
        with django_capture_on_commit_callbacks(execute=True):
            batch = services.start_import(person, portfolio or pounds, file_name=name, content=content)
        batch = selectors.get_import(person, batch.pk)
        if selectors.counts_of(batch).unknown:
            services.create_all_unknown(person, batch)
        if selectors.counts_of(batch).recordable:
            with django_capture_on_commit_callbacks(execute=True):
                services.confirm_import(person, batch)
        return selectors.get_import(person, batch.pk)

    return act


def rows_of(name):
    with shared_file(f"broker_exports/{name}").open(newline="") as file:
        return list(csv.DictReader(file))


def pounds_for(currency: str, day: str) -> Decimal:
    rates = RATES[day]
    return Decimal(rates["GBP"]) / Decimal(rates[currency])


def expected_trading212(name):
    """ISIN → [units, cost, realised] by average cost, and the cash, in pounds: a total is what a purchase cost or a sale brought."""
    held = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    cash = Decimal(0)
    for row in rows_of(name):
        total, action = abs(Decimal(row["Total"])), row["Action"].lower()
        if action.endswith("buy"):
            held[row["ISIN"]][0] += Decimal(row["No. of shares"])
            held[row["ISIN"]][1] += total
            cash -= total
        elif action.endswith("sell"):
            units, stock = Decimal(row["No. of shares"]), held[row["ISIN"]]
            cost = stock[1] * units / stock[0]
            stock[0], stock[1], stock[2] = stock[0] - units, stock[1] - cost, stock[2] + total - cost
            cash += total
        else:
            cash += -total if action == "withdrawal" else total
    return held, cash


def expected_flex(name):
    """ISIN → [units, cost in pounds], and cash by currency."""
    held = defaultdict(lambda: [Decimal(0), Decimal(0)])
    cash = defaultdict(Decimal)
    for row in rows_of(name):
        text = row["TradeDate"]
        day = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        money, fee = abs(Decimal(row["TradeMoney"])), -Decimal(row["IBCommission"])
        currency = row["CurrencyPrimary"]
        if row["ISIN"]:
            held[row["ISIN"]][0] += Decimal(row["Quantity"])
            held[row["ISIN"]][1] += (money + fee) * pounds_for(currency, day)
            cash[currency] -= money + fee
        else:  # francs were sold for dollars, the commission was paid in francs
            cash["CHF"] += Decimal(row["Quantity"]) - fee
            cash["USD"] += money
    return held, cash


def holdings(portfolio):
    return {row.instrument.isin: row for row in Holding.objects.select_related("instrument").filter(portfolio=portfolio)}


def balances(portfolio):
    return {row.currency: row.amount for row in CashBalance.objects.filter(portfolio=portfolio)}


def snapshot(portfolio):
    shown = [(isin, row.quantity, row.cost, row.realised, row.income) for isin, row in sorted(holdings(portfolio).items())]
    return shown, balances(portfolio), Transaction.objects.live().filter(portfolio=portfolio).count()


def test_both_statements_of_a_new_person_come_to_the_figures_of_their_raw_files(person, pounds, bring):
    assert bring("trading212/2024.csv").status == ImportStatus.COMMITTED
    assert bring("interactive_brokers/flex_trades.csv").status == ImportStatus.COMMITTED
    british, pound_cash = expected_trading212("trading212/2024.csv")
    swiss, other_cash = expected_flex("interactive_brokers/flex_trades.csv")
    found = holdings(pounds)
    assert set(found) == set(british) | set(swiss)
    for isin, (units, cost, realised) in british.items():
        assert (found[isin].quantity, found[isin].cost, found[isin].realised) == (units, cost, realised)
    for isin, (units, cost) in swiss.items():
        assert (found[isin].quantity, found[isin].cost, found[isin].realised) == (units, cost, 0)
    assert balances(pounds) == {"GBP": pound_cash, **other_cash}

    # again: nothing is added
    before = snapshot(pounds)
    for name in ("trading212/2024.csv", "interactive_brokers/flex_trades.csv"):
        again = bring(name)
        counts = selectors.counts_of(again)
        assert again.status == ImportStatus.REVIEW and counts.recordable == 0 and counts.duplicate == counts.listed
    assert snapshot(pounds) == before


def test_undoing_leaves_everything_as_before(person, pounds, bring):
    first = bring("trading212/2024.csv")
    before = snapshot(pounds)
    second = bring("interactive_brokers/flex_trades.csv")
    assert snapshot(pounds) != before
    services.revert_import(person, second)
    open_before = ([row for row in before[0] if row[1]], before[1], before[2])
    now = snapshot(pounds)
    assert ([row for row in now[0] if row[1]], {c: a for c, a in now[1].items() if a}, now[2]) == open_before
    services.revert_import(person, first)
    assert Transaction.objects.live().filter(portfolio=pounds).count() == 0
    assert all(row.quantity == 0 and row.cost == 0 and row.realised == 0 for row in holdings(pounds).values())


@pytest.mark.parametrize("name", ["trading212/2020.csv", "trading212/2021-2022.csv", "trading212/2026.csv"])
def test_the_other_layouts_come_to_the_figures_of_their_raw_files_too(pounds, bring, name):
    # two of these files lack splits and earlier years: the rows that the ledger refuses stay out here and there
    batch = bring(name)
    assert batch.status == ImportStatus.COMMITTED
    counts = selectors.counts_of(batch)
    if counts.error:
        pytest.fail(f"{counts.error} rows of {name} were refused")
    with_total = [{("Total" if key.startswith("Total (") else key): value for key, value in row.items()} for row in rows_of(name)]
    held = defaultdict(Decimal)
    for row in with_total:
        if row["Action"].lower().endswith(("buy", "sell")):
            held[row["ISIN"]] += Decimal(row["No. of shares"]) * (1 if row["Action"].lower().endswith("buy") else -1)
    found = holdings(pounds)
    assert {isin: row.quantity for isin, row in found.items() if row.quantity or isin in held} == dict(held)


def test_the_euro_account_joins_two_layouts_and_says_what_it_cannot_record(person, pounds, bring):
    batch = bring("trading212/eur_account.csv", factories.make_portfolio(person, base_currency="EUR"))
    refused = {row.number: selectors.view_of(row).reason for row in selectors.rows_of(batch, "error")}
    assert {6, 12} <= set(refused)  # a sale and a transfer of what was never bought in the file
    assert "you held 0" in refused[6] and "you held 0" in refused[12]


def test_dividends_of_a_flex_query_come_net_with_their_tax(person, pounds, bring):
    days = [date(2023, 6, 23), date(2023, 9, 13), date(2023, 9, 21), date(2023, 12, 21), date(2025, 6, 25), date(2025, 6, 30)]
    for currency, rate in (("USD", "1.25"), ("CHF", "1.125"), ("GBP", "0.9"), ("JPY", "160")):
        factories.set_rates(currency, dict.fromkeys(days, rate))
    batch = bring("interactive_brokers/flex_cash_dividends.csv")
    assert batch.status == ImportStatus.COMMITTED and selectors.counts_of(batch).error == 1
    raw = rows_of("interactive_brokers/flex_cash_dividends.csv")
    cash = defaultdict(Decimal)
    for row in raw:
        if "Return of Capital" not in row["Description"]:
            cash[row["CurrencyPrimary"]] += Decimal(row["Amount"])
    assert balances(pounds) == dict(cash)
