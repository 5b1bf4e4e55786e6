"""How widely some portfolios are spread, with a score and what it rests on.  docs/numbers.md: "Diversification"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from analytics.border import FloatArray, to_float64
from analytics.choices import By
from analytics.engine import covariance, diversification
from analytics.engine.diversification import LOW_RATIO, ROUNDING, Score, Weights
from analytics.engine.errors import Undefined
from analytics.selectors.completeness import completeness
from analytics.selectors.explaining.mix import mix_explanations
from analytics.selectors.mix.concentration import checked, limits_of
from analytics.selectors.mix.exposure import Mix, is_cash, weights_of
from analytics.selectors.mix.history import mix_history
from analytics.selectors.mix.overlap import largest, overlaps, together
from analytics.selectors.mix.shapes import Diversification, Limit, Spread
from analytics.selectors.risk.holdings import HeldTogether
from analytics.selectors.scope import Scope, figure, in_words
from analytics.selectors.value import CASH
from market.choices import AssetClass
from market.selectors import COUNTRIES, SECTORS
from portfolio_site.kernel.dates import years_before
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.numbers import count
from portfolios.models import Portfolio

CLASSES = (*(one.value for one in AssetClass if one is not AssetClass.OTHER), CASH)
ONE_DAY = timedelta(days=1)
PAST = (By.CLASS, By.SECTOR, By.CURRENCY)
KNOWN = {By.CLASS: CLASSES, By.SECTOR: SECTORS, By.COUNTRY: COUNTRIES}  # all categories there are, by dimension


def diversification_of(
    user: Any, portfolios: Sequence[Portfolio], *, currency: str = "", as_of: date | None = None, look_through: bool = True
) -> Diversification:
    """The report on how some portfolios are spread.  `user`: by whose limits concentration is judged."""
    return diversification_in(Scope(portfolios, currency, as_of=as_of).owned_by(user), limits_of(user), look_through=look_through)


def diversification_in(scope: Scope, limits: Sequence[Limit], *, look_through: bool = True, start: date | None = None) -> Diversification:
    """The same from what a scope has read; the history of the mix from `start` on."""
    mix = Mix(scope, look_through=look_through)
    spreading = Spreading(mix)
    spread = spreading.result()
    checks = checked(mix, limits)
    top = largest(mix)
    whole = together(mix, top)
    return Diversification(
        as_of=scope.table.as_of,
        currency=scope.currency,
        look_through=look_through,
        table=scope.table,
        complete=completeness(scope.table),
        exposure=mix.exposure,
        breakdowns=tuple(mix.breakdown(by) for by in By),
        spread=spread,
        largest=top,
        together=whole,
        overlaps=overlaps(mix),
        checks=checks,
        history=tuple(mix_history(mix, by, start) for by in PAST),
        explanations=mix_explanations(mix, spread, checks, spreading.held, (top, whole)),
        warnings=tuple(dict.fromkeys((*scope.warnings, *mix.exposure.warnings))),
    )


@dataclass(eq=False)
class Spreading:
    """The figures of a mix that the engine computes."""

    mix: Mix

    @cached_property
    def held(self) -> HeldTogether:
        """What is held, over the past year."""
        last = self.mix.scope.today
        return HeldTogether(self.mix.scope, years_before(last, 1) + ONE_DAY, last)

    def _known(self) -> None:
        if not self.mix.exposure.known:
            raise Undefined(self.mix.exposure.why_not)

    @cached_property
    def shares(self) -> FloatArray:
        """Weights by holding.  Raises Undefined."""
        self._known()
        return diversification.holding_weights(to_float64(weights_of(self.mix.slices(By.HOLDING))))

    def weights(self, by: By) -> Weights:
        """Over all categories of a dimension.  Cash has no sector and no country: there it is not classified."""
        slices = [one for one in self.mix.slices(by) if one.key and one.weight.known and (by is By.CLASS or not is_cash(one))]
        found = {one.key: float(one.weight.value or 0) for one in slices}
        keys = tuple(dict.fromkeys((*KNOWN[by], *found)))
        known = np.array([found.get(key, 0.0) for key in keys])
        return Weights(known, max(1.0 - float(known.sum()), 0.0))

    def _of_shares(self, name: str, compute: Callable[[FloatArray], float]) -> Figure:
        return figure(name, Unit.NUMBER, lambda: compute(self.shares))

    @cached_property
    def ratio(self) -> Figure:
        return figure("diversification_ratio", Unit.NUMBER, self._ratio)

    def _ratio(self) -> float:
        self._known()
        weights, found = self.held.counted, self.held.together.covariance
        assert found is not None  # or `counted` would have raised
        return covariance.diversification_ratio(weights, found.matrix)

    @cached_property
    def average(self) -> Figure:
        return figure("average_correlation", Unit.NUMBER, self._average)

    def _average(self) -> float:
        self._known()
        if not self.held.moving:
            raise Undefined("nothing is held that could vary")
        found = self.held.together.average
        if found.value is None:
            raise Undefined(found.why_not)
        return float(found.value)

    @cached_property
    def computed(self) -> Score:
        """Raises Undefined."""
        ratio = None if self.ratio.value is None else float(self.ratio.value)
        by = {by: self.weights(by) for by in KNOWN}
        return diversification.score(self.shares, classes=by[By.CLASS], sectors=by[By.SECTOR], countries=by[By.COUNTRY], ratio=ratio)

    def _score(self, name: str) -> Figure:
        return figure(name, Unit.NUMBER, lambda: float(getattr(self.computed, name)))

    def _parts(self) -> tuple[tuple[str, Figure, str], ...]:
        def words(by: By, what: str) -> str:
            found = self.weights(by)
            some = f"{int((found.known > 0).sum())} of {len(found.known)} {what}"
            return some if found.unclassified < ROUNDING else f"{some}, part of it without one"

        number = self._of_shares("effective_number", diversification.effective_number)
        alike = f"as concentrated as {count(number, 1)} of one size" if number.known else number.why_not
        return (
            ("Holdings", self._score("holdings"), alike),
            ("Classes", self._score("classes"), words(By.CLASS, "classes")),
            ("Sectors", self._score("sectors"), words(By.SECTOR, "sectors")),
            ("Countries", self._score("countries"), words(By.COUNTRY, "countries")),
        )

    def _why(self, halved: bool) -> str:
        if self.ratio.value is None:
            return f"Not halved: how much the holdings even each other out is not known. {self.ratio.why_not}"
        told = f"the diversification ratio is {count(self.ratio, 2)}"
        least = count(LOW_RATIO, 1)
        return f"Halved: {told}, below {least}, so the holdings move much alike." if halved else f"Not halved: {told}, at least {least}."

    def result(self) -> Spread:
        score = self._score("score")
        halved = score.known and self.computed.halved
        return Spread(
            score=score,
            parts=self._parts(),
            halved=halved,
            why=self._why(halved) if score.known else score.why_not,
            herfindahl=self._of_shares("herfindahl", diversification.herfindahl),
            effective_number=self._of_shares("effective_number", diversification.effective_number),
            diversification_ratio=self.ratio,
            average_correlation=self.average,
            window=f"{in_words(self.held.start)} to {in_words(self.held.last)}",
        )
