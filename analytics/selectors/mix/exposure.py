"""What is held, by its parts: gross exposure by holding, class, sector, country, region, currency and account.  docs/numbers.md: "Diversification".

Exposure is worth without its sign, so that a short holding, or cash that is owed, counts like any other.  Exact: with what is unclassified the
weights of one dimension add up to one, to the last decimal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from analytics.choices import By
from analytics.selectors.amounts import Slice
from analytics.selectors.mix.shapes import Breakdown, Untold
from analytics.selectors.scope import Scope
from analytics.selectors.value import CASH, NOTHING_TOLD, ONE, ZERO, Told, parts_of, sliced, to_places, told_of, total
from market.choices import Dimension
from market.selectors import Part, company_key
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import CashRow, HoldingRow

NOTHING_HELD = "Nothing is held."
WORTHLESS = "What is held is worth nothing, and there are no parts of it."
CLASSIFIED = (By.CLASS, By.SECTOR, By.COUNTRY, By.REGION)


@dataclass(frozen=True, slots=True)
class Thing:
    """An instrument held, or the cash of one currency, with its exposure."""

    row: HoldingRow | CashRow
    exposure: Figure

    @property
    def size(self) -> Decimal:
        return self.exposure.value if isinstance(self.exposure.value, Decimal) else ZERO

    @property
    def name(self) -> str:
        return f"Cash, {self.row.currency}" if isinstance(self.row, CashRow) else self.row.instrument.name


class Mix:
    """The exposure of what a scope holds.  `look_through`: funds are divided by what is known of them.

    Looking through funds takes four queries, however many holdings.
    """

    def __init__(self, scope: Scope, *, look_through: bool = True) -> None:
        self.scope, self.table, self.look_through = scope, scope.table, look_through

    @cached_property
    def told(self) -> Told:
        """Also of what was sold entirely: the past mix had it."""
        return told_of((*self.table.rows, *self.table.closed), self.scope.portfolios) if self.look_through else NOTHING_TOLD

    @cached_property
    def things(self) -> tuple[Thing, ...]:
        """What is held, the largest first."""
        rows: tuple[HoldingRow | CashRow, ...] = (*self.table.rows, *(cash for cash in self.table.cash if cash.amount))
        found = [Thing(row, _without_sign(row.value)) for row in rows]
        return tuple(sorted(found, key=lambda thing: (-thing.size, thing.name)))

    @cached_property
    def exposure(self) -> Figure:
        """Everything, without signs; undefined where nothing is held or nothing is worth anything."""
        currency = self.scope.currency
        whole = total("gross_exposure", (thing.exposure for thing in self.things), currency)
        if not self.things:
            return Figure.undefined("gross_exposure", Unit.MONEY, NOTHING_HELD, currency)
        if whole.known and not whole.value:
            return Figure.undefined("gross_exposure", Unit.MONEY, WORTHLESS, currency)
        return whole

    # ── parts ───────────────────────────────────────────────────────────────

    def parts(self, row: HoldingRow | CashRow, by: By) -> tuple[Part, ...]:
        """What something held is made of."""
        if by is By.ACCOUNT:
            return self._accounts[row.currency if isinstance(row, CashRow) else row.instrument.id]
        if by is By.HOLDING and isinstance(row, HoldingRow):
            return self.contents(row)
        return parts_of(row, by, self.told)

    def contents(self, row: HoldingRow) -> tuple[Part, ...]:
        """What is in a fund, by what is held itself where that is so; what nobody tells is the fund itself, like all that is none."""
        one = row.instrument
        itself = Part(str(one.id), one.name, ONE)
        known = self.told.get(one.id)
        if known is None or not known.weights.get(Dimension.HOLDING):
            return (itself,)
        return tuple(self._content(part) if part.key else replace(itself, weight=part.weight) for part in known.parts(Dimension.HOLDING))

    def _content(self, part: Part) -> Part:
        found = self._held_by_name.get(company_key(part.name)) or self._held_by_name.get(part.name.casefold())
        return Part(found[0], found[1], part.weight) if found else Part(f"company:{company_key(part.name)}", part.name, part.weight)

    @cached_property
    def _held_by_name(self) -> dict[str, tuple[str, str]]:
        """Key and name of what is held, by what funds may call it: its name or its symbol.  Funds themselves are not looked for in funds."""
        found: dict[str, tuple[str, str]] = {}
        for row in self.table.rows:
            one, known = row.instrument, self.told.get(row.instrument.id)
            if known is None or not known.weights.get(Dimension.HOLDING):
                found.setdefault(one.symbol.casefold(), (str(one.id), one.name))
                found.setdefault(company_key(one.name), (str(one.id), one.name))
        return found

    @cached_property
    def _accounts(self) -> dict[int | str, tuple[Part, ...]]:
        """In which accounts each thing lies, by its units: fractions that add up to one."""
        units: dict[int | str, dict[int, Decimal]] = defaultdict(dict)
        for pk, book in self.scope.told.books.items():
            for instrument, position in book.positions.items():
                if position.quantity:
                    units[instrument][pk] = abs(position.quantity)
            for code, pool in book.cash.items():
                if pool.amount:
                    units[str(code)][pk] = abs(pool.amount)
        names = {portfolio.pk: portfolio.name for portfolio in self.scope.portfolios}
        return {key: _by_account(found, names) for key, found in units.items()}

    @cached_property
    def _slices(self) -> dict[By, tuple[Slice, ...]]:
        return {}

    def slices(self, by: By) -> tuple[Slice, ...]:
        """The exposure by one dimension; see `sliced`."""
        if by not in self._slices:
            self._slices[by] = sliced(((thing.exposure, self.parts(thing.row, by)) for thing in self.things), self.exposure)
        return self._slices[by]

    # ── what is not known ───────────────────────────────────────────────────

    def breakdown(self, by: By) -> Breakdown:
        slices = self.slices(by)
        open_part = next((one.weight for one in slices if not one.key), None)
        nothing = Figure("unclassified", Unit.FRACTION, ZERO) if self.exposure.known else _undefined("unclassified", self.exposure.why_not)
        return Breakdown(by, slices, nothing if open_part is None else replace(open_part, name="unclassified"), self._untold(by))

    def _untold(self, by: By) -> tuple[Untold, ...]:
        """What is to be classified, the largest first."""
        if by not in CLASSIFIED:
            return ()
        found = []
        for thing in self.things:
            if isinstance(thing.row, CashRow):
                continue
            share = sum((part.weight for part in self.parts(thing.row, by) if not part.key), ZERO)
            if share:
                found.append(Untold(thing.row.instrument, replace(thing.exposure, value=to_places({"": thing.size * share})[""])))
        return tuple(sorted(found, key=lambda one: (-(one.exposure.value or ZERO), one.instrument.symbol)))


def is_cash(part: Slice) -> bool:
    """Whether a part is cash, of one currency or of all."""
    return part.key == CASH or part.key.startswith(f"{CASH}:")


def _without_sign(worth: Figure) -> Figure:
    return replace(worth, name="gross_exposure", value=abs(worth.value)) if isinstance(worth.value, Decimal) else worth


def _undefined(name: str, why_not: str) -> Figure:
    return Figure.undefined(name, Unit.FRACTION, why_not)


def _by_account(units: dict[int, Decimal], names: dict[int, str]) -> tuple[Part, ...]:
    whole = sum(units.values(), ZERO)
    shares = to_places({str(pk): quotient(much, whole) for pk, much in units.items()})
    *_, last = shares
    shares[last] += ONE - sum(shares.values(), ZERO)
    return tuple(Part(key, names[int(key)], share) for key, share in shares.items())


def weights_of(slices: Sequence[Slice]) -> list[Decimal]:
    """Those that are known."""
    return [one.weight.value for one in slices if isinstance(one.weight.value, Decimal)]
