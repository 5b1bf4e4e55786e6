"""What can be done to the market: prices and rates stored, quotes published, own instruments kept, the demo moved."""

from market.providers.base import ActionRow, PriceRow, RateRow
from market.services.actions import ingest_actions
from market.services.checking import check_prices, check_rates
from market.services.demo import Loaded, advance_demo_market, load_demo_market
from market.services.ingest import ingest_many, ingest_prices, ingest_rates, rebuild_columns, rebuild_fx_columns
from market.services.own import (
    MOST_ROWS,
    create_private_instrument,
    delete_private_instrument,
    remove_own_price,
    set_own_prices,
    set_own_rates,
    update_private_instrument,
)
from market.services.quotes import QuoteDraft, publish_quotes

__all__ = [
    "MOST_ROWS",
    "ActionRow",
    "Loaded",
    "PriceRow",
    "QuoteDraft",
    "RateRow",
    "advance_demo_market",
    "check_prices",
    "check_rates",
    "create_private_instrument",
    "delete_private_instrument",
    "ingest_actions",
    "ingest_many",
    "ingest_prices",
    "ingest_rates",
    "load_demo_market",
    "publish_quotes",
    "rebuild_columns",
    "rebuild_fx_columns",
    "remove_own_price",
    "set_own_prices",
    "set_own_rates",
    "update_private_instrument",
]
