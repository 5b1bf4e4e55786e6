"""What a page is about: the portfolio `?p=<id>`, several of them (`?p=1&p=3`) or all of a person's, and the moment `?as_of=…&known_at=…`.  It stays in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from portfolio_site.kernel.errors import NotFound
from portfolio_site.web.moments import NOW, Moment, chosen_moment
from portfolios.models import Portfolio
from portfolios.selectors import get_portfolio, may_write_in, portfolios_of, refuse_other_owners

MOST_PICKED = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """`all` of the person's portfolios, those `picked` (none: all), the currency of the report, and the moment it tells of."""

    all: tuple[Portfolio, ...]
    picked: tuple[Portfolio, ...]
    currency: str
    moment: Moment = NOW

    @property
    def chosen(self) -> Portfolio | None:
        """The only one that is picked."""
        return self.picked[0] if len(self.picked) == 1 else None

    @property
    def portfolios(self) -> list[Portfolio]:
        """What the page is about."""
        return list(self.picked or self.all)

    @property
    def called(self) -> str:
        """ "Core", "Core and Growth", "All portfolios"."""
        return in_a_row([portfolio.name for portfolio in self.picked]) if self.picked else "All portfolios"

    @property
    def suffix(self) -> str:
        """What links to other pages carry on, so that they are about the same."""
        carried = "".join(f"&p={portfolio.pk}" for portfolio in self.picked) + self.moment.query
        return carried.replace("&", "?", 1)

    def context(self) -> dict[str, Any]:
        """What every page of figures shows of the choice."""
        sample = any(portfolio.is_sample for portfolio in self.portfolios)
        return {
            "portfolios": self.all,
            "chosen": self.chosen,
            "picked": self.picked,
            "may_write": may_write_in(self.picked),
            "called": self.called,
            "currency": self.currency,
            "suffix": self.suffix,
            "sample": sample,
            "moment": self.moment,
            "about": self.chosen or (self.all[0] if len(self.all) == 1 else None),  # the one portfolio that the page is about
        }


def choice_of(request: HttpRequest, *, timed: bool = False) -> Choice:
    """What `?p=` names, once or several times.  One query, and one for each archived portfolio.  `timed`: the page can tell of an earlier moment.

    Raises NotFound, also for somebody else's portfolio.
    """
    every = tuple(portfolios_of(request.user))
    texts = [text for text in dict.fromkeys(request.GET.getlist("p")) if text]
    picked = () if "all" in texts else tuple(_picked(request, every, text) for text in texts[:MOST_PICKED])
    refuse_other_owners(picked)
    only = picked[0] if len(picked) == 1 else every[0] if len(every) == 1 else None
    preferences = getattr(request, "preferences", None)
    currency = only.base_currency if only is not None else str(getattr(preferences, "base_currency", "") or "EUR")
    return Choice(every, picked, currency, chosen_moment(request.GET) if timed else NOW)


def _picked(request: HttpRequest, every: Sequence[Portfolio], text: str) -> Portfolio:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound("There is no such portfolio.")
    return next((portfolio for portfolio in every if portfolio.pk == int(text)), None) or get_portfolio(request.user, int(text))


def in_a_row(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
