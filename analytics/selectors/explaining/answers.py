"""All explanations by name: of the whole, of one holding, and of one lot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from analytics.selectors.explaining import names as explain_names
from analytics.selectors.explaining.columns import average_costs, weights
from analytics.selectors.explaining.common import expenses, income, net_worth, realised, total_gain, unrealised
from analytics.selectors.explaining.gains import gains_makers
from analytics.selectors.explaining.holding import holding_explanations
from analytics.selectors.explaining.lots import Lot, lot_explanations
from analytics.selectors.explaining.methods import method_explanations
from analytics.selectors.explaining.returns import money_weighted, over_benchmark, risk_level
from analytics.selectors.explaining.sales import Sale, sale_explanations
from analytics.selectors.explaining.totals import cash_value, day_change, day_change_percent, net_flows, total_cost, total_gain_percent
from analytics.selectors.explanations import Explanation, Explanations
from analytics.selectors.performance import Stretch, past_year
from analytics.selectors.scope import Scope
from market.models import Instrument
from portfolio_site.kernel.errors import NotFound
from portfolios.errors import LotNotTold
from portfolios.ledger.records import Match
from portfolios.models import Portfolio
from portfolios.selectors import LotView, get_transaction, lots_of

MOST_TOLD = 10  # lots that a refusal lists


def _whole(scope: Scope, whole: Stretch) -> dict[str, Callable[[], Explanation]]:
    return {
        "total_value": partial(net_worth, scope),
        "total_cost": partial(total_cost, scope),
        "total_gain": partial(total_gain, scope),
        "total_gain_percent": partial(total_gain_percent, scope),
        "day_change": partial(day_change, scope),
        "day_change_percent": partial(day_change_percent, scope),
        "cash_value": partial(cash_value, scope),
        "realized_gain": partial(realised, scope),
        "unrealized_gain": partial(unrealised, scope),
        "income": partial(income, scope),
        "expenses": partial(expenses, scope),
        "net_flows": partial(net_flows, scope),
        "mwr": partial(money_weighted, scope, whole),
        "risk_level": partial(risk_level, scope, whole),
    }


def dashboard_explanations(scope: Scope, whole: Stretch, year: Stretch) -> Explanations:
    """By name, for the figures of the dashboard, which compares the past year with the benchmark."""
    return Explanations({**_whole(scope, whole), "over_benchmark": partial(over_benchmark, scope, year)})


def column_explanations(scope: Scope) -> Explanations:
    """By name, for the columns of the page of holdings: the total, and each holding's part in it."""
    makers: dict[str, Callable[[], Explanation]] = {
        **_whole(scope, Stretch(scope)),
        "weight": partial(weights, scope),
        "average_cost": partial(average_costs, scope),
    }
    return Explanations({name: makers[name] for name in explain_names.COLUMNS})


def explain(scope: Scope, name: str) -> Explanation:
    """One explanation of the whole scope.  Raises KeyError for a name that the dashboard has none of."""
    return dashboard_explanations(scope, Stretch(scope), past_year(scope))[name]


def explanations_of(scope: Scope, instrument: Instrument | None = None) -> Explanations:
    """By name: of the whole scope with its gains since the beginning, or of one holding in it; none for what was never held."""
    if instrument is None:
        return Explanations({**gains_makers(scope, None, None), **_whole(scope, Stretch(scope))})
    return holding_explanations(scope, scope.table.row(instrument.pk))


def lot_explanations_of(
    user: Any,
    portfolios: Sequence[Portfolio],
    instrument: Instrument,
    number: int,
    opened_on: date | None = None,
    nth: int | None = None,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Explanations:
    """By name, for the lot that an entry opened; `opened_on` where it opened several, `nth` where several of one day.

    Raises NotFound where there is none in these portfolios; LotNotTold where there are several.
    """
    entry = get_transaction(user, number, with_voided=True)
    portfolio = next((one for one in portfolios if one.pk == entry.portfolio_id), None)
    table = None if portfolio is None else lots_of(portfolio, instrument.pk, as_of=as_of, known_at=known_at)
    if portfolio is None or table is None:
        raise NotFound("There is no such lot.")
    every = (*table.lots.get(instrument.pk, ()), *table.closed.get(instrument.pk, ()))
    found = [view for view in every if view.event_id == number and opened_on in (None, view.opened_on) and nth in (None, view.nth)]
    if len(found) > 1:
        raise _several(found)
    scope = Scope([portfolio], portfolio.base_currency, as_of=as_of, known_at=known_at)
    row = scope.table.row(instrument.pk)
    if not found or row is None:
        raise NotFound("There is no such lot.")
    return lot_explanations(Lot(scope, row, found[0], table.matches.get(instrument.pk, ())))


def sale_explanations_of(
    user: Any,
    portfolios: Sequence[Portfolio],
    instrument: Instrument,
    number: int,
    lot: int | None = None,
    opened_on: date | None = None,
    nth: int | None = None,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Explanations:
    """By name, for the sale that is an entry, or for the part of it from the lot that the entry `lot` opened, named as in `lot_explanations_of`.

    Raises NotFound where there is no such sale in these portfolios; LotNotTold where it took from several such lots.
    """
    entry = get_transaction(user, number, with_voided=True)
    portfolio = next((one for one in portfolios if one.pk == entry.portfolio_id), None)
    if portfolio is None:
        raise NotFound("There is no such sale.")
    scope = Scope([portfolio], portfolio.base_currency, as_of=as_of, known_at=known_at)
    every = tuple(match for book in scope.books for match in book.matches if (match.sale_id, match.instrument) == (number, instrument.pk))
    chosen = (
        every if lot is None else tuple(one for one in every if one.buy_id == lot and opened_on in (None, one.opened_on) and nth in (None, one.nth))
    )
    row = scope.table.row(instrument.pk)
    if not chosen or row is None:
        raise NotFound("There is no such sale." if lot is None else "The sale took nothing from such a lot.")
    if lot is not None and len({(one.opened_on, one.nth) for one in chosen}) > 1:
        raise _several(chosen)
    return sale_explanations(Sale(scope, row, every, chosen))


def method_explanations_of(scope: Scope, instrument: Instrument | None = None) -> Explanations:
    """By name, for what a portfolio comes to under its cost method: of everything that it dealt in, or of one instrument."""
    return method_explanations(scope, None if instrument is None else instrument.pk)


def _several(found: Sequence[LotView | Match]) -> LotNotTold:
    said = "; ".join(f"{one.opened_on.isoformat()}, {one.nth}" for one in found[:MOST_TOLD]) + ("; …" if len(found) > MOST_TOLD else "")
    return LotNotTold(
        f"The entry opened {len(found)} lots. Say which by `opened_on` and `nth`: {said}.",
        lots=[{"opened_on": one.opened_on, "nth": one.nth} for one in found],
    )
