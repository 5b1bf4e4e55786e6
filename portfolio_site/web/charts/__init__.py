"""Charts as Plotly figures: plain dicts of traces and layout, ready for JSON.

Conventions.  Colours are names of design tokens: "@series-1", "@gain/20" (20 % opaque), "@gain~50" (half mixed into the surface);
static/js/charts.js resolves them against the theme in force and adds the layout that all charts share.  Each figure passes
plotly.graph_objects unchanged (a test holds them to it); nothing here imports plotly, so that pages start quickly.

A chart with periods carries its series once; its figures hold traces without points, and `meta.of` says which series fills
them.  `meta.private` marks what shows amounts, `layout.meta.money` an axis of money, `layout.meta.private` keys of the layout: the
script takes them all away while amounts are hidden.  When the server itself hides amounts, only the shape leaves it: money is scaled so that the last point is 100.
"""

from portfolio_site.web.charts.areas import areas
from portfolio_site.web.charts.axes import SERIES, Chart, Trace, affixes, hover_money, money_axis, separators
from portfolio_site.web.charts.bars import Stack, Step, Waterfall, bars, bridge, contributions, stacks
from portfolio_site.web.charts.behind import effects, rolling
from portfolio_site.web.charts.fans import Fan, fan
from portfolio_site.web.charts.lines import DETAIL, PERIODS, Happened, History, Mark, PriceHistory, falls, kept, performance, periods, price
from portfolio_site.web.charts.quotes import Bars, Happening, quotes
from portfolio_site.web.charts.several import Rebased, several
from portfolio_site.web.charts.spreads import Bin, Threshold, distribution, index_line, pairs, share_line
from portfolio_site.web.charts.wholes import MOST_SLICES, Part, Tile, donut, top_parts, treemap

__all__ = [
    "DETAIL",
    "MOST_SLICES",
    "PERIODS",
    "SERIES",
    "Bars",
    "Bin",
    "Chart",
    "Fan",
    "Happened",
    "Happening",
    "History",
    "Mark",
    "Part",
    "PriceHistory",
    "Rebased",
    "Stack",
    "Step",
    "Threshold",
    "Tile",
    "Trace",
    "Waterfall",
    "affixes",
    "areas",
    "bars",
    "bridge",
    "contributions",
    "distribution",
    "donut",
    "effects",
    "falls",
    "fan",
    "hover_money",
    "index_line",
    "kept",
    "money_axis",
    "pairs",
    "performance",
    "periods",
    "price",
    "quotes",
    "rolling",
    "separators",
    "several",
    "share_line",
    "stacks",
    "top_parts",
    "treemap",
]
