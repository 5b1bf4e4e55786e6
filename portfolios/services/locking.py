"""One writer at a time for each portfolio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from portfolios.models import Portfolio
from portfolios.selectors import locked_portfolio


@contextmanager
def only_writer(portfolio: Portfolio) -> Iterator[Portfolio]:
    """Everything inside happens in one database transaction, with the portfolio's row locked before anything is read.

    Lock the parent row, then read in a new statement: locking the entries themselves would not keep out new ones.
    Yields the portfolio as it is now.  Raises NotFound if it is gone.
    """
    with transaction.atomic():
        yield locked_portfolio(portfolio.pk)
