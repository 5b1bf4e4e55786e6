"""The forms of this app.  They read what was typed; services judge."""

from market.forms.common import show
from market.forms.own import InstrumentForm, PriceForm, PriceListForm
from market.forms.rates import RateForm
from market.forms.watchlists import PlaceForm, WatchlistForm

__all__ = ["InstrumentForm", "PlaceForm", "PriceForm", "PriceListForm", "RateForm", "WatchlistForm", "show"]
