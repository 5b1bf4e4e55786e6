"""What Yahoo tells about instruments beside prices: search and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market.providers import reading
from market.providers.base import Found, Profile, Weight
from market.providers.failures import BadAnswer, NoData
from market.providers.naming import country, plain_name, sector
from market.providers.yahoo.exchanges import asset_class, mic_of

# what Yahoo calls the classes in a fund; what is "other" there is told by nobody
_POSITIONS = {
    "stockPosition": "stock",
    "preferredPosition": "stock",
    "bondPosition": "bond",
    "convertiblePosition": "bond",
    "cashPosition": "cash",
}
MODULES = ("assetProfile", "fundProfile", "topHoldings", "quoteType", "price", "summaryDetail")


def found_in(body: dict[str, Any]) -> list[Found]:
    """Hits of a search, Yahoo's best first.  No hit tells its currency; options and what is no instrument are left out."""
    hits = []
    for row in map(reading.fields, reading.items(body.get("quotes"), "a list of hits")):
        symbol, kind = reading.token(row.get("symbol")), asset_class(row.get("quoteType"), row.get("exchange"))
        if row.get("isYahooFinance") is not False and symbol and kind:
            hits.append(Found(symbol, plain_name(row.get("longname"), row.get("shortname"), symbol), kind, mic_of(row.get("exchange"))))
    return hits


def profile_of(inside: dict[str, Any], symbol: str) -> Profile:
    """The profile out of the modules that are there.  Raises NoData where they say nothing."""
    results = reading.items(inside.get("result") or [], "a list of profiles")
    if not results:
        raise NoData(f"Yahoo has no profile of {symbol}.")
    told = reading.fields(results[0], "a profile")
    asset, price, kind = (_module(told, name) for name in ("assetProfile", "price", "quoteType"))
    code = price.get("exchange") or kind.get("exchange")
    found = Profile(
        symbol,
        name=plain_name(price.get("longName"), kind.get("longName"), price.get("shortName"), kind.get("shortName")),
        asset_class=asset_class(price.get("quoteType") or kind.get("quoteType"), code),
        currency=reading.major(reading.unit(price.get("currency")) or reading.unit(_module(told, "summaryDetail").get("currency")))[0],
        exchange=mic_of(code),
        sector=sector(asset.get("sector")),
        industry=plain_name(asset.get("industry"))[:60],
        country=country(asset.get("country")),
        weights=_weights(_module(told, "topHoldings")),
    )
    if found == Profile(symbol):
        raise NoData(f"Yahoo has no profile of {symbol}.")
    return found


def _module(told: dict[str, Any], name: str) -> dict[str, Any]:
    module = told.get(name)
    return module if isinstance(module, dict) else {}


def _weights(top: dict[str, Any]) -> tuple[Weight, ...]:
    """Weights of classes, of sectors, each in an object of its own, and of the largest holdings: fractions of the fund."""
    found = [_weight("asset_class", name, top.get(position)) for position, name in _POSITIONS.items()]
    for each in map(reading.fields, _list(top, "sectorWeightings")):
        found += [_weight("sector", sector(name), value) for name, value in each.items()]
    for each in map(reading.fields, _list(top, "holdings")):
        found.append(_weight("holding", plain_name(each.get("holdingName"), each.get("symbol")), each.get("holdingPercent")))
    return tuple(each for each in found if each is not None)


def _weight(dimension: str, name: str, value: Any) -> Weight | None:
    if isinstance(value, dict):  # {"raw": 0.0712, "fmt": "7.12%"}
        value = value.get("raw")
    weight = reading.number(value, 8)
    if not name or weight is None or weight <= 0:
        return None
    if weight > 1:
        raise BadAnswer(f"Yahoo sent {weight} as the weight of {name} in a fund.")
    return Weight(dimension, name, weight)


def _list(of: dict[str, Any], name: str) -> Sequence[Any]:
    return reading.items(of.get(name) or [], f"a list of {name}")
