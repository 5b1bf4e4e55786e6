"""Random programs of transfers between two portfolios, there and back, and turned round: L7, beside L1, L3, L4, L5 and L13 of both, after every step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from portfolio_site.kernel.decimals import rounded
from portfolios.choices import TransactionKind
from portfolios.lot_records import arriving_of
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import book_of
from portfolios.transfers.legs import carried_by
from tests.truth import checks
from tests.truth.drivers import Http, Refused, Services
from tests.truth.kinds import write
from tests.truth.model import rules_for
from tests.truth.pairs import Moved, Pair
from tests.truth.world import CALENDAR, World, day, make_world

SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.integers(0, 1)
WHEN = st.sampled_from(CALENDAR)
SIDES = st.integers(0, 1)
PARTS = st.sampled_from([1, 3, 5, 7, 9, 10, 10, 11])  # tenths
METHODS = ["average", "fifo", "lifo", "hifo", "lofo", "specific"]
THERE = [number for number in CALENDAR if number % 2 == 0]  # days on which units go from the first to the second
BACK = [number for number in CALENDAR if number % 2]
KINDS = ["buy", "buy", "sell", "split", "stock_dividend", "return_of_capital", "dividend"]


class PairMachine(RuleBasedStateMachine):
    """Subclasses say which way commands go."""

    driver: type[Services] = Services
    bought = Bundle("bought")
    moved = Bundle("moved")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.world: World = make_world()
        self.product = self.driver(self.world)
        self.pair: Pair | None = None

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(methods=st.tuples(st.sampled_from(METHODS), st.sampled_from(METHODS)), tracks_cash=st.booleans(), seed=SEEDS)
    def begin(self, methods: tuple[str, str], tracks_cash: bool, seed: int) -> None:
        """Both hold something of two instruments, bought on three days."""
        rules = {}
        for method in methods:
            key = self.product.open(base_currency="EUR", cost_method=method, tracks_cash=tracks_cash)
            rules[key] = rules_for("EUR", method, "income", tracks_cash=tracks_cash)
        self.pair = Pair(rules)
        self.first, self.second = rules
        chance = Random(seed)
        for side, share, when in product(range(2), range(2), CALENDAR[:3]):
            self.record_one("buy", side, share, when, chance.getrandbits(32))

    def command(self, allowed: bool, verb: Any, *args: Any) -> Any:
        """The answer, or None where it was refused: exactly where it must be, and neither portfolio changes then."""
        before = None if allowed else [checks.snapshot(key) for key in self.pair.rules]
        try:
            with transaction.atomic():
                answer = verb(*args)
        except Refused as refused:
            assert not allowed, f"refused although both ledgers can be replayed: {refused}"
            assert refused.status in (0, 404, 409, 422), f"a refusal of the ledger was answered by {refused.status}"
            assert [checks.snapshot(key) for key in self.pair.rules] == before, "L7: the refusal changed something"
            return None
        assert allowed, "L3: a ledger took what cannot be replayed"
        return True if answer is None else answer

    # ── entries of one of the two ───────────────────────────────────────────

    @rule(target=bought, kind=st.sampled_from(KINDS), side=SIDES, share=SHARES, when=WHEN, seed=SEEDS)
    def record(self, kind: str, side: int, share: int, when: int, seed: int) -> Any:
        return self.record_one(kind, side, share, when, seed)

    def record_one(self, kind: str, side: int, share: int, when: int, seed: int) -> Any:
        key, instrument = [self.first, self.second][side], self.world.shares[share]
        held = self.pair.state().held(key, instrument, day(when))
        entry = write(kind, seed, world=self.world, day=day(when), base="EUR", instrument=instrument, held=max(held, Decimal(0)))
        allowed = self.pair.allows(put=[(key, self.pair.next_number(), entry)])
        number = self.command(allowed, self.product.record, key, entry)
        if number is None:
            return multiple()
        self.pair.entries[key][number] = entry
        return key, number

    @rule(one=bought)
    def void(self, one: tuple[int, int]) -> None:
        number = one[1]
        if self.command(number not in self.pair.gone and self.pair.allows(without=[number]), self.product.void, number):
            self.pair.gone.add(number)

    @rule(one=bought)
    def restore(self, one: tuple[int, int]) -> None:
        key, number = one
        allowed = number in self.pair.gone and self.pair.allows(put=[(key, number, self.pair.entries[key][number])])
        if self.command(allowed, self.product.restore, number):
            self.pair.gone.discard(number)

    @rule(one=bought, when=WHEN)
    def move_entry(self, one: tuple[int, int], when: int) -> None:
        """What was bought later, or sold earlier, is not there to be carried."""
        key, number = one
        old = self.pair.entries[key][number]
        new = old.moved(day(when))
        if new.day == old.day:
            return
        allowed = number not in self.pair.gone and self.pair.allows(put=[(key, number, new)])
        if self.command(allowed, self.product.edit, number, {"traded_on": new.day}):
            self.pair.entries[key][number] = new

    @rule(side=SIDES, method=st.sampled_from(METHODS))
    def other_method(self, side: int, method: str) -> None:
        """Other lots are carried then."""
        key = [self.first, self.second][side]
        self.pair.rules[key] = replace(self.pair.rules[key], method=method)
        self.command(True, lambda: self.product.change_rules(key, cost_method=method))

    # ── transfers ───────────────────────────────────────────────────────────

    @rule(target=moved, back=st.booleans(), share=SHARES, when=st.integers(1, 4), part=PARTS)
    def transfer(self, back: bool, share: int, when: int, part: int) -> Any:
        """To the second, or back."""
        if back:
            return self.move(self.second, self.first, share, BACK[when], part)
        return self.move(self.first, self.second, share, THERE[when], part)

    @rule(target=moved, share=SHARES, days=st.tuples(st.integers(1, 3), st.integers(3, 6)), parts=st.tuples(PARTS, PARTS))
    def there_and_back(self, share: int, days: tuple[int, int], parts: tuple[int, int]) -> Any:
        there = self.move(self.first, self.second, share, THERE[days[0]], parts[0])
        back = self.move(self.second, self.first, share, BACK[days[1]], parts[1])
        return multiple(*(one for one in (there, back) if isinstance(one, int)))

    def move(self, source: int, target: int, share: int, when: int, part: int) -> Any:
        """A part of what is held, all of it, or more than there is."""
        instrument = self.world.shares[share]
        held = self.pair.state().held(source, instrument, day(when))
        quantity = rounded(held * part / 10) or Decimal("1.5")
        number = self.pair.next_number()
        one = Moved(number, number, number + 1, source, target, instrument, day(when), quantity)
        if self.pair.meets(one):
            return multiple()
        cost = self.total_cost()
        made = self.command(self.pair.allows(moved=[one]), self.product.transfer, source, target, instrument, one.day, quantity)
        if made is None:
            return multiple()
        one = replace(one, number=made[0], leaving=made[0], arriving=made[1])
        self.pair.moved[one.number] = one
        if not self.happens_after(one):
            assert self.total_cost() == cost, "L7: a transfer made or lost cost"
        return one.number

    @rule(one=moved, side=SIDES, part=st.sampled_from([1, 3, 5, 8, 9, 11, 15]))
    def other_quantity(self, one: int, side: int, part: int) -> None:
        old = self.pair.moved[one]
        self.put(replace(old, quantity=rounded(old.quantity * part / 10) or old.quantity), side, "quantity")

    @rule(one=moved, side=SIDES, place=st.integers(0, 9))
    def other_day(self, one: int, side: int, place: int) -> None:
        old = self.pair.moved[one]
        days = [day(number) for number in (THERE if old.source == self.first else BACK)]
        self.put(replace(old, day=days[place % len(days)]), side, "day")

    def put(self, new: Moved, side: int, field: str) -> None:
        """From either side; what leaves decides, what arrives follows."""
        if self.pair.meets(new):
            return
        allowed = new.number not in self.pair.gone and self.pair.allows(moved=[new])
        name = {"day": "traded_on"}.get(field, field)
        if self.command(allowed, self.product.edit, self.leg(new.number, side), {name: getattr(new, field)}):
            self.pair.moved[new.number] = new

    @rule(one=moved, side=SIDES)
    def turn(self, one: int, side: int) -> None:
        """It went the other way: the numbers stay, and what leaves now goes by the method of its portfolio."""
        new = self.pair.moved[one].turned
        if self.pair.meets(new):
            return
        allowed = one not in self.pair.gone and self.pair.allows(moved=[new])
        if self.command(allowed, self.product.turn, self.leg(one, side)):
            self.pair.moved[one] = new

    @rule(one=moved, sides=st.tuples(SIDES, SIDES))
    def turn_and_take_back(self, one: int, sides: tuple[int, int]) -> None:
        """L10: as if nothing had been."""
        new = self.pair.moved[one].turned
        if self.pair.meets(new):
            return
        before = [checks.snapshot(key)[2:] for key in self.pair.rules]
        if self.command(one not in self.pair.gone and self.pair.allows(moved=[new]), self.product.turn, self.leg(one, sides[0])):
            self.command(True, self.product.take_back, self.leg(one, sides[1]))
            assert [checks.snapshot(key)[2:] for key in self.pair.rules] == before, "L10: turned and turned back is not what was"

    def leg(self, one: int, side: int) -> int:
        """The number of either entry of a transfer."""
        return [self.pair.moved[one].leaving, self.pair.moved[one].arriving][side]

    @rule(one=moved, side=SIDES)
    def void_transfer(self, one: int, side: int) -> None:
        number = self.leg(one, side)
        if self.command(one not in self.pair.gone and self.pair.allows(without=[one]), self.product.void, number):
            self.pair.gone.add(one)

    @rule(one=moved, side=SIDES)
    def restore_transfer(self, one: int, side: int) -> None:
        number = self.leg(one, side)
        if self.pair.meets(self.pair.moved[one]):
            return
        if self.command(one in self.pair.gone and self.pair.allows(moved=[self.pair.moved[one]]), self.product.restore, number):
            self.pair.gone.discard(one)

    @precondition(lambda self: self.pair and self.pair.moved)
    @rule()
    def rebuild(self) -> None:
        for key in self.pair.rules:
            before = checks.snapshot(key)
            self.product.rebuild(key)
            assert checks.snapshot(key)[1:] == before[1:], "L1: a rebuild changed the stored rows"

    # ── after every step ────────────────────────────────────────────────────

    def books(self) -> dict[int, Any]:
        return {key: book_of(Portfolio.objects.get(pk=key)) for key in self.pair.rules}

    def total_cost(self) -> Decimal:
        return sum((book.cost for book in self.books().values()), Decimal(0))

    def happens_after(self, one: Moved) -> bool:
        """Whether anything of either portfolio comes after a transfer, or on its day: that may have another cost then."""
        live = [entry.day for key in self.pair.rules for number, entry in self.pair.entries[key].items() if number not in self.pair.gone]
        live += [other.day for number, other in self.pair.moved.items() if number not in {*self.pair.gone, one.number}]
        return any(other >= one.day for other in live)

    @invariant()
    def both_ledgers_hold(self) -> None:
        if self.pair is not None:
            for key in self.pair.rules:
                checks.check(self.pair.side(key))

    @invariant()
    def each_transfer_is_a_pair(self) -> None:
        """L7: both legs or none, under their numbers, with the same day and units, and the lots that the one lost."""
        if self.pair is None:
            return
        books = self.books()
        carried = {key: carried_by(book) for key, book in books.items()}
        for number, one in self.pair.moved.items():
            rows = list(Transaction.objects.live().filter(link__in=Transaction.objects.of_entry(number).values("link")).order_by("kind"))
            if number in self.pair.gone:
                assert rows == [], "L7: a voided transfer has a leg that counts"
                continue
            said = [(row.kind, row.portfolio_id, row.entry, row.traded_on, row.quantity, row.instrument_id) for row in rows]
            both = one.day, one.quantity, one.instrument.pk
            assert said == [
                (TransactionKind.TRANSFER_IN, one.target, one.arriving, *both),
                (TransactionKind.TRANSFER_OUT, one.source, one.leaving, *both),
            ], "L7: the legs are no pair"
            lost = [(lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for lot in carried[one.source][one.leaving]]
            assert [tuple(lot) for lot in arriving_of(rows[0].lots)] == lost, "L7: the lots that arrived are not those that left"
        numbers = {key for one in self.pair.moved.values() for key in (one.leaving, one.arriving)}
        flows = [flow.amount for book in books.values() for flow in book.flows if flow.event_id in numbers]
        assert sum(flows, Decimal(0)) == 0, "L7: the transfers between two portfolios bring or take something"


class PairsOverServices(PairMachine):
    driver = Services


class PairsOverHttp(PairMachine):
    driver = Http
