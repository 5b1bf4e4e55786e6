"""What it all means: answers that page, API, export and live updates share.  Everything here only reads.

Whoever calls has asked `portfolios.selectors` for the portfolios, which is where permission is asked.
"""

from analytics.selectors.amounts import Gains, GainsRow, Slice, Value
from analytics.selectors.dashboard import dashboard
from analytics.selectors.explaining.answers import (
    column_explanations,
    explain,
    explanations_of,
    lot_explanations_of,
    method_explanations_of,
    sale_explanations_of,
)
from analytics.selectors.explaining.gains import period_explanations
from analytics.selectors.explanations import Explanation, Explanations, Line, Source, Term
from analytics.selectors.gains import gains, gains_of
from analytics.selectors.holding import as_quoted, holding_detail
from analytics.selectors.instrument import InstrumentPrices, Stake, prices_shown, stake_in
from analytics.selectors.markets import Markets, Movers, markets, movers, search
from analytics.selectors.mix.concentration import limits_of
from analytics.selectors.mix.report import diversification_in, diversification_of
from analytics.selectors.mix.shapes import Breakdown, Concentration, Diversification, Largest, Limit, MixHistory, Pair, Spread, Untold
from analytics.selectors.news import News, NewsAsked, news, news_stories
from analytics.selectors.parts import Bridge, Part
from analytics.selectors.performance import past_year, performance, performance_of
from analytics.selectors.returns import Extreme, Fall, MonthCell, Returns, ReturnsReport, Rolling, YearRow, returns_of
from analytics.selectors.scope import Scope
from analytics.selectors.shapes import (
    BenchmarkResult,
    ChartSeries,
    Dashboard,
    HoldingDetail,
    LotRow,
    Performance,
    PerformanceSeries,
    PriceMark,
    SoldRow,
    YearIncome,
)
from analytics.selectors.thinning import interval_ends
from analytics.selectors.value import value_now, value_of

__all__ = [
    "BenchmarkResult",
    "Breakdown",
    "Bridge",
    "ChartSeries",
    "Concentration",
    "Dashboard",
    "Diversification",
    "Explanation",
    "Explanations",
    "Extreme",
    "Fall",
    "Gains",
    "GainsRow",
    "HoldingDetail",
    "InstrumentPrices",
    "Largest",
    "Limit",
    "Line",
    "LotRow",
    "Markets",
    "MixHistory",
    "MonthCell",
    "Movers",
    "News",
    "NewsAsked",
    "Pair",
    "Part",
    "Performance",
    "PerformanceSeries",
    "PriceMark",
    "Returns",
    "ReturnsReport",
    "Rolling",
    "Scope",
    "Slice",
    "SoldRow",
    "Source",
    "Spread",
    "Stake",
    "Term",
    "Untold",
    "Value",
    "YearIncome",
    "YearRow",
    "as_quoted",
    "column_explanations",
    "dashboard",
    "diversification_in",
    "diversification_of",
    "explain",
    "explanations_of",
    "gains",
    "gains_of",
    "holding_detail",
    "interval_ends",
    "limits_of",
    "lot_explanations_of",
    "markets",
    "method_explanations_of",
    "movers",
    "news",
    "news_stories",
    "past_year",
    "performance",
    "performance_of",
    "period_explanations",
    "prices_shown",
    "returns_of",
    "sale_explanations_of",
    "search",
    "stake_in",
    "value_now",
    "value_of",
]
