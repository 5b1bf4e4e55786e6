"""Why the figures of the report of returns are what they are; see `explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from analytics.engine.drawdown import drawdowns
from analytics.engine.errors import Undefined
from analytics.selectors.explaining.common import MOST_LINES, entries_behind, listed, money, rates_behind
from analytics.selectors.explaining.returns import money_weighted, over_benchmark
from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.parts import Bridge, Part, Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import Scope, figure, in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted

MOST_FALLS = 10


def performance_makers(scope: Scope, stretch: Stretch, worst_fall: Figure, parts: Parts) -> dict[str, Callable[[], Explanation]]:
    """By name, for the figures of a period as the API calls them."""
    makers: dict[str, Callable[[], Explanation]] = {
        "twr": partial(time_weighted, scope, stretch),
        "mwr": partial(money_weighted, scope, stretch),
        "modified_dietz": partial(dietz, scope, stretch),
        "simple_return": partial(simple, scope, stretch),
        "gain": partial(gain, scope, stretch),
        "maximum_drawdown": partial(worst, scope, stretch, worst_fall),
        "change": lambda: drivers(scope, stretch, parts.bridge(), parts.parts()),
        "contribution": lambda: contribution(scope, stretch, parts.parts()),
    }
    if scope.benchmark is not None:
        makers |= {"excess": lambda: replace(over_benchmark(scope, stretch), name="excess"), "lead": partial(lead, scope, stretch)}
    return makers


def series_behind(stretch: Stretch) -> tuple[Source, ...]:
    if stretch.is_empty:
        return ()
    series = Source(counted(stretch.days, "daily value"), None, "computed from closes and entries", stretch.daily.first, kind="series")
    return (series, *rates_behind(stretch.scope.table))


def number(value: float, name: str = "growth") -> Figure:
    return Figure(name, Unit.NUMBER, value)


def _parts(stretch: Stretch) -> list[tuple[str, int, int]]:
    """The period cut into days, months or years, so that a list of them can be read: words, first and last entry."""
    days = np.datetime64(stretch.daily.first, "D") + np.arange(stretch.days + 1)
    for unit in ("D", "M", "Y"):
        marks = days[1:].astype(f"datetime64[{unit}]")
        ends = np.flatnonzero(np.append(marks[1:] != marks[:-1], True)) + 1
        if len(ends) <= MOST_LINES or unit == "Y":
            break
    begins = np.concatenate(([0], ends[:-1]))
    return [(_said(stretch.daily.first + timedelta(days=int(end)), unit), int(begin), int(end)) for begin, end in zip(begins, ends, strict=True)]


def _said(day: date, unit: str) -> str:
    return in_words(day) if unit == "D" else f"{day:%b %Y}" if unit == "M" else str(day.year)


def time_weighted(scope: Scope, stretch: Stretch) -> Explanation:
    """What one unit of money became, part by part: the growth of each multiplies."""
    lines: list[Line] = []
    end: Figure = figure("growth", Unit.NUMBER, lambda: float(stretch.index[-1]))
    if end.known:
        daily = stretch.earning
        for words, begin, last in reversed(_parts(stretch)):
            flows = float(daily.inflow[begin:last].sum() - daily.outflow[begin:last].sum())
            grown = figure("twr", Unit.FRACTION, partial(_growth_between, stretch, begin, last))
            amounts = (
                money(float(daily.value[begin]), scope.currency),
                money(flows, scope.currency),
                money(float(daily.value[last]), scope.currency),
            )
            lines.append(Line(words, (*amounts, grown)))
    return Explanation(
        name="twr",
        title="Time-weighted return",
        figure=stretch.twr,
        as_of=stretch.last,
        words=(
            "The growth of one unit of money, whatever was paid in or out: each day’s value and what left, over the close before and what came. "
            f"Days multiply. {scope.told_of_costs}"
        ),
        terms=(Term("", "what one unit became", end), Term("−", "the unit", number(1.0)), Term("=", "time-weighted return", stretch.twr))
        if end.known
        else (),
        rows_title="Parts of the period; their growth multiplies",
        columns=("Value before", "Paid in", "Value after", "Return"),
        lines=tuple(lines),
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )


def _growth_between(stretch: Stretch, begin: int, last: int) -> float:
    if not stretch.index[begin]:
        raise Undefined("nothing was left at the start of this part")
    return float(stretch.index[last] / stretch.index[begin] - 1.0)


def simple(scope: Scope, stretch: Stretch) -> Explanation:
    """The gain over everything that was ever put to work."""
    words = f"The gain over what there was at the start and all that was paid in since, whenever that was. {scope.told_of_costs}"
    return _on_money(scope, stretch, ("simple_return", "Simple return", "value before, and all that was paid in"), stretch.simple, words)


def dietz(scope: Scope, stretch: Stretch) -> Explanation:
    """The gain over what was at work on average."""
    words = f"The gain over the money at work on average: each flow counts for the part of the period that it was there. {scope.told_of_costs}"
    return _on_money(scope, stretch, ("modified_dietz", "Modified Dietz return", "money at work on average"), stretch.dietz, words)


def _on_money(scope: Scope, stretch: Stretch, named: tuple[str, str, str], result: Figure, words: str) -> Explanation:
    """A gain over money.  named: of the figure, its title, and what it stands over; the money is what makes the one the other."""
    name, title, over = named
    code, terms, lines = scope.currency, (), []
    if result.value is not None:
        series = stretch.earning
        moved = series.inflow - series.outflow
        earned = float(series.value[-1] - series.value[0] - moved.sum())
        costs = float(stretch.costs.sum()) if scope.gross else 0.0
        left = np.arange(stretch.days - 1, -1, -1) / stretch.days
        weights = (np.ones(stretch.days), np.zeros(stretch.days)) if name == "simple_return" else (left + 1 / stretch.days, left)
        at_work = series.inflow * weights[0] - series.outflow * weights[1]
        put_back = (Term("+", "fees and taxes put back", money(costs, code)),) if scope.gross else ()
        terms = (
            Term("", "gain", money(earned - costs, code)),
            *put_back,
            Term("÷", over, money(float(series.value[0] + at_work.sum()), code)),
            Term("=", title.lower(), result),
        )
        lines = [
            Line(in_words(series.first + timedelta(days=int(place) + 1)), (money(float(moved[place]), code), money(float(at_work[place]), code)))
            for place in reversed(np.flatnonzero(moved))
        ]
        lines.append(Line(f"Worth at the close of {in_words(series.first)}", ("", money(float(series.value[0]), code))))
    shown, more = listed(lines, 2, code)
    return Explanation(
        name=name,
        title=title,
        figure=result,
        as_of=stretch.last,
        words=words,
        terms=terms,
        rows_title="Flows, and what of them counts",
        columns=("Flow", "Counts"),
        lines=shown,
        more_lines=more,
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )


def gain(scope: Scope, stretch: Stretch) -> Explanation:
    """The end value less the start value and what was paid in."""
    flows = [flow for book in scope.books for flow in book.flows if stretch.daily.first < flow.day <= stretch.last and flow.amount]
    flows.sort(key=lambda flow: flow.day, reverse=True)
    lines = [
        Line("Paid in" if one.amount > 0 else "Taken out", (one.day, money(one.amount, scope.currency)), one.instrument, one.event_id)
        for one in flows
    ]
    shown, more = listed(lines, 2, scope.currency)
    return Explanation(
        name="gain",
        title="Gain",
        figure=stretch.gain,
        as_of=stretch.last,
        words="What the value changed by, without what was paid in or taken out. Units moved in kind count with their value of that day.",
        terms=(
            Term("", "value at the end", stretch.end_value),
            Term("−", f"value at the close of {in_words(stretch.daily.first)}", stretch.start_value),
            Term("−", "paid in less taken out", stretch.net_flows),
            Term("=", "gain", stretch.gain),
        ),
        rows_title="Flows as the ledger booked them",
        columns=("Day", "Amount"),
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len({flow.event_id for flow in flows}), " with flows"), *series_behind(stretch)),
        left_out=scope.warnings,
    )


def lead(scope: Scope, stretch: Stretch) -> Explanation:
    """The end value less what the same flows would be worth in the benchmark."""
    found, name = stretch.benchmark(), scope.benchmark.name if scope.benchmark is not None else "benchmark"
    lines: list[Line] = []
    if found is not None and found.same_money.known:
        daily, index = stretch.daily, stretch.benchmark_index
        net = np.concatenate(([daily.value[0]], daily.inflow - daily.outflow))
        for place in reversed(np.flatnonzero(net).tolist()):
            words = "Worth at the close before" if place == 0 else "Paid in" if net[place] > 0 else "Taken out"
            factor = float(index[-1] / index[place])
            cells = (money(float(net[place]), scope.currency), number(factor), money(float(net[place]) * factor, scope.currency))
            lines.append(Line(words, (daily.first + timedelta(days=place), *cells)))
    shown, more = listed(lines, 4, scope.currency)
    terms = () if found is None else (Term("", "value at the end", stretch.end_value), Term("−", f"the same money in {name}", found.same_money))
    return Explanation(
        name="lead",
        title=f"Ahead of the same money in {name}",
        figure=found.lead if found is not None else Figure.undefined("lead", Unit.MONEY, "No benchmark is chosen.", scope.currency),
        as_of=stretch.last,
        words=f"Every flow buys or sells {name} at the close of its day; the difference of what the two are worth at the end.",
        terms=(*terms, Term("=", "ahead", found.lead)) if found is not None else (),
        rows_title=f"The same money in {name}",
        columns=("Day", "Amount", f"Growth of {name}", "Worth at the end"),
        lines=shown,
        more_lines=more,
        inputs=series_behind(stretch),
        left_out=(*scope.benchmark_notes, *scope.warnings),
    )


def worst(scope: Scope, stretch: Stretch, worst_fall: Figure) -> Explanation:
    """The deepest fall: its high, its low, and the falls after it."""
    lines: tuple[Line, ...] = ()
    terms: tuple[Term, ...] = ()
    if worst_fall.known:
        found, index, first = drawdowns(stretch.index, MOST_FALLS), stretch.index, stretch.daily.first
        days = [(first + timedelta(days=one.peak), first + timedelta(days=one.trough), one) for one in found]
        lines = tuple(
            Line(in_words(high), (low, first + timedelta(days=one.recovery) if one.recovery is not None else "not yet", depth(one.depth)))
            for high, low, one in days
        )
        if found:
            high, low, one = days[0]
            terms = (
                Term("", f"what one unit was on {in_words(low)}", number(float(index[one.trough]))),
                Term("÷", f"what it was at the high of {in_words(high)}", number(float(index[one.peak]))),
                Term("−", "the unit", number(1.0)),
                Term("=", "fall", worst_fall),
            )
    return Explanation(
        name="maximum_drawdown",
        title="Worst fall",
        figure=worst_fall,
        as_of=stretch.last,
        words=f"How far the growth of one unit of money lay under its highest close before, at its deepest. Flows do not count. {scope.told_of_costs}",
        terms=terms,
        rows_title="Falls of the period, deepest first",
        columns=("Low", "Recovered", "Fall"),
        lines=lines,
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )


def depth(value: float) -> Figure:
    return Figure("drawdown", Unit.FRACTION, value)


def _named(part: Part) -> str:
    return part.instrument.name if part.instrument is not None else "Cash"


def drivers(scope: Scope, stretch: Stretch, bridge: Bridge, parts: Sequence[Part]) -> Explanation:
    """The steps from the first value to the last, and what each holding has in them."""
    lines = [
        Line(_named(one), (one.price, one.currency, one.income, one.costs, one.gain), one.instrument.id if one.instrument is not None else None)
        for one in parts
    ]
    shown, more = listed(lines, 5, scope.currency)
    terms = (
        Term("", "paid in less taken out", bridge.flows),
        Term("+", "price", bridge.price),
        Term("+", "currency", bridge.currency),
        Term("+", "income", bridge.income),
        Term("−", "costs", bridge.costs),
        Term("=", "change of value", bridge.change),
    )
    return Explanation(
        name="change",
        title="What changed the value",
        figure=bridge.change,
        as_of=stretch.last,
        words=(
            "Of each holding and day: price is what it moved in its own currency at the rate before, currency what the rate moved on the rest; "
            "income is dividends and interest before tax, costs are fees and taxes, those inside of trades too. Cash has no price."
        ),
        terms=terms,
        rows_title="By holding, those sold since too; gain = price + currency + income − costs",
        columns=("Price", "Currency", "Income", "Costs", "Gain"),
        lines=shown,
        more_lines=more,
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )


def contribution(scope: Scope, stretch: Stretch, parts: Sequence[Part]) -> Explanation:
    """What each holding added to the time-weighted return."""
    every = tuple(Line(_named(one), (one.gain, one.contribution), one.instrument.id if one.instrument is not None else None) for one in parts)
    return Explanation(
        name="contribution",
        title="Contribution to the return",
        figure=stretch.twr,
        as_of=stretch.last,
        words="The gain of each holding on each day over what was at work that day, linked over days as Cariño does, so that the parts add up to the return. "
        + scope.told_of_costs,
        terms=(Term("=", "time-weighted return", stretch.twr),),
        rows_title="Holdings, those sold since too; their contributions add up to the return",
        columns=("Gain", "Contribution"),
        lines=every,
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )
