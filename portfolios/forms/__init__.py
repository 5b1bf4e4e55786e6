"""The forms of this app.  They read what was typed and say which fields there are; services judge."""

from portfolios.forms.common import RefusableForm, currency_choices, resolve_instrument
from portfolios.forms.filters import FilterForm, LotsForm
from portfolios.forms.grid import TransactionGrid
from portfolios.forms.legs import LegsForm
from portfolios.forms.lots import LotChoiceForm
from portfolios.forms.portfolios import DeletePortfolioForm, LockForm, PortfolioForm
from portfolios.forms.transactions import TransactionForm, initial_of

__all__ = [
    "DeletePortfolioForm",
    "FilterForm",
    "LegsForm",
    "LockForm",
    "LotChoiceForm",
    "LotsForm",
    "PortfolioForm",
    "RefusableForm",
    "TransactionForm",
    "TransactionGrid",
    "currency_choices",
    "initial_of",
    "resolve_instrument",
]
