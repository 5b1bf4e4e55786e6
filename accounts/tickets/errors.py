"""Errors about tickets."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Forbidden


class TooManyTickets(Conflict):
    code, title = "too_many_tickets", "There are too many tickets."


class BadOpening(Forbidden):
    """What a socket was shown opens nothing.  It closes with 4401."""

    code, title = "bad_opening", "You are not signed in."
