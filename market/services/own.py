"""What a person keeps of their own: instruments, their prices, exchange rates.  Each deed leaves an audit line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ProtectedError, Q

from market.errors import InstrumentInUse, InstrumentTaken, InvalidInstrument, InvalidPrices, InvalidRates, UnknownInstrument, UnknownRate
from market.models import Benchmark, FxRate, Instrument, Price
from market.providers.base import PriceRow, RateRow
from market.selectors.rates import OWN_SOURCE
from market.services.checking import check_rates
from market.services.ingest import ingest_many, rebuild_columns
from market.services.quotes import quote_own_price
from market.services.storing import Target, stored_text, upsert
from market.signals import meaning_changed, rates_changed
from portfolio_site.kernel.errors import FieldError, Forbidden
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.kernel.words import unwritable
from portfolio_site.web.deeds import tell

MOST_ROWS = 10_000
_DESCRIBED = ("symbol", "name", "asset_class", "currency", "exchange", "isin", "sector", "country", "region")
_UPPER = frozenset({"symbol", "isin", "country"})


def _described(changes: dict[str, Any]) -> dict[str, str]:
    unknown = changes.keys() - set(_DESCRIBED)
    if unknown:
        raise TypeError(f"not a description of an instrument: {', '.join(sorted(unknown))}")
    return {field: _tidied(field, str(value).strip()) for field, value in changes.items()}


def _tidied(field: str, text: str) -> str:
    """Codes in capitals; but GBp stays as it is, and is refused: it is pence, not pounds."""
    if field == "currency":
        return text.upper() if text.islower() else text
    return text.upper() if field in _UPPER else text


def _checked(instrument: Instrument) -> None:
    """Raises InvalidInstrument with every field that cannot be so."""
    errors = []
    try:
        Currency(instrument.currency)
    except UnknownCurrency as problem:
        errors.append(FieldError("currency", "unknown_currency", str(problem)))
    try:
        instrument.clean_fields(exclude=["currency", "owner", "provider", "note", "price_factor"])
    except ValidationError as problem:
        errors += [FieldError(field, "invalid", " ".join(texts)) for field, texts in problem.message_dict.items()]
    errors += [FieldError(field, "invalid", said) for field in _DESCRIBED if (said := unwritable(getattr(instrument, field)))]
    if not instrument.price_factor.is_finite() or instrument.price_factor <= 0:
        errors.append(FieldError("price_factor", "not_positive", "What a price of 1 is worth must be above zero; it is 1 for most instruments."))
    if instrument.country and not (len(instrument.country) == 2 and instrument.country.isascii() and instrument.country.isalpha()):
        errors.append(FieldError("country", "invalid", "Write the country as two letters, such as NL."))
    if errors:
        raise InvalidInstrument("The instrument was not saved: " + " ".join(one.detail for one in errors), errors=errors)


def _refuse_taken(actor: Any, symbol: str, *, but: int | None = None) -> None:
    taken = Instrument.objects.owned_by(actor).filter(symbol=symbol).exclude(pk=but).first()
    if taken is not None:
        raise InstrumentTaken(f"You have an instrument {symbol} already. Choose another symbol, or edit that one.", instrument=taken.pk)


@transaction.atomic
def create_private_instrument(
    actor: Any,
    *,
    symbol: str,
    name: str,
    asset_class: str,
    currency: str,
    exchange: str = "",
    isin: str = "",
    sector: str = "",
    country: str = "",
    region: str = "",
    price_factor: Decimal = Decimal(1),
) -> Instrument:
    """An instrument that only `actor` sees and prices.  Raises InvalidInstrument, InstrumentTaken.

    price_factor  what one unit is worth for a price of 1: 0.01 × face for a bond quoted in percent
    """
    described = _described(
        {
            "symbol": symbol,
            "name": name,
            "asset_class": asset_class,
            "currency": currency,
            "exchange": exchange,
            "isin": isin,
            "sector": sector,
            "country": country,
            "region": region,
        }
    )
    instrument = Instrument(owner=actor, price_factor=price_factor, **described)
    _checked(instrument)
    _refuse_taken(actor, instrument.symbol)
    instrument.save()
    tell(actor, "instrument.created", object_type="instrument", object_id=instrument.pk)
    return instrument


@transaction.atomic
def update_private_instrument(actor: Any, instrument: Instrument, *, price_factor: Decimal | None = None, **changes: str) -> Instrument:
    """Changes the description of one's own instrument.  Raises InvalidInstrument, InstrumentTaken, Forbidden.

    The currency and the price factor stay once there are prices: these would mean something else.
    """
    current = _locked_own(actor, instrument)
    described: dict[str, Any] = _described(changes)
    if price_factor is not None:
        described["price_factor"] = price_factor
    for field, name in {"currency": "currency", "price_factor": "worth of a price of 1"}.items():
        if described.get(field, getattr(current, field)) != getattr(current, field) and Price.objects.filter(instrument=current).exists():
            fault = FieldError(field, "has_prices", f"The {name} cannot change while there are prices in it.")
            raise InvalidInstrument(f"{fault.detail} Remove the prices first, or make another instrument.", errors=[fault])
    means = (current.currency, current.price_factor)
    for field, value in described.items():
        setattr(current, field, value)
    _checked(current)
    _refuse_taken(actor, current.symbol, but=current.pk)
    current.save(update_fields=list(described))
    if (current.currency, current.price_factor) != means:
        meaning_changed.send(Instrument, instrument_id=current.pk)
    tell(actor, "instrument.changed", object_type="instrument", object_id=current.pk, fields=sorted(described))
    return current


@transaction.atomic
def delete_private_instrument(actor: Any, instrument: Instrument) -> None:
    """Removes one's own instrument with its prices.  Raises InstrumentInUse while a transaction or a blend names it."""
    current = _locked_own(actor, instrument)
    pk = current.pk
    blend = Benchmark.objects.blends_of(actor).filter(parts__instrument=pk).first()
    if blend is not None:
        raise InstrumentInUse(f"{current.symbol} is a part of your blend {blend.name}. Take it out there first.")
    Benchmark.objects.filter(owner=actor, parts__instrument=pk).delete()  # removed ones, which would come back without a part
    try:
        current.delete()
    except ProtectedError:
        raise InstrumentInUse(f"{current.symbol} stands in transactions, so it cannot be removed. You can rename it.") from None
    tell(actor, "instrument.removed", object_type="instrument", object_id=pk)


def _locked_own(actor: Any, instrument: Instrument) -> Instrument:
    current: Instrument | None = Instrument.objects.select_for_update().filter(pk=instrument.pk).first()
    if current is None or current.owner_id not in {None, actor.pk}:
        raise UnknownInstrument("There is no such instrument.")
    if current.owner_id is None:
        raise Forbidden(f"{current.symbol} is everybody's instrument; only your own can be changed.")
    return current


@transaction.atomic
def set_own_prices(actor: Any, instrument: Instrument, rows: Sequence[PriceRow]) -> int:
    """Adds or replaces daily prices of one's own instrument, all or nothing; answers how many rows changed.

    Raises InvalidPrices with the faults by row and field, also for more than 10 000 rows.
    """
    if len(rows) > MOST_ROWS:
        raise InvalidPrices(f"{len(rows)} prices were sent; at most {MOST_ROWS} go at once.")
    current = _locked_own(actor, instrument)
    changed = ingest_many({current.pk: rows}, OWN_SOURCE)
    if changed:
        quote_own_price(current)
        tell(actor, "prices.entered", object_type="instrument", object_id=current.pk, count=changed)
    return changed


@transaction.atomic
def remove_own_price(actor: Any, instrument: Instrument, day: date) -> bool:
    """Removes the price of one day; answers whether there was one."""
    current = _locked_own(actor, instrument)
    removed, _ = Price.objects.filter(instrument=current, day=day).delete()
    if removed:
        rebuild_columns([current.pk])
        quote_own_price(current)
        tell(actor, "prices.removed", object_type="instrument", object_id=current.pk, count=removed)
    return bool(removed)


def _refuse_both_ways(rates: Sequence[RateRow]) -> None:
    pairs = {(row.base, row.quote, row.day) for row in rates}
    errors = [
        FieldError(
            f"rates.{number}.base", "duplicate", f"{row.base}/{row.quote} of {row.day.isoformat()} is given both ways round; one of them is enough."
        )
        for number, row in enumerate(rates)
        if row.base > row.quote and (row.quote, row.base, row.day) in pairs
    ]
    if errors:
        raise InvalidRates("A rate is given both ways round; nothing was stored.", errors=errors[:100])


_OWN_RATES = Target(
    FxRate,
    ("owner_id", "base", "quote", "day", "rate", "source", "simulated"),
    conflict="(owner_id, base, quote, day) WHERE owner_id IS NOT NULL",
    updated=("rate", "source"),
)


@transaction.atomic
def set_own_rates(actor: Any, rows: Iterable[RateRow]) -> int:
    """Adds or replaces one's own exchange rates, all or nothing; answers how many.  A pair and its inverse are one rate.

    They win over reference rates of the same day in one's own portfolios.  Raises InvalidRates with the faults by row and
    field, also for more than 10 000 rows.
    """
    rates = list(rows)
    if len(rates) > MOST_ROWS:
        raise InvalidRates(f"{len(rates)} rates were sent; at most {MOST_ROWS} go at once.")
    check_rates(rates)
    _refuse_both_ways(rates)
    if not rates:
        return 0
    day = connection.ops.adapt_datefield_value
    # removed and written again, so that their ids rise and `own_rates_version` tells; also a pair given the other way round
    days = {row.day for row in rates}
    pairs = {(row.base, row.quote, row.day) for row in rates} | {(row.quote, row.base, row.day) for row in rates}
    span = Q(day__gte=min(days), day__lte=max(days), base__in={base for base, _, _ in pairs}, quote__in={quote for _, quote, _ in pairs})
    stored = FxRate.objects.filter(span, owner=actor).values_list("pk", "base", "quote", "day")
    FxRate.objects.filter(pk__in=[pk for pk, *pair in stored if tuple(pair) in pairs]).delete()
    upsert(
        _OWN_RATES,
        ((actor.pk, row.base, row.quote, day(row.day), stored_text(row.rate), OWN_SOURCE, False) for row in rates),
    )
    currencies = tuple(sorted({row.base for row in rates} | {row.quote for row in rates}))
    transaction.on_commit(partial(rates_changed.send, FxRate, currencies=currencies, owner_id=actor.pk))
    tell(actor, "rates.entered", object_type="rate", count=len(rates))
    return len(rates)


@transaction.atomic
def remove_own_rate(actor: Any, pk: int) -> None:
    """Removes one of one's own exchange rates; the reference rate of its day counts again.  Raises UnknownRate, also for somebody else's."""
    row = FxRate.objects.select_for_update().filter(owner=actor, pk=pk).first()
    if row is None:
        raise UnknownRate("You have no such exchange rate.").of("rate", pk)
    row.delete()
    transaction.on_commit(partial(rates_changed.send, FxRate, currencies=tuple(sorted((row.base, row.quote))), owner_id=actor.pk))
    tell(actor, "rates.removed", object_type="rate", count=1)
