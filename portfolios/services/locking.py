"""One writer at a time for each portfolio, and for portfolios that are linked by transfers one for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from portfolio_site.kernel.errors import Conflict
from portfolios.errors import PortfolioNotFound
from portfolios.models import Portfolio
from portfolios.roles import Action
from portfolios.selectors.access import require
from portfolios.selectors.portfolios import linked_meanwhile, locked_portfolios

_TRIES = 10  # each fails only where a first transfer was made while it waited


@contextmanager
def only_writer(portfolio: Portfolio, *others: Portfolio, by: Any, to: Action = Action.WRITE) -> Iterator[Portfolio]:
    """Everything inside happens in one database transaction, with the portfolio's row locked before anything is read.

    Lock the parent row, then read in a new statement: locking the entries themselves would not keep out new ones.

    A change to a portfolio that moved units to another one may change the other as well.  So whoever writes to one of them
    locks all of the person's portfolios that are linked, and `others`, in the order of their keys: two writers can wait for
    each other in one order only, and never forever.  All that are locked stand in `locked_with`, by key.

    Where a portfolio was linked while the locks were waited for, they are taken again with it.

    by  who writes, and is asked for their role once the locks are held: nobody writes on a role that ended meanwhile.  None is the
        machine itself, which changes no ledger
    to  what they are about to do, with the portfolio and with the others

    Yields the portfolio as it is now.  Raises NotFound if it, or one of the others, is gone; NotAllowedForRole.
    """
    for _ in range(_TRIES):
        with transaction.atomic():
            locked = locked_portfolios([portfolio, *others])
            if any(one.pk not in locked for one in (portfolio, *others)):
                raise PortfolioNotFound("There is no such portfolio.")
            if not linked_meanwhile(locked):
                for one in (portfolio, *others) if by is not None else ():
                    require(by, locked[one.pk], to)
                yield locked[portfolio.pk]
                return
            transaction.set_rollback(True)  # lets go of all locks: one more would not be in the order of the keys
    raise Conflict("Units were moved between your portfolios in the meantime. Try again.")
