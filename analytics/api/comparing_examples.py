"""Examples of comparisons in the schema."""

from __future__ import annotations

from typing import Any

_ALONE = {"twr": "0.1432", "twr_annualized": "0.1432", "volatility": "0.1371", "maximum_drawdown": "-0.0812"}

BENCHMARK_EXAMPLE: dict[str, Any] = {
    "portfolios": [7],
    "currency": "EUR",
    "start": "2025-11-22",
    "end": "2026-11-21",
    "days": 251,
    "start_value": "41200.5",
    "end_value": "52110.25",
    "net_flows": "4800",
    "gain": "6109.75",
    **_ALONE,
    "benchmarks": [
        {
            "instrument": 12,
            "blend": None,
            "symbol": "SPX",
            "name": "S&P 500",
            "total_return": False,
            "notes": ["SPX is told without dividends: its total return is not known."],
            "twr": "0.1195",
            "twr_annualized": "0.1195",
            "volatility": "0.1512",
            "maximum_drawdown": "-0.0934",
            "excess": "0.0237",
            "same_money_value": "51020.4",
            "lead": "1089.85",
            "beta": "0.8421",
            "alpha": "0.0348",
            "r_squared": "0.8622",
            "correlation": "0.9286",
            "tracking_error": "0.0571",
            "information_ratio": "0.3719",
            "up_capture": "0.8911",
            "down_capture": "0.8502",
            "undefined": [],
        }
    ],
    "untraded": {
        "since": "2025-11-21",
        "trades": 9,
        "value": "51440.1",
        "gain": "5439.6",
        "difference": "670.15",
        "excess": "0.0121",
        "twr": "0.1311",
        "twr_annualized": "0.1311",
        "volatility": "0.1402",
        "maximum_drawdown": "-0.0871",
        "holdings": [
            {"instrument": 31, "symbol": "ASML", "units_then": "20", "units": "20", "value_then": "13120", "value": "15980", "held": True}
        ],
        "other_value": "6820.4",
        "notes": [],
        "undefined": [],
    },
    "series": [{"date": "2025-11-21", "twr": "0", "benchmarks": ["0"], "untraded": "0"}],
    "undefined": [],
    "warnings": [],
}  # fmt: skip

COMPARE_EXAMPLE: dict[str, Any] = {
    "currency": "EUR",
    "start": "2025-11-22",
    "end": "2026-11-21",
    "portfolios": [
        {
            "id": 7,
            "name": "Core",
            "since": "2025-11-22",
            "begins_later": False,
            "value": "52110.25",
            "net_flows": "4800",
            "gain": "6109.75",
            **_ALONE,
            "mwr": "0.1388",
            "mwr_is_annual": True,
            "risk_level": 5,
            "income": "412.3",
            "series": [{"date": "2025-11-21", "twr": "0"}],
            "undefined": [],
            "warnings": [],
        }
    ],
}
