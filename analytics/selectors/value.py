"""What portfolios are worth, in total and by their parts.  Exact: units × price × rate, and cash × rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.choices import By
from analytics.selectors.amounts import Slice, Value
from analytics.selectors.scope import in_words
from analytics.series import Costs
from market.choices import Dimension
from market.selectors import Classification, Part, classifications, described, prices_on, rates
from portfolio_site.kernel.decimals import EXACT, quotient, rounded
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Book
from portfolios.models import Portfolio
from portfolios.selectors import CashRow, HoldingRow, HoldingsTable, InstrumentView, holdings_of

ZERO, ONE = Decimal(0), Decimal(1)
CASH = "cash"
Told = Mapping[int, Classification]  # by instrument
NOTHING_TOLD: Told = {}
DIMENSIONS = {By.CLASS: Dimension.ASSET_CLASS, By.SECTOR: Dimension.SECTOR, By.COUNTRY: Dimension.COUNTRY, By.REGION: Dimension.REGION}
OLD = timedelta(days=4)  # a long weekend: an older close or rate is said to be old


def value_now(
    portfolios: Sequence[Portfolio], currency: str = "", *, as_of: date | None = None, known_at: datetime | None = None, look_through: bool = False
) -> Value:
    """Worth now, or at the close of an earlier day; as many queries as `holdings_of` needs, four more to look through funds."""
    table = holdings_of(list(portfolios), currency=currency, as_of=as_of, known_at=known_at)
    return value_of(table, told_of(table.rows, portfolios) if look_through else NOTHING_TOLD)


def told_of(rows: Sequence[HoldingRow], portfolios: Sequence[Portfolio]) -> dict[int, Classification]:
    """What is known of some instruments, the parts of funds with it, as their holder says it.  Four queries, none for none."""
    return told_of_instruments((row.instrument.id for row in rows), portfolios[0].owner_id if portfolios else None)


def told_of_instruments(instrument_ids: Iterable[int], owner_id: int | None) -> dict[int, Classification]:
    """The same by number; `owner_id`: whose portfolios they stand in."""
    wanted = set(instrument_ids)
    if not wanted:
        return {}
    instruments, _ = described(wanted, ())
    return classifications(instruments.values(), owner_id)


def value_of(table: HoldingsTable, told: Told = NOTHING_TOLD) -> Value:
    """The same from a table that is known, and what is told of funds, to look through them.  No query."""
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
        by_holding=slices(table, By.HOLDING, told),
        by_class=slices(table, By.CLASS, told),
        by_sector=slices(table, By.SECTOR, told),
        by_country=slices(table, By.COUNTRY, told),
        by_region=slices(table, By.REGION, told),
        by_currency=slices(table, By.CURRENCY, told),
    )


def weight_of(part: Figure, whole: Figure) -> Figure:
    """part ÷ whole, to 18 places."""
    if not isinstance(part.value, Decimal) or not isinstance(whole.value, Decimal):
        return Figure.undefined("weight", Unit.FRACTION, part.why_not or whole.why_not)
    if whole.value <= 0:
        return Figure.undefined("weight", Unit.FRACTION, "The value is not above zero; there are no parts of it.")
    return Figure("weight", Unit.FRACTION, quotient(part.value, whole.value))


# ── parts ───────────────────────────────────────────────────────────────────


def parts_of(row: HoldingRow | CashRow, by: By, told: Told = NOTHING_TOLD) -> tuple[Part, ...]:
    """What something held is made of: fractions that add up to one, with what nobody tells as the last.  The one rule for all parts.

    told  what is known of instruments, to look through funds; of what is not in it, what its row says counts

    Cash has no class, sector, country or region but cash.
    """
    if isinstance(row, CashRow):
        if by is By.HOLDING:
            return (Part(cash_key(row.currency), f"Cash, {row.currency}", ONE),)
        return (Part(row.currency, row.currency, ONE),) if by is By.CURRENCY else (Part(CASH, "Cash", ONE),)
    one = row.instrument
    if by is By.HOLDING:
        return (Part(str(one.id), one.name, ONE),)
    if by is By.CURRENCY:
        return (Part(one.currency, one.currency, ONE),)
    return (told.get(one.id) or as_its_row_says(one)).parts(DIMENSIONS[by])


def as_its_row_says(one: InstrumentView) -> Classification:
    """What an instrument is, to its holder; the parts of funds are not in it."""
    return Classification(one.id, one.asset_class, one.sector, country=one.country, region=one.region)


def cash_key(currency: str) -> str:
    """What the cash of one currency is called among holdings."""
    return f"{CASH}:{currency}"


def slices(table: HoldingsTable, by: By, told: Told = NOTHING_TOLD) -> tuple[Slice, ...]:
    """The value by its parts; see `sliced`."""
    rows: tuple[HoldingRow | CashRow, ...] = (*table.rows, *table.cash)
    return sliced(((row.value, parts_of(row, by, told)) for row in rows), table.value)


def sliced(held: Iterable[tuple[Figure, tuple[Part, ...]]], whole: Figure) -> tuple[Slice, ...]:
    """Things with what each is made of, added up by part: the largest first, what is unclassified after them, what has no value last.

    held   the worth of each thing, and its fractions
    whole  what the parts are weighed against; of what adds up to it the weights are one, exactly

    A part of which nothing has a value is undefined; one of which something has none says so.
    """
    found: dict[str, tuple[str, list[Figure]]] = {}
    for worth, parts in held:
        for part in parts:
            found.setdefault(part.key, (part.name, []))[1].append(_scaled(worth, part.weight))
    values = {key: total("value", figures, whole.currency) for key, (_, figures) in found.items()}
    exact = {key: value.value for key, value in values.items() if isinstance(value.value, Decimal)}
    settled = to_places(exact)
    weighed = whole.value if isinstance(whole.value, Decimal) and whole.value > 0 else None
    weights = {} if weighed is None else to_places({key: EXACT.divide(value, weighed) for key, value in exact.items()})
    made = []
    for key, (name, _) in found.items():
        value = replace(values[key], value=settled[key]) if key in settled else values[key]
        weight = Figure("weight", Unit.FRACTION, weights[key]) if key in weights else weight_of(value, whole)
        made.append(Slice(key, name, value, weight))
    return tuple(sorted(made, key=lambda one: (not one.value.known, not one.key, -(one.value.value or ZERO), one.key)))


def _scaled(worth: Figure, fraction: Decimal) -> Figure:
    return worth if fraction == ONE or not isinstance(worth.value, Decimal) else replace(worth, value=EXACT.multiply(worth.value, fraction))


def to_places(exact: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Numbers at the places that are kept; what rounding leaves of their sum goes to the largest."""
    found = {key: rounded(value) for key, value in exact.items()}
    if found:
        largest = max(found, key=lambda key: (abs(found[key]), key))
        found[largest] += rounded(sum(exact.values(), ZERO)) - sum(found.values(), ZERO)
    return found


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
