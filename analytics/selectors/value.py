"""What portfolios are worth, in total and by their parts.  Exact: units × price × rate, and cash × rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.selectors.scope import in_words
from analytics.selectors.shapes import Slice, Value
from analytics.series import Costs
from market.choices import AssetClass
from market.selectors import prices_on, rates
from portfolio_site.kernel.decimals import EXACT, quotient, rounded
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Book
from portfolios.models import Portfolio
from portfolios.selectors import CashRow, HoldingRow, HoldingsTable, InstrumentView, holdings_of

ZERO = Decimal(0)
CASH = "cash"
OLD = timedelta(days=4)  # a long weekend: an older close or rate is said to be old


def value_now(portfolios: Sequence[Portfolio], currency: str = "", *, as_of: date | None = None, known_at: datetime | None = None) -> Value:
    """Worth now, or at the close of an earlier day; as many queries as `holdings_of` needs."""
    return value_of(holdings_of(list(portfolios), currency=currency, as_of=as_of, known_at=known_at))


def value_of(table: HoldingsTable) -> Value:
    """The same from a table that is known.  No query."""
    return Value(
        as_of=table.as_of,
        is_now=table.is_now,
        currency=table.currency,
        value=table.value,
        holdings_value=table.holdings_value,
        cash=table.cash_value,
        cash_weight=weight_of(table.cash_value, table.value),
        day_change=table.day_change,
        day_change_fraction=table.day_change_fraction,
        table=table,
        by_class=_slices(table, lambda row: (row.instrument.asset_class, AssetClass(row.instrument.asset_class).label), lambda cash: (CASH, "Cash")),
        by_currency=_slices(table, lambda row: (row.instrument.currency,) * 2, lambda cash: (cash.currency,) * 2),
    )


def weight_of(part: Figure, whole: Figure) -> Figure:
    """part ÷ whole, to 18 places."""
    if not isinstance(part.value, Decimal) or not isinstance(whole.value, Decimal):
        return Figure.undefined("weight", Unit.FRACTION, part.why_not or whole.why_not)
    if whole.value <= 0:
        return Figure.undefined("weight", Unit.FRACTION, "The value is not above zero; there are no parts of it.")
    return Figure("weight", Unit.FRACTION, quotient(part.value, whole.value))


def _slices(
    table: HoldingsTable, of_holding: Callable[[HoldingRow], tuple[str, str]], of_cash: Callable[[CashRow], tuple[str, str]]
) -> tuple[Slice, ...]:
    """The parts, largest first.  A part of which nothing has a value is undefined; one of which something has none says so."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for row in table.rows:
        found.setdefault(of_holding(row), []).append(row.value)
    for cash in table.cash:
        found.setdefault(of_cash(cash), []).append(cash.value)
    slices = []
    for (key, name), figures in found.items():
        value = total("value", figures, table.currency)
        slices.append(Slice(key, name, value, weight_of(value, table.value)))
    return tuple(sorted(slices, key=lambda one: (not one.value.known, -(one.value.value or ZERO), one.key)))


def total(name: str, figures: Iterable[Figure], currency: str, *, left_out: str = "It is not counted.") -> Figure:
    """The known ones added up, with their warnings and what is left out, in the words of `left_out`; undefined where none of some is known."""
    rows = list(figures)
    known = [one.value for one in rows if isinstance(one.value, Decimal)]
    missing = tuple(dict.fromkeys(said for one in rows for said in (one.warnings if one.known else (f"{one.why_not} {left_out}",))))
    if rows and not known:
        return Figure.undefined(name, Unit.MONEY, rows[0].why_not, currency)
    stale = [one.stale_since for one in rows if one.stale_since is not None]
    return Figure(name, Unit.MONEY, sum(known, ZERO), currency=currency, warnings=missing, stale_since=min(stale) if stale else None)


def value_on(books: Iterable[Book], instruments: dict[int, InstrumentView], currency: str, day: date, *, costs: Costs, user: Any = None) -> Figure:
    """Exact worth at the close of a day, from the steps of whole books: no replay.  Three queries at most, four with a person.

    books  replayed in `currency`
    costs  asked, only for what cannot be valued on that day, how its cost came about
    user   whose own rates win
    """
    units: list[tuple[int, Decimal]] = []
    cash: list[tuple[str, Decimal]] = []
    for book in books:
        held = {step.instrument: step.quantity_after for step in book.steps if step.day <= day}
        units += [(instrument, quantity) for instrument, quantity in held.items() if quantity]
        balances = {str(step.currency): step.amount_after for step in book.cash_steps if step.day <= day}
        cash += [(code, amount) for code, amount in balances.items() if amount]
    prices = prices_on({instrument for instrument, _ in units}, day)
    codes = {instruments[instrument].currency for instrument, _ in units} | {code for code, _ in cash}
    found = rates(((code, currency, day) for code in codes), user=user)
    unvalued: dict[int, str] = {}
    parts, missing, old = [], [], []
    for instrument, quantity in units:
        view, rate = instruments[instrument], found.get((instruments[instrument].currency, currency, day))
        if instrument not in prices:
            unvalued[instrument] = f"No price of {view.symbol} is known on {in_words(day)}."
        elif rate is None:
            unvalued[instrument] = f"No {view.currency}/{currency} rate is known for {in_words(day)}."
        else:
            parts.append(rounded(EXACT.multiply(EXACT.multiply(quantity, prices[instrument].worth), rate.rate)))
            old += [when for when in (prices[instrument].day, rate.day) if day - when > OLD]
    for code, amount in cash:
        rate = found.get((code, currency, day))
        if rate is None:
            missing.append(f"No {code}/{currency} rate is known for {in_words(day)}.")
        else:
            parts.append(rounded(EXACT.multiply(amount, rate.rate)))
    if unvalued:
        parts += [change.amount for change in costs(frozenset(unvalued)) if change.day <= day]
    sentences = [*(f"{why} It stands at its cost." for why in unvalued.values()), *(f"{one} It is not counted." for one in missing)]
    said = tuple(dict.fromkeys(sentences))
    if missing and not parts:
        return Figure.undefined("value", Unit.MONEY, missing[0], currency)
    return Figure("value", Unit.MONEY, sum(parts, ZERO), currency=currency, warnings=said, stale_since=min(old, default=None))
