"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from market import api, views
from market.api.refresh import Refresh
from portfolio_site.web import routes  # noqa: F401  (registers the id converter)

urlpatterns = [
    path("instruments/", views.own_instruments, name="instruments"),
    path("instruments/add/", views.add, name="instrument-add"),
    path("instruments/find/", views.find, name="instrument-find"),
    path("instruments/list/", views.take_in, name="instrument-list"),
    path("instruments/listing/<str:number>/", views.listing_progress, name="instrument-listing"),
    path("instruments/<id:pk>/edit/", views.edit, name="instrument-edit"),
    path("instruments/<id:pk>/classify/", views.classify, name="instrument-classify"),
    path("instruments/<id:pk>/classify/undo/", views.undo_classification, name="instrument-classify-undo"),
    path("instruments/<id:pk>/declassify/", views.declassify, name="instrument-declassify"),
    path("instruments/<id:pk>/describe/", views.ask_what_it_is, name="instrument-describe"),
    path("instruments/<id:pk>/remove/", views.remove, name="instrument-remove"),
    path("instruments/<id:pk>/prices/", views.prices, name="instrument-prices"),
    path("instruments/<id:pk>/prices/remove/", views.remove_price, name="instrument-price-remove"),
    path("rates/", views.own_rates, name="own-rates"),
    path("rates/<id:pk>/remove/", views.remove_rate, name="own-rate-remove"),
    path("news/<id:pk>/open/", views.open_article, name="news-open"),
    path("news/mute/", views.mute, name="news-mute"),
    path("news/unmute/<id:pk>/", views.unmute, name="news-unmute"),
    path("watchlists/watch/", views.watch, name="watch"),
    path("watchlists/add/", views.watchlist_add, name="watchlist-add"),
    path("watchlists/<id:pk>/edit/", views.watchlist_edit, name="watchlist-edit"),
    path("watchlists/<id:pk>/delete/", views.watchlist_delete, name="watchlist-delete"),
    path("watchlists/<id:pk>/instruments/<id:instrument>/put/", views.watchlist_put, name="watchlist-put"),
    path("watchlists/<id:pk>/instruments/<id:instrument>/take/", views.watchlist_take, name="watchlist-take"),
    path("watchlists/<id:pk>/instruments/<id:instrument>/move/", views.watchlist_move, name="watchlist-move"),
]
api_patterns = [
    path("instruments", api.Instruments.as_view(), name="api-instruments"),
    path("instruments/search", api.Searches.as_view(), name="api-instruments-search"),
    path("instruments/search/<str:number>", api.SearchDetail.as_view(), name="api-instruments-search-one"),
    path("instruments/list", api.Listings.as_view(), name="api-instruments-list"),
    path("instruments/list/<str:number>", api.ListingDetail.as_view(), name="api-instruments-list-one"),
    path("instruments/<id:pk>", api.InstrumentDetail.as_view(), name="api-instrument"),
    path("instruments/<id:pk>/classification", api.InstrumentClassification.as_view(), name="api-instrument-classification"),
    path("instruments/<id:pk>/prices", api.Prices.as_view(), name="api-instrument-prices"),
    path("instruments/<id:pk>/actions", api.Actions.as_view(), name="api-instrument-actions"),
    path("instruments/<id:pk>/intraday", api.Intraday.as_view(), name="api-instrument-intraday"),
    path("instruments/<id:pk>/refresh", Refresh.as_view(), name="api-instrument-refresh"),
    path("stocks/batch", api.StockBatch.as_view(), name="api-stocks-batch"),
    path("stocks/<path:symbol>", api.Stock.as_view(), name="api-stock"),
    path("fx/rates", api.Rates.as_view(), name="api-fx-rates"),
    path("fx/<str:base>/<str:quote>", api.Rate.as_view(), name="api-fx"),
    path("news/<id:pk>/opened", api.OpenedArticles.as_view(), name="api-news-opened"),
    path("news/muted", api.MutedPublishers.as_view(), name="api-news-muted"),
    path("news/muted/<id:pk>", api.MutedPublisherDetail.as_view(), name="api-news-muted-one"),
    path("watchlists", api.Watchlists.as_view(), name="api-watchlists"),
    path("watchlists/<id:pk>", api.WatchlistDetail.as_view(), name="api-watchlist"),
    path("watchlists/<id:pk>/instruments", api.WatchlistInstruments.as_view(), name="api-watchlist-instruments"),
    path("watchlists/<id:pk>/instruments/<id:instrument>", api.WatchlistInstrument.as_view(), name="api-watchlist-instrument"),
]
