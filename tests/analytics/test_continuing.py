"""A series that goes on from the last one equals one made anew: whatever changed in the ledger, in prices, in rates, or of the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.border import LedgerArrays, arrays_of
from analytics.continuing import Before
from analytics.series import Daily, daily
from analytics.world import Market
from market.selectors import FxColumnView, PriceColumnView, day_number
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules, replay
from portfolios.ledger.resuming import gone_on, mark_before, replay_marked
from tests.analytics.worlds import book, closes, day, event, market
from tests.ledger.strategies import EVERY, QUOTED, SEEDS, START, histories

FIRST = day_number(START) - 30
KINDS = ["append", "append", "void", "bring back", "price of today", "price of then", "rate", "tomorrow", "coin"]
OPERATIONS = st.lists(st.tuples(st.sampled_from(KINDS), SEEDS), min_size=1, max_size=10)


@dataclass
class World:
    """A ledger whose book and series only ever go on, as far as they can, in a market that changes as well."""

    rules: Rules
    events: dict[int, Event]
    waiting: list[Event]
    last: date
    prices: dict[int, PriceColumnView]
    rates: dict[str, FxColumnView]
    out: list[Event] = field(default_factory=list)
    coins: frozenset[int] = frozenset()
    before: Before = field(default_factory=Before)

    def __post_init__(self) -> None:
        self.book = replay_marked(self.events.values(), self.rules, worth_it=1, nearest=1)

    @property
    def market(self) -> Market:
        return Market(dict(self.prices), dict(self.rates), {pk: str(code) for pk, code in QUOTED.items()}, self.coins)

    def series(self, ledger: Book, before: Before | None) -> Daily:
        moved = frozenset(one.id for one in self.events.values() if one.kind.startswith(("transfer", "adjustment")) and hasattr(one, "instrument"))
        return daily([ledger], currency="EUR", market=self.market, last=self.last, transfers=moved, before=before)

    def change(self, kind: str, random: Random) -> None:
        if kind in {"append", "void", "bring back"}:
            self._write(kind, random)
        elif kind.startswith("price"):
            pk = random.choice(sorted(self.prices))
            self.prices[pk] = changed(self.prices[pk], "closes", random, newest=kind == "price of today")
        elif kind == "rate":
            code = random.choice(["CHF", "JPY", "USD"])
            self.rates[code] = changed(self.rates[code], "rates", random, newest=random.random() < 0.5)
        elif kind == "tomorrow":
            self.last += timedelta(days=random.choice([1, 1, 5, -3]))
        else:
            self.coins ^= {random.choice(sorted(QUOTED))}

    def _write(self, kind: str, random: Random) -> None:
        known = sorted(self.events.values(), key=lambda one: one.id)
        gone = [random.choice(known)] if kind == "void" and known else []
        come = {"append": self.waiting[:1], "bring back": self.out[-1:]}.get(kind, [])
        if not gone and not come:
            return
        after = {one.id: one for one in (*known, *come) if one not in gone}
        mark = mark_before(self.book, min(one.day for one in (*gone, *come)))
        try:
            if mark is None:
                self.book = replay_marked(after.values(), self.rules, worth_it=1, nearest=1)
            else:
                later = [one for one in after.values() if one.day > mark.day]
                self.book = gone_on(self.book, mark, later, self.rules, nearest=1)
        except LedgerRefused:
            return
        self.events, self.out = after, [one for one in (*self.out, *gone) if one.id not in after]
        self.waiting = [one for one in self.waiting if one.id not in after]


def changed(column: Any, name: str, random: Random, *, newest: bool) -> Any:
    """The column with one more day, or with another number for one of its days."""
    days, numbers = column.days, getattr(column, name).copy()
    if newest:
        days, numbers = np.append(days, days[-1] + random.randint(1, 4)).astype(np.int32), np.append(numbers, numbers[-1] * 1.01)
    else:
        numbers[random.randrange(len(numbers))] *= 1.5
    return type(column)(column[0] if isinstance(column, tuple) else getattr(column, "instrument_id", None) or column.currency, 1, days, numbers, None)


def world(rules: Rules, history: list[Event], written: int, seed: int) -> World:
    rng = np.random.default_rng(seed)
    days = (FIRST + np.flatnonzero(rng.random(200) < 0.7)).astype(np.int32)
    days[0] = FIRST
    prices = {pk: PriceColumnView(pk, 1, days, rng.uniform(1, 100, len(days)), None) for pk in QUOTED}
    rates = {code: FxColumnView(code, 1, days, rng.uniform(0.5, 2, len(days)), None) for code in ("USD", "CHF", "JPY")}
    rates["EUR"] = market().rates["EUR"]
    return World(rules, {one.id: one for one in history[:written]}, history[written:], START + timedelta(days=150), prices, rates)


def equal(found: Daily, anew: Daily) -> None:
    assert (found.first, found.periods, found.gaps, found.currency) == (anew.first, anew.periods, anew.gaps, anew.currency)
    scale = max(float(np.abs(anew.value).max()), 1.0)
    assert np.abs(found.value - anew.value).max() <= 1e-12 * scale
    for name in ("inflow", "outflow", "known", "trading"):
        assert np.array_equal(getattr(found, name), getattr(anew, name)), name


def alike(found: LedgerArrays, anew: LedgerArrays) -> None:
    """To the last bit."""
    for name in ("flow_days", "flow_amounts", "flow_events"):
        assert np.array_equal(getattr(found, name), getattr(anew, name)), name
    for mine, theirs in ((found.units, anew.units), (found.cash, anew.cash)):
        assert mine.keys == theirs.keys
        assert all(np.array_equal(getattr(mine, name), getattr(theirs, name)) for name in ("columns", "days", "after"))


@given(data=st.data())
def test_whatever_changes_the_series_is_the_one_made_anew(data: st.DataObject) -> None:
    rules, history = data.draw(histories(30, EVERY, shorts=True))
    one = world(rules, history, data.draw(st.integers(1, len(history))), data.draw(SEEDS))
    one.series(one.book, one.before)
    for kind, seed in data.draw(OPERATIONS):
        one.change(kind, Random(seed))
        found = one.series(one.book, one.before)
        anew = replay(one.events.values(), one.rules)
        alike(arrays_of(one.book), arrays_of(anew))
        equal(found, one.series(anew, None))


# ── how much is taken as it is ──────────────────────────────────────────────

SHARE = 1


def shares(*more: Event) -> Book:
    return book(event("buy", "2024-01-02", instrument=SHARE, quantity=50, gross=500), *more, tracks_cash=False)


def same_until(ledger: Book, world: Market, last: str, before: Before, monkeypatch: Any) -> int:
    """How many entries the series took from the one before."""
    told: list[int] = []
    whole = Before.same_until

    def noted(self: Before, now: Any) -> int:
        told.append(whole(self, now))
        return told[-1]

    with monkeypatch.context() as patched:
        patched.setattr(Before, "same_until", noted)
        daily([ledger], currency="EUR", market=world, last=day(last), before=before)
    return told[0] if told else 0


def test_a_new_day_of_prices_values_that_day_alone(monkeypatch: Any) -> None:
    before, ledger = Before(), shares()
    early, late = closes(SHARE, d2024_01_02=10.0, d2024_01_05=11.0), closes(SHARE, d2024_01_02=10.0, d2024_01_05=11.0, d2024_01_08=12.0)
    assert same_until(ledger, market(early), "2024-01-08", before, monkeypatch) == 0
    assert same_until(ledger, market(late), "2024-01-08", before, monkeypatch) == 7  # the eighth entry is 8 January
    assert same_until(ledger, market(late), "2024-01-10", before, monkeypatch) == 8
    assert before.daily is not None and before.daily.value.tolist() == [0, 500, 500, 500, 550, 550, 550, 600, 600, 600]


def test_a_corrected_price_of_then_and_a_first_price_are_found(monkeypatch: Any) -> None:
    before, ledger = Before(), shares()
    prices = market(closes(SHARE, d2024_01_02=10.0, d2024_01_05=11.0))
    same_until(ledger, prices, "2024-01-08", before, monkeypatch)
    assert same_until(ledger, market(closes(SHARE, d2024_01_02=10.0, d2024_01_05=13.0)), "2024-01-08", before, monkeypatch) == 4
    assert same_until(ledger, market(closes(SHARE, d2023_12_29=9.0, d2024_01_02=10.0)), "2024-01-08", before, monkeypatch) == 0


def test_nothing_goes_on_from_what_stood_at_its_cost(monkeypatch: Any) -> None:
    before, ledger = Before(), shares()
    late = market(closes(SHARE, d2024_01_05=11.0))
    for _ in range(2):
        assert same_until(ledger, late, "2024-01-08", before, monkeypatch) == 0
