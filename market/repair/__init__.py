"""Mends what sources deliver broken: bars in another unit, splits applied to a part of a history, dividends that cannot be meant.

Pure: a history in, a history out, with what was mended and what is not believed.  Only what follows from the numbers themselves is
mended, by the exact factor (100, or a reported split); all else is left out and told as a doubt, so that nothing wrong is stored.
The method is that of yfinance's price repair (its wiki, "Price repair"), with an anchor in place of a guess: a price known to be good.
"""

from market.repair.mending import Doubt, Mended, Repair, repaired

__all__ = ["Doubt", "Mended", "Repair", "repaired"]
