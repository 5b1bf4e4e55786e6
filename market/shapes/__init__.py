"""What the API of the market takes and answers."""

from market.shapes.detail import ActionQuery, ActionsSerializer, InstrumentDetailSerializer, IntradaySerializer
from market.shapes.finding import ListingSerializer, ListingWanted, SearchSerializer, SearchWanted
from market.shapes.instruments import InstrumentChange, InstrumentQuery, InstrumentSerializer, InstrumentWanted
from market.shapes.prices import BarSerializer, Changed, HistoryQuery, HistorySerializer, OwnPrice, OwnPrices
from market.shapes.quotes import MOST_SYMBOLS, QuoteSerializer, StocksSerializer, SymbolProblem, SymbolsWanted
from market.shapes.rates import Count, OwnRate, OwnRates, RateQuery, RateSerializer
from market.shapes.watchlists import (
    ListedSerializer,
    PlaceWanted,
    Watched,
    WatchlistChange,
    WatchlistDetailSerializer,
    WatchlistPage,
    WatchlistSerializer,
    WatchlistWanted,
    told_row,
)

__all__ = [
    "MOST_SYMBOLS",
    "ActionQuery",
    "ActionsSerializer",
    "BarSerializer",
    "Changed",
    "Count",
    "HistoryQuery",
    "HistorySerializer",
    "InstrumentChange",
    "InstrumentDetailSerializer",
    "InstrumentQuery",
    "InstrumentSerializer",
    "InstrumentWanted",
    "IntradaySerializer",
    "ListedSerializer",
    "ListingSerializer",
    "ListingWanted",
    "OwnPrice",
    "OwnPrices",
    "OwnRate",
    "OwnRates",
    "PlaceWanted",
    "QuoteSerializer",
    "RateQuery",
    "RateSerializer",
    "SearchSerializer",
    "SearchWanted",
    "StocksSerializer",
    "SymbolProblem",
    "SymbolsWanted",
    "Watched",
    "WatchlistChange",
    "WatchlistDetailSerializer",
    "WatchlistPage",
    "WatchlistSerializer",
    "WatchlistWanted",
    "told_row",
]
