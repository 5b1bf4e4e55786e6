"""Why the risk of what is held, and what a stress would cost, is what it is; see `explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from analytics.selectors.explaining.common import listed
from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.risk.holdings import HeldTogether
from analytics.selectors.risk.shapes import Shock, StressRow
from analytics.selectors.risk.stress import PastTime, own_stress, through, times_before
from analytics.selectors.scope import in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted


def held_makers(held: HeldTogether, shocks: Sequence[Shock]) -> dict[str, Callable[[], Explanation]]:
    """By name: the volatility of the present mix with its parts, the mean correlation, and each stress."""

    def own() -> Explanation:
        row = own_stress(held, shocks)
        assert row is not None
        return _stress(held, row)

    return {
        "holdings_volatility": partial(_parts, held),
        "average_correlation": partial(_correlation, held),
        **{f"stress_{time.key}": partial(_past, held, time) for time in times_before(held.last)},
        **({"stress_own": own} if shocks else {}),
    }


def _past(held: HeldTogether, time: PastTime) -> Explanation:
    return _stress(held, through(held, time))


def _series(held: HeldTogether) -> Source:
    said = counted(len(held.together.returns), "common trading day", "common trading days")
    return Source(said, None, "closes in the report currency, dividends reinvested", held.start, kind="series")


def _left(held: HeldTogether) -> tuple[str, ...]:
    """What has no part in the covariance, and why."""
    names = {thing.key: thing.instrument.symbol if thing.instrument is not None else str(thing.key) for thing in held.moving}
    return tuple(f"{names[key]}: {one.why_not}" for key, one in held.together.alone.items() if one.why_not)


def _parts(held: HeldTogether) -> Explanation:
    """Each holding's weight, how the whole moves with it, and what it adds."""
    lines, terms = [], []
    if held.volatility.known:
        for row in sorted(held.rows, key=lambda one: -float(one.contribution.value or 0)):
            if row.contribution.value is not None and row.weight.value is not None:
                weight, added = float(row.weight.value), float(row.contribution.value)
                each = Figure("amount", Unit.FRACTION, added / weight) if weight else ""
                lines.append(Line(row.name, (row.weight, each, row.contribution), row.instrument.id if row.instrument is not None else None))
        total = Figure("amount", Unit.FRACTION, float(np.sum(held.parts.parts)))
        terms = [Term("", "what the holdings add, together", total)]
    return Explanation(
        name="holdings_volatility",
        title="Volatility of the present mix",
        figure=held.volatility,
        as_of=held.last,
        words=f"What the volatility of a year would be at the weights of today, from how holdings moved together since {in_words(held.start)}, "
        "their covariance drawn together as Ledoit and Wolf do it; and what each of them adds to it.",
        terms=(*terms, Term("=", "volatility of the present mix", held.volatility)),
        rows_title="What each adds" if lines else "",
        columns=("Weight", "By one whole of it", "Adds") if lines else (),
        lines=tuple(lines),
        inputs=(_series(held),),
        left_out=_left(held),
    )


def _correlation(held: HeldTogether) -> Explanation:
    """The mean over all pairs that have one."""
    figure, terms = held.together.average, []
    if figure.known and held.together.correlation is not None:
        pairs = np.triu(held.together.correlation.known, k=1)
        total = float(held.together.correlation.values[pairs].sum())
        terms = [
            Term("", "correlations of all pairs, added up", Figure("amount", Unit.NUMBER, total)),
            Term("÷", "pairs", Figure("amount", Unit.NUMBER, float(pairs.sum()))),
        ]
    return Explanation(
        name="average_correlation",
        title="Mean correlation",
        figure=figure,
        as_of=held.last,
        words="How closely the holdings move together on common trading days: 1 as one, 0 each for itself.",
        terms=(*terms, Term("=", "mean correlation", figure)),
        inputs=(_series(held),),
        left_out=_left(held),
    )


def _stress(held: HeldTogether, row: StressRow) -> Explanation:
    """What each holding adds to the loss."""
    known = [part for part in row.parts if part.money.value is not None]
    known.sort(key=lambda part: float(part.money.value or 0))
    lines = [
        Line(
            part.instrument.name if part.instrument is not None else f"Cash, {part.cash}",
            (part.change, part.money),
            part.instrument.id if part.instrument is not None else None,
        )
        for part in known
    ]
    shown, more = listed(lines, 2, held.scope.currency)
    terms = []
    if row.money.value is not None:
        terms = [
            Term("", "change of the whole", row.change),
            Term("×", "value now", held.table.value),
        ]
    words = (
        "What the holdings of today would gain or lose if all your shocks came at once; shocks of one holding multiply."
        if row.start is None or row.end is None
        else f"What the holdings of today would have gained or lost, bought on {in_words(row.start)} and kept to {in_words(row.end)}. "
        "What has no price on all of those days counts as unmoved."
    )
    without = [part.instrument.symbol if part.instrument is not None else part.cash for part in row.parts if part.money.value is None]
    return Explanation(
        name=f"stress_{row.key}",
        title=row.name,
        figure=row.money,
        as_of=held.last,
        words=words,
        terms=(*terms, Term("=", "change in money", row.money)),
        rows_title="What each adds" if shown else "",
        columns=("Of the whole", "Money") if shown else (),
        lines=shown,
        more_lines=more,
        left_out=(f"Without prices then: {', '.join(without)}.",) if without else (),
    )
