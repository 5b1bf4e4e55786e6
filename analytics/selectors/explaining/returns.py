"""Why returns and risk are what they are; see `explain`."""

from __future__ import annotations

from datetime import date

from analytics.engine.returns import DAYS_A_YEAR
from analytics.selectors.explaining.common import entries_behind, listed, money, rates_behind
from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import Scope, in_words
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.words import counted


def money_weighted(scope: Scope, whole: Stretch) -> Explanation:
    """The flows, the closing value, and the rate at which they balance."""
    code = scope.currency
    numbers, much = ((), ()) if whole.is_empty else whole.cash_flows
    days, amounts = [day_of(int(number)) for number in numbers], [float(one) for one in much]
    rate = whole.mwr.value
    lines = []
    for day, amount in zip(days, amounts, strict=True):
        cells: tuple[Figure | date | str, ...] = (day, money(amount, code))
        if rate is not None:
            cells = (*cells, money(amount / growth(whole, float(rate), days, day), code))
        lines.append(Line(_kind_of_flow(whole, day, amount, is_last=day == days[-1]), cells))
    lines.reverse()
    shown, more = listed(lines, 3 if rate is not None else 2, code)
    paid, received = sum(-a for a in amounts if a < 0), sum(a for a in amounts if a > 0)
    span = "a year" if whole.mwr_is_annual else "for the time since then"
    return Explanation(
        name="mwr",
        title="Money-weighted return",
        figure=whole.mwr,
        as_of=whole.last,
        words=f"The one rate {span} at which everything paid in would have grown into everything taken out and what is left. {scope.told_of_costs}",
        terms=(
            Term("", "paid in", money(paid, code)),
            Term("", "taken out, and worth now" if whole.last == scope.today else "taken out, and worth at the end", money(received, code)),
            Term("=", "rate at which the two balance", whole.mwr),
        ),
        rows_title="Flows, and what they are worth at that rate on the first day",
        columns=("Day", "Amount", "At the rate") if rate is not None else ("Day", "Amount"),
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len(days), " with flows", "day", "days"), *rates_behind(scope.table)),
        left_out=scope.warnings,
    )


def _kind_of_flow(whole: Stretch, day: date, amount: float, *, is_last: bool) -> str:
    if is_last:
        return "Worth now, and paid out today" if whole.last == whole.scope.today else "Worth at the end, and paid out that day"
    if day == whole.daily.first:
        return "Worth at the close before"
    return "Paid in" if amount < 0 else "Taken out, with fees and taxes" if whole.scope.gross else "Taken out"


def growth(whole: Stretch, rate: float, days: list[date], day: date) -> float:
    """What one unit of the first day has grown to on a day, at the rate (docs/numbers.md, "Money-weighted")."""
    unit = DAYS_A_YEAR if whole.mwr_is_annual else max((days[-1] - days[0]).days, 1)
    return float((1.0 + rate) ** ((day - days[0]).days / unit))


def over_benchmark(scope: Scope, year: Stretch) -> Explanation:
    """The portfolio's return less the index's, over the same days."""
    name = scope.benchmark.name if scope.benchmark is not None else "benchmark"
    inputs = (
        ()
        if year.is_empty
        else (Source(counted(year.days, "daily value"), None, "computed from closes and entries", year.daily.first, kind="series"),)
    )
    return Explanation(
        name="over_benchmark",
        title=f"Over {name}",
        figure=year.excess,
        as_of=year.last,
        words=f"The time-weighted return since {in_words(year.first)} less that of {name} over the same days, in {scope.currency}. {scope.told_of_costs}",
        terms=(Term("", "portfolio", year.twr), Term("−", name, year.benchmark_twr), Term("=", "difference", year.excess)),
        inputs=inputs,
        left_out=(*scope.benchmark_notes, *scope.warnings),
    )


def risk_level(scope: Scope, whole: Stretch) -> Explanation:
    """Volatility of the past year and the class it falls into."""
    return level_of_risk(scope, whole.risk_level, whole.volatility, whole.daily.periods, "over the past year", scope.today)


def level_of_risk(scope: Scope, level: Figure, volatility: Figure, periods: int, span: str, last: date) -> Explanation:
    """A volatility and the class it falls into.  span: of which days, in words."""
    edges = ("below 0.5 %", "0.5 to 2 %", "2 to 5 %", "5 to 10 %", "10 to 15 %", "15 to 25 %", "25 % and more")
    lines = tuple(Line(f"Level {number}", (edge,)) for number, edge in enumerate(edges, start=1))
    return Explanation(
        name="risk_level",
        title="Risk level",
        figure=level,
        as_of=last,
        words=f"How much daily returns varied {span}, scaled to {periods} days, in the classes of the European risk indicator.",
        terms=(Term("", "volatility a year", volatility), Term("=", "level, of 7", level)),
        rows_title="Classes of volatility",
        columns=("Volatility a year",),
        lines=lines,
        left_out=scope.warnings,
    )
