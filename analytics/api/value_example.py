"""An answer of value, for the document of the API.  A test holds its names to those of real answers."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

EXAMPLE = OpenApiExample(
    "A share in dollars, and cash",
    value={
        "portfolios": [7], "currency": "EUR", "as_of": "2026-11-20", "value": "50000", "holdings_value": "44500", "cash_value": "5500", "cash_weight": "0.11",
        "total_cost": "21000",        "day_change": "222.5", "day_change_percent": "0.446986",
        "by_holding": [
            {
                "instrument": 1, "symbol": "AAPL", "name": "Apple", "quantity": "100", "price": "500", "price_currency": "USD", "fx_rate": "0.89",
                "value": "44500", "weight": "0.89", "day_change": "222.5", "day_change_percent": "0.502512", "undefined": [],
            },
        ],
        "by_class": [
            {"key": "stock", "name": "Shares", "value": "44500", "weight": "0.89", "undefined": []},
            {"key": "cash", "name": "Cash", "value": "5500", "weight": "0.11", "undefined": []},
        ],
        "by_sector": [{"key": "Technology", "name": "Technology", "value": "44500", "weight": "0.89", "undefined": []}],
        "by_country": [{"key": "US", "name": "United States", "value": "44500", "weight": "0.89", "undefined": []}],
        "by_region": [{"key": "North America", "name": "North America", "value": "44500", "weight": "0.89", "undefined": []}],
        "by_currency": [{"key": "USD", "name": "USD", "value": "44500", "weight": "0.89", "undefined": []}],
        "undefined": [], "warnings": [],
    },
    response_only=True,
)  # fmt: skip
