"""Run by each Python process whose PYTHONPATH has this folder, before anything else: gives it the clock of the trading day."""

import os

if "SERVED_SINCE" in os.environ:
    from benchmarks.trading_day import keep_time

    keep_time(float(os.environ["SERVED_SINCE"]))
