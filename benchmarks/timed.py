"""Settings of a server whose answers tell what they took (trading_day.py)."""

from portfolio_site.settings.local import *  # noqa: F403
from portfolio_site.settings.local import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "benchmarks.trading_day.Timed"]
