"""Charts of the parts of a whole: the donut of weights, and the map of holdings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portfolio_site.kernel.figures import Figure
from portfolio_site.web.charts.axes import SERIES, Chart, number_of
from portfolio_site.web.numbers import money0, pct, share

MOST_SLICES = 7


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole.  `amount` is an amount of money, `weight` a fraction; either may be undefined."""

    name: str
    amount: Figure
    weight: Figure
    colour: int = 1  # which series colour


def top_parts(parts: Sequence[Part], other: Part | None = None) -> list[Part]:
    """Coloured in the order of the chart; at most seven and "Other"."""
    shown = list(parts[:MOST_SLICES]) + ([other] if other is not None else [])
    return [Part(part.name, part.amount, part.weight, i % len(SERIES) + 1) for i, part in enumerate(shown)]


def donut(parts: Sequence[Part]) -> Chart:
    """Largest first, clockwise from the top; the legend is the breakdown beside it."""
    known = [part for part in parts if part.weight.known and number_of(part.weight) > 0]
    trace = {
        "type": "pie",
        "hole": 0.7,
        "labels": [part.name for part in known],
        "values": [round(number_of(part.weight), 6) for part in known],
        "text": [f"{money0(part.amount)} · {share(part.weight)}" for part in known],
        "hovertemplate": "%{label}<br>%{text}<extra></extra>",
        "textinfo": "none",
        "sort": False,
        "direction": "clockwise",
        "rotation": 0,
        "marker": {"colors": [SERIES[part.colour - 1] for part in known], "line": {"color": "@surface", "width": 2}},
        "meta": {"private": True},
    }
    return {"data": [trace], "layout": {"margin": {"l": 8, "r": 8, "t": 6, "b": 14}, "hovermode": "closest"}}


@dataclass(frozen=True, slots=True)
class Tile:
    """One holding on the map: its group, its share of the whole, and its change today."""

    name: str
    group: str
    weight: Figure
    change: Figure
    amount: Figure


def _tint(change: Figure) -> str:
    value = number_of(change)
    if not change.known or abs(value) < 0.00005:
        return "@surface-3"
    return ("@gain" if value > 0 else "@loss") + ("~50" if abs(value) > 0.015 else "~25")


def treemap(tiles: Sequence[Tile]) -> Chart:
    """Holdings by size within their class, tinted by today's change; fills stay pale enough to read on."""
    known = [tile for tile in tiles if tile.weight.known and number_of(tile.weight) > 0]
    groups = list(dict.fromkeys(tile.group for tile in known))
    weights = {group: sum(number_of(tile.weight) for tile in known if tile.group == group) for group in groups}
    blank = [""] * len(groups)
    trace = {
        "type": "treemap",
        "branchvalues": "total",
        "ids": [f"g:{group}" for group in groups] + [f"t:{i}" for i, _ in enumerate(known)],
        "labels": groups + [tile.name for tile in known],
        "parents": blank + [f"g:{tile.group}" for tile in known],
        "values": [round(weights[group], 9) for group in groups] + [round(number_of(tile.weight), 9) for tile in known],
        "text": blank + [pct(tile.change) if tile.change.known else "" for tile in known],
        "customdata": blank + [money0(tile.amount) for tile in known],
        "texttemplate": "%{label}<br>%{text}",
        "hovertemplate": "%{label} %{customdata}<extra></extra>",
        "marker": {
            "colors": ["@surface-3"] * len(groups) + [_tint(tile.change) for tile in known],
            "line": {"color": "@surface", "width": 1.5},
            "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            "cornerradius": 4,
        },
        "pathbar": {"visible": False},
        "tiling": {"pad": 2},
        "textfont": {"size": 11, "color": "@text"},
        "sort": True,
        "meta": {"private": "hover"},
    }
    layout = {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "hovermode": "closest", "uniformtext": {"minsize": 10, "mode": "hide"}}
    return {"data": [trace], "layout": layout}
