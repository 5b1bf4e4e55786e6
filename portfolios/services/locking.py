"""One writer at a time for each portfolio, and for portfolios that are linked by transfers one for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from portfolios.errors import PortfolioNotFound
from portfolios.models import Portfolio
from portfolios.selectors import locked_portfolios


@contextmanager
def only_writer(portfolio: Portfolio) -> Iterator[Portfolio]:
    """Everything inside happens in one database transaction, with the portfolio's row locked before anything is read.

    Lock the parent row, then read in a new statement: locking the entries themselves would not keep out new ones.
    Yields the portfolio as it is now.  Raises NotFound if it is gone.
    """
    with only_writers(portfolio) as locked:
        yield locked[portfolio.pk]


@contextmanager
def only_writers(*portfolios: Portfolio) -> Iterator[dict[int, Portfolio]]:
    """As `only_writer`, for several portfolios of one person.

    A change to a portfolio that moved units to another one may change the other as well.  So whoever writes to one of them
    locks all of the person's portfolios that are linked, in the order of their keys: two writers can wait for each other
    in one order only, and never forever.  Yields all that are locked, by key.
    """
    with transaction.atomic():
        locked = locked_portfolios(portfolios)
        if any(one.pk not in locked for one in portfolios):
            raise PortfolioNotFound("There is no such portfolio.")
        yield locked
