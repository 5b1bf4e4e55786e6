"""What the figures are, over the API: value, gains, performance and risk of one portfolio, or of all of a person's together.

Numbers are text.  Exact figures have all their digits; ratios are fractions (0.05 is 5 %) with up to 15 digits, names in `_percent`
are per cent; the daily series is rounded to 6 decimals of money and 12 of ratios.  A figure without a value is null and has an
entry in `undefined`; what a figure leaves out or rests on stands in `warnings`.
"""

from analytics.api.concentration import ConcentrationView
from analytics.api.diversification import AllDiversificationView, DiversificationView
from analytics.api.explain import AllExplainView, ExplainView
from analytics.api.gains import AllGainsView, GainsView
from analytics.api.income import AllIncomeView, IncomeView
from analytics.api.news import NewsView
from analytics.api.performance import AllPerformanceView, PerformanceView
from analytics.api.risk import AllRiskView, RiskView
from analytics.api.value import AllValueView, ValueView
from portfolio_site.web import routes  # noqa: F401  (the converter `id`)

__all__ = [
    "AllDiversificationView",
    "AllExplainView",
    "AllGainsView",
    "AllIncomeView",
    "AllPerformanceView",
    "AllRiskView",
    "AllValueView",
    "ConcentrationView",
    "DiversificationView",
    "ExplainView",
    "GainsView",
    "IncomeView",
    "NewsView",
    "PerformanceView",
    "RiskView",
    "ValueView",
]
