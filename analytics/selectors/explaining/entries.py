"""What the ledger says of one holding, entry by entry; see `explain`.

Every line is a change that the replay itself recorded, so the lines add up to the figure.  Where a change is a calculation of
the entry's own numbers, the line has its terms; they are shown only if they come to the change exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cached_property, partial

from analytics.selectors.explaining.common import MOST_LINES, entries_behind, money
from analytics.selectors.explanations import Explanation, Line, Term
from analytics.selectors.scope import Scope
from portfolio_site.kernel.decimals import plain, product
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.events import Event
from portfolios.ledger.records import Change, Match
from portfolios.selectors import HoldingRow, Trace, traces_of

ZERO = Decimal(0)

FIELDS = {"total_cost": "cost"}  # names in the API, where a change has another
WORDS = {
    "quantity": "What came less what went, entry by entry.",
    "total_cost": "What the units held were bought for, with fees and taxes: what each purchase added, less what sales and other entries took along.",
    "expenses": "Fees and taxes that are part of no purchase and no sale.",
}
TITLES = {"quantity": "Units", "total_cost": "Cost", "expenses": "Costs"}


class Entries:
    """One instrument in the portfolios of a scope, traced when it is first asked for."""

    def __init__(self, scope: Scope, row: HoldingRow) -> None:
        self.scope, self.row, self.currency = scope, row, scope.currency

    @cached_property
    def traces(self) -> list[Trace]:
        scope, pk = self.scope, self.row.instrument.id
        holding = [one for one in scope.portfolios if one.pk in scope.told.books and pk in scope.told.books[one.pk].positions]
        return traces_of(holding, self.currency, pk, until=scope.until, known_at=scope.known_at)

    @cached_property
    def matches(self) -> dict[tuple[int, int], list[Match]]:
        """By portfolio and the entry that closed them."""
        found: dict[tuple[int, int], list[Match]] = defaultdict(list)
        for trace in self.traces:
            for match in trace.book.matches:
                if match.instrument == trace.instrument_id:
                    found[trace.portfolio_id, match.sale_id].append(match)
        return found

    def figure(self, field: str, amount: Decimal) -> Figure:
        return Figure("quantity", Unit.UNITS, amount) if field == "quantity" else money(amount, self.currency, field)

    def lines(self, field: str) -> list[Line]:
        """One for each entry that changed the field, the newest first."""
        found = []
        for trace in self.traces:
            for change in trace.changes:
                amount: Decimal = getattr(change, field)
                if amount:
                    event = trace.events[change.event_id]
                    terms = self._terms(field, change, event, self.matches.get((trace.portfolio_id, change.event_id), []))
                    cells = (change.day, in_short(event), self.figure(field, amount))
                    found.append((change.day, Line(named(change.kind), cells, entry_id=change.event_id, terms=terms)))
        return [line for _, line in sorted(found, key=lambda one: one[0], reverse=True)]

    def _terms(self, field: str, change: Change, event: Event, matches: Sequence[Match]) -> tuple[Term, ...]:
        amount: Decimal = getattr(change, field)
        for terms in _calculations(field, event, matches, self.currency):
            if terms and _sum(terms) == amount:
                return (*terms, Term("=", "change", self.figure(field, amount)))
        return ()


def named(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def in_short(event: Event) -> str:
    """ "60 × 113.62 USD", "11.20 USD", "4:1": the numbers of the entry in a few characters."""
    if hasattr(event, "ratio_new"):
        return f"{plain(event.ratio_new)}:{plain(event.ratio_old)}"  # type: ignore[attr-defined]
    quantity, price = getattr(event, "quantity", None), getattr(event, "local_price", None)
    if quantity is not None and price is not None:
        return f"{plain(quantity)} × {plain(price)} {event.local_currency}"  # type: ignore[attr-defined]
    if quantity is not None:
        return plain(quantity)
    amount = getattr(event, "gross", getattr(event, "amount", None))
    return "" if amount is None else f"{plain(amount)} {event.currency}"


def _sum(terms: Iterable[Term]) -> Decimal:
    return sum((-_exact(term) if term.operator == "−" else _exact(term) for term in terms), ZERO)


def _exact(term: Term) -> Decimal:
    assert isinstance(term.figure.value, Decimal)
    return term.figure.value


def _calculations(field: str, event: Event, matches: Sequence[Match], currency: str) -> list[tuple[Term, ...]]:
    """How a change of the field may come about from the entry's own numbers, the likeliest first."""

    def based(label: str, operator: str, amount: Decimal, rate: Decimal) -> tuple[Term, ...]:
        if not amount:
            return ()
        at = "" if rate == 1 else f" × {plain(rate)}"
        return (Term(operator, f"{label} {plain(amount)} {event.currency}{at}", money(product(amount, rate), currency)),)

    def part(label: str, operator: str, amount: Decimal) -> tuple[Term, ...]:
        return (Term(operator, label, money(amount, currency)),) if amount or operator == "" else ()

    rate = event.fx_rate
    costs_rate = event.costs_rate if getattr(event, "costs_currency", None) else rate  # type: ignore[attr-defined]
    gross, fees, taxes = (getattr(event, name, ZERO) for name in ("gross", "fees", "taxes"))
    amount = gross or getattr(event, "amount", ZERO)
    cost = sum((match.cost for match in matches), ZERO)
    proceeds = sum((match.proceeds for match in matches), ZERO)
    costs = (*based("fees", "+", fees, costs_rate), *based("taxes", "+", taxes, costs_rate))
    if field == "cost":
        return [(*based("paid", "", gross, rate), *costs), based("carried", "", gross, rate), part("cost of the units that left", "−", cost)]
    if field == "realised":
        return [(*part("proceeds", "", proceeds), *part("cost of the units that left", "−", cost))]
    if field == "income":
        return [based("received", "", amount, rate), based("accrued interest", "", getattr(event, "accrued", ZERO), rate)]
    if field == "expenses":
        return [based("spent", "", amount, rate), costs]
    return []


def of_proceeds(entries: Entries, sale_id: int, proceeds: Figure) -> tuple[Term, ...]:
    """What a sale brought from its entry's own numbers; none where they do not come to it exactly, as for a cover."""
    event = next((trace.events[sale_id] for trace in entries.traces if sale_id in trace.events), None)
    if event is None or not getattr(event, "gross", ZERO):
        return ()
    rate = event.fx_rate
    costs_rate = event.costs_rate if getattr(event, "costs_currency", None) else rate  # type: ignore[attr-defined]
    terms = [Term("", _at("received", event.gross, event.currency, rate), money(product(event.gross, rate), entries.currency))]  # type: ignore[attr-defined]
    for label in ("fees", "taxes"):
        amount: Decimal = getattr(event, label, ZERO)
        if amount:
            code = getattr(event, "costs_currency", None) or event.currency
            terms.append(Term("−", _at(label, amount, code, costs_rate), money(product(amount, costs_rate), entries.currency)))
    return (*terms, Term("=", "proceeds", proceeds)) if _sum(terms) == proceeds.value else ()


def _at(label: str, amount: Decimal, currency: str, rate: Decimal) -> str:
    return f"{label} {plain(amount)} {currency}" + ("" if rate == 1 else f" × {plain(rate)}")


def listed_changes(lines: list[Line], sum_of: Callable[[Decimal], Figure]) -> tuple[tuple[Line, ...], int]:
    if len(lines) <= MOST_LINES:
        return tuple(lines), 0
    rest = lines[MOST_LINES - 1 :]
    amount = sum((cell.value for line in rest if isinstance(cell := line.cells[-1], Figure) and isinstance(cell.value, Decimal)), ZERO)
    return (*lines[: MOST_LINES - 1], Line(f"{len(rest)} more", ("", "", sum_of(amount)))), len(rest)


def by_kind(lines: Sequence[Line], figure: Callable[[Decimal], Figure]) -> list[Term]:
    """ "+ 12 × buy", "− 3 × sell": what each kind of entry added or took in sum."""
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for line in lines:
        cell = line.cells[-1]
        assert isinstance(cell, Figure) and isinstance(cell.value, Decimal)
        sums[line.label].append(cell.value)
    terms: list[Term] = []
    for label, amounts in sums.items():
        total = sum(amounts, ZERO)
        operator = "−" if total < 0 else "+" if terms else ""
        terms.append(Term(operator, f"{len(amounts)} × {label.lower()}", figure(abs(total))))
    return terms


def ledger_figure(entries: Entries, name: str) -> Explanation:
    """Units, cost or costs of a holding, from what each entry changed."""
    field = FIELDS.get(name, name)
    row, figure = entries.row, partial(entries.figure, field)
    lines = entries.lines(field)
    total = sum((getattr(change, field) for trace in entries.traces for change in trace.changes), ZERO)
    shown, more = listed_changes(lines, figure)
    return Explanation(
        name=name,
        title=f"{TITLES[name]}, {row.instrument.name}",
        figure=figure(total),
        as_of=entries.scope.today,
        words=WORDS[name],
        terms=(*by_kind(lines, figure), Term("=", TITLES[name].lower(), figure(total))),
        rows_title="Entries",
        columns=("Day", "Entry", "Change"),
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len(lines)),),
    )


def average_cost(entries: Entries) -> Explanation:
    """Cost over units."""
    row, code = entries.row, entries.currency
    figure = row.average_cost
    return Explanation(
        name="average_cost",
        title=f"Average cost, {row.instrument.name}",
        figure=figure,
        as_of=entries.scope.today,
        words="What one unit held has cost on average.",
        terms=(
            Term("", "cost of what is held", money(row.cost, code)),
            Term("÷", "units", Figure("quantity", Unit.UNITS, row.quantity)),
            Term("=", "average cost", figure),
        )
        if figure.known
        else (),
        inputs=(entries_behind(len(entries.lines("cost"))),),
    )
