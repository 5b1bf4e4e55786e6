"""Pages.  Each view reads the address, asks one selector, and answers; nothing is computed here."""

from analytics.views.dashboard import dashboard
from analytics.views.holding import holding
from analytics.views.holdings import holdings
from analytics.views.instrument import instrument, instrument_intraday, instrument_refresh
from analytics.views.markets import markets
from analytics.views.news import news, news_card
from analytics.views.search import search

__all__ = ["dashboard", "holding", "holdings", "instrument", "instrument_intraday", "instrument_refresh", "markets", "news", "news_card", "search"]
