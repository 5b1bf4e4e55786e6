"""How long charts of twenty years of daily data take to draw in chromium, at the width of a desk and of a phone.

    python -m benchmarks chart

Measured in the page, from the call that draws to the drawn chart (`static/js/charts.js` marks both); the first drawing of a page,
with the libraries loaded before it, and the ones after it, when a person chooses another period.  The bar is 300 ms.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import sys
from datetime import date, timedelta
from typing import Any

from benchmarks.server import Client, embedded

YEARS, ROUNDS, BAR = 20, 5, 300
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
PAGES = {"performance": "/performance/?p={portfolio}&period=MAX", "risk": "/risk/?p={portfolio}&period=MAX", "value": "/dashboard/?p={portfolio}"}
DRAWN = "performance.getEntriesByType('measure').filter(one => one.name.startsWith('chart:')).map(one => [one.name.slice(6), one.duration])"


def history() -> list[dict[str, str]]:
    """A price for each weekday of twenty years."""
    chance, price, made = random.Random(20), 100.0, []
    first = date.today().replace(day=1) - timedelta(days=365 * YEARS + 5)
    for number in range((date.today() - first).days):
        day = first + timedelta(days=number)
        if day.weekday() < 5:
            price *= math.exp(chance.gauss(0.0002, 0.011))
            made.append({"date": day.isoformat(), "close": f"{price:.4f}"})
    return made


def fill(client: Client) -> int:
    """A portfolio with an instrument of its own, bought once a quarter; its number."""
    signed = {"Authorization": f"Bearer {client.token()}"}

    def post(path: str, sent: object) -> Any:
        return json.loads(client.post_json(path, sent, **signed))

    prices = history()
    instrument = post("/api/v1/instruments", {"symbol": "LONG", "name": "A long history", "asset_class": "stock", "currency": "EUR"})["id"]
    post(f"/api/v1/instruments/{instrument}/prices", {"prices": prices})
    portfolio = post("/api/v1/portfolios", {"name": "Twenty years", "base_currency": "EUR", "tracks_cash": False})["id"]
    bought = [
        {"type": "buy", "instrument": instrument, "date": one["date"], "quantity": "3", "price": one["close"], "currency": "EUR"}
        for one in prices[::63]
    ]
    post(f"/api/v1/portfolios/{portfolio}/transactions/batch", {"transactions": bought})
    return int(portfolio)


def drawn(page: Any, address: str) -> dict[str, list[float]]:
    """Milliseconds of each drawing of each chart of a page, after it was scrolled through."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    for chart in page.locator("[data-chart]").all():
        if chart.is_visible():
            chart.scroll_into_view_if_needed()
            page.wait_for_timeout(150)
    page.wait_for_load_state("networkidle")
    found: dict[str, list[float]] = {}
    for name, took in page.evaluate(DRAWN):
        found.setdefault(name, []).append(took)
    return found


def main() -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("Charts are drawn by a browser: make .venv/dev.done installs what drives it.")
    with embedded() as (base, _), sync_playwright() as playwright:
        client = Client(base)
        portfolio = fill(client)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        for width, (across, down) in WIDTHS.items():
            page = browser.new_context(viewport={"width": across, "height": down}).new_page()
            page.goto(f"{base}/accounts/login/")
            page.fill("[name=login]", "demo")
            page.fill("[name=password]", "a plumb line hangs true")
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/dashboard/")
            for title, path in PAGES.items():
                rounds = [drawn(page, base + path.format(portfolio=portfolio)) for _ in range(ROUNDS)]
                for name in rounds[0]:
                    took = [max(one.get(name, [0.0])) for one in rounds]  # a page may draw one anew as it settles
                    said = "within" if statistics.median(took) <= BAR else "over"
                    print(
                        f"{title:12} {name:22} {width:6} first {took[0]:6.0f} ms   median {statistics.median(took):6.0f} ms   {said} {BAR} ms",
                        flush=True,
                    )
        browser.close()


if __name__ == "__main__":
    main()
