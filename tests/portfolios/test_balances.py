"""Balances follow each change as a rebuild would tell them (every test ends with that check)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios.models import CashBalance, Holding, Portfolio
from portfolios.services import balances, check_portfolio, edit_transaction, record_many, void_transaction
from portfolios.services.drafts import TransactionDraft
from tests.factories import D, make_instrument, make_portfolio, record, set_rate_every_day
from tests.truth.drivers import Refused, Services
from tests.truth.entries import Entry
from tests.truth.kinds import KINDS, write
from tests.truth.world import CALENDAR, LONG, day, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def short(person: Any) -> Any:
    return make_portfolio(person, allows_short=True)


def cash(portfolio: Any) -> Decimal:
    return Decimal(CashBalance.objects.get(portfolio=portfolio, currency="EUR").amount)


def test_who_is_short_pays_the_capital_that_is_paid_back(short: Any) -> None:
    share = make_instrument("SHORT")
    record(short, "short_sell", "2024-01-02", share, quantity="10", price="50")
    paid = record(short, "return_of_capital", "2024-02-01", share, amount="30")
    assert cash(short) == 500 - 30
    void_transaction(short.owner, paid)
    assert cash(short) == 500


def test_a_change_that_turns_a_short_position_round_turns_its_payments_round(short: Any) -> None:
    share = make_instrument("TURN")
    sold = record(short, "sell", "2024-01-02", share, quantity="10", price="50")
    record(short, "return_of_capital", "2024-02-01", share, amount="30")
    assert cash(short) == 500 - 30
    record(short, "buy", "2024-01-01", share, quantity="20", price="40")
    assert cash(short) == 500 - 800 + 30
    edit_transaction(short.owner, sold, quantity=Decimal(25), amount=None)
    assert cash(short) == 1250 - 800 - 30


# ── another currency than the portfolio's own ───────────────────────────────


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each carrying on was of."""
    seen: list[int] = []

    def watched(pools: Any, events: Any, base: Any) -> Any:
        seen.append(len(events))
        return original(pools, events, base)

    original = balances.carried_on
    monkeypatch.setattr(balances, "carried_on", watched)
    return seen


@pytest.fixture
def abroad(person: Any) -> Any:
    """A portfolio in EUR with $1 000 that cost €800 on 1 January."""
    set_rate_every_day("USD", "1.25", date(2024, 1, 1), date(2024, 1, 31))
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", "2024-01-01", amount="1000", currency="USD", fx_rate="0.8")
    return portfolio


def dollars(portfolio: Any) -> tuple[Decimal, Decimal]:
    row = CashBalance.objects.get(portfolio=portfolio, currency="USD")
    return row.amount, row.cost


def test_what_comes_last_carries_the_stored_balance_on(abroad: Any, carried: list[int]) -> None:
    share = make_instrument("US", currency="USD")
    record(abroad, "buy", "2024-01-05", share, quantity="10", price="25", fx_rate="0.9")
    assert dollars(abroad) == (750, 600)  # a quarter of the cost leaves with a quarter of the dollars
    record(abroad, "dividend", "2024-01-05", share, amount="10", fx_rate="0.9")
    assert dollars(abroad) == (760, 609)
    record(abroad, "withdrawal", "2024-01-06", amount="800", currency="USD", fx_rate="1")
    assert dollars(abroad) == (-40, -40)
    assert carried == [1, 1, 1]


def test_what_comes_before_another_entry_is_replayed(abroad: Any, carried: list[int]) -> None:
    share = make_instrument("US", currency="USD")
    record(abroad, "withdrawal", "2024-01-05", amount="500", currency="USD", fx_rate="1")
    del carried[:]
    record(abroad, "deposit", "2024-01-04", amount="1000", currency="USD", fx_rate="1")
    assert dollars(abroad) == (1500, 1350)
    record(abroad, "buy", "2024-01-05", share, quantity="1", price="100", fx_rate="1")  # units come in before money goes out
    assert carried == []
    assert dollars(abroad) == (1400, 1260)


def test_what_is_changed_or_taken_out_is_replayed(abroad: Any, carried: list[int]) -> None:
    gone = record(abroad, "withdrawal", "2024-01-05", amount="500", currency="USD", fx_rate="1")
    gone = edit_transaction(abroad.owner, gone, amount=D(250))
    void_transaction(abroad.owner, gone)
    assert dollars(abroad) == (1000, 800) and carried == [1]


def test_what_moves_only_other_currencies_stands_in_nobodys_way(abroad: Any, carried: list[int]) -> None:
    record(abroad, "deposit", "2024-01-20", amount="1000")
    record(abroad, "deposit", "2024-01-02", amount="1000", currency="USD", fx_rate="1")
    assert dollars(abroad) == (2000, 1800) and carried == [1]


def test_an_exchange_and_costs_in_a_currency_of_their_own_count_among_what_comes_later(abroad: Any, carried: list[int]) -> None:
    share = make_instrument("DE")
    record(abroad, "buy", "2024-01-20", share, quantity="1", price="10", fees="5", costs_currency="USD")
    record(abroad, "fx_exchange", "2024-01-19", amount="100", currency="USD", given_amount="90", settlement_currency="EUR")
    assert carried == [1]
    record(abroad, "interest", "2024-01-19", amount="1", currency="USD")
    assert carried == [1]


def test_of_very_many_at_once_all_is_replayed(abroad: Any, carried: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balances, "MOST_CARRIED", 3)
    some = [TransactionDraft(kind="interest", traded_on=date(2024, 1, 9), amount=D(1), currency="USD") for _ in range(4)]
    record_many(abroad.owner, abroad, some[:3])
    record_many(abroad.owner, abroad, some)  # too many
    record_many(abroad.owner, abroad, some[:1])  # too many beside it
    assert carried == [3] and dollars(abroad)[0] == 1008


def test_a_capital_that_is_paid_back_is_replayed(abroad: Any, carried: list[int]) -> None:
    """What it pays goes by the side on which the units are."""
    share = make_instrument("US", currency="USD")
    record(abroad, "buy", "2024-01-05", share, quantity="10", price="25")
    record(abroad, "return_of_capital", "2024-01-06", share, amount="30")
    assert carried == [1] and dollars(abroad)[0] == 780


def test_carrying_on_reads_no_more_where_the_ledger_is_longer(abroad: Any, carried: list[int]) -> None:
    share, other = make_instrument("US", currency="USD"), make_instrument("UK", currency="USD")

    def cost(instrument: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            record(abroad, "buy", "2024-01-30", instrument, quantity="1", price="1")
        return len(queries)

    cost(share)
    before = cost(share)
    record_many(
        abroad.owner, abroad, [TransactionDraft(kind="buy", traded_on=day(n % 20), instrument=other, quantity=D(1), price=D(1)) for n in range(60)]
    )
    assert cost(share) == before and len(carried) == 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(120 if LONG else 6))
def test_whatever_is_recorded_the_balances_are_those_of_a_rebuild(seed: int, carried: list[int]) -> None:
    """Random programs of all kinds, mostly in the order of the days, one by one and several at once, changed and taken out."""
    chance, world = Random(seed), make_world()
    product, last, steps = Services(world), 0, 60
    key = product.open(
        base_currency=["EUR", "USD"][seed % 2], cost_method=["average", "fifo", "specific", "section104"][seed % 4], allows_short=seed % 3 == 0
    )
    portfolio, numbers = Portfolio.objects.get(pk=key), []

    def entry() -> Entry:
        name, share = chance.choice([*KINDS, "buy", "sell", "dividend", "deposit", "deposit"]), chance.choice(world.shares)
        of_what = world.instruments["BOND"] if KINDS[name][2] == "bond" else share
        held = Holding.objects.filter(portfolio=portfolio, instrument=of_what).first()
        units = held.quantity if held else D(0)
        on = day(last if chance.random() < 0.8 else chance.randint(0, last))
        facts = {"world": world, "day": on, "base": portfolio.base_currency, "instrument": of_what}
        return write(name, chance.getrandbits(32), held=max(units, D(0)), short=max(-units, D(0)), **facts)

    for step in range(steps):
        last = min(last + (chance.random() < 0.5), CALENDAR[-1])
        deed = chance.random()
        try:
            if numbers and deed < 0.08:
                product.void(chance.choice(numbers))
            elif numbers and deed < 0.16:
                product.edit(chance.choice(numbers), {"fees": D(chance.randint(0, 9))})
            elif deed < 0.26:
                numbers += product.record_many(key, [entry() for _ in range(chance.randint(2, 4))])
            else:
                numbers.append(product.record(key, entry()))
        except Refused:
            continue
        assert check_portfolio(Portfolio.objects.get(pk=key)) == [], f"after step {step}"
    assert seed % 3 == 0 or len(carried) >= 4, "the program is none that carries on"
