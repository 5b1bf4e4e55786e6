"""What a page is about: the portfolio `?p=<id>` or all of a person's, and the moment `?as_of=…&known_at=…`.  It stays in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from portfolio_site.kernel.errors import NotFound
from portfolio_site.web.moments import NOW, Moment, chosen_moment
from portfolios.models import Portfolio
from portfolios.selectors import get_portfolio, portfolios_of


@dataclass(frozen=True, slots=True)
class Choice:
    """`all` of the person's portfolios, the one `chosen` (None: all), the currency of the report, and the moment it tells of."""

    all: tuple[Portfolio, ...]
    chosen: Portfolio | None
    currency: str
    moment: Moment = NOW

    @property
    def portfolios(self) -> list[Portfolio]:
        """What the page is about."""
        return [self.chosen] if self.chosen is not None else list(self.all)

    @property
    def suffix(self) -> str:
        """What links to other pages carry on, so that they are about the same."""
        carried = ("" if self.chosen is None else f"&p={self.chosen.pk}") + self.moment.query
        return carried.replace("&", "?", 1)

    def context(self) -> dict[str, Any]:
        """What every page of figures shows of the choice."""
        sample = any(portfolio.is_sample for portfolio in self.portfolios)
        return {
            "portfolios": self.all,
            "chosen": self.chosen,
            "currency": self.currency,
            "suffix": self.suffix,
            "sample": sample,
            "moment": self.moment,
            "about": self.chosen or (self.all[0] if len(self.all) == 1 else None),  # the one portfolio that the page is about
        }


def choice_of(request: HttpRequest, *, timed: bool = False) -> Choice:
    """One query, or two for an archived portfolio.  `timed`: the page can tell of an earlier moment.

    Raises NotFound, also for somebody else's portfolio.
    """
    every = tuple(portfolios_of(request.user))
    text = request.GET.get("p", "")
    chosen = None
    if text not in {"", "all"}:
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise NotFound("There is no such portfolio.")
        chosen = next((portfolio for portfolio in every if portfolio.pk == int(text)), None) or get_portfolio(request.user, int(text))
    only = chosen or (every[0] if len(every) == 1 else None)
    preferences = getattr(request, "preferences", None)
    currency = only.base_currency if only is not None else str(getattr(preferences, "base_currency", "") or "EUR")
    return Choice(every, chosen, currency, chosen_moment(request.GET) if timed else NOW)
