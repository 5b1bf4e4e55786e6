"""From a published rate without risk to what money earned on a day.

A day is a calendar day; rates of days are fractions and multiply: `prod(1 + r) - 1` over a span is what was earned in it.
How a published number is to be read is its `basis`:

effective    (1 + p)^(1/365) − 1: a year of 365 days earns p
money_360    p / 360: money markets of the euro and the dollar (€STR, SOFR, FEDFUNDS; ECB, “The euro short-term rate methodology”, ACT/360)
money_365    p / 365: sterling (SONIA; Bank of England, “SONIA Key features and policies”, ACT/365)
bill_yield   (1 + p·91/365)^(1/91) − 1: yield of a bill of 91 days, simple, on 365 days (investment or bond-equivalent yield)
discount     (1 − p·91/360)^(−1/91) − 1: a bill of 91 days costs 1 − p·91/360 (US Treasury, 31 CFR 356 Appendix B; FRED, DTB3)

An overnight rate is published for business days; it stands for the days up to the next one, and here each of those days earns it
anew.  Over a weekend that differs from simple interest by less than a millionth of a per cent at 5 %.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from market.choices import RateBasis

Numbers = npt.NDArray[np.float64]
BILL = 91  # days
LOWEST, HIGHEST = -50, 200  # percent a year: what lies outside is a slip


def earned_a_day(percent: Numbers, basis: str) -> Numbers:
    """The rate of one day, a fraction, for published percents a year above −100."""
    rate = np.asarray(percent, dtype=np.float64) / 100.0
    if basis == RateBasis.MONEY_360:
        return np.asarray(rate / 360.0)
    if basis == RateBasis.MONEY_365:
        return np.asarray(rate / 365.0)
    if basis == RateBasis.BILL_YIELD:
        return np.asarray(np.expm1(np.log1p(rate * BILL / 365.0) / BILL))
    if basis == RateBasis.DISCOUNT:
        return np.asarray(np.expm1(-np.log1p(-rate * BILL / 360.0) / BILL))
    return np.asarray(np.expm1(np.log1p(rate) / 365.0))
