"""Which instruments there are for everybody, and what sources call them."""

from market.services.listing.adding import Listing, finish_listing, get_listing, list_found, start_listing
from market.services.listing.linking import has_coins_without_a_name, link_symbols, name_at_source, rename_instrument
from market.services.listing.merges import Merge, finish_merge, get_merge, start_merge
from market.services.listing.merging import merge_instruments
from market.services.listing.recorded import counted
from market.services.listing.searching import number_of, search_sources, start_search, text_of

__all__ = [
    "Listing",
    "Merge",
    "counted",
    "finish_listing",
    "finish_merge",
    "get_listing",
    "get_merge",
    "has_coins_without_a_name",
    "link_symbols",
    "list_found",
    "merge_instruments",
    "name_at_source",
    "number_of",
    "rename_instrument",
    "search_sources",
    "start_listing",
    "start_merge",
    "start_search",
    "text_of",
]
