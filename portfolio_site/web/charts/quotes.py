"""The chart of one instrument's prices: a line of closes or candles, its volume, dividends and splits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from portfolio_site.web.charts.axes import Chart, Trace, affixes, hover_money, money_axis, separators

_PRICES, _VOLUME = [0.24, 1], [0, 0.17]  # parts of the height
_ROOM, _LETTER, _GAP = 58, 7, 10  # pixels beside the chart: at least, for each letter of a price, before it


@dataclass(frozen=True, slots=True)
class Happening:
    """A dividend or split.  `at` is the bar that it falls into, `text` what hovering says, finished."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Prices of one instrument in its currency, oldest first, all arrays of one length.

    x          days (2026-11-20), or finished words of the time where `named`: then bars stand side by side, whatever the time between
    ticks      places of the named bars that the axis names, with what it says there
    """

    x: Sequence[str]
    open: Sequence[float | None]
    high: Sequence[float | None]
    low: Sequence[float | None]
    close: Sequence[float]
    volume: Sequence[int | None]
    currency: str
    dividends: Sequence[Happening] = ()
    splits: Sequence[Happening] = ()
    named: bool = False
    ticks: Sequence[tuple[int, str]] = ()

    @classmethod
    def of(cls, found: Sequence[Any], x: Sequence[str], currency: str, **more: Any) -> Self:
        """From exact bars with open, high, low, close and volume; the chart is drawn in floats."""

        def column(name: str) -> list[float | None]:
            return [None if (value := getattr(bar, name)) is None else float(value) for bar in found]

        closes, volumes = [float(bar.close) for bar in found], [bar.volume for bar in found]
        return cls(x, column("open"), column("high"), column("low"), closes, volumes, currency, **more)

    @property
    def whole(self) -> bool:
        """Whether every bar could be drawn as a candle."""
        return bool(self.x) and all(None not in (o, h, low) for o, h, low in zip(self.open, self.high, self.low, strict=True))

    @property
    def traded(self) -> bool:
        """Whether any volume is known."""
        return any(self.volume)


def quotes(bars: Bars, *, candles: bool = False, tickformat: str = "%b %Y") -> Chart:
    """Candles only where `bars.whole`; bars that rise are hollow, so that colour is never the only cue."""
    data: list[Trace] = [_candles(bars) if candles and bars.whole else _closes(bars)]
    data += [_happened("Dividend", "circle", "@series-3", 6.0, bars, bars.dividends)] if bars.dividends else []
    data += [_happened("Split", "diamond", "@series-2", 10.0, bars, bars.splits)] if bars.splits else []
    axis: dict[str, Any] = {"rangeslider": {"visible": False}, "nticks": 5, "tickangle": 0}
    if bars.named:
        axis |= {
            "type": "category",
            "tickmode": "array",
            "tickvals": [bars.x[at] for at, _ in bars.ticks],
            "ticktext": [text for _, text in bars.ticks],
        }
    else:
        axis |= {"type": "date", "tickformat": tickformat}
    layout: dict[str, Any] = {"separators": separators(), "xaxis": axis, "yaxis": money_axis(bars.currency, ",~f") | {"nticks": 6}}
    layout["margin"] = {"r": _room(bars)}
    if bars.traded:
        data.append(_volume(bars))
        axis["anchor"] = "y2"  # the days stand below the volume
        layout["yaxis"]["domain"] = _PRICES
        layout["yaxis2"] = {"domain": _VOLUME, "visible": False, "fixedrange": True, "rangemode": "tozero"}
    return {"data": data, "layout": layout}


def _room(bars: Bars) -> int:
    """What the longest price on the axis takes: $150,000 is wider than $150, and so is $0.00015."""
    drawn = [value for values in (bars.close, bars.high, bars.low) for value in values if value is not None]
    largest, height = max(drawn, default=0.0), max(drawn, default=0.0) - min(drawn, default=0.0)
    places = max(0, -math.floor(math.log10(height / 6))) if height > 0 else 2
    text = "".join(affixes(bars.currency)) + f"{largest:,.{min(places, 12)}f}"
    return max(_ROOM, _GAP + _LETTER * len(text))


def _form(bars: Bars) -> str:
    """Places of a price: as many as its size asks for."""
    largest = max(bars.close, default=0.0)
    return ",.2f" if largest >= 10 else ",.4f" if largest >= 0.1 else ",.4~r"


def _closes(bars: Bars) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Close",
        "x": list(bars.x),
        "y": [_rounded(value) for value in bars.close],
        "line": {"color": "@series-1", "width": 1.75},
        "hovertemplate": hover_money(bars.currency, _form(bars)) + "<extra></extra>",
    }


def _candles(bars: Bars) -> Trace:
    return {
        "type": "candlestick",
        "name": "Price",
        "x": list(bars.x),
        "open": [_rounded(value) for value in bars.open if value is not None],
        "high": [_rounded(value) for value in bars.high if value is not None],
        "low": [_rounded(value) for value in bars.low if value is not None],
        "close": [_rounded(value) for value in bars.close],
        "increasing": {"line": {"color": "@gain", "width": 1}, "fillcolor": "@surface"},
        "decreasing": {"line": {"color": "@loss", "width": 1}, "fillcolor": "@loss"},
        "whiskerwidth": 0,
    }


def _happened(name: str, symbol: str, colour: str, size: float, bars: Bars, found: Sequence[Happening]) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [bars.x[one.at] for one in found],
        "y": [_rounded(bars.close[one.at]) for one in found],
        "text": [one.text for one in found],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"color": "@surface", "width": 1}},
    }


def _volume(bars: Bars) -> Trace:
    return {
        "type": "bar",
        "name": "Volume",
        "x": list(bars.x),
        "y": list(bars.volume),
        "yaxis": "y2",
        "marker": {"color": "@series-ref~50"},
        "hovertemplate": "Volume %{y:,}<extra></extra>",
    }


def _rounded(value: float) -> float:
    """Seven significant digits: more than a screen can show."""
    return float(f"{value:.7g}")
