"""All sources by name: what each can be asked for, which key it needs, and which of them is asked first.

What an installation uses of them is its `Setup`, made from the settings by `market.services.sources`.  A source is on where it needs no key and
is named, or where its key is there; the others are off, and nothing is said about them but one line at start.

The orders are the providers' strengths: a bulk call before single ones, a source that tells its currency before one that does not,
a few calls a day last.  A source that has no symbol of an instrument is passed over, so that the lists need not tell every case apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any

from market.choices import RateBasis
from market.providers.failures import NotConfigured
from market.providers.limits import Limits

EMULATED = "emulated"  # in place of names: all sources, at the emulator


class Can(StrEnum):
    """What a source can be asked for; the value is the method of the protocol in `base.py`."""

    QUOTES = "quotes"
    HISTORY = "histories"
    INTRADAY = "intraday"
    SEARCH = "search"
    PROFILES = "profiles"
    RATES = "rates"
    NEWS = "news"
    SERIES = "series"


class Key(StrEnum):
    NONE = "none"
    OPTIONAL = "optional"  # it gives more with one
    NEEDED = "needed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A source.  where: module and class.  stream: those of its websocket; empty where it sends no prices over one."""

    name: str
    title: str
    where: str
    key: Key
    can: frozenset[Can]
    stream: str = ""

    @property
    def variable(self) -> str:
        """The environment variable of its key; empty where it takes none."""
        return "" if self.key is Key.NONE else f"{self.name.upper()}_KEY"

    def load(self) -> Any:
        """Its class.  Imported when it is used: a source that is off costs nothing."""
        return _loaded(self.where)

    def load_stream(self) -> Any:
        """The class of its websocket."""
        return _loaded(self.stream)


def _loaded(where: str) -> Any:
    module, _, name = where.partition(":")
    return getattr(import_module(f"market.providers.{module}"), name)


def _entry(name: str, title: str, where: str, key: Key, *can: Can, stream: str = "") -> Entry:
    return Entry(name, title, where, key, frozenset(can), stream)


ENTRIES: dict[str, Entry] = {
    each.name: each
    for each in (
        _entry(
            "yahoo",
            "Yahoo Finance",
            "yahoo:Yahoo",
            Key.NONE,
            Can.QUOTES,
            Can.HISTORY,
            Can.INTRADAY,
            Can.SEARCH,
            Can.PROFILES,
            stream="yahoo.socket:YahooStream",
        ),
        _entry("coingecko", "CoinGecko", "coingecko:CoinGecko", Key.OPTIONAL, Can.QUOTES, Can.HISTORY, Can.SEARCH, Can.PROFILES),
        _entry(
            "finnhub",
            "Finnhub",
            "finnhub:Finnhub",
            Key.NEEDED,
            Can.QUOTES,
            Can.SEARCH,
            Can.PROFILES,
            Can.NEWS,
            stream="finnhub_stream:FinnhubStream",
        ),
        _entry("tiingo", "Tiingo", "tiingo:Tiingo", Key.NEEDED, Can.QUOTES, Can.HISTORY, Can.INTRADAY, Can.PROFILES, Can.NEWS),
        _entry("twelve_data", "Twelve Data", "twelve_data:TwelveData", Key.NEEDED, Can.QUOTES, Can.HISTORY, Can.SEARCH, Can.PROFILES),
        _entry(
            "alpha_vantage",
            "Alpha Vantage",
            "alpha_vantage:AlphaVantage",
            Key.NEEDED,
            Can.QUOTES,
            Can.HISTORY,
            Can.SEARCH,
            Can.PROFILES,
            Can.NEWS,
            Can.SERIES,
        ),
        _entry("ecb", "European Central Bank", "ecb:Ecb", Key.NONE, Can.RATES),
        _entry("frankfurter", "Frankfurter", "frankfurter:Frankfurter", Key.NONE, Can.RATES),
        _entry("fred", "FRED, Federal Reserve Bank of St. Louis", "fred:Fred", Key.OPTIONAL, Can.SERIES),
        _entry("newsapi", "NewsAPI", "newsapi:NewsApi", Key.NEEDED, Can.NEWS),
    )
}


@dataclass(frozen=True, slots=True)
class Added:
    """A source that an administrator set up.  first: asked before all others, else after them."""

    entry: Entry
    limits: Limits
    first: bool
    open: Callable[[Callable[[int], None]], Any]  # with the gate of its budget


AMERICAN, ABROAD = "american", "abroad"  # a share or exchange-traded fund listed in the United States, and one listed elsewhere
_LISTED = frozenset({"stock", "etf"})
_QUOTES = {
    AMERICAN: ("yahoo", "finnhub", "tiingo", "alpha_vantage"),
    ABROAD: ("yahoo", "twelve_data", "alpha_vantage"),
    "fund": ("yahoo",),
    "index": ("yahoo",),
    "crypto": ("coingecko", "yahoo", "alpha_vantage"),
    "currency": ("yahoo",),
    "commodity": ("yahoo",),
}
# by what is asked for, then by class; "" holds for every class that is not named
ORDERS: dict[Can, dict[str, tuple[str, ...]]] = {
    Can.QUOTES: _QUOTES,
    Can.HISTORY: _QUOTES | {AMERICAN: ("yahoo", "tiingo", "alpha_vantage"), ABROAD: ("yahoo", "twelve_data"), "crypto": ("coingecko", "yahoo")},
    Can.INTRADAY: {AMERICAN: ("yahoo", "tiingo"), "": ("yahoo",)},
    Can.SEARCH: {"": ("yahoo", "coingecko", "twelve_data", "finnhub", "alpha_vantage")},
    Can.PROFILES: {AMERICAN: ("yahoo", "finnhub", "alpha_vantage", "tiingo"), "crypto": ("coingecko",), "": ("yahoo", "twelve_data")},
    Can.RATES: {"": ("ecb", "frankfurter")},
    Can.NEWS: {"": ("finnhub", "newsapi", "alpha_vantage", "tiingo")},
    Can.SERIES: {"": ("fred", "alpha_vantage")},
}
# whose websocket an instrument is followed at, by class; a fund has one price a day, which is asked for
STREAMS: dict[str, tuple[str, ...]] = {AMERICAN: ("finnhub", "yahoo"), "fund": (), "": ("yahoo",)}
# interest rates that stand for “without risk”, in percent a year, by currency: source and its name of the series, the first first.
# Those of the dollar are two readings of the bill of three months: its discount, and its yield
RISK_FREE: dict[str, tuple[tuple[str, str], ...]] = {
    "USD": (("fred", "DTB3"), ("alpha_vantage", "TREASURY_YIELD:3month")),
    "EUR": (("fred", "ECBESTRVOLWGTTRMDMNRT"),),
    "GBP": (("fred", "IUDSOIA"),),
}
RISK_FREE_BASIS: dict[str, RateBasis] = {
    "DTB3": RateBasis.DISCOUNT,
    "TREASURY_YIELD:3month": RateBasis.BILL_YIELD,
    "ECBESTRVOLWGTTRMDMNRT": RateBasis.MONEY_360,
    "IUDSOIA": RateBasis.MONEY_365,
}


@dataclass(frozen=True, slots=True)
class Setup:
    """What an installation uses.

    named      sources that it names; or `EMULATED` alone
    keys       by name of the source; an empty one is none
    addresses  by name of the source, where it is asked at another address than its own
    emulator   address of the emulator, where that is used
    added      answers the sources that an administrator set up, by name, in the order in which they are asked; called only where they matter
    """

    named: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    emulator: str = ""
    coingecko_pro: bool = False
    added: Callable[[], Mapping[str, Added]] = dict

    @property
    def emulated(self) -> bool:
        return EMULATED in self.named

    @property
    def unknown(self) -> frozenset[str]:
        """Names that no source has."""
        return self.named - ENTRIES.keys() - {EMULATED}

    def key(self, name: str) -> str:
        return self.keys.get(name, "") or (EMULATED if self.emulated and ENTRIES[name].key is Key.NEEDED else "")

    def base(self, name: str) -> str:
        """The address to ask at; empty for the source's own."""
        return f"{self.emulator.rstrip('/')}/{name}" if self.emulated else self.addresses.get(name, "")

    def stream(self, name: str) -> str:
        """The address of its websocket; empty for the source's own."""
        return "ws" + self.base(name).removeprefix("http") if self.emulated else ""

    def is_on(self, name: str) -> bool:
        """Whether it is asked at all.  A key turns its source on; a source that needs none must be named."""
        if name not in ENTRIES:
            return name in self.added()
        return self.emulated or bool(self.keys.get(name)) or (name in self.named and ENTRIES[name].key is not Key.NEEDED)

    def entry(self, name: str) -> Entry:
        """Of one that is on, or is in the list of all."""
        return ENTRIES[name] if name in ENTRIES else self.added()[name].entry


def on(setup: Setup) -> tuple[Entry, ...]:
    """The sources that are used: those of the list first, then those that were added."""
    return tuple(entry for entry in ENTRIES.values() if setup.is_on(entry.name)) + tuple(one.entry for one in setup.added().values())


def title_of(name: str) -> str:
    """What people call a source.  One that an administrator added is called by its name: house_prices is House prices."""
    return ENTRIES[name].title if name in ENTRIES else name.replace("_", " ").capitalize()


_OF_ADDED = frozenset({Can.QUOTES, Can.HISTORY})  # what they have, whatever the class: each instrument is given its symbol there by hand


def order(setup: Setup, can: Can, asset_class: str = "", *, american: bool = False) -> tuple[str, ...]:
    """The names of those to be asked, the first first.  `american`: listed in the United States.  Empty where nobody can be asked."""
    orders, of_class = ORDERS[can], _of_class(asset_class, american)
    listed = tuple(name for name in orders.get(of_class, orders.get("", ())) if setup.is_on(name))
    if can not in _OF_ADDED:
        return listed
    added = [one for one in setup.added().values() if can in one.entry.can]
    return (*(one.entry.name for one in added if one.first), *listed, *(one.entry.name for one in added if not one.first))


def streams(setup: Setup, asset_class: str = "", *, american: bool = False) -> tuple[str, ...]:
    """The names of those whose websocket tells its prices, the first first."""
    return tuple(name for name in STREAMS.get(_of_class(asset_class, american), STREAMS[""]) if setup.is_on(name))


def streams_on(setup: Setup) -> tuple[str, ...]:
    """The names of all that are used and have a websocket.  Those that administrators set up have none."""
    return tuple(entry.name for entry in ENTRIES.values() if entry.stream and setup.is_on(entry.name))


def streamed(setup: Setup, name: str) -> Any:
    """The source's websocket, not connected yet.  Raises NotConfigured for one that is off or has none."""
    if name not in streams_on(setup):
        raise NotConfigured(f"{name} is not set up, or has no stream.")
    return ENTRIES[name].load_stream()(setup.key(name), setup.stream(name))


def _of_class(asset_class: str, american: bool) -> str:
    return (AMERICAN if american else ABROAD) if asset_class in _LISTED else asset_class


def limits(setup: Setup, name: str) -> Limits:
    """What the source allows with the key that there is."""
    if name not in ENTRIES:
        if not setup.is_on(name):
            raise NotConfigured(f"{name} is not set up.")
        return setup.added()[name].limits
    made = ENTRIES[name].load()
    found: Limits = made.limits(setup.key(name), pro=setup.coingecko_pro) if name == "coingecko" else made.LIMITS
    return found


def opened(setup: Setup, name: str, *, gate: Callable[[int], None] = lambda cost: None, passes: MutableMapping[str, str] | None = None) -> Any:
    """The source, ready to be asked.  `passes`: where Yahoo's crumb is kept.  Raises NotConfigured for one that is off."""
    if not setup.is_on(name):
        raise NotConfigured(f"{name} is not set up.")
    if name not in ENTRIES:
        return setup.added()[name].open(gate)
    more: dict[str, Any] = {"base": base} if (base := setup.base(name)) else {}
    if name == "coingecko":
        more["pro"] = setup.coingecko_pro
    if name == "yahoo":
        more["passes"] = passes
    return ENTRIES[name].load().open(setup.key(name), gate=gate, **more)
