"""Alpha Vantage: the class that asks it, its symbols, and a module for what it says."""

from market.providers.alpha_vantage.client import AlphaVantage
from market.providers.alpha_vantage.symbols import symbol_for

__all__ = ["AlphaVantage", "symbol_for"]
