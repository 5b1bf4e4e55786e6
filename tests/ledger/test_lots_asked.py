"""Lots that sales name, under a method that a report asks for."""

from __future__ import annotations

import pytest

from tests.ledger.build import Ledger, lot_choices


def asked(ledger: Ledger, method: str):
    return ledger.book(method=method, asked=True)


def taken(book, sale):
    return [(match.buy_id, match.quantity) for match in book.matches if match.sale_id == sale]


def test_of_a_lot_that_is_named_no_more_is_taken_than_was_named():
    ledger = Ledger(method="specific").buy(3, 10, 10).buy(4, 10, 20).sell(5, 5, 30, lots=lot_choices("1:2"))
    assert taken(asked(ledger, "lifo"), 3) == [(1, 2), (2, 3)]


def test_of_a_lot_that_the_method_took_from_before_what_is_left_is_taken_and_the_rest_by_the_method():
    ledger = Ledger(method="specific").buy(3, 4, 10).buy(4, 10, 20).sell(5, 3, 30, lots=lot_choices("2:3")).sell(6, 4, 30, lots=lot_choices("1:4"))
    assert taken(asked(ledger, "fifo"), 4) == [(1, 4)]
    plain = Ledger(method="specific").buy(3, 4, 10).buy(4, 10, 20).sell(5, 3, 30).sell(6, 4, 30, lots=lot_choices("1:1"))
    assert taken(asked(plain, "fifo"), 4) == [(1, 1), (2, 3)]
    assert taken(asked(plain, "lifo"), 4) == [(1, 1), (2, 3)]


@pytest.mark.parametrize("method", ["average", "section104"])
def test_a_pool_knows_no_names(method):
    ledger = Ledger(method="specific").buy(3, 4, 10).buy(4, 4, 20).sell(5, 4, 30, lots=lot_choices("2:4"))
    assert asked(ledger, method).realised == 60
