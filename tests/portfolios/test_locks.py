"""A portfolio can be locked up to a day: nothing of that time changes, by whatever way, until it is unlocked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import AuditEntry
from portfolio_site.kernel.errors import Invalid
from portfolios.errors import PeriodLocked, ShortNotAllowed
from portfolios.models import CashBalance, Holding, Transaction
from portfolios.selectors import book_of, get_transaction
from portfolios.services import (
    TransactionDraft,
    adjust_position,
    edit_transaction,
    lock_portfolio,
    record_many,
    record_transaction,
    restore_transaction,
    unlock_portfolio,
    update_portfolio,
    void_many,
    void_transaction,
)
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db
DAY = date(2024, 12, 31)
SENTENCE = "The portfolio is locked up to 31 Dec 2024; unlock it first, or date the entry later."


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


def test_nothing_of_a_locked_time_is_recorded_changed_taken_out_or_brought_back(portfolio: Any, asml: Any) -> None:
    person = portfolio.owner
    bought = record(portfolio, "buy", "2024-06-03", asml, quantity="10", price="100")
    gone = record(portfolio, "fee", "2024-12-31", amount="5")
    later = record(portfolio, "fee", "2025-01-02", amount="7")
    void_transaction(person, gone)
    lock_portfolio(person, portfolio, DAY)
    portfolio.refresh_from_db()
    revision = portfolio.revision
    attempts = [
        lambda: record(portfolio, "buy", "2024-12-31", asml, quantity="1", price="1"),
        lambda: edit_transaction(person, get_transaction(person, bought.entry), notes="hm"),
        lambda: edit_transaction(person, get_transaction(person, later.entry), traded_on=DAY),
        lambda: edit_transaction(person, get_transaction(person, bought.entry), traded_on=date(2025, 2, 3)),
        lambda: void_transaction(person, get_transaction(person, bought.entry)),
        lambda: void_many(person, portfolio, [get_transaction(person, bought.entry), get_transaction(person, later.entry)]),
        lambda: restore_transaction(person, get_transaction(person, gone.entry, with_voided=True)),
        lambda: adjust_position(person, portfolio, instrument=asml, quantity=D(3), day=DAY),
    ]
    for attempt in attempts:
        with pytest.raises(PeriodLocked) as refused:
            attempt()
        assert refused.value.detail == SENTENCE and refused.value.data["locked_until"] == DAY
        assert [error.field for error in refused.value.errors] == ["traded_on"]
    portfolio.refresh_from_db()
    assert portfolio.revision == revision and Transaction.objects.live().count() == 2


def test_a_batch_names_the_row_that_lies_in_the_locked_time(portfolio: Any) -> None:
    lock_portfolio(portfolio.owner, portfolio, DAY)
    days = (date(2025, 1, 1), DAY)
    drafts = [TransactionDraft(kind="deposit", traded_on=day, amount=D(10)) for day in days]
    with pytest.raises(PeriodLocked) as refused:
        record_many(portfolio.owner, portfolio, drafts)
    assert [error.field for error in refused.value.errors] == ["transactions.1.traded_on"]
    assert not Transaction.objects.exists()


def test_what_is_later_stays_open_and_unlocking_opens_the_rest(portfolio: Any, asml: Any) -> None:
    bought = record(portfolio, "buy", "2024-06-03", asml, quantity="10", price="100")
    lock_portfolio(portfolio.owner, portfolio, DAY)
    record(portfolio, "sell", "2025-01-01", asml, quantity="4", price="120")
    unlock_portfolio(portfolio.owner, portfolio)
    edit_transaction(portfolio.owner, get_transaction(portfolio.owner, bought.entry), price=D(90))
    assert Holding.objects.get().realised == D(120)


def test_locking_and_unlocking_are_audited_with_the_day(portfolio: Any, today: date) -> None:
    person = portfolio.owner
    lock_portfolio(person, portfolio, DAY)
    lock_portfolio(person, portfolio, DAY)
    lock_portfolio(person, portfolio, DAY - timedelta(days=366))
    unlock_portfolio(person, portfolio)
    lines = AuditEntry.objects.filter(action__in=["portfolio.locked", "portfolio.unlocked"]).order_by("sequence")
    assert [(line.action, line.data["until"], line.data["before"]) for line in lines] == [
        ("portfolio.locked", "2024-12-31", None),
        ("portfolio.locked", "2023-12-31", "2024-12-31"),
        ("portfolio.unlocked", None, "2023-12-31"),
    ]
    with pytest.raises(Invalid):
        lock_portfolio(person, portfolio, today + timedelta(days=1))


def test_a_purchase_after_the_locked_time_cannot_match_a_sale_inside_it_anew(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, cost_method="section104")
    record(portfolio, "buy", "2024-06-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-12-20", asml, quantity="4", price="120")
    lock_portfolio(person, portfolio, DAY)
    with pytest.raises(PeriodLocked, match="match a sale in that time anew"):
        record(portfolio, "buy", "2025-01-10", asml, quantity="2", price="130")
    record(portfolio, "buy", "2025-01-20", asml, quantity="2", price="130")  # more than 30 days after the sale
    assert book_of(portfolio).realised == D(80)


# ── the rules of a portfolio can be switched ────────────────────────────────


def test_cash_can_be_tracked_or_not_and_back_again(portfolio: Any, asml: Any) -> None:
    person = portfolio.owner
    record(portfolio, "deposit", "2024-01-02", amount="1000")
    record(portfolio, "buy", "2024-01-03", asml, quantity="3", price="100")
    update_portfolio(person, portfolio, tracks_cash=False)
    portfolio.refresh_from_db()
    assert not CashBalance.objects.exists() and book_of(portfolio).net_flows == D(300)
    record(portfolio, "buy", "2024-01-04", asml, quantity="1", price="100")
    update_portfolio(person, portfolio, tracks_cash=True)
    portfolio.refresh_from_db()
    assert CashBalance.objects.get().amount == D(600) and book_of(portfolio).net_flows == D(1000)


def test_one_day_of_negative_cash_breaks_nothing(portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="3", price="100")
    assert CashBalance.objects.get().amount == D(-300)
    record(portfolio, "deposit", "2024-01-04", amount="300")
    assert not CashBalance.objects.exists()


def test_short_sales_cannot_be_switched_off_while_there_is_one(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, allows_short=True)
    sold = record(portfolio, "short_sell", "2024-01-03", asml, quantity="5", price="100")
    assert Holding.objects.get().quantity == D(-5)
    with pytest.raises(ShortNotAllowed):
        update_portfolio(person, portfolio, allows_short=False)
    portfolio.refresh_from_db()
    assert portfolio.allows_short
    void_transaction(person, get_transaction(person, sold.entry))
    assert not update_portfolio(person, portfolio, allows_short=False).allows_short
    with pytest.raises(ShortNotAllowed):
        record_transaction(person, portfolio, kind="short_sell", traded_on=DAY, instrument=asml, quantity=Decimal(1), price=Decimal(1))


def test_a_change_that_would_reach_a_locked_portfolio_by_a_transfer_is_refused(person: Any, portfolio: Any, asml: Any) -> None:
    other = make_portfolio(person, name="Other")
    bought = record(portfolio, "buy", "2024-06-03", asml, quantity="10", price="100")
    transfer_units(person, portfolio, other, TransferDraft(instrument=asml, quantity=D(4), day=date(2024, 12, 2)))
    lock_portfolio(person, other, DAY)
    with pytest.raises(PeriodLocked) as refused:
        edit_transaction(person, get_transaction(person, bought.entry), price=D(90))
    assert "Other" in refused.value.detail and "unlock it first" in refused.value.detail
    assert Holding.objects.get(portfolio=other).cost == D(400) and Holding.objects.get(portfolio=portfolio).cost == D(600)
    unlock_portfolio(person, other)
    edit_transaction(person, get_transaction(person, bought.entry), price=D(90))
    assert Holding.objects.get(portfolio=other).cost == D(360)


@pytest.mark.parametrize("rule", [{"cost_method": "fifo"}, {"dividend_treatment": "reduce_cost"}, {"tracks_cash": False}])
def test_a_rule_that_would_tell_the_locked_time_anew_waits_for_unlocking(portfolio: Any, asml: Any, rule: dict[str, Any]) -> None:
    record(portfolio, "buy", "2024-06-03", asml, quantity="10", price="100")
    lock_portfolio(portfolio.owner, portfolio, DAY)
    with pytest.raises(PeriodLocked, match="locked up to 31 Dec 2024") as refused:
        update_portfolio(portfolio.owner, portfolio, **rule)
    assert [error.field for error in refused.value.errors] == list(rule)
    assert update_portfolio(portfolio.owner, portfolio, name="Renamed").name == "Renamed"
    unlock_portfolio(portfolio.owner, portfolio)
    update_portfolio(portfolio.owner, portfolio, **rule)


def test_a_lock_before_the_first_entry_binds_no_rule(portfolio: Any, asml: Any) -> None:
    lock_portfolio(portfolio.owner, portfolio, DAY)
    record(portfolio, "buy", "2025-06-03", asml, quantity="10", price="100")
    assert update_portfolio(portfolio.owner, portfolio, cost_method="fifo").cost_method == "fifo"
