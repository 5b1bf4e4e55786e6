"""Why the main figures are what they are: words, the calculation with its numbers, the rows behind it, and its inputs.

Every number here is taken from the computation that made the figure; a sum of the lines is the figure.  Names: `explain_names`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.scope import Scope
from portfolio_site.kernel.decimals import EXACT, product, quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted
from portfolios.ledger.book import Book
from portfolios.ledger.records import EXPENSE, INCOME, REALISED
from portfolios.selectors import CashRow, HoldingRow, HoldingsTable

ZERO = Decimal(0)
MOST_LINES = 50


def money(amount: Decimal | float, currency: str, name: str = "amount") -> Figure:
    return Figure(name, Unit.MONEY, amount, currency=currency)


def moment_of(table: HoldingsTable) -> datetime | date:
    """When the newest quote behind a table was made; of an earlier moment its day."""
    if not table.is_now:
        return table.as_of
    moments = [row.quote.as_of for row in table.rows if row.quote is not None]
    return max(moments, default=timezone.now())


def quoted(row: HoldingRow) -> Figure:
    """The price as it is quoted: of a bond the fraction of its face, 0.9842 for 98.42 %."""
    if not (row.instrument.in_percent and isinstance(row.quoted.value, Decimal)):
        return row.price
    return replace(row.quoted, unit=Unit.FRACTION, value=row.quoted.value.scaleb(-2, EXACT), currency="")


def price_of_one(row: HoldingRow, operator: str) -> tuple[Term, ...]:
    """What one unit is worth: its price, or the face of one unit and the price in percent of it; of a face of 1 the price alone."""
    share, price = quoted(row), row.price.value
    if share.unit is not Unit.FRACTION or not isinstance(price, Decimal) or not isinstance(share.value, Decimal) or not share.value:
        return (Term(operator, "price", row.price),)
    face = quotient(price, share.value)
    if product(face, share.value) != price:
        return (Term(operator, "price", row.price),)
    of_par = Term(operator, "price, of the face", share)
    return (of_par,) if face == 1 else (Term(operator, "face of one unit", money(face, row.instrument.currency)), replace(of_par, operator="×"))


def prices_behind(rows: Iterable[HoldingRow]) -> list[Source]:
    """The price and the rate of each holding, the oldest first; those without one are named in `left_out`."""
    found = []
    for row in rows:
        if row.price.known:
            source = row.quote.source if row.quote is not None else "last close"
            found.append(Source(f"Price of {row.instrument.symbol}", quoted(row), source, row.quote.as_of if row.quote else row.priced_on, row.stale))
    return sorted(found, key=lambda one: (not one.stale, one.label))[:MOST_LINES]


def rates_behind(table: HoldingsTable) -> list[Source]:
    rates: dict[str, Figure] = {row.instrument.currency: row.rate for row in table.rows if row.rate.known}
    rates |= {cash.currency: cash.rate for cash in table.cash if cash.rate.known}
    return [
        Source(f"1 {code} in {table.currency}", rate, "reference rate", table.as_of, kind="rate")
        for code, rate in sorted(rates.items())
        if code != table.currency
    ]


def _entries(books: Iterable[Book]) -> Source:
    events: set[int] = set()
    for book in books:
        events |= {flow.event_id for flow in book.flows} | {posting.event_id for posting in book.postings} | {match.sale_id for match in book.matches}
    return entries_behind(len(events), " that moved money or booked a gain")


def entries_behind(number: int, said: str = "", one: str = "entry", several: str = "entries") -> Source:
    return Source(f"{counted(number, one, several)}{said}", None, "your ledger", None, kind="entries")


def listed(lines: list[Line], width: int, currency: str) -> tuple[tuple[Line, ...], int]:
    """The first lines, and one that adds up the rest in its last cell."""
    if len(lines) <= MOST_LINES:
        return tuple(lines), 0
    rest, last = lines[MOST_LINES - 1 :], lines[0].cells[-1]
    name = last.name if isinstance(last, Figure) else "amount"
    values = [line.cells[-1].value for line in rest if isinstance(line.cells[-1], Figure) and line.cells[-1].value is not None]
    filler: tuple[Figure | date | str, ...] = ("",) * (width - 1)
    summed = Line(f"{len(rest)} more", (*filler, money(sum((Decimal(str(v)) for v in values), ZERO), currency, name)))
    return (*lines[: MOST_LINES - 1], summed), len(rest)


def _identity(table: HoldingsTable) -> tuple[Term, ...]:
    """Paid in, gains and income come to the net worth (docs/numbers.md)."""
    code = table.currency
    return (
        Term("", "paid in, less taken out", money(table.net_flows, code)),
        Term("+", "realised gains", money(table.realised, code, "realised")),
        Term("+", "unrealised gains", table.unrealised),
        Term("+", "income", money(table.income, code, "income")),
        Term("−", "fees and taxes not in cost", money(table.expenses, code)),
        Term("=", "net worth", table.value),
    )


# ── the whole ───────────────────────────────────────────────────────────────


def net_worth(scope: Scope) -> Explanation:
    """Every holding and all cash, at the newest prices and rates."""
    table = scope.table
    lines = [worth_line(row) for row in table.rows if row.value.known]
    lines += [_cash_line(cash) for cash in table.cash if cash.value.known]
    shown, more = listed(lines, 4, table.currency)
    return Explanation(
        name="total_value",
        title="Net worth",
        figure=table.value,
        as_of=moment_of(table),
        words=f"Every holding at its newest price, and cash, converted to {table.currency}."
        + (" What cannot be valued stands at its cost." if table.at_cost else ""),
        terms=(
            Term("", "holdings: units × price × rate, added up", table.holdings_value),
            Term("+", "cash", table.cash_value),
            Term("=", "net worth", table.value),
        ),
        rows_title="Holdings and cash",
        columns=("Units", "Price", "Rate", "Value"),
        lines=shown,
        more_lines=more,
        inputs=(*prices_behind(table.rows), *rates_behind(table), _entries(scope.books)),
        checks=(_identity(table),) if table.value.known and table.unrealised.known and not table.undefined else (),
        left_out=table.value.warnings,
    )


def worth_line(row: HoldingRow) -> Line:
    """Units, price, rate and worth of a holding."""
    units = Figure("quantity", Unit.UNITS, row.quantity)
    return Line(row.instrument.name, (units, quoted(row), row.rate, row.value), row.instrument.id)


def _cash_line(cash: CashRow) -> Line:
    return Line(f"Cash, {cash.currency}", (money(cash.amount, cash.currency), "", cash.rate, cash.value))


def total_gain(scope: Scope) -> Explanation:
    """Realised, unrealised, income, less what was spent."""
    table, code = scope.table, scope.currency
    every = (*table.rows, *table.closed)
    rows = sorted((row for row in every if row.total_gain.known), key=_size, reverse=True)
    lines = [
        Line(
            row.instrument.name,
            (money(row.realised, code, "realised"), row.unrealised, money(row.income - row.expenses, code, "change"), row.total_gain),
            row.instrument.id,
        )
        for row in rows
    ]
    lines += _without_instrument(scope)
    shown, more = listed(lines, 4, code)
    return Explanation(
        name="total_gain",
        title="Total gain",
        figure=table.total_gain,
        as_of=moment_of(table),
        words="What was gained by selling, what selling everything now would gain, and what was received, less costs that are in no purchase or sale.",
        terms=gain_terms(
            money(table.realised, code, "realised"),
            table.unrealised,
            money(table.income, code, "income"),
            money(table.expenses, code),
            table.total_gain,
        ),
        rows_title="By holding",
        columns=("Realised", "Unrealised", "Income less costs", "Total"),
        lines=shown,
        more_lines=more,
        inputs=(*prices_behind(table.rows), *rates_behind(table), _entries(scope.books)),
        checks=(_identity(table),) if table.value.known and table.unrealised.known and not table.undefined else (),
        left_out=table.total_gain.warnings,
    )


def _size(row: HoldingRow) -> Decimal:
    """How much a holding brought or cost, for the order of the lines."""
    return abs(row.total_gain.value) if isinstance(row.total_gain.value, Decimal) else ZERO


def gain_terms(realised: Figure, unrealised: Figure, income: Figure, expenses: Figure, total: Figure) -> tuple[Term, ...]:
    return (
        Term("", "realised", realised),
        Term("+", "unrealised", unrealised),
        Term("+", "income", income),
        Term("−", "fees and taxes not in cost", expenses),
        Term("=", "total gain", total),
    )


def _without_instrument(scope: Scope) -> list[Line]:
    """Gains on cash of other currencies, interest, and costs that belong to no instrument."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for book in scope.books:
        for posting in book.postings:
            if posting.instrument is None:
                sums[posting.kind] += posting.amount
    code = scope.currency
    open_gain = sum((cash.gain.value for cash in scope.table.cash if isinstance(cash.gain.value, Decimal)), ZERO)
    rest = sums[INCOME] - sums[EXPENSE]
    total = sums[REALISED] + open_gain + rest
    if not (total or open_gain or rest):
        return []
    named = (("realised", sums[REALISED]), ("unrealised", open_gain), ("change", rest), ("total_gain", total))
    return [Line("Cash", tuple(money(amount, code, name) for name, amount in named))]


def unrealised(scope: Scope) -> Explanation:
    """Value less cost of everything held."""
    table, code = scope.table, scope.currency
    known = [row for row in table.rows if row.unrealised.known]
    lines = [
        Line(row.instrument.name, (row.value, money(row.cost, code), row.unrealised_fraction, row.unrealised), row.instrument.id) for row in known
    ]
    lines += [Line(f"Cash, {cash.currency}", (cash.value, money(cash.cost, code), "", cash.gain)) for cash in table.cash if cash.gain.known]
    shown, more = listed(lines, 4, code)
    cost = sum((row.cost for row in known), ZERO) + sum((cash.cost for cash in table.cash if cash.gain.known), ZERO)
    return Explanation(
        name="unrealized_gain",
        title="Unrealised gain",
        figure=table.unrealised,
        as_of=moment_of(table),
        words="What selling everything at the newest prices would gain, before the costs of selling.",
        terms=(Term("", "value", table.value), Term("−", "cost of what is held", money(cost, code)), Term("=", "unrealised gain", table.unrealised)),
        rows_title="By holding",
        columns=("Value", "Cost", "Of cost", "Gain"),
        lines=shown,
        more_lines=more,
        inputs=(*prices_behind(table.rows), *rates_behind(table)),
        left_out=table.unrealised.warnings,
    )


def realised(scope: Scope, instrument: int | None = None) -> Explanation:
    """Proceeds less cost, sale by sale, the newest first."""
    code = scope.currency
    matches = [match for book in scope.books for match in book.matches if instrument in (None, match.instrument)]
    on_cash = ZERO if instrument is not None else _posted(scope, REALISED, None, only_cash=True)
    matches.sort(key=lambda match: match.closed_on, reverse=True)
    lines = [
        Line(
            scope.instruments[match.instrument].symbol,
            (
                match.closed_on,
                Figure("quantity", Unit.UNITS, match.quantity),
                money(match.cost, code),
                money(match.proceeds, code),
                money(match.gain, code, "gain"),
            ),
            match.instrument,
        )
        for match in matches
    ]
    if on_cash:
        lines.insert(0, Line("Cash of other currencies", ("", "", "", "", money(on_cash, code, "gain"))))
    shown, more = listed(lines, 5, code)
    cost, proceeds = sum((m.cost for m in matches), ZERO), sum((m.proceeds for m in matches), ZERO)
    result = money(proceeds - cost + on_cash, code, "realized_gain")
    cash_term = (Term("+", "gains on cash of other currencies", money(on_cash, code, "gain")),) if on_cash else ()
    return Explanation(
        name="realized_gain",
        title=f"Realised gain{_of(scope, instrument)}",
        figure=result,
        as_of=scope.today,
        words="For each sale, what came in after its fees and taxes, less what the units sold had cost.",
        terms=(
            Term("", "proceeds", money(proceeds, code)),
            Term("−", "cost of the units sold", money(cost, code)),
            *cash_term,
            Term("=", "realised gain", result),
        ),
        rows_title="Sales",
        columns=("Sold", "Units", "Cost", "Proceeds", "Gain"),
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len({match.sale_id for match in matches}), " and the lots used", "sale", "sales"),),
    )


def _of(scope: Scope, instrument: int | None) -> str:
    """What a title is of, where it is of one holding."""
    return "" if instrument is None else f", {scope.instruments[instrument].name}"


def _posted(scope: Scope, kind: str, instrument: int | None, *, only_cash: bool = False) -> Decimal:
    """What the ledgers booked of a kind: of one instrument, of none (`only_cash`), or of all."""
    found = (posting for book in scope.books for posting in book.postings if posting.kind == kind)
    if only_cash:
        return sum((posting.amount for posting in found if posting.instrument is None), ZERO)
    return sum((posting.amount for posting in found if instrument in (None, posting.instrument)), ZERO)


def income(scope: Scope, instrument: int | None = None) -> Explanation:
    """What was received, by holding, or payment by payment for one holding."""
    return _of_postings(
        scope,
        INCOME,
        instrument,
        ("income", "Income", "Received", "Interest", "payment"),
        "Dividends and interest before tax, each at the rate of its day. What was withheld counts among the costs.",
    )


def expenses(scope: Scope) -> Explanation:
    """What was spent outside purchases and sales, by holding."""
    words = "Fees and taxes that are part of no purchase and no sale, each at the rate of its day."
    return _of_postings(scope, EXPENSE, None, ("expenses", "Costs", "Spent", "Cash and whole portfolios", "cost"), words)


def _of_postings(scope: Scope, kind: str, instrument: int | None, named: tuple[str, str, str, str, str], words: str) -> Explanation:
    """The sum of what was booked of a kind.  named: of the figure, its title, the column, what belongs to no holding, and one of them."""
    code, (name, title, column, alone, one) = scope.currency, named
    postings = [p for book in scope.books for p in book.postings if p.kind == kind and instrument in (None, p.instrument)]
    result = money(sum((p.amount for p in postings), ZERO), code, name)
    if instrument is None:
        sums: dict[int | None, Decimal] = defaultdict(Decimal)
        for posting in postings:
            sums[posting.instrument] += posting.amount
        ordered = sorted(sums.items(), key=lambda item: -item[1])
        lines = [Line(alone if pk is None else scope.instruments[pk].name, (money(amount, code),), pk) for pk, amount in ordered]
        columns: tuple[str, ...] = (column,)
    else:
        postings.sort(key=lambda posting: posting.day, reverse=True)
        lines = [Line(posting.source.replace("_", " ").capitalize(), (posting.day, money(posting.amount, code))) for posting in postings]
        columns = ("Day", column)
    shown, more = listed(lines, len(columns), code)
    return Explanation(
        name=name,
        title=f"{title}{_of(scope, instrument)}",
        figure=result,
        as_of=scope.today,
        words=words,
        terms=(Term("", counted(len(postings), one), result), Term("=", title.lower(), result)),
        rows_title="By holding" if instrument is None else f"{one.capitalize()}s",
        columns=columns,
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len(postings), "", one, f"{one}s"),),
    )
