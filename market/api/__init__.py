"""The API of the market: instruments, quotes, price histories, exchange rates, watchlists.

Changes are told as `change` (money) and `change_percent` (1.25 is 1.25 %).  Times carry an offset.
"""

from market.api.classification import InstrumentClassification
from market.api.detail import Actions, Intraday
from market.api.finding import ListingDetail, Listings, SearchDetail, Searches
from market.api.instruments import InstrumentDetail, Instruments
from market.api.news import MutedPublisherDetail, MutedPublishers, OpenedArticles
from market.api.prices import Prices
from market.api.quotes import Stock, StockBatch
from market.api.rates import Rate, Rates
from market.api.watchlists import WatchlistDetail, WatchlistInstrument, WatchlistInstruments, Watchlists

__all__ = [
    "Actions",
    "InstrumentClassification",
    "InstrumentDetail",
    "Instruments",
    "Intraday",
    "ListingDetail",
    "Listings",
    "MutedPublisherDetail",
    "MutedPublishers",
    "OpenedArticles",
    "Prices",
    "Rate",
    "Rates",
    "SearchDetail",
    "Searches",
    "Stock",
    "StockBatch",
    "WatchlistDetail",
    "WatchlistInstrument",
    "WatchlistInstruments",
    "Watchlists",
]
