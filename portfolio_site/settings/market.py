"""Where prices, rates and news come from.  docs/providers.md says what each source is.

Without settings nobody outside is asked: the demo market needs no network.
"""

from __future__ import annotations

from portfolio_site.settings import env

DEMO_MARKET = env.boolean("DEMO_MARKET", True)

PROVIDERS = env.words("PROVIDERS", "" if DEMO_MARKET else "ecb,frankfurter,fred,coingecko")
PROVIDER_KEYS = {
    "alpha_vantage": env.text("ALPHA_VANTAGE_KEY", ""),
    "coingecko": env.text("COINGECKO_KEY", ""),
    "finnhub": env.text("FINNHUB_KEY", ""),
    "fred": env.text("FRED_KEY", ""),
    "newsapi": env.text("NEWSAPI_KEY", ""),
    "tiingo": env.text("TIINGO_KEY", ""),
    "twelve_data": env.text("TWELVE_DATA_KEY", ""),
}
PROVIDER_URLS = {"frankfurter": env.text("FRANKFURTER_URL", "")}
COINGECKO_PRO = env.boolean("COINGECKO_PRO", False)
EMULATOR_URL = env.text("EMULATOR_URL", "http://127.0.0.1:8765")
URL_SOURCE_NETWORKS = env.words("URL_SOURCE_NETWORKS")
QUOTES_EVERY = env.integer("QUOTES_EVERY", 900, least=15)  # seconds between two questions for the price of what trades
NEWS_DAYS = env.integer("NEWS_DAYS", 30, least=1)  # that articles are kept
