"""A household: one's own portfolios and those that others share, with their values side by side and added up in one's own currency.

Each portfolio is told as its owner sees it, with the owner's rates; from its own currency to that of whoever asks goes the asker's rate of today.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.selectors import preferences_of
from market.selectors import rates
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.models import Portfolio
from portfolios.roles import Role
from portfolios.selectors import HoldingsTable, tables_of, visible_portfolios
from portfolios.sharing.selectors import called


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """One portfolio.  `own_value` is in its own currency, `value` and `day_change` in that of the household."""

    id: int
    name: str
    role: str
    owner: str
    base_currency: str
    own_value: Figure
    value: Figure
    day_change: Figure
    day_change_fraction: Figure


@dataclass(frozen=True, slots=True)
class Household:
    """`left_out` names the portfolios that are not in the sums, because their value or a rate is not known."""

    currency: str
    rows: tuple[HouseholdRow, ...]
    value: Figure
    day_change: Figure
    day_change_fraction: Figure
    left_out: tuple[str, ...]


def household_of(user: Any, currency: str = "") -> Household:
    """Everything that a person sees, their own first.  Queries: one for the list, at most five for each owner, two for rates."""
    currency = currency or preferences_of(user).base_currency
    seen = sorted(visible_portfolios(user), key=lambda one: (one.owner_id != user.pk, one.pk))
    tables = _tables(user, seen)
    today = timezone.localdate()
    found = rates([(code, currency, today) for code in {one.base_currency for one in seen}], user=user)
    known = {base: view.rate for (base, _, _), view in found.items()}
    rows = tuple(_row(one, tables[one.pk], currency, known.get(one.base_currency)) for one in seen)
    counted = [row for row in rows if row.value.known and row.day_change.known]
    value, change = (sum((Decimal(str(figure.value)) for figure in figures), Decimal(0)) for figures in _pairs(counted))
    before = value - change
    return Household(
        currency,
        rows,
        Figure("value", Unit.MONEY, value, currency),
        Figure("day_change", Unit.MONEY, change, currency),
        Figure("day_change_fraction", Unit.FRACTION, quotient(change, before))
        if before
        else Figure.undefined("day_change_fraction", Unit.FRACTION, "There was no value before today."),
        tuple(row.name for row in rows if row not in counted),
    )


def _pairs(rows: list[HouseholdRow]) -> tuple[list[Figure], list[Figure]]:
    return [row.value for row in rows], [row.day_change for row in rows]


def _tables(user: Any, portfolios: list[Portfolio]) -> dict[int, HoldingsTable]:
    """Those of each owner together, because the owner's rates and words count."""
    owned: dict[int, list[Portfolio]] = defaultdict(list)
    for one in portfolios:
        owned[one.owner_id].append(one)
    tables: dict[int, HoldingsTable] = {}
    for group in owned.values():
        tables |= tables_of(group)
    return tables


def _row(portfolio: Portfolio, table: HoldingsTable, currency: str, rate: Decimal | None) -> HouseholdRow:
    def told(name: str, own: Figure) -> Figure:
        if own.value is None:
            return Figure.undefined(name, Unit.MONEY, own.why_not, currency)
        if rate is None:
            return Figure.undefined(name, Unit.MONEY, f"No rate of {portfolio.base_currency} to {currency} is known.", currency)
        return Figure(name, Unit.MONEY, Decimal(str(own.value)) * rate, currency, stale_since=own.stale_since)

    return HouseholdRow(
        portfolio.pk,
        portfolio.name,
        portfolio.shared_role or Role.OWNER.value,
        called(portfolio.owner),
        portfolio.base_currency,
        table.value,
        told("value", table.value),
        told("day_change", table.day_change),
        table.day_change_fraction,
    )
