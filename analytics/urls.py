"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from typing import Any

from django.urls import path

from analytics import api, views
from analytics.api.attribution import AllAttributionView, AttributionView
from analytics.api.batch import BatchView
from analytics.api.benchmarks import BenchmarkSeriesView
from analytics.api.comparing import AllComparisonView, ComparisonView, SidesView
from analytics.api.health import HealthView
from analytics.api.income_feed import IncomeFeedSettingsView
from analytics.api.periods import AllCostsView, AllGrowthView, AllRollingView, CostsView, GrowthView, RollingView
from analytics.api.projection import AllProjectionView, ProjectionView
from analytics.api.public import PublicLinkView
from analytics.api.returns import (
    AllCalendarView,
    AllContributionView,
    AllDrawdownsView,
    AllDriversView,
    CalendarView,
    ContributionView,
    DrawdownsView,
    DriversView,
)
from analytics.api.unusual import AllUnusualDaysView, UnusualDaysView
from analytics.views.comparing import compare
from analytics.views.diversification import diversification
from analytics.views.health import health, health_ask, health_settle, health_source
from analytics.views.income import income
from analytics.views.income_feed import IncomeFeedView, income_calendar
from analytics.views.projection import projection
from analytics.views.public import public_page
from analytics.views.returns import performance
from analytics.views.risk import risk
from analytics.views.worth import value

urlpatterns: list[Any] = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("holdings/", views.holdings, name="holdings"),
    path("holdings/<id:pk>/", views.holding, name="holding"),
    path("instruments/<id:pk>/", views.instrument, name="instrument"),
    path("instruments/<id:pk>/intraday/", views.instrument_intraday, name="instrument-intraday"),
    path("instruments/<id:pk>/refresh/", views.instrument_refresh, name="instrument-refresh"),
    path("news/", views.news, name="news"),
    path("news/card/", views.news_card, name="news-card"),
    path("health/", health, name="health"),
    path("health/ask/", health_ask, name="health-ask"),
    path("health/settle/", health_settle, name="health-settle"),
    path("health/source/", health_source, name="health-source"),
    path("search/", views.search, name="search"),
    path("diversification/", diversification, name="diversification"),
    path("income/", income, name="income"),
    path("income/calendar/", income_calendar, name="income-calendar"),
    path("calendar/<str:secret>.ics", IncomeFeedView.as_view(), name="income-feed"),
    path("p/<str:token>/", public_page, name="public-page"),
    path("compare/", compare, name="compare"),
    path("performance/", performance, name="performance"),
    path("projection/", projection, name="projection"),
    path("risk/", risk, name="risk"),
    path("value/", value, name="value"),
    path("markets/", views.markets, name="markets"),
]
api_patterns: list[Any] = [
    path("public/<str:token>", PublicLinkView.as_view(), name="api-public-link"),
    path("news", api.NewsView.as_view(), name="api-news"),
    path("analytics/batch", BatchView.as_view(), name="api-analytics-batch"),
    path("market/health", HealthView.as_view(), name="api-market-health"),
    path("benchmarks/<id:pk>/series", BenchmarkSeriesView.as_view(), name="api-benchmark-series"),
    path("portfolios/<id:pk>/value", api.ValueView.as_view(), name="api-value"),
    path("portfolios/<id:pk>/gains", api.GainsView.as_view(), name="api-gains"),
    path("portfolios/<id:pk>/income", api.IncomeView.as_view(), name="api-income"),
    path("portfolios/<id:pk>/performance", api.PerformanceView.as_view(), name="api-performance"),
    path("portfolios/<id:pk>/projection", ProjectionView.as_view(), name="api-projection"),
    path("portfolios/all/projection", AllProjectionView.as_view(), name="api-projection-all"),
    path("portfolios/<id:pk>/risk", api.RiskView.as_view(), name="api-risk"),
    path("portfolios/<id:pk>/drivers", DriversView.as_view(), name="api-drivers"),
    path("portfolios/<id:pk>/contribution", ContributionView.as_view(), name="api-contribution"),
    path("portfolios/<id:pk>/calendar", CalendarView.as_view(), name="api-calendar"),
    path("portfolios/<id:pk>/drawdowns", DrawdownsView.as_view(), name="api-drawdowns"),
    path("portfolios/<id:pk>/attribution", AttributionView.as_view(), name="api-attribution"),
    path("portfolios/<id:pk>/rolling", RollingView.as_view(), name="api-rolling"),
    path("portfolios/<id:pk>/costs", CostsView.as_view(), name="api-costs"),
    path("portfolios/<id:pk>/unusual-days", UnusualDaysView.as_view(), name="api-unusual-days"),
    path("portfolios/all/unusual-days", AllUnusualDaysView.as_view(), name="api-unusual-days-all"),
    path("portfolios/<id:pk>/growth", GrowthView.as_view(), name="api-growth"),
    path("portfolios/all/attribution", AllAttributionView.as_view(), name="api-attribution-all"),
    path("portfolios/all/rolling", AllRollingView.as_view(), name="api-rolling-all"),
    path("portfolios/all/costs", AllCostsView.as_view(), name="api-costs-all"),
    path("portfolios/all/growth", AllGrowthView.as_view(), name="api-growth-all"),
    path("portfolios/all/drivers", AllDriversView.as_view(), name="api-drivers-all"),
    path("portfolios/all/contribution", AllContributionView.as_view(), name="api-contribution-all"),
    path("portfolios/all/calendar", AllCalendarView.as_view(), name="api-calendar-all"),
    path("portfolios/all/drawdowns", AllDrawdownsView.as_view(), name="api-drawdowns-all"),
    path("portfolios/<id:pk>/explain", api.ExplainView.as_view(), name="api-explain"),
    path("portfolios/<id:pk>/diversification", api.DiversificationView.as_view(), name="api-diversification"),
    path("portfolios/all/diversification", api.AllDiversificationView.as_view(), name="api-diversification-all"),
    path("income/calendar", IncomeFeedSettingsView.as_view(), name="api-income-calendar"),
    path("concentration", api.ConcentrationView.as_view(), name="api-concentration"),
    path("portfolios/all/value", api.AllValueView.as_view(), name="api-value-all"),
    path("portfolios/all/gains", api.AllGainsView.as_view(), name="api-gains-all"),
    path("portfolios/all/income", api.AllIncomeView.as_view(), name="api-income-all"),
    path("portfolios/all/explain", api.AllExplainView.as_view(), name="api-explain-all"),
    path("portfolios/all/risk", api.AllRiskView.as_view(), name="api-risk-all"),
    path("portfolios/<id:pk>/benchmark", ComparisonView.as_view(), name="api-comparison"),
    path("portfolios/all/benchmark", AllComparisonView.as_view(), name="api-comparison-all"),
    path("portfolios/compare", SidesView.as_view(), name="api-compare"),
    path("portfolios/all/performance", api.AllPerformanceView.as_view(), name="api-performance-all"),
]
