"""What is written in an address about a report on risk: rates and shocks, in per cent.  Raises Unreadable with what to write in its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date

from analytics.selectors.risk.shapes import CLASS, CURRENCY, HOLDING, RiskAsked, Shock
from market.choices import AssetClass
from market.selectors import HIGHEST_RATE, LOWEST_RATE

MOST_SHOCKS = 50
HIGHEST_SHOCK = 1000  # percent: what lies above is a slip
HOW = "Write a shock as class:stock:-20, currency:USD:-10 or holding:12:-50: what it meets, which one, and the change in per cent."
_NUMBER = re.compile(r"[+\-−]?\d{1,6}([.,]\d{1,12})?")


class Unreadable(ValueError):
    """What was written cannot be used; the message says what to write.  `field` is the parameter."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def read_percent(text: str, field: str, least: float = LOWEST_RATE, most: float = HIGHEST_RATE) -> float:
    """A fraction from a number of per cent: 2.5, 2,5, −1 or 3 %."""
    given = text.strip().removesuffix("%").strip()
    if not _NUMBER.fullmatch(given):
        raise Unreadable(field, f"“{text[:20]}” is no number. Write per cent, such as 2.5.")
    percent = float(given.replace("−", "-").replace(",", "."))
    if not (math.isfinite(percent) and least <= percent <= most):
        raise Unreadable(field, f"{given} % lies outside {least:g} to {most:g} %. Check the number.")
    return percent / 100


def read_shock(text: str) -> Shock:
    """One shock, such as class:stock:-20."""
    kind, _, rest = text.partition(":")
    key, _, change = rest.rpartition(":")
    known = {
        CLASS: key in AssetClass.values,
        CURRENCY: key.isascii() and key.isalpha() and len(key) == 3,
        HOLDING: key.isascii() and key.isdigit() and len(key) <= 18,
    }
    if not known.get(kind, False):
        raise Unreadable("shock", f"“{text[:60]}” is no shock. {HOW}")
    return Shock(kind, key.upper() if kind == CURRENCY else key, read_percent(change, "shock", -100, HIGHEST_SHOCK))


def risk_asked(start: date | None, end: date | None, rate: str = "", least: str = "", shocks: Iterable[str] = ()) -> RiskAsked:
    """The question, from the days of the window (no start: from the first entry) and what is written of the rest."""
    written = [text for text in shocks if text.strip()]
    if len(written) > MOST_SHOCKS:
        raise Unreadable("shock", f"At most {MOST_SHOCKS} shocks at once.")
    return RiskAsked(
        start=start,
        end=end,
        whole=start is None,
        rate=read_percent(rate, "rf") if rate.strip() else None,
        least=read_percent(least, "mar") if least.strip() else 0.0,
        shocks=tuple(read_shock(text.strip()) for text in written),
    )
