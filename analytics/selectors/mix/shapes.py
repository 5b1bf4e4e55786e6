"""What the report on diversification answers with.  Frozen; weights are fractions of the gross exposure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analytics.choices import By, Check
from analytics.selectors.amounts import Slice
from analytics.selectors.completeness import Completeness
from analytics.selectors.explanations import Explanations
from portfolio_site.kernel.figures import Figure
from portfolios.selectors import HoldingsTable, InstrumentView


@dataclass(frozen=True, slots=True)
class Untold:
    """An instrument of which a part is unclassified, and how much of the exposure that is."""

    instrument: InstrumentView
    exposure: Figure


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The exposure by one dimension.

    slices        the largest first, what is unclassified (without a key) after them; with it the weights add up to one
    unclassified  its weight, 0 where everything is classified
    untold        what is to be classified, the largest first
    """

    by: By
    slices: tuple[Slice, ...]
    unclassified: Figure
    untold: tuple[Untold, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two funds whose contents are known, and how much of one is in the other: Σ min(a, b) over what both hold.

    shared  names of what both hold with the smaller of the two fractions, the largest first
    known   of how much of each the contents are known
    """

    first: InstrumentView
    second: InstrumentView
    overlap: Figure
    shared: tuple[tuple[str, Figure], ...]
    known: tuple[Figure, Figure]


@dataclass(frozen=True, slots=True)
class Largest:
    """One of the largest holdings: what is held itself, and through funds.  Fractions of the exposure.

    instrument  None for what is held through funds only, and for cash
    funds       what it is held through
    """

    name: str
    instrument: InstrumentView | None
    direct: Figure
    through: Figure
    together: Figure
    funds: tuple[InstrumentView, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a person set for one check: more than `threshold` of the exposure is too much; or what stands for everybody."""

    check: Check
    threshold: Decimal
    is_on: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Concentration:
    """One check: how much there is in one place, and whether that is more than the person wants.

    state     "within", "beyond", "off", or "unknown" where there is nothing to compare
    sentence  what it says, in words
    """

    limit: Limit
    share: Figure
    name: str  # of the place
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How widely the exposure is spread.

    score   0 to 100, the mean of `parts`, halved where `halved`
    parts   holdings, classes, sectors and countries, 0 to 100 each, with what each rests on in a sentence
    why     whether it was halved, and why, in a sentence
    window  over which days correlation was measured, in words; empty where it was not
    """

    score: Figure
    parts: tuple[tuple[str, Figure, str], ...]
    halved: bool
    why: str
    herfindahl: Figure
    effective_number: Figure
    diversification_ratio: Figure
    average_correlation: Figure
    window: str = ""


@dataclass(frozen=True, slots=True)
class MixHistory:
    """The mix at the end of each month, by one dimension: shares of the exposure of that day; of each day they add up to one.

    names   of the parts, the largest of today first; at most eight, the smaller ones together as "Other"
    shares  for each part one number a day
    """

    by: By
    days: tuple[date, ...]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Diversification:
    """How widely some portfolios are spread, now or at the close of a day.

    exposure    what all is worth, without signs
    together    what the largest bring together
    """

    as_of: date
    currency: str
    look_through: bool
    table: HoldingsTable
    complete: Completeness
    exposure: Figure
    breakdowns: tuple[Breakdown, ...]
    spread: Spread
    largest: tuple[Largest, ...]
    together: Figure
    overlaps: tuple[Pair, ...]
    checks: tuple[Concentration, ...]
    history: tuple[MixHistory, ...]  # by class, sector, currency
    explanations: Explanations
    warnings: tuple[str, ...] = ()

    def breakdown(self, by: By) -> Breakdown:
        return next(one for one in self.breakdowns if one.by is by)
