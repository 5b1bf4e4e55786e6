"""Days that are unlike the portfolio's own past, with what brought them.  docs/numbers.md: "anomaly"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np

from analytics.engine.anomaly import UNIT, deviations_from_own_past, robust_deviation, unusual
from analytics.engine.answers import Answers
from analytics.engine.errors import Undefined
from analytics.engine.returns import daily_growth
from analytics.selectors.explanations import Explanation, Line, Term
from analytics.selectors.parts import Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import in_words
from analytics.series import Daily
from analytics.trading import TradingReturns, trading_returns
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import InstrumentView

MOST_SHOWN = 20  # the newest
MOST_DRIVERS = 3
Makers = dict[str, Callable[[], Explanation]]


@dataclass(frozen=True, slots=True)
class Driver:
    """What a holding gained or lost that day, costs counted; `instrument` None: cash."""

    instrument: InstrumentView | None
    gain: Figure


@dataclass(frozen=True, slots=True)
class UnusualDay:
    """One business day.

    before     the close that its return starts from
    deviation  robust deviations from the days before it, with its sign; `past`: how many days these are
    drivers    the largest, by size
    """

    day: date
    before: date
    twr: Figure
    deviation: Figure
    past: int
    drivers: tuple[Driver, ...]


def returns_of_days(daily: Daily) -> TradingReturns:
    """Of all business days, after fees and taxes.  Raises Undefined where a day is not known, or nothing was ever at work."""
    if not daily.known.all() or len(daily.value) < 2:
        raise Undefined("a day of the history is not known")
    _, working = daily_growth(daily.value, daily.inflow, daily.outflow)
    return trading_returns(daily.index, working, daily.trading, 0)


def newest_if_unusual(daily: Daily, today: date) -> date | None:
    """The last business day before `today`, if its return is unlike the portfolio's past."""
    try:
        returns = returns_of_days(daily)
        place = int(np.searchsorted(returns.closes, (today - daily.first).days)) - 1
        if place < 0:
            return None
        past = returns.values[max(place - daily.periods, 0) : place]
        found = Answers.of(np.array([robust_deviation(past, float(returns.values[place]))]))
    except Undefined:
        return None
    return daily.first + timedelta(days=int(returns.closes[place])) if unusual(found)[0] else None


class UnusualDays:
    """Of one period; the days before it count as the past."""

    def __init__(self, stretch: Stretch, parts: Parts) -> None:
        self.stretch, self.parts = stretch, parts
        self.whole = stretch.scope.daily

    def days(self) -> tuple[UnusualDay, ...]:
        """The newest first, at most `MOST_SHOWN`; none where the returns of the history are not known."""
        try:
            self.stretch.growth  # noqa: B018  (of what is not known nothing is unusual)
            returns = returns_of_days(self.whole)
        except Undefined:
            return ()
        begin = self.whole.at(self.stretch.daily.first)
        inside = (returns.opens >= begin) & (returns.closes < begin + len(self.stretch.daily.value))
        if not inside.any():
            return ()
        early = max(int(np.argmax(inside)) - self.whole.periods, 0)  # what lies further back is no day's past
        found = deviations_from_own_past(returns.values[early:], most=self.whole.periods)
        marked = np.flatnonzero(unusual(found) & inside[early:])[::-1][:MOST_SHOWN] + early
        return tuple(self._day(returns, found.at(int(place) - early), int(place), begin) for place in marked)

    def _day(self, returns: TradingReturns, deviation: float, place: int, begin: int) -> UnusualDay:
        opened, closed = int(returns.opens[place]), int(returns.closes[place])
        gains = self.parts.gains[:, opened - begin : closed - begin].sum(axis=1)
        largest = [int(row) for row in np.argsort(-np.abs(gains))[:MOST_DRIVERS] if abs(gains[row]) >= 0.005]
        held = (*self.parts.days.instruments, None)
        return UnusualDay(
            day=self.whole.first + timedelta(days=closed),
            before=self.whole.first + timedelta(days=opened),
            twr=Figure("twr", Unit.FRACTION, float(returns.values[place])),
            deviation=Figure("deviation", Unit.NUMBER, deviation),
            past=min(place, self.whole.periods),
            drivers=tuple(self._driver(held[row], float(gains[row])) for row in largest),
        )

    def _driver(self, instrument: int | None, gain: float) -> Driver:
        view = None if instrument is None else self.stretch.scope.instruments[instrument]
        return Driver(view, Figure("gain", Unit.MONEY, gain, currency=self.stretch.scope.currency))

    # ── why ─────────────────────────────────────────────────────────────────

    def makers(self, days: Sequence[UnusualDay]) -> Makers:
        """By name: `unusual_2026-03-31`."""
        return {f"unusual_{one.day.isoformat()}": partial(self._explained, one) for one in days}

    def _explained(self, one: UnusualDay) -> Explanation:
        returns = returns_of_days(self.whole)
        place = int(np.searchsorted(returns.closes, (one.day - self.whole.first).days))
        past = returns.values[place - one.past : place]
        middle = float(np.median(past))
        spread = float(np.median(np.abs(past - middle)))
        return Explanation(
            name=f"unusual_{one.day.isoformat()}",
            title=f"Unusual day, {in_words(one.day)}",
            figure=one.deviation,
            as_of=one.day,
            words=(
                f"How far the return of the day lies from the middle one of the {one.past} trading days before it, "
                "in robust deviations: a few wild days among them do not widen these. Marked beyond 4."
            ),
            terms=(
                Term("", f"return from the close of {in_words(one.before)}", one.twr),
                Term("−", "middle return of the days before", Figure("median", Unit.FRACTION, middle)),
                Term("÷", "middle distance of these from it", Figure("spread", Unit.FRACTION, spread)),
                Term("÷", "what makes it a standard deviation where returns are normal", Figure("unit", Unit.NUMBER, UNIT)),
                Term("=", "robust deviations", one.deviation),
            ),
            rows_title="What brought it",
            columns=("Gain",),
            lines=tuple(
                Line(
                    "Cash" if driver.instrument is None else driver.instrument.name,
                    (driver.gain,),
                    driver.instrument.id if driver.instrument else None,
                )
                for driver in one.drivers
            ),
            left_out=self.stretch.scope.warnings,
        )
