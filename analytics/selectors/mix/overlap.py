"""What lies behind funds: the largest holdings together with what funds hold of them, and how much two funds have in common."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import combinations

from analytics.choices import By
from analytics.selectors.mix.exposure import Mix, is_cash
from analytics.selectors.mix.shapes import Largest, Pair
from analytics.selectors.value import ZERO
from market.choices import Dimension
from portfolio_site.kernel.decimals import EXACT, rounded
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingRow, InstrumentView

MOST_LARGEST, MOST_PAIRS, MOST_SHARED = 10, 10, 5


def largest(mix: Mix, most: int = MOST_LARGEST) -> tuple[Largest, ...]:
    """The largest holdings, cash aside: of a fund whose contents are known only what they leave open is the fund itself."""
    direct: dict[str, Decimal] = defaultdict(lambda: ZERO)
    through: dict[str, list[InstrumentView]] = defaultdict(list)
    held: dict[str, InstrumentView] = {}
    for thing in mix.things:
        if isinstance(thing.row, HoldingRow):
            one = thing.row.instrument
            held[str(one.id)] = one
            for part in mix.contents(thing.row):
                if part.key == str(one.id):
                    direct[part.key] += EXACT.multiply(thing.size, part.weight)
                elif one not in through[part.key]:
                    through[part.key].append(one)
    rows = []
    for slice_ in [one for one in mix.slices(By.HOLDING) if not is_cash(one) and one.weight.known][:most]:
        whole, both = mix.exposure.value, slice_.weight.value
        assert isinstance(whole, Decimal) and isinstance(both, Decimal)
        alone = both if slice_.key not in through else min(rounded(EXACT.divide(direct[slice_.key], whole)), both)
        funds = tuple(through.get(slice_.key, ()))
        rows.append(Largest(slice_.name, held.get(slice_.key), _part("direct", alone), _part("through", both - alone), slice_.weight, funds))
    return tuple(rows)


def together(mix: Mix, rows: tuple[Largest, ...]) -> Figure:
    """What these make of everything."""
    if not mix.exposure.known:
        return Figure.undefined("together", Unit.FRACTION, mix.exposure.why_not)
    if not rows:
        return Figure.undefined("together", Unit.FRACTION, "Nothing but cash is held.")
    return _part("together", sum((row.together.value for row in rows if isinstance(row.together.value, Decimal)), ZERO))


def overlaps(mix: Mix) -> tuple[Pair, ...]:
    """How much funds that are held have in common, the most first: pairs whose contents are known and that share something."""
    funds = []
    for row in mix.table.rows:
        known = mix.told.get(row.instrument.id)
        if known is not None and known.weights.get(Dimension.HOLDING):
            funds.append((row.instrument, _contents(mix, row)))
    pairs = [_pair(first, second) for first, second in combinations(funds, 2)]
    common = [pair for pair in pairs if pair.overlap.value]
    return tuple(sorted(common, key=lambda pair: (-(pair.overlap.value or ZERO), pair.first.symbol, pair.second.symbol))[:MOST_PAIRS])


def _contents(mix: Mix, row: HoldingRow) -> dict[str, tuple[str, Decimal]]:
    """Name and fraction of what is known to be in a fund, by key."""
    found: dict[str, tuple[str, Decimal]] = {}
    for part in mix.contents(row):
        if part.key != str(row.instrument.id):
            found[part.key] = (part.name, part.weight + found.get(part.key, ("", ZERO))[1])
    return found


def _pair(first: tuple[InstrumentView, dict[str, tuple[str, Decimal]]], second: tuple[InstrumentView, dict[str, tuple[str, Decimal]]]) -> Pair:
    (one, a), (other, b) = first, second
    common = sorted(((min(a[key][1], b[key][1]), a[key][0]) for key in a.keys() & b.keys()), key=lambda pair: (-pair[0], pair[1]))
    shared = tuple((name, _part("overlap", much)) for much, name in common[:MOST_SHARED])
    known = tuple(_part("known", sum((much for _, much in found.values()), ZERO)) for found in (a, b))
    return Pair(one, other, _part("overlap", sum((much for much, _ in common), ZERO)), shared, (known[0], known[1]))


def _part(name: str, value: Decimal) -> Figure:
    return Figure(name, Unit.FRACTION, value)
