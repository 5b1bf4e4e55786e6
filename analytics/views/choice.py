"""Which portfolios a page is about: `?p=<id>`, or all of a person's.  The choice stays in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from portfolio_site.kernel.errors import NotFound
from portfolios.models import Portfolio
from portfolios.selectors import get_portfolio, portfolios_of


@dataclass(frozen=True, slots=True)
class Choice:
    """`all` of the person's portfolios, the one `chosen` (None: all), and the currency of the report."""

    all: tuple[Portfolio, ...]
    chosen: Portfolio | None
    currency: str

    @property
    def portfolios(self) -> list[Portfolio]:
        """What the page is about."""
        return [self.chosen] if self.chosen is not None else list(self.all)

    @property
    def suffix(self) -> str:
        """What links to other pages carry on, so that they are about the same."""
        return f"?p={self.chosen.pk}" if self.chosen is not None else ""

    def context(self) -> dict[str, Any]:
        """What every page of figures shows of the choice."""
        sample = any(portfolio.is_sample for portfolio in self.portfolios)
        return {"portfolios": self.all, "chosen": self.chosen, "currency": self.currency, "suffix": self.suffix, "sample": sample}


def choice_of(request: HttpRequest) -> Choice:
    """One query, or two for an archived portfolio.  Raises NotFound, also for somebody else's portfolio."""
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
    return Choice(every, chosen, currency)
