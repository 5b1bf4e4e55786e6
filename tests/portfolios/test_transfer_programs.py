"""Random programs over three portfolios of one person, of other methods and currencies: whatever is done, both sides of every transfer agree."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from portfolio_site.kernel.errors import DomainError
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import book_of, get_transaction
from portfolios.services import check_integrity, edit_transaction, restore_transaction, update_portfolio, void_transaction
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_person, make_portfolio, record, set_rate_every_day

pytestmark = pytest.mark.django_db

FIRST = date(2024, 1, 1)
DAYS, STEPS = 40, 35
METHODS = ("fifo", "lifo", "hifo", "lofo", "average", "section104", "specific")


def fresh(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


class Program:
    """One person's random deeds."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.person = make_person(f"random{seed}")
        self.share = make_instrument("SHARE", currency="EUR")
        currencies = ("EUR", "EUR", "USD") if seed % 2 else ("EUR", "EUR", "EUR")
        self.portfolios = [
            make_portfolio(self.person, name=f"P{n}", base_currency=code, cost_method=self.chance.choice(METHODS), tracks_cash=False)
            for n, code in enumerate(currencies)
        ]
        self.done = self.refused = 0
        for portfolio in self.portfolios:
            record(portfolio, "buy", FIRST, self.share, quantity="10", price=self.chance.choice(["100", "33.33"]))

    def day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange(DAYS))

    def one(self) -> Portfolio:
        return fresh(self.chance.choice(self.portfolios))

    def entry(self, **conditions: Any) -> Transaction | None:
        found = list(Transaction.objects.filter(portfolio__in=self.portfolios, **conditions).select_related("portfolio__owner", "instrument"))
        return self.chance.choice(found) if found else None

    def step(self) -> None:
        deed = self.chance.choice(
            [self.buy, self.buy, self.sell, self.split, self.move, self.move, self.move, self.edit, self.void, self.restore, self.method]
        )
        try:
            deed()
            self.done += 1
        except DomainError:
            self.refused += 1

    def buy(self) -> None:
        units, price = self.chance.choice(["10", "3", "0.333333333333333333", "7.5"]), self.chance.choice(["100", "33.33", "7"])
        record(self.one(), "buy", self.day(), self.share, quantity=units, price=price)

    def sell(self) -> None:
        record(self.one(), "sell", self.day(), self.share, quantity=self.chance.choice(["1", "2", "0.1"]), price="50")

    def split(self) -> None:
        record(self.one(), "split", self.day(), self.share, ratio_new=self.chance.choice(["2", "3"]), ratio_old="1")

    def move(self) -> None:
        source, target = (fresh(one) for one in self.chance.sample(self.portfolios, 2))
        units = self.chance.choice(["1", "2", "0.5", "0.000000000000000001", "3"])
        transfer_units(self.person, source, target, TransferDraft(instrument=self.share, quantity=D(units), day=self.day()))

    def edit(self) -> None:
        row = self.entry(voided_at=None)
        if row is not None:
            change = self.chance.choice([{"traded_on": self.day()}, {"quantity": D(self.chance.choice(["1", "4"]))}, {"notes": "Another word"}])
            edit_transaction(self.person, get_transaction(self.person, row.entry), **change)

    def void(self) -> None:
        row = self.entry(voided_at=None)
        if row is not None:
            void_transaction(self.person, get_transaction(self.person, row.entry))

    def restore(self) -> None:
        row = self.entry(voided_at__isnull=False)
        if row is not None:
            restore_transaction(self.person, get_transaction(self.person, row.entry, with_voided=True))

    def method(self) -> None:
        update_portfolio(self.person, self.one(), cost_method=self.chance.choice(METHODS))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_whatever_is_done_both_sides_of_every_transfer_agree(seed: int) -> None:
    set_rate_every_day("USD", "1.25", FIRST, FIRST + timedelta(days=DAYS))
    program = Program(seed)
    pks = [one.pk for one in program.portfolios]
    for number in range(STEPS):
        program.step()
        assert check_integrity(pks) == [], f"after step {number}"
    assert program.done > STEPS // 3
    if seed % 2 == 0:  # one currency: what is carried together is nothing
        books = [book_of(fresh(one)) for one in program.portfolios]
        moved = {row.entry for row in Transaction.objects.live().filter(link__isnull=False)}
        assert sum((flow.amount for book in books for flow in book.flows if flow.event_id in moved), D(0)) == 0
