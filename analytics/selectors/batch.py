"""The headline figures of many portfolios at once, each by itself, in its own currency and since it began.

They are those that its dashboard and its reports show: computed by the same `Stretch`, kept under the same keys.  What all of them
rest on is read together, in a number of queries that does not grow with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from analytics.selectors.performance import Stretch
from analytics.selectors.reads import Together, Versions
from analytics.selectors.returns import ReturnsReport
from analytics.selectors.scope import Scope
from market.selectors import BenchmarkView
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.figures import Figure
from portfolios.models import Portfolio
from portfolios.selectors import HoldingsTable, Told, portfolios_of, visible_portfolios

MOST_PORTFOLIOS = 256
NAMES = ("value", "gain", "twr", "twr_annualised", "mwr", "volatility", "maximum_drawdown", "risk_level")


class SharedScope(Scope):
    """One of many portfolios, now, in its own currency unless another is given; what it reads was read for all of them."""

    goes_on = False  # many of them would push each other out

    def __init__(self, portfolio: Portfolio, together: Together, currency: str = "") -> None:
        super().__init__([portfolio], currency, reads=together)
        self._portfolio, self._together = portfolio, together
        self.stored = together.stored

    @cached_property
    def benchmark(self) -> BenchmarkView | None:
        return self._together.benchmarks[self._portfolio.pk]

    @cached_property
    def told(self) -> Told:
        return Told({self._portfolio.pk: self._together.books[self._portfolio.pk]}, {}, own_rates=self._together.user is not None)

    @cached_property
    def table(self) -> HoldingsTable:
        return self._together.tables[self._portfolio.pk]

    @cached_property
    def versions(self) -> Versions:
        return self._together.versions({*self.instruments, *(self.benchmark.instruments if self.benchmark else ())})


def scopes_of(portfolios: Sequence[Portfolio], user: Any = None) -> list[SharedScope]:
    """A scope for each; `user` is the person whose portfolios they are, None where none of their owners has exchange rates of their own."""
    together = Together(list(portfolios), user)
    return [SharedScope(one, together) for one in together.portfolios]


@dataclass(frozen=True, slots=True)
class Headline:
    """One portfolio since its first entry.

    since             its first day; None where nothing was ever recorded
    mwr_is_annual     whether `mwr` is a year's
    volatility        of the last year; the risk level goes by it
    maximum_drawdown  of one unit of money, since the first entry
    """

    portfolio: Portfolio
    currency: str
    since: date | None
    value: Figure
    gain: Figure
    twr: Figure
    twr_annualised: Figure
    mwr: Figure
    mwr_is_annual: bool
    volatility: Figure
    maximum_drawdown: Figure
    risk_level: Figure
    warnings: tuple[str, ...]

    @property
    def figures(self) -> tuple[tuple[str, Figure], ...]:
        """By name."""
        return tuple((name, getattr(self, name)) for name in NAMES)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A portfolio that nothing can be said of, and why."""

    portfolio_id: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What can be answered, in the order asked, and the rest."""

    as_of: date
    headlines: tuple[Headline, ...]
    errors: tuple[Unanswered, ...]


def analysed(user: Any, portfolios: Sequence[Portfolio], today: date) -> Batch:
    """The headlines of some of a person's portfolios.

    A ledger that cannot be replayed is an error of its own and keeps no other from being answered; only then are they read one by one.
    """
    for one in portfolios:
        if one.owner_id == user.pk:
            one.owner = user  # spares the query that would look the owner up
    try:
        return Batch(today, tuple(headline(scope) for scope in scopes_of(portfolios, user)), ())
    except DomainError as problem:
        if len(portfolios) == 1:
            return Batch(today, (), (Unanswered(portfolios[0].pk, problem.code, problem.detail),))
    parts = [analysed(user, [one], today) for one in portfolios]
    return Batch(today, tuple(row for part in parts for row in part.headlines), tuple(row for part in parts for row in part.errors))


def batch(user: Any, wanted: Sequence[int] | None, today: date) -> Batch:
    """Of the portfolios with these numbers that the person sees, or of all their own that are not archived.  Others are not found.

    Those that others share are told with the rates and words of their owner: the queries are as many for each owner.
    """
    mine = portfolios_of(user) if wanted is None else visible_portfolios(user, archived=True).filter(pk__in=wanted)
    found = {one.pk: one for one in mine}
    answer = _of_owners(user, [found[pk] for pk in dict.fromkeys(found if wanted is None else wanted) if pk in found], today)
    missing = tuple(
        Unanswered(pk, "portfolio_not_found", "There is no such portfolio of yours.") for pk in dict.fromkeys(wanted or ()) if pk not in found
    )
    return Batch(today, answer.headlines, (*answer.errors, *missing))


def _of_owners(user: Any, portfolios: Sequence[Portfolio], today: date) -> Batch:
    """In the order given, each owner's read together."""
    owners = {one.owner_id: one.owner if one.owner_id != user.pk else user for one in portfolios} or {user.pk: user}
    if len(owners) == 1:
        return analysed(next(iter(owners.values())), portfolios, today)
    parts = [analysed(owner, [one for one in portfolios if one.owner_id == pk], today) for pk, owner in owners.items()]
    place = {one.pk: number for number, one in enumerate(portfolios)}
    headlines = sorted((row for part in parts for row in part.headlines), key=lambda row: place[row.portfolio.pk])
    return Batch(today, tuple(headlines), tuple(row for part in parts for row in part.errors))


def how_many(user: Any) -> int:
    """Portfolios that `batch` would answer for all.  One query."""
    return portfolios_of(user).count()


def headline(scope: Scope) -> Headline:
    report = ReturnsReport(scope)
    whole: Stretch = report.stretch
    return Headline(
        portfolio=scope.portfolios[0],
        currency=scope.currency,
        since=None if whole.is_empty else whole.first,
        value=scope.table.value,
        gain=whole.gain,
        twr=whole.twr,
        twr_annualised=whole.twr_annualised,
        mwr=whole.mwr,
        mwr_is_annual=whole.mwr_is_annual,
        volatility=whole.volatility,
        maximum_drawdown=report.worst_fall,
        risk_level=whole.risk_level,
        warnings=scope.warnings,
    )
