"""Pages.  Each view reads the address, asks one selector, and answers; nothing is computed here."""

from analytics.views.dashboard import dashboard
from analytics.views.holding import holding
from analytics.views.holdings import holdings
from analytics.views.search import search

__all__ = ["dashboard", "holding", "holdings", "search"]
