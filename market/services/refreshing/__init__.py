"""Prices, rates, news and reference data from sources: what is due, what is asked, what is believed."""

from market.services.refreshing.due import due_quotes, quote_jobs
from market.services.refreshing.histories import due_histories, refresh_histories, store_closes
from market.services.refreshing.intraday import Outcome, outcome_of, refresh_intraday, sweep_intraday
from market.services.refreshing.news import due_news, fetch_news
from market.services.refreshing.openings import Openings
from market.services.refreshing.profiles import due_profiles, refresh_profiles
from market.services.refreshing.quotes import Refreshed, refresh_quotes, take_quotes
from market.services.refreshing.rates import refresh_rates
from market.services.refreshing.riskless import refresh_riskless

__all__ = [
    "Openings",
    "Outcome",
    "Refreshed",
    "due_histories",
    "due_news",
    "due_profiles",
    "due_quotes",
    "fetch_news",
    "outcome_of",
    "quote_jobs",
    "refresh_histories",
    "refresh_intraday",
    "refresh_profiles",
    "refresh_quotes",
    "refresh_rates",
    "refresh_riskless",
    "store_closes",
    "sweep_intraday",
    "take_quotes",
]
