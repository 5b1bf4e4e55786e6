"""Order inside one day.  numbers.md: corporate actions, inflows of units, outflows, everything else; with times, times decide."""

from __future__ import annotations

from itertools import permutations

import pytest

from portfolios.errors import Oversold
from portfolios.ledger.events import in_ledger_order
from portfolios.ledger.replay import replay
from tests.ledger.build import D, Ledger, at


def kinds(ledger: Ledger) -> list[str]:
    return [event.kind for event in in_ledger_order(ledger.events)]


def test_within_a_day_splits_come_first_then_units_in_then_units_out_then_the_rest():
    ledger = Ledger().dividend(3, 1).sell(3, 1, 1).fee(3, 1).transfer_out(3, 1).buy(3, 1, 1).transfer_in(3, 1, 1).split(3, 2, 1)
    assert kinds(ledger) == ["split", "buy", "transfer_in", "sell", "transfer_out", "dividend", "fee"]


def test_days_go_before_everything():
    assert kinds(Ledger().split(4, 2, 1).fee(3, 1)) == ["fee", "split"]


def test_equals_stay_in_the_order_in_which_they_were_recorded():
    ledger = Ledger().buy(3, 1, 10).buy(3, 1, 20).buy(3, 1, 30)
    for shuffled in permutations(ledger.events):
        assert [event.id for event in in_ledger_order(shuffled)] == [1, 2, 3]


def test_known_times_decide_even_against_the_kinds():
    ledger = Ledger().buy(3, 5, 10, time=at("2024-06-03 15:00")).sell(3, 5, 11, time=at("2024-06-03 09:00"))
    assert kinds(ledger) == ["sell", "buy"]
    with pytest.raises(Oversold):
        ledger.book()


def test_equal_times_fall_back_to_the_kinds():
    same = at("2024-06-03 15:00")
    assert kinds(Ledger().fee(3, 1, time=same).sell(3, 1, 1, time=same).buy(3, 1, 1, time=same)) == ["buy", "sell", "fee"]


def test_on_a_mixed_day_a_purchase_without_time_comes_before_a_timed_sale_and_a_sale_without_time_after_a_timed_purchase():
    ledger = (
        Ledger().sell(3, 2, 11).sell(3, 1, 11, time=at("2024-06-03 09:00")).buy(3, 2, 10, time=at("2024-06-03 15:00")).buy(3, 1, 10).split(3, 1, 1)
    )
    assert [(event.kind, event.time is None) for event in in_ledger_order(ledger.events)] == [
        ("split", True),
        ("buy", True),
        ("sell", False),
        ("buy", False),
        ("sell", True),
    ]


def test_the_day_of_the_market_decides_before_the_moment_in_utc():
    ledger = Ledger().buy("2024-06-04", 1, 10, time=at("2024-06-03 23:30")).sell("2024-06-03", 1, 1, time=at("2024-06-03 23:50"))
    assert kinds(ledger) == ["sell", "buy"]


def test_every_order_of_entry_of_one_day_gives_the_same_book():
    ledger = Ledger(method="fifo").buy(1, 10, 7).split(3, 3, 1).buy(3, 5, 3).sell(3, 31, 4).dividend(3, 9).deposit(3, 100)
    expected = ledger.book()
    assert expected.positions[1].quantity == D(4)
    for shuffled in permutations(ledger.events):
        assert replay(shuffled, ledger.rules) == expected
