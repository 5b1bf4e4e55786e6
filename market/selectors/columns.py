"""Price and rate columns for the engine: float64 arrays, one query for all, kept in the process by version.

The versions tell when a figure must be computed again: put `prices_version` (and, for a person with rates of their own,
`own_rates_version`) into the cache key of whatever rests on prices.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from django.db.models import BinaryField, Case, Count, F, Max, Model, Q, Subquery, Value, When

from market.models import FxColumn, FxRate, Instrument, PriceColumn
from market.packing import Days, Numbers, day_number, unpack

ONE = Value(1)
CACHE_BYTES = 128 * 1024 * 1024
_BEGINNING = -36525  # a century before 1970: earlier than any price


@dataclass(frozen=True, slots=True, eq=False)
class PriceColumnView:
    """What one unit was worth at each close of one instrument, in its currency."""

    instrument_id: int
    version: int
    days: Days  # (n,) days since 1970-01-01, ascending
    closes: Numbers  # (n,)
    simulated_from: int | None  # day number of the first simulated close; None: all are real

    @property
    def size(self) -> int:
        """Bytes held."""
        return int(self.days.nbytes + self.closes.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class FxColumnView:
    """Units of `currency` for one EUR."""

    currency: str
    version: int
    days: Days  # (n,)
    rates: Numbers  # (n,)
    simulated_from: int | None
    constant: bool = False  # EUR itself: one entry, valid for every day, never stale

    @property
    def size(self) -> int:
        """Bytes held."""
        return int(self.days.nbytes + self.rates.nbytes)


EURO = FxColumnView("EUR", 0, np.array([_BEGINNING], dtype=np.int32), np.array([1.0]), None, constant=True)


class _Sized(Protocol):
    @property
    def version(self) -> int: ...
    @property
    def size(self) -> int: ...


Key = TypeVar("Key", int, str)
View = TypeVar("View", bound=_Sized)


class _Shelf(Generic[Key, View]):
    """The columns used last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held, self._lock = limit, 0, threading.Lock()
        self._views: OrderedDict[Key, View] = OrderedDict()

    def pick(self, keys: Iterable[Key]) -> dict[Key, View]:
        with self._lock:
            found = {key: self._views[key] for key in keys if key in self._views}
            for key in found:
                self._views.move_to_end(key)
            return found

    def put(self, views: dict[Key, View]) -> None:
        with self._lock:
            for key, view in views.items():
                if (old := self._views.pop(key, None)) is not None:
                    self._held -= old.size
                self._views[key] = view
                self._held += view.size
            while self._held > self._limit and self._views:
                _, dropped = self._views.popitem(last=False)
                self._held -= dropped.size


_prices: _Shelf[int, PriceColumnView] = _Shelf(CACHE_BYTES)
_rates: _Shelf[str, FxColumnView] = _Shelf(CACHE_BYTES // 8)


def _read(model: type[Model], shelf: _Shelf[Any, Any], wanted: set[Any], numbers: str, made: Callable[..., Any], factor: Any = ONE) -> dict[Any, Any]:
    """The wanted columns, from the shelf where it holds the stored version.  One query; blobs that are on the shelf do not travel.

    No version is used twice, so that a list of those on the shelf tells which rows are unchanged.
    """
    known = shelf.pick(wanted)
    on_shelf = Q(pk__in=set(known)) & Q(version__in={view.version for view in known.values()})
    travelling = {name: Case(When(on_shelf, then=None), default=F(name), output_field=BinaryField()) for name in ("days", numbers)} if known else {}
    sent = {f"sent_{name}": case for name, case in travelling.items()}
    rows = model._default_manager.filter(pk__in=wanted).annotate(**sent, factor=factor)
    names = [f"sent_{name}" if known else name for name in ("days", numbers)]
    found, fresh = {}, {}
    for pk, version, days, values, simulated_from, times in rows.values_list("pk", "version", *names, "simulated_from", "factor"):
        if days is None:
            found[pk] = known[pk]
        else:
            number, column = unpack(days, values)
            fresh[pk] = made(pk, version, number, column if times == 1 else column * float(times), _number(simulated_from))
    shelf.put(fresh)
    return {pk: view for pk, view in (found | fresh).items() if view.days.size}


def _number(day: Any) -> int | None:
    return None if day is None else day_number(day)


def price_columns(instrument_ids: Iterable[int]) -> dict[int, PriceColumnView]:
    """The column of each instrument that has prices.  One query for all; only changed columns travel.

    A change of `price_factor` raises the version like a change of prices.
    """
    wanted = set(instrument_ids)
    if not wanted:
        return {}
    return _read(PriceColumn, _prices, wanted, "closes", PriceColumnView, F("instrument__price_factor"))


def fx_columns(currencies: Iterable[str]) -> dict[str, FxColumnView]:
    """Reference rates of each currency that has any: units of it for one EUR.  EUR is the constant 1.  One query."""
    asked = set(currencies)
    answers = {"EUR": EURO} if "EUR" in asked else {}
    wanted = asked - {"EUR"}
    if not wanted:
        return answers
    return answers | _read(FxColumn, _rates, wanted, "rates", FxColumnView)


def prices_version(instrument_ids: Iterable[int]) -> tuple[tuple[int, int, int], ...]:
    """What figures of these instruments rest on, as a hashable key that changes with it.  One query.

    One (instrument, version of its prices, day number of its quote or 0) each, by instrument, and (0, version of the
    reference rates, 0) at the front.  Quotes within one day do not change it: they have their own `sequence`.
    """
    wanted = set(instrument_ids)
    if not wanted:
        return ((0, FxColumn.objects.aggregate(newest=Max("version"))["newest"] or 0, 0),)
    newest = Subquery(FxColumn.objects.order_by("-version").values("version")[:1])
    rows = Instrument.objects.filter(pk__in=wanted).order_by("pk").values_list("pk", "prices_version", "quote__as_of", newest)
    found, rates = [], 0
    for pk, version, as_of, rates_version in rows:
        rates = rates_version or 0
        found.append((pk, version, 0 if as_of is None else day_number(as_of.date())))
    return ((0, rates, 0), *found)


def own_rates_version(user: Any) -> tuple[int, int]:
    """A hashable key that changes whenever the person's own rates do.  One query."""
    answer = FxRate.objects.filter(owner=user).aggregate(count=Count("pk"), newest=Max("pk"))
    return answer["count"], answer["newest"] or 0
