"""Which instruments there are, for a person: everybody's and their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from market.errors import UnknownInstrument
from market.exchanges import exchange_code
from market.models import Instrument
from market.querysets import InstrumentQuerySet
from portfolio_site.kernel.errors import Forbidden


def instruments_visible_to(user: Any) -> InstrumentQuerySet:
    """Everybody's instruments and the person's own, by symbol."""
    visible: InstrumentQuerySet = Instrument.objects.visible_to(user)
    return visible


def get_instrument(user: Any, pk: int) -> Instrument:
    """One instrument.  Raises UnknownInstrument, also for what belongs to somebody else.  One query."""
    try:
        found: Instrument = Instrument.objects.visible_to(user).get(pk=pk)
    except Instrument.DoesNotExist:
        raise UnknownInstrument("There is no such instrument. Search for it by name, symbol or ISIN.").of("instrument", pk) from None
    return found


def get_own_instrument(user: Any, pk: int) -> Instrument:
    """One instrument that the person may change.  Raises UnknownInstrument; Forbidden for one that everybody sees.  One query."""
    found = get_instrument(user, pk)
    if found.owner_id != user.pk:
        raise Forbidden(f"{found.symbol} is everybody's instrument. Make one of your own to set its description and prices.").of("instrument", pk)
    return found


def own_instruments(user: Any) -> InstrumentQuerySet:
    """The person's own instruments by symbol, each with its quote.  One query."""
    own: InstrumentQuerySet = Instrument.objects.owned_by(user).select_related("quote")
    return own


def candidates(user: Any, *, symbols: Iterable[str] = (), isins: Iterable[str] = ()) -> list[Instrument]:
    """All visible instruments of these symbols or ISINs, the person's own first, for matching many rows at once.  One query."""
    names = {symbol.strip().upper() for symbol in symbols if symbol.strip()}
    numbers = {isin.strip().upper() for isin in isins if isin.strip()}
    if not names and not numbers:
        return []
    found = Instrument.objects.visible_to(user).filter(Q(symbol__in=names) | Q(isin__in=numbers))
    return sorted(found, key=lambda one: (one.owner_id is None, one.pk))


def find_instrument(user: Any, *, symbol: str = "", isin: str = "", exchange: str = "", currency: str = "") -> Instrument | None:
    """The one instrument that is meant, or None where there is none or more than one could be meant.  One query.

    An ISIN decides before a symbol; the person's own instrument before everybody's; exchange and currency, where given,
    narrow down several listings.  Symbols and ISINs are compared without regard to case.
    """
    symbol, isin = symbol.strip().upper(), isin.strip().upper()
    found = candidates(user, symbols=[symbol], isins=[isin])
    by_isin = [one for one in found if isin and one.isin == isin]
    left = by_isin or [one for one in found if symbol and one.symbol == symbol and not (isin and one.isin)]
    for narrower in (
        [one for one in left if exchange and exchange_code(one.exchange) == exchange_code(exchange)],
        [one for one in left if currency and one.currency == currency.upper()],
        [one for one in left if symbol and one.symbol == symbol],
        [one for one in left if one.owner_id is not None],
    ):
        left = narrower or left
    return left[0] if len(left) == 1 else None
