"""What the ledger refuses, and what it says then."""

from __future__ import annotations

from datetime import date
from decimal import localcontext

import pytest

from portfolio_site.kernel.errors import Invalid
from portfolios.errors import CurrencyChanged, LedgerRefused, NotHeld, Oversold, QuantityNotPositive, RateMismatch, SplitLeavesNothing
from portfolios.ledger.replay import replay
from tests.ledger.build import EUR, USD, D, Ledger, day

BOTH = pytest.mark.parametrize("method", ["average", "fifo"])


def refusal(kind, ledger):
    with pytest.raises(kind) as caught:
        ledger.book()
    assert isinstance(caught.value, LedgerRefused) and isinstance(caught.value, Invalid)
    return caught.value


@BOTH
def test_a_sale_of_more_than_is_held_is_refused_with_date_and_quantity(method):
    error = refusal(Oversold, Ledger(method=method).buy(3, "7.50", 10).sell(4, 8, 10))
    assert error.code == "insufficient_quantity"
    assert error.data == {"held": D("7.5"), "date": day(4), "quantity": D(8), "event_id": 2, "instrument": 1}
    assert str(error) == "On 4 Jun 2024 you held 7.5; the sale is of 8. Check the date, or record the missing purchase."


def test_what_is_bought_after_the_sale_does_not_count():
    error = refusal(Oversold, Ledger().sell(5, 1, 10).buy(6, 1, 10))
    assert (error.data["held"], error.data["date"]) == (0, day(5))


def test_a_sale_entered_late_is_refused_for_the_later_sale_that_it_empties():
    error = refusal(Oversold, Ledger().buy(3, 10, 10).sell(9, 10, 12).sell(4, 1, 11))
    assert (error.data["held"], error.data["date"], error.data["event_id"]) == (9, day(9), 2)


def test_an_edit_that_empties_a_later_sale_is_refused_for_that_sale():
    ledger = Ledger().buy(3, 10, 10).sell(9, 8, 12)
    ledger.book()
    smaller = Ledger().buy(3, 7, 10).sell(9, 8, 12)
    assert refusal(Oversold, smaller).data["held"] == 7


def test_one_part_in_the_last_place_too_many_is_too_many():
    Ledger().buy(3, 1, 10).sell(4, 1, 10).book()
    assert refusal(Oversold, Ledger().buy(3, 1, 10).sell(4, "1.000000000000000001", 10)).data["held"] == 1


def test_units_of_another_instrument_do_not_help():
    assert refusal(Oversold, Ledger().buy(3, 10, 10, instrument=2).sell(4, 1, 10)).data["held"] == 0


def test_a_transfer_of_more_than_is_held_is_refused():
    error = refusal(Oversold, Ledger().buy(3, 1, 10).transfer_out(4, 2))
    assert "the transfer is of 2" in str(error)


def test_what_splits_did_before_counts():
    Ledger().buy(3, 1, 10).split(4, 4, 1).sell(5, 4, 3).book()
    assert refusal(Oversold, Ledger().buy(3, 4, 10).split(4, 1, 4).sell(5, 2, 3)).data["held"] == 1


def test_a_split_of_nothing_is_refused():
    assert refusal(NotHeld, Ledger().split(4, 2, 1)).data["date"] == day(4)
    assert refusal(NotHeld, Ledger().buy(2, 1, 1).sell(3, 1, 1).split(4, 2, 1)).data["event_id"] == 3


def test_a_reverse_split_that_would_leave_nothing_is_refused():
    error = refusal(SplitLeavesNothing, Ledger().buy(2, "0.000000000000000001", 1).split(4, 1, 10))
    assert error.data["held"] == D("0.000000000000000001")


@pytest.mark.parametrize("quantity", ["0", "-1", "-0.000000000000000001"])
def test_a_quantity_must_be_above_zero(quantity):
    for ledger in (
        Ledger().buy(3, quantity, 1),
        Ledger().transfer_in(3, quantity, 1),
        Ledger().buy(2, 1, 1).sell(3, quantity, 1),
        Ledger().transfer_out(3, quantity),
    ):
        assert refusal(QuantityNotPositive, ledger).data["date"] == day(3)


@pytest.mark.parametrize("ratio", [(0, 1), (1, 0), (-2, 1)])
def test_a_split_ratio_must_be_above_zero(ratio):
    assert refusal(QuantityNotPositive, Ledger().buy(2, 1, 1).split(3, *ratio)).data["event_id"] == 2


def test_base_currency_has_no_other_rate_than_one():
    error = refusal(RateMismatch, Ledger().deposit(3, 100, EUR, "0.9"))
    assert "EUR" in str(error) and error.data["event_id"] == 1


def test_the_prices_of_one_holding_are_in_one_currency():
    error = refusal(CurrencyChanged, Ledger().buy(3, 1, 100, currency=USD, fx="0.9").buy(4, 1, 90))
    assert (error.data["expected"], error.data["found"]) == (USD, EUR)


def test_after_everything_was_sold_an_instrument_may_be_quoted_in_another_currency():
    book = Ledger().buy(3, 1, 100, currency=USD, fx="0.9").sell(3, 1, 100, currency=USD, fx="0.9").buy(4, 1, 90).book()
    assert book.positions[1].currency == EUR


def test_dates_are_written_as_people_write_them():
    assert "On 29 Feb 2024 you held 0" in str(refusal(Oversold, Ledger().sell("2024-02-29", 1, 1)))
    assert date(2024, 2, 29)


def test_a_narrow_context_of_the_caller_changes_nothing():
    ledger = Ledger(method="fifo").buy(3, 3, "33.333333333333333333").sell(4, "1.000000000000000001", 40)
    expected = ledger.book()
    with localcontext() as narrow:
        narrow.prec = 6
        assert replay(ledger.events, ledger.rules) == expected
