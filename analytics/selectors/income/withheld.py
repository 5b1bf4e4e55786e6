"""Tax that was withheld of dividends, and how much of it lies above what treaties commonly leave.  docs/numbers.md: "reclaimable".

No tax advice and no table of treaties: most of them follow the model convention of the OECD (article 10), which leaves 15 % of a dividend
to the country that it comes from.  What that country took beyond it may be claimed there; what it may keep is commonly credited at home.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

from analytics.selectors.income.shapes import ZERO, Amounts, Payment, Withholding
from portfolio_site.kernel.decimals import product, quotient
from portfolio_site.kernel.figures import Figure, Unit

TREATY = Decimal("0.15")
DIVIDENDS = frozenset({"dividend", "reinvestment"})
NO_RESIDENCE = "Where you are taxed is not known. Set your tax residence in the settings."
NO_COUNTRY = "The country of these holdings is not known. Classify them."


class Withheld:
    """Of some payments."""

    def __init__(self, payments: Sequence[Payment], residence: str, currency: str) -> None:
        self._payments, self._residence, self._currency = payments, residence, currency

    @cached_property
    def total(self) -> Figure:
        """Of all payments, interest and coupons among them."""
        return self._money("withheld", sum((one.amounts.withheld for one in self._payments), ZERO))

    @cached_property
    def rows(self) -> tuple[Withholding, ...]:
        """Dividends by country, the most withheld first."""
        sums: dict[str, Amounts] = defaultdict(Amounts)
        for one in self._payments:
            if one.kind in DIVIDENDS and one.instrument is not None:
                whole = one.amounts.gross + one.lowered
                sums[one.instrument.country] = sums[one.instrument.country].plus(Amounts(whole, one.amounts.withheld, one.amounts.fees))
        ordered = sorted(sums.items(), key=lambda item: (-item[1].withheld, item[0]))
        return tuple(Withholding(country, amounts, _rate(amounts), self._above(country, amounts)) for country, amounts in ordered)

    def _above(self, country: str, amounts: Amounts) -> Figure:
        """What one country may have to give back."""
        if not amounts.withheld or (self._residence and country == self._residence):
            return self._money("reclaimable", ZERO)  # at home it is settled with the tax of the year
        if not self._residence or not country:
            return Figure.undefined("reclaimable", Unit.MONEY, NO_COUNTRY if self._residence else NO_RESIDENCE, self._currency)
        return self._money("reclaimable", max(amounts.withheld - product(TREATY, amounts.gross), ZERO))

    @cached_property
    def reclaimable(self) -> Figure:
        """Of all countries whose answer is known; undefined where none is."""
        known = [row.reclaimable.value for row in self.rows if isinstance(row.reclaimable.value, Decimal)]
        unknown = [row for row in self.rows if not row.reclaimable.known]
        if unknown and not any(known):
            return unknown[0].reclaimable
        warnings = tuple(dict.fromkeys(row.reclaimable.why_not for row in unknown))
        return Figure("reclaimable", Unit.MONEY, sum(known, ZERO), currency=self._currency, warnings=warnings)

    def _money(self, name: str, amount: Decimal) -> Figure:
        return Figure(name, Unit.MONEY, amount, currency=self._currency)


def _rate(amounts: Amounts) -> Figure:
    if amounts.gross <= 0:
        return Figure.undefined("withheld_rate", Unit.FRACTION, "Nothing was paid that tax could be withheld of.")
    return Figure("withheld_rate", Unit.FRACTION, quotient(amounts.withheld, amounts.gross))
