"""Pages of this app.  Each view reads the address or the form, asks one selector or one service, and answers."""

from market.views.classification import ask_what_it_is, classify, declassify, undo_classification
from market.views.finding import find, listing_progress, take_in
from market.views.news import mute, open_article, unmute
from market.views.own import add, edit, own_instruments, prices, remove, remove_price
from market.views.rates import own_rates, remove_rate
from market.views.watchlists import watch, watchlist_add, watchlist_delete, watchlist_edit, watchlist_move, watchlist_put, watchlist_take

__all__ = [
    "add",
    "ask_what_it_is",
    "classify",
    "declassify",
    "edit",
    "find",
    "listing_progress",
    "mute",
    "open_article",
    "own_instruments",
    "own_rates",
    "prices",
    "remove",
    "remove_price",
    "remove_rate",
    "take_in",
    "undo_classification",
    "unmute",
    "watch",
    "watchlist_add",
    "watchlist_delete",
    "watchlist_edit",
    "watchlist_move",
    "watchlist_put",
    "watchlist_take",
]
