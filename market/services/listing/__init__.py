"""Which instruments there are for everybody, and what sources call them."""

from market.services.listing.adding import Listing, finish_listing, get_listing, list_found, start_listing
from market.services.listing.linking import has_coins_without_a_name, link_symbols, name_at_source, rename_instrument
from market.services.listing.merges import finish_merge, forget_journals, merges_to_ring, start_merge, start_parting
from market.services.listing.merging import merge_instruments
from market.services.listing.recorded import counted
from market.services.listing.searching import number_of, search_sources, start_search, text_of

__all__ = [
    "Listing",
    "counted",
    "finish_listing",
    "finish_merge",
    "forget_journals",
    "get_listing",
    "has_coins_without_a_name",
    "link_symbols",
    "list_found",
    "merge_instruments",
    "merges_to_ring",
    "name_at_source",
    "number_of",
    "rename_instrument",
    "search_sources",
    "start_listing",
    "start_merge",
    "start_parting",
    "start_search",
    "text_of",
]
