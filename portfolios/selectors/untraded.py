"""Ledgers as they would be had nothing been traded after a day.  numbers.md: "Had I never traded"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from market.choices import ActionKind
from market.selectors import ActionView, actions_of, rates
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event, Trade
from portfolios.ledger.replay import Rules, replay
from portfolios.ledger.untraded import TRADES, Reported, kept_events
from portfolios.models import Portfolio
from portfolios.selectors.ledger import rules_of
from portfolios.selectors.restated import events_in
from portfolios.selectors.traced import CostChange, changes_of_cost


@dataclass(frozen=True, slots=True)
class Untraded:
    """Books without their later trades, by portfolio.

    events    the entries that are left, and the rules that they go by
    trades    how many there were, by portfolio
    unknown   dividends that the market reports of what was sold, which cannot be told in the currency of the report
    """

    books: dict[int, Book]
    events: dict[int, tuple[list[Event], Rules]]
    trades: dict[int, int]
    unknown: tuple[ActionView, ...]

    def costs(self, instruments: Iterable[int]) -> list[CostChange]:
        """How the cost of what is kept of some instruments came about.  The ledgers are replayed again, with a trace."""
        asked = frozenset(instruments)
        return [change for left, rules in self.events.values() for change in changes_of_cost(replay(left, rules, trace=True), asked)]


def untraded_in(
    portfolios: Sequence[Portfolio],
    currency: str,
    *,
    after: date,
    books: Mapping[int, Book],
    quoted: Mapping[int, str],
    until: date | None = None,
    known_at: datetime | None = None,
) -> Untraded:
    """The ledgers of several portfolios, told in one currency, without their trades after the close of `after`.

    books   the ledgers with their trades
    quoted  the currency of each instrument in them, in which the market reports dividends
    until, known_at  only entries up to that day, as they were known at that moment

    At most seven queries.  Raises MissingRate and LedgerRefused.
    """
    events = events_in(portfolios, currency, until=until, known_at=known_at)
    traded = {pk: [one for one in mine if isinstance(one, TRADES) and one.day > after] for pk, mine in events.items()}
    reported, unknown = _reported(portfolios, [one for mine in traded.values() for one in mine], currency, after, until, quoted)
    left: dict[int, tuple[list[Event], Rules]] = {}
    for one in portfolios:
        rules = replace(rules_of(one), base_currency=Currency(currency))
        whole = books[one.pk] if rules.only is None else None  # a slice has no units of what its entries lead to
        left[one.pk] = kept_events(events[one.pk], rules, after=after, reported=reported, book=whole), rules
    found = {pk: replay(*left[pk]) if traded[pk] else books[pk] for pk in left}
    return Untraded(found, left, {pk: len(mine) for pk, mine in traded.items()}, unknown)


def _reported(
    portfolios: Sequence[Portfolio], trades: Sequence[Event], currency: str, after: date, until: date | None, quoted: Mapping[int, str]
) -> tuple[list[Reported], tuple[ActionView, ...]]:
    """What the market says of everything that was traded since."""
    found = [one for one in actions_of({one.instrument for one in trades if isinstance(one, Trade)}, start=after, end=until) if one.ex_day > after]
    paying = [one for one in found if one.kind == ActionKind.DIVIDEND and one.amount]
    known = rates(((quoted[one.instrument_id], currency, one.ex_day) for one in paying), user=portfolios[0].owner) if paying else {}
    reported, unknown = [], []
    for one in found:
        if one.kind == ActionKind.SPLIT and one.ratio_new and one.ratio_old:
            reported.append(Reported(one.ex_day, one.instrument_id, one.ratio_new, one.ratio_old))
        elif one.kind == ActionKind.DIVIDEND and one.amount:
            rate = known.get((quoted[one.instrument_id], currency, one.ex_day))
            if rate is None:
                unknown.append(one)
            else:
                reported.append(Reported(one.ex_day, one.instrument_id, paid=EXACT.multiply(one.amount, rate.rate)))
    return reported, tuple(unknown)
