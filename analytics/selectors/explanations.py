"""All explanations by name: of the whole, and of one holding."""

from __future__ import annotations

from functools import partial

from analytics.selectors.explain import income, net_worth, realised, total_gain, unrealised
from analytics.selectors.explain_holding import holding_explanations
from analytics.selectors.explain_returns import money_weighted, over_benchmark, risk_level
from analytics.selectors.performance import Stretch, past_year
from analytics.selectors.scope import Scope
from analytics.selectors.shapes import Explanation, Explanations
from market.models import Instrument


def dashboard_explanations(scope: Scope, whole: Stretch, year: Stretch) -> Explanations:
    """By name, for the figures of the dashboard."""
    return Explanations(
        {
            "net_worth": partial(net_worth, scope),
            "total_gain": partial(total_gain, scope),
            "unrealised": partial(unrealised, scope),
            "realised": partial(realised, scope),
            "income": partial(income, scope),
            "money_weighted": partial(money_weighted, scope, whole),
            "over_benchmark": partial(over_benchmark, scope, year),
            "risk_level": partial(risk_level, scope, whole),
        }
    )


def explain(scope: Scope, name: str) -> Explanation:
    """One explanation of the whole scope.  Raises KeyError for a name that is not in the head of this module."""
    return dashboard_explanations(scope, Stretch(scope), past_year(scope))[name]


def explanations_of(scope: Scope, instrument: Instrument | None = None) -> Explanations:
    """By name: of the whole scope, or of one holding in it; none for what was never held."""
    if instrument is None:
        return dashboard_explanations(scope, Stretch(scope), past_year(scope))
    return holding_explanations(scope, scope.table.row(instrument.pk))
