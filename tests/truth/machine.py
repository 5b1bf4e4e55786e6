"""Random programs of commands against one portfolio, with every invariant checked after every step.

Each kind of entry has a bundle of the entries that were recorded, and rules that record, change, move and void one.  Beside
them: many at once, a file imported twice, other rules for the whole portfolio, a rebuild.  The model says beforehand whether
the ledger must take a command; a refusal must come exactly then, and must change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis import target as steer
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from tests.truth import checks
from tests.truth.drivers import Http, Refused, Services
from tests.truth.entries import Entry
from tests.truth.kinds import KINDS, write
from tests.truth.model import Ledger, decimal, rules_for
from tests.truth.world import CALENDAR, FIRST, World, day, make_world

SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.integers(0, 2)
WHEN = st.sampled_from(CALENDAR)
METHODS = ["average", "fifo", "lifo", "hifo", "lofo", "specific", "section104"]
POOLS = {"average", "section104"}
LEAVING = {"sell", "transfer_out", "adjustment_out", "redemption", "buy_to_cover"}
OF_UNITS = LEAVING | {"dividend", "split", "stock_dividend", "spin_off", "merger", "symbol_change", "return_of_capital", "coupon"}
BLANK: dict[str, Any] = {"currency": "", "settlement_currency": "", "costs_currency": "", "method": "", "lots": (), "legs": ()}


def _name(lot: Any, every: Iterable[Any], seed: int) -> tuple[Any, ...]:
    """What a sale calls the lot: its entry where that is enough, as often its whole name."""
    alone = sum(one.id == lot.id for one in every) == 1
    return (lot.id,) if alone and seed % 2 else (lot.id, lot.day, lot.nth)


class Machine(RuleBasedStateMachine):
    """Subclasses say which way commands go."""

    driver: type[Services] = Services
    kinds: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.world: World = make_world()
        self.product = self.driver(self.world)
        self.ledger: Ledger | None = None
        self.deepest = 0

    def teardown(self) -> None:
        steer(float(self.deepest), label="open lots")
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(
        base=st.sampled_from(["EUR", "EUR", "USD"]),
        method=st.sampled_from(METHODS),
        treatment=st.sampled_from(["income", "reduce_cost"]),
        tracks_cash=st.booleans(),
        short=st.booleans(),
    )
    def begin(self, base: str, method: str, treatment: str, tracks_cash: bool, short: bool) -> None:
        key = self.product.open(base_currency=base, cost_method=method, dividend_treatment=treatment, tracks_cash=tracks_cash, allows_short=short)
        self.ledger = Ledger(key, rules_for(base, method, treatment, tracks_cash=tracks_cash, allows_short=short))

    # ── one entry ───────────────────────────────────────────────────────────

    def write(self, name: str, share: int, when: int, seed: int, instrument: Any = None) -> Entry:
        """The entry, of an instrument that is held where it could not be of another."""
        of_what, on = KINDS[name][2], day(when)
        choice = [self.world.instruments["BOND"]] if of_what == "bond" else self.world.shares
        if of_what == "any" and seed % 4 == 0:
            choice = [self.world.instruments["BOND"], *choice]
        choice = [instrument] if instrument else [*choice[share % len(choice) :], *choice[: share % len(choice)]]
        state, chosen = self.ledger.upto(on), choice[0]
        if name in OF_UNITS:
            wanted = (lambda one: state.held(one.pk) < 0) if name == "buy_to_cover" else (lambda one: state.held(one.pk) > 0)
            chosen = next((one for one in choice if wanted(one)), chosen)
        held = decimal(state.held(chosen.pk))
        lots = tuple((_name(lot, state.lots[chosen.pk], seed), decimal(lot.units)) for lot in state.lots[chosen.pk] if lot.units > 0)
        apart = self.ledger.rules.method not in POOLS
        facts = {"world": self.world, "day": on, "base": self.ledger.base, "instrument": chosen, "lots": lots, "apart": apart}
        return write(name, seed, held=max(held, Decimal(0)), short=max(-held, Decimal(0)), **facts)

    def command(self, allowed: bool, verb: Any, *args: Any) -> Any:
        """The answer of the product, or None where it refused.  It must refuse exactly what is not allowed, and change nothing."""
        before = None if allowed else checks.snapshot(self.ledger.key)
        try:
            with transaction.atomic():
                answer = verb(*args)
        except Refused as refused:
            assert not allowed, f"refused although the ledger can be replayed: {refused}"
            assert refused.status in (0, 404, 409, 422), f"a refusal of the ledger was answered by {refused.status}"
            assert checks.snapshot(self.ledger.key) == before, "L3: the refusal changed something"
            return None
        assert allowed, "L3: the ledger took what cannot be replayed"
        return answer if answer is not None else True

    def record(self, name: str, share: int, when: int, seed: int) -> Any:
        entry = self.write(name, share, when, seed)
        number = self.command(self.ledger.allows(added=[entry]), self.product.record, self.ledger.key, entry)
        if number is None:
            return multiple()
        self.ledger.entries[number] = entry
        return number

    def put(self, number: int, entry: Entry, changes: dict[str, Any]) -> None:
        allowed = number not in self.ledger.gone and self.ledger.allows(put={number: entry})
        if self.command(allowed, self.product.edit, number, changes):
            self.ledger.entries[number] = entry

    def change(self, name: str, number: int, when: int, seed: int) -> None:
        """Every field but the instrument."""
        old = self.ledger.entries[number]
        when = when if seed % 2 else (old.day - FIRST).days  # half of them stay on their day, and keep their place in it
        new = self.write(name, 0, when, seed, old.instrument)
        cleared = dict.fromkeys(set(old.fields) - set(new.fields))
        cleared = {field: BLANK.get(field) for field in cleared}
        fields = {field: value for field, value in new.draft.items() if field not in {"kind", "instrument"}}
        self.put(number, new, cleared | {"traded_at": None} | fields)

    def move(self, number: int, when: int) -> None:
        """To another day: a reference rate is looked up anew, a rate of one's own stays."""
        old = self.ledger.entries[number]
        new = old.moved(day(when))
        if new.day != old.day:
            self.put(number, new, {"traded_on": new.day})

    def void(self, number: int) -> None:
        allowed = number not in self.ledger.gone and self.ledger.allows(without=[number])
        if self.command(allowed, self.product.void, number):
            self.ledger.gone.add(number)

    def restore(self, number: int) -> None:
        allowed = number in self.ledger.gone and self.ledger.allows(put={number: self.ledger.entries[number]})
        if self.command(allowed, self.product.restore, number):
            self.ledger.gone.discard(number)

    # ── many ────────────────────────────────────────────────────────────────

    @rule(asked=st.lists(st.tuples(st.integers(0, 999), SHARES, WHEN, SEEDS), min_size=2, max_size=5))
    def record_many(self, asked: list[tuple[int, int, int, int]]) -> None:
        """All or none."""
        entries = [self.write(self.kinds[which % len(self.kinds)], *more) for which, *more in asked]
        numbers = self.command(self.ledger.allows(added=entries), self.product.record_many, self.ledger.key, entries)
        if numbers is not None:
            self.ledger.entries |= dict(zip(numbers, entries, strict=True))

    @precondition(lambda self: self.ledger.entries)
    @rule()
    def rebuild(self) -> None:
        """Making the stored rows anew changes none of them."""
        before = checks.snapshot(self.ledger.key)
        self.product.rebuild(self.ledger.key)
        assert checks.snapshot(self.ledger.key)[1:] == before[1:], "L1: a rebuild changed the stored rows"

    @rule(method=st.sampled_from(METHODS), treatment=st.sampled_from(["income", "reduce_cost"]), tracks_cash=st.booleans())
    def other_rules(self, method: str, treatment: str, tracks_cash: bool) -> None:
        before, short = self.ledger.rules, self.ledger.rules.allows_short
        self.ledger.rules = rules_for(self.ledger.base, method, treatment, tracks_cash=tracks_cash, allows_short=short)
        allowed = self.ledger.allows()
        rules = {"cost_method": method, "dividend_treatment": treatment, "tracks_cash": tracks_cash}
        if not self.command(allowed, lambda: self.product.change_rules(self.ledger.key, **rules)):
            self.ledger.rules = before

    @precondition(lambda self: self.live())
    @rule()
    def export_and_import(self) -> None:
        """L9: the file of a ledger makes the same ledger elsewhere, once, however often it is imported."""
        content = self.product.export(self.ledger.key)
        rules = self.ledger.rules
        key = self.product.open(
            base_currency=self.ledger.base,
            cost_method=rules.method,
            dividend_treatment=rules.dividend_treatment,
            tracks_cash=rules.tracks_cash,
            allows_short=rules.allows_short,
        )
        verdicts = self.product.read_file(key, content)
        assert set(verdicts) == {"new"}, f"L9: {verdicts}"
        numbers = self.product.record_file()
        live = self.live()
        ordered = sorted(live, key=lambda number: (live[number].day, number))
        other = dict(zip(ordered, numbers, strict=True))
        twin = Ledger(key, rules, {other[number]: live[number].renumbered(other) for number in ordered})
        checks.check(twin)
        assert set(self.product.read_file(key, content)) == {"duplicate"}, "L9: a second import would add something"

    def live(self) -> dict[int, Entry]:
        return {number: entry for number, entry in self.ledger.entries.items() if number not in self.ledger.gone}

    # ── after every step ────────────────────────────────────────────────────

    @invariant()
    def everything_holds(self) -> None:
        if self.ledger is None:
            return
        book = checks.check(self.ledger)
        shown = {i: [(lot.opened_on, lot.quantity, lot.cost) for lot in p.lots] for i, p in book.positions.items() if p.lots}
        assert self.product.lots(self.ledger.key) == shown, "L1: the lots that are shown are not those of the book"
        self.deepest = max(self.deepest, *(len(p.lots) for p in book.positions.values()), 0) if book.positions else self.deepest


def _rules_of_a_kind(name: str) -> dict[str, Any]:
    """A bundle of entries of this kind, and the rules that fill it and take from it."""
    bundle = Bundle(name)

    def record(self: Machine, share: int, when: int, seed: int) -> Any:
        return self.record(name, share, when, seed)

    def change(self: Machine, number: int, when: int, seed: int) -> None:
        self.change(name, number, when, seed)

    def move(self: Machine, number: int, when: int) -> None:
        self.move(number, when)

    def void(self: Machine, number: int) -> None:
        self.void(number)

    def restore(self: Machine, number: int) -> None:
        self.restore(number)

    made = {
        "record": rule(target=bundle, share=SHARES, when=WHEN, seed=SEEDS)(record),
        "change": rule(number=bundle, when=WHEN, seed=SEEDS)(change),
        "move": rule(number=bundle, when=WHEN)(move),
        "void": rule(number=bundle)(void),
        "restore": rule(number=bundle)(restore),
    }
    for verb, function in made.items():
        function.__name__ = f"{verb}_{name}"
    return {"bundle_" + name: bundle} | {f"{verb}_{name}": function for verb, function in made.items()}


def _machine(name: str, way: type[Services], kinds: Iterable[str]) -> type[Machine]:
    made: dict[str, Any] = {"driver": way, "kinds": tuple(kinds)}
    for kind in kinds:
        made |= _rules_of_a_kind(kind)
    return type(name, (Machine,), made)


OverServices = _machine("OverServices", Services, KINDS)
OverHttp = _machine("OverHttp", Http, KINDS)
