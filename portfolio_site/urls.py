"""All addresses: pages and, under /api/v1/, the API.  Each app brings `urlpatterns` (pages) and `api_patterns`."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import accounts.urls
import alerts.urls
import analytics.urls
import market.urls
import portfolios.urls
from portfolio_site.web.schema import ByFormat

API = [
    *accounts.urls.api_patterns,
    *market.urls.api_patterns,
    *portfolios.urls.api_patterns,
    *analytics.urls.api_patterns,
    *alerts.urls.api_patterns,
    path("schema", SpectacularAPIView.as_view(api_version="v1", content_negotiation_class=ByFormat), name="api-schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="api/docs.html"), name="api-docs"),
]

urlpatterns = [
    path("api/v1/", include(API)),
    path("admin/", admin.site.urls),
    path("", include(accounts.urls)),
    path("", include(market.urls)),
    path("", include(portfolios.urls)),
    path("", include(analytics.urls)),
    path("", include(alerts.urls)),
]

handler400 = "portfolio_site.web.problems.bad_request"
handler403 = "portfolio_site.web.problems.permission_denied"
handler404 = "portfolio_site.web.problems.not_found"
handler500 = "portfolio_site.web.problems.server_error"
