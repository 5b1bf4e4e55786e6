"""Balances that are carried on, in numbers that can be checked by hand."""

from __future__ import annotations

from decimal import localcontext

import pytest

from portfolios.ledger.carry import Payment, carried_on, is_plain, payments_of
from portfolios.ledger.records import CashPool
from tests.ledger.build import EUR, USD, D, Ledger, leg, lot_choices


@pytest.mark.parametrize("kind", ["buy", "sell", "short_sell", "buy_to_cover", "redemption"])
def test_what_a_trade_pays_does_not_go_by_what_is_held(kind):
    (event,) = Ledger().trade(kind, 3, 10, 100, currency=USD, fx="0.9", fees=5).events
    sign = 1 if kind in {"sell", "short_sell", "redemption"} else -1
    assert is_plain(event)
    assert payments_of(event, EUR) == [Payment(USD, D(sign * 1000 - 5), D(sign * 900) - D("4.5"))]


def test_a_sale_that_names_its_lots_is_paid_all_the_same():
    (event,) = Ledger().sell(3, 10, 100, currency=USD, fx="0.9", lots=lot_choices("1:10"), method="lifo").events
    assert payments_of(event, EUR) == [Payment(USD, D(1000), D(900))]


def test_what_goes_by_what_is_held_is_not_plain():
    ledger = Ledger().split(3, 2, 1).transfer_out(3, 1).event("merger", 3, instrument=1, legs=(leg(2, "1:1", 1),))
    assert not any(is_plain(event) for event in ledger.events)


def test_a_narrow_context_of_the_caller_rounds_no_balance():
    events = Ledger().deposit(3, "333.333333333333333333", USD, "0.912345678901234567").withdraw(4, "33.333333333333333333", USD, "0.9").events
    start = [CashPool(USD, D(100), D("91.234567890123456789"))]
    wide = carried_on(start, events, EUR)
    with localcontext() as narrow:
        narrow.prec = 6
        assert carried_on(start, events, EUR) == wide
        assert payments_of(events[0], EUR) == [Payment(USD, D("333.333333333333333333"), D("304.115226300411522333"))]
    assert wide[0].amount == D("400")
