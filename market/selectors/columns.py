"""Price and rate columns for the engine: float64 arrays, one query for all, kept in the process by version.

The versions tell when a figure must be computed again: put `prices_version`, with the person whose own rates count, into the cache
key of whatever rests on prices.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from django.db.models import BinaryField, Case, Count, F, Max, Model, Q, Subquery, Value, When

from market.currencies import ENDED
from market.models import FxColumn, FxRate, Instrument, PriceColumn
from market.packing import Days, Numbers, day_number, unpack
from portfolio_site.kernel.decimals import quotient

ONE = Value(1)
CACHE_BYTES = 128 * 1024 * 1024
OWN_RATES = -1  # in place of an instrument in `prices_version`
_EVER_SINCE = 36525  # days
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
class OwnColumnView:
    """A person's own rates of one pair: units of `quote` for one unit of `base`."""

    base: str
    quote: str
    days: Days  # (n,), ascending
    rates: Numbers  # (n,)


@dataclass(frozen=True, slots=True, eq=False)
class FxColumnView:
    """Units of `currency` for one EUR."""

    currency: str
    version: int
    days: Days  # (n,)
    rates: Numbers  # (n,)
    simulated_from: int | None
    constant: bool = False  # EUR itself: one entry, valid for every day, never stale
    fixed_from: int | None = None  # day number from which every day has the rate of the law, though not every day stands here

    @property
    def size(self) -> int:
        """Bytes held."""
        return int(self.days.nbytes + self.rates.nbytes)


EURO = FxColumnView("EUR", 0, np.array([_BEGINNING], dtype=np.int32), np.array([1.0]), None, constant=True, fixed_from=_BEGINNING)


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
    return answers | _read(FxColumn, _rates, wanted, "rates", _rate_column)


def own_rate_columns(user: Any, currencies: Iterable[str]) -> dict[tuple[str, str], OwnColumnView]:
    """The person's own rates between these currencies, by pair and by its inverse.  One query."""
    codes = set(currencies)
    rows = FxRate.objects.filter(owner=user, base__in=codes, quote__in=codes).order_by("day")
    found: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for base, quote, day, value in rows.values_list("base", "quote", "day", "rate"):
        number = day_number(day)
        found[base, quote].append((number, float(value)))
        found[quote, base].append((number, float(quotient(Decimal(1), value))))
    return {pair: OwnColumnView(*pair, *_own_arrays(entries)) for pair, entries in found.items()}


def _own_arrays(entries: list[tuple[int, float]]) -> tuple[Days, Numbers]:
    days, values = zip(*entries, strict=True)
    return np.array(days, dtype=np.int32), np.array(values, dtype=np.float64)


def _rate_column(currency: str, version: int, days: Days, rates: Numbers, simulated_from: int | None) -> FxColumnView:
    """As stored; of a currency that became the euro with the legal rate once a week ever since, so that no day is without one."""
    ended = ENDED.get(currency)
    if ended is None or ended.fixed is None:
        return FxColumnView(currency, version, days, rates, simulated_from)
    last = day_number(ended.last)
    since = np.arange(last + 1, last + _EVER_SINCE, 7, dtype=np.int32)
    kept = days <= last
    return FxColumnView(
        currency,
        version,
        np.concatenate([days[kept], since]),
        np.concatenate([rates[kept], np.full(since.size, float(ended.fixed))]),
        simulated_from,
        fixed_from=last + 1,
    )


def prices_version(instrument_ids: Iterable[int], *, user: Any = None) -> tuple[tuple[int, int, int], ...]:
    """What figures of these instruments rest on, as a hashable key that changes with it.  One query.

    One (instrument, version of its prices, day number of its quote or 0) each, by instrument, and (0, version of the
    reference rates, 0) at the front.  Quotes within one day do not change it: they have their own `sequence`.

    user  whose own rates count too: where there are some, (OWN_RATES, how many, the newest) stands at the very front
    """
    wanted = set(instrument_ids)
    if not wanted:
        own = own_rates_version(user) if user is not None else (0, 0)
        return (*_own_mark(*own), (0, FxColumn.objects.aggregate(newest=Max("version"))["newest"] or 0, 0))
    newest = Subquery(FxColumn.objects.order_by("-version").values("version")[:1])
    mine = FxRate.objects.filter(owner=user).order_by().values("owner") if user is not None else FxRate.objects.none().values("owner")
    own_count, own_newest = Subquery(mine.annotate(n=Count("pk")).values("n")), Subquery(mine.annotate(n=Max("pk")).values("n"))
    rows = Instrument.objects.filter(pk__in=wanted).order_by("pk")
    found, rates, mark = [], 0, _own_mark(0, 0)
    for pk, version, as_of, rates_version, count, last in rows.values_list("pk", "prices_version", "quote__as_of", newest, own_count, own_newest):
        rates, mark = rates_version or 0, _own_mark(count or 0, last or 0)
        found.append((pk, version, 0 if as_of is None else day_number(as_of.date())))
    return (*mark, (0, rates, 0), *found)


def _own_mark(count: int, newest: int) -> tuple[tuple[int, int, int], ...]:
    return ((OWN_RATES, count, newest),) if count else ()


def own_rates_version(user: Any) -> tuple[int, int]:
    """A hashable key that changes whenever the person's own rates do.  One query."""
    answer = FxRate.objects.filter(owner=user).aggregate(count=Count("pk"), newest=Max("pk"))
    return answer["count"], answer["newest"] or 0
