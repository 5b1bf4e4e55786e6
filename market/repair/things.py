"""What a repair works on and what it tells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from market.choices import SuspectReason
from market.providers.base import ActionRow, PriceRow
from portfolio_site.kernel.decimals import EXACT

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A price or dividend that was left out, the price it was held against, and why."""

    day: date
    price: Decimal
    before: Decimal | None
    reason: SuspectReason


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that was mended: what, on which day, and the number it was multiplied with."""

    day: date
    what: str  # "unit", "split" or "dividend"
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Mended:
    """A history as it may be stored: oldest first and raw."""

    prices: tuple[PriceRow, ...]
    actions: tuple[ActionRow, ...]
    doubts: tuple[Doubt, ...] = ()
    repairs: tuple[Repair, ...] = ()


def log(number: Decimal) -> float:
    """Natural logarithm, for telling factors apart; nothing that is stored is made of it."""
    return math.log(float(number))


def scaled(row: PriceRow, factor: Decimal) -> PriceRow:
    """The row with prices times the factor, and the volume divided by it."""
    if factor == ONE:
        return row
    times = _times(factor)
    volume = None if row.volume is None else int(EXACT.divide(Decimal(row.volume), factor))
    return replace(row, close=EXACT.multiply(row.close, factor), open=times(row.open), high=times(row.high), low=times(row.low), volume=volume)


def priced(row: PriceRow, factor: Decimal) -> PriceRow:
    """The row with prices times the factor; units were never in question, so the volume stays."""
    times = _times(factor)
    return replace(row, close=EXACT.multiply(row.close, factor), open=times(row.open), high=times(row.high), low=times(row.low))


def _times(factor: Decimal) -> Callable[[Decimal | None], Decimal | None]:
    return lambda price: None if price is None else EXACT.multiply(price, factor)


def ratio_of(split: ActionRow) -> Decimal:
    """New units for one old."""
    if split.ratio_new is None or split.ratio_old is None:
        raise ValueError("a split without its ratio")
    return EXACT.divide(split.ratio_new, split.ratio_old)
