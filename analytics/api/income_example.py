"""An answer of the report of income, for the documentation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_COLA: dict[str, Any] = {"instrument": 3, "symbol": "COLA", "name": "Cola Inc."}
_AMOUNTS = {"gross": "46.5", "withheld": "6.98", "fees": "0", "net": "39.52"}
EXAMPLE = OpenApiExample(
    "A share that pays every quarter",
    response_only=True,
    value={
        "portfolios": [7], "currency": "EUR", "start": "2026-01-01", "end": "2026-03-31", "as_of": "2026-03-31", "by": "quarter", **_AMOUNTS,
        "income_past_year": "184.2", "expected_income": "189", "income_yield": "0.0307", "expected_yield": "0.0315", "yield_on_cost": "0.0412",
        "income_growth": "0.0521", "income_growth_years": 4, "reclaimable": "0.005",
        "parts": [{"key": "dividend", "name": "Dividend"}],
        "buckets": [
            {
                "period": "2026-Q1", "start": "2026-01-01", "end": "2026-03-31", **_AMOUNTS, "parts": [{"key": "dividend", "amount": "46.5"}],
                "expected": "0", "expected_parts": [{"key": "dividend", "amount": "47.25"}],
            }
        ],
        "by_instrument": [
            {
                **_COLA, "held": True, **_AMOUNTS, "last_date": "2026-03-12", "last_gross": "46.5", "next_date": "2026-06-12", "next_value": "47.25",
                "past_year": "184.2", "expected": "189", "income_yield": "0.0307", "yield_on_cost": "0.0412", "growth": "0.04", "undefined": [],
            }
        ],
        "payments": [
            {
                "transaction": 812, "portfolio": 7, "date": "2026-03-12", "kind": "dividend", **_COLA, **_AMOUNTS, "paid": "50", "paid_currency": "USD",
                "rate": "0.93", "units": "100", "lowered_cost": "0", "explanation": "payment_812",
            }
        ],
        "expected": [
            {
                **_COLA, "date": "2026-06-12", "due": "2026-06-12", "kind": "dividend", "certainty": "estimate", "per_unit": "0.5", "units": "100",
                "amount": "50", "amount_currency": "USD", "value": "47.25", "reason": "It paid every quarter; as much for a unit as on 12 Mar 2026.",
                "explanation": "expected_3_20260612", "undefined": [],
            }
        ],
        "unforeseen": [{"instrument": 9, "symbol": "OLD", "name": "Old Works", "reason": "It has paid once only, and one payment shows no pattern."}],
        "withholding": [
            {"country": "US", "gross": "46.5", "withheld": "6.98", "rate": "0.150107526881720430", "reclaimable": "0.005", "undefined": []}
        ],
        "nothing_because": "", "undefined": [], "warnings": [],
    },
)  # fmt: skip
