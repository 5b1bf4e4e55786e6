"""Our replay beside Beancount's booking, first in first out: the same lots and gains on random ledgers, to the last digit.

Beancount is no dependency of this project; where it is installed beside it, this runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import Buy, Event, Sell
from portfolios.ledger.replay import Rules, replay
from tests.truth.world import LONG

loader = pytest.importorskip("beancount.loader", reason="Beancount is not installed: `pip install beancount` to compare with it")

pytestmark = pytest.mark.drill
EUR, SYMBOLS = Currency("EUR"), ("AAA", "BBB", "CCC")
Trade = tuple[date, str, Decimal, Decimal]


def trades(random: Random) -> Iterator[Trade]:
    """Up to sixty purchases and sales of three instruments on days of their own; no sale of more than is held."""
    held, day = dict.fromkeys(SYMBOLS, Decimal(0)), date(2020, 1, 1)
    for _ in range(random.randint(2, 60)):
        day, symbol = day + timedelta(days=random.randint(1, 9)), random.choice(SYMBOLS)
        units = Decimal(random.randint(1, 99_999)).scaleb(-3)
        if held[symbol] and random.random() < 0.5:
            units = -held[symbol] if random.random() < 0.2 else -min(held[symbol], units)
        held[symbol] += units
        yield day, symbol, units, Decimal(random.randint(1, 99_999)).scaleb(-2)


def ours(rows: list[Trade]) -> tuple[dict[str, list[tuple[Any, ...]]], list[Decimal]]:
    """Open lots by symbol (day, units, cost of one), and the gain of each sale in order."""
    events: list[Event] = []
    for number, (day, symbol, units, price) in enumerate(rows, start=1):
        facts: dict[str, Any] = {"id": number, "sequence": number, "day": day, "currency": EUR, "local_currency": EUR, "local_price": price}
        facts |= {"instrument": SYMBOLS.index(symbol), "quantity": abs(units), "gross": abs(units) * price}
        events.append(Buy(**facts) if units > 0 else Sell(**facts))
    book = replay(events, Rules(EUR, "fifo"))
    lots = {SYMBOLS[i]: [(lot.opened_on, lot.quantity, lot.cost / lot.quantity) for lot in p.lots] for i, p in book.positions.items() if p.lots}
    gains: dict[int, Decimal] = {}
    for match in book.matches:
        gains[match.sale_id] = gains.get(match.sale_id, Decimal(0)) + match.gain
    return lots, [gains[sale] for sale in sorted(gains)]


def theirs(rows: list[Trade]) -> tuple[dict[str, list[tuple[Any, ...]]], list[Decimal]]:
    text = ['2019-01-01 open Assets:Stock "FIFO"', "2019-01-01 open Assets:Cash", "2019-01-01 open Income:Gains"]
    for day, symbol, units, price in rows:
        text.append(f'{day} * "trade"')
        text.append(f"  Assets:Stock  {units} {symbol} " + (f"{{{price} EUR}}" if units > 0 else f"{{}} @ {price} EUR"))
        text.append(f"  Assets:Cash  {-units * price} EUR")
        text += [] if units > 0 else ["  Income:Gains"]
    entries, errors, _ = loader.load_string("\n".join(text) + "\n")
    assert not errors, errors[:2]
    lots: dict[str, list[tuple[Any, ...]]] = {}
    gains = []
    for entry in entries:
        gain = None
        for posting in getattr(entry, "postings", ()):
            if posting.account == "Income:Gains":
                gain = (gain or Decimal(0)) - posting.units.number
            elif posting.account == "Assets:Stock":
                _move(lots.setdefault(posting.units.currency, []), posting)
        gains += [] if gain is None else [gain]
    return {symbol: kept for symbol, kept in lots.items() if kept}, gains


def _move(kept: list[tuple[Any, ...]], posting: Any) -> None:
    key = (posting.cost.date, posting.cost.number)
    for place, (day, units, cost) in enumerate(kept):
        if (day, cost) == key:
            kept[place] = (day, units + posting.units.number, cost)
            break
    else:
        kept.append((posting.cost.date, posting.units.number, posting.cost.number))
    kept[:] = [lot for lot in kept if lot[1]]


@pytest.mark.parametrize("seed", range(1000 if LONG else 20))
def test_lots_and_gains_are_those_of_beancount(seed: int) -> None:
    rows = list(trades(Random(seed)))
    (lots, gains), (other_lots, other_gains) = ours(rows), theirs(rows)
    assert lots == other_lots
    assert sum(gains) == sum(other_gains) and [gain for gain in gains if gain] == [gain for gain in other_gains if gain]
