"""Storing daily prices and reference rates, and the packed columns made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
from django.db import connection, transaction

from market.models import FxColumn, FxRate, Instrument, Price, PriceColumn
from market.packing import day_number, pack, unpack
from market.providers.base import PriceRow, RateRow
from market.services.checking import check_prices, check_rates
from market.services.storing import Target, next_versions, stored_text, upsert
from market.signals import prices_changed, rates_changed

_PRICES = Target(
    Price,
    ("instrument_id", "day", "open", "high", "low", "close", "volume", "source", "simulated"),
    conflict="(instrument_id, day)",
    updated=("open", "high", "low", "close", "volume", "source", "simulated"),
)
_CLOSES = Target(Price, ("instrument_id", "day", "close", "source", "simulated"), _PRICES.conflict, _PRICES.updated)
_RATES = Target(
    FxRate,
    ("base", "quote", "day", "rate", "source", "simulated"),
    conflict="(base, quote, day) WHERE owner_id IS NULL",
    updated=("rate", "source", "simulated"),
)


def ingest_prices(instrument: Instrument, rows: Iterable[PriceRow], source: str, simulated: bool = False) -> int:
    """Stores daily prices of one instrument; see `ingest_many`.  `simulated` marks all of them."""
    marked = [PriceRow(row.day, row.close, row.open, row.high, row.low, row.volume, simulated or row.simulated) for row in rows]
    return ingest_many({instrument.pk: marked}, source)


@transaction.atomic
def ingest_many(prices: Mapping[int, Sequence[PriceRow]], source: str) -> int:
    """Stores daily prices by instrument: new days are added, changed ones replaced, equal ones left alone.

    Answers the number of rows written.  Raises InvalidPrices, and stores nothing, if one price is not finite, not above
    zero, of a future day or of a day that stands there twice.  Columns and versions change for changed instruments only.
    """
    for rows in prices.values():
        check_prices(rows)
    versions = dict(Instrument.objects.select_for_update().filter(pk__in=prices).order_by("pk").values_list("pk", "prices_version"))
    known = _stored_prices([pk for pk, version in versions.items() if version], prices)
    changed = {pk: [row for row in prices[pk] if not known or known.get((pk, row.day)) != _identity(row, source)] for pk in versions}
    changed = {pk: rows for pk, rows in changed.items() if rows}
    if not changed:
        return 0
    _write_prices(changed, source)
    _merge_price_columns(changed, versions)
    transaction.on_commit(partial(prices_changed.send, Price, instrument_ids=tuple(changed)))
    return sum(len(rows) for rows in changed.values())


def _identity(row: PriceRow, source: str) -> tuple[Any, ...]:
    return row.open, row.high, row.low, row.close, row.volume, source, row.simulated


def _stored_prices(instruments: list[int], prices: Mapping[int, Sequence[PriceRow]]) -> dict[tuple[int, date], tuple[Any, ...]]:
    """What is stored of the days that came.  One query."""
    days = [row.day for pk in instruments for row in prices[pk]]
    if not days:
        return {}
    rows = Price.objects.filter(instrument_id__in=instruments, day__gte=min(days), day__lte=max(days))
    fields = ("instrument_id", "day", "open", "high", "low", "close", "volume", "source", "simulated")
    return {(pk, day): tuple(rest) for pk, day, *rest in rows.values_list(*fields)}


def _day_form() -> Callable[[date], Any]:
    known: dict[date, Any] = {}

    def form(day: date) -> Any:
        if day not in known:
            known[day] = connection.ops.adapt_datefield_value(day)
        return known[day]

    return form


def _write_prices(prices: Mapping[int, Sequence[PriceRow]], source: str) -> None:
    """Rows that have no more than a close go by a narrower statement: whole histories are such, and it is faster by a third."""
    number, day = stored_text, _day_form()
    full = {pk: [row for row in rows if not _only_close(row)] for pk, rows in prices.items()}
    upsert(_CLOSES, ((pk, day(row.day), number(row.close), source, row.simulated) for pk, rows in prices.items() for row in rows if _only_close(row)))
    lines = (
        (pk, day(row.day), number(row.open), number(row.high), number(row.low), number(row.close), row.volume, source, row.simulated)
        for pk, rows in full.items()
        for row in rows
    )
    if any(full.values()):
        upsert(_PRICES, lines)


def _only_close(row: PriceRow) -> bool:
    return row.open is None and row.high is None and row.low is None and row.volume is None


# ── columns ─────────────────────────────────────────────────────────────────


def _merged(column: Any, numbers: bytes | memoryview, rows: Mapping[int, float]) -> tuple[bytes, bytes]:
    """A packed column with some of its days replaced or added."""
    days, values = unpack(column.days, numbers)
    new_days, new_values = np.fromiter(rows.keys(), np.int32, len(rows)), np.fromiter(rows.values(), np.float64, len(rows))
    kept = ~np.isin(days, new_days)
    all_days, all_values = np.concatenate([days[kept], new_days]), np.concatenate([values[kept], new_values])
    order = np.argsort(all_days, kind="stable")
    return pack(all_days[order], all_values[order])


def _simulated_from(before: date | None, rows: Iterable[tuple[date, bool]], first_stored: Callable[[], date | None]) -> date | None:
    """The first simulated day after some rows were written; asks the database only where a real row replaced that very day."""
    marked = list(rows)
    if before is not None and any(day == before and not simulated for day, simulated in marked):
        return first_stored()
    return min([day for day, simulated in marked if simulated] + ([before] if before else []), default=None)


def _merge_price_columns(changed: Mapping[int, Sequence[PriceRow]], versions: Mapping[int, int]) -> None:
    columns = PriceColumn.objects.in_bulk(list(changed))
    fresh = next_versions(Instrument, "prices_version", len(changed))
    for (pk, rows), version in zip(changed.items(), fresh, strict=True):
        column = columns.get(pk)
        if column is None or column.version != versions[pk]:
            column = _packed_prices(pk) if versions[pk] else PriceColumn(instrument_id=pk, days=b"", closes=b"")
        column.days, column.closes = _merged(column, column.closes, {day_number(row.day): float(row.close) for row in rows})
        column.simulated_from = _simulated_from(
            column.simulated_from, [(row.day, row.simulated) for row in rows], partial(_first_simulated, Price.objects.filter(instrument_id=pk))
        )
        column.version = version
        columns[pk] = column
    touched = [columns[pk] for pk in changed]
    fields = ["version", "days", "closes", "simulated_from"]
    PriceColumn.objects.bulk_create(touched, update_conflicts=True, unique_fields=["instrument"], update_fields=fields)
    Instrument.objects.bulk_update([Instrument(pk=one.instrument_id, prices_version=one.version) for one in touched], ["prices_version"])


def _first_simulated(rows: Any) -> date | None:
    found: date | None = rows.filter(simulated=True).order_by("day").values_list("day", flat=True).first()
    return found


def _packed_prices(pk: int) -> PriceColumn:
    """The column of one instrument, made from its stored rows."""
    rows = Price.objects.filter(instrument_id=pk).order_by("day").values_list("day", "close", "simulated")
    days, closes, first = _packed(rows)
    return PriceColumn(instrument_id=pk, days=days, closes=closes, simulated_from=first)


def _packed(rows: Iterable[tuple[date, Decimal, bool]]) -> tuple[bytes, bytes, date | None]:
    days, numbers, first = [], [], None
    for day, value, simulated in rows:
        days.append(day_number(day))
        numbers.append(float(value))
        if simulated and first is None:
            first = day
    return *pack(days, numbers), first


@transaction.atomic
def rebuild_columns(instrument_ids: Iterable[int]) -> None:
    """Makes the columns of these instruments anew from their stored prices, with new versions.  After rows were removed."""
    ids = sorted(Instrument.objects.select_for_update().filter(pk__in=list(instrument_ids)).order_by("pk").values_list("pk", flat=True))
    fields = ["version", "days", "closes", "simulated_from"]
    for pk, version in zip(ids, next_versions(Instrument, "prices_version", len(ids)), strict=True):
        column = _packed_prices(pk)
        column.version = version
        PriceColumn.objects.bulk_create([column], update_conflicts=True, unique_fields=["instrument"], update_fields=fields)
        Instrument.objects.filter(pk=pk).update(prices_version=version)
    transaction.on_commit(partial(prices_changed.send, Price, instrument_ids=tuple(ids)))


@transaction.atomic
def renew_versions(instrument_ids: Iterable[int]) -> None:
    """New versions for instruments whose prices stand, and of which something else changed that figures rest on: a dividend, a twin."""
    ids = sorted(Instrument.objects.select_for_update().filter(pk__in=list(instrument_ids)).order_by("pk").values_list("pk", flat=True))
    fresh = list(zip(ids, next_versions(Instrument, "prices_version", len(ids)), strict=True))
    PriceColumn.objects.bulk_update([PriceColumn(pk=pk, version=version) for pk, version in fresh], ["version"])
    Instrument.objects.bulk_update([Instrument(pk=pk, prices_version=version) for pk, version in fresh], ["prices_version"])


# ── rates ───────────────────────────────────────────────────────────────────


@transaction.atomic
def ingest_rates(rows: Iterable[RateRow]) -> int:
    """Stores reference rates (base EUR): new days are added, changed ones replaced, equal ones left alone.

    Answers the number of rows written.  Raises InvalidRates, and stores nothing, if one cannot be right.
    """
    rates = list(rows)
    check_rates(rates)
    if not rates:
        return 0
    columns = {column.quote: column for column in FxColumn.objects.select_for_update().filter(quote__in={row.quote for row in rates})}
    known = _stored_rates([row for row in rates if row.quote in columns])
    changed: dict[str, list[RateRow]] = {}
    for row in rates:
        if not known or known.get((row.quote, row.day)) != (row.rate, row.source, row.simulated):
            changed.setdefault(row.quote, []).append(row)
    if not changed:
        return 0
    day = _day_form()
    lines = ((row.base, row.quote, day(row.day), stored_text(row.rate), row.source, row.simulated) for group in changed.values() for row in group)
    upsert(_RATES, lines)
    _merge_fx_columns(changed, columns)
    transaction.on_commit(partial(rates_changed.send, FxRate, currencies=tuple(changed), owner_id=None))
    return sum(len(group) for group in changed.values())


def _stored_rates(rows: Sequence[RateRow]) -> dict[tuple[str, date], tuple[Decimal, str, bool]]:
    if not rows:
        return {}
    days = [row.day for row in rows]
    stored = FxRate.objects.reference().filter(quote__in={row.quote for row in rows}, day__gte=min(days), day__lte=max(days), base="EUR")
    return {
        (quote, day): (rate, source, simulated)
        for quote, day, rate, source, simulated in stored.values_list("quote", "day", "rate", "source", "simulated")
    }


def _merge_fx_columns(changed: Mapping[str, Sequence[RateRow]], columns: dict[str, FxColumn]) -> None:
    fresh = next_versions(FxColumn, "version", len(changed))
    for (currency, rows), version in zip(changed.items(), fresh, strict=True):
        column = columns.get(currency) or FxColumn(quote=currency, days=b"", rates=b"")
        column.days, column.rates = _merged(column, column.rates, {day_number(row.day): float(row.rate) for row in rows})
        stored = FxRate.objects.reference().filter(base="EUR", quote=currency)
        column.simulated_from = _simulated_from(column.simulated_from, [(row.day, row.simulated) for row in rows], partial(_first_simulated, stored))
        column.version = version
        columns[currency] = column
    fields = ["version", "days", "rates", "simulated_from"]
    FxColumn.objects.bulk_create([columns[one] for one in changed], update_conflicts=True, unique_fields=["quote"], update_fields=fields)


@transaction.atomic
def rebuild_fx_columns(currencies: Iterable[str]) -> None:
    """Makes the rate columns of these currencies anew from the stored rates, with new versions."""
    names = sorted(set(currencies))
    for currency, version in zip(names, next_versions(FxColumn, "version", len(names)), strict=True):
        rows = FxRate.objects.reference().filter(base="EUR", quote=currency).order_by("day").values_list("day", "rate", "simulated")
        days, numbers, first = _packed(rows)
        FxColumn.objects.update_or_create(quote=currency, defaults={"days": days, "rates": numbers, "version": version, "simulated_from": first})
    transaction.on_commit(partial(rates_changed.send, FxRate, currencies=tuple(names), owner_id=None))
