"""An answer of the report on risk, for the document of the API.  A test holds its names to those of real answers."""

from __future__ import annotations

from typing import Any

EXAMPLE: dict[str, Any] = {
    "portfolios": [7],
    "currency": "EUR",
    "start": "2025-11-22",
    "end": "2026-11-21",
    "days": 260,
    "days_a_year": 252,
    "value": "1333500.25",
    "risk_level": 5,
    "risk_level_reason": "A volatility of 13.5 % a year lies between 10 % and 15 %.",
    "risk_free": {"rate": None, "source": "", "newest": None, "set_by_person": False},
    "least_acceptable": "0",
    "volatility": "0.1349",
    "downside_deviation": "0.0953",
    "sharpe": None,
    "sortino": "2.578",
    "calmar": "3.233",
    "maximum_drawdown": "-0.0856",
    "ulcer": "0.0302",
    "skewness": "-0.68",
    "excess_kurtosis": "1.53",
    "benchmark": {
        "name": "S&P 500", "notes": [], "beta": "0.779", "alpha": None, "r_squared": "0.673", "correlation": "0.82", "tracking_error": "0.0833",
        "information_ratio": "1.42", "up_capture": "0.832", "down_capture": "0.659",
    },
    "tails": [
        {
            "method": "historical", "level": "0.95", "horizon": 1, "value_at_risk": "0.0133", "expected_shortfall": "0.0206",
            "value_at_risk_money": "17748.1", "expected_shortfall_money": "27463.8",
        },
    ],
    "back_tests": [
        {
            "method": "historical", "level": "0.95", "estimated_on": 252, "days": "260", "failures": "15", "expected": "13", "p_value": "0.576",
            "accepted": True,
        },
    ],
    "drawdowns": [{"depth": "-0.0856", "peak": "2026-07-25", "trough": "2026-09-08", "recovery": "2026-11-17", "days": 115}],
    "drawdown_series": [{"date": "2025-11-21", "value": "0"}],
    "returns": [{"date": "2025-11-24", "value": "0.0042"}],
    "rolling_days": 63,
    "rolling_volatility": [{"date": "2025-11-24", "value": "0.119"}],
    "holdings": [
        {
            "instrument": 1, "symbol": "AAPL", "name": "Apple", "value": "351366.78", "weight": "0.2635", "volatility": "0.3064",
            "maximum_drawdown": "-0.1808", "value_at_risk": "0.0286", "expected_shortfall": "0.0392", "beta": "0.984", "risk_contribution": "0.0661",
            "risk_share": "0.4829", "undefined": [],
        },
    ],
    "holdings_volatility": "0.1369",
    "holdings_covered": "1",
    "holdings_days": 260,
    "shrinkage": "0.07",
    "correlation": {"symbols": ["AAPL"], "names": ["Apple"], "matrix": [["1"]], "left_out": 24, "average": "0.1746"},
    "stress": [
        {
            "key": "own", "name": "Your own shocks", "start": None, "end": None, "change": "-0.0527", "money": "-70273.4", "covered": None,
            "deepest": None, "by_holding": [{"instrument": 1, "symbol": "AAPL", "change": "-0.0527", "money": "-70273.4"}],
        },
    ],
    "undefined": [{"figure": "sharpe", "reason": "No rate without risk is known for EUR on 21 Nov 2025 or before. An administrator can enter one."}],
    "warnings": [],
}  # fmt: skip
