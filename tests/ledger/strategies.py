"""Random ledgers that can be replayed: each event happens after the one before it, and nothing is oversold.

Hypothesis chooses what happens to which instrument, and one seed for the numbers of each event: ten times as fast as choosing
every number by itself, and a failing ledger still shrinks to its few events that matter.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from portfolio_site.kernel.decimals import rounded
from portfolios.ledger.events import EVENT_TYPES, Event, Split
from tests.ledger.build import CHF, EUR, JPY, USD

START = date(2020, 2, 27)
QUOTED = {1: EUR, 2: USD, 3: CHF}  # the instruments and their currencies; the base currency is EUR
RATIOS = [(2, 1), (4, 1), (1, 10), (3, 2), (7, 3), (1, 3)]
ALL = "buy buy sell sell dividend interest fee tax deposit withdrawal split transfer_in transfer_out"
SEEDS = st.integers(0, 2**32 - 1)


def number(random: Random, largest: int, smallest: Decimal | int = 0) -> Decimal:
    """Whole, with cents, or with every place that can be stored."""
    places = random.choice([0, 2, 2, 8, 18])
    return max(Decimal(random.randint(0, largest * 10**places)).scaleb(-places), Decimal(smallest))


def rate(random: Random) -> Decimal:
    return Decimal(random.randint(1, 3 * 10**10)).scaleb(-10)


valuations = SEEDS.map(lambda seed: _valuation(Random(seed)))


def _valuation(random: Random) -> tuple[dict[int, Decimal], dict[Any, Decimal]]:
    return {i: number(random, 1000) for i in QUOTED}, {currency: rate(random) for currency in (USD, CHF, JPY)}


def ledgers(most: int = 25, kinds: str = ALL, instruments: int = 3) -> st.SearchStrategy[list[Event]]:
    """Up to `most` events of up to three instruments in three currencies, in the order in which they happen."""
    choice = st.tuples(st.sampled_from(kinds.split()), st.integers(1, instruments), SEEDS)
    return st.lists(choice, min_size=1, max_size=most).map(_ledger)


def _ledger(choices: list[tuple[str, int, int]]) -> list[Event]:
    events: list[Event] = []
    held = dict.fromkeys(QUOTED, Decimal(0))
    day = START
    for position, (kind, instrument, seed) in enumerate(choices, start=1):
        random = Random(seed)
        day += timedelta(days=random.randint(1, 40))
        units = held[instrument]
        if kind in {"sell", "transfer_out", "split"} and not units:
            kind = "buy"
        event = _event(random, kind, instrument, units, {"id": position, "sequence": position, "day": day})
        if isinstance(event, Split):
            held[instrument] = rounded(units * event.ratio_new / event.ratio_old)
            if not held[instrument]:  # a reverse split of dust, which the ledger refuses
                held[instrument] = units
                continue
        elif event.kind in {"buy", "transfer_in"}:
            held[instrument] += event.quantity
        elif event.kind in {"sell", "transfer_out"}:
            held[instrument] -= event.quantity
        events.append(event)
    return events


def _event(random: Random, kind: str, instrument: int, units: Decimal, facts: dict[str, Any]) -> Event:
    make = EVENT_TYPES[kind]
    if kind == "split":
        new, old = random.choice(RATIOS)
        return make(**facts, currency=EUR, instrument=instrument, ratio_new=Decimal(new), ratio_old=Decimal(old))
    facts["currency"] = random.choice([EUR, USD, JPY])
    facts["fx_rate"] = Decimal(1) if facts["currency"] == EUR else rate(random)
    if kind not in {"fee", "tax"}:
        facts["fees"], facts["taxes"] = (random.choice([Decimal(0), number(random, 20)]) for _ in range(2))
    if kind in {"fee", "tax", "interest"}:
        return make(**facts, amount=number(random, 1000), instrument=random.choice([None, instrument]))
    if kind in {"deposit", "withdrawal"}:
        return make(**facts, amount=number(random, 100_000))
    facts["instrument"] = instrument
    if kind == "dividend":
        return make(**facts, gross=number(random, 10_000))
    if kind in {"sell", "transfer_out"}:
        facts["quantity"] = random.choice([units, rounded(units * random.randint(1, 999) / 1000) or units])
        if kind == "transfer_out":
            return make(**facts)
    else:
        facts["quantity"] = number(random, 1000, smallest=Decimal("1e-18"))
    facts |= {"gross": number(random, 100_000), "local_price": number(random, 1000), "local_currency": QUOTED[instrument]}
    if kind == "transfer_in":
        facts["cost_local"] = random.choice([None, number(random, 100_000)])
        facts["acquired_on"] = random.choice([None, facts["day"] - timedelta(days=random.randint(0, 900))])
    return make(**facts)
