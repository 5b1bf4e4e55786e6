"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from market import api, views
from portfolio_site.web import routes  # noqa: F401  (registers the id converter)

urlpatterns = [
    path("instruments/", views.own_instruments, name="instruments"),
    path("instruments/add/", views.add, name="instrument-add"),
    path("instruments/<id:pk>/edit/", views.edit, name="instrument-edit"),
    path("instruments/<id:pk>/remove/", views.remove, name="instrument-remove"),
    path("instruments/<id:pk>/prices/", views.prices, name="instrument-prices"),
    path("instruments/<id:pk>/prices/remove/", views.remove_price, name="instrument-price-remove"),
]
api_patterns = [
    path("instruments", api.Instruments.as_view(), name="api-instruments"),
    path("instruments/<id:pk>", api.InstrumentDetail.as_view(), name="api-instrument"),
    path("instruments/<id:pk>/prices", api.Prices.as_view(), name="api-instrument-prices"),
    path("stocks/batch", api.StockBatch.as_view(), name="api-stocks-batch"),
    path("stocks/<str:symbol>", api.Stock.as_view(), name="api-stock"),
    path("fx/rates", api.Rates.as_view(), name="api-fx-rates"),
    path("fx/<str:base>/<str:quote>", api.Rate.as_view(), name="api-fx"),
]
