"""Why the figures of one sale, or of the part of it that one lot gave, are what they are, in the currency of its portfolio; see `explain`.

A cover of a short sale is told the same way.  The parts of a gain are those of `portfolios.ledger.gains`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from analytics.selectors.explaining.common import entries_behind, listed, money
from analytics.selectors.explaining.entries import Entries, of_proceeds
from analytics.selectors.explanations import Explanation, Explanations, Line, Term
from analytics.selectors.scope import Scope, in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.records import Match
from portfolios.selectors import HoldingRow

ZERO = Decimal(0)
FIELDS = {"price_gain": "price_part", "currency_gain": "currency_part"}  # names in the API, where a match has another
TITLES = {
    "quantity": "Units",
    "cost": "Cost",
    "proceeds": "Proceeds",
    "gain": "Gain",
    "price_gain": "Price part of the gain",
    "currency_gain": "Currency part of the gain",
    "days_held": "Days held",
}
WORDS = {
    "quantity": "The units of the sale, lot by lot.",
    "cost": "What the units sold had cost, with the fees and taxes of their purchases, lot by lot.",
    "proceeds": "What came in for the units after the fees and taxes of the sale; of several lots, each has a share by its units.",
    "gain": "What came in less what the units had cost.",
    "price_gain": "What came in at the rate of the purchase, less the cost: what the price did, without the exchange rate.",
    "currency_gain": "What the exchange rate did: the gain less its price part.",
}


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale of a holding in one portfolio (the only one of its scope): all of its parts, and those that are asked about."""

    scope: Scope
    row: HoldingRow
    every: tuple[Match, ...]
    matches: tuple[Match, ...]

    @property
    def sale_id(self) -> int:
        return self.every[0].sale_id

    @property
    def is_part(self) -> bool:
        return len(self.matches) < len(self.every)

    def titled(self, title: str) -> str:
        part = f" from the lot of {in_words(self.matches[0].opened_on)}" if self.is_part else ""
        return f"{title} of the sale of {in_words(self.every[0].closed_on)}{part}, {self.row.instrument.name}"

    def figure(self, name: str, amount: Decimal) -> Figure:
        if name == "quantity":
            return Figure("quantity", Unit.UNITS, amount)
        return money(amount, self.scope.currency, FIELDS.get(name, name))

    def sum(self, name: str, matches: Iterable[Match] | None = None) -> Figure:
        field = FIELDS.get(name, name)
        return self.figure(name, sum((getattr(one, field) for one in (self.matches if matches is None else matches)), ZERO))


def _lot_of(match: Match) -> str:
    return "Pool" if match.buy_id is None else f"Lot of {in_words(match.opened_on)}"


def _explained(sale: Sale, name: str, terms: tuple[Term, ...], *, checks: tuple[tuple[Term, ...], ...] = ()) -> Explanation:
    columns = ("Units",) if name == "quantity" else ("Units", TITLES[name])
    lines = []
    for one in sale.matches:
        cells = [sale.sum("quantity", [one])] + ([] if name == "quantity" else [sale.sum(name, [one])])
        lines.append(Line(_lot_of(one), tuple(cells), entry_id=one.buy_id and int(one.buy_id), terms=_of_match(sale, name, one)))
    shown, more = listed(lines, len(columns), sale.scope.currency)
    return Explanation(
        name=name,
        title=sale.titled(TITLES[name]),
        figure=sale.sum(name),
        as_of=sale.every[0].closed_on,
        words=WORDS[name],
        terms=terms,
        rows_title="By lot",
        columns=columns,
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(1, "", "sale", "sales"), entries_behind(len({one.buy_id for one in sale.matches}), " it took from", "lot", "lots")),
        checks=checks,
    )


def _of_match(sale: Sale, name: str, one: Match) -> tuple[Term, ...]:
    """How a figure of one part of the sale is computed from its other figures; none where it is an input itself."""
    whole = partial(sale.sum, matches=[one])
    result = Term("=", TITLES[name].lower(), whole(name))
    if name == "gain":
        return (Term("", "proceeds", whole("proceeds")), Term("−", "cost", whole("cost")), result)
    if name == "currency_gain":
        return (Term("", "gain", whole("gain")), Term("−", "price part", whole("price_gain")), result)
    if name == "price_gain":
        return (*_at_the_rate_of_purchase(sale, one), result)
    if name == "proceeds" and len(sale.every) > 1:
        units = sale.sum("quantity", sale.every)
        return (
            Term("", "proceeds of the sale", sale.sum("proceeds", sale.every)),
            Term("×", "units", whole("quantity")),
            Term("÷", "units of the sale", units),
            result,
        )
    return ()


def _at_the_rate_of_purchase(sale: Sale, one: Match) -> tuple[Term, ...]:
    """As `portfolios.ledger.gains.parts_of_gain`: without a rate of the purchase, or with one currency, all of the gain is price."""
    proceeds, cost = sale.sum("proceeds", [one]), sale.sum("cost", [one])
    if not one.cost_local or one.price_part == one.gain:
        return (Term("", "proceeds", proceeds), Term("−", "cost", cost))
    local = sale.row.instrument.currency
    return (
        Term("", f"proceeds in {local}", money(one.proceeds_local, local)),
        Term("×", f"cost in {sale.scope.currency}", cost),
        Term("÷", f"cost in {local}", money(one.cost_local, local)),
        Term("−", "cost", cost),
    )


def _added_up(sale: Sale, name: str) -> tuple[Term, ...]:
    """The terms of the only part; of several, their sum."""
    if len(sale.matches) == 1 and (terms := _of_match(sale, name, sale.matches[0])):
        return terms
    parts = tuple(Term("+" if place else "", _lot_of(one).lower(), sale.sum(name, [one])) for place, one in enumerate(sale.matches[:3]))
    rest = sale.matches[3:]
    more = (Term("+", f"{len(rest)} more", sale.sum(name, rest)),) if rest else ()
    return (*parts, *more, Term("=", TITLES[name].lower(), sale.sum(name)))


def _proceeds(sale: Sale) -> Explanation:
    """Of the whole sale from the numbers of its entry, where they come to it."""
    entry = () if sale.is_part else of_proceeds(Entries(sale.scope, sale.row), sale.sale_id, sale.sum("proceeds"))
    return _explained(sale, "proceeds", entry or _added_up(sale, "proceeds"))


def _gain(sale: Sale) -> Explanation:
    terms = (Term("", "proceeds", sale.sum("proceeds")), Term("−", "cost", sale.sum("cost")), Term("=", "gain", sale.sum("gain")))
    parts = (
        Term("", "price part", sale.sum("price_gain")),
        Term("+", "currency part", sale.sum("currency_gain")),
        Term("=", "gain", sale.sum("gain")),
    )
    return _explained(sale, "gain", terms, checks=(parts,))


def _days_held(sale: Sale) -> Explanation:
    first, last = sale.matches[0].opened_on, sale.matches[0].closed_on
    figure = Figure("days_held", Unit.DAYS, Decimal((last - first).days))
    return Explanation(
        name="days_held",
        title=sale.titled(TITLES["days_held"]),
        figure=figure,
        as_of=last,
        words=f"The days from the purchase on {in_words(first)} to the sale on {in_words(last)}.",
        terms=(Term("", "days", figure), Term("=", "days held", figure)),
        inputs=(entries_behind(2),),
    )


def sale_explanations(sale: Sale) -> Explanations:
    """By name; days are told of a part from one lot, since a sale has as many as it has lots, and a pool has none."""
    makers: dict[str, Callable[[], Explanation]] = {
        name: partial(_sum_of, sale, name) for name in ("quantity", "cost", "proceeds", "gain", "price_gain", "currency_gain")
    }
    makers |= {"proceeds": partial(_proceeds, sale), "gain": partial(_gain, sale)}
    days: set[date] = {one.opened_on for one in sale.matches if one.buy_id is not None}
    if len(days) == 1 and all(one.buy_id is not None for one in sale.matches):
        makers["days_held"] = partial(_days_held, sale)
    return Explanations(makers)


def _sum_of(sale: Sale, name: str) -> Explanation:
    return _explained(sale, name, _added_up(sale, name))
