"""Whatever a ledger does, the payments of the report are its income, to the last digit."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import given, settings

from analytics.selectors.income.booked import booked
from analytics.selectors.income.shapes import KINDS
from portfolio_site.kernel.decimals import product
from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules, replay
from tests.ledger.strategies import histories

PAYING = "buy buy buy sell short_sell dividend dividend interest coupon reinvestment staking_reward airdrop stock_dividend split fee tax transfer_out"
ZERO = Decimal(0)


@settings(max_examples=60)
@given(history=histories(kinds=PAYING))
def test_payments_add_up_to_the_income_of_the_book_and_of_each_instrument(history: tuple[Rules, list[Event]]) -> None:
    rules, events = history
    book = replay(events, rules)
    found = booked(book, [event for event in events if event.kind in KINDS])
    assert sum((one.amounts.gross for one in found), ZERO) == book.income
    sums: dict[int | None, Decimal] = defaultdict(Decimal)
    for one in found:
        sums[one.instrument] += one.amounts.gross
    assert all(sums[pk] == position.income for pk, position in book.positions.items())
    assert len({one.entry for one in found}) == len(found)
    assert all(booked(book, [], pk) == [one for one in booked(book, []) if one.instrument == pk] for pk in book.positions)


@settings(max_examples=60)
@given(history=histories(kinds="buy buy sell dividend interest coupon airdrop"))
def test_what_was_withheld_is_the_tax_of_the_entry_at_its_rate(history: tuple[Rules, list[Event]]) -> None:
    rules, events = history
    paying = {event.id: event for event in events if event.kind in KINDS}
    for one in booked(replay(events, rules), paying.values()):
        if (event := paying.get(one.entry)) is None:
            assert (one.amounts.withheld, one.amounts.fees) == (0, 0)  # the interest of a trade
        elif getattr(event, "costs_currency", None) in (None, event.currency):
            assert one.amounts.withheld == product(event.taxes, event.fx_rate)  # type: ignore[attr-defined]
            assert one.amounts.fees == product(event.fees, event.fx_rate)  # type: ignore[attr-defined]
