"""Random programs of commands against one portfolio, with every invariant checked after every step.

Each kind of entry has a bundle of the entries that were recorded, and rules that record, change, move and void one.  Beside
them: many at once, a file imported twice, other rules for the whole portfolio, a rebuild.  The model says beforehand whether
the ledger must take a command; a refusal must come exactly then, and must change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis import target as steer
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from tests.truth import checks
from tests.truth.drivers import Http, Refused, Services
from tests.truth.entries import KINDS, Entry, write
from tests.truth.model import Ledger, rules_for
from tests.truth.world import DAYS, World, day, make_world

SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.integers(0, 2)
WHEN = st.integers(0, DAYS - 1)
METHODS = ["average", "fifo"]


class Machine(RuleBasedStateMachine):
    """Subclasses say which way commands go."""

    driver: type[Services] = Services

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
    )
    def begin(self, base: str, method: str, treatment: str, tracks_cash: bool) -> None:
        key = self.product.open(base_currency=base, cost_method=method, dividend_treatment=treatment, tracks_cash=tracks_cash)
        self.ledger = Ledger(key, rules_for(base, method, treatment, tracks_cash=tracks_cash))

    # ── one entry ───────────────────────────────────────────────────────────

    def write(self, name: str, share: int, when: int, seed: int) -> Entry:
        """The entry, of an instrument that is held where it could not be of another."""
        shares = self.world.shares
        instrument, on = shares[share % len(shares)], day(when)
        held = self.ledger.held(instrument.pk, on)
        if not held and name in {"sell", "transfer_out", "split", "dividend"}:
            for other in shares:
                if (found := self.ledger.held(other.pk, on)) > 0:
                    instrument, held = other, found
                    break
        return write(name, seed=seed, world=self.world, day=on, base=self.ledger.base, instrument=instrument, held=max(held, 0), short=max(-held, 0))

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
        share = next((n for n, one in enumerate(self.world.shares) if one == old.instrument), 0)
        held = self.ledger.held(self.world.shares[share].pk, day(when))
        instrument = old.instrument or self.world.shares[0]
        new = write(name, seed=seed, world=self.world, day=day(when), base=self.ledger.base, instrument=instrument, held=max(held, 0))
        cleared = dict.fromkeys(set(old.fields) - set(new.fields))
        cleared = {field: "" if field.endswith("currency") else None for field in cleared}
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

    @rule(names=st.lists(st.tuples(st.sampled_from(sorted(KINDS)), SHARES, WHEN, SEEDS), min_size=2, max_size=5))
    def record_many(self, names: list[tuple[str, int, int, int]]) -> None:
        """All or none."""
        entries = [self.write(*asked) for asked in names]
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
        wanted = rules_for(self.ledger.base, method, treatment, tracks_cash=tracks_cash)
        self.product.change_rules(self.ledger.key, cost_method=method, dividend_treatment=treatment, tracks_cash=tracks_cash)
        self.ledger.rules = wanted

    @precondition(lambda self: self.ledger.entries.keys() - self.ledger.gone)
    @rule()
    def export_and_import(self) -> None:
        """L9: the file of a ledger makes the same ledger elsewhere, once, however often it is imported."""
        content = self.product.export(self.ledger.key)
        rules = replace(self.ledger.rules, tracks_cash=True)
        key = self.product.open(base_currency=self.ledger.base, cost_method=rules.method, dividend_treatment=rules.dividend_treatment)
        verdicts = self.product.read_file(key, content)
        assert set(verdicts) == {"new"}, f"L9: {verdicts}"
        numbers = self.product.record_file()
        live = {number: entry for number, entry in self.ledger.entries.items() if number not in self.ledger.gone}
        ordered = sorted(live, key=lambda number: (live[number].day, number))
        twin = Ledger(key, rules, dict(zip(numbers, [live[number] for number in ordered], strict=True)))
        checks.check(twin)
        assert set(self.product.read_file(key, content)) == {"duplicate"}, "L9: a second import would add something"

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


for _name in KINDS:
    for _attribute, _value in _rules_of_a_kind(_name).items():
        setattr(Machine, _attribute, _value)


class OverServices(Machine):
    driver = Services


class OverHttp(Machine):
    driver = Http
