"""Who is short pays what others receive: lists, previews and programs say so as the ledger books it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios.models import CashBalance, Transaction
from portfolios.selectors import paid_while_short, payments_while_short, transactions_of
from portfolios.selectors.shapes import TransactionFilter
from portfolios.services import preview_transaction, void_transaction
from portfolios.services.drafts import LegDraft, TransactionDraft
from portfolios.services.impact import impact_of_void
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def short(person: Any) -> Any:
    """Short of 10 shares since 2 January, with €500 for them; long 10 of another, that pays as much."""
    portfolio = make_portfolio(person, allows_short=True)
    record(portfolio, "deposit", "2024-01-01", amount="1000")
    record(portfolio, "short_sell", "2024-01-02", make_instrument("OWED"), quantity="10", price="50")
    record(portfolio, "buy", "2024-01-02", make_instrument("HELD"), quantity="10", price="50")
    return portfolio


@pytest.fixture
def owed(short: Any) -> Any:
    return Transaction.objects.get(portfolio=short, kind="short_sell").instrument


@pytest.fixture
def held(short: Any) -> Any:
    return Transaction.objects.get(portfolio=short, kind="buy").instrument


def listed(portfolio: Any, **conditions: Any) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    page = transactions_of(portfolio.owner, TransactionFilter(**conditions))
    return {row.id: (row.cash, row.cash_base) for month in page.months for row in month.rows}


def cash(portfolio: Any) -> Decimal:
    return Decimal(CashBalance.objects.get(portfolio=portfolio, currency="EUR").amount)


def test_the_list_and_the_sum_of_the_month_show_what_was_paid(short: Any, owed: Any, held: Any) -> None:
    paid = record(short, "return_of_capital", "2024-02-01", owed, amount="30", fees="1")
    got = record(short, "return_of_capital", "2024-02-01", held, amount="30", fees="1")
    rows = listed(short)
    assert rows[paid.entry] == (-32, -32) and rows[got.entry] == (30, 30)
    page = transactions_of(short.owner)
    assert page.months[0].sums == (("EUR", D(-2)),)
    assert sum(amount for month in page.months for _, amount in month.sums) == cash(short)


def test_cash_for_fractions_of_splits_and_spin_offs_is_paid(short: Any, owed: Any) -> None:
    child = make_instrument("CHILD")
    split = record(short, "split", "2024-02-01", owed, ratio_new="1", ratio_old="4", quantity="0.5", amount="20")
    leg = LegDraft(instrument=child, ratio_new=D(1), ratio_old=D(4), cost_share=D("0.2"), fraction=D("0.5"), cash=D(7))
    spun = record(short, "spin_off", "2024-02-02", owed, legs=(leg,))
    rows = listed(short)
    assert rows[split.entry][0] == -20 and rows[spun.entry][0] == -7
    assert cash(short) == 1000 - 20 - 7


def test_the_side_is_that_of_the_day(short: Any, owed: Any) -> None:
    before = record(short, "return_of_capital", "2024-02-01", owed, amount="30")
    record(short, "buy", "2024-02-02", owed, quantity="20", price="1")
    after = record(short, "return_of_capital", "2024-02-03", owed, amount="30")
    rows = listed(short)
    assert rows[before.entry][0] == -30 and rows[after.entry][0] == 30


def test_what_was_voided_shows_what_it_did(short: Any, owed: Any) -> None:
    gone = record(short, "return_of_capital", "2024-02-01", owed, amount="30")
    void_transaction(short.owner, gone)
    assert listed(short, with_voided=True)[gone.entry][0] == -30


def test_what_a_symbol_change_made_of_what_is_short_is_short(short: Any, owed: Any) -> None:
    renamed = make_instrument("RENAMED")
    leg = LegDraft(instrument=renamed, ratio_new=D(1), ratio_old=D(1), cost_share=D(1))
    record(short, "symbol_change", "2024-02-01", owed, legs=(leg,))
    paid = record(short, "return_of_capital", "2024-02-02", renamed, amount="30")
    assert listed(short)[paid.entry][0] == -30
    assert payments_while_short([short], [renamed.pk]) == {paid.entry}


def test_the_preview_says_what_will_be_paid_and_what_the_balance_comes_to(short: Any, owed: Any) -> None:
    draft = TransactionDraft(kind="return_of_capital", traded_on=date(2024, 2, 1), instrument=owed, amount=D(30))
    said = preview_transaction(short.owner, short, draft)
    assert said.moves == (("EUR", D(-30)),) and said.impact is not None
    assert [(one.before, one.after) for one in said.impact.cash] == [(1000, 970)]
    record(short, "return_of_capital", "2024-02-01", owed, amount="30")
    assert cash(short) == 970


def test_the_preview_of_a_purchase_knows_what_it_turns_round(short: Any, owed: Any) -> None:
    record(short, "return_of_capital", "2024-02-01", owed, amount="30")
    draft = TransactionDraft(kind="buy", traded_on=date(2024, 1, 5), instrument=owed, quantity=D(20), price=D(1))
    said = preview_transaction(short.owner, short, draft)
    assert said.moves == (("EUR", D(-20)),) and said.impact is not None
    assert [(one.before, one.after) for one in said.impact.cash] == [(970, 970 - 20 + 60)]
    record(short, "buy", "2024-01-05", owed, quantity="20", price="1")
    assert cash(short) == 1010


def test_what_a_void_would_do_is_what_it_does(short: Any, owed: Any) -> None:
    paid = record(short, "return_of_capital", "2024-02-01", owed, amount="30")
    said = impact_of_void(short.owner, paid)
    assert [(one.before, one.after) for one in said.cash] == [(970, 1000)]
    void_transaction(short.owner, paid)
    assert cash(short) == 1000


def test_programs_are_told_the_same_one_by_one_and_in_lists(api: Any, short: Any, owed: Any) -> None:
    body = {"type": "return_of_capital", "date": "2024-02-01", "instrument": owed.pk, "amount": "30"}
    made = api.post(f"/api/v1/portfolios/{short.pk}/transactions", json.dumps(body), content_type="application/json")
    assert made.status_code == 201, made.content
    wanted = [{"currency": "EUR", "amount": "-30"}]
    assert json.loads(made.content)["cash"] == wanted and json.loads(made.content)["amount"] == "30"
    told = json.loads(api.get(f"/api/v1/portfolios/{short.pk}/transactions").content)["results"]
    assert [row["cash"] for row in told if row["type"] == "return_of_capital"] == [wanted]


def test_who_never_goes_short_asks_nothing_and_others_ask_as_much_for_many_as_for_one(short: Any, owed: Any, held: Any) -> None:
    def queries(call: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            call()
        return len(asked)

    rows = list(Transaction.objects.filter(portfolio=short))
    assert queries(lambda: paid_while_short(rows)) == 0  # nothing that goes by the side
    record(short, "return_of_capital", "2024-02-01", owed, amount="30")
    one = queries(lambda: listed(short))
    for number in range(12):
        record(short, "return_of_capital", f"2024-02-{number + 2:02}", [owed, held][number % 2], amount="3")
    assert queries(lambda: listed(short)) == one
    long = make_portfolio(short.owner)
    record(long, "buy", "2024-01-02", held, quantity="10", price="50")
    rows = [record(long, "return_of_capital", "2024-02-01", held, amount="30")]
    assert queries(lambda: paid_while_short(rows)) == 1 and payments_while_short([long], [held.pk]) == set()
