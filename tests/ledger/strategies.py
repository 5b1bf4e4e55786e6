"""Random ledgers that can be replayed: each event happens after the one before it, and nothing is refused.

Hypothesis chooses what happens to which instrument, and one seed for the numbers of each event: ten times as fast as choosing
every number by itself, and a failing ledger still shrinks to its few events that matter.  The reference keeps count of what is
held and of the lots that a sale may name.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import strategies as st

from portfolio_site.kernel.decimals import rounded
from portfolios.ledger.events import EVENT_TYPES, Arriving, Event, Leg, LotChoice
from portfolios.ledger.replay import Rules
from tests.ledger.build import CHF, EUR, JPY, USD
from tests.ledger.reference import Fold

START = date(2020, 2, 27)
QUOTED = {1: EUR, 2: USD, 3: CHF}  # the instruments and their currencies; the base currency is EUR
RATIOS = [(2, 1), (4, 1), (1, 10), (3, 2), (7, 3), (1, 3), (1, 1)]
ALL = (
    "buy buy sell sell dividend interest fee tax deposit withdrawal split transfer_in transfer_out rights redemption coupon reinvestment "
    "staking_reward airdrop fx_exchange adjustment_of_cash adjustment_in adjustment_out stock_dividend return_of_capital"
)
LINKING = "spin_off merger symbol_change"  # connect instruments
ALONE = f"{ALL} buy sell short_sell buy_to_cover"
EVERY = f"{ALONE} {LINKING}"
APART = ["fifo", "lifo", "hifo", "lofo", "specific"]
METHODS = ["average", *APART, "section104"]
SEEDS = st.integers(0, 2**32 - 1)
ZERO = Decimal(0)
DUST = Decimal("1e-18")


def number(random: Random, largest: int, smallest: Decimal | int = 0) -> Decimal:
    """Whole, with cents, or with every place that can be stored."""
    places = random.choice([0, 2, 2, 8, 18])
    return max(Decimal(random.randint(0, largest * 10**places)).scaleb(-places), Decimal(smallest))


def rate(random: Random) -> Decimal:
    return Decimal(random.randint(1, 3 * 10**10)).scaleb(-10)


def part(random: Random, units: Decimal) -> Decimal:
    """All of it, or a part; never nothing."""
    return random.choice([units, rounded(units * random.randint(1, 999) / 1000) or units])


valuations = SEEDS.map(lambda seed: _valuation(Random(seed)))


def _valuation(random: Random) -> tuple[dict[int, Decimal], dict[Any, Decimal]]:
    return {i: number(random, 1000) for i in QUOTED}, {currency: rate(random) for currency in (USD, CHF, JPY)}


def rules(methods: list[str] = METHODS, *, shorts: bool = False) -> st.SearchStrategy[Rules]:
    return st.builds(
        Rules,
        base_currency=st.just(EUR),
        method=st.sampled_from(methods),
        dividend_treatment=st.sampled_from(["income", "reduce_cost"]),
        tracks_cash=st.booleans(),
        allows_short=st.booleans() if shorts else st.just(False),
    )


def histories(
    most: int = 25, kinds: str = EVERY, instruments: int = 3, methods: list[str] = METHODS, *, shorts: bool = True, days_apart: bool = False
) -> st.SearchStrategy[tuple[Rules, list[Event]]]:
    """Rules, and up to `most` events that they allow, with lots and methods of single sales: in the order in which they happen."""
    choice = st.tuples(st.sampled_from(kinds.split()), st.integers(1, instruments), SEEDS)
    return st.tuples(rules(methods, shorts=shorts), st.lists(choice, min_size=1, max_size=most)).map(
        lambda drawn: (drawn[0], written(*drawn, days_apart=days_apart))
    )


def ledgers(most: int = 25, kinds: str = ALL, instruments: int = 3, *, days_apart: bool = True) -> st.SearchStrategy[list[Event]]:
    """Up to `most` events of up to three instruments in three currencies, which all methods allow, in the order in which they happen."""
    choice = st.tuples(st.sampled_from(kinds.split()), st.integers(1, instruments), SEEDS)
    return st.lists(choice, min_size=1, max_size=most).map(lambda drawn: written(Rules(EUR), drawn, days_apart=days_apart))


def written(rules: Rules, choices: list[tuple[str, int, int]], *, days_apart: bool = False) -> list[Event]:
    return Writer(rules, at_least=int(days_apart)).write(choices)


class Writer:
    """Writes a ledger event by event, and knows what is held."""

    def __init__(self, rules: Rules, at_least: int = 0) -> None:
        self.rules, self.at_least = rules, at_least
        self.fold = Fold(Rules(EUR, "average", allows_short=rules.allows_short) if rules.method == "section104" else rules)
        self.events: list[Event] = []
        self.day = START

    def write(self, choices: list[tuple[str, int, int]]) -> list[Event]:
        for kind, instrument, seed in choices:
            self.random = Random(seed)
            wait = self.random.randint(self.at_least, 40)
            self.number, self.day = len(self.events) + 1, self.day + timedelta(days=wait)
            event = self.event(self.possible(kind, instrument), instrument)
            if event is None:
                continue
            if not wait and self.events and self.events[-1].rank > event.rank:
                self.day += timedelta(days=1)
                event = replace(event, day=self.day)
            self.events.append(event)
            self.fold.step(event)
        return self.events

    def held(self, instrument: int) -> Decimal:
        return decimal(self.fold.held(instrument))

    def possible(self, kind: str, instrument: int) -> str:
        """The kind, or another one where it would be refused."""
        held = self.held(instrument)
        if kind == "short_sell" and not self.rules.allows_short:
            return "sell" if held > 0 else "buy"
        if kind == "buy_to_cover":
            return kind if held < 0 else "buy"
        if kind == "sell" and self.rules.allows_short:
            return kind
        if kind in {"sell", "redemption", "transfer_out", "adjustment_out"}:
            return kind if held > 0 else "buy"
        if kind in {"split", "stock_dividend", *LINKING.split()}:
            return kind if held else "buy"
        if kind == "return_of_capital":
            return kind if instrument in self.fold.opened else "buy"
        return kind

    # ── one event ───────────────────────────────────────────────────────────

    def event(self, kind: str, instrument: int) -> Event | None:
        facts: dict[str, Any] = {"id": self.number, "sequence": self.number, "day": self.day, "currency": self.random.choice([EUR, USD, JPY])}
        facts["fx_rate"] = Decimal(1) if facts["currency"] == EUR else rate(self.random)
        if kind in {"split", "stock_dividend", *LINKING.split()}:
            return self.action(kind, instrument, facts)
        make = EVENT_TYPES[kind]
        if kind not in {"fee", "tax", "adjustment_of_cash"}:
            facts["fees"], facts["taxes"] = (self.random.choice([ZERO, number(self.random, 20)]) for _ in range(2))
        if kind in {"fee", "tax", "interest"}:
            return make(**facts, amount=number(self.random, 1000), instrument=self.random.choice([None, instrument]))
        if kind in {"deposit", "withdrawal"}:
            return make(**facts, amount=number(self.random, 100_000))
        if kind == "adjustment_of_cash":
            return make(**facts, amount=number(self.random, 1000) * self.random.choice([1, -1]))
        if kind == "fx_exchange":
            given = self.random.choice([each for each in (EUR, USD, JPY) if each != facts["currency"]])
            given_rate = Decimal(1) if given == EUR else rate(self.random)
            return make(**facts, amount=number(self.random, 1000), given=number(self.random, 1000), given_currency=given, given_rate=given_rate)
        facts["instrument"] = instrument
        sign = -1 if self.held(instrument) < 0 else 1
        if kind == "return_of_capital":
            return make(**facts, amount=number(self.random, 10_000))
        if kind in {"dividend", "coupon"}:
            return make(**facts | self.own_costs(facts), gross=sign * number(self.random, 10_000))
        if kind in {"transfer_out", "adjustment_out"}:
            quantity = part(self.random, self.held(instrument))
            return make(**facts, quantity=quantity, lots=self.asked(instrument, quantity).get("lots", ()))
        return self.units(kind, instrument, facts)

    def own_costs(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Now and then fees and taxes are in a currency of their own."""
        currency = self.random.choice([None, None, EUR, CHF, USD])
        if currency in {None, facts["currency"]}:
            return {}
        return {"costs_currency": currency, "costs_rate": Decimal(1) if currency == EUR else rate(self.random)}

    def units(self, kind: str, instrument: int, facts: dict[str, Any]) -> Event:
        random, held = self.random, self.held(instrument)
        facts |= {"gross": number(random, 100_000), "local_price": number(random, 1000), "local_currency": QUOTED[instrument]}
        quantity = number(random, 1000, smallest=DUST)
        if kind == "buy_to_cover":
            quantity = part(random, -held)
        elif kind in {"sell", "redemption"} and (held > 0 and (kind == "redemption" or not self.rules.allows_short or random.random() < 0.7)):
            quantity = part(random, held)
        elif kind == "buy" and held < 0 and random.random() < 0.5:
            quantity = part(random, -held)
        facts["quantity"] = quantity
        if kind in {"buy", "sell", "short_sell", "buy_to_cover", "rights", "redemption"}:
            facts |= {"accrued": random.choice([ZERO, ZERO, number(random, 50)])} | self.own_costs(facts)
        if kind in {"sell", "short_sell", "redemption"} and 0 < quantity <= held:
            facts |= self.asked(instrument, quantity)
        if kind in {"transfer_in", "adjustment_in"}:
            facts |= self.carried(facts)
        if kind == "reinvestment":
            facts["gross"] += facts["fees"] + facts["taxes"]
        return EVENT_TYPES[kind](**facts)

    def asked(self, instrument: int, quantity: Decimal) -> dict[str, Any]:
        """A method of the sale's own, and lots that it names, where lots are kept apart."""
        random = self.random
        if self.rules.method not in APART or random.random() < 0.5:
            return {}
        open_units: dict[tuple[Any, ...], Fraction] = {}
        exact = random.random() < 0.5  # by the whole name, or by the entry alone
        for lot in self.fold.lots[instrument]:
            name = (lot.id, lot.day, lot.nth) if exact else (lot.id,)
            open_units[name] = open_units.get(name, Fraction(0)) + lot.units
        chosen, left = [], quantity
        for name in random.sample(sorted(open_units), k=random.randint(0, min(2, len(open_units)))):
            units = min(part(random, decimal(open_units[name])), left)
            if units:
                chosen.append(LotChoice(name[0], units, *name[1:]))
                left -= units
        return {"method": random.choice(["", *APART]), "lots": tuple(chosen)}

    def carried(self, facts: dict[str, Any]) -> dict[str, Any]:
        """The cost in the currency of the quote, and the date; or all of that lot by lot."""
        random, day = self.random, self.day
        if random.random() < 0.6:
            on = random.choice([None, day - timedelta(days=random.randint(0, 900))])
            return {"cost_local": random.choice([None, number(random, 100_000)]), "acquired_on": on}
        days = sorted(day - timedelta(days=random.choice([90, random.randint(0, 900)])) for _ in range(random.randint(1, 3)))
        lots = tuple(Arriving(on, number(random, 500, smallest=DUST), number(random, 5000), number(random, 5000)) for on in days)
        return {"lots": lots, "quantity": sum((lot.quantity for lot in lots), ZERO), "gross": sum((lot.cost for lot in lots), ZERO)}

    # ── corporate actions ───────────────────────────────────────────────────

    def action(self, kind: str, instrument: int, facts: dict[str, Any]) -> Event | None:
        random, held = self.random, self.held(instrument)
        make, facts = EVENT_TYPES[kind], facts | {"instrument": instrument}
        if kind == "stock_dividend":
            return make(**facts, quantity=number(random, 50, smallest=DUST), gross=random.choice([ZERO, number(random, 500)]))
        if kind == "split":
            new, old = map(Decimal, random.choice(RATIOS))
            after = rounded(abs(held) * new / old)
            return make(**facts, ratio_new=new, ratio_old=old, **self.fraction(after)) if after else None
        targets = random.sample([each for each in QUOTED if each != instrument], k=1 if kind == "symbol_change" else random.randint(0, 2))
        if kind == "symbol_change":
            return make(**facts, legs=(self.leg(instrument, targets[0], (1, 1), Decimal(1), held),))
        leaves = kind == "merger"
        shares = self.shares(len(targets) + 1, whole=leaves)
        legs = tuple(self.leg(instrument, target, random.choice(RATIOS), share, held) for target, share in zip(targets, shares[1:], strict=True))
        if any(not rounded(abs(held) * leg.ratio_new / leg.ratio_old) for leg in legs) or not (legs or leaves):
            return None
        facts["fees"], facts["taxes"] = (random.choice([ZERO, number(random, 20)]) for _ in range(2))
        cash = random.choice([ZERO, number(random, 5000), -number(random, 500)])
        if not legs and not shares[0]:
            shares[0] = Decimal(1)
        return make(**facts, legs=legs, cash=cash, cash_share=shares[0])

    def shares(self, count: int, *, whole: bool) -> list[Decimal]:
        """Shares of cost, the first of them that of the cash: 1 together where the units leave, else at most."""
        random = self.random
        left, shares = Decimal(1), []
        for _ in range(count - 1):
            share = random.choice([ZERO, left, rounded(left * random.randint(1, 999) / 1000)])
            shares.append(share)
            left -= share
        if count == 1 or whole:
            return [left, *shares] if count == 1 or random.random() < 0.5 else [ZERO, *shares[:-1], shares[-1] + left]
        return [random.choice([ZERO, left, rounded(left / 3)]), *shares]

    def leg(self, source: int, target: int, ratio: tuple[int, int], share: Decimal, held: Decimal) -> Leg:
        new, old = map(Decimal, ratio)
        same = QUOTED[source] == QUOTED[target]
        return Leg(
            instrument=target, ratio_new=new, ratio_old=old, cost_share=share, local_currency=QUOTED[target],
            local_rate=Decimal(1) if same else rate(self.random), **self.fraction(rounded(abs(held) * new / old)),
        )  # fmt: skip

    def fraction(self, units: Decimal) -> dict[str, Decimal]:
        """Now and then a part of what comes is paid in cash."""
        part_of_one = units % 1
        if self.random.random() < 0.5 or not part_of_one:
            return {}
        return {"fraction": self.random.choice([part_of_one, units]), "cash": number(self.random, 100)}


def decimal(value: Fraction) -> Decimal:
    """A fraction that a Decimal of 18 places can hold."""
    scaled = value * 10**18
    assert scaled.denominator == 1
    return Decimal(scaled.numerator).scaleb(-18)
