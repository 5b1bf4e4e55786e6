"""How fast a ledger is replayed: 100 000 events of 500 instruments over thirty years, two currencies, with match records.

python -m benchmarks.bench_ledger [events]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import product
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import Buy, Dividend, Event, Sell
from portfolios.ledger.replay import Rules, replay

EUR, USD = Currency("EUR"), Currency("USD")
START, DAYS, INSTRUMENTS = date(1995, 1, 2), 10_950, 500


def events(count: int) -> list[Event]:
    """More than half purchases, a third sales of any part, the rest dividends; every second instrument in dollars."""
    chance = random.Random(1)
    held = dict.fromkeys(range(INSTRUMENTS), Decimal(0))
    made: list[Event] = []
    for number in range(1, count + 1):
        instrument, what = chance.randrange(INSTRUMENTS), chance.random()
        currency, rate = (USD, Decimal("0.91234")) if instrument % 2 else (EUR, Decimal(1))
        quantity, price = (Decimal(chance.randrange(1, 100_000)) / 100 for _ in range(2))
        common: dict[str, Any] = {"id": number, "sequence": number, "day": START + timedelta(days=number * DAYS // count)}
        common |= {"currency": currency, "fx_rate": rate, "instrument": instrument}
        trade = {"quantity": quantity, "gross": product(quantity, price), "fees": Decimal("1.50"), "local_price": price, "local_currency": currency}
        if what > 0.85:
            made.append(Dividend(**common, gross=quantity, taxes=quantity / 10))
        elif what > 0.55 and held[instrument] >= quantity:
            made.append(Sell(**common, **trade))
            held[instrument] -= quantity
        else:
            made.append(Buy(**common, **trade))
            held[instrument] += quantity
    return made


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    ledger = events(count)
    for method in ("average", "fifo"):
        for tracks_cash in (True, False):
            taken = []
            for _ in range(5):
                start = time.perf_counter()
                book = replay(ledger, Rules(EUR, method, tracks_cash=tracks_cash))
                taken.append(time.perf_counter() - start)
            print(
                f"{method:8} cash {'tracked' if tracks_cash else 'outside':8} {len(book.matches):6} matches  best {min(taken):.3f} s  {count / min(taken):10,.0f} events/s"
            )


if __name__ == "__main__":
    main()
