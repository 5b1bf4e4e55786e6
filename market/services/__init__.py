"""What can be done to the market: prices and rates stored, quotes published, own instruments kept, the demo moved."""

from market.providers.base import ActionRow, PriceRow, RateRow
from market.services.actions import ingest_actions
from market.services.blends import (
    LONGEST_BLEND_NAME,
    MOST_BLENDS,
    MOST_PARTS,
    PartDraft,
    change_blend,
    create_blend,
    remove_blend,
    restore_blend,
    sweep_blends,
)
from market.services.checking import check_prices, check_rates
from market.services.classifying import check_classification, classify, classify_for_everybody, declassify, undo_classification
from market.services.demo import Loaded, advance_demo_market, load_demo_market
from market.services.giving import copy_rates, copy_words, hand_over_instruments
from market.services.indices import index_changed, list_indices
from market.services.ingest import ingest_many, ingest_prices, ingest_rates, rebuild_columns, rebuild_fx_columns, renew_versions
from market.services.news import mute_publisher, note_opened, store_articles, sweep_news, unmute_publisher
from market.services.own import (
    MOST_ROWS,
    create_private_instrument,
    delete_private_instrument,
    remove_own_price,
    remove_own_rate,
    set_own_prices,
    set_own_rates,
    update_private_instrument,
)
from market.services.quotes import QuoteDraft, publish_quotes
from market.services.riskless import RisklessRow, check_riskless, store_riskless
from market.services.sources import can_search, news_sources, open_feed, open_source, sources_in_order, sources_on, tell_sources
from market.services.watchlists import (
    LONGEST_NAME,
    MOST_WATCHED,
    MOST_WATCHLISTS,
    add_to_watchlist,
    create_watchlist,
    delete_watchlist,
    move_in_watchlist,
    remove_from_watchlist,
    rename_watchlist,
)

__all__ = [
    "LONGEST_BLEND_NAME",
    "LONGEST_NAME",
    "MOST_BLENDS",
    "MOST_PARTS",
    "MOST_ROWS",
    "MOST_WATCHED",
    "MOST_WATCHLISTS",
    "ActionRow",
    "Loaded",
    "PartDraft",
    "PriceRow",
    "QuoteDraft",
    "RateRow",
    "RisklessRow",
    "add_to_watchlist",
    "advance_demo_market",
    "can_search",
    "change_blend",
    "check_classification",
    "check_prices",
    "check_rates",
    "check_riskless",
    "classify",
    "classify_for_everybody",
    "copy_rates",
    "copy_words",
    "create_blend",
    "create_private_instrument",
    "create_watchlist",
    "declassify",
    "delete_private_instrument",
    "delete_watchlist",
    "hand_over_instruments",
    "index_changed",
    "ingest_actions",
    "ingest_many",
    "ingest_prices",
    "ingest_rates",
    "list_indices",
    "load_demo_market",
    "move_in_watchlist",
    "mute_publisher",
    "news_sources",
    "note_opened",
    "open_feed",
    "open_source",
    "publish_quotes",
    "rebuild_columns",
    "rebuild_fx_columns",
    "remove_blend",
    "remove_from_watchlist",
    "remove_own_price",
    "remove_own_rate",
    "rename_watchlist",
    "renew_versions",
    "restore_blend",
    "set_own_prices",
    "set_own_rates",
    "sources_in_order",
    "sources_on",
    "store_articles",
    "store_riskless",
    "sweep_blends",
    "sweep_news",
    "tell_sources",
    "undo_classification",
    "unmute_publisher",
    "update_private_instrument",
]
