"""Addresses of sharing: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.sharing import api, giving_api, giving_views, overview_api, views

urlpatterns = [
    path("portfolios/<id:pk>/share/", views.share, name="portfolio-share"),
    path("portfolios/<id:pk>/leave/", views.leave, name="portfolio-leave"),
    path("portfolios/<id:pk>/give/", giving_views.give, name="portfolio-give"),
    path("offers/<id:pk>/", giving_views.offer, name="offer"),
    path("sharing/", views.sharing, name="sharing"),
    path("household/", views.household, name="household-all"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
]
api_patterns = [
    path("portfolios/<id:pk>/shares", api.SharesView.as_view(), name="api-portfolio-shares"),
    path("sharing", overview_api.SharingView.as_view(), name="api-sharing"),
    path("household", api.HouseholdView.as_view(), name="api-household-all"),
    path("portfolios/<id:pk>/offer", giving_api.PortfolioOfferView.as_view(), name="api-portfolio-offer"),
    path("offers", giving_api.OffersView.as_view(), name="api-offers"),
    path("offers/<id:pk>", giving_api.OfferView.as_view(), name="api-offer"),
    path("portfolios/<id:pk>/links", api.LinksView.as_view(), name="api-portfolio-links"),
]
