"""The world: what exists and what it costs."""

from market.models.benchmarks import Benchmark, BlendPart, RisklessRate
from market.models.feeds import UrlFeed
from market.models.instruments import Instrument
from market.models.intraday import IntradayDay
from market.models.merges import InstrumentMerge
from market.models.news import Article, ArticleInstrument, MutedPublisher, NewsAsked, OpenedArticle
from market.models.prices import CorporateAction, Price, PriceColumn, Quote
from market.models.rates import FxColumn, FxRate
from market.models.reference import Classification, FundWeight, SourceProfile
from market.models.sources import SourceSymbol, Suspect
from market.models.watchlists import Watchlist, WatchlistItem

__all__ = [
    "Article",
    "ArticleInstrument",
    "Benchmark",
    "BlendPart",
    "Classification",
    "CorporateAction",
    "FundWeight",
    "FxColumn",
    "FxRate",
    "Instrument",
    "InstrumentMerge",
    "IntradayDay",
    "MutedPublisher",
    "NewsAsked",
    "OpenedArticle",
    "Price",
    "PriceColumn",
    "Quote",
    "RisklessRate",
    "SourceProfile",
    "SourceSymbol",
    "Suspect",
    "UrlFeed",
    "Watchlist",
    "WatchlistItem",
]
