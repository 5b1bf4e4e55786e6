"""A person's instruments, prices, rates, classifications, blends and watchlists, when an export of their data is read in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from market.errors import InstrumentTaken
from market.models import Instrument
from market.providers.base import PriceRow, RateRow
from market.selectors.rates import OWN_SOURCE
from market.services import PartDraft, create_blend, create_private_instrument, create_watchlist, mute_publisher, set_own_prices, set_own_rates
from market.services.classifying import classify
from portfolio_site.kernel.decimals import exact
from portfolio_site.web.cache import forget
from portfolio_site.web.personal import Brought, erase_step, reads_back

INSTRUMENT = "market.instrument"
_DESCRIBED = ("symbol", "name", "asset_class", "currency", "exchange", "isin", "sector", "country", "region")
_AT_ONCE = 10_000
_WORDS = ("asset_class", "sector", "industry", "country", "region")


@erase_step("searches")
def forget_searches(person: int) -> None:
    """What they typed into the search; what is worked out from ledgers lies in the cache sealed, and not for long."""
    forget(f"search:{person}:")


@reads_back
def read_market(person: Any, brought: Brought) -> None:
    """Everything of the market that was the person's own.  What was everybody's is looked for here; what is not here becomes their own."""
    _read_instruments(person, brought)
    _read_prices(person, brought)
    rates = [_rate(told) for told in brought.rows("market.fxrate")]
    for start in range(0, len(rates), _AT_ONCE):
        set_own_rates(person, rates[start : start + _AT_ONCE])
    _read_classifications(person, brought)
    _read_blends(person, brought)
    _read_watchlists(person, brought)
    for told in brought.rows("market.mutedpublisher"):
        mute_publisher(person, told["publisher"])


def _read_instruments(person: Any, brought: Brought) -> None:
    own = {told["id"] for told in brought.rows(INSTRUMENT)}
    for told in brought.rows(INSTRUMENT):
        brought.place(INSTRUMENT, told["id"], _own(person, told))
    for told in brought.rows(f"reference/{INSTRUMENT}"):
        if told["id"] in own:
            continue
        known = _listed(told)
        if known is None:
            known = _own(person, told)
            brought.left(f"{told['symbol']} is not listed here: it was made an instrument of your own, whose prices you enter.")
        brought.place(INSTRUMENT, told["id"], known)


def _own(person: Any, told: dict[str, Any]) -> Instrument:
    described = {name: told.get(name) or "" for name in _DESCRIBED}
    try:
        return create_private_instrument(person, price_factor=exact(told["price_factor"]), **described)
    except InstrumentTaken:
        found: Instrument = Instrument.objects.get(owner=person, symbol=described["symbol"].upper())
        if (found.currency, found.price_factor) != (described["currency"], exact(told["price_factor"])):
            raise
        return found


def _listed(told: dict[str, Any]) -> Instrument | None:
    """Everybody's instrument of this name, or else of this ISIN, priced in the same currency."""
    everybodys = Instrument.objects.filter(owner=None, currency=told["currency"], price_factor=exact(told["price_factor"]))
    named: Instrument | None = everybodys.filter(symbol=told["symbol"], exchange=told["exchange"]).first()
    if named is None and told["isin"]:
        named = everybodys.filter(isin=told["isin"]).order_by("pk").first()
    return named


def _read_prices(person: Any, brought: Brought) -> None:
    found: dict[int, list[PriceRow]] = defaultdict(list)
    for told in brought.rows("market.price"):
        found[told["instrument"]].append(
            PriceRow(
                day=date.fromisoformat(told["day"]),
                close=exact(told["close"]),
                open=_number(told["open"]),
                high=_number(told["high"]),
                low=_number(told["low"]),
                volume=told["volume"],
            )
        )
    for number, prices in found.items():
        instrument = brought.here(INSTRUMENT, number)
        for start in range(0, len(prices) if instrument is not None else 0, _AT_ONCE):
            set_own_prices(person, instrument, prices[start : start + _AT_ONCE])


def _number(text: str | None) -> Decimal | None:
    return None if text is None else exact(text)


def _rate(told: dict[str, Any]) -> RateRow:
    return RateRow(told["base"], told["quote"], date.fromisoformat(told["day"]), exact(told["rate"]), OWN_SOURCE)


def _read_classifications(person: Any, brought: Brought) -> None:
    weights: dict[int, dict[str, list[tuple[str, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    for told in brought.rows("market.fundweight"):
        weights[told["classification"]][told["dimension"]].append((told["name"], exact(told["weight"])))
    for told in brought.rows("market.classification"):
        instrument = brought.here(INSTRUMENT, told["instrument"])
        if instrument is not None:
            classify(person, instrument, weights=weights.get(told["id"]), **{name: told[name] for name in _WORDS})


def _read_blends(person: Any, brought: Brought) -> None:
    parts: dict[int, list[PartDraft]] = defaultdict(list)
    for told in brought.rows("market.blendpart"):
        parts[told["blend"]].append(PartDraft(brought.here(INSTRUMENT, told["instrument"]), exact(told["weight"])))
    for told in brought.rows("market.benchmark"):
        if told["removed_at"] is None:
            blend = create_blend(person, name=told["name"], currency=told["currency"], parts=parts[told["id"]], rebalancing=told["rebalancing"])
            brought.place("market.benchmark", told["id"], blend)


def _read_watchlists(person: Any, brought: Brought) -> None:
    items: dict[int, list[Instrument]] = defaultdict(list)
    for told in sorted(brought.rows("market.watchlistitem"), key=lambda one: (one["position"], one["id"])):
        if (instrument := brought.here(INSTRUMENT, told["instrument"])) is not None:
            items[told["watchlist"]].append(instrument)
    for told in brought.rows("market.watchlist"):
        create_watchlist(person, name=told["name"], instruments=items[told["id"]])
