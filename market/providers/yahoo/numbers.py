"""Yahoo's numbers: single precision with noise behind it, in the units of the exchange, with a hint of how many places are meant."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from market.providers import reading
from portfolio_site.kernel.decimals import EXACT, exact, rounded

SINGLE = 6  # digits that single precision holds for certain
_LEAST = 3  # digits that a hint must leave of a price; one that leaves fewer is not meant for it
_USUAL, _MOST_PLACES = 2, 12


@dataclass(frozen=True, slots=True)
class Unit:
    """How the numbers of one symbol are to be read.

    currency    ISO code of what prices are in after `factor`; empty where Yahoo does not tell it
    factor      what a price, previous close or dividend is to be multiplied with; never a market cap, which is in major units
    hint        places of a price before `factor`; None where Yahoo does not tell them
    """

    currency: str
    factor: Decimal
    hint: int | None

    @classmethod
    def of(cls, told: dict[str, Any]) -> Unit:
        """From the keys `currency` and `priceHint` of a quote or of the meta data of a series."""
        currency, factor = reading.major(reading.unit(told.get("currency")))
        hint = told.get("priceHint")
        return cls(currency, factor, hint if isinstance(hint, int) and not isinstance(hint, bool) and 0 <= hint <= _MOST_PLACES else None)

    def price(self, value: Any, times: Decimal = Decimal(1)) -> Decimal | None:
        """The price × `times` in major units, rounded to the hint; None for a missing one, and for zero or less."""
        found = reading.number(value)
        if found is None or found <= 0:
            return None
        raw = EXACT.multiply(found, times)
        return exact(rounded(EXACT.multiply(rounded(raw, self.places(raw)), self.factor))) or None

    def places(self, value: Decimal) -> int:
        """Places to round to: the hint's, or six digits where there is none or where it leaves next to nothing of the price."""
        if self.hint is not None and value.adjusted() + 1 + self.hint >= _LEAST:
            return self.hint
        return max(self.hint or _USUAL, SINGLE - 1 - value.adjusted())


def single(value: float) -> Decimal:
    """A number that was sent in single precision, with the digits that it holds."""
    return Decimal(f"{value:.{SINGLE + 1}g}")
