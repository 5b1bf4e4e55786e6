"""Which figures can be explained: the one table, by the names of the fields in which the API tells them.

WHOLE    GET /portfolios/{id}; and of performance what rests on no period of its own
HOLDING  GET /portfolios/{id}/holdings, each of `results`
LOT      GET /portfolios/{id}/lots, each of `open` and `closed_lots`
SALE     the same, each of `sales`
PART     the same, each of the `matches` of a sale
METHOD   GET /portfolios/{id}/lots/methods, each of `results`
VALUE    GET /portfolios/{id}/value; the weights of a dimension as `by_sector`
GAINS    GET /portfolios/{id}/gains
PERIOD   GET /portfolios/{id}/performance, and drivers, contribution, drawdowns, attribution, rolling, costs and growth of the same period
INCOME   GET /portfolios/{id}/income; a payment as `payment_12`, one to come as `expected_3_20260512`
MIX      GET /portfolios/{id}/diversification; the weights of a dimension as `by_sector`, a check as `check_sector`
"""

from __future__ import annotations

from typing import Final

SUMMARY: Final = (
    "total_value", "total_cost", "total_gain", "total_gain_percent", "day_change", "day_change_percent", "cash_value", "realized_gain",
    "unrealized_gain", "income", "expenses", "net_flows",
)  # fmt: skip
RETURNS: Final = ("mwr", "risk_level")
WHOLE: Final = (*SUMMARY, *RETURNS)
HOLDING: Final = (
    "quantity", "average_cost", "total_cost", "price", "fx_rate", "market_value", "unrealized_gain", "unrealized_gain_percent", "price_gain",
    "currency_gain", "realized_gain", "income", "expenses", "total_gain", "total_gain_percent", "day_change", "day_change_percent", "weight",
)  # fmt: skip
LOT: Final = ("bought", "quantity", "cost", "bought_cost", "unit_cost", "value", "unrealized_gain", "realized_gain", "days_held")
SALE: Final = ("quantity", "cost", "proceeds", "gain", "price_gain", "currency_gain")
PART: Final = (*SALE, "days_held")
METHOD: Final = ("cost", "realized_gain", "long_term_gain", "unrealized_gain")
COLUMNS: Final = (  # of the page of holdings
    "total_value", "weight", "day_change", "average_cost", "unrealized_gain", "realized_gain", "income", "total_gain",
)  # fmt: skip
PERIOD: Final = (
    "twr", "mwr", "modified_dietz", "simple_return", "gain", "excess", "lead", "maximum_drawdown", "change", "contribution", "attribution", "allocation",
    "selection", "interaction", "rolling_return", "rolling_volatility", "rolling_beta", "rolling_sharpe", "costs", "cost_share", "cost_of_gain",
    "cost_drag", "growth_rate", "change_today", "change_month",
)  # fmt: skip
VALUE: Final = (
    "value", "holdings_value", "cash_value", "cash_weight", "total_cost", "day_change", "day_change_percent", "by_holding", "by_class", "by_sector",
    "by_country", "by_region", "by_currency",
)  # fmt: skip
GAINS: Final = ("realized", "unrealized", "income", "expenses", "total", "price_gain", "currency_gain", "net_flows")
MIX: Final = (
    "gross_exposure", "score", "herfindahl", "effective_number", "diversification_ratio", "average_correlation", "largest_together",
    "by_holding", "by_class", "by_sector", "by_country", "by_region", "by_currency", "by_account",
    "check_largest_holding", "check_largest_five", "check_sector", "check_country", "check_currency", "check_account",
)  # fmt: skip
INCOME: Final = (  # beside them each payment and each one to come, as `explanation` calls it there
    "income", "withheld", "net_income", "income_past_year", "expected_income", "income_yield", "expected_yield", "yield_on_cost", "income_growth",
    "reclaimable",
)  # fmt: skip
SAID: Final = {  # in which words one figure of a lot, or of a sale, leads to another
    "bought": "Units bought", "quantity": "Units", "cost": "Cost", "bought_cost": "Cost of all units", "unit_cost": "Cost of one unit",
    "value": "Value", "unrealized_gain": "Unrealised gain", "realized_gain": "Realised gain", "days_held": "Days held", "proceeds": "Proceeds",
    "gain": "Gain", "price_gain": "Price part", "currency_gain": "Currency part",
}  # fmt: skip
