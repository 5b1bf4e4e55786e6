"""Yahoo Finance: the class that asks it, and a module for each kind of answer."""

from market.providers.yahoo.client import Yahoo
from market.providers.yahoo.exchanges import symbol_for

__all__ = ["Yahoo", "symbol_for"]
