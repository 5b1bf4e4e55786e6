"""What a public link shows.  Read models of their own: one without any place for an amount, and one that adds amounts to it.

Shares are told to a tenth of a percent and the index to a hundredth, so that numbers of units can't be worked out from public prices.
Private instruments stand together under one name, and a reason why a figure is not known is not told: both may say what a person owns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from analytics.selectors.dashboard import chart_of
from analytics.selectors.performance import ONE_DAY, Stretch, past_year
from analytics.selectors.scope import Scope
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.models import PublicLink

PRIVATE, CASH = "Private holdings", "Cash"
NOT_KNOWN = "Not known."


@dataclass(frozen=True, slots=True)
class PublicPart:
    """One thing that is held, and its share of the whole; `symbol` is empty for cash and private holdings."""

    name: str
    symbol: str
    weight: Figure


@dataclass(frozen=True, slots=True)
class PublicReturn:
    """The time-weighted return since a day."""

    period: str
    since: date
    twr: Figure


@dataclass(frozen=True, slots=True)
class PublicView:
    """Percentages only.  `index`: what 100 on the first of `days` became."""

    title: str
    as_of: date
    until: date
    parts: tuple[PublicPart, ...]
    returns: tuple[PublicReturn, ...]
    days: tuple[date, ...]
    index: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PublicAmounts:
    """What the owner may add: worth of the whole, and of the parts in their order."""

    worth: Figure
    values: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class PublicReport:
    """`amounts` is None where the owner shares percentages only."""

    view: PublicView
    amounts: PublicAmounts | None = None


def public_report(link: PublicLink) -> PublicReport:
    """What a link shows that was opened."""
    scope = Scope([link.portfolio])
    grouped = _grouped(scope)
    whole = Stretch(scope)
    chart = chart_of(whole)
    base = chart.index[0] if chart.index else 1.0
    view = PublicView(
        title=link.title,
        as_of=scope.today,
        until=link.expires_at.date(),
        parts=tuple(PublicPart(name, symbol, _sum("weight", weights, _fraction)) for (name, symbol), (weights, _) in grouped.items()),
        returns=() if whole.is_empty else _returns(scope, whole),
        days=chart.days,
        index=tuple(round(point / base * 100, 2) for point in chart.index),
    )
    if not link.with_amounts:
        return PublicReport(view)

    def worth(name: str, value: Decimal) -> Figure:
        return Figure(name, Unit.MONEY, value, scope.currency)

    return PublicReport(
        view, PublicAmounts(_sum("value", [scope.table.value], worth), tuple(_sum("value", values, worth) for _, values in grouped.values()))
    )


def _grouped(scope: Scope) -> dict[tuple[str, str], tuple[list[Figure], list[Figure]]]:
    """Weights and values by what they are shown as, in the order of the table."""
    found: dict[tuple[str, str], tuple[list[Figure], list[Figure]]] = {}
    for row in scope.table.rows:
        key = (PRIVATE, "") if row.instrument.is_own else (row.instrument.name, row.instrument.symbol)
        weights, values = found.setdefault(key, ([], []))
        weights.append(row.weight)
        values.append(row.value)
    for cash in scope.table.cash:
        weights, values = found.setdefault((CASH, ""), ([], []))
        weights.append(cash.weight)
        values.append(cash.value)
    return found


def _sum(name: str, figures: Iterable[Figure], shown: Callable[[str, Decimal], Figure]) -> Figure:
    total = Decimal(0)
    for one in figures:
        if one.value is None:
            return Figure.undefined(name, one.unit, NOT_KNOWN, one.currency)
        total += Decimal(str(one.value))
    return shown(name, total)


def _fraction(name: str, value: Decimal) -> Figure:
    return Figure(name, Unit.FRACTION, round(value, 3))


def _returns(scope: Scope, whole: Stretch) -> tuple[PublicReturn, ...]:
    year = past_year(scope)
    begun = Stretch(scope, start=scope.today.replace(month=1, day=1))
    month = Stretch(scope, start=scope.today - timedelta(days=30) + ONE_DAY)
    named = (("30 days", month), ("This year", begun), ("12 months", year), ("Since the beginning", whole))
    return tuple(
        PublicReturn(name, one.first, _sum("twr", [one.twr], lambda n, value: Figure(n, Unit.FRACTION, round(value, 4)))) for name, one in named
    )
