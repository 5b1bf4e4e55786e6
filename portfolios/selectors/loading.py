"""Entries from the database for a replay: as light rows, without models, each unsealed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.functions import Cast
from django.utils import timezone

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.decimals import exact
from portfolio_site.web.sealed import opener
from portfolios.kinds import REORGANISATIONS
from portfolios.models import Transaction, TransactionLeg
from portfolios.querysets import TransactionQuerySet
from portfolios.selectors.rows import ONE, Row

COLUMNS = (
    "pk", "portfolio_id", "origin_id", "kind", "instrument_id", "day", "traded_at", "currency", "settlement_currency", "costs_currency",
    "method", "ratio_new", "ratio_old", "acquired_on", "instrument__price_factor", "sealed",
)  # fmt: skip
_AT_ONCE = 5000
_SEALED: Any = Transaction._meta.get_field("sealed")
_NOTES, _EXTERNAL = Transaction.notes.place, Transaction.external_id.place
_LEGGED = frozenset(REORGANISATIONS)


def rows_of(found: TransactionQuerySet) -> list[Row]:
    """The entries found, with their legs.  One query, two where there are spin-offs and the like."""
    with no_collecting():
        read = list(_read(found))
    legged = {row.pk: place for place, row in enumerate(read) if row.kind in _LEGGED}
    if legged:
        legs = legs_by_row(legged)
        for pk, place in legged.items():
            read[place] = read[place]._replace(leg_rows=tuple(legs[pk]))
    return read


def legs_by_row(keys: Iterable[int]) -> dict[int, list[TransactionLeg]]:
    """The legs of rows of these keys, in their order.  One query."""
    legs: dict[int, list[TransactionLeg]] = {pk: [] for pk in keys}
    for leg in TransactionLeg.objects.filter(transaction__in=list(legs)).select_related("instrument").order_by("transaction", "place"):
        legs[leg.transaction_id].append(leg)
    return legs


def _read(found: TransactionQuerySet) -> Iterator[Row]:
    """What the statement of the query gives, taken as it comes: Django's way through a field for each value costs more than the rest."""
    statement = found.annotate(day=_as_text("traded_on")).values_list(*COLUMNS).query
    try:
        sql, params = statement.get_compiler(connection.alias).as_sql()
    except EmptyResultSet:
        return
    opened, make = _SEALED.opener(), cast(Callable[[tuple[Any, ...]], Row], partial(tuple.__new__, Row))
    days, numbers = _Known(_day), _Known(_number)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(_AT_ONCE):
            for key, portfolio, origin, kind, instrument, day, moment, own, settled, costs, method, new, old, acquired, factor, sealed in rows:
                yield make(
                    (
                        key,
                        portfolio,
                        origin,
                        kind,
                        instrument,
                        days[day],
                        None if moment is None else _moment(moment),
                        own,
                        settled,
                        costs,
                        method,
                        None if new is None else numbers[new],
                        None if old is None else numbers[old],
                        None if acquired is None else _day(acquired),
                        numbers[factor] or ONE,
                        *opened(sealed),
                        (),
                    )
                )


def keys_with_text(found: TransactionQuerySet, wanted: str) -> list[int]:
    """The keys of the entries whose note holds a text, or whose broker's number it is; it is given case-folded.

    Each entry is opened and nothing else is made of it: a hundred thousand take a fraction of a second.  One query.
    """
    statement = found.order_by().values_list("pk", "sealed").query
    try:
        sql, params = statement.get_compiler(connection.alias).as_sql()
    except EmptyResultSet:
        return []
    opened, keys = opener(_SEALED.label), []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(_AT_ONCE):
            for key, sealed in rows:
                inside = opened(bytes(sealed))
                if inside.count(b"\x00") < _NOTES:
                    continue  # it has no texts
                texts = [*inside.decode().casefold().split("\x00"), ""]
                if wanted in texts[_NOTES] or wanted == texts[_EXTERNAL]:
                    keys.append(key)
    return keys


def _as_text(name: str) -> Any:
    """A day that the driver hands on as it lies there; SQLite's would parse it, in Python, for each row."""
    return Cast(name, models.CharField()) if connection.vendor == "sqlite" else models.F(name)


class _Known(dict[Any, Any]):
    """What a stored value stands for, worked out once for each: a ledger has few days and few ratios."""

    def __init__(self, load: Callable[[Any], Any]) -> None:
        super().__init__()
        self.load = load

    def __missing__(self, value: Any) -> Any:
        found = self[value] = self.load(value)
        return found


def _number(value: Any) -> Decimal | None:
    return None if value is None else exact(Decimal(value))


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime) -> datetime:
    return timezone.make_aware(value, connection.timezone) if timezone.is_naive(value) else value
