"""What may be a slip in an entry that could be recorded: it is said, and nothing is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from market.choices import AssetClass
from market.selectors import price_on
from portfolios.kinds import RULES
from portfolios.models import Portfolio, Transaction
from portfolios.services.impact import CashChange

ZERO = Decimal(0)
FAR_FROM_CLOSE = Decimal("0.3")
NEAR = timedelta(days=3)  # the same trade on another day
OLD_CLOSE = timedelta(days=7)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at.  The page has the words; amounts are for its filters.

    code      negative_cash (amount, currency) · short (amount) · duplicate (entry, day) · far_from_close (fraction, amount,
              currency, day) · weekend (day)
    """

    code: str
    amount: Decimal | None = None
    currency: str = ""
    day: date | None = None
    entry: int | None = None
    fraction: Decimal | None = None


def notices_of(
    portfolio: Portfolio, row: Transaction, *, replacing: Transaction | None, cash: Sequence[CashChange], held_after: Decimal | None
) -> tuple[Notice, ...]:
    """What to look at before the entry is saved.  Two queries at most."""
    found = [Notice("negative_cash", amount=one.after, currency=one.currency) for one in cash if one.after < 0 and one.after < one.before]
    if held_after is not None and held_after < 0:
        found.append(Notice("short", amount=-held_after))
    twin = _twin(portfolio, row, replacing)
    if twin is not None:
        found.append(Notice("duplicate", entry=twin.entry, day=twin.traded_on))
    found += _of_market(row)
    return tuple(found)


def _twin(portfolio: Portfolio, row: Transaction, replacing: Transaction | None) -> Transaction | None:
    """Another entry of the same kind, instrument, size and price within a few days."""
    near = Transaction.objects.live().filter(
        portfolio=portfolio, kind=row.kind, instrument=row.instrument_id, traded_on__gte=row.traded_on - NEAR, traded_on__lte=row.traded_on + NEAR
    )
    for other in near.order_by("-traded_on", "-pk")[:200]:
        if replacing is not None and other.entry == replacing.entry:
            continue
        if other.quantity == row.quantity and _worth(other) == _worth(row) and other.settles_in == row.settles_in:
            return other  # type: ignore[no-any-return]
    return None


def _worth(row: Transaction) -> tuple[Decimal | None, Decimal | None]:
    return (row.price, None) if row.price is not None else (None, row.amount)


def _of_market(row: Transaction) -> list[Notice]:
    """A day without trading, and a price far from the day's close."""
    instrument, rule = row.instrument, RULES[row.kind]
    if instrument is None or not (rule.is_purchase or rule.is_sale) or instrument.asset_class == AssetClass.CRYPTO:
        return []
    found = [Notice("weekend", day=row.traded_on)] if row.traded_on.weekday() >= SATURDAY else []
    close = price_on(instrument.pk, row.traded_on)
    if close is None or not row.price or not close.close or row.traded_on - close.day > OLD_CLOSE:
        return found
    away = row.price / close.close - 1
    if abs(away) > FAR_FROM_CLOSE:
        found.append(Notice("far_from_close", fraction=away, amount=close.close, currency=instrument.currency, day=close.day))
    return found
