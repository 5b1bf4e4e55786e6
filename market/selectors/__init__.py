"""What the market can answer.  Everything here only reads; every function says how many queries it costs."""

from market.packing import day_number, day_of
from market.selectors.actions import ActionView, actions_of
from market.selectors.columns import (
    FxColumnView,
    PriceColumnView,
    fx_columns,
    own_rates_version,
    price_columns,
    prices_version,
)
from market.selectors.instruments import (
    candidates,
    find_instrument,
    get_instrument,
    get_own_instrument,
    instruments_visible_to,
    own_instruments,
)
from market.selectors.prices import BarPage, Interval, PriceBar, PriceView, newest_prices, price_history, price_on, price_page, prices_on
from market.selectors.quotes import QuoteView, StocksAnswer, UnansweredSymbol, is_of_last_session, quotes_of, stock, stocks, view_of
from market.selectors.rates import BRIDGED_DAYS, RateView, rate, rates

__all__ = [
    "BRIDGED_DAYS",
    "ActionView",
    "BarPage",
    "FxColumnView",
    "Interval",
    "PriceBar",
    "PriceColumnView",
    "PriceView",
    "QuoteView",
    "RateView",
    "StocksAnswer",
    "UnansweredSymbol",
    "actions_of",
    "candidates",
    "day_number",
    "day_of",
    "find_instrument",
    "fx_columns",
    "get_instrument",
    "get_own_instrument",
    "instruments_visible_to",
    "is_of_last_session",
    "newest_prices",
    "own_instruments",
    "own_rates_version",
    "price_columns",
    "price_history",
    "price_on",
    "price_page",
    "prices_on",
    "prices_version",
    "quotes_of",
    "rate",
    "rates",
    "stock",
    "stocks",
    "view_of",
]
